"""Server-side apply, and who owns which field (structured-merge-diff's and kube-apiserver's rules)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dokaseca.dock.patching import fields_v1, last_applied, managed, typed
from dokaseca.dock.patching.equality import equal
from dokaseca.dock.patching.fields_v1 import FieldSet
from dokaseca.dock.patching.list_types import ListTypes
from dokaseca.dock.patching.managed import Entries, Entry, Identity
from dokaseca.dock.patching.typed import Comparison
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import ConflictError, UserError
from dokaseca.model.manifest import Manifest

BEFORE_FIRST_APPLY = "before-first-apply"  # kube-apiserver's name for who wrote what nobody tracked
SERVER_SET = frozenset({"creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid"})


@dataclass(frozen=True, slots=True)
class Conflict:
    """One field that another manager owns with another value.

    Attributes:
        manager: that manager's name.
        shown: how kube-apiserver names it in messages: `"kubectl-edit" using apps/v1`.
        field: the path as kubectl shows it, e.g. `.spec.template.spec.containers[name="x"].image`.
    """

    manager: str
    shown: str
    field: str

    @property
    def message(self) -> str:
        """The message of a Status cause (type FieldManagerConflict)."""
        return f"conflict with {self.shown}"


class Conflicts(ConflictError):
    """Other managers own fields that the apply would change; `conflicts` is for Status.details.causes."""

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        super().__init__(_conflict_message(conflicts))
        self.conflicts = tuple(conflicts)


def _conflict_message(conflicts: Sequence[Conflict]) -> str:
    """kube-apiserver's wording, which kubectl prints and people search for."""
    if len(conflicts) == 1:
        return f"Apply failed with 1 conflict: {conflicts[0].message}: {conflicts[0].field}"
    lines = []
    for shown in sorted({one.shown for one in conflicts}):
        lines.append(f"conflicts with {shown}:")
        lines += [f"- {one.field}" for one in conflicts if one.shown == shown]
    return f"Apply failed with {len(conflicts)} conflicts: " + "\n".join(lines)


def apply(
    live: Manifest | None,
    applied: Manifest,
    *,
    manager: str,
    force: bool,
    api_version: str,
    schema: ListTypes,
    time: str,
    subresource: str = "",
) -> Manifest:
    """The object after `manager` declared `applied` to be all it wants of it, `metadata.managedFields` included.

    Returns `live` itself when nothing changes, times included. Fields that `manager` no longer applies and nobody else
    owns go. Where `status` is a subresource, the caller keeps it out of `applied` (and all else out of a status apply).

    Args:
        live: the stored object, or None to create it.
        applied: without server-set metadata taken into account; preconditions are the caller's.
        api_version: of the request, for the manager's entry.
        time: RFC 3339, for the manager's entry when it changes.

    Raises:
        Conflicts: others own fields with other values and `force` is off.
        UserError: reason Invalid: `applied` carries managedFields, or a keyed list has duplicate or incomplete keys.
    """
    if manifests.metadata(applied).get("managedFields"):
        raise UserError("metadata.managedFields must be nil", reason="Invalid")
    config = _configured(applied)
    wanted = fields_v1.difference(typed.field_set(config, schema), managed.NOT_OWNED)
    mine = managed.identify(manager, "Apply", subresource, api_version)
    if live is None:
        return managed.set_on(typed.without_nulls(config), [Entry(mine, api_version, time, wanted)])
    entries = managed.decode(live)
    last = entries.get(mine)
    merged: Manifest = typed.merge(live, config, schema)
    is_same_set = last is not None and last.fields == wanted and last.api_version == api_version
    if is_same_set and merged is live:
        return live
    if not entries:
        entries = _before_first_apply(live, api_version, schema, time)
    entry = managed.with_fields(last, wanted) if last and last.api_version == api_version else None
    entries[mine] = entry or Entry(mine, api_version, time, wanted)
    if last and not is_same_set:
        merged = _pruned(merged, last.fields, entries, schema)
    changes = _changes(live, merged, schema)
    allowed = last_applied.fields_still_as_applied(live, schema) if manager == last_applied.MANAGER else {}
    if not force:
        _refuse_conflicts(entries.values(), mine, changes, allowed)
    entries = _without_lost(entries, mine, changes)
    if manager == last_applied.MANAGER:
        merged = last_applied.refreshed(merged, config)
    if merged != live or not is_same_set:
        entries = _stamped(entries, mine, time)
    return _same_or_new(live, managed.set_on(merged, entries.values()))


def track_update(
    old: Manifest | None,
    new: Manifest,
    *,
    manager: str,
    operation_time: str,
    api_version: str,
    schema: ListTypes,
    subresource: str = "",
) -> Manifest:
    """`new` with its managedFields brought up to date after a create (`old` is None), update or patch by `manager`.

    managedFields in `new` count as the caller's own edit (kubectl moves ownership so), unless it goes to a subresource;
    `[{}]` resets them, none at all keeps those of `old`. Where nothing changed, entries and times stay as they are.

    Raises:
        UserError: reason Invalid: `new` carries managedFields that are malformed.
    """
    before = managed.decode(old) if old else {}
    sent = manifests.metadata(new).get("managedFields")
    if sent and not subresource and (old is None or sent != manifests.metadata(old).get("managedFields")):
        before = {} if sent == [{}] else managed.decode_sent(new) or before
    changes = _changes(old if old is not None else _blank(new, schema), new, schema)
    mine = managed.identify(manager, "Update", subresource, api_version)
    touched = fields_v1.union(changes.added, changes.modified)
    entries = before
    if touched or changes.removed:
        entries = _without_lost(entries, mine, changes)
        had = entries.get(mine)
        kept = fields_v1.difference(had.fields, changes.removed) if had else {}
        time = operation_time if touched or had is None else had.time
        entries[mine] = Entry(mine, api_version, time, fields_v1.union(kept, touched))
    return _same_or_new(old, managed.set_on(new, managed.capped(entries).values()))


def is_same_but_for_times(old: Manifest, new: Manifest) -> bool:
    """Whether a write changed nothing but times in managedFields: then it should not be stored.

    Defaults within atomic lists make a repeated apply look like a change until they are filled in again
    (kube-apiserver's ignoreManagedFieldsTimestampsTransformer). Ask after defaulting, with both resourceVersions equal.
    """
    return _without_times(old) == _without_times(new) and equal(_without_times(old), _without_times(new))


def _without_times(manifest: Manifest) -> Manifest:
    metadata = manifests.metadata(manifest)
    entries = metadata.get("managedFields")
    if not isinstance(entries, list):
        return manifest
    untimed = [{name: one[name] for name in one if name != "time"} for one in entries]
    return {**manifest, "metadata": {**metadata, "managedFields": untimed}}


def _configured(applied: Manifest) -> Manifest:
    """`applied` without what only the server sets."""
    metadata = {name: value for name, value in manifests.metadata(applied).items() if name not in SERVER_SET}
    return {**applied, "metadata": metadata}


def _blank(new: Manifest, schema: ListTypes) -> Manifest:
    """What Go's empty value of a kind prints: structs that are always there, so that a create does not own them."""
    return {name: {} for name, value in new.items() if isinstance(value, dict) and schema.child(name).is_always_there}


def _before_first_apply(live: Manifest, api_version: str, schema: ListTypes, time: str) -> Entries:
    """Everything that stands in an object whose managers nobody tracked."""
    identity = managed.identify(BEFORE_FIRST_APPLY, "Update", "", api_version)
    fields = _changes(_blank(live, schema), live, schema).added
    return {identity: Entry(identity, api_version, time, fields)} if fields else {}


def _pruned(merged: Manifest, last: FieldSet, entries: Entries, schema: ListTypes) -> Manifest:
    """`merged` without what the manager applied before and nobody owns any longer."""
    owned = managed.NOT_OWNED  # the object's own name must stay
    for entry in entries.values():
        owned = fields_v1.union(owned, entry.fields)
    pruned: Manifest = typed.prune(merged, last, owned, schema)
    return pruned


def _changes(old: Manifest, new: Manifest, schema: ListTypes) -> Comparison:
    """What differs and can be owned."""
    added, modified, removed = typed.compare(old, new, schema)
    return Comparison(
        fields_v1.difference(added, managed.NOT_OWNED),
        fields_v1.difference(modified, managed.NOT_OWNED),
        fields_v1.difference(removed, managed.NOT_OWNED),
    )


def _refuse_conflicts(entries: Iterable[Entry], mine: Identity, changes: Comparison, allowed: FieldSet) -> None:
    touched = fields_v1.difference(fields_v1.union(changes.added, changes.modified), allowed)
    conflicts = [
        Conflict(entry.identity.manager, entry.shown, path)
        for entry in entries
        if entry.identity != mine
        for path in fields_v1.paths(fields_v1.ordered(fields_v1.intersection(entry.fields, touched)))
    ]
    if conflicts:
        raise Conflicts(conflicts)


def _without_lost(entries: Entries, mine: Identity, changes: Comparison) -> Entries:
    """Everybody else gives up what `mine` changed or removed."""
    kept = {}
    for identity, entry in entries.items():
        fields = entry.fields
        if identity != mine:
            for part in changes:
                if part:
                    fields = fields_v1.difference(fields, part)
        kept[identity] = managed.with_fields(entry, fields)
    return kept


def _stamped(entries: Entries, mine: Identity, time: str) -> Entries:
    entry = entries[mine]
    raw = {**entry.raw, "time": time} if entry.raw is not None else None
    return {**entries, mine: replace(entry, time=time, raw=raw)}


def _same_or_new(old: Manifest | None, new: Manifest) -> Manifest:
    """`old` itself where `new` is the same."""
    return old if old is not None and new == old and equal(new, old) else new

"""The entries of metadata.managedFields: read, kept apart by manager, and written back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from dokaseca.dock.patching import fields_v1
from dokaseca.dock.patching.fields_v1 import FieldSet
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

Operation = Literal["Apply", "Update"]

UPDATERS = 10  # kube-apiserver's DefaultMaxUpdateManagers: older ones are joined
ANCIENT = "ancient-changes"
NOT_OWNED: FieldSet = {  # what the server or the object's address decides, never a manager
    "f:apiVersion": {},
    "f:kind": {},
    "f:metadata": {
        ".": {},
        **{
            f"f:{name}": {}
            for name in (
                "name",
                "namespace",
                "creationTimestamp",
                "selfLink",
                "uid",
                "clusterName",
                "generation",
                "managedFields",
                "resourceVersion",
            )
        },
    },
}


class Identity(NamedTuple):
    """What tells entries apart: appliers by name and subresource, updaters also by version."""

    manager: str
    operation: Operation
    subresource: str = ""
    api_version: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One manager's fields; `raw` is the stored form, as long as nothing in it has changed."""

    identity: Identity
    api_version: str
    time: str
    fields: FieldSet
    raw: Mapping[str, Any] | None = None

    @property
    def shown(self) -> str:
        """How kube-apiserver names the manager in a conflict."""
        who = f'"{self.identity.manager}"'
        if self.identity.subresource:
            who += f' with subresource "{self.identity.subresource}"'
        return who if self.identity.operation == "Apply" else f"{who} using {self.api_version}"


Entries = dict[Identity, Entry]


def identify(manager: str, operation: Operation, subresource: str, api_version: str) -> Identity:
    return Identity(manager, operation, subresource, "" if operation == "Apply" else api_version)


def decode(manifest: Manifest) -> Entries:
    """The entries that `manifest` carries, as stored (trusted: this module wrote them)."""
    return _decode(manifests.metadata(manifest).get("managedFields"), is_trusted=True)


def decode_sent(manifest: Manifest) -> Entries:
    """The entries that a client sent.

    Raises:
        UserError: reason Invalid: an entry's fieldsV1 is malformed.
    """
    return _decode(manifests.metadata(manifest).get("managedFields"), is_trusted=False)


def _decode(raw: Any, *, is_trusted: bool) -> Entries:
    entries: Entries = {}
    for one in raw if isinstance(raw, list) else ():
        operation = one.get("operation") if isinstance(one, dict) else None
        if operation not in ("Apply", "Update"):
            continue
        fields = one.get("fieldsV1") or {}
        version = str(one.get("apiVersion") or "")
        identity = identify(str(one.get("manager") or ""), operation, str(one.get("subresource") or ""), version)
        parsed = fields if is_trusted else fields_v1.parse(fields)
        entries[identity] = Entry(identity, version, str(one.get("time") or ""), parsed, one if is_trusted else None)
    return entries


def encode(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """The stored form: appliers first, then by time and name, as kube-apiserver sorts them. Empty entries go."""
    kept = [entry for entry in entries if entry.fields]
    kept.sort(key=lambda entry: (entry.identity.operation, entry.time, entry.identity.manager, entry.api_version))
    return [dict(entry.raw) if entry.raw is not None else _encode(entry) for entry in kept]


def _encode(entry: Entry) -> dict[str, Any]:
    encoded = {
        "apiVersion": entry.api_version,
        "fieldsType": "FieldsV1",
        "fieldsV1": fields_v1.ordered(entry.fields),
        "manager": entry.identity.manager,
        "operation": entry.identity.operation,
    }
    if entry.identity.subresource:
        encoded["subresource"] = entry.identity.subresource
    if entry.time:
        encoded["time"] = entry.time
    return encoded


def with_fields(entry: Entry, fields: FieldSet) -> Entry:
    """`entry` owning `fields`, in the same form if they are the same."""
    return entry if fields == entry.fields else replace(entry, fields=fields, raw=None)


def set_on(manifest: Manifest, entries: Iterable[Entry]) -> Manifest:
    """`manifest` with exactly these entries."""
    encoded = encode(entries)
    metadata = {name: value for name, value in manifests.metadata(manifest).items() if name != "managedFields"}
    if encoded:
        metadata["managedFields"] = encoded
    return {**manifest, "metadata": metadata}


def capped(entries: Entries) -> Entries:
    """`entries` with the oldest updaters of each version joined into `ancient-changes` when there are too many."""
    updaters = [entry for entry in entries.values() if entry.identity.operation == "Update"]
    if len(updaters) <= UPDATERS:
        return entries
    updaters.sort(key=lambda entry: (entry.time, entry.identity))
    kept = dict(entries)
    for old in updaters:
        joined = Identity(ANCIENT, "Update", "", old.api_version)
        if sum(identity.operation == "Update" for identity in kept) <= UPDATERS:
            break
        if old.identity == joined:
            continue
        del kept[old.identity]
        before = kept.get(joined)
        fields = fields_v1.union(before.fields, old.fields) if before else old.fields
        kept[joined] = Entry(joined, old.api_version, max(old.time, before.time if before else ""), fields)
    return kept

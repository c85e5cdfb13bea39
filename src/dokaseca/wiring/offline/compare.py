"""What a change changes in the Applications: which appear, change and vanish, field by field, and why."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from dokaseca.generate import trace
from dokaseca.generate.expand import GenerationError
from dokaseca.kit import redact, yaml_out
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import DokaSecaError
from dokaseca.model.identity import NamespacedName
from dokaseca.model.manifest import Manifest
from dokaseca.wiring.offline import preview, reasons
from dokaseca.wiring.offline.marked_sets import MarkedSet
from dokaseca.wiring.offline.preview import Progress
from dokaseca.wiring.offline.reasons import Origin
from dokaseca.wiring.offline.revisions import Point

Kind = Literal["appears", "changes", "vanishes"]
Path = tuple[str | int, ...]
FIELD_LINES = 60  # of one field's difference: of a values file that was replaced, more says no more


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field: `lines` begin with `-`, `+` or a blank."""

    path: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One Application.

    Attributes:
        application_set: its name.
        place: of the ApplicationSet, at head where it is there.
        cluster: whose parameters it has, empty where it has none's.
        problem: why the controller would not write what head gives; empty when it would.
    """

    kind: Kind
    name: str
    application_set: str
    place: str
    fields: tuple[FieldChange, ...]
    why: tuple[str, ...]
    cluster: str = ""
    problem: str = ""


@dataclass(slots=True, repr=False)
class Comparison:
    """All changes, by ApplicationSet and name.

    Attributes:
        unchanged_count: Applications that are the same.
        failed: ApplicationSets that generate nothing at head because of an error; of theirs nothing is said.
        refused: Applications of head that the controller would not write, without those that base had already.
        notes: ApplicationSets that fail at base.
    """

    changes: list[Change] = field(default_factory=list)
    unchanged_count: int = 0
    failed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True, repr=False)
class _Side:
    """Everything that one point generates.

    Attributes:
        origins: of several Applications of one name the first that is valid.
        problems: why the origin of that name would be refused; empty where it would not.
        refused: by ApplicationSet and name, with the place.
    """

    origins: dict[NamespacedName, Origin] = field(default_factory=dict)
    problems: dict[NamespacedName, str] = field(default_factory=dict)
    failed: dict[NamespacedName, str] = field(default_factory=dict)
    refused: dict[tuple[NamespacedName, NamespacedName], str] = field(default_factory=dict)


async def compare(base: Point, head: Point, progress: Progress = lambda *_: None) -> Comparison:
    """Expand both, and compare. What an ApplicationSet that fails would give is not known: it does not vanish."""
    total = len(base.sets) + len(head.sets)
    before = await _side(base, base.sets, lambda done, _, count: progress(done, total, count))
    known = {one.source.key for one in base.sets}
    in_order = sorted(head.sets, key=lambda one: one.source.key not in known)  # who has an Application keeps it
    after = await _side(head, in_order, lambda done, _, count: progress(len(base.sets) + done, total, count))
    result = Comparison(
        failed=list(after.failed.values()),
        refused=[text for key, text in after.refused.items() if key not in before.refused],
        notes=list(before.failed.values()),
    )
    unknown = {*before.failed, *after.failed}
    for key in sorted({*before.origins, *after.origins}):
        old, new = before.origins.get(key), after.origins.get(key)
        if any(one is not None and one.set_key in unknown for one in (old, new)):
            continue
        if old is None or new is None:
            result.changes.append(_presence(key, old, new, base, head, after.problems.get(key, "")))
        elif change := _change_or_none(key, old, new, after.problems[key]):
            result.changes.append(change)
        else:
            result.unchanged_count += 1
    result.changes.sort(key=lambda one: (one.application_set, one.kind, one.name))
    return result


async def _side(point: Point, sets: Sequence[MarkedSet], progress: Progress) -> _Side:
    side = _Side()
    owned: dict[tuple[str, str], Manifest] = {}
    for done, each in enumerate(sets):
        progress(done, len(sets), len(side.origins))
        inputs = point.world.inputs(each.source.key.namespace)
        try:
            found = await trace.traced(each.manifest, inputs)
            view = application_sets.view(each.manifest)
            judged = preview.judged(view, [one.application for one in found], owned, inputs, point.world)
        except (GenerationError, DokaSecaError) as error:
            cause = error.cause if isinstance(error, GenerationError) else error
            where = f"{each.place()}: ApplicationSet {each.source.key} at {point.name}"
            side.failed[each.source.key] = f"{where}: {redact.text(str(cause))}"
            continue
        for one, (application, problem) in zip(found, judged, strict=True):
            key = NamespacedName(manifests.namespace(application), manifests.name(application))
            if key not in side.origins or (side.problems[key] and not problem):
                side.origins[key], side.problems[key] = Origin(each, one, point), problem
            if problem:
                side.refused[each.source.key, key] = f"{each.place()}: Application {key.name}: {problem}"
    return side


def _presence(
    key: NamespacedName, old: Origin | None, new: Origin | None, base: Point, head: Point, problem: str
) -> Change:
    here = new or old
    assert here is not None
    why = reasons.of_presence(here, base if new else head, is_new=new is not None)
    kind: Kind = "appears" if new else "vanishes"
    return Change(kind, key.name, here.set_key.name, str(here.source.place()), (), why, _cluster(here), problem)


def _change_or_none(key: NamespacedName, old: Origin, new: Origin, problem: str) -> Change | None:
    found = list(_fields(old.traced.application, new.traced.application, ()))
    fields = tuple(FieldChange(reasons.dotted_path(path), _lines(left, right)) for path, left, right in found)
    if not fields:
        return None
    why = reasons.of_change(old, new, [path for path, _, _ in found])
    return Change("changes", key.name, new.set_key.name, str(new.source.place()), fields, why, _cluster(new), problem)


def _cluster(origin: Origin) -> str:
    name = origin.traced.params.get("name")
    return name if isinstance(name, str) else ""


def _fields(left: Any, right: Any, path: Path) -> Iterator[tuple[Path, Any, Any]]:
    """(path, before, after) of each field that differs, as deep as both sides are alike."""
    if left == right:
        return
    if isinstance(left, dict) and isinstance(right, dict):
        for key in dict.fromkeys([*left, *right]):
            yield from _fields(left.get(key), right.get(key), (*path, key))
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right) and _are_mappings(left + right):
        for number, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from _fields(one, other, (*path, number))
    else:
        yield path, left, right


def _are_mappings(items: list[Any]) -> bool:
    return all(isinstance(one, dict) for one in items)


def _lines(left: Any, right: Any) -> tuple[str, ...]:
    """The difference of one field; credentials masked, cut where it goes on for long."""
    if not isinstance(left, dict | list) and not isinstance(right, dict | list) and not _is_long(left, right):
        return tuple(_scalar(_text(left), _text(right)))
    before, after = (_text(each).splitlines() for each in (left, right))
    context = 2 if _is_long(left, right) else 0  # lines of a text; fields of a structure stand for themselves
    lines = list(difflib.unified_diff(before, after, n=context, lineterm=""))[2:]
    if not context:
        lines = [line for line in lines if not line.startswith("@@")]
    shown = [redact.text(line) for line in lines[:FIELD_LINES]]
    more = [f" ... {len(lines) - FIELD_LINES} more lines"] if len(lines) > FIELD_LINES else []
    return (*shown, *more)


def _is_long(left: Any, right: Any) -> bool:
    return any(isinstance(one, str) and "\n" in one for one in (left, right))


def _scalar(before: str, after: str) -> Iterator[str]:
    if before:
        yield f"-{redact.text(before)}"
    if after:
        yield f"+{redact.text(after)}"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return yaml_out.dump(value).rstrip("\n")

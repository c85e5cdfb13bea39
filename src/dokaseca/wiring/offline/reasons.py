"""Why an Application appears, changes or vanishes between two points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dokaseca.generate import references, trace
from dokaseca.generate.trace import Traced
from dokaseca.kit import redact
from dokaseca.model import manifest as manifests
from dokaseca.model.identity import NamespacedName
from dokaseca.wiring.offline import lint_selectors
from dokaseca.wiring.offline.cluster_files import Registered
from dokaseca.wiring.offline.marked_sets import MarkedSet
from dokaseca.wiring.offline.revisions import Point

Path = tuple[str | int, ...]
REASONS: Final = 6  # of one Application: more is a new ApplicationSet
_SHOWN = 60  # characters of a value
_TEMPLATE: Path = ("spec", "template")


@dataclass(frozen=True, slots=True)
class Origin:
    """An Application, what it comes from, and at which point."""

    source: MarkedSet
    traced: Traced
    point: Point

    @property
    def set_key(self) -> NamespacedName:
        return self.source.source.key

    def set_at(self, point: Point) -> MarkedSet | None:
        """The same ApplicationSet at another point."""
        return next((one for one in point.sets if one.source.key == self.set_key), None)

    def cluster_at(self, point: Point) -> Registered | None:
        """The cluster whose parameters it has, as another point describes it."""
        name = self.traced.params.get("name")
        found = [one for one in point.clusters.registered if one.name == name]
        return found[-1] if found else None


def of_presence(here: Origin, elsewhere: Point, *, is_new: bool) -> tuple[str, ...]:
    """Why an Application is at one point and not at the other."""
    return tuple(_of_presence(here, elsewhere, is_new=is_new))[:REASONS]


def _of_presence(here: Origin, elsewhere: Point, *, is_new: bool) -> Iterator[str]:
    state = "new" if is_new else "gone"
    there = here.set_at(elsewhere)
    if there is None:
        yield f"ApplicationSet {here.set_key.name} is {state} ({here.source.place()})"
        return
    mine, theirs = here.cluster_at(here.point), here.cluster_at(elsewhere)
    if mine is not None and theirs is None:
        yield f"cluster {mine.name} is {state} ({mine.file})"
        return
    before, after = (there, here.source) if is_new else (here.source, there)
    found = False
    if mine is not None and theirs is not None:
        old, new = (theirs, mine) if is_new else (mine, theirs)
        for reason in _labels(old, new, _selected(before) | _selected(after)):
            found = True
            yield reason
    for reason in _texts(before, after, ("spec", "generators")):
        found = True
        yield reason
    for reason in _texts(before, after, (*_TEMPLATE, "metadata", "name")):
        found = True
        yield reason
    file = _file(here)
    if not found:
        yield f"{file} is {state} or says something else" if file else "what its generators read has changed"


def of_change(old: Origin, new: Origin, changed: Sequence[Path]) -> tuple[str, ...]:
    """Why the fields of an Application differ.

    Args:
        changed: their paths in the Application.
    """
    return tuple(dict.fromkeys(_of_change(old, new, changed)))[:REASONS]


def _of_change(old: Origin, new: Origin, changed: Sequence[Path]) -> Iterator[str]:
    if old.set_key != new.set_key:
        yield f"it is ApplicationSet {new.set_key.name}'s now, and was {old.set_key.name}'s"
    for path in changed:
        yield from _texts(old.source, new.source, (*_TEMPLATE, *path))
    yield from _texts(old.source, new.source, ("spec", "templatePatch"))
    yield from _texts(old.source, new.source, ("spec", "goTemplate"))
    read = {name for path in changed for name in _read(new, path)}
    differing = list(trace.differences(old.traced.params, new.traced.params))
    for name, before, after in differing:
        if not read or any(name == one or name.startswith(f"{one}.") for one in read):
            yield f"{name}: {_shown(before)} -> {_shown(after)}{_whence(new, name)}"


def _read(origin: Origin, path: Path) -> Iterator[str]:
    """The parameters that decide about a field: those of its template, or of the nearest template around."""
    is_go = bool(manifests.get(origin.source.manifest, "spec", "goTemplate", default=False))
    value: Any = manifests.get(origin.traced.template, *path)
    while value is None and path:
        path = path[:-1]
        value = manifests.get(origin.traced.template, *path)
    for _, text in references.texts(value):
        yield from (one.name for one in references.of_text(text, is_go=is_go))


def _texts(before: MarkedSet, after: MarkedSet, path: Path) -> Iterator[str]:
    """What differs between the files of an ApplicationSet below a path, the first place of it."""
    old, new = (manifests.get(each.manifest, *path) for each in (before, after))
    if old == new:
        return
    where, left, right = _first_difference(old, new, path)
    dotted = dotted_path(where)
    place = after.place(*where) if right is not None or not where else before.place(*where)
    if isinstance(left, str | int | bool) and isinstance(right, str | int | bool):
        yield f"{dotted}: {_shown(str(left))} -> {_shown(str(right))} ({place})"
    else:
        what = "is new" if left is None else "is gone" if right is None else "changed"
        yield f"{dotted} {what} ({place})"


def _first_difference(left: Any, right: Any, path: Path) -> tuple[Path, Any, Any]:
    """The deepest place that holds every difference of two values."""
    if isinstance(left, dict) and isinstance(right, dict):
        keys = [key for key in dict.fromkeys([*left, *right]) if left.get(key) != right.get(key)]
        if len(keys) == 1:
            return _first_difference(left.get(keys[0]), right.get(keys[0]), (*path, keys[0]))
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        numbers = [number for number in range(len(left)) if left[number] != right[number]]
        if len(numbers) == 1:
            return _first_difference(left[numbers[0]], right[numbers[0]], (*path, numbers[0]))
    return path, left, right


def _labels(old: Registered, new: Registered, selected: frozenset[str]) -> Iterator[str]:
    """The labels that selectors ask for and that a cluster has otherwise now."""
    before, after = old.secret.labels, new.secret.labels
    for label in sorted(selected):
        if before.get(label) != after.get(label):
            place = new.places.get(label) or old.places.get(label) or new.file
            change = f"{_shown(before.get(label))} -> {_shown(after.get(label))}"
            yield f"label {label} of cluster {new.name}: {change} ({place})"


def _selected(each: MarkedSet) -> frozenset[str]:
    found = lint_selectors.written(manifests.get(each.manifest, "spec", "generators", default=[]))
    return frozenset(requirement.key for one in found for requirement in one.requirements)


def _whence(origin: Origin, name: str) -> str:
    """Where a parameter's value is written, in brackets; empty where that cannot be told."""
    cluster = origin.cluster_at(origin.point)
    for prefix in (references.LABELS, references.ANNOTATIONS):
        if name.startswith(prefix) and cluster is not None:
            return f" ({cluster.places.get(name.removeprefix(prefix), cluster.file)})"
    if name.startswith("values."):
        value = name.removeprefix("values.")
        paths = [path for path in origin.source.marks if path[-2:] == ("values", value)]
        said = manifests.get(origin.traced.params, "values", value, default=origin.traced.params.get(name))
        exact = [path for path in paths if manifests.get(origin.source.manifest, *path) == said]
        if exact or paths:
            return f" ({origin.source.place(*(exact or paths)[0])})"
    file = _file(origin)
    return f" ({file})" if file and not name.startswith(("name", "server", "project")) else ""


def _file(origin: Origin) -> str:
    """The file or folder that a git generator has made parameters of; empty when none has."""
    params: Mapping[str, Any] = origin.traced.params
    folder, name = params.get("path"), params.get("path.filename")
    if isinstance(folder, dict):
        place: Mapping[str, Any] = folder
        folder, name = place.get("path"), place.get("filename")
    if not isinstance(folder, str):
        return ""
    return f"{folder}/{name}" if name else folder


def _shown(value: str | None) -> str:
    if value is None:
        return "(none)"
    text = redact.text(value.replace("\n", " "))
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def dotted_path(path: Path) -> str:
    """`spec.sources[0].path`"""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")

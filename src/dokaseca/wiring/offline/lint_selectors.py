"""The cluster selectors of an ApplicationSet: as written, and with what a matrix fills in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dokaseca.generate import interpolate, label_selector
from dokaseca.generate.generators import children, registry
from dokaseca.generate.generators.context import Context
from dokaseca.generate.label_selector import Requirement
from dokaseca.model.errors import UserError

Path = tuple[str | int, ...]
_DEPTH = 4  # top level, matrix or merge, one nested; one more for what generation refuses


@dataclass(frozen=True, slots=True)
class Found:
    """One selector.

    Attributes:
        path: of the selector, from the ApplicationSet on.
        places: of each requirement, from the selector on.
        is_override: whether it is of a later child of a merge.
    """

    requirements: tuple[Requirement, ...]
    path: Path
    places: tuple[Path, ...]
    is_override: bool


def written(generators: Any) -> list[Found]:
    """Every selector as the file has it; those that are no selectors are left out."""
    return list(_written(generators, ("spec", "generators"), is_override=False))


async def resolved(generators: Sequence[Any], around: Context) -> list[Found]:
    """Every selector, once for each parameter set that a matrix fills into it.

    Raises:
        DokaSecaError: what a matrix reads cannot be read.
    """
    return await _resolved(list(generators), ("spec", "generators"), around, is_override=False)


def _written(generators: Any, path: Path, *, is_override: bool) -> Iterator[Found]:
    if not isinstance(generators, list) or len(path) > 3 * _DEPTH:
        return
    for number, entry in enumerate(generators):
        if not isinstance(entry, dict):
            continue
        here = (*path, number)
        if isinstance(entry.get("clusters"), dict):
            yield from _found(entry["clusters"].get("selector"), here, is_override=is_override)
        for kind in ("matrix", "merge"):
            inner = entry.get(kind)
            below = inner.get("generators") if isinstance(inner, dict) else None
            for child, one in enumerate(below if isinstance(below, list) else ()):
                is_later = is_override or (kind == "merge" and child > 0)
                for found in _written([one], (*here, kind, "generators"), is_override=is_later):
                    yield _moved(found, (*here, kind, "generators"), child)


def _moved(found: Found, prefix: Path, child: int) -> Found:
    """A child is looked at as a list of one: put its real number in."""
    path = (*prefix, child, *found.path[len(prefix) + 1 :])
    return Found(found.requirements, path, found.places, found.is_override)


async def _resolved(generators: list[Any], path: Path, around: Context, *, is_override: bool) -> list[Found]:
    result: list[Found] = []
    for number, entry in enumerate(generators):
        if not isinstance(entry, dict) or len(path) > 3 * _DEPTH:
            continue
        here = (*path, number)
        if isinstance(entry.get("clusters"), dict):
            result += _found(entry["clusters"].get("selector"), here, is_override=is_override)
        for kind in ("matrix", "merge"):
            inner = entry.get(kind)
            below = inner.get("generators") if isinstance(inner, dict) else None
            for child, variants in enumerate(await _variants(below, kind, around)):
                is_later = is_override or (kind == "merge" and child > 0)
                for one in variants:
                    found = await _resolved([one], (*here, kind, "generators"), around, is_override=is_later)
                    result += [_moved(each, (*here, kind, "generators"), child) for each in found]
    return result


async def _variants(below: Any, kind: str, around: Context) -> list[list[Any]]:
    """Each child of a matrix or merge, the second of a matrix once for each parameter set of the first."""
    if not isinstance(below, list):
        return []
    if kind == "merge" or len(below) != 2 or "{{" not in str(_selectors(below[1])) or not isinstance(below[0], dict):
        return [[one] for one in below]
    sets = await registry.run(below[0], children.only_kind(below[0], kind), around)
    return [[below[0]], [interpolate.generator(below[1], each, around.engine) for each in sets]]


def _selectors(entry: Any) -> list[Any]:
    return [one.requirements for one in _written([entry], (), is_override=False)]


def _found(selector: Any, here: Path, *, is_override: bool) -> list[Found]:
    try:
        requirements = label_selector.parse(selector).requirements
    except UserError:
        return []
    labels = selector.get("matchLabels") or {} if isinstance(selector, dict) else {}
    places: list[Path] = [("matchLabels", key) for key in labels]
    places += [("matchExpressions", number, "key") for number in range(len(requirements) - len(places))]
    return [Found(requirements, (*here, "clusters", "selector"), tuple(places), is_override)]

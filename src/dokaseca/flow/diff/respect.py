"""`RespectIgnoreDifferences`: what a sync writes leaves ignored fields as the cluster has them. Pure (B7, B11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dokaseca.flow.diff import ignore
from dokaseca.model.manifest import Manifest

_ABSENT: Any = object()


def target(wanted: Manifest, live: Manifest, entries: Iterable[Mapping[str, Any]], *, whole: bool = False) -> Manifest:
    """`wanted` with the ignored fields that it names as they are in `live`; one that `live` lacks is left out.

    Args:
        whole: also the ignored fields that `wanted` does not name: the object is going to be replaced.

    Raises:
        UserError: an entry is wrong.
    """
    rules = ignore.rules_for(wanted, entries)
    if not rules:
        return wanted
    rest = ignore.without(wanted, live, rules)
    kept: Manifest = _kept(wanted, rest, live, ignore.without(live, live, rules), whole=whole)
    status = {"status": wanted["status"]} if "status" in wanted else {}
    return {name: value for name, value in kept.items() if name != "status"} | status


def _kept(wanted: Any, rest: Any, live: Any, live_rest: Any, *, whole: bool) -> Any:
    """`wanted` where nothing is ignored (`rest` is the same), the live value where it is."""
    if isinstance(wanted, dict) and isinstance(rest, dict) and isinstance(live, dict) and isinstance(live_rest, dict):
        return _mapping(wanted, rest, live, live_rest, whole=whole)
    if isinstance(wanted, list) and isinstance(rest, list) and isinstance(live, list) and isinstance(live_rest, list):
        return _items(wanted, rest, live, live_rest, whole=whole)
    return wanted


def _mapping(
    wanted: dict[str, Any], rest: dict[str, Any], live: dict[str, Any], live_rest: dict[str, Any], *, whole: bool
) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in wanted.items():
        if name not in rest:  # ignored as a whole
            if name in live:
                kept[name] = live[name]
            continue
        kept[name] = _kept(value, rest[name], live.get(name, _ABSENT), live_rest.get(name, _ABSENT), whole=whole)
    if whole:
        kept |= {name: value for name, value in live.items() if name not in live_rest and name not in wanted}
    return kept


def _items(wanted: list[Any], rest: list[Any], live: list[Any], live_rest: list[Any], *, whole: bool) -> list[Any]:
    """Item by item, named ones by their name; where whole items are ignored the live list's ignored ones stay."""
    if len(rest) != len(wanted) or len(live_rest) != len(live):
        ignored = [one for one in live if one not in live_rest]
        return [*(one for one in wanted if one in rest), *ignored]
    found: list[Any] = []
    for index, value in enumerate(wanted):
        at = _partner_or_none(value, index, live, len(wanted))
        pair = (_ABSENT, _ABSENT) if at is None else (live[at], live_rest[at])
        found.append(_kept(value, rest[index], *pair, whole=whole))
    return found


def _partner_or_none(value: Any, index: int, live: list[Any], count: int) -> int | None:
    name = value.get("name") if isinstance(value, dict) else None
    if name is not None:
        named = (at for at, one in enumerate(live) if isinstance(one, dict) and one.get("name") == name)
        return next(named, None)
    return index if len(live) == count else None

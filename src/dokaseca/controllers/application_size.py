"""Keeps an Application small enough to be stored: what its status says least with goes first. Pure.

A status that the API server refuses would never be written, and the pass behind it would be done again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from dokaseca.kit import bounds
from dokaseca.model import manifest as manifests

STATUS_BYTES = 1_000_000  # the rest of an object is for spec, operation and managed fields
LEAST_BYTES = 200_000  # where the rest is larger than that; the API server has the last word then
MARGIN_BYTES = 64 * 1024  # managed fields, and what the API server adds
MESSAGE_CHARACTERS = 1_024  # of one message, once something must go
CONDITIONS = 100  # the same
Entry = Mapping[str, Any]


def bounded(status: Mapping[str, Any], manifest: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """`status` made to fit beside the rest of `manifest`.

    Of the last operation's results, messages of what went well go first, then such results themselves, hooks last, for
    what has no result is done again; then objects that are in order. One of each kind always stays: the next process
    looks for the objects of these kinds.

    Returns:
        The status, the same one when it is small enough, and what it leaves out in words, empty when nothing.
    """
    rest = {name: value for name, value in manifest.items() if name != "status"}
    room = max(LEAST_BYTES, min(STATUS_BYTES, bounds.OBJECT_BYTES - MARGIN_BYTES - _size(rest)))
    if _size(status) <= room:
        return dict(status), ""
    small = _shortened(status)
    results, objects = _results(small), small.get("resources") or []
    terse = [_without_message(one) if _went_well(one) else one for one in results]
    left = room - _size(_with(small, [], []))
    kept, shown = terse, objects
    if _size(terse) + _size(objects) > left:
        spare = left - _size(objects)
        kept = _most(terse, _must_stay, max(spare, left // 2), spare)
        shown = _most(objects, _is_remarkable, left - _size(kept), left - _size(kept))
    return _with(small, shown, kept), _left_out(len(objects) - len(shown), len(results) - len(kept))


def _left_out(objects: int, results: int) -> str:
    found = [f"{objects} objects"] if objects else []
    found += [f"{results} results of the last operation"] if results else []
    what = f"leaves out {' and '.join(found)}" if found else "cuts long messages"
    return f"the status {what}: with all it would be too large to be stored; split the Application up"


def _size(value: Any) -> int:
    return len(orjson.dumps(value, default=str))


def _results(status: Mapping[str, Any]) -> list[Entry]:
    found: list[Entry] = manifests.get(status, "operationState", "syncResult", "resources", default=[])
    return found


def _with(status: Mapping[str, Any], objects: list[Entry], results: list[Entry]) -> dict[str, Any]:
    new = {**status, "resources": objects}
    if _results(status):
        state = status["operationState"]
        new["operationState"] = {**state, "syncResult": {**state["syncResult"], "resources": results}}
    return new


def _shortened(status: Mapping[str, Any]) -> dict[str, Any]:
    """Without the ends of long messages and of long lists of conditions."""
    short: dict[str, Any] = _cut(status)
    if "conditions" in short:
        short["conditions"] = short["conditions"][:CONDITIONS]
    return short


def _cut(value: Any) -> Any:
    if isinstance(value, list):
        return [_cut(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: one[:MESSAGE_CHARACTERS] if name == "message" and isinstance(one, str) else _cut(one)
        for name, one in value.items()
    }


def _most(entries: list[Entry], is_wanted: Callable[[Entry], bool], room: int, room_for_others: int) -> list[Entry]:
    """One of each kind, then what is wanted, then others while there is room; in the order that they had."""
    firsts = set({_kind(one): index for index, one in reversed(list(enumerate(entries)))}.values())
    wanted = {index for index, one in enumerate(entries) if index not in firsts and is_wanted(one)}
    taken, used = set(firsts), sum(_size(entries[index]) + 1 for index in firsts)
    for index in sorted(set(range(len(entries))) - firsts, key=lambda index: (index not in wanted, index)):
        used += _size(entries[index]) + 1
        if used > (room if index in wanted else room_for_others):
            break
        taken.add(index)
    return [entries[index] for index in sorted(taken)]


def _kind(entry: Entry) -> tuple[Any, ...]:
    return entry.get("group"), entry.get("version"), entry.get("kind")


def _went_well(result: Entry) -> bool:
    return result.get("status") != "SyncFailed" and result.get("hookPhase") != "Failed"


def _must_stay(result: Entry) -> bool:
    """What failed says why, and a hook must not run twice."""
    return bool(result.get("hookType")) or not _went_well(result)


def _without_message(result: Entry) -> Entry:
    return {name: value for name, value in result.items() if name != "message"}


def _is_remarkable(entry: Entry) -> bool:
    return entry.get("status") != "Synced" or (entry.get("health") or {}).get("status", "Healthy") != "Healthy"

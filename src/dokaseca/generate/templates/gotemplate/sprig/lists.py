"""Sprig: lists."""

from __future__ import annotations

from typing import Any, Final

from dokaseca.generate.templates.gotemplate import values
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import DEEP, LIGHT, Function, Traits, fn
from dokaseca.generate.templates.gotemplate.sprig import convert, reflection
from dokaseca.generate.templates.gotemplate.values import Lists, NilList, Strings
from dokaseca.kit import bounds


def _append(items: Any, value: Any) -> list[Any]:
    return [*convert.items(items, "Cannot push on type"), value]


def _prepend(items: Any, value: Any) -> list[Any]:
    return [value, *convert.items(items, "Cannot prepend on type")]


def _first(items: Any) -> Any:
    found = convert.items(items, "Cannot find first on type")
    return found[0] if found else None


def _last(items: Any) -> Any:
    found = convert.items(items, "Cannot find last on type")
    return found[-1] if found else None


def _rest(items: Any) -> list[Any]:
    found = convert.items(items, "Cannot find rest on type")
    return [*found[1:]] if found else NilList()


def _initial(items: Any) -> list[Any]:
    found = convert.items(items, "Cannot find initial on type")
    return [*found[:-1]] if found else NilList()


def _reverse(items: Any) -> list[Any]:
    return [*reversed(convert.items(items, "Cannot find reverse on type"))]


def _compact(items: Any) -> list[Any]:
    return [item for item in convert.items(items, "Cannot compact on type") if not convert.is_empty(item)]


def _has(needle: Any, haystack: Any) -> bool:
    if haystack is None:
        return False
    wanted = reflection.frozen(needle)
    return any(reflection.frozen(item) == wanted for item in convert.items(haystack, "Cannot find has on type"))


def _uniq(items: Any) -> list[Any]:
    seen: set[Any] = set()
    kept: list[Any] = []
    for item in convert.items(items, "Cannot find uniq on type"):
        key = reflection.frozen(item)
        if key not in seen:
            seen.add(key)
            kept.append(item)
    return kept


def _without(items: Any, *unwanted: Any) -> list[Any]:
    dropped = {reflection.frozen(one) for one in unwanted}
    found = convert.items(items, "Cannot find without on type")
    return [item for item in found if reflection.frozen(item) not in dropped]


def _slice(items: Any, *indices: Any) -> Any:
    found = convert.items(items, "list should be type of slice or array but")
    if not found:
        return None
    start = convert.integer(indices[0]) if indices else 0
    end = convert.integer(indices[1]) if len(indices) > 1 else len(found)
    if not 0 <= start <= end <= len(found):
        raise CallError("reflect.Value.Slice: slice index out of bounds")
    return type(found)(found[start:end])


def _concat(*lists: Any) -> list[Any]:
    joined: list[Any] = []
    for items in lists:
        if not isinstance(items, list) and items is not None:
            raise CallError(f"Cannot concat type {values.kind(items)} as list")
        joined.extend(convert.items(items, ""))
        convert.checked_count(len(joined), bounds.TEMPLATE_STEPS, "the list")
    return joined or NilList()


def _chunk(size: int, items: Any) -> Lists:
    found = convert.items(items, "Cannot chunk type")
    if size < 1:
        return _odd_chunks(size, found)
    return Lists([*found[at : at + size]] for at in range(0, len(found), size))


def _odd_chunks(size: int, items: list[Any]) -> Lists:
    """What sprig's arithmetic makes of a size below 1: mostly a refusal."""
    count = (len(items) - 1) // size + 1 if size else -1
    if count == 0:
        return Lists()
    if count == 1 and len(items) == 1 and size < -1:
        return Lists([[*items]])
    raise CallError("runtime error: makeslice: len out of range")


def _sort_alpha(items: Any) -> Strings:
    found = convert.texts(items) if isinstance(items, list) else Strings([convert.text(items)])
    found.sort()  # a list of texts is sorted in place, as sprig does
    return found


def _default(other: Any, *given: Any) -> Any:
    return other if not given or convert.is_empty(given[0]) else given[0]


def _both(name: str, function: Function) -> dict[str, Function]:
    """A function and its `must` twin: both raise in ours, as both do in sprig (the plain one panics)."""
    return {name: function, f"must{name[0].upper()}{name[1:]}": function}


FUNCTIONS: Final[dict[str, Function]] = {
    "tuple": fn("a*", lambda *items: [*items], LIGHT),
    "list": fn("a*", lambda *items: [*items], LIGHT),
    **_both("append", fn("aa", _append)),
    **_both("push", fn("aa", _append)),
    **_both("prepend", fn("aa", _prepend)),
    **_both("first", fn("a", _first, LIGHT)),
    **_both("last", fn("a", _last, LIGHT)),
    **_both("rest", fn("a", _rest)),
    **_both("initial", fn("a", _initial)),
    **_both("reverse", fn("a", _reverse)),
    **_both("compact", fn("a", _compact)),
    **_both("uniq", fn("a", _uniq, DEEP)),
    **_both("without", fn("aa*", _without, DEEP)),
    **_both("has", fn("aa", _has, DEEP)),
    **_both("slice", fn("aa*", _slice)),
    **_both("chunk", fn("ia", _chunk)),
    "concat": fn("a*", _concat),
    "sortAlpha": fn("a", _sort_alpha, Traits(weight="deep", mutates=True)),
    "all": fn("a*", lambda *items: not any(map(convert.is_empty, items)), LIGHT),
    "any": fn("a*", lambda *items: not all(map(convert.is_empty, items)), LIGHT),
    "coalesce": fn("a*", lambda *items: next((item for item in items if not convert.is_empty(item)), None), LIGHT),
    "default": fn("aa*", _default, LIGHT),
    "empty": fn("a", convert.is_empty, LIGHT),
    "ternary": fn("aab", lambda when_true, when_false, condition: when_true if condition else when_false, LIGHT),
}

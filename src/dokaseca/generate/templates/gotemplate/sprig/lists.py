"""Sprig: lists."""

from __future__ import annotations

from typing import Any, Final

from dokaseca.generate.templates.gotemplate import values
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import Function, fn
from dokaseca.generate.templates.gotemplate.sprig import convert
from dokaseca.kit import bounds


def _append(items: Any, value: Any) -> list[Any]:
    return [*convert.items(items, "push"), value]


def _prepend(items: Any, value: Any) -> list[Any]:
    return [value, *convert.items(items, "prepend")]


def _first(items: Any) -> Any:
    found = convert.items(items, "find first")
    return found[0] if found else None


def _last(items: Any) -> Any:
    found = convert.items(items, "find last")
    return found[-1] if found else None


def _rest(items: Any) -> list[Any]:
    return convert.items(items, "find rest")[1:]


def _initial(items: Any) -> list[Any]:
    return convert.items(items, "find initial")[:-1]


def _reverse(items: Any) -> list[Any]:
    return convert.items(items, "find reverse")[::-1]


def _compact(items: Any) -> list[Any]:
    return [item for item in convert.items(items, "compact") if not convert.is_empty(item)]


def same(left: Any, right: Any) -> bool:
    """reflect.DeepEqual for JSON values: types must be equal too."""
    values.require_bounded([left, right])
    return _same(left, right)


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    return values.type_name(left) == values.type_name(right) and bool(left == right)


def _has(needle: Any, haystack: Any) -> bool:
    if haystack is None:
        return False
    return any(same(needle, item) for item in convert.items(haystack, "find has"))


def _uniq(items: Any) -> list[Any]:
    found = convert.items(items, "find uniq")
    convert.checked_count(len(found), bounds.TEMPLATE_STEPS // 100, "the list")
    kept: list[Any] = []
    for item in found:
        if not any(same(item, other) for other in kept):
            kept.append(item)
    return kept


def _without(items: Any, *unwanted: Any) -> list[Any]:
    found = convert.items(items, "find without")
    return [item for item in found if not any(same(item, other) for other in unwanted)]


def _slice(items: Any, *indices: Any) -> Any:
    if not isinstance(items, list):
        raise CallError(f"list should be type of slice or array but {values.kind(items)}")
    start = convert.integer(indices[0]) if indices else 0
    end = convert.integer(indices[1]) if len(indices) > 1 else len(items)
    if not items:
        return None
    if not 0 <= start <= end <= len(items):
        raise CallError(f"slice bounds out of range [{start}:{end}] with length {len(items)}")
    return items[start:end]


def _concat(*lists: Any) -> list[Any]:
    joined: list[Any] = []
    for items in lists:
        joined.extend(convert.items(items, "concat"))
        convert.checked_count(len(joined), bounds.TEMPLATE_STEPS, "the list")
    return joined


def _chunk(size: int, items: Any) -> list[Any]:
    found = convert.items(items, "chunk")
    if size < 1:
        raise CallError("chunk size must be at least 1")
    return [found[at : at + size] for at in range(0, len(found), size)]


def _both(name: str, function: Function) -> dict[str, Function]:
    """A function and its `must` twin: both raise in ours, as both do in sprig (the plain one panics)."""
    return {name: function, f"must{name[0].upper()}{name[1:]}": function}


FUNCTIONS: Final[dict[str, Function]] = {
    "tuple": fn("a*", lambda *items: list(items)),
    "list": fn("a*", lambda *items: list(items)),
    **_both("append", fn("aa", _append)),
    **_both("push", fn("aa", _append)),
    **_both("prepend", fn("aa", _prepend)),
    **_both("first", fn("a", _first)),
    **_both("last", fn("a", _last)),
    **_both("rest", fn("a", _rest)),
    **_both("initial", fn("a", _initial)),
    **_both("reverse", fn("a", _reverse)),
    **_both("compact", fn("a", _compact)),
    **_both("uniq", fn("a", _uniq)),
    **_both("without", fn("aa*", _without)),
    **_both("has", fn("aa", _has)),
    **_both("slice", fn("aa*", _slice)),
    **_both("chunk", fn("ia", _chunk)),
    "concat": fn("a*", _concat),
    "deepEqual": fn("aa", same),
    "all": fn("a*", lambda *items: not any(map(convert.is_empty, items))),
    "any": fn("a*", lambda *items: not all(map(convert.is_empty, items))),
    "coalesce": fn("a*", lambda *items: next((item for item in items if not convert.is_empty(item)), None)),
    "default": fn("aa*", lambda other, *given: other if not given or convert.is_empty(given[0]) else given[0]),
    "empty": fn("a", convert.is_empty),
    "ternary": fn("aab", lambda when_true, when_false, condition: when_true if condition else when_false),
}

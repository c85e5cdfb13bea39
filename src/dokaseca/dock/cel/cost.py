"""How much work an expression may be for values of a given size: an upper bound, before anything runs.

The runtime itself ends an evaluation after 10,000 loop turns. What it does not bound is what one turn does: search a
long text, compare long lists, build values that double with every step. That is bounded here by walking the expression
with sizes instead of values. A unit is about a nanosecond.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from dokaseca.dock.cel.syntax import Node

TURNS: Final = 10_000  # what the runtime allows in one evaluation
DEPTH: Final = 6  # loops within loops; the walk itself doubles with each
EVALUATION_UNITS: Final = 100_000_000  # of one expression: about a tenth of a second
_ELEMENT_UNITS: Final = 50  # to compare, copy or convert one element
_BYTE_UNITS: Final = 4  # to search or compare one byte of text
_SPLIT_UNITS: Final = 64  # per byte, where every byte may become an element
_CALL_UNITS: Final = 3_000  # a function of ours, in Python
_HUGE: Final = 10**15  # sizes stop growing here: beyond any budget, and the arithmetic stays small

_SPLITTING = frozenset({"split", "findAll"})
_BUILTIN = frozenset(
    {"contains", "startsWith", "endsWith", "matches", "indexOf", "lastIndexOf", "substring", "charAt", "trim", "size",
     "lowerAscii", "upperAscii", "reverse", "replace", "split", "join", "format", "strings.quote"}
)  # fmt: skip
# Answers are numbers, booleans or one element, however large the operands.
_SMALL = frozenset(
    {"_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "@in", "_&&_", "_||_", "!_", "contains", "startsWith", "endsWith",
     "matches", "size", "indexOf", "lastIndexOf", "isSorted", "@not_strictly_false", "charAt", "hasValue"}
)  # fmt: skip
_FREE = frozenset({"_&&_", "_||_", "!_", "_?_:_", "@not_strictly_false", "_[_]", "_[?_]", "_?._", "dyn", "hasValue"})


@dataclass(frozen=True, slots=True)
class Size:
    """Upper bounds of a value: `elements` of all lists and maps in it together, `text` bytes of all texts in it."""

    elements: int = 0
    text: int = 0

    def __add__(self, other: Size) -> Size:
        return Size(min(self.elements + other.elements, _HUGE), min(self.text + other.text, _HUGE))

    def larger(self, other: Size) -> Size:
        return Size(max(self.elements, other.elements), max(self.text, other.text))

    @property
    def units(self) -> int:
        """What it takes to go through all of it once."""
        return self.elements * _ELEMENT_UNITS + self.text * _BYTE_UNITS


ZERO = Size()
_ONE = Size(0, 24)  # a number or a boolean, as text


def measure(value: Any) -> Size:
    """The size of a plain value."""
    elements, text, stack = 0, 0, [value]
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            text += len(value)
        elif isinstance(value, dict):
            elements += len(value)
            text += sum(map(len, value))
            stack.extend(value.values())
        elif isinstance(value, list):
            elements += len(value)
            stack.extend(value)
    return Size(elements, text)


def depth(node: Node) -> int:
    """How deep loops stand within loops."""
    if node.kind != "comprehension":
        return max((depth(part) for part in node.parts), default=0)
    source, initial, condition, step, outcome = node.parts
    inside = 1 + max(depth(condition), depth(step))
    return max(depth(source), depth(initial), depth(outcome), inside)


def bound(node: Node, sizes: dict[str, Size]) -> int:
    """Units that evaluating `node` takes at most, given the sizes of its variables; unknown ones count as empty."""
    return _walk(node, sizes, 1)[1]


def _walk(node: Node, sizes: dict[str, Size], times: int) -> tuple[Size, int]:
    """The size of the result, and the units that evaluating it `times` over takes."""
    if node.kind == "constant":
        return Size(0, node.size or 24), 0
    if node.kind == "identifier":
        return sizes.get(node.name, ZERO), 0
    if node.kind == "comprehension":
        return _loop(node, sizes, times)
    found = [_walk(part, sizes, times) for part in node.parts]
    units = sum(cost for _, cost in found)
    operands = [size for size, _ in found]
    if node.kind == "test":
        return _ONE, units
    if node.kind == "select":
        return operands[0], units
    total = sum(operands, ZERO)
    if node.kind in ("list", "map"):
        return total + Size(len(operands), 0), min(units + times * total.elements, _HUGE)
    result, own = _call(node.name, operands, total)
    return result, min(units + times * own, _HUGE)


def _call(name: str, operands: list[Size], total: Size) -> tuple[Size, int]:
    if name in ("_[_]", "_[?_]", "_?._") and operands:
        return operands[0], 0
    if name == "_?_:_":
        return operands[1].larger(operands[2]), 0
    if name in _FREE:
        return _ONE if name in _SMALL else total, 0
    if name in ("_==_", "_!=_") and len(operands) == 2:
        smaller = min(operand.units for operand in operands)
        return _ONE, smaller
    if name in _SPLITTING:
        return Size(min(total.text + 1, _HUGE), total.text), total.text * _SPLIT_UNITS + _CALL_UNITS
    if name in ("join", "replace", "format") and operands:
        rest = sum(operands[1:], ZERO)
        repeats = operands[0].elements if name == "join" else operands[0].text
        text = min(operands[0].text + (repeats + 1) * (rest.text + rest.elements + 1), _HUGE)
        return Size(0, text), min(total.units + text * _BYTE_UNITS, _HUGE)
    if name.startswith("sets.") and len(operands) == 2:  # every element of one with every element of the other
        pairs = min(operands[0].elements * operands[1].units, operands[1].elements * operands[0].units)
        return _ONE, min(2 * pairs + _CALL_UNITS, _HUGE)
    units = total.units
    if not name.startswith(("_", "@")) and name not in _BUILTIN:
        units += _CALL_UNITS + total.elements * _ELEMENT_UNITS
    return (_ONE if name in _SMALL else total + _ONE), min(units, _HUGE)


def _loop(node: Node, sizes: dict[str, Size], times: int) -> tuple[Size, int]:
    """A loop: its body once per element.

    The elements of one value together are no larger than the value. So the body is walked twice: with empty elements,
    for every turn; and with an element that is as large as all together, once.
    """
    source, initial, condition, step, outcome = node.parts
    over, units = _walk(source, sizes, times)
    start, cost = _walk(initial, sizes, times)
    units += cost
    turns = min(over.elements, TURNS)
    inner = min(times * max(turns, 1), TURNS)
    empty = {**sizes, **dict.fromkeys(node.variables, _ONE), node.name: ZERO}
    whole = {**empty, **dict.fromkeys(node.variables, over)}
    size, result = start, 0
    if turns:
        each, each_units = _body(condition, step, empty, inner)
        once, once_units = _body(condition, step, whole, times)
        _, least = _body(condition, step, empty, times)
        units += each_units + max(once_units - least, 0)
        grown = Size(
            min(turns * each.elements + once.elements, _HUGE),
            min(turns * each.text + once.text, _HUGE),
        )
        size = start + grown
    final, result = _walk(outcome, {**sizes, node.name: size}, times)
    return final, min(units + result, _HUGE)


def _body(condition: Node, step: Node, sizes: dict[str, Size], times: int) -> tuple[Size, int]:
    _, first = _walk(condition, sizes, times)
    size, second = _walk(step, sizes, times)
    return size, first + second

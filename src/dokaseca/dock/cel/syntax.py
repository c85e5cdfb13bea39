"""What an expression is made of, read from its compiled form (cel.expr.CheckedExpr, field numbers of checked.proto).

The runtime hands out no tree, but it serializes one; a dozen message types are decoded here without a protobuf library.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# Fields of Expr that say what it is; number 2 is its id.
_CONSTANT, _IDENTIFIER, _SELECT, _CALL, _LIST, _STRUCT, _COMPREHENSION = range(3, 10)
_VARINT, _FIXED64, _LENGTH = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Node:
    """One part of an expression.

    Attributes:
        kind: constant, identifier, select, test (`has`), call, list, map or comprehension.
        name: of the identifier, field or function; of a comprehension its accumulator.
        parts: operands in order; of a call the target first; of a comprehension range, initial value, condition, step
            and result.
        size: bytes of a constant text.
        variables: the loop variables of a comprehension.
        position: where it stands in the expression, in code points from 0; -1 where that is unknown.
    """

    kind: str
    name: str = ""
    parts: tuple[Node, ...] = ()
    size: int = 0
    variables: tuple[str, ...] = ()
    position: int = -1
    has_target: bool = False
    text: str | None = None


def read(serialized: bytes) -> Node:
    """The tree of a serialized CheckedExpr inside an Any."""
    checked = _one(serialized, 2)
    fields = list(_fields(checked))
    source = next((value for number, value in fields if number == 5), b"")
    positions = {}
    for number, value in _fields(source):
        if number == 4:
            entry = dict(_fields(value))
            positions[entry.get(1, 0)] = entry.get(2, 0)
    return _node(next(value for number, value in fields if number == 4), positions)


def identifiers(node: Node) -> set[str]:
    """Every name that an expression reads, loop variables included."""
    found = {node.name} if node.kind == "identifier" else set()
    for part in node.parts:
        found |= identifiers(part)
    return found


def describe(expression: str, position: int, what: str) -> str:
    """The compiler's words for something wrong: the line and column, the line, and a mark below the place."""
    before = expression[: max(position, 0)]
    line, column = before.count("\n"), len(before) - (before.rfind("\n") + 1)
    text = expression.split("\n")[line]
    return f"ERROR: <input>:{line + 1}:{column + 1}: {what}\n | {text}\n | {'.' * column}^"


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield number, value
        elif kind == _LENGTH:
            size, at = _varint(data, at)
            yield number, data[at : at + size]
            at += size
        else:
            width = 8 if kind == _FIXED64 else 4
            yield number, data[at : at + width]
            at += width


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _one(data: bytes, wanted: int) -> Any:
    return next((value for number, value in _fields(data) if number == wanted), b"")


def _node(data: bytes, positions: dict[int, int]) -> Node:
    identity, number, body = 0, 0, b""
    for field, value in _fields(data):
        if field == 2:
            identity = value
        else:
            number, body = field, value
    position = positions.get(identity, -1)
    if number == _CONSTANT:
        text = next((value for field, value in _fields(body) if field in (6, 7)), None)
        shown = text.decode(errors="replace") if isinstance(text, bytes) else None
        return Node("constant", size=len(text or b""), position=position, text=shown)
    if number == _IDENTIFIER:
        return Node("identifier", _one(body, 1).decode(), position=position)
    if number == _SELECT:
        fields = dict(_fields(body))
        kind = "test" if fields.get(3) else "select"
        return Node(kind, fields[2].decode(), (_node(fields.get(1, b""), positions),), position=position)
    if number == _CALL:
        return _call(body, positions, position)
    if number == _LIST:
        parts = tuple(_node(value, positions) for field, value in _fields(body) if field == 1)
        return Node("list", parts=parts, position=position)
    if number == _STRUCT:
        entries = [value for field, value in _fields(body) if field == 2]
        inside = [value for entry in entries for field, value in _fields(entry) if field in (3, 4)]
        return Node("map", parts=tuple(_node(value, positions) for value in inside), position=position)
    return _comprehension(body, positions, position)


def _call(body: bytes, positions: dict[int, int], position: int) -> Node:
    target, name, arguments = None, "", []
    for field, value in _fields(body):
        if field == 1:
            target = _node(value, positions)
        elif field == 2:
            name = value.decode()
        elif field == 3:
            arguments.append(_node(value, positions))
    parts = (*((target,) if target else ()), *arguments)
    return Node("call", name, parts, position=position, has_target=target is not None)


def _comprehension(body: bytes, positions: dict[int, int], position: int) -> Node:
    fields = dict(_fields(body))
    parts = tuple(_node(fields.get(number, b""), positions) for number in (2, 4, 5, 6, 7))
    variables = tuple(fields[number].decode() for number in (1, 8) if number in fields)
    return Node("comprehension", fields.get(3, b"").decode(), parts, variables=variables, position=position)

"""Which fields a rule may name: the schema's, and nothing else. A rule that names another refuses its definition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dokaseca.dock.cel.syntax import Node
from dokaseca.dock.crds import views

Known = dict[str, dict[str, Any]]


def undefined_fields(tree: Node, known: Known) -> list[tuple[int, str]]:
    """Fields that `tree` reads and that no schema declares.

    Args:
        known: the schemas of variables; whatever is not known may have any field.

    Returns:
        (position, name) in order of appearance.
    """
    found: list[tuple[int, str]] = []
    _walk(tree, known, found)
    return sorted(found)


def describe(expression: str, fields: list[tuple[int, str]]) -> str:
    """The compiler's words for undefined fields: each with its line, and a mark below the place."""
    return "\n".join(_one(expression, position, f"undefined field '{name}'") for position, name in fields)


def _one(expression: str, position: int, what: str) -> str:
    before = expression[: max(position, 0)]
    line, column = before.count("\n"), len(before) - (before.rfind("\n") + 1)
    text = expression.split("\n")[line]
    return f"ERROR: <input>:{line + 1}:{column + 1}: {what}\n | {text}\n | {'.' * column}^"


def _walk(node: Node, known: Known, found: list[tuple[int, str]]) -> dict[str, Any] | None:
    """The schema of what `node` stands for, None where that is not known."""
    if node.kind == "identifier":
        return known.get(node.name)
    if node.kind in ("select", "test"):
        of = _walk(node.parts[0], known, found)
        below = None if of is None else _field(of, node, found)
        return below if node.kind == "select" else None
    if node.kind == "comprehension":
        return _loop(node, known, found)
    parts = [_walk(part, known, found) for part in node.parts]
    if node.kind == "call" and node.name == "_[_]":
        return _element(parts[0])
    return None


def _field(schema: dict[str, Any], node: Node, found: list[tuple[int, str]]) -> dict[str, Any] | None:
    if schema.get("x-kubernetes-preserve-unknown-fields") or schema.get("x-kubernetes-int-or-string"):
        return None
    additional = schema.get("additionalProperties")
    if isinstance(additional, dict):
        return additional
    if schema.get("type") != "object":
        return None
    for name, below in (schema.get("properties") or {}).items():
        if views.escaped_or_none(name) == node.name or name == node.name:
            return _whole(below)
    found.append((node.position, node.name))
    return None


def _whole(schema: dict[str, Any]) -> dict[str, Any]:
    return views.with_meta(schema) if schema.get("x-kubernetes-embedded-resource") else schema


def _element(schema: dict[str, Any] | None) -> dict[str, Any] | None:
    below = None if schema is None else schema.get("items") or schema.get("additionalProperties")
    return _whole(below) if isinstance(below, dict) else None


def _loop(node: Node, known: Known, found: list[tuple[int, str]]) -> dict[str, Any] | None:
    source, initial, *rest = node.parts
    over = _walk(source, known, found)
    _walk(initial, known, found)
    inside = {name: schema for name, schema in known.items() if name not in node.variables and name != node.name}
    inside.update(_bound(node.variables, over))
    for part in rest:
        _walk(part, inside, found)
    return None


def _bound(variables: tuple[str, ...], over: dict[str, Any] | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """What loop variables stand for: over a list the element, over a map the key, or key and element."""
    element = _element(over)
    if over is None or element is None:
        return
    if len(variables) == 2 or over.get("items"):
        yield variables[-1], element

"""Fields and operands that cannot be, given the schemas of what an expression reads (cel-go's checker, in part).

Schemas are OpenAPI's; `$ref` is followed, so that the components of a real server can be used as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from dokaseca.dock.cel import syntax
from dokaseca.dock.cel.syntax import Node

Schema = Mapping[str, Any]
Resolve = Callable[[str], Schema | None]

_SCALARS: Final = {"string": "string", "integer": "int", "number": "double", "boolean": "bool"}
_COMPARING: Final = frozenset({"_<_", "_<=_", "_>_", "_>=_", "_==_", "_!=_", "_+_", "_-_", "_*_", "_/_", "_%_"})
_JUDGING: Final = frozenset({"_<_", "_<=_", "_>_", "_>=_", "_==_", "_!=_", "_&&_", "_||_", "!_", "@in"})
_ESCAPED: Final = (("__dot__", "."), ("__dash__", "-"), ("__slash__", "/"), ("__underscores__", "__"))


@dataclass
class Checker:
    """Checks expressions against the schemas of their variables.

    Args:
        known: schema by variable; what is not known may have any field.
        resolve: the schema that a `$ref` names.
    """

    known: dict[str, Schema]
    resolve: Resolve
    _found: list[tuple[int, str]] = field(default_factory=list)

    def problems(self, expression: str, tree: Node) -> str:
        """What is wrong with an expression, in the compiler's words; empty for nothing."""
        self._found = []
        self._walk(tree, self.known)
        return "\n".join(syntax.describe(expression, position, what) for position, what in sorted(set(self._found)))

    def type_of(self, tree: Node) -> Schema | None:
        """The schema of what an expression evaluates to, None where that is not known."""
        return self._walk(tree, self.known)

    def _walk(self, node: Node, known: dict[str, Schema]) -> Schema | None:
        if node.kind == "identifier":
            return self._whole(known.get(node.name))
        if node.kind == "constant":
            return {"type": "string"} if node.text is not None else None
        if node.kind in ("select", "test"):
            of = self._walk(node.parts[0], known)
            below = None if of is None else self._field(of, node)
            return below if node.kind == "select" else {"type": "boolean"}
        if node.kind == "comprehension":
            return self._loop(node, known)
        parts = [self._walk(part, known) for part in node.parts]
        return self._call(node, parts) if node.kind == "call" else None

    def _call(self, node: Node, parts: list[Schema | None]) -> Schema | None:
        if node.name == "_[_]":
            return self._element(parts[0])
        if node.name in _COMPARING and len(parts) == 2:
            kinds = [_kind(part) for part in parts]
            if all(kinds) and kinds[0] != kinds[1]:
                what = f"found no matching overload for '{node.name}' applied to '({kinds[0]}, {kinds[1]})'"
                self._found.append((node.position, what))
        if node.name in _JUDGING:
            return {"type": "boolean"}
        if node.name == "size":
            return {"type": "integer"}
        return None

    def _field(self, schema: Schema, node: Node) -> Schema | None:
        if schema.get("x-kubernetes-preserve-unknown-fields") or schema.get("x-kubernetes-int-or-string"):
            return None
        properties, additional = schema.get("properties"), schema.get("additionalProperties")
        for name in (node.name, _unescaped(node.name)):
            if properties and name in properties:
                return self._whole(properties[name])
        if isinstance(additional, Mapping):
            return self._whole(additional)
        if not properties and schema.get("type") not in _SCALARS:
            return None
        kind = _kind(schema)
        what = f"type '{kind}' does not support field selection" if kind else f"undefined field '{node.name}'"
        self._found.append((node.position, what))
        return None

    def _element(self, schema: Schema | None) -> Schema | None:
        below = None if schema is None else schema.get("items") or schema.get("additionalProperties")
        return self._whole(below) if isinstance(below, Mapping) else None

    def _loop(self, node: Node, known: dict[str, Schema]) -> Schema | None:
        source, initial, *rest = node.parts
        over = self._walk(source, known)
        self._walk(initial, known)
        hidden = {*node.variables, node.name}
        inside = {name: schema for name, schema in known.items() if name not in hidden}
        element = self._element(over)
        if over is not None and element is not None and (len(node.variables) == 2 or over.get("items")):
            inside[node.variables[-1]] = element
        for part in rest:
            self._walk(part, inside)
        return None

    def _whole(self, schema: Schema | None) -> Schema | None:
        """A schema with its reference followed; None for what may be anything."""
        if schema is None:
            return None
        reference = schema.get("$ref") or next((one["$ref"] for one in schema.get("allOf") or () if "$ref" in one), "")
        found = self.resolve(str(reference)) if reference else schema
        return found or None


def _kind(schema: Schema | None) -> str:
    """The name of a scalar's type, empty for what is none or may be several."""
    if schema is None or schema.get("x-kubernetes-int-or-string"):
        return ""
    if schema.get("format") in ("date-time", "int-or-string", "byte", "duration", "quantity"):
        return ""
    return _SCALARS.get(schema.get("type") or "", "")


def _unescaped(name: str) -> str:
    if len(name) > 4 and name.startswith("__") and name.endswith("__"):
        return name[2:-2]
    for escaped, sign in _ESCAPED:
        name = name.replace(escaped, sign)
    return name

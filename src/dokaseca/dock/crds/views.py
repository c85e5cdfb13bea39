"""Custom values as rules see them: apiserver/pkg/cel/{escaping.go,common/values.go}."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Final

_RESERVED: Final = frozenset(
    {"true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
     "let", "loop", "package", "namespace", "return", "var", "void", "while"}
)  # fmt: skip
_SIGNS: Final = {"__": "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__"}
_META: Final[dict[str, Any]] = {
    "apiVersion": {"type": "string"},
    "kind": {"type": "string"},
    "metadata": {
        "type": "object",
        "properties": {"name": {"type": "string"}, "generateName": {"type": "string"}},
    },
}


def escaped_or_none(name: str) -> str | None:
    """A property's name as an identifier; None for names that rules cannot reach."""
    if name in _RESERVED:
        return f"__{name}__"
    found = re.sub(r"__|[.\-/]", lambda match: _SIGNS[match[0]], name)
    return found if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", found) else None


def with_meta(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a whole object: what every object has, and of its metadata only the name."""
    return {**schema, "properties": {**(schema.get("properties") or {}), **_META}}


def needs_view(schema: dict[str, Any]) -> bool:
    """Whether a value of this schema looks different to rules than it is stored."""
    if schema.get("type") == "number" or schema.get("format") == "byte":
        return True
    properties = schema.get("properties") or {}
    if any(escaped_or_none(name) != name for name in properties):
        return True
    below = [*properties.values(), schema.get("items"), schema.get("additionalProperties")]
    return any(isinstance(one, dict) and needs_view(one) for one in below)


def view(value: Any, schema: dict[str, Any]) -> Any:
    """A copy of `value`: names escaped, numbers as floats, bytes decoded, nulls that may not be left out."""
    kind = schema.get("type")
    if isinstance(value, dict):
        properties, additional = schema.get("properties") or {}, schema.get("additionalProperties")
        found = {}
        for key, item in value.items():
            below = properties.get(key)
            if below is not None:
                name = escaped_or_none(key)
                if name is not None and (item is not None or below.get("nullable")):
                    found[name] = view(item, below)
            else:
                found[key] = view(item, additional) if isinstance(additional, dict) else item
        return found
    if isinstance(value, list):
        items = schema.get("items")
        return [view(item, items) for item in value] if isinstance(items, dict) else value
    if kind == "number" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if schema.get("format") == "byte" and isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return value
    return value

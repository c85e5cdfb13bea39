"""encoding/json's writer: sorted keys, integral floats without a point, `<`, `>` and `&` escaped."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from dokaseca.generate.templates.gotemplate import floats, layouts, octets, values
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.times import Time

_HTML: Final = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
_LONE: Final = re.compile("[\ud800-\udfff]")  # bytes that belong to no character
_BREAKS: Final = str.maketrans({"\u2028": "\\u2028", "\u2029": "\\u2029"})


def dumps(value: Any, *, indent: int = 0, escape_html: bool = True) -> str:
    """The JSON text of a value; weigh it first.

    Raises:
        CallError: JSON has no such value.
    """
    return _Writer(indent, escape_html).text(plain(value), 0)


def plain(value: Any) -> Any:
    """The value with structs as maps or texts, and nil lists and maps as None.

    Raises:
        CallError: JSON has no such value.
    """
    if values.is_nil(value):
        return None
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, Time):
        return layouts.rfc3339(value)
    if isinstance(value, values.Struct):
        return value.go_string() if isinstance(value, values.Stringer) else plain(dict(value.go_fields()))
    if isinstance(value, complex):
        raise CallError("json: unsupported type: complex128")
    return value


class _Writer:
    def __init__(self, indent: int, escape_html: bool) -> None:
        self._indent = indent
        self._escape_html = escape_html

    def text(self, value: Any, depth: int) -> str:
        """One value."""
        if isinstance(value, str):
            return self._string(value)
        if value is None:
            return "null"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float):
            return number(value)
        if isinstance(value, dict):
            colon = ": " if self._indent else ":"
            pairs = [f"{self._string(key)}{colon}{self.text(value[key], depth + 1)}" for key in sorted(value)]
            return self._bracketed("{", pairs, "}", depth)
        if isinstance(value, list):
            return self._bracketed("[", [self.text(item, depth + 1) for item in value], "]", depth)
        return str(int(value))

    def _string(self, value: str) -> str:
        text = json.dumps(octets.joined(value), ensure_ascii=False).translate(_BREAKS)
        text = text if text.isascii() else _LONE.sub("\\\\ufffd", text)
        return text.translate(_HTML) if self._escape_html else text

    def _bracketed(self, opening: str, parts: list[str], closing: str, depth: int) -> str:
        if not self._indent or not parts:
            return opening + ",".join(parts) + closing
        pad = "\n" + " " * self._indent * (depth + 1)
        return opening + pad + f",{pad}".join(parts) + "\n" + " " * self._indent * depth + closing


def number(value: float) -> str:
    """A float64 as JSON.

    Raises:
        CallError: it is no finite number.
    """
    if value != value or value in (float("inf"), float("-inf")):
        raise CallError(f"json: unsupported value: {floats.text(value)}")
    small = value != 0 and (abs(value) < 1e-6 or abs(value) >= 1e21)
    return floats.text(value, "e" if small else "f").replace("e-0", "e-")

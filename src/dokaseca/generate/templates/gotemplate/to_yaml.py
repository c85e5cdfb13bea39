"""`toYaml` as sigs.k8s.io/yaml writes it: sorted keys, lists level with their key, quotes only where needed."""

from __future__ import annotations

import re
from typing import Any, Final

from dokaseca.generate.templates.gotemplate import floats, json_out, octets, quoting
from dokaseca.generate.templates.gotemplate.errors import CallError

_DEPTH: Final = 100  # as deep as yaml_in reads
_PLAIN: Final = re.compile(
    r"[^\s\-?:,\[\]{}#&*!|>'\"%@`~=<](?:[^\n\x00-\x1f\x7f\u2028\u2029\ufeff]*[^\s:])?\Z|[-?:](?=[^\s])[^\n\x00-\x1f]*[^\s:]\Z"
)
_BREAKS_PLAIN: Final = re.compile(r": | #|\t")
_NOT_STRING: Final = re.compile(
    r"""(?x)(?i:~|null|true|false|y|n|yes|no|on|off|\.nan|[-+]?\.inf|<<|=|---|\.\.\.)\Z
    | [-+]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|[0-9][0-9_]*)\Z
    | [-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?\Z
    | [-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z
    | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt\ ].*)?\Z"""
)


def dumps(value: Any) -> str:
    """The YAML text of a value, without the last newline; weigh it first.

    Raises:
        CallError: nested too deep, or JSON has no such value.
    """
    value = json_out.plain(value)
    return "\n".join(_lines(value, 0)) if isinstance(value, dict | list) and value else _scalar(value, 0)


def _lines(value: Any, depth: int) -> list[str]:
    """A non-empty map or list as lines without indentation."""
    if depth > _DEPTH:
        raise CallError(f"value is nested deeper than {_DEPTH}")
    out: list[str] = []
    if isinstance(value, dict):
        for key in sorted(value):
            _append_pair(out, _scalar(key, 0), value[key], depth)
        return out
    for item in value:
        if isinstance(item, dict | list) and item:
            first, *others = _lines(item, depth + 1)
            out.append(f"- {first}")
            out.extend(f"  {line}" if line else "" for line in others)
        else:
            out.extend(_indented(f"- {_scalar(item, 2)}"))
    return out


def _append_pair(out: list[str], key: str, value: Any, depth: int) -> None:
    if isinstance(value, dict) and value:
        out.append(f"{key}:")
        out.extend(f"  {line}" if line else "" for line in _lines(value, depth + 1))
    elif isinstance(value, list) and value:
        out.append(f"{key}:")
        out.extend(_lines(value, depth + 1))
    else:
        out.extend(_indented(f"{key}: {_scalar(value, 2)}"))


def _indented(text: str) -> list[str]:
    return text.split("\n")


def _scalar(value: Any, indent: int) -> str:
    if isinstance(value, str):
        return _string(octets.clean(value), indent)
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list):
        return "[]"
    if value is None:
        return "null"
    if isinstance(value, float):
        json_out.number(value)  # refuses what JSON cannot hold
        return floats.text(value, "f" if value.is_integer() and abs(value) < 1e21 else "g")
    return str(value).lower() if isinstance(value, bool) else str(int(value))


def _string(text: str, indent: int) -> str:
    if "\n" in text and indent and _fits_block(text):
        return _block(text, indent)
    if not text or _NOT_STRING.match(text):
        return quoting.quote(text)
    if _PLAIN.match(text) and not _BREAKS_PLAIN.search(text):
        return text
    if "\n" in text or not text.isprintable():
        return quoting.quote(text).replace("\\x7f", "\\x7F")
    return "'" + text.replace("'", "''") + "'"


def _fits_block(text: str) -> bool:
    body = text.strip("\n")
    if not body or body != body.lstrip(" \t") or text.startswith("\n"):
        return False
    return all(
        line.isprintable() or ("\t" in line and line.replace("\t", "").isprintable()) for line in text.split("\n")
    )


def _block(text: str, indent: int) -> str:
    body = text.rstrip("\n")
    tail = len(text) - len(body)
    header = "|-" if tail == 0 else "|" if tail == 1 else "|+"
    pad = " " * indent
    lines = [f"{pad}{line}" if line else "" for line in body.split("\n")]
    return "\n".join([header, *lines, *([""] * (tail - 1))])

"""Globs as Argo CD's projects and Go's path package read them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

from dokaseca.kit import regex

CHARACTERS = 2_000  # of a pattern
PATTERNS_KEPT = 4096  # compiled patterns in memory: the patterns of all projects of a large platform


def matches(pattern: str, text: str, *, separator: str = "") -> bool:
    """Whether `pattern` covers all of `text`: `*`, `?`, `[a-z]`, `{a,b}`; a pattern that is none covers only itself.

    The time is linear in the length of `text`, whatever the pattern.

    Args:
        separator: `*` and `?` stop at this character, `**` does not; empty: they match everything.
    """
    compiled = _compiled_or_none(pattern, separator) if len(pattern) <= CHARACTERS else None
    return compiled.fullmatch(text) is not None if compiled is not None else pattern == text


def is_valid(pattern: str) -> bool:
    """Whether the pattern is one; another covers only itself."""
    return len(pattern) <= CHARACTERS and _compiled_or_none(pattern, "") is not None


@lru_cache(maxsize=PATTERNS_KEPT)
def _compiled_or_none(pattern: str, separator: str) -> Any:
    expression = _expression_or_none(pattern, separator)
    if expression is None:
        return None
    try:
        return regex.compiled(expression, dot_matches_newline=True)
    except ValueError:
        return None


def _expression_or_none(pattern: str, separator: str) -> str | None:
    anything = f"[^{re2.escape(separator)}]" if separator else "."
    position, parts, depth = 0, [], 0
    while position < len(pattern):
        char = pattern[position]
        position += 1
        if char == "*":
            crosses = pattern.startswith("*", position)
            while pattern.startswith("*", position):
                position += 1
            parts.append(".*" if crosses else f"{anything}*")
        elif char == "?":
            parts.append(anything)
        elif char == "[":
            end = pattern.find("]", position + 1)
            if end < 0:
                return None
            parts.append(_class(pattern[position:end]))
            position = end + 1
        elif char in "{}," and (depth or char == "{"):
            depth += {"{": 1, "}": -1, ",": 0}[char]
            parts.append({"{": "(?:", "}": ")", ",": "|"}[char])
        elif char == "\\":
            if position == len(pattern):
                return None
            parts.append(re2.escape(pattern[position]))
            position += 1
        else:
            parts.append(re2.escape(char))
    return "".join(parts) if not depth else None


def _class(inner: str) -> str:
    """`[...]`: a leading `!` or `^` negates, `-` makes ranges, everything else is itself."""
    negated = inner[0] in "!^" and len(inner) > 1
    members = "".join(char if char == "-" else str(re2.escape(char)) for char in inner[negated:])
    return f"[{'^' if negated else ''}{members}]"

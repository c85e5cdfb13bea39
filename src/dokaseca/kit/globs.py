"""Globs as Argo CD's projects and Go's path package read them."""

from __future__ import annotations

import re
from functools import lru_cache

PATTERNS_KEPT = 4096  # compiled patterns in memory: the patterns of all projects of a large platform


def matches(pattern: str, text: str, *, separator: str = "") -> bool:
    """Whether `pattern` covers all of `text`: `*`, `?`, `[a-z]`, `{a,b}`.

    Args:
        separator: `*` and `?` stop at this character, `**` does not; empty: they match everything.
    """
    return _compiled(pattern, separator).fullmatch(text) is not None


@lru_cache(maxsize=PATTERNS_KEPT)
def _compiled(pattern: str, separator: str) -> re.Pattern[str]:
    anything = f"[^{re.escape(separator)}]" if separator else "."
    position, parts, depth = 0, [], 0
    while position < len(pattern):
        char = pattern[position]
        if pattern.startswith("**", position):
            parts.append(".*")
            position += 1
        elif char == "*":
            parts.append(f"{anything}*")
        elif char == "?":
            parts.append(anything)
        elif char == "[" and (end := pattern.find("]", position + 2)) > 0:
            inner = pattern[position + 1 : end].replace("\\", "\\\\")
            parts.append("[" + ("^" + inner[1:] if inner[0] in "!^" else inner) + "]")
            position = end
        elif char == "{":
            parts.append("(?:")
            depth += 1
        elif char == "}" and depth:
            parts.append(")")
            depth -= 1
        elif char == "," and depth:
            parts.append("|")
        elif char == "\\" and position + 1 < len(pattern):
            position += 1
            parts.append(re.escape(pattern[position]))
        else:
            parts.append(re.escape(char))
        position += 1
    try:
        return re.compile("".join(parts) + ")" * depth, re.DOTALL)
    except re.error:
        return re.compile(re.escape(pattern))

"""The engine of `goTemplate: false`: `{{ key }}` stands for a string parameter, everything else stays as written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

Renderer = Callable[[Mapping[str, Any]], str]

_TEMPLATED = re.compile(r"\{\{[^\n]*\}\}")  # Argo CD looks for `.*{{.*}}.*`: both delimiters on one line
_CACHED_TEMPLATES = 8192  # distinct strings of a few hundred ApplicationSets


@lru_cache(maxsize=_CACHED_TEMPLATES)
def compile_text(text: str) -> Renderer | None:
    """A function from flat parameters to the rendered text; None when `text` holds nothing to replace.

    A tag is replaced only if its trimmed text is a parameter whose value is a string; any other tag stays as it is,
    blanks included. A delimiter that is never closed is text. There are no errors (valyala/fasttemplate as Argo CD
    uses it).
    """
    if not _TEMPLATED.search(text):
        return None
    pieces = _pieces(text)

    def render(params: Mapping[str, Any]) -> str:
        out = []
        for literal, tag, key in pieces:
            out.append(literal)
            if tag is not None:
                value = params.get(key) if key else None
                out.append(value if isinstance(value, str) else tag)
        return "".join(out)

    return render


def _pieces(text: str) -> list[tuple[str, str | None, str]]:
    """(literal before the tag, the tag as written or None, its trimmed key), in order."""
    pieces: list[tuple[str, str | None, str]] = []
    at = 0
    while True:
        start = text.find("{{", at)
        end = text.find("}}", start + 2) if start >= 0 else -1
        if end < 0:
            pieces.append((text[at:], None, ""))
            return pieces
        pieces.append((text[at:start], text[start : end + 2], text[start + 2 : end].strip()))
        at = end + 2

"""The engine of `goTemplate: false`: `{{ key }}` stands for a string parameter, everything else stays as written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias

from dokaseca.generate.templates.gotemplate import quoting
from dokaseca.generate.templates.gotemplate.sprig import cases
from dokaseca.kit import bounds
from dokaseca.model.errors import UserError

Renderer = Callable[[Mapping[str, Any]], str]
_Piece: TypeAlias = tuple[str, str, str]  # text before a tag, the tag as it is written, its key

_CACHED_TEMPLATES: Final = 8192  # distinct strings of a few hundred ApplicationSets
_CACHED_CHARACTERS: Final = 16 * 1024  # a longer template is taken apart each time: the cache stays small
_SHOWN: Final = 120  # characters of a template that an error message may quote


def compile_text(text: str) -> Renderer | None:
    """A function from flat parameters to the rendered text; None when `text` holds nothing to replace.

    A tag is replaced only if its trimmed text is a parameter whose value is a string; any other tag stays as it is,
    blanks included (valyala/fasttemplate as Argo CD uses it). Only a text with both delimiters on one line is a
    template.

    Raises:
        UserError: reason TemplateParseError: a template with a delimiter that is never closed.
    """
    if "{{" not in text:
        return None
    return _cached(text) if len(text) <= _CACHED_CHARACTERS else _compile(text)


@lru_cache(maxsize=_CACHED_TEMPLATES)
def _cached(text: str) -> Renderer | None:
    return _compile(text)


def _compile(text: str) -> Renderer | None:
    if not any(_is_templated(line) for line in text.split("\n")):
        return None
    pieces, end = _taken_apart(text)

    def render(params: Mapping[str, Any]) -> str:
        out = []
        for literal, tag, key in pieces:
            value = params.get(key) if key else None
            out.append(literal)
            out.append(value if isinstance(value, str) else tag)
        out.append(end)
        if sum(map(len, out)) > bounds.TEMPLATE_OUTPUT_BYTES:
            raise _error(text, f"the output is larger than {bounds.TEMPLATE_OUTPUT_BYTES} bytes", "TemplateError")
        return "".join(out)

    return render


def _is_templated(line: str) -> bool:
    """Whether `.*{{.*}}.*` matches, in linear time."""
    start = line.find("{{")
    return start >= 0 and line.find("}}", start + 2) >= 0


def _taken_apart(text: str) -> tuple[list[_Piece], str]:
    """The tags in order, and the text after the last one."""
    pieces: list[_Piece] = []
    at = 0
    while (start := text.find("{{", at)) >= 0:
        end = text.find("}}", start + 2)
        if end < 0:
            raise _error(text, f'no "}}}}" ends the tag that starts with {_quoted(text[start:])}', "TemplateParseError")
        pieces.append((text[at:start], text[start : end + 2], text[start + 2 : end].strip(cases.BLANKS)))
        at = end + 2
    return pieces, text[at:]


def _error(text: str, problem: str, reason: str) -> UserError:
    return UserError(f"invalid template {_quoted(text)}: {problem}", reason=reason)


def _quoted(text: str) -> str:
    return quoting.quote(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")

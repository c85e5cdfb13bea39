"""Sprig: regular expressions, with RE2 itself (linear time, Go's syntax)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import re2

from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import Function, fn
from dokaseca.generate.templates.gotemplate.sprig import convert
from dokaseca.kit import bounds

_REFERENCE: Final = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))")
_META: Final = frozenset("\\.+*?()|[]{}^$")
_PATTERN_LIMIT: Final = 10_000  # characters; RE2's memory grows with the pattern


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Any:
    if len(pattern) > _PATTERN_LIMIT:
        raise CallError(f"error parsing regexp: longer than {_PATTERN_LIMIT} characters")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 16 * 1024 * 1024
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        detail = error.args[0] if error.args else ""
        detail = detail.decode(errors="replace") if isinstance(detail, bytes) else str(detail)
        raise CallError(f"error parsing regexp: {detail}: `{pattern}`") from error


def _matches(pattern: str, text: str) -> Iterator[Any]:
    """All matches as Go finds them: an empty match that touches the match before it does not count."""
    previous_end = -1
    for match in _compiled(pattern).finditer(text):
        if not (match.start() == match.end() == previous_end):
            yield match
        previous_end = match.end()


def _match(pattern: str, text: str) -> bool:
    return _compiled(pattern).search(text) is not None


def _match_or_false(pattern: str, text: str) -> bool:
    """The one function of these that takes a broken pattern for "no"."""
    try:
        return _match(pattern, text)
    except CallError:
        return False


def _find_all(pattern: str, text: str, count: int) -> list[Any]:
    found: list[Any] = []
    for match in _matches(pattern, text):
        if 0 <= count <= len(found):
            break
        found.append(match.group())
    return found


def _find(pattern: str, text: str) -> str:
    match = _compiled(pattern).search(text)
    return str(match.group()) if match else ""


def _replaced(pattern: str, text: str, expansion: Any) -> str:
    out: list[str] = []
    at = size = 0
    for match in _matches(pattern, text):
        piece = text[at : match.start()] + expansion(match)
        size += len(piece)
        convert.checked_count(size, bounds.TEMPLATE_OUTPUT_BYTES, "the text")
        out.append(piece)
        at = match.end()
    return "".join([*out, text[at:]])


def _replace(pattern: str, text: str, replacement: str) -> str:
    return _replaced(pattern, text, lambda match: _REFERENCE.sub(lambda name: _group(match, name), replacement))


def _group(match: Any, reference: re.Match[str]) -> str:
    name = reference.group(1) or reference.group(2)
    if name is None:
        return "$"
    try:
        return match.group(int(name[:6]) if name.isdecimal() else name) or ""
    except (IndexError, KeyError):
        return ""


def _split(pattern: str, text: str, count: int) -> list[Any]:
    if count == 0:
        return []
    if pattern and not text:
        return [""]
    parts: list[Any] = []
    begin = end = 0
    for match in _matches(pattern, text):
        if 0 < count == len(parts) + 1:
            break
        end = match.start()
        if match.end():
            parts.append(text[begin:end])
        begin = match.end()
    if end != len(text):
        parts.append(text[begin:])
    return parts


def _quote(text: str) -> str:
    return "".join("\\" + c if c in _META else c for c in text)


def _both(name: str, function: Function) -> dict[str, Function]:
    return {name: function, f"must{name[0].upper()}{name[1:]}": function}


FUNCTIONS: Final[dict[str, Function]] = {
    "regexMatch": fn("ss", _match_or_false),
    "mustRegexMatch": fn("ss", _match),
    **_both("regexFindAll", fn("ssi", _find_all)),
    **_both("regexFind", fn("ss", _find)),
    **_both("regexReplaceAll", fn("sss", _replace)),
    **_both("regexReplaceAllLiteral", fn("sss", lambda pattern, text, new: _replaced(pattern, text, lambda _: new))),
    **_both("regexSplit", fn("ssi", _split)),
    "regexQuoteMeta": fn("s", _quote),
}

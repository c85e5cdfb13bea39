"""Sprig: regular expressions, with RE2 itself (linear time, Go's syntax)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final

import re2

from dokaseca.generate.templates.gotemplate import octets, quoting
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import Function, Traits, fn
from dokaseca.generate.templates.gotemplate.run import Run
from dokaseca.generate.templates.gotemplate.sprig import convert
from dokaseca.generate.templates.gotemplate.values import NilStrings, Strings
from dokaseca.kit import bounds

_SINGLE_BYTE: Final = re.compile(r"(?<!\\)(?:\\\\)*\\C")
_REFERENCE: Final = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))")
_META: Final = re.compile(r"[\\.+*?()|\[\]{}^$]")
_PATTERN_LIMIT: Final = 10_000  # characters; RE2's memory grows with the pattern
_MEMORY: Final = 16 * 1024 * 1024
_WORK_SHIFT: Final = 14  # one step for so many (a power of two) bytes times instructions
_TAKES_RUN: Final = Traits(takes_run=True)
_COMPLAINTS: Final = (  # how RE2 and Go say the same
    ("missing ]", "missing closing ]"),
    ("missing )", "missing closing )"),
    ("unexpected )", "unexpected )"),
    ("trailing \\", "trailing backslash at end of expression"),
    ("no argument for repetition operator", "missing argument to repetition operator"),
    ("bad repetition operator", "invalid nested repetition operator"),
    ("invalid character class range", "invalid character class range"),
    ("invalid repetition size", "invalid repeat count"),
    ("invalid escape sequence", "invalid escape sequence"),
    ("invalid named capture group", "invalid named capture"),
    ("invalid perl operator", "invalid or unsupported Perl syntax"),
)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Any:
    if len(pattern) > _PATTERN_LIMIT:
        raise CallError(f"error parsing regexp: longer than {_PATTERN_LIMIT} characters")
    if octets.clean(pattern) != pattern:
        raise CallError(f"error parsing regexp: invalid UTF-8: `{pattern}`")
    if _SINGLE_BYTE.search(pattern):  # RE2 knows it, Go does not
        raise CallError("error parsing regexp: invalid escape sequence: `\\C`")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        detail = error.args[0] if error.args else ""
        detail = detail.decode(errors="replace") if isinstance(detail, bytes) else str(detail)
        raise CallError(f"error parsing regexp: {_complaint(detail, pattern)}") from error


def _complaint(detail: str, pattern: str) -> str:
    """What Go says of the pattern, as far as RE2 tells."""
    for theirs, ours in _COMPLAINTS:
        if detail.startswith(theirs):
            culprit = detail[len(theirs) :].removeprefix(": ")
            return f"{ours}: `{pattern if theirs == 'missing )' or theirs == 'unexpected )' else culprit}`"
    return f"{detail}: `{pattern}`"


def _prepared(run: Run, pattern: str, text: str) -> tuple[Any, str]:
    """The pattern, and the text as RE2 reads it; pays for what matching may cost."""
    compiled = _compiled(pattern)
    run.charge(len(text) * compiled.programsize >> _WORK_SHIFT)
    return compiled, octets.clean(text)


def _matches(run: Run, pattern: str, text: str) -> Iterator[Any]:
    """All matches as Go finds them: an empty match that touches the match before it does not count."""
    compiled, cleaned = _prepared(run, pattern, text)
    previous_end = -1
    for match in compiled.finditer(cleaned):
        run.charge(1)
        if not (match.start() == match.end() == previous_end):
            yield match
        previous_end = match.end()


def _match(run: Run, pattern: str, text: str) -> bool:
    compiled, cleaned = _prepared(run, pattern, text)
    return compiled.search(cleaned) is not None


def _match_or_false(run: Run, pattern: str, text: str) -> bool:
    """The one function of these that takes a broken pattern for "no"."""
    try:
        _compiled(pattern)
    except CallError:
        return False
    return _match(run, pattern, text)


def _find_all(run: Run, pattern: str, text: str, count: int) -> Strings:
    found = Strings()
    for match in _matches(run, pattern, text):
        if 0 <= count <= len(found):
            break
        found.append(match.group())
    return found or NilStrings()


def _find(run: Run, pattern: str, text: str) -> str:
    compiled, cleaned = _prepared(run, pattern, text)
    match = compiled.search(cleaned)
    return str(match.group()) if match else ""


def _replaced(run: Run, pattern: str, text: str, expansion: Any) -> str:
    out: list[str] = []
    at = size = 0
    cleaned = octets.clean(text)
    for match in _matches(run, pattern, text):
        piece = cleaned[at : match.start()] + expansion(match)
        size += len(piece)
        convert.checked_count(size, bounds.TEMPLATE_OUTPUT_BYTES, "the text")
        out.append(piece)
        at = match.end()
    return "".join([*out, cleaned[at:]]) if out else text


def _replace(run: Run, pattern: str, text: str, replacement: str) -> str:
    return _replaced(run, pattern, text, lambda match: _REFERENCE.sub(lambda name: _group(match, name), replacement))


def _replace_literal(run: Run, pattern: str, text: str, replacement: str) -> str:
    return _replaced(run, pattern, text, lambda match: replacement)


def _group(match: Any, reference: re.Match[str]) -> str:
    name = reference.group(1) or reference.group(2)
    if name is None:
        return "$"
    try:
        return match.group(int(name[:6]) if name.isdecimal() else name) or ""
    except (IndexError, KeyError):
        return ""


def _split(run: Run, pattern: str, text: str, count: int) -> Strings:
    _compiled(pattern)
    if count == 0:
        return NilStrings()
    if pattern and not text:
        return Strings([""])
    cleaned = octets.clean(text)
    parts = Strings()
    begin = end = 0
    for match in _matches(run, pattern, text):
        if 0 < count == len(parts) + 1:
            break
        end = match.start()
        if match.end():
            parts.append(cleaned[begin:end])
        begin = match.end()
    if end != len(cleaned):
        parts.append(cleaned[begin:])
    return parts


def _quote(text: str) -> str:
    return _META.sub(lambda match: "\\" + match.group(), text)


def _both(name: str, letters: str, call: Callable[..., Any]) -> dict[str, Function]:
    """A function and its `must` twin; the plain one tells of a broken pattern with Go's panic."""

    def plain(run: Run, pattern: str, *rest: Any) -> Any:
        try:
            _compiled(pattern)
        except CallError as error:
            quoted = f"`{pattern}`" if quoting.may_be_raw(pattern) else quoting.quote(pattern)
            raise CallError(f"regexp: Compile({quoted}): {error.message}") from error
        return call(run, pattern, *rest)

    must = f"must{name[0].upper()}{name[1:]}"
    return {name: fn(letters, plain, _TAKES_RUN), must: fn(letters, call, _TAKES_RUN)}


FUNCTIONS: Final[dict[str, Function]] = {
    "regexMatch": fn("ss", _match_or_false, _TAKES_RUN),
    "mustRegexMatch": fn("ss", _match, _TAKES_RUN),
    **_both("regexFindAll", "ssi", _find_all),
    **_both("regexFind", "ss", _find),
    **_both("regexReplaceAll", "sss", _replace),
    **_both("regexReplaceAllLiteral", "sss", _replace_literal),
    **_both("regexSplit", "ssi", _split),
    "regexQuoteMeta": fn("s", _quote),
}

"""The three glob dialects that the git generator knows, compiled to RE2."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

import re2

from dokaseca.kit import regex
from dokaseca.model.errors import UserError

Matcher: TypeAlias = Callable[[str], bool]

_SPECIAL = re.compile(r"[*?\[\\]")
_LENGTH = 2000  # characters of a pattern


@lru_cache(maxsize=1024)
def directory(pattern: str) -> Matcher:
    """Go's path.Match: `*` and `?` stay within a segment.

    Raises:
        UserError: reason InvalidGlob.
    """
    return _matcher(pattern, any_one="[^/]", any_run=lambda doubled: "[^/]*", braces=False)


@lru_cache(maxsize=1024)
def pathspec(pattern: str) -> Matcher:
    """`git ls-files` pathspecs: `*` and `?` cross `/`; a pattern without wildcards also names all files below it.

    Raises:
        UserError: reason InvalidGlob.
    """
    if not _SPECIAL.search(pattern):
        folder = pattern.rstrip("/")
        prefix = f"{folder}/" if folder not in ("", ".") else ""
        return lambda path: path == pattern or path.startswith(prefix)
    return _matcher(pattern, any_one="(?s:.)", any_run=lambda doubled: "(?s:.*)", braces=False)


@lru_cache(maxsize=1024)
def doublestar(pattern: str) -> Matcher:
    """bmatcuk/doublestar: `*` within a segment, a segment `**` crosses any number, `{a,b}` alternatives.

    Raises:
        UserError: reason InvalidGlob.
    """
    return _matcher(pattern, any_one="[^/]", any_run=lambda doubled: "**" if doubled else "[^/]*", braces=True)


def _matcher(pattern: str, *, any_one: str, any_run: Callable[[bool], str], braces: bool) -> Matcher:
    if len(pattern) > _LENGTH:
        raise _invalid(pattern, f"it is longer than {_LENGTH} characters")
    try:
        compiled = regex.compiled(_Translation(pattern, any_one, any_run, braces).text())
    except ValueError:
        raise _invalid(pattern, "syntax error in pattern") from None
    return lambda path: compiled.fullmatch(path) is not None


def _invalid(pattern: str, problem: str) -> UserError:
    return UserError(f"glob {pattern[:80]!r}: {problem}", reason="InvalidGlob")


class _Translation:
    def __init__(self, pattern: str, any_one: str, any_run: Callable[[bool], str], braces: bool) -> None:
        self._pattern = pattern
        self._any_one = any_one
        self._any_run = any_run
        self._braces = braces
        self._at = 0
        self._depth = 0

    def text(self) -> str:
        out = []
        while self._at < len(self._pattern):
            out.append(self._next())
        if self._depth:
            raise _invalid(self._pattern, "a brace is not closed")
        return "".join(out)

    def _next(self) -> str:
        character = self._pattern[self._at]
        self._at += 1
        if character == "*":
            return self._star()
        if character == "?":
            return self._any_one
        if character == "[":
            return self._class()
        if character == "\\":
            return re2.escape(self._escaped()) if self._at < len(self._pattern) else self._trailing()
        if self._braces and character in "{},":
            return self._brace(character)
        return str(re2.escape(character))

    def _escaped(self) -> str:
        self._at += 1
        return self._pattern[self._at - 1]

    def _trailing(self) -> str:
        raise _invalid(self._pattern, "it ends with a backslash")

    def _star(self) -> str:
        start = self._at - 1
        while self._at < len(self._pattern) and self._pattern[self._at] == "*":
            self._at += 1
        doubled = self._at - start > 1
        run = self._any_run(doubled)
        if run != "**":
            return run
        opens = start == 0 or self._pattern[start - 1] in "/{,"
        closes = self._at == len(self._pattern) or self._pattern[self._at] in "/},"
        if not opens or not closes:
            return "[^/]*"
        if self._at < len(self._pattern) and self._pattern[self._at] == "/":
            self._at += 1
            return "(?:(?s:.*)/)?"
        return "(?s:.*)"

    def _brace(self, character: str) -> str:
        if character == "{":
            self._depth += 1
            return "(?:"
        if not self._depth:
            return str(re2.escape(character))
        if character == "}":
            self._depth -= 1
            return ")"
        return "|"

    def _class(self) -> str:
        negated = self._at < len(self._pattern) and self._pattern[self._at] in "^!"
        self._at += negated
        parts: list[str] = []
        while self._at < len(self._pattern) and (self._pattern[self._at] != "]" or not parts):
            low = self._member()
            high = low
            if self._pattern[self._at : self._at + 1] == "-" and self._pattern[self._at + 1 : self._at + 2] not in (
                "",
                "]",
            ):
                self._at += 1
                high = self._member()
            parts.append(f"{re2.escape(low)}-{re2.escape(high)}")
        if self._at >= len(self._pattern):
            raise _invalid(self._pattern, "a bracket is not closed")
        self._at += 1
        return f"[{'^/' if negated else ''}{''.join(parts)}]"

    def _member(self) -> str:
        if self._pattern[self._at] == "\\" and self._at + 1 < len(self._pattern):
            self._at += 1
        self._at += 1
        return self._pattern[self._at - 1]

"""Template text to tokens, as Go's text/template lexes it."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import NamedTuple

from dokaseca.generate.templates.gotemplate.errors import ParseError

LEFT, RIGHT = "{{", "}}"
_BLANKS = " \t\r\n"
_TRIM_LEFT = re.compile(r"-[ \t\r\n]")
_TRIM_RIGHT = re.compile(r"[ \t\r\n]-\}\}")
_COMMENT_END = re.compile(r"(?:[ \t\r\n]-)?\}\}")
_ACTION = re.compile(
    r"""
      (?P<space>[\ \t\r\n]+)
    | (?P<string>"(?:[^"\\\n]|\\[^\n])*")
    | (?P<raw>`[^`]*`)
    | (?P<char>'(?:[^'\\\n]|\\[^\n])+')
    | (?P<number>[+-]?(?:
          0[xX][0-9a-fA-F_]+ | 0[bB][01_]+ | 0[oO][0-7_]+
        | (?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]+)?))
    | (?P<field>\.[^\W\d]\w*)
    | (?P<dot>\.)
    | (?P<variable>\$\w*)
    | (?P<word>[^\W\d]\w*)
    | (?P<declare>:=)
    | (?P<assign>=)
    | (?P<pipe>\|)
    | (?P<open>\()
    | (?P<close>\))
    | (?P<comma>,)
    """,
    re.VERBOSE,
)


class Token(NamedTuple):
    """`kind` is `text`, `left`, `right`, `end` or a group name of the action grammar; `offset` counts characters."""

    kind: str
    text: str
    offset: int


def tokens(text: str) -> list[Token]:
    """All tokens of `text`, an `end` token last; trimmed text is already trimmed.

    Raises:
        ParseError: an action, string or comment that is not closed, or a character that no action can hold.
    """
    found = list(_tokens(text))
    found.append(Token("end", "", len(text)))
    return found


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    trim = False
    while True:
        start = text.find(LEFT, at)
        literal = text[at:] if start < 0 else text[at:start]
        if trim:
            stripped = literal.lstrip(_BLANKS)
            at += len(literal) - len(stripped)
            literal = stripped
        if start < 0:
            if literal:
                yield Token("text", literal, at)
            return
        inside = start + len(LEFT)
        if _TRIM_LEFT.match(text, inside):
            literal = literal.rstrip(_BLANKS)
            inside += 2
        if literal:
            yield Token("text", literal, at)
        if text.startswith("/*", inside):
            at, trim = _comment(text, inside, start)
            continue
        yield Token("left", LEFT, start)
        at, trim = yield from _action(text, inside, start)


def _comment(text: str, inside: int, start: int) -> tuple[int, bool]:
    """Where the text goes on after a comment, and whether to trim it."""
    end = text.find("*/", inside + 2)
    if end < 0:
        raise ParseError("unclosed comment", start)
    close = _COMMENT_END.match(text, end + 2)
    if close is None:
        raise ParseError("comment ends before closing delimiter", start)
    return close.end(), "-" in close.group()


def _action(text: str, at: int, start: int) -> Generator[Token, None, tuple[int, bool]]:
    """Tokens up to and with the right delimiter; returns (offset after it, whether to trim)."""
    depth = 0
    while True:
        trim = _TRIM_RIGHT.match(text, at)
        if trim or text.startswith(RIGHT, at):
            if depth:
                raise ParseError("unclosed left paren", at)
            end = trim.end() if trim else at + len(RIGHT)
            yield Token("right", RIGHT, at)
            return end, trim is not None
        found = _ACTION.match(text, at)
        if found is None:
            raise ParseError(_complaint(text, at), start if at >= len(text) else at)
        kind = str(found.lastgroup)
        depth += (kind == "open") - (kind == "close")
        if depth < 0:
            raise ParseError("unexpected right paren", at)
        yield Token(kind, found.group(), at)
        at = found.end()
        _require_separator(text, at, kind, found.group())


def _require_separator(text: str, at: int, kind: str, token: str) -> None:
    """Words, fields and variables end at a blank or punctuation; numbers at anything but a letter or digit."""
    if at >= len(text):
        return
    following = text[at]
    if kind in ("word", "field", "variable") and not (following in _BLANKS + ".,|:=)(}" or text.startswith(RIGHT, at)):
        raise ParseError(f"bad character {_rune(following)}", at)
    if kind == "number" and (following.isalnum() or following == "_"):
        raise ParseError(f'bad number syntax: "{token}{following}"', at)


def _complaint(text: str, at: int) -> str:
    if at >= len(text):
        return "unclosed action"
    quote = text[at]
    if quote == '"':
        return "unterminated quoted string"
    if quote == "`":
        return "unterminated raw quoted string"
    if quote == "'":
        return "unterminated character constant"
    if quote == ":":
        return "expected :="
    return (
        f"unexpected {_rune(quote)} in command"
        if quote in "{}"
        else f"unrecognized character in action: {_rune(quote)}"
    )


def _rune(character: str) -> str:
    return f"U+{ord(character):04X} '{character}'"

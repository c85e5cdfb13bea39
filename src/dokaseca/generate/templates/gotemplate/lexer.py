"""Template text to tokens, as Go's text/template lexes it."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import Final, NamedTuple

LEFT: Final = "{{"
RIGHT: Final = "}}"
KEYWORDS: Final = frozenset(
    {"block", "break", "continue", "define", "else", "end", "if", "nil", "range", "template", "with"}
)
_BLANKS: Final = " \t\r\n"
_TRIM_LEFT: Final = re.compile(r"-[ \t\r\n]")
_TRIM_RIGHT: Final = re.compile(r"[ \t\r\n]-\}\}")
_SPACE: Final = re.compile(r"[ \t\r\n]+")
_QUOTED: Final = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"')
_RAW: Final = re.compile(r"`[^`]*`")
_CHARACTER: Final = re.compile(r"'(?:[^'\\\n]|\\[^\n])*'")
_ASCII_WORD: Final = re.compile(r"[A-Za-z0-9_]*")
_NUMBER: Final = re.compile(
    r"[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?"
    r"|0[bB][01_]*(?:\.[01_]*)?|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?"
)
_SIMPLE: Final = {"|": "pipe", "(": "lparen", ")": "rparen", "=": "assign"}


class Token(NamedTuple):
    """One token; `offset` counts characters.

    `kind` is text, left, right, space, string, raw, char_constant, number, complex, field, dot, variable, identifier,
    keyword, bool, declare, a name of `_SIMPLE`, char (any other printable ASCII), eof, or error: `text` is then the
    message.
    """

    kind: str
    text: str
    offset: int


def tokens(text: str) -> Iterator[Token]:
    """The tokens of `text`, already trimmed; the last one is `eof` or `error`."""
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
            yield Token("eof", "", len(text))
            return
        inside = start + len(LEFT)
        if _TRIM_LEFT.match(text, inside):
            literal = literal.rstrip(_BLANKS)
            inside += 2
        if literal:
            yield Token("text", literal, at)
        if text.startswith("/*", inside):
            end, trim, problem = _comment(text, inside)
            if problem:
                yield Token("error", problem, inside)
                return
            at = end
            continue
        yield Token("left", LEFT, start)
        end, trim = yield from _action(text, inside)
        if end < 0:
            return
        at = end


def _comment(text: str, inside: int) -> tuple[int, bool, str]:
    """(where the text goes on, whether to trim it, what is wrong)."""
    end = text.find("*/", inside + 2)
    if end < 0:
        return 0, False, "unclosed comment"
    trim = _TRIM_RIGHT.match(text, end + 2)
    if trim:
        return trim.end(), True, ""
    if text.startswith(RIGHT, end + 2):
        return end + 2 + len(RIGHT), False, ""
    return 0, False, "comment ends before closing delimiter"


def _action(text: str, at: int) -> Generator[Token, None, tuple[int, bool]]:
    """Tokens up to and with the right delimiter; returns (offset after it or -1 after an error, whether to trim)."""
    depth = 0
    while True:
        trim = _TRIM_RIGHT.match(text, at)
        if trim or text.startswith(RIGHT, at):
            if depth:
                yield Token("error", "unclosed left paren", at)
                return -1, False
            start = at + 2 if trim else at
            yield Token("right", RIGHT, start)
            return start + len(RIGHT), trim is not None
        token, at = _token(text, at)
        depth += (token.kind == "lparen") - (token.kind == "rparen")
        if depth < 0:
            token = Token("error", "unexpected right paren", token.offset)
        yield token
        if token.kind == "error":
            return -1, False


def _token(text: str, at: int) -> tuple[Token, int]:
    """The token at `at`, and where the next one begins."""
    character = text[at : at + 1]
    if not character:
        return Token("error", "unclosed action", at), at
    if character in _BLANKS:
        return _space(text, at)
    if character == ":":
        found = Token("declare", ":=", at) if text.startswith(":=", at) else Token("error", "expected :=", at)
        return found, at + 2
    if character in _SIMPLE:
        return Token(_SIMPLE[character], character, at), at + 1
    if character in _DELIMITED:
        return _delimited(text, at)
    if character == "$":
        return _name(text, at, "variable")
    if character == "." and not _is_digit(text[at + 1 : at + 2]) and at + 1 < len(text):
        return _name(text, at, "field")
    if character in "+-." or _is_digit(character):
        return _number(text, at)
    if is_alphanumeric(character):
        return _word(text, at)
    if " " < character < "\x7f":
        return Token("char", character, at), at + 1
    return Token("error", f"unrecognized character in action: {_rune(character)}", at), at


def _space(text: str, at: int) -> tuple[Token, int]:
    match = _SPACE.match(text, at)
    assert match is not None
    end = match.end()
    if text.startswith("-}}", end):  # the last blank belongs to the trim marker
        end -= 1
    return Token("space", text[at:end], at), end


_DELIMITED: Final = {
    '"': ("string", _QUOTED, "unterminated quoted string"),
    "`": ("raw", _RAW, "unterminated raw quoted string"),
    "'": ("char_constant", _CHARACTER, "unterminated character constant"),
}


def _delimited(text: str, at: int) -> tuple[Token, int]:
    kind, pattern, complaint = _DELIMITED[text[at]]
    match = pattern.match(text, at)
    if match is None:
        return Token("error", complaint, at), at
    return Token(kind, match.group(), at), match.end()


def is_alphanumeric(character: str) -> bool:
    """Letters, decimal digits and the underscore."""
    return character == "_" or character.isalpha() or character.isdecimal()


def _is_digit(character: str) -> bool:
    return "0" <= character <= "9"


def _word_end(text: str, at: int) -> int:
    while True:
        match = _ASCII_WORD.match(text, at)
        assert match is not None
        at = match.end()
        if not is_alphanumeric(text[at : at + 1]):
            return at
        at += 1


def _is_terminated(text: str, at: int) -> bool:
    """Whether a word may end here: `$x+2` is no sum."""
    return at >= len(text) or text[at] in " \t\r\n.,|:)(" or text.startswith(RIGHT, at)


def _name(text: str, at: int, kind: str) -> tuple[Token, int]:
    """`.field` or `$variable`; alone, the dot or `$`."""
    if _is_terminated(text, at + 1):
        return Token("dot" if kind == "field" else kind, text[at], at), at + 1
    end = _word_end(text, at + 1)
    if not _is_terminated(text, end):
        return Token("error", f"bad character {_rune(text[end])}", at), at
    return Token(kind, text[at:end], at), end


def _word(text: str, at: int) -> tuple[Token, int]:
    end = _word_end(text, at)
    if not _is_terminated(text, end):
        return Token("error", f"bad character {_rune(text[end])}", at), at
    word = text[at:end]
    kind = "keyword" if word in KEYWORDS else "bool" if word in ("true", "false") else "identifier"
    return Token(kind, word, at), end


def _number(text: str, at: int) -> tuple[Token, int]:
    end, is_good = _scan_number(text, at)
    kind = "number"
    if is_good and text[end : end + 1] in ("+", "-"):
        kind = "complex"
        end, is_good = _scan_number(text, end)
        is_good = is_good and text[end - 1] == "i"
    if not is_good:
        return Token("error", f'bad number syntax: "{text[at:end]}"', at), at
    return Token(kind, text[at:end], at), end


def _scan_number(text: str, at: int) -> tuple[int, bool]:
    """(end, whether something other than a letter or digit follows)."""
    match = _NUMBER.match(text, at)
    assert match is not None
    end = match.end()
    return (end + 1, False) if is_alphanumeric(text[end : end + 1]) else (end, True)


def _rune(character: str) -> str:
    shown = f" '{character}'" if character.isprintable() else ""
    return f"U+{ord(character):04X}{shown}"

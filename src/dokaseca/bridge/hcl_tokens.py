"""The words of HCL, each with its place: what the reader in `hcl` puts together."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["newline", "string", "number", "name", "mark", "end"]

NESTED: Final = 50  # templates inside templates; nobody writes three
_WORD = re.compile(
    r"(?P<blank>[ \t\r\ufeff]+|\#[^\n]*|//[^\n]*|/\*.*?\*/)"
    r"|(?P<newline>\n)"
    r"|(?P<heredoc><<-?(?P<word>[A-Za-z_][\w-]*)[ \t]*\r?\n)"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<name>[^\W\d][\w-]*)"
    r"|(?P<mark>==|!=|<=|>=|&&|\|\||=>|\.\.\.|[-+*%<>!?:=.,(){}\[\]]|/(?!\*))",
    re.DOTALL,
)
_QUOTED_PLAIN = re.compile(r'[^"\\$%\n]+')
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_UNICODE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")


class HclError(ValueError):
    """The text is no HCL; `line` and `column` count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


@dataclass(frozen=True, slots=True)
class Token:
    """One word: `value` is a string's text (None when only Terraform can tell it) or a number."""

    kind: Kind
    text: str
    start: int
    end: int
    value: str | int | float | None = None


class Source:
    """The text, and where its places lie."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1."""
        line = bisect.bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def error(self, message: str, offset: int) -> HclError:
        return HclError(message, *self.position(offset))


def tokens(source: Source) -> Iterator[Token]:
    """Every word in order, comments and blanks left out, `end` last.

    Raises:
        HclError: a character that begins no word, or a string, comment or heredoc without an end.
    """
    text, at = source.text, 0
    while at < len(text):
        if text[at] == '"':
            token = _string(source, at)
            yield token
            at = token.end
            continue
        found = _WORD.match(text, at)
        if found is None:
            what = "a comment is not closed" if text.startswith("/*", at) else f"unexpected {text[at]!r}"
            raise source.error(what, at)
        if found["heredoc"]:
            token = _heredoc(source, found)
            yield token
            at = token.end
            continue
        at = found.end()
        if found["newline"]:
            yield Token("newline", "\n", found.start(), at)
        elif found["number"]:
            yield Token("number", found[0], found.start(), at, _number(found[0]))
        elif found["name"] or found["mark"]:
            yield Token("name" if found["name"] else "mark", found[0], found.start(), at)
    yield Token("end", "", at, at)


def _number(text: str) -> int | float:
    return int(text) if text.isdigit() else float(text)


def _string(source: Source, start: int) -> Token:
    """A quoted template; one with `${...}` or `%{...}` has no value of its own."""
    text, at = source.text, start + 1
    parts: list[str] = []
    is_literal = True
    while at < len(text) and text[at] not in '"\n':
        plain = _QUOTED_PLAIN.match(text, at)
        if plain:
            parts.append(plain[0])
            at = plain.end()
        elif text[at] == "\\":
            piece, at = _escape(source, at)
            parts.append(piece)
        elif text.startswith(("$${", "%%{"), at):
            parts.append(text[at] + "{")
            at += 3
        elif text.startswith(("${", "%{"), at):
            is_literal = False
            at = _after_template(source, at, 1)
        else:
            parts.append(text[at])
            at += 1
    if at >= len(text) or text[at] != '"':
        raise source.error("a string is not closed in its line", start)
    return Token("string", text[start : at + 1], start, at + 1, "".join(parts) if is_literal else None)


def _escape(source: Source, at: int) -> tuple[str, int]:
    unicode = _UNICODE.match(source.text, at)
    if unicode:
        code = int(unicode[1] or unicode[2], 16)
        if code > 0x10FFFF or 0xD800 <= code < 0xE000:
            raise source.error(f"{unicode[0]} is no character", at)
        return chr(code), unicode.end()
    one = source.text[at + 1 : at + 2]
    if one not in _ESCAPES:
        raise source.error(f"\\{one} is no escape; write \\\\ for a backslash", at)
    return _ESCAPES[one], at + 2


def _after_template(source: Source, start: int, depth: int) -> int:
    """Where an interpolation or directive ends; strings in it may hold further ones."""
    if depth > NESTED:
        raise source.error("templates are nested too deep", start)
    text, at, open_braces = source.text, start + 2, 1
    while at < len(text):
        one = text[at]
        if one == '"':
            at = _after_string(source, at, depth)
            continue
        open_braces += (one == "{") - (one == "}")
        at += 1
        if not open_braces:
            return at
    raise source.error("a ${...} or %{...} is not closed", start)


def _after_string(source: Source, start: int, depth: int) -> int:
    text, at = source.text, start + 1
    while at < len(text) and text[at] not in '"\n':
        if text[at] == "\\":
            at += 2
        elif text.startswith(("$${", "%%{"), at):
            at += 3
        elif text.startswith(("${", "%{"), at):
            at = _after_template(source, at, depth + 1)
        else:
            at += 1
    if at >= len(text) or text[at] != '"':
        raise source.error("a string is not closed in its line", start)
    return at + 1


def _heredoc(source: Source, found: re.Match[str]) -> Token:
    """`<<WORD` to the line that holds the word alone; `<<-` takes the common indentation away."""
    end = re.compile(rf"^[ \t]*{re.escape(found['word'])}(?=\r?$)", re.MULTILINE).search(source.text, found.end())
    if end is None:
        raise source.error(f"the heredoc has no closing line {found['word']}", found.start())
    body = source.text[found.end() : end.start()].replace("\r\n", "\n")
    if found[0].startswith("<<-"):
        body = _dedented(body)
    is_literal = not re.search(r"(?<![$])\$\{|(?<!%)%\{", body)
    value = body.replace("$${", "${").replace("%%{", "%{") if is_literal else None
    return Token("string", source.text[found.start() : end.end()], found.start(), end.end(), value)


def _dedented(body: str) -> str:
    lines = body.split("\n")
    indents = [len(line) - len(line.lstrip(" \t")) for line in lines if line.strip()]
    cut = min(indents, default=0)
    return "\n".join(line[cut:] if line.strip() else line.lstrip(" \t") for line in lines)

"""The parser's view of the tokens: they come when they are asked for, so that the first error in the text is told."""

from __future__ import annotations

from dokaseca.generate.templates.gotemplate import lexer, quoting
from dokaseca.generate.templates.gotemplate.errors import ParseError
from dokaseca.generate.templates.gotemplate.lexer import Token

_SHOWN = 10  # characters of a token that a message quotes


class Tokens:
    """A stream that can be peeked into and stepped back in."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._source = lexer.tokens(text)
        self._seen: list[Token] = []
        self._at = 0
        self.action_line = 0  # where the action began that is being parsed; 0 outside

    def next(self) -> Token:
        """The next token; after the last one, that one again."""
        while self._at >= len(self._seen):
            token = next(self._source, None)
            if token is None:
                return self._seen[-1]
            self._seen.append(token)
        self._at += 1
        return self._seen[self._at - 1]

    def back(self) -> None:
        """Step back by one token."""
        self._at -= 1

    def peek(self) -> Token:
        """The next token, which stays the next."""
        at = self._at
        token = self.next()
        self._at = at
        return token

    def next_after_space(self) -> Token:
        """The next token that is no space."""
        token = self.next()
        return self.next() if token.kind == "space" else token

    def peek_after_space(self) -> Token:
        """The next token that is no space, which becomes the next."""
        if self.peek().kind == "space":
            self._at += 1
        return self.peek()

    def mark(self) -> int:
        """Where the stream is, for `rewind`."""
        return self._at

    def rewind(self, mark: int) -> None:
        self._at = mark

    def line(self, offset: int) -> int:
        """The line of a place, counted from 1."""
        return self.text.count("\n", 0, offset) + 1

    def problem(self, message: str) -> ParseError:
        """An error at the token that was read last, which is where Go places it."""
        return ParseError(message, self._seen[-1].offset if self._seen else 0)

    def unexpected(self, token: Token, context: str) -> ParseError:
        """What to say of a token that may not stand here."""
        if token.kind != "error":
            return self.problem(f"unexpected {_shown(token)} in {context}")
        line = self.line(token.offset)
        if not self.action_line or self.action_line == line:
            return self.problem(token.text)
        started = f"started at :{self.action_line}"
        return self.problem(f"{token.text} {started if token.text.endswith(' action') else f'in action {started}'}")


def _shown(token: Token) -> str:
    if token.kind == "eof":
        return "EOF"
    if token.kind in ("keyword", "dot"):
        return f"<{token.text}>"
    if len(token.text.encode(errors="replace")) > _SHOWN:
        return f"{quoting.quote(token.text[:_SHOWN])}..."
    return quoting.quote(token.text)

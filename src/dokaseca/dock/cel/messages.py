"""What the runtime says, in the words of Kubernetes' runtime (cel-go) where it has other ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Final

from dokaseca.dock.cel import syntax

_ERROR: Final = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*?)\n \| [^\n]*\n \| [^\n^]*\^", re.DOTALL)
_MESSAGE_LIMIT: Final = 16_384  # characters: an error in every place of a long expression would be megabytes
_UNDECLARED: Final = re.compile(r"undeclared reference to '(\w+(?:\.\w+)+)' \(in container ''\)")


def replaced(message: str, text: str, shown: Callable[[int, str], str]) -> str:
    """A compiler's message with each of its errors told anew.

    Args:
        text: what was compiled.
        shown: an error, given its position in `text` and what is wrong.
    """
    starts = [0, *(one.end() for one in re.finditer("\n", text))]

    def tell(found: re.Match[str]) -> str:
        line, column = int(found[1]), int(found[2])
        return shown(starts[min(line, len(starts)) - 1] + column - 1, found[3])

    return _ERROR.sub(tell, message)


def of_compiler(text: str, expression: str, known: Collection[str]) -> str:
    """A compiler's message about an expression that may read the names in `known`.

    A name with dots that nobody declared is one that begins with an undeclared name, or a field that is not there.
    """

    def tell(position: int, what: str) -> str:
        found = _UNDECLARED.fullmatch(what)
        if found is None:
            return syntax.describe(expression, position, what)
        steps = found[1].split(".")
        is_field = any(name.startswith(f"{steps[0]}.") for name in known)
        for place in re.finditer(r"\s*\.\s*".join(steps), expression):
            dots = [place.start() + one.start() for one in re.finditer(r"\.", place[0])]
            if dots[-1] == position and is_field:
                return syntax.describe(expression, dots[0], f"undefined field '{steps[1]}'")
            if dots[-1] == position:
                return syntax.describe(expression, place.start(), _undeclared(steps[0]))
        return syntax.describe(expression, position, _undeclared(steps[0]))

    text = text.removeprefix("INVALID_ARGUMENT: ").removesuffix(" [INVALID_ARGUMENT]").rstrip()
    told = replaced(text, expression, tell)
    return told if len(told) <= _MESSAGE_LIMIT else told[:_MESSAGE_LIMIT] + "..."


def _undeclared(name: str) -> str:
    return f"undeclared reference to '{name}' (in container '')"


_SAYINGS: Final = (
    (re.compile(r'^NOT_FOUND: Key not found in map : "?(?P<key>.*?)"?$', re.DOTALL), "no such key: {key}"),
    (re.compile(r"No matching overloads found"), "no such overload"),
    (re.compile(r"Applying SELECT to non-message type"), "no such overload"),
    (re.compile(r"divide by zero"), "division by zero"),
    (re.compile(r"modulus by zero"), "modulus by zero"),
    (re.compile(r"Index error: index=(?P<key>-?\d+)"), "index out of bounds: {key}"),
    (re.compile(r"integer overflow"), "integer overflow"),
)


def of_runtime(text: str) -> str:
    """A runtime error in the words of Kubernetes' runtime, where it has other ones."""
    for pattern, words in _SAYINGS:
        found = pattern.search(text)
        if found is not None:
            return words.format(**found.groupdict())
    return re.sub(r"^[A-Z_]+: ", "", text)[:512]

"""fmt.Sprintf: the directives of a format, with Go's complaints in the output instead of errors."""

from __future__ import annotations

from typing import Any, Final

from dokaseca.generate.templates.gotemplate import values
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.verbs import Flags, formatted
from dokaseca.kit import bounds

_NUMBER_LIMIT: Final = 1_000_000  # fmt refuses wider and more precise ones
_FLAGS: Final = {"#": "sharp", "0": "zero", "+": "plus", "-": "minus", " ": "space"}
_DIGITS: Final = frozenset("0123456789")


def sprintf(pattern: str, *arguments: Any) -> str:
    """`fmt.Sprintf`.

    Raises:
        CallError: the result is too large.
    """
    return _Format(pattern, arguments).run()


class _Format:
    def __init__(self, pattern: str, arguments: tuple[Any, ...]) -> None:
        self._pattern = pattern
        self._arguments = arguments
        self._at = 0
        self._next = 0  # the argument that comes next
        self._is_reordered = False
        self._is_good_index = True
        self._is_after_index = False
        self._out: list[str] = []
        self._size = 0

    def run(self) -> str:
        """The whole pattern."""
        pattern = self._pattern
        while self._at < len(pattern):
            percent = pattern.find("%", self._at)
            if percent < 0:
                self._write(pattern[self._at :])
                break
            self._write(pattern[self._at : percent])
            self._at = percent + 1
            self._directive()
        if not self._is_reordered and self._next < len(self._arguments):
            self._write(f"%!(EXTRA {', '.join(map(_described, self._arguments[self._next :]))})")
        return "".join(self._out)

    def _write(self, text: str) -> None:
        self._size += len(text)
        if self._size > bounds.TEMPLATE_OUTPUT_BYTES:
            raise CallError(f"printf gives more than {bounds.TEMPLATE_OUTPUT_BYTES} bytes")
        self._out.append(text)

    def _directive(self) -> None:
        flags = Flags()
        self._is_good_index = True
        while self._peek() in _FLAGS:
            setattr(flags, _FLAGS[self._peek()], True)
            self._at += 1
        self._is_after_index = self._index()
        self._width(flags)
        self._precision(flags)
        if not self._is_after_index:
            self._is_after_index = self._index()
        verb = self._peek()
        if not verb:
            self._write("%!(NOVERB)")
            return
        self._at += 1
        self._verb(verb, flags)

    def _verb(self, verb: str, flags: Flags) -> None:
        if verb == "%":
            self._write("%")
        elif not self._is_good_index:
            self._write(f"%!{verb}(BADINDEX)")
        elif self._next >= len(self._arguments):
            self._write(f"%!{verb}(MISSING)")
        else:
            if verb in "vw":
                flags.is_go_syntax, flags.sharp = flags.sharp, False
                flags.has_names, flags.plus = flags.plus, False
            self._next += 1
            self._write(formatted(verb, self._arguments[self._next - 1], flags))

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _index(self) -> bool:
        """`[n]`: go on with argument n, counted from 1; whether there was one that could be read."""
        if self._peek() != "[":
            return False
        self._is_reordered = True
        end = self._pattern.find("]", self._at + 1)
        if end < 0 or len(self._pattern) - self._at < 3:
            self._at += 1
            self._is_good_index = False
            return False
        digits = self._pattern[self._at + 1 : end]
        self._at = end + 1
        is_number = bool(digits) and _DIGITS.issuperset(digits) and len(digits) < 8
        if is_number and 0 < int(digits) <= len(self._arguments):
            self._next = int(digits) - 1
            return True
        self._is_good_index = False
        return is_number

    def _number(self) -> int | None:
        number = None
        while self._peek() in _DIGITS:
            if (number or 0) > _NUMBER_LIMIT:
                self._at = len(self._pattern)  # as fmt does: the rest of the format is given up
                return None
            number = (number or 0) * 10 + int(self._peek())
            self._at += 1
        return number

    def _star(self) -> int | None:
        """The next argument as a width or precision."""
        self._at += 1
        self._is_after_index = False
        if self._next >= len(self._arguments):
            return None
        value = self._arguments[self._next]
        self._next += 1
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _NUMBER_LIMIT:
            return None
        return int(value)

    def _width(self, flags: Flags) -> None:
        if self._peek() != "*":
            flags.width = self._number()
            if self._is_after_index and flags.width is not None:
                self._is_good_index = False
            return
        width = self._star()
        if width is None:
            self._write("%!(BADWIDTH)")
        elif width < 0:
            flags.minus, flags.zero = True, False
        flags.width = None if width is None else abs(width)

    def _precision(self, flags: Flags) -> None:
        if self._peek() != ".":
            return
        self._at += 1
        if self._is_after_index:
            self._is_good_index = False
        self._is_after_index = self._index()
        if self._peek() != "*":
            flags.precision = self._number() or 0
            return
        precision = self._star()
        if precision is None or precision < 0:
            self._write("%!(BADPREC)")
        else:
            flags.precision = precision


def _described(value: Any) -> str:
    return "<nil>" if value is None else f"{values.type_name(value)}={formatted('v', value)}"

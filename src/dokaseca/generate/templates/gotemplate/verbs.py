"""fmt's verbs for one value: `%5.2f` of 1.5. What a verb cannot show stands as `%!d(string=x)` in the output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from dokaseca.generate.templates.gotemplate import floats, octets, quoting, values
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.kit import bounds

_BASES: Final = {"b": "b", "o": "o", "O": "o", "x": "x", "X": "X", "d": "d", "v": "d"}
_STRING_VERBS: Final = frozenset("vsxXq")
_ADDRESS: Final = 0xC000000000  # stands for every address: templates must not depend on one


@dataclass(slots=True)
class Flags:
    """What stands between `%` and the verb."""

    plus: bool = False
    minus: bool = False
    sharp: bool = False
    space: bool = False
    zero: bool = False
    width: int | None = None
    precision: int | None = None
    is_go_syntax: bool = False  # `%#v`
    has_names: bool = False  # `%+v`


def formatted(verb: str, value: Any, flags: Flags | None = None) -> str:
    """One argument under one verb; weigh it first where it may be large.

    Raises:
        CallError: padding makes it larger than an output may be.
    """
    return _Printer(flags or Flags()).argument(verb, value)


class _Printer:
    def __init__(self, flags: Flags) -> None:
        self._flags = flags
        self._size = 0

    def argument(self, verb: str, value: Any) -> str:
        """printArg: nil, types and addresses first."""
        if value is None or value is values.MISSING:
            return self._pad("<nil>") if verb in "Tv" else f"%!{verb}(<nil>)"
        if verb == "T":
            return self._text("s", values.type_name(value))
        if verb == "p":
            return self._pointer(value)
        return self._value(verb, value, has_methods=True)

    def _value(self, verb: str, value: Any, *, has_methods: bool) -> str:
        if verb == "w" and has_methods:  # of Errorf alone
            return self._bad(verb, value)
        if has_methods and isinstance(value, values.Stringer) and verb in _STRING_VERBS and not self._is_go(verb):
            return self._text(verb, value.go_string())
        if isinstance(value, bool):
            shown = self._pad("true" if value else "false") if verb in "tv" else None
        elif isinstance(value, int):
            shown = self._integer(verb, value)
        elif isinstance(value, float):
            shown = self._float(verb, value)
        elif isinstance(value, complex):
            shown = self._complex(verb, value)
        elif isinstance(value, str):
            shown = self._text(verb, value) if verb in _STRING_VERBS else None
        else:
            return self._composite(verb, value)
        return self._bad(verb, value) if shown is None else shown

    def _bad(self, verb: str, value: Any) -> str:
        return f"%!{verb}({values.type_name(value)}={self._value('v', value, has_methods=False)})"

    def _is_go(self, verb: str) -> bool:
        return verb == "v" and self._flags.is_go_syntax

    # --- containers -------------------------------------------------------------------------------------------------

    def _composite(self, verb: str, value: Any) -> str:
        is_go = self._is_go(verb)
        name = values.type_name(value) if is_go else ""
        if is_go and values.is_nil(value):
            return f"{name}(nil)"
        separator = ", " if is_go else " "
        if isinstance(value, dict):
            pairs = (f"{self._item(verb, key)}:{self._item(verb, value[key])}" for key in sorted(value))
            return f"{name}{{{separator.join(pairs)}}}" if is_go else f"map[{separator.join(pairs)}]"
        if isinstance(value, list):
            items = separator.join([self._item(verb, item) for item in value])
            return f"{name}{{{items}}}" if is_go else f"[{items}]"
        fields = value.go_all_fields() if isinstance(value, values.Struct) else {}
        named = is_go or (verb == "v" and self._flags.has_names)
        parts = (f"{field}:" * named + self._item(verb, item) for field, item in fields.items())
        pointer = "&" if values.kind(value) == "ptr" else ""
        return f"{pointer}{name.removeprefix('*')}{{{separator.join(parts)}}}"

    def _item(self, verb: str, value: Any) -> str:
        if value is None or value is values.MISSING:
            return "interface {}(nil)" if self._is_go(verb) else "<nil>"
        return self._value(verb, value, has_methods=True)

    def _pointer(self, value: Any) -> str:
        if values.kind(value) not in ("map", "slice", "ptr"):
            return f"%!p({values.type_name(value)}={self._value('v', value, has_methods=False)})"
        address = 0 if values.is_nil(value) else _ADDRESS
        return self._pad(format(address, "x" if self._flags.sharp else "#x"))

    # --- padding ----------------------------------------------------------------------------------------------------

    def _pad(self, text: str, *, zero: bool | None = None) -> str:
        flags = self._flags
        if not flags.width or len(text) >= flags.width:
            return text
        self._size += flags.width
        if self._size > bounds.TEMPLATE_OUTPUT_BYTES:
            raise CallError(f"printf gives more than {bounds.TEMPLATE_OUTPUT_BYTES} bytes")
        if flags.minus:
            return text.ljust(flags.width)
        return text.rjust(flags.width, "0" if (flags.zero if zero is None else zero) else " ")

    # --- scalars ----------------------------------------------------------------------------------------------------

    def _text(self, verb: str, text: str) -> str:
        flags = self._flags
        if verb in "xX":
            return self._hexadecimal(verb, octets.encode(text))
        cut = text if flags.precision is None else text[: flags.precision]
        if verb == "q" or self._is_go(verb):
            is_raw = verb == "q" and flags.sharp and quoting.may_be_raw(cut)
            cut = f"`{cut}`" if is_raw else quoting.quote(cut, ascii_only=verb == "q" and flags.plus)
        return self._pad(cut)

    def _hexadecimal(self, verb: str, raw: bytes) -> str:
        flags = self._flags
        raw = raw if flags.precision is None else raw[: flags.precision]
        if not raw:
            return self._pad("")
        prefix = f"0{verb}" if flags.sharp else ""
        digits = f" {prefix}".join(f"{byte:02x}" for byte in raw) if flags.space else raw.hex()
        return self._pad(prefix + (digits.upper() if verb == "X" else digits))

    def _integer(self, verb: str, value: int) -> str | None:
        is_unsigned = isinstance(value, values.Uint64 | values.Uint32 | values.Uint8)
        if verb in _BASES:
            if verb == "v" and is_unsigned and self._flags.is_go_syntax:
                return self._digits("x", int(value), is_sharp=True)
            return self._digits(verb, int(value), is_sharp=self._flags.sharp)
        if verb == "c":
            return self._pad(quoting.rune(int(value)))
        if verb == "q":
            return self._pad(quoting.quote_rune(int(value), ascii_only=self._flags.plus))
        return self._unicode(int(value)) if verb == "U" else None

    def _digits(self, verb: str, value: int, *, is_sharp: bool) -> str:
        flags = self._flags
        has_sign = value < 0 or flags.plus or flags.space
        least = flags.precision
        if least == 0 and value == 0:
            return self._pad("", zero=False)
        if least is None and flags.zero and not flags.minus and flags.width:
            least = flags.width - has_sign
        digits = format(abs(value), _BASES[verb]).rjust(least or 0, "0")
        if is_sharp:
            octal = "" if digits[0] == "0" else "0"
            digits = {"b": "0b", "x": "0x", "X": "0X", "o": octal, "O": octal}.get(verb, "") + digits
        if verb == "O":
            digits = "0o" + digits
        sign = "-" if value < 0 else "+" if flags.plus else " " if flags.space else ""
        return self._pad(sign + digits, zero=False)

    def _unicode(self, value: int) -> str:
        digits = f"{value & 0xFFFFFFFFFFFFFFFF:X}".rjust(max(4, self._flags.precision or 0), "0")
        shown = quoting.rune(value)
        if self._flags.sharp and quoting.is_rune(value) and shown.isprintable():
            digits += f" '{shown}'"
        return self._pad(f"U+{digits}", zero=False)

    def _float(self, verb: str, value: float) -> str | None:
        flags = self._flags
        lower = {"v": "g", "F": "f"}.get(verb, verb.lower())
        if verb not in "vgGeEfFbxX":
            return None
        precision = flags.precision if flags.precision is not None else 6 if lower in "ef" else -1
        text = floats.text(value, lower, precision)
        text = text if text[0] in "+-" else f"+{text}"
        if flags.space and text[0] == "+" and not flags.plus:
            text = " " + text[1:]
        if text[1] in "IN":
            is_bare = not flags.plus and text[0] == "+"
            return self._pad(text[1:] if is_bare and text[1] == "N" else text, zero=False)
        if flags.sharp and verb != "b":
            text = text[0] + _with_point(text[1:], verb, precision)
        text = text.upper() if verb in "GEX" else text
        if not flags.plus and text[0] == "+":
            return self._pad(text[1:])
        if flags.zero and not flags.minus and flags.width and flags.width > len(text):
            return text[0] + self._pad("")[: flags.width - len(text)] + text[1:]
        return self._pad(text)

    def _complex(self, verb: str, value: complex) -> str | None:
        real = self._float(verb, value.real)
        if real is None:
            return None
        plus, self._flags.plus = self._flags.plus, True
        imaginary = self._float(verb, value.imag)
        self._flags.plus = plus
        return f"({real}{imaginary}i)"


def _with_point(text: str, verb: str, precision: int) -> str:
    """`%#g`: a decimal point always, and of g all the digits that the precision asks for."""
    mark = text.find("p" if verb in "xX" else "e")
    number, tail = (text, "") if mark < 0 else (text[:mark], text[mark:])
    digits = (precision if precision >= 0 else 6) if verb in "vgGx" else 0
    digits -= len(number.replace(".", "").lstrip("0"))
    if "." not in number:
        digits -= number == "0"
        number += "."
    return number + "0" * max(0, digits) + tail

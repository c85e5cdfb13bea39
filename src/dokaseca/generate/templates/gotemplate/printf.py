"""Go's fmt verbs for JSON values, with Go's complaints (`%!d(string=x)`) in the output instead of errors."""

from __future__ import annotations

import re
from typing import Any

from dokaseca.generate.templates.gotemplate import values
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.kit import bounds

_DIRECTIVE = re.compile(r"%([+\-# 0]*)(\*|\d+)?(?:\.(\*|\d+)?)?(?:\[(\d{1,6})\])?(.)?", re.DOTALL)
_WIDTH_LIMIT = 1_000_000  # fmt refuses wider ones


class _Arguments:
    def __init__(self, given: tuple[Any, ...]) -> None:
        self.given = given
        self.next = 0
        self.is_reordered = False

    def jump(self, number: str) -> bool:
        """Go on with argument `number`, counted from 1; False when there is none."""
        self.is_reordered = True
        self.next = int(number) - 1
        return 0 <= self.next < len(self.given)

    def take(self) -> tuple[bool, Any]:
        if self.next >= len(self.given):
            return False, None
        self.next += 1
        return True, self.given[self.next - 1]


def sprintf(pattern: str, *arguments: Any) -> str:
    """`fmt.Sprintf`.

    Raises:
        CallError: an argument or the width is too large.
    """
    values.require_bounded(list(arguments))
    given = _Arguments(arguments)
    out: list[str] = []
    size = at = 0
    for match in _DIRECTIVE.finditer(pattern):
        out.append(pattern[at : match.start()])
        at = match.end()
        piece = _directive(match, given)
        size += len(piece)
        if size > bounds.TEMPLATE_OUTPUT_BYTES:
            raise CallError(f"printf gives more than {bounds.TEMPLATE_OUTPUT_BYTES} bytes")
        out.append(piece)
    out.append(pattern[at:])
    extra = given.given[given.next :]
    if extra and not given.is_reordered:
        shown = ", ".join("<nil>" if item is None else f"{values.type_name(item)}={_text(item)}" for item in extra)
        out.append(f"%!(EXTRA {shown})")
    return "".join(out)


def _text(value: Any) -> str:
    return values.text_of(value)


def _directive(match: re.Match[str], given: _Arguments) -> str:
    flags, width_text, precision_text, number, verb = match.groups()
    width, width_problem = _count(width_text, given)
    has_precision = "." in match.group()[: -len(verb or "") or None]
    precision, precision_problem = _count(precision_text, given)
    if has_precision and precision is None:
        precision = 0
    problem = ("%!(BADWIDTH)" if width_problem else "") + ("%!(BADPREC)" if precision_problem else "")
    if width is not None and width < 0:
        flags, width = flags + "-", -width
    if verb is None:
        return problem + "%!(NOVERB)"
    if verb == "%":
        return problem + "%"
    if number is not None and not given.jump(number):
        return f"{problem}%!{verb}(BADINDEX)"
    found, value = given.take()
    if not found:
        return f"{problem}%!{verb}(MISSING)"
    body = _body(verb, flags, precision, value)
    return problem + _pad(body, flags, width, _is_number(value) and not body.startswith("%!"))


def _count(text: str | None, given: _Arguments) -> tuple[int | None, bool]:
    if text is None:
        return None, False
    if text != "*":
        return (int(text), False) if len(text) < 8 and int(text) <= _WIDTH_LIMIT else (None, True)
    found, value = given.take()
    if not found or not isinstance(value, int) or isinstance(value, bool) or abs(value) > _WIDTH_LIMIT:
        return None, True
    return value, False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _pad(body: str, flags: str, width: int | None, is_number: bool) -> str:
    if width is None or len(body) >= width:
        return body
    if "-" in flags:
        return body.ljust(width)
    if "0" in flags:
        if is_number and body[0] in "+-":
            return body[0] + body[1:].rjust(width - 1, "0")
        return body.rjust(width, "0")
    return body.rjust(width)


def _body(verb: str, flags: str, precision: int | None, value: Any) -> str:
    if verb == "T":
        return values.type_name(value)
    if verb == "p":
        return f"%!p({_described(value)})"
    if verb == "v" and "#" in flags:
        return _go_syntax(value)
    if value is None or value is values.MISSING:
        return "<nil>" if verb == "v" else f"%!{verb}(<nil>)"
    if isinstance(value, list):
        return "[" + " ".join(_body(verb, flags, precision, item) for item in value) + "]"
    if isinstance(value, dict):
        pairs = (
            f"{_body(verb, flags, precision, key)}:{_body(verb, flags, precision, value[key])}" for key in sorted(value)
        )
        return "map[" + " ".join(pairs) + "]"
    return _scalar(verb, flags, precision, value)


def _scalar(verb: str, flags: str, precision: int | None, value: Any) -> str:
    done: str | None = None
    if isinstance(value, bool):
        done = _text(value) if verb in "tv" else None
    elif isinstance(value, int):
        done = _integer(verb, flags, precision, value)
    elif isinstance(value, float):
        done = _float(verb, flags, precision, value)
    else:
        done = _string(verb, flags, precision, _text(value))
    return done if done is not None else f"%!{verb}({_described(value)})"


def _described(value: Any) -> str:
    if value is None or value is values.MISSING:
        return "<nil>"
    return f"{values.type_name(value)}={_text(value)}"


def _integer(verb: str, flags: str, precision: int | None, value: int) -> str | None:
    sign = "-" if value < 0 else "+" if "+" in flags else " " if " " in flags else ""
    sharp = "#" in flags
    if verb in "dv":
        digits = str(abs(value))
    elif verb in "xX":
        digits = format(abs(value), verb)
        sign += f"0{verb}" if sharp else ""
    elif verb in "oO":
        digits = format(abs(value), "o")
        sign += "0o" if verb == "O" else "0" if sharp else ""
    elif verb == "b":
        digits = format(abs(value), "b")
        sign += "0b" if sharp else ""
    elif verb == "c":
        return _rune(value)
    elif verb == "q":
        return "'" + quote(_rune(value))[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"
    elif verb == "U":
        return f"U+{value:04X}"
    else:
        return None
    return sign + digits.rjust(precision or 0, "0")


def _rune(value: int) -> str:
    return chr(value) if 0 <= value <= 0x10FFFF and not 0xD800 <= value <= 0xDFFF else "\ufffd"


def _float(verb: str, flags: str, precision: int | None, value: float) -> str | None:
    if verb not in "vgGeEfF":
        return None
    lower = "g" if verb in "vgG" else verb.lower()
    wanted = precision if precision is not None else -1 if lower == "g" else 6
    text = values.float_text(value, lower, wanted)
    text = text.upper() if verb in "GE" else text
    if value >= 0 and not text.startswith("+"):
        text = ("+" if "+" in flags else " " if " " in flags else "") + text
    return text if "+" in flags else text.replace("+Inf", "+Inf", 1)


def _string(verb: str, flags: str, precision: int | None, value: str) -> str | None:
    cut = value if precision is None else value[:precision]
    if verb in "sv":
        return cut
    if verb == "q":
        return f"`{cut}`" if "#" in flags and "`" not in cut and cut.isprintable() else quote(cut)
    if verb in "xX":
        digits = cut.encode().hex(" " if " " in flags else "\0").replace("\0", "")
        return digits.upper() if verb == "X" else digits
    return None


_QUOTED = {
    '"': '\\"',
    "\\": "\\\\",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}


def quote(text: str) -> str:
    """strconv.Quote: a double-quoted Go string."""
    return '"' + "".join(_QUOTED.get(c) or (c if c.isprintable() else _escaped(c)) for c in text) + '"'


def _escaped(character: str) -> str:
    code = ord(character)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _go_syntax(value: Any) -> str:
    """`%#v`."""
    if value is None or value is values.MISSING:
        return "interface {}(nil)"
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, list):
        return "[]interface {}{" + ", ".join(map(_go_syntax, value)) + "}"
    if isinstance(value, dict):
        pairs = ", ".join(f"{quote(key)}:{_go_syntax(value[key])}" for key in sorted(value))
        return f"{values.type_name(value)}{{{pairs}}}"
    return _text(value)

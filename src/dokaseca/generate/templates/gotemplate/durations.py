"""time.Duration: 64 bits of nanoseconds."""

from __future__ import annotations

import re
from typing import Final

from dokaseca.generate.templates.gotemplate import quoting
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.values import Stringer

SECOND: Final = 1_000_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
_LIMIT: Final = 1 << 63
_UNITS: Final = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,  # both signs that Go takes for micro
    "μs": 1_000,
    "ms": 1_000_000,
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
}
_PART: Final = re.compile(r"(?P<whole>[0-9]*)(?:\.(?P<fraction>[0-9]*))?(?P<unit>[^0-9.]*)")
_DIGITS: Final = 400  # Python refuses to convert far longer numbers


class Duration(int, Stringer):
    """A time.Duration."""

    __slots__ = ()
    go_type = "time.Duration"
    go_kind = "int64"

    def go_string(self) -> str:
        """`1h2m3s`, `1.5s`, `250ms`."""
        return text(int(self))


def wrapped(number: int) -> int:
    """`number` as an int64 that wraps around."""
    return (number + _LIMIT & (2 * _LIMIT - 1)) - _LIMIT


def text(nanoseconds: int) -> str:
    """time.Duration's String."""
    sign, rest = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    if rest == 0:
        return "0s"
    if rest < SECOND:
        for size, unit in ((1_000_000, "ms"), (1_000, "µs"), (1, "ns")):
            if rest >= size:
                return f"{sign}{_decimal(rest, size)}{unit}"
    minutes, rest = divmod(rest, MINUTE)
    seconds = f"{_decimal(rest, SECOND)}s"
    if not minutes:
        return sign + seconds
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours}h{minutes}m{seconds}" if hours else f"{sign}{minutes}m{seconds}"


def _decimal(number: int, unit: int) -> str:
    whole, fraction = divmod(number, unit)
    digits = f"{fraction:0{len(str(unit)) - 1}d}".rstrip("0") if fraction else ""
    return f"{whole}.{digits}" if digits else str(whole)


def parse(source: str) -> Duration:
    """time.ParseDuration.

    Raises:
        CallError: no duration.
    """
    sign, rest = (-1, source[1:]) if source[:1] == "-" else (1, source.removeprefix("+"))
    if rest == "0":
        return Duration(0)
    if not rest or len(rest) > _DIGITS:
        raise _invalid(source)
    total = at = 0
    while at < len(rest):
        match = _PART.match(rest, at)
        assert match is not None
        total += _part(match, source)
        at = match.end()
        if total > _LIMIT:
            raise _invalid(source)
    if sign > 0 and total == _LIMIT:
        raise _invalid(source)
    return Duration(sign * total)


def _part(match: re.Match[str], source: str) -> int:
    whole, fraction, name = match["whole"], match["fraction"] or "", match["unit"]
    if not whole and not fraction:
        raise _invalid(source)
    if not name:
        raise CallError(f"time: missing unit in duration {quoting.quote(source)}")
    unit = _UNITS.get(name)
    if unit is None:
        raise CallError(f"time: unknown unit {quoting.quote(name)} in duration {quoting.quote(source)}")
    size = int(whole or 0) * unit
    if fraction:  # Go computes with floats here
        digits = fraction[:18]
        size += int(float(int(digits)) * (unit / float(10 ** len(digits))))
    if size > _LIMIT:
        raise _invalid(source)
    return size


def _invalid(source: str) -> CallError:
    return CallError(f"time: invalid duration {quoting.quote(source)}")


def rounded(nanoseconds: int, unit: int) -> int:
    """time.Duration's Round: halves away from zero."""
    if unit <= 0:
        return nanoseconds
    size = abs(nanoseconds)
    rest = size % unit
    size += unit - rest if 2 * rest >= unit else -rest
    return min(size, _LIMIT - 1) if nanoseconds >= 0 else -min(size, _LIMIT)

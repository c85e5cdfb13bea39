"""strconv.FormatFloat: float64 as Go writes them."""

from __future__ import annotations

import math
from typing import Final

_DIGITS_LIMIT: Final = 1100  # a float64 has at most 1074 digits after its point: further ones are zeros
_FRACTION_BITS: Final = 52
_LOWEST_EXPONENT: Final = -1074


def text(number: float, verb: str = "g", precision: int = -1) -> str:
    """A float64 in one of Go's formats.

    Args:
        verb: e, f, g, x (hexadecimal) or b (whole mantissa and a power of two).
        precision: digits after the point (of g: digits in all); -1 for as few as tell the number from its neighbours.
            Then g turns to an exponent below 1e-4 and from 1e6 on.
    """
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    if verb == "x":
        return _hexadecimal(number, precision)
    if verb == "b":
        mantissa, exponent = _parts(number)
        return f"{_sign(number)}{mantissa}p{exponent:+d}"
    if precision >= 0:
        return _fixed(number, verb, precision)
    digits, exponent = _shortest(number)
    if verb == "f" or (verb == "g" and -4 <= exponent < 6):
        return _sign(number) + _plain(digits, exponent)
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{_sign(number)}{digits[0]}{fraction}e{exponent:+03d}"


def _sign(number: float) -> str:
    return "-" if math.copysign(1.0, number) < 0 else ""


def _fixed(number: float, verb: str, precision: int) -> str:
    written = f"{number:.{min(precision, _DIGITS_LIMIT)}{verb}}"
    if precision <= _DIGITS_LIMIT or verb == "g":
        return written
    mantissa, mark, exponent = written.partition("e")
    return mantissa + "0" * (precision - _DIGITS_LIMIT) + mark + exponent


def _shortest(number: float) -> tuple[str, int]:
    """Significant digits, and the decimal exponent of the first."""
    if number == 0:
        return "0", 0
    base, _, power = repr(abs(number)).partition("e")
    whole, _, fraction = base.partition(".")
    digits = whole + fraction
    stripped = digits.lstrip("0")
    exponent = len(whole) - 1 - (len(digits) - len(stripped)) + int(power or 0)
    return stripped.rstrip("0") or "0", exponent


def _plain(digits: str, exponent: int) -> str:
    if exponent < 0:
        return f"0.{'0' * (-exponent - 1)}{digits}"
    if len(digits) <= exponent + 1:
        return digits + "0" * (exponent + 1 - len(digits))
    return f"{digits[: exponent + 1]}.{digits[exponent + 1 :]}"


def _parts(number: float) -> tuple[int, int]:
    """(mantissa, exponent): `abs(number) == mantissa * 2**exponent`, the mantissa of 53 bits but for the smallest."""
    if number == 0:
        return 0, _LOWEST_EXPONENT
    _, exponent = math.frexp(abs(number))
    exponent = max(exponent - _FRACTION_BITS - 1, _LOWEST_EXPONENT)
    return int(math.ldexp(abs(number), -exponent)) if exponent > -1000 else _scaled(number, exponent), exponent


def _scaled(number: float, exponent: int) -> int:
    """`abs(number) / 2**exponent` where that power of two is no float64."""
    return int(math.ldexp(math.ldexp(abs(number), 500), -exponent - 500))


def _hexadecimal(number: float, precision: int) -> str:
    mantissa, exponent = _parts(number)
    if mantissa:
        shift = _FRACTION_BITS + 1 - mantissa.bit_length()
        mantissa, exponent = mantissa << shift, exponent - shift + _FRACTION_BITS
    else:
        exponent = 0
    if 0 <= precision < 13:
        mantissa, exponent = _rounded(mantissa, exponent, precision)
    digits = f"{mantissa & ((1 << _FRACTION_BITS) - 1):013x}"
    digits = digits.rstrip("0") if precision < 0 else digits[:precision].ljust(precision, "0")
    point = "." if digits else ""
    return f"{_sign(number)}0x{mantissa >> _FRACTION_BITS}{point}{digits}p{exponent:+03d}"


def _rounded(mantissa: int, exponent: int, precision: int) -> tuple[int, int]:
    """The mantissa rounded (half to even) to `precision` hexadecimal digits after the point."""
    dropped = _FRACTION_BITS - 4 * precision
    kept, rest = mantissa >> dropped, mantissa & ((1 << dropped) - 1)
    half = 1 << (dropped - 1)
    kept += rest > half or (rest == half and kept & 1 == 1)
    mantissa = kept << dropped
    return (mantissa >> 1, exponent + 1) if mantissa >> (_FRACTION_BITS + 1) else (mantissa, exponent)

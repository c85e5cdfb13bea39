"""Sprig: integer and floating-point arithmetic, and lists of integers."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import reduce
from typing import Any, Final

from dokaseca.generate.templates.gotemplate import floats, numerals
from dokaseca.generate.templates.gotemplate.durations import wrapped
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import DEEP, Function, fn
from dokaseca.generate.templates.gotemplate.sprig import convert
from dokaseca.generate.templates.gotemplate.sprig.convert import integer, real
from dokaseca.generate.templates.gotemplate.values import Int64, Ints
from dokaseca.kit import bounds

_QUOTIENT_DIGITS: Final = 10**16  # shopspring/decimal divides to 16 digits after the point
_DIVIDE_BY_ZERO: Final = "runtime error: integer divide by zero"


def _add(*numbers: Any) -> Int64:
    return Int64(wrapped(sum(map(integer, numbers))))


def _mul(first: Any, *others: Any) -> Int64:
    return Int64(reduce(lambda left, right: wrapped(left * integer(right)), others, integer(first)))


def _div(left: Any, right: Any) -> Int64:
    divisor = integer(right)
    if divisor == 0:
        raise CallError(_DIVIDE_BY_ZERO)
    quotient = abs(integer(left)) // abs(divisor)
    return Int64(wrapped(quotient if (integer(left) < 0) == (divisor < 0) else -quotient))


def _mod(left: Any, right: Any) -> Int64:
    divisor = integer(right)
    if divisor == 0:
        raise CallError(_DIVIDE_BY_ZERO)
    rest = abs(integer(left)) % abs(divisor)
    return Int64(rest if integer(left) >= 0 else -rest)


def _exact(number: Any) -> Fraction:
    """Sprig computes with decimals of the shortest digits, so that 0.1 + 0.2 is 0.3."""
    value = real(number)
    if not math.isfinite(value):
        raise CallError(f"Cannot create a Decimal from {floats.text(value)}")
    return Fraction(repr(value))


def _computed(numbers: tuple[Any, ...], operation: Any) -> float:
    result = reduce(operation, map(_exact, numbers))
    try:
        return float(result)
    except OverflowError:
        return math.inf if result > 0 else -math.inf


def _quotient(left: Fraction, right: Fraction) -> Fraction:
    if right == 0:
        raise CallError("decimal division by 0")
    scaled = abs(left / right) * _QUOTIENT_DIGITS
    rounded = Fraction(math.floor(scaled + Fraction(1, 2)), _QUOTIENT_DIGITS)
    return rounded if (left < 0) == (right < 0) else -rounded


def _addf(*numbers: Any) -> float:
    return _computed((0.0, *numbers), lambda left, right: left + right)


def _round(number: Any, places: int, *round_on: float) -> float:
    threshold = round_on[0] if round_on else 0.5
    power = _power_of_ten(places)
    digit = power * real(number)
    if not math.isfinite(digit):
        return digit / power if math.isfinite(power) else math.nan
    fraction, _ = math.modf(digit)
    rounded = float(math.ceil(digit) if fraction >= threshold else math.floor(digit))
    return math.copysign(rounded, digit) / power if power else math.nan


def _power_of_ten(places: int) -> float:
    return math.inf if places > 308 else 0.0 if places < -323 else float(f"1e{places}")


def _whole(function: Any) -> Any:
    def rounded(number: Any) -> float:
        value = real(number)
        return math.copysign(float(function(value)), value) if math.isfinite(value) else value

    return rounded


def _extreme(chosen: Any) -> Any:
    """math.Max and math.Min: NaN wins over every number."""

    def extreme(*numbers: Any) -> float:
        floats_given = [real(number) for number in numbers]
        if any(map(math.isnan, floats_given)) and not any(
            number == chosen(-math.inf, math.inf) for number in floats_given
        ):
            return math.nan
        found = (number for number in floats_given if not math.isnan(number))
        return float(chosen(found, key=lambda number: (number, math.copysign(1.0, number))))  # -0 is below 0

    return extreme


def _until_step(start: int, stop: int, step: int) -> Ints:
    if (stop < start and step >= 0) or (stop >= start and step <= 0):
        return Ints()
    convert.checked_count(abs(stop - start) // abs(step), bounds.TEMPLATE_STEPS, "the list")
    return Ints(range(start, stop, step))


def _until(count: int) -> Ints:
    return _until_step(0, count, -1 if count < 0 else 1)


def _seq(*numbers: int) -> str:
    if not 1 <= len(numbers) <= 3:
        return ""
    start, end = (1, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[-1])
    towards = -1 if end < start else 1
    step = numbers[1] if len(numbers) == 3 else towards
    if len(numbers) == 3 and towards < 0 and step > 0:
        return ""
    return " ".join(map(str, _until_step(start, wrapped(end + towards), step)))


def _to_decimal(value: Any) -> Int64:
    """An octal text as a number, 0 when it is none."""
    number, problem = numerals.integer(convert.text(value), base=8)
    return Int64(0 if problem else number)


def _as_int(number: Any) -> int:
    return integer(number)


FUNCTIONS: Final[dict[str, Function]] = {
    "atoi": fn("s", lambda value: numerals.integer(value, base=10)[0]),
    "int": fn("a", _as_int),
    "int64": fn("a", lambda number: Int64(integer(number))),
    "float64": fn("a", real),
    "toDecimal": fn("a", _to_decimal, DEEP),
    "add1": fn("a", lambda number: Int64(wrapped(integer(number) + 1))),
    "add": fn("a*", _add),
    "sub": fn("aa", lambda left, right: Int64(wrapped(integer(left) - integer(right)))),
    "div": fn("aa", _div),
    "mod": fn("aa", _mod),
    "mul": fn("aa*", _mul),
    "add1f": fn("a", lambda number: _addf(number, 1.0)),
    "addf": fn("a*", _addf),
    "subf": fn("aa*", lambda *numbers: _computed(numbers, lambda left, right: left - right)),
    "divf": fn("aa*", lambda *numbers: _computed(numbers, _quotient)),
    "mulf": fn("aa*", lambda *numbers: _computed(numbers, lambda left, right: left * right)),
    "biggest": fn("aa*", lambda *numbers: Int64(max(map(integer, numbers)))),
    "max": fn("aa*", lambda *numbers: Int64(max(map(integer, numbers)))),
    "min": fn("aa*", lambda *numbers: Int64(min(map(integer, numbers)))),
    "maxf": fn("aa*", _extreme(max)),
    "minf": fn("aa*", _extreme(min)),
    "ceil": fn("a", _whole(math.ceil)),
    "floor": fn("a", _whole(math.floor)),
    "round": fn("aif*", _round),
    "until": fn("i", _until),
    "untilStep": fn("iii", _until_step),
    "seq": fn("i*", _seq),
}

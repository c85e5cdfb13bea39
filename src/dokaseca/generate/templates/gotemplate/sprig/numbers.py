"""Sprig: integer and floating-point arithmetic."""

from __future__ import annotations

import math
import secrets
from decimal import Decimal
from functools import reduce
from typing import Any, Final

from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import Function, fn
from dokaseca.generate.templates.gotemplate.sprig import convert
from dokaseca.generate.templates.gotemplate.sprig.convert import integer, real, wrapped
from dokaseca.kit import bounds


def _add(*numbers: Any) -> int:
    return wrapped(sum(map(integer, numbers)))


def _mul(first: Any, *others: Any) -> int:
    return reduce(lambda left, right: wrapped(left * integer(right)), others, integer(first))


def _div(left: Any, right: Any) -> int:
    divisor = integer(right)
    if divisor == 0:
        raise CallError("runtime error: integer divide by zero")
    quotient = abs(integer(left)) // abs(divisor)
    return wrapped(quotient if (integer(left) < 0) == (divisor < 0) else -quotient)


def _mod(left: Any, right: Any) -> int:
    divisor = integer(right)
    if divisor == 0:
        raise CallError("runtime error: integer divide by zero")
    return int(math.copysign(1, integer(left))) * (abs(integer(left)) % abs(divisor))


def _decimals(numbers: tuple[Any, ...]) -> list[Decimal]:
    """Sprig computes with shopspring/decimal, so that 0.1 + 0.2 is 0.3."""
    return [Decimal(repr(real(number))) for number in numbers]


def _computed(numbers: tuple[Any, ...], operation: Any) -> float:
    try:
        return float(reduce(operation, _decimals(numbers)))
    except ArithmeticError as error:
        raise CallError("decimal division by 0" if isinstance(error, ZeroDivisionError) else str(error)) from error


def _addf(*numbers: Any) -> float:
    return _computed((0.0, *numbers), lambda left, right: left + right)


def _round(number: Any, precision: int, *round_on: float) -> float:
    threshold = round_on[0] if round_on else 0.5
    scale = 10.0**precision if abs(precision) < 300 else math.inf
    scaled = scale * real(number)
    if not math.isfinite(scaled):
        return real(number)
    fraction, _ = math.modf(scaled)
    return (math.ceil(scaled) if fraction >= threshold else math.floor(scaled)) / scale


def _whole(function: Any) -> Any:
    def rounded(number: Any) -> float:
        value = real(number)
        return float(function(value)) if math.isfinite(value) else value

    return rounded


def _until_step(start: int, stop: int, step: int) -> list[Any]:
    if (stop < start and step >= 0) or (stop >= start and step <= 0):
        return []
    counted = range(start, stop, step)
    convert.checked_count(len(counted), bounds.TEMPLATE_STEPS, "the list")
    return list(counted)


def _rand_int(low: int, high: int) -> int:
    if high <= low:
        raise CallError("invalid argument to Intn")
    return low + secrets.randbelow(high - low)


def _to_decimal(value: Any) -> int:
    """An octal text as a number, 0 when it is none."""
    try:
        return wrapped(int(convert.text(value)[:32], 8))
    except ValueError:
        return 0


FUNCTIONS: Final[dict[str, Function]] = {
    "atoi": fn("s", lambda value: convert.parsed(value) or 0),
    "int": fn("a", integer),
    "int64": fn("a", integer),
    "float64": fn("a", real),
    "toDecimal": fn("a", _to_decimal),
    "add1": fn("a", lambda number: wrapped(integer(number) + 1)),
    "add": fn("a*", _add),
    "sub": fn("aa", lambda left, right: wrapped(integer(left) - integer(right))),
    "div": fn("aa", _div),
    "mod": fn("aa", _mod),
    "mul": fn("aa*", _mul),
    "randInt": fn("ii", _rand_int),
    "add1f": fn("a", lambda number: _addf(number, 1.0)),
    "addf": fn("a*", _addf),
    "subf": fn("aa*", lambda *numbers: _computed(numbers, lambda left, right: left - right)),
    "divf": fn("aa*", lambda *numbers: _computed(numbers, lambda left, right: left / right)),
    "mulf": fn("aa*", lambda *numbers: _computed(numbers, lambda left, right: left * right)),
    "biggest": fn("aa*", lambda *numbers: max(map(integer, numbers))),
    "max": fn("aa*", lambda *numbers: max(map(integer, numbers))),
    "min": fn("aa*", lambda *numbers: min(map(integer, numbers))),
    "maxf": fn("aa*", lambda *numbers: max(map(real, numbers))),
    "minf": fn("aa*", lambda *numbers: min(map(real, numbers))),
    "ceil": fn("a", _whole(math.ceil)),
    "floor": fn("a", _whole(math.floor)),
    "round": fn("aif*", _round),
    "until": fn("i", lambda count: _until_step(0, count, -1 if count < 0 else 1)),
    "untilStep": fn("iii", _until_step),
}

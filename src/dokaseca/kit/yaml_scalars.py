"""What a plain YAML scalar stands for, as Kubernetes' reader sees it (sigs.k8s.io/yaml: YAML 1.1, JSON types)."""

from __future__ import annotations

import math
import re
from decimal import Decimal

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
TRUE = frozenset({"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})
FALSE = frozenset({"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})
_BEYOND_INT64 = 2**63
MOST_DIGITS = 310  # more than any float64 has before its point
_NUMBER_START = re.compile(r"[-+.0-9]")
_INTEGER = re.compile(r"[-+]?(?:0[bB][01_]+|0[oO][0-7_]+|0[xX][0-9a-fA-F_]+|[0-9][0-9_]*)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")


def resolve(text: str) -> str | int | float | bool | None:
    """The value of a plain (unquoted) scalar.

    Raises:
        ValueError: infinity or not-a-number, which JSON cannot hold.
    """
    if text in _NULLS:
        return None
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    if not _NUMBER_START.match(text):
        return text
    if _SPECIAL.match(text):
        raise ValueError(f"{text} cannot be part of a Kubernetes object; JSON has no such number")
    if _INTEGER.match(text):
        return _integer(text)
    digits = text.replace("_", "")
    return _float(digits, text) if _FLOAT.match(digits) else text


def _integer(text: str) -> int | float | str:
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-").replace("_", "")
    if len(digits) > MOST_DIGITS:
        return text
    base = {"0b": 2, "0o": 8, "0x": 16}.get(digits[:2].lower())
    try:
        if base:
            number = int(digits[2:], base)
        elif len(digits) > 1 and digits.startswith("0") and all(one in "01234567" for one in digits):
            number = int(digits, 8)
        else:
            number = int(digits)
    except ValueError:
        return text
    if -_BEYOND_INT64 <= sign * number < _BEYOND_INT64:
        return sign * number
    return text if base else float(sign * number)  # JSON's reader has no larger integers


def _float(digits: str, text: str) -> int | float | str:
    number = float(digits)
    if math.isinf(number):
        return text
    if number.is_integer() and abs(number) < _BEYOND_INT64:
        return int(Decimal(repr(number)))  # the shortest digits, as Go writes it for JSON's reader
    return number

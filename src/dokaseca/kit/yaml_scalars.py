"""What a plain YAML scalar stands for, as Kubernetes' reader sees it (sigs.k8s.io/yaml: YAML 1.1, JSON types)."""

from __future__ import annotations

import math
import re

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})
_FALSE = frozenset({"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})
_NUMBER_START = re.compile(r"[-+.0-9]")
_INTEGER = re.compile(r"[-+]?(?:0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")


def resolve(text: str) -> str | int | float | bool | None:
    """The value of a plain (unquoted) scalar.

    Raises:
        ValueError: infinity or not-a-number, which JSON cannot hold.
    """
    if text in _NULLS:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    if not _NUMBER_START.match(text):
        return text
    if _SPECIAL.match(text):
        raise ValueError(f"{text} cannot be part of a Kubernetes object; JSON has no such number")
    if _INTEGER.match(text):
        return _integer(text)
    if _FLOAT.match(text.replace("_", "")) and not text.startswith("_"):
        number = float(text.replace("_", ""))
        if math.isinf(number):
            return text
        return int(number) if number.is_integer() and abs(number) < 2**53 else number
    return text


def _integer(text: str) -> int | str:
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-").replace("_", "")
    base = {"0b": 2, "0o": 8, "0x": 16}.get(digits[:2].lower())
    try:
        if base:
            return sign * int(digits[2:], base)
        if len(digits) > 1 and digits.startswith("0") and all(one in "01234567" for one in digits):
            return sign * int(digits, 8)
        return sign * int(digits)
    except ValueError:
        return text

"""`semver('1.2.3')`: apiserver/pkg/cel/library/semverlib.go."""

from __future__ import annotations

import re
from typing import Any

from dokaseca.dock.cel.functions import tagged

KIND = "semver"
_NUMBER = r"(0|[1-9]\d*)"
_FORM = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}"
    r"(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*))?"
    r"(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?",
    re.ASCII,
)
_LIMIT = 256  # characters of a version


def _normalized(text: str) -> str:
    """Without a leading `v`, without leading zeros, with three numbers (blang/semver's ParseTolerant)."""
    core, sign, rest = re.fullmatch(r"\s*v?([^-+]*)([-+]?)(.*?)\s*", text, re.DOTALL).groups()  # type: ignore[union-attr]
    numbers = [number.lstrip("0") or "0" if number.isdigit() else number for number in core.split(".")]
    if len(numbers) < 3 and sign:
        raise ValueError("short version cannot contain PreRelease/Build meta data")
    return ".".join([*numbers, "0", "0"][: max(3, len(numbers))]) + sign + rest


def _parsed(text: str, *, is_tolerant: bool) -> str:
    if len(text) > _LIMIT:
        raise ValueError("version is too long")
    wanted = _normalized(text) if is_tolerant else text
    if not _FORM.fullmatch(wanted):
        raise ValueError(f"Invalid character(s) found in version {text!r}")
    return wanted


def make(text: str, is_tolerant: bool = False) -> dict[str, Any]:
    """The version that `text` says; `is_tolerant` normalizes `v1.2` and the like.

    Raises:
        ValueError: it says none.
    """
    return tagged.make(KIND, _parsed(text, is_tolerant=is_tolerant))


def is_valid(text: str, is_tolerant: bool = False) -> bool:
    """Whether `text` is a version."""
    try:
        _parsed(text, is_tolerant=is_tolerant)
    except ValueError:
        return False
    return True


def _numbers(value: Any) -> tuple[int, int, int]:
    found = _FORM.fullmatch(tagged.text(value, KIND))
    if found is None:
        raise ValueError("no such overload")
    return int(found[1]), int(found[2]), int(found[3])


def major(value: Any) -> int:
    """The first number."""
    return _numbers(value)[0]


def minor(value: Any) -> int:
    """The second number."""
    return _numbers(value)[1]


def patch(value: Any) -> int:
    """The third number."""
    return _numbers(value)[2]


def order(value: Any) -> tuple[Any, ...]:
    """What versions are compared by: a pre-release stands before its release, build metadata does not count."""
    found = _FORM.fullmatch(tagged.text(value, KIND))
    before = found[4] if found is not None else None
    if before is None:
        return (_numbers(value), 1, ())
    parts = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in before.split("."))
    return (_numbers(value), 0, parts)

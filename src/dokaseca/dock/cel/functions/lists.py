"""Functions of lists and regular expressions: apiserver/pkg/cel/library/{lists,regex}.go."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Any


def is_sorted(values: list[Any]) -> bool:
    """Whether no element is smaller than the one before."""
    return all(one <= other for one, other in pairwise(values))


def total(values: list[Any]) -> Any:
    """The sum of numbers or durations."""
    if not values:
        return 0
    found = values[0]
    for value in values[1:]:
        found = found + value
    return found


def smallest(values: list[Any]) -> Any:
    """The least element.

    Raises:
        ValueError: there is none.
    """
    if not values:
        raise ValueError("min called on empty list")
    return min(values)


def largest(values: list[Any]) -> Any:
    """The greatest element.

    Raises:
        ValueError: there is none.
    """
    if not values:
        raise ValueError("max called on empty list")
    return max(values)


def index_of(values: list[Any], wanted: Any) -> int:
    """Where `wanted` first stands, -1 for nowhere."""
    return next((index for index, value in enumerate(values) if value == wanted), -1)


def last_index_of(values: list[Any], wanted: Any) -> int:
    """Where `wanted` last stands, -1 for nowhere."""
    return next((index for index in range(len(values) - 1, -1, -1) if values[index] == wanted), -1)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    import re2

    try:
        return re2.compile(pattern)
    except re2.error as error:
        raise ValueError(f"Illegal regex: {pattern!r}") from error


def find(text: str, pattern: str) -> str:
    """The first match, empty for none."""
    found = _compiled(pattern).search(text)
    return "" if found is None else str(found[0])


def find_all(text: str, pattern: str, limit: int = -1) -> list[str]:
    """All matches from the left, at most `limit` of them where that is not negative."""
    found: list[str] = []
    for match in _compiled(pattern).finditer(text):
        if 0 <= limit <= len(found):
            break
        found.append(str(match[0]))
    return found

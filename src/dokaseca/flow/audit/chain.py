"""The chain: every record carries the digest of the one before. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from dokaseca.kit import digest
from dokaseca.model.errors import IntegrityError


def link(body: dict[str, Any], previous: str) -> bytes:
    """One line of JSON: the record, the digest of the line before, and its own over both."""
    linked = {**body, "previous": previous}
    return orjson.dumps({**linked, "digest": digest.of_value(linked)})


def verify(lines: Iterable[bytes]) -> int:
    """How many records the trail holds.

    Raises:
        IntegrityError: a line was changed, removed, added or moved; says which.
    """
    previous, count = "", 0
    for number, line in enumerate(lines, start=1):
        try:
            entry = orjson.loads(line)
            is_canonical = orjson.dumps(entry) == line  # other bytes for the same values are a change as well
            claimed = entry.pop("digest")
        except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
            raise IntegrityError("is not a record", reason="BrokenChain", subject=f"audit line {number}") from error
        if not is_canonical or entry.get("previous") != previous or digest.of_value(entry) != claimed:
            raise IntegrityError(
                "does not continue the chain: it, or a line before it, was changed",
                reason="BrokenChain",
                subject=f"audit line {number}",
            )
        previous, count = claimed, number
    return count

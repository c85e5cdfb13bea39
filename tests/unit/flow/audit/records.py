"""Records and sinks for the tests of the audit room."""

from __future__ import annotations

from typing import Any

import orjson

from dokaseca.flow.audit.record import Record
from dokaseca.kit.clock import FakeClock
from dokaseca.model.errors import DokaSecaError


def record(**fields: Any) -> Record:
    """A sync that succeeded, unless `fields` say otherwise."""
    base: dict[str, Any] = {
        "time": FakeClock().now(),
        "actor": "automated",
        "verb": "sync",
        "subject": "Application argocd/web",
        "revisions": ("a" * 40,),
        "outcome": "Succeeded",
        "message": "successfully synced",
        "counts": {"created": 1},
    }
    return Record(**(base | fields))


class ListSink:
    """A trail in memory; `errors` are raised by the next appends, one each."""

    def __init__(self, *errors: DokaSecaError) -> None:
        self.lines: list[bytes] = []
        self.errors = list(errors)

    def last_digest(self) -> str:
        return str(orjson.loads(self.lines[-1])["digest"]) if self.lines else ""

    def append(self, line: bytes) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.lines.append(line)

"""Rate limits out of headers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dokaseca.adapters.scm import limits

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SOON = str(int(NOW.timestamp()) + 90)


@pytest.mark.parametrize(
    ("status", "headers", "body", "seconds"),
    [
        (429, {}, b"", 60),
        (429, {"retry-after": "7"}, b"", 7),
        (429, {"retry-after": "0"}, b"", 1),
        (429, {"retry-after": "99999999999999999999"}, b"", 3600),
        (429, {"retry-after": "Thu, 01 Jan 2026 00:02:00 GMT"}, b"", 120),
        (429, {"retry-after": "Thu, 01 Jan 2026 00:02:00 -0000"}, b"", 120),
        (429, {"retry-after": "soon"}, b"", 60),
        (429, {"ratelimit-remaining": "0", "ratelimit-reset": SOON}, b"", 90),
        (429, {"ratelimit-reset": "x"}, b"", 60),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": SOON}, b"", 90),
        (403, {"x-ratelimit-remaining": "0"}, b"", 60),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "5"}, b"", 1),
        (403, {"retry-after": "30"}, b"", 30),
        (403, {}, b'{"message":"You have exceeded a secondary RATE LIMIT."}', 60),
        (503, {"retry-after": "30"}, b"", 30),
        (403, {}, b'{"message":"Forbidden"}', None),
        (403, {"x-ratelimit-remaining": "12", "x-ratelimit-reset": SOON}, b"", None),
        (401, {"x-ratelimit-remaining": "0"}, b"", None),
        (503, {}, b"", None),
        (200, {"x-ratelimit-remaining": "0"}, b"", None),
    ],
)
def test_a_refusal_tells_how_long_to_wait(
    status: int, headers: dict[str, str], body: bytes, seconds: float | None
) -> None:
    assert limits.refusal_seconds_or_none(status, headers, body, NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"x-ratelimit-remaining": "1", "x-ratelimit-reset": SOON}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": SOON}, 90),
        ({"retry-after": "5"}, 5),
    ],
)
def test_an_answer_may_ask_for_a_pause(headers: dict[str, str], seconds: float | None) -> None:
    assert limits.pause_seconds_or_none(headers, NOW) == seconds

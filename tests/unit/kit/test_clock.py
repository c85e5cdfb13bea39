"""Times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from dokaseca.kit import clock


def test_times_are_written_as_kubernetes_writes_them() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 999999, tzinfo=timezone(timedelta(hours=2)))
    assert clock.rfc3339(moment) == "2026-01-02T01:04:05Z"


@pytest.mark.parametrize(
    "text", ["2026-01-02T01:04:05Z", "2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05.000000000Z"]
)
def test_times_are_read_as_utc(text: str) -> None:
    found = clock.parse_rfc3339(text)
    assert found == datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)
    assert found.tzinfo is UTC


@pytest.mark.parametrize("text", ["", "soon", "2026-01-02T01:04:05", "2026-13-01T00:00:00Z"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"offset|isoformat|month"):
        clock.parse_rfc3339(text)


def test_a_fake_clock_moves_when_told_to() -> None:
    fake = clock.FakeClock()
    before = fake.now(), fake.monotonic_seconds()
    fake.advance(90)
    assert (fake.now() - before[0]).total_seconds() == fake.monotonic_seconds() - before[1] == 90


def test_the_machines_clock_is_aware_and_never_goes_back() -> None:
    system = clock.SystemClock()
    assert system.now().tzinfo is UTC
    assert system.monotonic_seconds() <= system.monotonic_seconds()

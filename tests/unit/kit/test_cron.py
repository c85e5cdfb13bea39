"""Cron schedules."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dokaseca.kit import cron

START = datetime(2026, 1, 1, 10, 30, 20, tzinfo=UTC)  # a Thursday


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("* * * * *", "2026-01-01T10:31"),
        ("*/15 * * * *", "2026-01-01T10:45"),
        ("5/20 * * * *", "2026-01-01T10:45"),
        ("0 3 * * *", "2026-01-02T03:00"),
        ("30 10 * * *", "2026-01-02T10:30"),
        ("0 0 29 2 *", "2028-02-29T00:00"),
        ("0 12 * * sun", "2026-01-04T12:00"),
        ("0 12 * * 7", "2026-01-04T12:00"),
        ("0 12 * * mon-fri", "2026-01-01T12:00"),
        ("0 0 13 * fri", "2026-01-02T00:00"),
        ("0 0 1 jun,dec *", "2026-06-01T00:00"),
        ("@hourly", "2026-01-01T11:00"),
        ("@weekly", "2026-01-04T00:00"),
    ],
)
def test_the_next_time_is_the_first_that_matches(schedule: str, expected: str) -> None:
    found = cron.parse(schedule).after(START)
    assert found is not None
    assert found.strftime("%Y-%m-%dT%H:%M") == expected


def test_a_day_that_never_comes_is_not_waited_for() -> None:
    assert cron.parse("0 0 30 2 *").after(START) is None


@pytest.mark.parametrize(
    "text", ["", "* * * *", "60 * * * *", "* * * * * *", "a * * * *", "*/0 * * * *", "5-2 * * * *"]
)
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"five fields|not within|at least 1|invalid literal"):
        cron.parse(text)

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dokaseca.policy import windows

NOON = datetime(2026, 1, 5, 12, 0, 30, tzinfo=UTC)  # a Monday
SUBJECT = windows.Subject("shop", "team", ("dev", "https://dev.example.com"))


def window(kind: str, schedule: str = "0 12 * * *", duration: str = "1h", **more: Any) -> dict[str, Any]:
    return {"kind": kind, "schedule": schedule, "duration": duration, "applications": ["*"], **more}


def ask(*listed: Any, manual: bool = False, now: datetime = NOON, started_at: datetime | None = None) -> windows.Answer:
    project = {"metadata": {"name": "p"}, "spec": {"syncWindows": list(listed)}}
    return windows.permits(project, SUBJECT, now, manual=manual, started_at=started_at)


def allowed(*listed: Any, **how: Any) -> bool:
    return ask(*listed, **how).decision.allowed


OPEN, CLOSED = "0 12 * * *", "0 3 * * *"


@pytest.mark.parametrize(
    ("listed", "by_policy", "by_hand"),
    [
        ([], True, True),
        ([window("allow", OPEN)], True, True),
        ([window("allow", CLOSED)], False, False),
        ([window("allow", CLOSED, manualSync=True)], False, True),
        ([window("allow", CLOSED, manualSync=True), window("allow", CLOSED)], False, False),
        ([window("allow", CLOSED), window("allow", OPEN)], True, True),
        ([window("deny", OPEN)], False, False),
        ([window("deny", CLOSED)], True, True),
        ([window("deny", OPEN, manualSync=True)], False, True),
        ([window("deny", OPEN, manualSync=True), window("deny", OPEN)], False, False),
        ([window("deny", OPEN), window("allow", OPEN)], False, False),
        ([window("deny", CLOSED), window("allow", CLOSED)], False, False),
    ],
)
def test_denials_beat_allowances_and_manual_syncs_may_be_let_through(
    listed: list[Any], by_policy: bool, by_hand: bool
) -> None:
    assert (allowed(*listed), allowed(*listed, manual=True)) == (by_policy, by_hand)


@pytest.mark.parametrize(
    ("named", "concerns"),
    [
        ({"applications": ["sh*"]}, True),
        ({"applications": ["other"]}, False),
        ({"namespaces": ["te?m"]}, True),
        ({"clusters": ["dev"]}, True),
        ({"clusters": ["https://dev.*"]}, True),
        ({"clusters": ["prod"]}, False),
        ({"applications": ["other"], "namespaces": ["team"]}, True),
        ({"applications": ["other"], "namespaces": ["team"], "andOperator": True}, False),
        ({"applications": ["shop"], "namespaces": ["team"], "andOperator": True}, True),
        ({}, False),
    ],
)
def test_a_window_concerns_what_it_names(named: dict[str, Any], concerns: bool) -> None:
    entry = {"kind": "deny", "schedule": OPEN, "duration": "1h", **named}
    assert allowed(entry) is not concerns


@pytest.mark.parametrize(
    ("zone", "hour", "is_open"), [("UTC", 12, True), ("Europe/Berlin", 13, True), ("Europe/Berlin", 12, False)]
)
def test_a_schedule_is_read_in_its_time_zone(zone: str, hour: int, is_open: bool) -> None:
    assert allowed(window("allow", f"0 {hour} * * *", "30m", timeZone=zone)) is is_open


def test_a_window_is_open_from_its_first_moment_until_its_last() -> None:
    start = NOON.replace(second=0)
    moments = {start - timedelta(seconds=1): False, start: True, start + timedelta(minutes=59, seconds=59): True}
    moments[start + timedelta(hours=1)] = False
    assert {at: allowed(window("allow"), now=at) for at in moments} == moments


def test_the_answer_tells_when_a_window_turns() -> None:
    start = NOON.replace(second=0)
    assert ask(window("deny")).changes_at == start + timedelta(hours=1)
    assert ask(window("allow", CLOSED)).changes_at == start.replace(hour=3) + timedelta(days=1)
    assert "2026-01-05T13:00:00Z" in ask(window("deny")).decision.reason


@pytest.mark.parametrize(("overruns", "expected"), [(True, True), (False, False)])
def test_a_sync_that_began_in_time_may_end_where_the_window_says_so(overruns: bool, expected: bool) -> None:
    before = NOON - timedelta(minutes=5)
    assert allowed(window("deny", syncOverrun=overruns), started_at=before) is expected
    assert not allowed(window("deny", syncOverrun=overruns), started_at=NOON)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"kind": "maybe"}, "neither allow nor deny"),
        ({"schedule": "every day"}, "five fields"),
        ({"schedule": "99 * * * *"}, "not within"),
        ({"duration": "soon"}, "not a duration"),
        ({"duration": "-1h"}, "lies not between"),
        ({"timeZone": "Mars/Base"}, "time zone 'Mars/Base' is not known"),
    ],
)
def test_a_window_that_cannot_be_read_denies(broken: dict[str, Any], said: str) -> None:
    decision = ask({**window("allow"), **broken}, manual=True).decision
    assert not decision.allowed
    assert said in decision.reason


def test_more_windows_than_anybody_writes_deny() -> None:
    assert "at most 100" in ask(*[window("allow")] * 101).decision.reason

"""Sources that failed time and again rest for a while."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dokaseca.flow.render import failures
from dokaseca.flow.render.failures import Failures, Pause
from dokaseca.model.errors import UserError

WRONG = UserError("line 3 is wrong", reason="InvalidYAML", subject="app/a.yaml")


class Hands:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    def monotonic_seconds(self) -> float:
        return self.seconds


def failed(times: int, pause: Pause | None = None) -> tuple[Failures, Hands]:
    clock = Hands()
    memory = Failures(clock, pause)
    for _ in range(times):
        memory.check("key")
        memory.note("key", WRONG)
    return memory, clock


def test_the_third_failure_begins_an_hour_of_rest_that_repeats_the_error() -> None:
    memory, clock = failed(3)
    with pytest.raises(
        UserError, match=r"app/a\.yaml: manifest generation error \(cached\): line 3 is wrong"
    ) as caught:
        memory.check("key")
    assert caught.value.reason == "InvalidYAML"
    memory.check("another")
    clock.seconds = 3599
    with pytest.raises(UserError):
        memory.check("key")
    clock.seconds = 3600
    memory.check("key")


def test_success_or_a_hard_refresh_begins_to_count_anew() -> None:
    memory, _ = failed(3)
    memory.forget("key")
    memory.check("key")
    memory.note("key", WRONG)
    memory.check("key")


def test_a_number_of_answers_ends_the_rest_too() -> None:
    memory, _ = failed(3, Pause(minutes=0, requests=2))
    for _ in range(2):
        with pytest.raises(UserError):
            memory.check("key")
    memory.check("key")


def test_it_can_be_switched_off() -> None:
    failed(10, Pause(after_count=0))


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "KEPT", 2)
    memory, _ = failed(3)
    memory.note("b", WRONG)
    memory.note("c", WRONG)
    memory.check("key")

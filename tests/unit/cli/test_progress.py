from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from dokaseca.cli import progress
from dokaseca.cli.progress import Reporter, TerminalReporter
from dokaseca.wiring.overview import ClusterRow, UpOutcome
from dokaseca.wiring.settings import Progress

MIB = 2**20
HUB = ClusterRow("hub", 7, "control-plane", "4/4", "0/0", "Synced", "Healthy", "4.5s")
DEV = ClusterRow("dev", 16, "dev", "8/9", "7/7", "OutOfSync", "Degraded", "")


class Clock:
    """`time.monotonic` as a test wants it."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    found = Clock()
    monkeypatch.setattr(time, "monotonic", found)
    yield found
    monkeypatch.undo()


def count(done: int, total: int = 46, detail: str = "4 clusters") -> Progress:
    return Progress("applications ready", detail, done, total)


# --- plain lines ----------------------------------------------------------------------------------------------------


def test_every_step_has_its_line_with_the_time_since_the_start(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with Reporter() as reporter:
        clock.now += 0.25
        reporter.progress(Progress("hub is up", "https://127.0.0.1:40000"))
        clock.now += 12
        reporter.progress(Progress("engine"))
    assert capsys.readouterr().out == "   0.2s  hub is up: https://127.0.0.1:40000\n  12.2s  engine\n"


def test_a_count_has_at_most_a_line_a_second(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with Reporter() as reporter:
        for done in range(31):
            reporter.progress(count(done))
            clock.now += 0.125
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "   0.0s  applications ready 0/46: 4 clusters",
        "   1.0s  applications ready 8/46: 4 clusters",
        "   2.0s  applications ready 16/46: 4 clusters",
        "   3.0s  applications ready 24/46: 4 clusters",
    ]


def test_the_end_of_a_count_and_another_step_are_never_held_back(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with Reporter() as reporter:
        reporter.progress(count(45))
        reporter.progress(count(46))
        reporter.progress(Progress("engine", "done"))
        reporter.progress(count(1))
    assert [line[9:] for line in capsys.readouterr().out.splitlines()] == [
        "applications ready 45/46: 4 clusters",
        "applications ready 46/46: 4 clusters",
        "engine: done",
        "applications ready 1/46: 4 clusters",
    ]


def test_nothing_new_is_not_said_again(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with Reporter() as reporter:
        for _ in range(50):
            reporter.progress(count(46))
            clock.now += 1.0
    assert len(capsys.readouterr().out.splitlines()) == 1


# --- the outcome ----------------------------------------------------------------------------------------------------


def test_a_converged_platform_is_a_table_and_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    Reporter().outcome(UpOutcome(True, (HUB,), (), 6.94, 252 * MIB))
    assert capsys.readouterr().out == (
        "CLUSTER   ENVIRONMENT     ADDONS   WORKLOADS   SYNC     HEALTH    TIME\n"
        "hub       control-plane   4/4      0/0         Synced   Healthy   4.5s\n"
        "\n"
        "converged in 6.9 s, 252 MB at the most\n"
    )


def test_what_is_not_as_it_should_be_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = Reporter()
    reporter.keeps_running = True
    reasons = ("cluster dev is Failed: port 1 is in use", "and 2 more")
    reporter.outcome(UpOutcome(False, (HUB, DEV), reasons, 300.0, 0))
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split() == ["dev", "dev", "8/9", "7/7", "OutOfSync", "Degraded"]
    assert lines[4:] == [
        "NOT converged in 300.0 s, 0 MB at the most",
        "  - cluster dev is Failed: port 1 is in use",
        "  - and 2 more",
        "syncing; Ctrl-C stops it",
    ]


def test_texts_of_a_cluster_neither_steer_the_terminal_nor_show_credentials(capsys: pytest.CaptureFixture[str]) -> None:
    evil = "no \x1b]0;title\x07\n2026-01-01 INFO synced https://u:s3cret@git.test/r"
    reporter = Reporter()
    reporter.progress(Progress("engine", evil))
    reporter.outcome(UpOutcome(False, (HUB,), (evil,), 1.0, MIB))
    said = capsys.readouterr().out
    assert all(line.isprintable() for line in said.splitlines())
    assert not [line for line in said.splitlines() if line.startswith("2026")]
    assert said.count("no  ]0;title  2026-01-01 INFO synced https://********@git.test/r") == 2


def test_the_table_has_a_row_per_cluster() -> None:
    found = progress.table(UpOutcome(False, (HUB, DEV), ()))
    assert [len(row) for row in found.rows] == [len(found.columns)] * 2


# --- a terminal -----------------------------------------------------------------------------------------------------


def test_on_a_terminal_counts_move_a_bar_and_steps_stay_lines(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with TerminalReporter() as reporter:
        reporter.progress(Progress("hub is up"))
        for done in range(47):
            reporter.progress(count(done))
        assert reporter._bar is not None
        task = reporter._bar.tasks[0]
        assert (task.description, task.completed, task.total) == ("applications ready", 46, 46)
        reporter.outcome(UpOutcome(True, (HUB,), (), 1.0, MIB))
        reporter.progress(count(46))  # after the end it is lines again
    said = capsys.readouterr().out
    assert said.index("hub is up") < said.index("CLUSTER") < said.index("converged in 1.0 s")
    assert said.count("applications ready 46/46") == 1


def test_a_bar_ends_with_an_error_too() -> None:
    reporter = TerminalReporter()
    with pytest.raises(KeyError), reporter:
        raise KeyError("x")
    assert reporter._bar is None

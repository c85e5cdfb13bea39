"""How `up` tells what it does: plain lines, or a moving line where a person looks on."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING

import click

from dokaseca.cli import output, shown
from dokaseca.cli.output import Table
from dokaseca.wiring.overview import UpOutcome
from dokaseca.wiring.settings import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

LINE_SECONDS = 1.0  # between two lines about the same count: enough to see it move
MIB = 1024 * 1024


class Reporter:
    """Prints a line per step, and for counts at most one a second: `wiring.settings.Listener`.

    Attributes:
        keeps_running: whether the platform goes on after its outcome.
    """

    def __init__(self) -> None:
        self.keeps_running = False
        self._started = time.monotonic()
        self._last = Progress("")
        self._last_at = 0.0

    def __enter__(self) -> Reporter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to put back."""

    def progress(self, progress: Progress) -> None:
        if progress == self._last:
            return
        now = time.monotonic()
        is_count = progress.total and progress.step == self._last.step
        if is_count and progress.done != progress.total and now - self._last_at < LINE_SECONDS:
            return
        self._last, self._last_at = progress, now
        self._show(progress, now - self._started)

    def outcome(self, outcome: UpOutcome) -> None:
        """The final table, and why it is not as it should be."""
        output.print_table(table(outcome))
        state = "converged" if outcome.converged else "NOT converged"
        click.echo(f"\n{state} in {outcome.seconds:.1f} s, {outcome.memory_bytes / MIB:.0f} MB at the most")
        for reason in outcome.reasons:
            click.echo(f"  - {shown.line(reason)}")
        if self.keeps_running:
            click.echo("syncing; Ctrl-C stops it")

    def _show(self, progress: Progress, seconds: float) -> None:
        click.echo(f"{seconds:6.1f}s  {text(progress)}")


class TerminalReporter(Reporter):
    """The same lines, and below them a bar that moves; log lines appear above it."""

    def __init__(self) -> None:
        super().__init__()
        self._bar: Bar | None = None

    def __enter__(self) -> Reporter:
        from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        self._bar = Bar(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            transient=True,
        )
        self._bar.add_task("starting", total=None)
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def progress(self, progress: Progress) -> None:
        if self._bar is None or not progress.total:
            super().progress(progress)
            return
        self._bar.update(
            self._bar.task_ids[0], description=shown.line(progress.step), total=progress.total, completed=progress.done
        )

    def outcome(self, outcome: UpOutcome) -> None:
        self._stop()
        super().outcome(outcome)

    def _stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def text(progress: Progress) -> str:
    """A step as one line."""
    count = f" {progress.done}/{progress.total}" if progress.total else ""
    return shown.line(f"{progress.step}{count}" + (f": {progress.detail}" if progress.detail else ""))


def table(outcome: UpOutcome) -> Table:
    """A row per cluster."""
    rows = [
        (row.cluster, row.environment, row.addons, row.workloads, row.sync, row.health, row.time)
        for row in outcome.rows
    ]
    return Table(("CLUSTER", "ENVIRONMENT", "ADDONS", "WORKLOADS", "SYNC", "HEALTH", "TIME"), rows)

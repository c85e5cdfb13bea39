"""One execution of a template: its output, its variables, its budget."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from dokaseca.generate.templates.gotemplate.errors import ExecError
from dokaseca.kit import bounds
from dokaseca.kit.clock import Clock


class Run:
    """One execution: output, variables, and what is left of the budget."""

    __slots__ = ("clock", "depth", "frame", "out", "size", "steps")

    def __init__(self, clock: Clock, frame: list[Any]) -> None:
        self.clock = clock
        self.frame = frame
        self.out: list[str] = []
        self.size = 0
        self.steps = 0
        self.depth = 0

    def write(self, text: str) -> None:
        """Append to the output, within its limit."""
        self.size += len(text)
        if self.size > bounds.TEMPLATE_OUTPUT_BYTES:
            raise ExecError(f"the output is larger than {bounds.TEMPLATE_OUTPUT_BYTES} bytes")
        self.out.append(text)

    def step(self) -> None:
        """Count one loop turn or call."""
        self.steps += 1
        if self.steps > bounds.TEMPLATE_STEPS:
            raise ExecError(f"the template takes more than {bounds.TEMPLATE_STEPS} steps")


Expression: TypeAlias = Callable[[Run, Any], Any]
Statement: TypeAlias = Callable[[Run, Any], int]
Stage: TypeAlias = Callable[[Run, Any, Any], Any]  # a command: run, dot, and the value piped in or NO_FINAL

NO_FINAL: Final = object()  # nothing is piped in

"""One execution of a template: its output, its variables, its budget."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from dokaseca.generate.templates.gotemplate.errors import CallError, ExecError
from dokaseca.kit import bounds
from dokaseca.kit.clock import Clock

Nested: TypeAlias = Callable[["Run", str, Any], str]  # `tpl`: a text as a template within this run


class Run:
    """One execution: output, variables, and what is left of the budget.

    A step is a loop turn or a call. Large values cost more, so that neither time nor memory depends on what is in them.
    """

    __slots__ = ("clock", "depth", "frame", "nested", "out", "size", "steps")

    def __init__(self, clock: Clock, frame: list[Any], nested: Nested) -> None:
        self.clock = clock
        self.frame = frame
        self.nested = nested
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

    def charge(self, steps: int) -> None:
        """Count `steps` more.

        Raises:
            CallError: the budget is used up.
        """
        self.steps += steps
        if self.steps > bounds.TEMPLATE_STEPS:
            raise CallError(f"the template takes more than {bounds.TEMPLATE_STEPS} steps")


Expression: TypeAlias = Callable[[Run, Any], Any]
Statement: TypeAlias = Callable[[Run, Any], int]
Stage: TypeAlias = Callable[[Run, Any, Any], Any]  # a command: run, dot, and the value piped in or NO_FINAL

NO_FINAL: Final = object()  # nothing is piped in
UNDEFINED: Final = object()  # what a variable's place holds before it is declared

"""Calls of functions: arguments, types, short circuit, and errors with their place."""

from __future__ import annotations

from typing import Any

from dokaseca.generate.templates.gotemplate import functions as function_table
from dokaseca.generate.templates.gotemplate import values
from dokaseca.generate.templates.gotemplate.errors import CallError, ExecError
from dokaseca.generate.templates.gotemplate.nodes import Command, Function, Literal, Operand
from dokaseca.generate.templates.gotemplate.run import NO_FINAL, Expression, Run, Stage
from dokaseca.kit import bounds

_REFUSALS = (
    ArithmeticError,
    LookupError,
    TypeError,
    ValueError,
    RecursionError,
    MemoryError,
)  # of the standard library


class Invocation:
    """One call of one function."""

    __slots__ = ("_arguments", "_function", "_kinds", "_name", "_node")

    def __init__(
        self, function: function_table.Function, kinds: str, arguments: list[Expression], node: Command, name: str
    ) -> None:
        self._function = function
        self._kinds = kinds
        self._arguments = arguments
        self._node = node
        self._name = name

    def run(self, run: Run, dot: Any, final: Any) -> Any:
        """Evaluate the arguments, check them, call."""
        run.step()
        given = [argument(run, dot) for argument in self._arguments]
        if final is not NO_FINAL:
            given.append(final)
        node = self._node
        try:
            given = [function_table.checked(kind, value) for kind, value in zip(self._kinds, given, strict=True)]
        except CallError as error:
            raise ExecError(error.message, node.offset, node.source) from error
        try:
            if self._function.takes_clock:
                return self._function.call(run.clock, *given)
            result = self._function.call(*given)
        except (CallError, *_REFUSALS) as error:
            reason = error.message if isinstance(error, CallError) else type(error).__name__
            raise ExecError(f"error calling {self._name}: {reason}", node.offset, node.source) from error
        if isinstance(result, str) and len(result) > bounds.TEMPLATE_OUTPUT_BYTES:
            raise ExecError(
                f"error calling {self._name}: the result is larger than {bounds.TEMPLATE_OUTPUT_BYTES} bytes",
                node.offset,
                node.source,
            )
        return result


def idealised(kind: str, expression: Expression, node: Operand) -> Expression:
    """A constant takes the type of its parameter: 3.0 is an int where an int is wanted, 3 a float for a float."""
    if isinstance(node, Literal) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        number = node.value
        if kind == "i" and isinstance(number, float) and number.is_integer():
            whole = int(number)
            return lambda run, dot: whole
        if kind == "f":
            real = float(number)
            return lambda run, dot: real
    return expression


def short_circuit(word: Function, arguments: list[Expression], count: int) -> Stage:
    """`and` and `or`: evaluation stops at the first value that decides."""
    stops_at = word.name == "or"
    if not count:
        problem = f"wrong number of args for {word.name}: want at least 1 got 0"
        return always_failing(problem, word.offset, word.source)

    def decide(run: Run, dot: Any, final: Any) -> Any:
        run.step()
        value: Any = None
        for argument in arguments:
            value = argument(run, dot)
            if values.is_true(value) == stops_at:
                return value
        return value if final is NO_FINAL else final

    return decide


def always_failing(problem: str, offset: int, source: str) -> Stage:
    """Go finds these only when the node is reached, so that a branch never taken may hold them."""

    def fail(run: Run, dot: Any, final: Any) -> Any:
        raise ExecError(problem, offset, source)

    return fail

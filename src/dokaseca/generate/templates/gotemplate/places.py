"""Where Go says that something went wrong: at the node that it looked at last, which need not be the culprit."""

from __future__ import annotations

from typing import NoReturn, TypeAlias

from dokaseca.generate.templates.gotemplate.errors import ExecError
from dokaseca.generate.templates.gotemplate.nodes import (
    Chain,
    Command,
    Dot,
    Field,
    Function,
    Invoke,
    Literal,
    Number,
    Operand,
    Pipeline,
    Variable,
)

Seen: TypeAlias = Operand | Command | Invoke


def last_seen(operand: Operand) -> Seen:
    """The node that has been looked at last when `operand` has been evaluated."""
    if isinstance(operand, Pipeline):
        return last_of_command(operand.commands[-1])
    return last_seen(operand.operand) if isinstance(operand, Chain) else operand


def last_of_command(command: Command) -> Seen:
    """The same for a command."""
    first = command.words[0]
    if len(command.words) > 1 and isinstance(first, Function | Field | Chain | Variable):
        return last_seen(command.words[-1])
    return first if isinstance(first, Function | Field | Variable | Dot | Literal | Number) else last_seen(first)


def fail(message: str, node: Seen, template: str, cause: Exception | None = None) -> NoReturn:
    """Say what went wrong at `node`.

    Raises:
        ExecError: always.
    """
    raise ExecError(message, node.offset, str(node), template) from cause

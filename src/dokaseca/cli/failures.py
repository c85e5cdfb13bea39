"""Errors as people and scripts see them: the only place that turns one into a message and an exit code."""

from __future__ import annotations

import logging
import traceback

import click

from dokaseca.cli import exit_codes
from dokaseca.kit import redact
from dokaseca.model.errors import ConflictError, DokaSecaError, TransientError, WaitingError

HINTS = {
    "ClusterUnreachable": "`dokaseca doctor` tells what is wrong on this machine",
    "Conflict": "somebody else changed it at the same moment; run the command again",
    "InvalidSelector": "a selector reads like environment=prod,team-a!=true or 'cloud in (aws,azure)'",
    "ProgramMissing": "`dokaseca doctor` lists what the platform needs",
}
REPORT_AT = "https://dokaseca.dev"


def report(error: BaseException) -> int:
    """Say on stderr what happened; the exit code that goes with it."""
    error = _innermost(error)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return exit_codes.USAGE
    if isinstance(error, click.Abort | KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return exit_codes.INTERRUPTED
    if isinstance(error, click.ClickException):
        _say(error.format_message(), _usage_hint(error))
        return exit_codes.USAGE
    if isinstance(error, DokaSecaError):
        _say(str(error), HINTS.get(error.reason, ""))
        return code_of(error)
    return _bug(error)


def code_of(error: DokaSecaError) -> int:
    """The exit code that a deliberate error stands for."""
    is_temporary = isinstance(error, TransientError | WaitingError | ConflictError)
    return exit_codes.UNREACHABLE if is_temporary else exit_codes.USAGE


def _bug(error: BaseException) -> int:
    if logging.getLogger("dokaseca").isEnabledFor(logging.DEBUG):
        click.echo(redact.text("".join(traceback.format_exception(error))), err=True, nl=False)
    where = traceback.extract_tb(error.__traceback__)[-1:]
    place = f" at {where[0].filename.rpartition('/')[2]}:{where[0].lineno}" if where else ""
    said = f"{type(error).__name__}: {error}".splitlines()[0]
    _say(
        f"dokaseca failed unexpectedly{place} ({said})",
        f"please report it at {REPORT_AT}; --log-level debug shows where it comes from",
    )
    return exit_codes.BUG


def _say(message: str, hint: str) -> None:
    click.echo(f"{click.style('error:', fg='red', bold=True)} {redact.text(message)}", err=True)
    if hint:
        click.echo(f"hint: {hint}", err=True)


def _usage_hint(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f"see `{context.command_path} --help`" if context is not None else ""


def _innermost(error: BaseException) -> BaseException:
    """The first error of a group of them; what tasks raise comes wrapped."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error

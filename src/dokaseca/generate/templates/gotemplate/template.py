"""One template text to one function, cached; template errors become UserErrors with line and column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

from dokaseca.generate.templates.gotemplate import compiler, parser
from dokaseca.generate.templates.gotemplate.errors import CallError, ExecError, MissingKey, ParseError, TemplateError
from dokaseca.generate.templates.gotemplate.run import Run
from dokaseca.generate.templates.gotemplate.sprig.crypto import REFUSED
from dokaseca.generate.templates.gotemplate.table import FUNCTIONS
from dokaseca.kit import bounds
from dokaseca.kit.clock import Clock
from dokaseca.model.errors import UserError

_CACHED_TEMPLATES: Final = 8192  # distinct strings of a few hundred ApplicationSets
_MODES: Final = {"default": "default", "invalid": "default", "zero": "zero", "error": "error"}
_SHOWN: Final = 120  # characters of a template that an error message may quote

Renderer = Callable[[Any, Clock], str]


class MissingKeyError(UserError):
    """Under `missingkey=error`: a parameter that the template names is not there."""


def missing_key_mode(options: Sequence[str]) -> str:
    """The mode that `goTemplateOptions` ask for; the last one wins.

    Raises:
        UserError: an option that text/template does not know.
    """
    mode = "default"
    for option in options:
        name, _, value = option.partition("=")
        if name != "missingkey" or value not in _MODES:
            raise UserError(
                f"unrecognized goTemplateOptions entry {option!r}; use missingkey=default|invalid|zero|error",
                reason="InvalidTemplateOption",
            )
        mode = _MODES[value]
    return mode


@lru_cache(maxsize=_CACHED_TEMPLATES)
def compile_text(text: str, missing_key: str = "default") -> tuple[Renderer, bool] | None:
    """A function from (data, clock) to the rendered text, and whether it may change maps in the data; None when `text`
    holds no action.

    Raises:
        UserError: reason TemplateParseError: the text is no template, with line and column.
    """
    if "{{" not in text:
        return None
    if len(text) > bounds.TEMPLATE_OUTPUT_BYTES:
        raise UserError(f"template is longer than {bounds.TEMPLATE_OUTPUT_BYTES} bytes", reason="TemplateParseError")
    try:
        templates = parser.parse(text, FUNCTIONS, REFUSED)
        statement, frame_size = compiler.compile_templates(templates, FUNCTIONS, missing_key)
    except ParseError as error:
        raise UserError(_parse_message(text, error), reason="TemplateParseError") from error
    except RecursionError as error:
        raise UserError("template is nested too deep", reason="TemplateParseError") from error

    def render(data: Any, clock: Clock) -> str:
        frame: list[Any] = [None] * frame_size
        frame[0] = data
        run = Run(clock, frame)
        try:
            statement(run, data)
        except (ExecError, CallError) as error:
            kind = MissingKeyError if isinstance(error, MissingKey) else UserError
            raise kind(_exec_message(text, error), reason="TemplateError") from error
        except RecursionError as error:
            raise UserError(
                f"failed to execute go template {_shown(text)}: too deep", reason="TemplateError"
            ) from error
        return "".join(run.out)

    return render, any(FUNCTIONS[name].mutates for name in templates.functions)


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Line from 1, column from 0 in bytes, as text/template counts."""
    before = text[:offset]
    start = before.rfind("\n") + 1
    return before.count("\n") + 1, len(before[start:].encode(errors="replace"))


def _parse_message(text: str, error: TemplateError) -> str:
    line, _ = _line_and_column(text, error.offset)
    return f"failed to parse template {_shown(text)}: template: :{line}: {error.message}"


def _exec_message(text: str, error: TemplateError) -> str:
    line, column = _line_and_column(text, error.offset)
    context = f' executing "" at <{_shown(error.context)}>:' if error.context else ""
    return f"failed to execute go template {_shown(text)}: template: :{line}:{column}:{context} {error.message}"

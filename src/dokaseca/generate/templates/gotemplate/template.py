"""One template text to one function, cached; template errors become UserErrors with line and column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from dokaseca.generate.templates.gotemplate import compiler, octets, parser, quoting
from dokaseca.generate.templates.gotemplate.compiler import TEMPLATE_DEPTH, Language, Program
from dokaseca.generate.templates.gotemplate.errors import CallError, ExecError, MissingKey, ParseError, TemplateError
from dokaseca.generate.templates.gotemplate.nodes import Body, Templates
from dokaseca.generate.templates.gotemplate.run import Nested, Run
from dokaseca.generate.templates.gotemplate.table import FUNCTIONS, METHODS, REFUSED
from dokaseca.kit import bounds
from dokaseca.kit.clock import Clock
from dokaseca.model.errors import UserError

_CACHED_TEMPLATES: Final = 8192  # distinct strings of a few hundred ApplicationSets
_CACHED_CHARACTERS: Final = 16 * 1024  # a longer template is parsed each time: the cache stays small
_MODES: Final = {"default": "default", "invalid": "default", "zero": "zero", "error": "error"}
_SHOWN: Final = 120  # characters of a template that an error message may quote
_SHOWN_CONTEXT: Final = 400
_SHOWN_MESSAGE: Final = 1000
_TOO_DEEP: Final = "the template is nested too deep"

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


def compile_text(text: str, missing_key: str = "default") -> tuple[Renderer, bool] | None:
    """A function from (data, clock) to the rendered text, and whether it may change maps in the data; None when `text`
    holds no action.

    Raises:
        UserError: reason TemplateParseError: the text is no template, with line and column.
    """
    if "{{" not in text:
        return None
    if len(text) <= _CACHED_CHARACTERS:
        return _compiled(text, missing_key)
    if len(text) > bounds.OBJECT_BYTES:
        raise UserError(f"template is longer than {bounds.OBJECT_BYTES} bytes", reason="TemplateParseError")
    return _compile(text, missing_key)


@lru_cache(maxsize=_CACHED_TEMPLATES)
def _compiled(text: str, missing_key: str) -> tuple[Renderer, bool]:
    return _compile(text, missing_key)


def _compile(text: str, missing_key: str) -> tuple[Renderer, bool]:
    language = Language(FUNCTIONS, METHODS, missing_key)
    try:
        templates = _parsed(text)
        programs = compiler.compile_templates(templates.defined, language)
    except ParseError as error:
        raise UserError(
            f"failed to parse template {_shown(text)}: {_parse_message(text, error)}", reason="TemplateParseError"
        ) from error
    program = programs[""]
    nested = _nested(templates.defined, language)

    def render(data: Any, clock: Clock) -> str:
        run = Run(clock, [], nested)
        try:
            _execute(program, run, data)
        except TemplateError as error:
            kind = MissingKeyError if isinstance(error, MissingKey) else UserError
            raise kind(
                f"failed to execute go template {_shown(text)}: {_exec_message(text, error)}", reason="TemplateError"
            ) from error
        return octets.clean("".join(run.out))

    return render, any(FUNCTIONS[name].mutates or name == "tpl" for name in templates.functions)


def _parsed(text: str) -> Templates:
    try:
        return parser.parse(text, FUNCTIONS, REFUSED)
    except RecursionError as error:
        raise ParseError(_TOO_DEEP) from error


def _execute(program: Program, run: Run, data: Any) -> None:
    try:
        program.execute(run, data)
    except RecursionError as error:
        raise ExecError(_TOO_DEEP) from error


def _nested(bodies: Mapping[str, Body], language: Language) -> Nested:
    """`tpl`: a text as a template that also knows the templates that are defined beside it; it shares the budget."""

    def render(run: Run, text: str, data: Any) -> str:
        if run.depth >= TEMPLATE_DEPTH:
            raise CallError(f"exceeded maximum template depth ({TEMPLATE_DEPTH})")
        run.charge(1 + len(text))
        try:
            templates = _parsed(text)
        except ParseError as error:
            message = f"cannot parse template {_quoted(text)}: {_parse_message(text, error)}"
            raise CallError(message) from error
        programs = compiler.compile_templates({**bodies, **templates.defined}, language)
        inner = Run(run.clock, [], run.nested)
        inner.steps, inner.depth = run.steps, run.depth + 1
        try:
            _execute(programs[""], inner, data)
        except TemplateError as error:
            reason = _exec_message(text, error)
            raise CallError(f"error during tpl function execution for {_quoted(text)}: {reason}") from error
        finally:
            run.steps = inner.steps
        return octets.joined("".join(inner.out)).replace("<no value>", "")

    return render


def _quoted(text: str) -> str:
    return quoting.quote(_shown(text))


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Line from 1, column from 0 in bytes, as text/template counts."""
    before = text[:offset]
    start = before.rfind("\n") + 1
    return before.count("\n") + 1, octets.length(before[start:])


def _parse_message(text: str, error: TemplateError) -> str:
    line, _ = _line_and_column(text, error.offset)
    return f"template: :{line}: {_cut(error.message)}"


def _exec_message(text: str, error: TemplateError) -> str:
    if not error.context:
        return f"template: : {_cut(error.message)}"
    line, column = _line_and_column(text, error.offset)
    context = error.context if len(error.context) <= _SHOWN_CONTEXT else error.context[:_SHOWN_CONTEXT] + "..."
    where = f"executing {quoting.quote(error.template)} at <{context}>"
    return f"template: :{line}:{column}: {where}: {_cut(error.message)}"


def _cut(message: str) -> str:
    """A message that may quote values of any length and bytes: its beginning and, as errors nest, its end."""
    message = octets.clean(message)
    if len(message) <= _SHOWN_MESSAGE:
        return message
    return f"{message[: _SHOWN_MESSAGE // 2]} ... {message[-_SHOWN_MESSAGE // 2 :]}"

"""Nodes to closures: what runs when a template is rendered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from dokaseca.generate.templates.gotemplate import values
from dokaseca.generate.templates.gotemplate.errors import CallError, ExecError
from dokaseca.generate.templates.gotemplate.fields import Methods
from dokaseca.generate.templates.gotemplate.functions import Function
from dokaseca.generate.templates.gotemplate.nodes import Action, Body, Branch, Invoke, Jump, Node, Pipeline, Text
from dokaseca.generate.templates.gotemplate.pipelines import PipelineCompiler
from dokaseca.generate.templates.gotemplate.places import Seen, fail, last_seen
from dokaseca.generate.templates.gotemplate.run import UNDEFINED, Run, Statement
from dokaseca.generate.templates.gotemplate.values import MISSING
from dokaseca.kit import bounds

TEMPLATE_DEPTH: Final = 50  # templates that call each other; Python's recursion limit is near
_BREAK: Final = 1
_CONTINUE: Final = 2
_STEPS: Final = bounds.TEMPLATE_STEPS
_ITEMS_SHIFT: Final = 4


@dataclass(frozen=True, slots=True)
class Language:
    """What templates may call, and what absent keys mean.

    Attributes:
        missing_key: `default` (absent stays absent), `zero` or `error`.
    """

    functions: Mapping[str, Function]
    methods: Methods
    missing_key: str


@dataclass(slots=True)
class Program:
    """A template as a closure, and how many variables its frame holds."""

    statement: Statement
    frame_size: int

    def execute(self, run: Run, data: Any) -> None:
        """Run it in a frame of its own."""
        outer, run.frame = run.frame, [UNDEFINED] * self.frame_size
        run.frame[0] = data
        self.statement(run, data)
        run.frame = outer


def compile_templates(bodies: Mapping[str, Body], language: Language) -> dict[str, Program]:
    """Every template by its name; they may call each other."""
    programs: dict[str, Program] = {}
    for name, body in bodies.items():
        compiler = _Compiler(language, name, programs)
        programs[name] = Program(compiler.body(body.nodes), body.frame_size)
    return programs


class _Compiler(PipelineCompiler):
    def __init__(self, language: Language, template: str, programs: Mapping[str, Program]) -> None:
        super().__init__(language.functions, language.methods, language.missing_key, template)
        self._programs = programs

    def body(self, nodes: Iterable[Node]) -> Statement:
        """Nodes in order; a non-zero result is a break or continue on its way out."""
        statements = [self._statement(node) for node in nodes]
        if len(statements) == 1:
            return statements[0]

        def run_all(run: Run, dot: Any) -> int:
            for statement in statements:
                jump = statement(run, dot)
                if jump:
                    return jump
            return 0

        return run_all

    def _statement(self, node: Node) -> Statement:
        if isinstance(node, Text):
            return _write_text(node.text)
        if isinstance(node, Action):
            return self._action(node)
        if isinstance(node, Jump):
            jump = _BREAK if node.keyword == "break" else _CONTINUE
            return lambda run, dot: jump
        if isinstance(node, Invoke):
            return self._invoke(node)
        return self._range(node) if node.keyword == "range" else self._if_or_with(node)

    def _action(self, node: Action) -> Statement:
        expression = self.pipeline(node.pipeline)
        if node.pipeline.targets:

            def assign(run: Run, dot: Any) -> int:
                expression(run, dot)
                return 0

            return assign
        where, template = node.pipeline, self._template

        def write(run: Run, dot: Any) -> int:
            value = expression(run, dot)
            if value.__class__ is str:
                run.write(value)
                return 0
            try:
                run.write(values.printed(value))
            except CallError as error:
                fail(error.message, where, template, error)
            return 0

        return write

    def _if_or_with(self, node: Branch) -> Statement:
        condition = self.pipeline(node.pipeline)
        body, otherwise = self.body(node.body), self.body(node.otherwise)
        is_with = node.keyword == "with"

        def branch(run: Run, dot: Any) -> int:
            value = condition(run, dot)
            if values.is_true(value):
                return body(run, value if is_with else dot)
            return otherwise(run, dot)

        return branch

    def _range(self, node: Branch) -> Statement:
        source = self.pipeline(node.pipeline)
        body, otherwise = self.body(node.body), self.body(node.otherwise)
        targets = [target.slot for target in node.pipeline.targets]
        item_slot = targets[-1] if targets else None
        key_slot = targets[0] if len(targets) > 1 else None
        elements = _Elements(node.pipeline, self._template, has_key=key_slot is not None)
        collection = node.collection

        def loop(run: Run, dot: Any) -> int:
            value = source(run, dot)
            run.frame[collection] = value
            is_empty = True
            for key, item in elements.of(run, value):
                is_empty = False
                run.steps += 1
                if run.steps > _STEPS:
                    elements.stop()
                if key_slot is not None:
                    run.frame[key_slot] = key
                if item_slot is not None:
                    run.frame[item_slot] = item
                if body(run, item) == _BREAK:
                    break
            return otherwise(run, dot) if is_empty else 0

        return loop

    def _invoke(self, node: Invoke) -> Statement:
        argument = self.pipeline(node.pipeline) if node.pipeline else None
        programs, template = self._programs, self._template

        def invoke(run: Run, dot: Any) -> int:
            program = programs.get(node.name)
            if program is None:
                fail(f'template "{node.name}" not defined', node, template)
            run.steps += 1
            if run.depth >= TEMPLATE_DEPTH:
                fail(f"exceeded maximum template depth ({TEMPLATE_DEPTH})", node, template)
            value = argument(run, dot) if argument else MISSING
            run.depth += 1
            program.execute(run, value)
            run.depth -= 1
            return 0

        return invoke


def _write_text(text: str) -> Statement:
    def write(run: Run, dot: Any) -> int:
        run.write(text)
        return 0

    return write


@dataclass(frozen=True, slots=True)
class _Elements:
    """What one range goes over."""

    node: Pipeline
    template: str
    has_key: bool

    def of(self, run: Run, value: Any) -> Iterable[tuple[Any, Any]]:
        """(key, item) of lists by index, of maps by sorted key, of integers from 0."""
        if isinstance(value, list | dict):
            run.steps += len(value) >> _ITEMS_SHIFT
            if isinstance(value, dict):
                return [(key, value[key]) for key in sorted(value)]
            return enumerate(list(value))
        if value is MISSING or value is None:
            return ()
        if isinstance(value, int) and not isinstance(value, bool):
            if self.has_key:
                self._fail(f"can't use {values.text_of(value)} to iterate over more than one variable")
            made = type(value)
            return ((None, made(number)) for number in range(value))
        return self._fail(f"range can't iterate over {values.short(value)}")

    def stop(self) -> None:
        self._fail(f"the template takes more than {_STEPS} steps")

    def _fail(self, message: str) -> NoReturn:
        seen: Seen = last_seen(self.node)
        raise ExecError(message, seen.offset, str(seen), self.template)

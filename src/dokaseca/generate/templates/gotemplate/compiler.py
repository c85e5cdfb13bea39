"""Nodes to closures: what runs when a template is rendered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dokaseca.generate.templates.gotemplate import calls, values
from dokaseca.generate.templates.gotemplate import functions as function_table
from dokaseca.generate.templates.gotemplate.errors import CallError, ExecError, MissingKey
from dokaseca.generate.templates.gotemplate.nodes import (
    Action,
    Body,
    Branch,
    Chain,
    Command,
    Dot,
    Field,
    Function,
    Invoke,
    Jump,
    Literal,
    Node,
    Operand,
    Pipeline,
    Templates,
    Text,
    Variable,
)
from dokaseca.generate.templates.gotemplate.run import NO_FINAL, Expression, Run, Stage, Statement
from dokaseca.generate.templates.gotemplate.values import MISSING, Record, StringMap

_TEMPLATE_DEPTH = 50  # templates that call each other; Python's recursion limit is near
_BREAK, _CONTINUE = 1, 2


def compile_templates(
    templates: Templates, table: Mapping[str, function_table.Function], missing_key: str
) -> tuple[Statement, int]:
    """The main template as a closure, and its frame size.

    Args:
        missing_key: `default` (absent stays absent), `zero` or `error`.
    """
    compiler = _Compiler(templates, table, missing_key)
    return compiler.body(templates.main.nodes), templates.main.frame_size


class _Compiler:
    def __init__(self, templates: Templates, table: Mapping[str, function_table.Function], missing_key: str) -> None:
        self._table = table
        self._missing_key = missing_key
        self._bodies: dict[str, Body] = templates.defined
        self._defined: dict[str, Statement] = {}
        for name, body in templates.defined.items():
            self._defined[name] = self.body(body.nodes)

    # --- statements -------------------------------------------------------------------------------------------------

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
        expression = self._pipeline(node.pipeline)
        if node.pipeline.slots:

            def assign(run: Run, dot: Any) -> int:
                expression(run, dot)
                return 0

            return assign
        where = node.pipeline

        def write(run: Run, dot: Any) -> int:
            value = expression(run, dot)
            try:
                run.write(value if type(value) is str else values.printed(value))
            except CallError as error:
                raise ExecError(error.message, where.offset, where.source) from error
            return 0

        return write

    def _if_or_with(self, node: Branch) -> Statement:
        condition = self._pipeline(node.pipeline)
        body, otherwise = self.body(node.body), self.body(node.otherwise)
        is_with = node.keyword == "with"

        def branch(run: Run, dot: Any) -> int:
            value = condition(run, dot)
            if values.is_true(value):
                return body(run, value if is_with else dot)
            return otherwise(run, dot)

        return branch

    def _range(self, node: Branch) -> Statement:
        source = self._pipeline_value(node.pipeline)
        body, otherwise = self.body(node.body), self.body(node.otherwise)
        slots = node.pipeline.slots
        where = node.pipeline

        def loop(run: Run, dot: Any) -> int:
            value = source(run, dot)
            pairs = _pairs(value, where)
            is_empty = True
            for key, item in pairs:
                is_empty = False
                run.step()
                if len(slots) == 1:
                    run.frame[slots[0]] = item
                elif slots:
                    run.frame[slots[0]], run.frame[slots[1]] = key, item
                if body(run, item) == _BREAK:
                    break
            return otherwise(run, dot) if is_empty else 0

        return loop

    def _invoke(self, node: Invoke) -> Statement:
        argument = self._pipeline(node.pipeline) if node.pipeline else None
        defined, bodies, name = self._defined, self._bodies, node.name

        def invoke(run: Run, dot: Any) -> int:
            statement = defined.get(name)
            if statement is None:
                raise ExecError(f'template "{name}" not defined', node.offset, node.source)
            run.step()
            if run.depth >= _TEMPLATE_DEPTH:
                raise ExecError(f"exceeded maximum template depth ({_TEMPLATE_DEPTH})", node.offset, node.source)
            value = argument(run, dot) if argument else None
            outer, run.frame = run.frame, [None] * bodies[name].frame_size
            run.frame[0] = value
            run.depth += 1
            statement(run, value)
            run.depth -= 1
            run.frame = outer
            return 0

        return invoke

    # --- pipelines --------------------------------------------------------------------------------------------------

    def _pipeline(self, node: Pipeline) -> Expression:
        value = self._pipeline_value(node)
        if not node.slots:
            return value
        slot = node.slots[0]

        def assign(run: Run, dot: Any) -> Any:
            run.frame[slot] = result = value(run, dot)
            return result

        return assign

    def _pipeline_value(self, node: Pipeline) -> Expression:
        """The value without assignment; a nil becomes absent, as reflect.ValueOf(nil) is."""
        first, *others = node.commands
        head = self._command(first, has_final=False)
        tail = [self._command(command, has_final=True) for command in others]
        if not tail:

            def single(run: Run, dot: Any) -> Any:
                value = head(run, dot, NO_FINAL)
                return MISSING if value is None else value

            return single

        def chained(run: Run, dot: Any) -> Any:
            value = head(run, dot, NO_FINAL)
            for stage in tail:
                value = stage(run, dot, MISSING if value is None else value)
            return MISSING if value is None else value

        return chained

    def _command(self, node: Command, *, has_final: bool) -> Stage:
        first = node.words[0]
        if isinstance(first, Function):
            return self._call(node, first, has_final=has_final)
        if len(node.words) > 1 or has_final:
            problem = (
                f"{first.names[-1]} is not a method but has arguments"
                if isinstance(first, Field | Chain) or (isinstance(first, Variable) and first.names)
                else f"can't give argument to non-function {first.source}"
            )
            return calls.always_failing(problem, first.offset, first.source)
        if isinstance(first, Literal) and first.value is None:
            return calls.always_failing("nil is not a command", first.offset, first.source)
        expression = self._operand(first)
        return lambda run, dot, final: expression(run, dot)

    def _operand(self, node: Operand) -> Expression:
        if isinstance(node, Literal):
            value = node.value
            return lambda run, dot: value
        if isinstance(node, Dot):
            return lambda run, dot: dot
        if isinstance(node, Field):
            return self._field(node)
        if isinstance(node, Variable):
            return self._variable(node)
        if isinstance(node, Pipeline):
            return self._pipeline(node)
        if isinstance(node, Function):
            call = self._call(Command((node,), node.offset, node.source), node, has_final=False)
            return lambda run, dot: call(run, dot, NO_FINAL)
        operand, follow = self._operand(node.operand), self._follow(node)
        return lambda run, dot: follow(operand(run, dot))

    def _field(self, node: Field) -> Expression:
        follow = self._follow(node)
        return lambda run, dot: follow(dot)

    def _variable(self, node: Variable) -> Expression:
        slot = node.slot
        if not node.names:
            return lambda run, dot: run.frame[slot]
        follow = self._follow(node)
        return lambda run, dot: follow(run.frame[slot])

    def _follow(self, node: Field | Variable | Chain) -> Callable[[Any], Any]:
        """From a value to its field `a`, that one's field `b`, and so on."""
        names = node.names
        missing_key = self._missing_key

        def follow(value: Any) -> Any:
            for name in names:
                if isinstance(value, dict):
                    found = value.get(name, MISSING)
                    if found is MISSING and missing_key != "default":
                        found = _absent(value, name, missing_key, node)
                    value = found
                else:
                    value = _field_of(value, name, missing_key, node)
            return value

        return follow

    # --- calls ------------------------------------------------------------------------------------------------------

    def _call(self, node: Command, word: Function, *, has_final: bool) -> Stage:
        arguments = [self._operand(operand) for operand in node.words[1:]]
        count = len(arguments) + has_final
        if word.name in ("and", "or"):
            return calls.short_circuit(word, arguments, count)
        function = self._table[word.name]
        fixed = len(function.kinds)
        if count < fixed or (count > fixed and not function.variadic):
            least = "at least " if function.variadic else ""
            problem = f"wrong number of args for {word.name}: want {least}{fixed} got {count}"
            return calls.always_failing(problem, word.offset, word.source)
        kinds = function.kinds + function.variadic * (count - fixed)
        arguments = [
            calls.idealised(kind, *pair)
            for kind, pair in zip(kinds, zip(arguments, node.words[1:], strict=True), strict=False)
        ]
        return calls.Invocation(function, kinds, arguments, node, word.name).run


def _write_text(text: str) -> Statement:
    def write(run: Run, dot: Any) -> int:
        run.write(text)
        return 0

    return write


def _absent(value: dict[str, Any], name: str, missing_key: str, node: Field | Variable | Chain) -> Any:
    if missing_key == "error":
        raise MissingKey(f'map has no entry for key "{name}"', node.offset, node.source)
    return "" if isinstance(value, StringMap) else None


def _field_of(value: Any, name: str, missing_key: str, node: Field | Variable | Chain) -> Any:
    """A field of something that is not a map."""
    if value is MISSING:
        if missing_key == "error":
            raise MissingKey(f'nil data; no entry for key "{name}"', node.offset, node.source)
        return MISSING
    if value is None:
        raise ExecError(f"nil pointer evaluating interface {{}}.{name}", node.offset, node.source)
    if isinstance(value, Record) and name in value.fields:
        return value.fields[name]
    raise ExecError(f"can't evaluate field {name} in type {values.type_name(value)}", node.offset, node.source)


def _pairs(value: Any, where: Pipeline) -> Iterable[tuple[Any, Any]]:
    """(key, item) of what range goes over: lists by index, maps by sorted key, integers from 0."""
    if isinstance(value, list):
        return enumerate(list(value))
    if isinstance(value, dict):
        return [(key, value[key]) for key in sorted(value)]
    if value is MISSING or value is None:
        return ()
    if isinstance(value, int) and not isinstance(value, bool):
        return ((number, number) for number in range(value))
    raise ExecError(f"range can't iterate over {values.short(value)}", where.offset, where.source)

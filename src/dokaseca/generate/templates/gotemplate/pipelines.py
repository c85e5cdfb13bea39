"""Pipelines, commands and operands to closures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dokaseca.generate.templates.gotemplate import builtins, calls, constants, functions
from dokaseca.generate.templates.gotemplate.calls import Call, failing
from dokaseca.generate.templates.gotemplate.errors import CallError, ExecError
from dokaseca.generate.templates.gotemplate.fields import Access, Methods
from dokaseca.generate.templates.gotemplate.functions import Function as FunctionSpec
from dokaseca.generate.templates.gotemplate.nodes import (
    Chain,
    Command,
    Dot,
    Field,
    Function,
    Literal,
    Number,
    Operand,
    Pipeline,
    Variable,
)
from dokaseca.generate.templates.gotemplate.places import Seen, last_of_command
from dokaseca.generate.templates.gotemplate.run import NO_FINAL, Expression, Run, Stage
from dokaseca.generate.templates.gotemplate.values import MISSING


class PipelineCompiler:
    """Compiles what stands between the delimiters, but for keywords.

    Args:
        template: the name of the template, for messages.
    """

    def __init__(
        self, functions: Mapping[str, FunctionSpec], methods: Methods, missing_key: str, template: str
    ) -> None:
        self._functions = functions
        self._methods = methods
        self._missing_key = missing_key
        self._template = template

    # --- pipelines --------------------------------------------------------------------------------------------------

    def pipeline(self, node: Pipeline) -> Expression:
        """The value, also put into the pipeline's variables."""
        value = self._value(node)
        if not node.targets:
            return value
        for target in node.targets:
            if target.slot is None:
                return self._undefined_after(value, node, target.name)
        slots = [target.slot for target in node.targets if target.slot is not None]
        if len(slots) == 1:
            slot = slots[0]

            def assign(run: Run, dot: Any) -> Any:
                run.frame[slot] = result = value(run, dot)
                return result

            return assign

        def assign_all(run: Run, dot: Any) -> Any:
            result = value(run, dot)
            for each in slots:
                run.frame[each] = result
            return result

        return assign_all

    def _undefined_after(self, value: Expression, node: Pipeline, name: str) -> Expression:
        seen, template = last_of_command(node.commands[-1]), self._template

        def evaluate(run: Run, dot: Any) -> Any:
            value(run, dot)
            raise ExecError(f"undefined variable: {name}", seen.offset, str(seen), template)

        return evaluate

    def _value(self, node: Pipeline) -> Expression:
        """The value without assignment; a nil becomes absent after each stage, as reflect.ValueOf(nil) is."""
        first, *others = node.commands
        head = self._head(first, node)
        if not others:

            def single(run: Run, dot: Any) -> Any:
                value = head(run, dot)
                return MISSING if value is None else value

            return single
        tail = [
            self._tail(command, last_of_command(before)) for before, command in zip(node.commands, others, strict=False)
        ]

        def chained(run: Run, dot: Any) -> Any:
            value = head(run, dot)
            for stage in tail:
                value = stage(run, dot, MISSING if value is None else value)
            return MISSING if value is None else value

        return chained

    # --- commands ---------------------------------------------------------------------------------------------------

    def _head(self, node: Command, pipeline: Pipeline) -> Expression:
        """The first command of a pipeline."""
        first, *words = node.words
        if isinstance(first, Function):
            return self._call_head(node, first)
        if isinstance(first, Field | Chain) or (isinstance(first, Variable) and first.names):
            if not words:
                return self._operand(first)
            member = self._member_with(first, words)
            return lambda run, dot: member(run, dot, NO_FINAL)
        if words:
            return failing(
                f"can't give argument to non-function {first}",
                pipeline if isinstance(first, Pipeline) else first,
                self._template,
            )
        if isinstance(first, Literal) and first.value is None:
            return failing("nil is not a command", first, self._template)
        return self._operand(first)

    def _tail(self, node: Command, before: Seen) -> Stage:
        """A further command; it gets the value before it as its last argument."""
        first, *words = node.words
        if isinstance(first, Function):
            return self._call(node, first, has_final=True)
        if isinstance(first, Field | Chain) or (isinstance(first, Variable) and first.names):
            return self._member_with(first, words)
        seen = first if isinstance(first, Variable) else before
        fail = failing(f"can't give argument to non-function {first}", seen, self._template)
        return lambda run, dot, final: fail(run, dot)

    def _call_head(self, node: Command, word: Function) -> Expression:
        call = self._call(node, word, has_final=False)
        return lambda run, dot: call(run, dot, NO_FINAL)

    def _call(self, node: Command, word: Function, *, has_final: bool) -> Stage:
        """A call of a function."""
        words = node.words[1:]
        evaluate = [self._operand(operand) for operand in words]
        function = self._functions[word.name]
        if word.name == "call":
            function = builtins.call_of(str(words[0]) if words else None)
        call = Call(function, word.name, words, evaluate, node, self._template)
        problem = call.count_problem(has_final=has_final)
        if problem:
            fail = failing(problem, word, self._template)
            return lambda run, dot, final: fail(run, dot)
        if word.name in ("and", "or"):
            pairs = zip(evaluate, words, strict=True)
            checked = [calls.argument(functions.KINDS["v"], *pair, self._template) for pair in pairs]
            return calls.short_circuit(word.name, checked, node, self._template)
        return call.run

    # --- operands ---------------------------------------------------------------------------------------------------

    def _operand(self, node: Operand) -> Expression:
        if isinstance(node, Literal | Number):
            return self._constant(node)
        if isinstance(node, Dot):
            return lambda run, dot: dot
        if isinstance(node, Function):
            return self._call_head(Command((node,), node.offset), node)
        if isinstance(node, Pipeline):
            return self.pipeline(node)
        if isinstance(node, Variable) and not node.names:
            return self._receiver(node)
        follow = self._access(node).follow()
        if isinstance(node, Field):
            return lambda run, dot: follow(run, dot, dot)
        receiver = self._receiver(node)
        return lambda run, dot: follow(run, dot, receiver(run, dot))

    def _constant(self, node: Literal | Number) -> Expression:
        try:
            value = constants.ideal(node)
        except CallError as error:
            return failing(error.message, node, self._template)
        return lambda run, dot: value

    def _access(self, node: Field | Variable | Chain) -> Access:
        return Access(node, self._methods, self._missing_key, self._template)

    def _receiver(self, node: Field | Variable | Chain) -> Expression:
        """What the names of `node` are looked up in."""
        if isinstance(node, Field):
            return lambda run, dot: dot
        if isinstance(node, Chain):
            return self._operand(node.operand)
        slot = node.slot
        if slot is None:
            return failing(f"undefined variable: {node.name}", node, self._template)
        return lambda run, dot: run.frame[slot]

    def _member_with(self, node: Field | Variable | Chain, words: Sequence[Operand]) -> Stage:
        """A method with arguments, written or piped in."""
        receiver = self._receiver(node)
        get = self._access(node).with_arguments(words, [self._operand(word) for word in words])
        return lambda run, dot, final: get(run, dot, receiver(run, dot), final)

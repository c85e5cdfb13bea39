"""Calls of functions and methods: arguments, types, costs, and errors with their place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from dokaseca.generate.templates.gotemplate import constants, functions, values
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import Function, Kind
from dokaseca.generate.templates.gotemplate.nodes import Command, Literal, Number, Operand
from dokaseca.generate.templates.gotemplate.places import Seen, fail, last_seen
from dokaseca.generate.templates.gotemplate.run import NO_FINAL, Expression, Run, Stage
from dokaseca.generate.templates.gotemplate.values import MISSING
from dokaseca.kit import bounds

_REFUSALS: Final = (ArithmeticError, LookupError, TypeError, ValueError, RecursionError, MemoryError)  # of libraries
_LONG: Final = 512  # characters or items from which on a value costs more than its call
_TEXT_SHIFT: Final = 3  # one step for so many (a power of two) characters
_ITEMS_SHIFT: Final = 4
_DEEP_SHIFT: Final = 4
_SIZED: Final = frozenset(
    {list, dict, values.StringMap, values.Strings, values.Ints, values.Lists, values.NilList, values.NilMap}
)
_STEPS: Final = bounds.TEMPLATE_STEPS
_RESULT: Final = bounds.TEMPLATE_OUTPUT_BYTES


def argument(kind: Kind, evaluate: Expression, node: Operand, template: str) -> Expression:
    """What evaluates one argument; a constant is turned into its parameter's type beforehand.

    A constant that does not fit fails when it is reached, so that a branch never taken may hold it.
    """
    if not isinstance(node, Literal | Number):
        return evaluate
    try:
        value = constants.as_argument(kind, node)
    except CallError as error:
        return failing(error.message, node, template)
    return lambda run, dot: value


def failing(message: str, node: Seen, template: str) -> Expression:
    """An expression that only says what is wrong."""

    def evaluate(run: Run, dot: Any) -> Any:
        fail(message, node, template)

    return evaluate


class Call:
    """One call in the text, of one function.

    Args:
        words: the arguments as nodes, `evaluate` what evaluates them.
        node: the command, or the names that end in a method: where errors of the call itself are.
    """

    __slots__ = ("_call", "_cost", "_final", "_function", "_kinds", "_name", "_node", "_parts", "_template", "_words")

    def __init__(
        self,
        function: Function,
        name: str,
        words: Sequence[Operand],
        evaluate: Sequence[Expression],
        node: Command | Operand,
        template: str,
    ) -> None:
        self._function = function
        self._call = function.call
        self._cost = function.cost
        self._name = name
        self._node = node
        self._template = template
        self._words = words
        variadic = (function.variadic,) * (len(words) + 1) if function.variadic else ()
        kinds = function.kinds + variadic
        self._kinds = kinds
        self._final = kinds[len(words)] if len(words) < len(kinds) else None
        self._parts = [
            (argument(kind, expression, word, template), kind.accepts)
            for kind, expression, word in zip(kinds, evaluate, words, strict=False)
        ]

    def count_problem(self, *, has_final: bool) -> str:
        """What is wrong with the number of arguments, empty when nothing is."""
        function, given = self._function, len(self._words)
        fixed = len(function.kinds)
        if function.variadic:
            least = f"wrong number of args for {self._name}: want at least {fixed} got {given}"
            return least if given + has_final < fixed else ""
        count = given + has_final
        return f"wrong number of args for {self._name}: want {fixed} got {count}" if count != fixed else ""

    def run(self, run: Run, dot: Any, final: Any = NO_FINAL, receiver: tuple[Any, ...] = ()) -> Any:
        """Evaluate the arguments, check them, call.

        Args:
            final: what is piped in, or NO_FINAL.
            receiver: of a method, its value.
        """
        run.steps += self._cost
        given = [*receiver]
        for evaluate, accepts in self._parts:
            value = evaluate(run, dot)
            kind = value.__class__
            if kind is not accepts and not (accepts is None and value is not MISSING):
                value = self._checked(len(given) - len(receiver), value)
            if (kind is str and len(value) > _LONG) or kind in _SIZED:
                self._charge(run, value)
            given.append(value)
        if final is not NO_FINAL:
            given.append(self._checked_final(run, final))
        if run.steps > _STEPS:
            fail(f"the template takes more than {_STEPS} steps", self._node, self._template)
        try:
            result = self._call(run, *given) if self._function.takes_run else self._call(*given)
        except (CallError, *_REFUSALS) as error:
            reason = error.message if isinstance(error, CallError) else _reason(error)
            fail(f"error calling {self._name}: {reason}", self._node, self._template, error)
        kind = result.__class__
        if (kind is str or kind in _SIZED) and len(result) > _LONG:
            self._charge_result(run, result)
        return result

    def _checked(self, number: int, value: Any) -> Any:
        try:
            return functions.checked(self._kinds[number], value)
        except CallError as error:
            fail(error.message, last_seen(self._words[number]), self._template, error)

    def _checked_final(self, run: Run, value: Any) -> Any:
        assert self._final is not None
        try:
            value = functions.checked(self._final, value)
        except CallError as error:
            seen = last_seen(self._words[-1]) if self._words else self._word()
            fail(error.message, seen, self._template, error)
        if (value.__class__ is str and len(value) > _LONG) or value.__class__ in _SIZED:
            self._charge(run, value)
        return value

    def _word(self) -> Seen:
        return self._node.words[0] if isinstance(self._node, Command) else last_seen(self._node)

    def _charge(self, run: Run, value: Any) -> None:
        """Count what working on a long text, a list or a map costs."""
        weight = self._function.weight
        try:
            if isinstance(value, str):
                run.charge(len(value) if weight == "heavy" else len(value) >> _TEXT_SHIFT)
            elif weight == "deep":
                run.charge(values.weight(value) >> _DEEP_SHIFT)
            elif weight == "shallow" and len(value) > _LONG:
                run.charge(len(value) >> _ITEMS_SHIFT)
        except CallError as error:
            fail(f"error calling {self._name}: {error.message}", self._node, self._template, error)

    def _charge_result(self, run: Run, result: Any) -> None:
        """Count what a large result keeps of the memory."""
        try:
            if isinstance(result, str):
                if len(result) > _RESULT:
                    raise CallError(f"the result is larger than {_RESULT} bytes")
                run.charge(len(result) >> _TEXT_SHIFT)
            else:
                run.charge(len(result) >> 1)
        except CallError as error:
            fail(f"error calling {self._name}: {error.message}", self._node, self._template, error)


def _reason(error: BaseException) -> str:
    """What a library's refusal says, without anything of the values that it was given."""
    if isinstance(error, RecursionError):
        return "the value is nested too deep"
    return "out of memory" if isinstance(error, MemoryError) else type(error).__name__


def short_circuit(name: str, evaluate: Sequence[Expression], node: Seen, template: str) -> Stage:
    """`and` and `or`: evaluation stops at the first value that decides."""
    stops_at = name == "or"

    def decide(run: Run, dot: Any, final: Any) -> Any:
        run.steps += 1
        if run.steps > _STEPS:
            fail(f"the template takes more than {_STEPS} steps", node, template)
        value: Any = None
        for expression in evaluate:
            value = expression(run, dot)
            if values.is_true(value) == stops_at:
                return value
        return value if final is NO_FINAL else final

    return decide

"""One expression: compiled once, judged for its cost, evaluated many times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dokaseca.dock.cel import construct, cost, environment, messages, syntax
from dokaseca.dock.cel.cost import Size

EXPRESSION_BYTES: Final = 32_768  # ten times the longest expression seen in published definitions
_SMALL = Size(400, 8_192)  # most values: programs that are cheap for it need no second look


class CompileError(Exception):
    """An expression that is none; the message is the compiler's, with the place."""


class EvaluationError(Exception):
    """An expression that has no answer for these values."""


class CostError(Exception):
    """An expression that would take too long for these values; nothing was evaluated."""


class Values:
    """What the variables of an expression stand for; several expressions share one.

    Args:
        variables: plain JSON values by name.
    """

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self.variables = dict(variables)
        self.sizes = {name: cost.measure(value) for name, value in self.variables.items()}
        self.total = sum(self.sizes.values(), Size())
        self._activations: dict[int, Any] = {}

    def with_more(self, variables: Mapping[str, Any]) -> Values:
        """These values and further ones; what is measured is not measured again."""
        found = Values(variables)
        found.variables = {**self.variables, **found.variables}
        found.sizes = {**self.sizes, **found.sizes}
        found.total = self.total + found.total
        return found

    def activation(self, env: Any) -> Any:
        """The values as the runtime takes them; converted once per environment."""
        found = self._activations.get(id(env))
        if found is None:
            found = self._activations[id(env)] = env.Activation(data=self.variables)
        return found


@dataclass(slots=True)
class Budget:
    """Units that evaluations may still take together; see `cost`."""

    units: int

    def take(self, units: int) -> None:
        """Raises:
        CostError: there is not enough left.
        """
        if units > self.units:
            self.units = 0
            raise CostError("validation failed due to running out of cost budget")
        self.units -= units


class Program:
    """A compiled expression.

    Args:
        expression: as written.
        variables: the names that it may read; with types where one is a TIMESTAMP, a DURATION or OPTIONAL.
        wrapped: evaluated in place of `expression`, where we bind names ourselves.
        has_objects: whether it may construct objects; see `construct`.
        as_list: an optional answer comes as a list of what it holds; `result` then is OPTIONAL.

    Attributes:
        tree: what it is made of.
        names: the variables that it reads.
        result: the type of its answer as the compiler sees it: BOOL, STRING, DYN...

    Raises:
        CompileError: it does not compile, or would be too expensive for any value.
    """

    def __init__(
        self,
        expression: str,
        variables: Iterable[str] | Mapping[str, str],
        *,
        wrapped: str = "",
        has_objects: bool = False,
        as_list: bool = False,
    ) -> None:
        self.expression = expression
        typed = variables if isinstance(variables, Mapping) else dict.fromkeys(variables, "DYN")
        known, declared = frozenset(typed), frozenset(typed.items())
        if len(expression) > EXPRESSION_BYTES:
            raise CompileError(f"expression exceeds {EXPRESSION_BYTES} characters")
        self._env = environment.of(declared)
        optionals = {name for name, kind in typed.items() if kind == construct.OPTIONAL}
        if optionals or has_objects:
            self._compiled, text = _rewritten(self._env, expression, known, optionals, has_objects=has_objects)
        else:
            self._compiled, text = _compiled(self._env, expression, known), expression
        self.tree = syntax.read(self._compiled.serialize())
        self.result: str = self._compiled.return_type().name()
        self.names = syntax.identifiers(self.tree) & known
        if cost.depth(self.tree) > cost.DEPTH:
            raise CompileError(f"more than {cost.DEPTH} loops within each other")
        if self._units({name: Size(4, 64) for name in known}) > cost.EVALUATION_UNITS:
            raise CompileError("estimated rule cost exceeds budget; build no texts or lists that grow with every step")
        self._small_units = self._units(dict.fromkeys(known, _SMALL))
        _check_supported(self.tree)
        if as_list and self.result.startswith("optional_type"):
            self.result, wrapped = construct.OPTIONAL, construct.as_list(text)
        if wrapped:
            self._env = environment.of(declared, has_bindings=True)
            self._compiled = _compiled(self._env, wrapped, known)

    def _units(self, sizes: dict[str, Size]) -> int:
        return cost.bound(self.tree, sizes)

    def evaluate(self, values: Values, budget: Budget) -> Any:
        """The answer as a plain value.

        Raises:
            CostError: it may take more than is left in `budget`, or more than one evaluation may.
            EvaluationError: there is no answer.
        """
        units = self._small_units
        if units > cost.EVALUATION_UNITS // 10 or not _fits(values.total):
            units = self._units(values.sizes)
        if units > cost.EVALUATION_UNITS:
            raise CostError("operation cancelled: actual cost limit exceeded")
        budget.take(units)
        try:
            found = self._compiled.eval(activation=values.activation(self._env))
            kind = found.type().name()
            answer = found.plain_value() if kind != "ERROR" else str(found.plain_value())
        except RuntimeError as error:
            if "Iteration budget" in str(error):
                raise CostError("operation cancelled: actual cost limit exceeded") from error
            raise EvaluationError(messages.of_runtime(str(error))) from error
        except TypeError as error:  # an optional value, which has no plain form
            raise EvaluationError("unexpected type of the answer: optional") from error
        if kind == "ERROR":
            raise EvaluationError(messages.of_runtime(answer))
        return answer


def _fits(size: Size) -> bool:
    return size.elements <= _SMALL.elements and size.text <= _SMALL.text


def _compiled(env: Any, expression: str, known: frozenset[str]) -> Any:
    try:
        return env.compile(expression)
    except RuntimeError as error:
        raise CompileError(messages.of_compiler(str(error), expression, known)) from error


def _rewritten(
    env: Any, expression: str, known: frozenset[str], optionals: set[str], *, has_objects: bool
) -> tuple[Any, str]:
    """What is compiled of an expression, and its text as the runtime takes it."""
    try:
        source = construct.rewrite(expression, optionals, has_objects=has_objects)
    except construct.FieldError as error:
        raise CompileError(str(error)) from error
    try:
        return _compiled(env, source.text, known), source.text
    except CompileError as error:
        raise CompileError(source.restored(str(error))) from error


def _check_supported(tree: syntax.Node) -> None:
    """The runtime compiles a macro that it then cannot run: better refused when it is written."""
    if tree.kind == "call" and tree.name == "cel.@mapInsert":
        raise CompileError("transformMap is not supported; use transformList or map")
    for part in tree.parts:
        _check_supported(part)

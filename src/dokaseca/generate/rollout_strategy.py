"""`spec.strategy` of an ApplicationSet: which Application is in which step, and what is wrong with the steps. Pure.

The rules are Argo CD's progressive syncs; here they need no flag.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dokaseca.model import manifest as manifests
from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest

NO_STEPS = "No steps defined for rollout"
NO_STEP = -1  # what `status.applicationStatus[].step` says of an Application that no step selects
MOST_STEPS = 100

_TYPES = ("", "AllAtOnce", "RollingSync")
_ORDERS = ("", "allatonce", "reverse")
_PERCENT = re.compile(r"(\d{1,9})%\Z")


@dataclass(frozen=True, slots=True)
class MatchExpression:
    """One condition on an Application's labels; anything but In and NotIn selects nothing."""

    key: str
    operator: str
    values: frozenset[str]

    def matches(self, labels: Mapping[str, str]) -> bool:
        """In needs the label, NotIn is content without it."""
        if self.operator == "NotIn":
            return labels.get(self.key) not in self.values
        return self.operator == "In" and labels.get(self.key) in self.values


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `max_update` is as written: None, a number, or `20%`."""

    expressions: tuple[MatchExpression, ...]
    max_update: Any

    def selects(self, application: Manifest) -> bool:
        labels = manifests.labels(application)
        return all(expression.matches(labels) for expression in self.expressions)

    def room(self, total: int) -> int | None:
        """How many of the step's Applications may be under way at once; None does not limit.

        A percentage is rounded down, but more than 0 % is at least one. One that does not parse counts as one.
        """
        if self.max_update is None:
            return None
        if isinstance(self.max_update, int):
            return max(0, self.max_update)
        match = _PERCENT.match(str(self.max_update))
        if match is None:
            return 1
        percent = int(match[1])
        return 0 if percent == 0 else max(1, total * percent // 100)

    @property
    def has_valid_max_update(self) -> bool:
        value = self.max_update
        return value is None or isinstance(value, int) or _PERCENT.match(str(value)) is not None


@dataclass(frozen=True, slots=True)
class Strategy:
    """A RollingSync."""

    steps: tuple[Step, ...]
    is_deleted_in_reverse: bool = False


@dataclass(slots=True)
class Membership:
    """Who is in which step, by name; steps count from 0 here.

    Attributes:
        steps: every Application that a step selects; one may be in several.
        step_of: the first step of each.
        several: Applications in several steps, with those.
    """

    steps: list[list[str]]
    step_of: dict[str, int] = field(default_factory=dict)
    several: dict[str, list[int]] = field(default_factory=dict)

    def shown(self, name: str) -> str:
        """The step as the status writes it."""
        return str(self.step_of[name] + 1 if name in self.step_of else NO_STEP)


def of(application_set: Manifest) -> Strategy | None:
    """The RollingSync that an ApplicationSet asks for, None when everything may change at once.

    Raises:
        UserError: an unknown type or order, or steps of another shape: a slip of the pen must not roll everything out
            at once.
    """
    strategy = manifests.get(application_set, "spec", "strategy")
    if strategy is None:
        return None
    if not isinstance(strategy, dict):
        raise _invalid("spec.strategy must be a mapping")
    kind, order = str(strategy.get("type") or ""), str(strategy.get("deletionOrder") or "")
    if kind not in _TYPES:
        raise _invalid(f"spec.strategy.type must be AllAtOnce or RollingSync, not {kind[:40]!r}")
    if order.lower() not in _ORDERS:
        raise _invalid(f"spec.strategy.deletionOrder must be AllAtOnce or Reverse, not {order[:40]!r}")
    if kind != "RollingSync":
        return None
    steps = manifests.get(strategy, "rollingSync", "steps", default=[])
    if not isinstance(steps, list) or len(steps) > MOST_STEPS:
        raise _invalid(f"spec.strategy.rollingSync.steps must be a list of at most {MOST_STEPS}")
    return Strategy(tuple(map(_step, steps)), order.lower() == "reverse")


def membership(strategy: Strategy, applications: Sequence[Manifest]) -> Membership:
    """Which step selects which of `applications`, by their own labels."""
    found = Membership([[] for _ in strategy.steps])
    for application in applications:
        name = manifests.name(application)
        selected = [number for number, step in enumerate(strategy.steps) if step.selects(application)]
        for number in selected:
            found.steps[number].append(name)
        if selected:
            found.step_of.setdefault(name, selected[0])
        if len(selected) > 1:
            found.several.setdefault(name, selected)
    return found


def problem(strategy: Strategy, members: Membership) -> str:
    """What is wrong with the steps, the worst first; empty when nothing is. (Argo CD's words.)"""
    return (
        _wrong_operators(strategy)
        or _in_several(members)
        or _wrong_max_updates(strategy)
        or _empty_steps(members.steps)
    )


def _wrong_operators(strategy: Strategy) -> str:
    wrong = [
        (number, expression.operator)
        for number, step in enumerate(strategy.steps, start=1)
        for expression in step.expressions
        if expression.operator not in ("In", "NotIn")
    ]
    if len(wrong) > 1:
        return f"Found {len(wrong)} steps with invalid matchExpression operators (must be 'In' or 'NotIn')"
    return "".join(
        f"Step {number} has invalid matchExpression operator '{operator[:40]}' (must be 'In' or 'NotIn')"
        for number, operator in wrong
    )


def _in_several(members: Membership) -> str:
    if len(members.several) > 1:
        return f"Found {len(members.several)} applications selected by multiple steps"
    return "".join(
        f"Application '{name}' is selected by multiple steps ({' and '.join(str(step + 1) for step in steps)})"
        for name, steps in members.several.items()
    )


def _wrong_max_updates(strategy: Strategy) -> str:
    wrong = [(number, step) for number, step in enumerate(strategy.steps, start=1) if not step.has_valid_max_update]
    if len(wrong) > 1:
        return f"Found {len(wrong)} steps with invalid maxUpdate values"
    return "".join(
        f"Step {number} has invalid maxUpdate value '{str(step.max_update)[:40]}': it must be a number or a percentage"
        for number, step in wrong
    )


def _empty_steps(steps: Sequence[Sequence[str]]) -> str:
    empty = [str(number) for number, names in enumerate(steps, start=1) if not names]
    if len(empty) > 1:
        return f"Steps {', '.join(empty)} have no applications matching their criteria"
    return "".join(f"Step {number} has no applications matching its criteria" for number in empty)


def _step(step: Any) -> Step:
    expressions = step.get("matchExpressions") if isinstance(step, dict) else None
    if not isinstance(step, dict) or not isinstance(expressions, list | None):
        raise _invalid("each of spec.strategy.rollingSync.steps must be a mapping, its matchExpressions a list")
    value = step.get("maxUpdate")
    if isinstance(value, bool) or not isinstance(value, int | str | None):
        raise _invalid("maxUpdate must be a number or a percentage such as 20%")
    return Step(tuple(map(_expression, expressions or ())), value)


def _expression(expression: Any) -> MatchExpression:
    values = expression.get("values") if isinstance(expression, dict) else None
    if not isinstance(expression, dict) or not isinstance(values, list | None):
        raise _invalid("each of a step's matchExpressions must be a mapping, its values a list")
    key, operator = str(expression.get("key") or ""), str(expression.get("operator") or "")
    return MatchExpression(key, operator, frozenset(map(str, values or ())))


def _invalid(message: str) -> UserError:
    return UserError(message, reason="InvalidStrategy")

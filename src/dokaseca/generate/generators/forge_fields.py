"""Fields that the scmProvider and pullRequest generators have in common. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from typing import Any, Final

from dokaseca.generate.generators import context
from dokaseca.generate.generators.context import Context
from dokaseca.kit import regex
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import UserError

REQUEUE_SECONDS: Final = 1800.0  # Argo CD: DefaultSCMProviderRequeueAfter, DefaultPullRequestRequeueAfter
PATTERN_CHARS: Final = 2000
SEARCHES: Final = 100  # filters of one generator


def known(spec: Mapping[str, Any], names: Collection[str], where: str) -> None:
    """See that `spec` has no other fields than `names`: one that is passed over could select everything.

    Raises:
        UserError: reason InvalidGenerator, with the name that was probably meant.
    """
    for name in spec:
        if name not in names:
            near = difflib.get_close_matches(str(name), names, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(names)}"
            raise UserError(f"{where}: unknown field {name!r}; {hint}", reason="InvalidGenerator")


def only_provider(spec: dict[str, Any], providers: Collection[str], generator: str) -> tuple[str, dict[str, Any]]:
    """The one provider that a generator names, and its fields.

    Raises:
        UserError: reason InvalidGenerator: it names none, or several.
    """
    named = [name for name in providers if spec.get(name) is not None]
    if len(named) != 1:
        problem = "names no provider" if not named else f"names several providers: {', '.join(named)}"
        raise UserError(
            f"{generator} generator {problem}; set one of {', '.join(providers)}", reason="InvalidGenerator"
        )
    return named[0], context.mapping_field(spec, named[0], generator)


def required(spec: dict[str, Any], name: str, where: str) -> str:
    """A string field that must be there.

    Raises:
        UserError: reason InvalidGenerator.
    """
    value = context.text_field(spec, name, where)
    if not value:
        raise UserError(f"{where} generator: {name} is missing", reason="InvalidGenerator")
    return value


def flag(spec: Mapping[str, Any], name: str, where: str, *, default: bool = False) -> bool:
    """A boolean field.

    Raises:
        UserError: reason InvalidGenerator: it is something else.
    """
    value = spec.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise UserError(f"{where} generator: {name} must be true or false", reason="InvalidGenerator")
    return value


def texts(spec: dict[str, Any], name: str, where: str) -> tuple[str, ...]:
    """A list of strings.

    Raises:
        UserError: reason InvalidGenerator: it is something else.
    """
    value = context.list_field(spec, name, where)
    if not all(isinstance(one, str) and one for one in value):
        raise UserError(f"{where} generator: {name} must be a list of strings", reason="InvalidGenerator")
    return tuple(value)


def pattern(spec: dict[str, Any], name: str, where: str) -> Any:
    """A compiled regular expression (RE2, as Go has it), None where the field is absent.

    Raises:
        UserError: reason InvalidGenerator: it is none.
    """
    if spec.get(name) is None:
        return None
    text = context.text_field(spec, name, where)
    try:
        if len(text) > PATTERN_CHARS:
            raise ValueError(f"it is longer than {PATTERN_CHARS} characters")
        return regex.compiled(text)
    except ValueError as error:
        raise UserError(
            f"{where} generator: error compiling {name} regexp {text[:80]!r}: {error}", reason="InvalidGenerator"
        ) from error


def filters(spec: dict[str, Any], names: Collection[str], where: str) -> list[dict[str, Any]]:
    """The entries of `filters`.

    Raises:
        UserError: reason InvalidGenerator: there are too many, one is no mapping, has no condition, or an unknown one.
    """
    entries = context.list_field(spec, "filters", where)
    if len(entries) > SEARCHES:
        raise UserError(f"{where} generator: more than {SEARCHES} filters", reason="InvalidGenerator")
    for number, entry in enumerate(entries):
        at = f"{where} generator: filters[{number}]"
        if not isinstance(entry, dict):
            raise UserError(f"{at} must be a mapping", reason="InvalidGenerator")
        known(entry, names, at)
        if all(value is None or value == [] for value in entry.values()):
            raise UserError(f"{at} has no condition; set one of {', '.join(names)}", reason="InvalidGenerator")
    return entries


def interval_seconds(spec: Mapping[str, Any], where: str) -> float:
    """`requeueAfterSeconds`, 30 minutes by default.

    Raises:
        UserError: reason InvalidGenerator: it is no whole number.
    """
    value = spec.get("requeueAfterSeconds")
    if value is None or value == 0:
        return REQUEUE_SECONDS
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise UserError(
            f"{where} generator: requeueAfterSeconds must be a whole number from 1", reason="InvalidGenerator"
        )
    return float(value)


def max_age_seconds(around: Context, interval: float) -> float:
    """How old an answer may be: a poll interval, and nothing where somebody has asked for a refresh."""
    annotations = manifests.annotations(around.view.manifest)
    return 0.0 if application_sets.REFRESH_ANNOTATION in annotations else interval


def poll(around: Context, interval: float) -> float:
    """Have the ApplicationSet expanded again when the present interval ends; how old an answer may be until then.

    Intervals begin at multiples of their length, for all ApplicationSets alike: who asks the same polls at the same
    time and shares the answer, and nobody sees one that is older than an interval.
    """
    elapsed = around.inputs.clock.monotonic_seconds() % interval
    around.ledger.requeue(interval - elapsed)
    return max_age_seconds(around, elapsed)

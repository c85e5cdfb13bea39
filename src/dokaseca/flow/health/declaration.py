"""What a declared rule may say, read from `rules/<group>.yaml` and checked. Pure.

How to write one: docs/how-to/add-a-health-rule.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, TypeAlias

from dokaseca.model.health import Health

CONDITIONS = "status.conditions"
_RULE = frozenset({"kinds", "ready", "passing", "behind", "checks", "otherwise", "message"})
_TESTS = frozenset({"condition", "field", "behind", "always"})
_OF_CONDITION = frozenset({"is", "reason", "severity", "in", "every", "set"})
_OF_FIELD = frozenset({"is", "is_not", "set", "at_least", "or"})
_FIELD_QUESTIONS = frozenset({"is", "is_not", "set", "at_least"})

Path: TypeAlias = tuple[str, ...]


class DeclarationError(ValueError):
    """A rule file says something that nobody understands; names the file, the rule and the word."""


@dataclass(frozen=True, slots=True)
class Test:
    """One question; which fields count depends on what it asks about.

    Attributes:
        condition: the condition's type; `values` are its status, `reasons` patterns of its reason,
            `severities` what some operators (Cluster API, Azure Service Operator) add to it.
        field: a path; compared with `values`, `unwanted` or the number at `at_least`.
        behind: the controller has not seen the newest spec; as that condition tells where one is named.
        always: holds.
        exists: whether what is asked about must be there; None where that is not the question.
        every: holds for every list that `lists` leads to, not just one.
    """

    condition: str = ""
    field: Path = ()
    behind: str | bool = False
    always: bool = False
    values: tuple[Any, ...] = ()
    unwanted: tuple[Any, ...] = ()
    reasons: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    lists: Path = ()
    every: bool = False
    exists: bool | None = None
    at_least: Path = ()
    default: Any = None


@dataclass(frozen=True, slots=True)
class Check:
    """The health of an object for which all tests hold, and what to say then."""

    status: Health
    tests: tuple[Test, ...]
    say: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """Checks in order: the first that holds decides."""

    kinds: tuple[str, ...]
    checks: tuple[Check, ...]
    otherwise: Health = Health.PROGRESSING
    messages: tuple[Path, ...] = ()


def parse(document: Any, file: str) -> dict[str, Rule]:
    """Kind to rule; `*` in a kind stands for any letters.

    Raises:
        DeclarationError: it is no rule file.
    """
    if not isinstance(document, dict) or not isinstance(document.get("rules"), list):
        raise DeclarationError(f"{file}: must be a mapping with a list of `rules`")
    _known(document, frozenset({"about", "rules"}), file)
    found: dict[str, Rule] = {}
    for number, spec in enumerate(document["rules"], 1):
        rule = _rule(spec, f"{file}: rule {number}")
        for kind in rule.kinds:
            if kind in found:
                raise DeclarationError(f"{file}: kind {kind} has two rules; keep one")
            found[kind] = rule
    return found


def _rule(spec: Any, place: str) -> Rule:
    if not isinstance(spec, dict) or not _strings(spec.get("kinds")):
        raise DeclarationError(f"{place}: must be a mapping that names `kinds`")
    _known(spec, _RULE, place)
    checks = [_check(check, f"{place}, check {number}") for number, check in enumerate(spec.get("checks", ()), 1)]
    if spec.get("behind"):
        checks.insert(0, Check(Health.PROGRESSING, (Test(behind=True),), "the newest spec has not been seen yet"))
    if "ready" in spec:
        checks += _ready(str(spec["ready"]), _strings(spec.get("passing", ())))
    if not any(check.status is Health.HEALTHY for check in checks):
        raise DeclarationError(f"{place}: nothing would ever be Healthy; add `ready` or a check")
    messages = tuple(_path(one) for one in _strings(spec.get("message", "status.message")))
    return Rule(_strings(spec["kinds"]), tuple(checks), _health(spec.get("otherwise", "Progressing"), place), messages)


def _ready(condition: str, passing: tuple[str, ...]) -> list[Check]:
    """The rule of most operators: True is healthy; False degraded, unless its reason says that it passes by itself."""
    test = Test(condition=condition, lists=_path(CONDITIONS))
    checks = [Check(Health.HEALTHY, (replace(test, values=("True",)),))]
    if passing:
        checks.append(Check(Health.PROGRESSING, (replace(test, values=("False",), reasons=passing),)))
    return [*checks, Check(Health.DEGRADED, (replace(test, values=("False",)),))]


def _check(spec: Any, place: str) -> Check:
    if not isinstance(spec, dict):
        raise DeclarationError(f"{place}: must be a mapping such as `Healthy: {{condition: Ready}}`")
    statuses = [name for name in spec if name != "say"]
    if len(statuses) != 1:
        raise DeclarationError(f"{place}: must name one health, has {', '.join(map(str, statuses)) or 'none'}")
    tests = spec[statuses[0]]
    parsed = tuple(_test(one, place) for one in (tests if isinstance(tests, list) else [tests]))
    if not parsed:
        raise DeclarationError(f"{place}: has no test; one that always holds is `always: true`")
    return Check(_health(statuses[0], place), parsed, str(spec.get("say", "")))


def _test(spec: Any, place: str) -> Test:
    asked = [name for name in spec if name in _TESTS] if isinstance(spec, dict) else []
    if len(asked) != 1:
        raise DeclarationError(f"{place}: a test asks about one of {', '.join(sorted(_TESTS))}")
    more = {"condition": _OF_CONDITION, "field": _OF_FIELD}.get(asked[0], frozenset())
    _known(spec, more | {asked[0]}, place)
    if asked[0] == "condition":
        return _condition(spec)
    if asked[0] == "field":
        return _field(spec, place)
    return Test(behind=spec["behind"]) if asked[0] == "behind" else Test(always=True)


def _condition(spec: Mapping[str, Any]) -> Test:
    statuses = tuple(str(one) for one in _listed(spec.get("is", () if "reason" in spec or "set" in spec else "True")))
    return Test(
        condition=str(spec["condition"]),
        values=statuses,
        reasons=_strings(spec.get("reason", ())),
        severities=_strings(spec.get("severity", ())),
        lists=_path(str(spec.get("in", CONDITIONS))),
        every=bool(spec.get("every")),
        exists=spec.get("set"),
    )


def _field(spec: Mapping[str, Any], place: str) -> Test:
    if not _FIELD_QUESTIONS & set(spec):
        raise DeclarationError(f"{place}: a field is asked one of {', '.join(sorted(_FIELD_QUESTIONS))}")
    return Test(
        field=_path(str(spec["field"])),
        values=_listed(spec.get("is", ())),
        unwanted=_listed(spec.get("is_not", ())),
        exists=spec.get("set"),
        at_least=_path(str(spec.get("at_least", ""))),
        default=spec.get("or"),
    )


def _known(spec: Mapping[str, Any], words: frozenset[str], place: str) -> None:
    unknown = sorted(str(name) for name in spec if name not in words)
    if unknown:
        raise DeclarationError(f"{place}: unknown {', '.join(unknown)}; known are {', '.join(sorted(words))}")


def _health(word: Any, place: str) -> Health:
    if word not in list(Health):
        raise DeclarationError(f"{place}: {word!r} is no health; one of {', '.join(Health)}")
    return Health(word)


def _listed(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in _listed(value)) if value is not None else ()


def _path(text: str) -> Path:
    return tuple(text.split(".")) if text else ()


def fits(patterns: tuple[str, ...], text: str) -> bool:
    """Whether one of the patterns (`*`, `?`) is that text."""
    return any(fnmatchcase(text, pattern) for pattern in patterns)

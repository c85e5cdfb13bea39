"""Kubernetes label selectors, as ApplicationSets use them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dokaseca.model.errors import UserError

_KEY = re.compile(r"(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?\Z")
_KEY_NAME_LENGTH = 63
_FIELDS = ("matchLabels", "matchExpressions")
_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on one label."""

    key: str
    operator: str
    values: frozenset[str]

    def matches(self, labels: Mapping[str, str]) -> bool:
        if self.operator == "In":
            return self.key in labels and labels[self.key] in self.values
        if self.operator == "NotIn":
            return self.key not in labels or labels[self.key] not in self.values
        return (self.key in labels) == (self.operator == "Exists")


@dataclass(frozen=True, slots=True)
class Selector:
    """All requirements must hold; none selects everything."""

    requirements: tuple[Requirement, ...]

    def matches(self, labels: Mapping[str, str]) -> bool:
        return all(requirement.matches(labels) for requirement in self.requirements)


def parse(selector: Any) -> Selector:
    """A `{matchLabels, matchExpressions}` mapping; values are not restricted (URLs are allowed), keys are.

    Raises:
        UserError: reason InvalidSelector.
    """
    if selector is None:
        return Selector(())
    if not isinstance(selector, dict):
        raise _invalid("a selector must be a mapping")
    unknown = sorted(str(name) for name in selector if name not in _FIELDS)
    if unknown:  # a misspelt field would leave an empty selector, which selects everything
        raise _invalid(f"unknown field {unknown[0]!r}; a selector has {' and '.join(_FIELDS)}")
    labels = selector.get("matchLabels") or {}
    expressions = selector.get("matchExpressions") or []
    if not isinstance(labels, dict) or not isinstance(expressions, list):
        raise _invalid("matchLabels must be a mapping and matchExpressions a list")
    requirements = [Requirement(_key(key), "In", frozenset([_text(value, key)])) for key, value in labels.items()]
    return Selector((*requirements, *map(_requirement, expressions)))


def _requirement(expression: Any) -> Requirement:
    if not isinstance(expression, dict):
        raise _invalid("each of matchExpressions must be a mapping")
    operator = expression.get("operator")
    values = expression.get("values") or []
    if operator not in _OPERATORS:
        raise _invalid(f"{operator!r} is not a valid label selector operator; use one of {', '.join(_OPERATORS)}")
    if not isinstance(values, list):
        raise _invalid("values must be a list")
    if (operator in ("In", "NotIn")) != bool(values):
        needs = "needs at least one value" if operator in ("In", "NotIn") else "takes no values"
        raise _invalid(f"operator {operator} {needs}")
    key = _key(expression.get("key"))
    return Requirement(key, operator, frozenset(_text(value, key) for value in values))


def _text(value: Any, key: Any) -> str:
    if not isinstance(value, str):  # as Kubernetes: 1.0 and true have several spellings
        raise _invalid(f"the value of {key!r} must be a string; quote it")
    return value


def _key(key: Any) -> str:
    if not isinstance(key, str) or not _KEY.match(key) or len(key.rsplit("/", 1)[-1]) > _KEY_NAME_LENGTH:
        raise _invalid(f"{key!r} is not a label key, so no selector can name it")
    return key


def _invalid(message: str) -> UserError:
    return UserError(f"error parsing label selector: {message}", reason="InvalidSelector")

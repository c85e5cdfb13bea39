"""Label selectors as query strings write them: apimachinery's pkg/labels, token by token, with its sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from dokaseca.dock import names

_OPERATORS: Final = {"=": "in", "==": "in", "!=": "notin", ">": "gt", "<": "lt", "in": "in", "notin": "notin"}
_TOKENS: Final = re.compile(r"[ \t\r\n]*(?:(==|!=|[=!<>(),])|([^=!<>(), \t\r\n]+))")
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,19}")
_SIGNS: Final = frozenset(("", *"=!<>(),", "==", "!="))  # every token that is no identifier; empty is the end

Labels = Mapping[str, str]


class BadSelector(ValueError):
    """The selector does not parse; the message is the server's."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One clause: operator is in, notin, exists, !, gt or lt."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def matches(self, labels: Labels) -> bool:
        value = labels.get(self.key)
        if self.operator == "in":
            return value is not None and value in self.values
        if self.operator == "notin":
            return value is None or value not in self.values
        if self.operator == "exists":
            return value is not None
        if self.operator == "!":
            return value is None
        left, right = _integer_or_none(value or ""), _integer_or_none(next(iter(self.values)))
        if left is None or right is None:
            return False
        return left > right if self.operator == "gt" else left < right


@lru_cache(maxsize=512)
def labels(text: str) -> tuple[Requirement, ...]:
    """The requirements of a label selector; an empty selector has none and matches everything.

    Raises:
        BadSelector: it does not parse.
    """
    return tuple(_Parser(text).requirements())


def matches(requirements: tuple[Requirement, ...], of: Labels) -> bool:
    """Whether labels satisfy every requirement."""
    return all(requirement.matches(of) for requirement in requirements)


def from_document(selector: Mapping[str, Any] | None) -> tuple[Requirement, ...]:
    """The requirements of a `LabelSelector` object (matchLabels and matchExpressions)."""
    selector = selector or {}
    found = [Requirement(key, "in", frozenset({value})) for key, value in (selector.get("matchLabels") or {}).items()]
    operators = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}
    for expression in selector.get("matchExpressions") or ():
        values = frozenset(expression.get("values") or ())
        found.append(Requirement(expression["key"], operators[expression["operator"]], values))
    return tuple(found)


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = [found[1] or found[2] for found in _TOKENS.finditer(text)]
        self._at = 0

    def requirements(self) -> Iterator[Requirement]:
        while self._next != "":
            if self._next in _SIGNS - {"!"}:
                raise BadSelector(f"found '{self._next}', expected: !, identifier, or 'end of string'")
            try:
                yield self._requirement()
            except BadSelector as error:
                raise BadSelector(f"unable to parse requirement: {error}") from None
            separator = self._take()
            if separator not in ("", ","):
                raise BadSelector(f"found '{separator}', expected: ',' or 'end of string'")
            if separator and self._next in _SIGNS - {"!"}:
                raise BadSelector(f"found '{self._next}', expected: identifier after ','")

    @property
    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._next
        self._at += 1
        return token

    def _requirement(self) -> Requirement:
        is_absent = self._next == "!"
        if is_absent:
            self._take()
        key = self._take()
        if key in _SIGNS:
            raise BadSelector(f"found '{key}', expected: identifier")
        _refuse("<nil>", key, names.key_problems(key))
        if is_absent or self._next in ("", ","):
            return Requirement(key, "!" if is_absent else "exists")
        written = self._take()
        if written not in _OPERATORS:
            raise BadSelector(f"found '{written}', expected: in, notin, =, ==, !=, gt, lt")
        found = self._values() if written in ("in", "notin") else [self._value()]
        return _requirement(key, _OPERATORS[written], found)

    def _value(self) -> str:
        if self._next in ("", ","):
            return ""
        value = self._take()
        if value in _SIGNS:
            raise BadSelector(f"found '{value}', expected: identifier")
        return value

    def _values(self) -> list[str]:
        """A list in parentheses, in which values may be left out: `(a,)` holds the empty one too."""
        opening = self._take()
        if opening != "(":
            raise BadSelector(f"found '{opening}' expected: '('")
        if self._next == ")":
            self._take()
            return []
        if self._next in _SIGNS - {","}:
            raise BadSelector(f"found '{self._next}', expected: ',', ')' or identifier")
        found = [self._listed()]
        while (sign := self._take()) == ",":
            found.append(self._listed())
        if sign != ")":
            raise BadSelector(f"found '{sign}', expected: ',' or ')'")
        return found

    def _listed(self) -> str:
        if self._next in (",", ")"):
            return ""
        value = self._take()
        if value in _SIGNS:
            raise BadSelector(f"found '{value}', expected: ',', or identifier")
        return value


def _requirement(key: str, operator: str, values: list[str]) -> Requirement:
    if not values:
        raise BadSelector("values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty")
    for index, value in enumerate(sorted(set(values))):
        if operator in ("gt", "lt") and _integer_or_none(value) is None:
            _refuse(f"values[{index}]", value, ["for 'Gt', 'Lt' operators, the value must be an integer"])
        _refuse(f"values[{index}][{key}]", value, names.value_problems(value))
    return Requirement(key, operator, frozenset(values))


def _refuse(path: str, value: str, problems: list[str]) -> None:
    if problems:
        raise BadSelector(f'{path}: Invalid value: "{value}": {"; ".join(problems)}')


def _integer_or_none(text: str) -> int | None:
    """As strconv.ParseInt reads 64 bits: ASCII digits with a sign, nothing else."""
    value = int(text) if _INTEGER.fullmatch(text) else None
    return value if value is not None and -(2**63) <= value < 2**63 else None

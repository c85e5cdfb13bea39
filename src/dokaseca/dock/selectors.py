"""Label and field selectors as query strings write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dokaseca.model import manifest as manifests

_KEY = re.compile(r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$")
_VALUE = re.compile(r"^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$")
_SET = re.compile(r"^(?P<key>\S+)\s+(?P<operator>in|notin)\s*\((?P<values>[^()]*)\)$")
_EQUAL = re.compile(r"^(?P<key>[^=!<>\s]+)\s*(?P<operator>==|=|!=|<|>)\s*(?P<value>.*)$")
_SIGN = re.compile(r"==|!=|[=!<>]")

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
        return self._compares(value)

    def _compares(self, value: str | None) -> bool:
        try:
            left, right = int(value or ""), int(next(iter(self.values)))
        except ValueError:
            return False
        return left > right if self.operator == "gt" else left < right


def _split(text: str) -> list[str]:
    """`text` at the commas outside parentheses."""
    parts, depth, start = [], 0, 0
    for position, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    return [*parts, text[start:]]


def _requirement(clause: str) -> Requirement:
    if found := _SET.match(clause):
        values = frozenset(value.strip() for value in found["values"].split(","))
        requirement = Requirement(found["key"], found["operator"], values)
    elif found := _EQUAL.match(clause):
        operator = {"=": "in", "==": "in", "!=": "notin", ">": "gt", "<": "lt"}[found["operator"]]
        requirement = Requirement(found["key"], operator, frozenset({found["value"].strip()}))
    elif clause.startswith("!"):
        requirement = Requirement(clause[1:].strip(), "!")
    else:
        requirement = Requirement(clause, "exists")
    if requirement.operator in ("in", "notin") and (sign := _SIGN.search("".join(requirement.values))):
        raise BadSelector(f"unable to parse requirement: found '{sign[0]}', expected: identifier")
    if not _KEY.match(requirement.key) or len(requirement.key) > 317:
        raise BadSelector(f"unable to parse requirement: invalid label key {requirement.key!r}")
    for value in requirement.values:
        if not _VALUE.match(value) or len(value) > 63:
            raise BadSelector(f"unable to parse requirement: invalid label value {value!r}")
    return requirement


@lru_cache(maxsize=512)
def labels(text: str) -> tuple[Requirement, ...]:
    """The requirements of a label selector; an empty selector has none and matches everything.

    Raises:
        BadSelector: it does not parse.
    """
    if not text.strip():
        return ()
    return tuple(_requirement(clause.strip()) for clause in _split(text))


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


@dataclass(frozen=True, slots=True)
class FieldRequirement:
    """One clause of a field selector."""

    path: str
    value: str
    equal: bool

    def matches(self, manifest: Any) -> bool:
        value = manifests.get(manifest, *self.path.split("."), default="")
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return (text == self.value) == self.equal


# What pkg/registry and pkg/apis/core/v1/conversion.go let one select by, beside metadata.name and metadata.namespace.
_FIELDS: Mapping[str, frozenset[str]] = {
    "pods": frozenset(
        {"spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
         "status.phase", "status.podIP", "status.nominatedNodeName"}
    ),
    "events": frozenset(
        {"involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
         "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
         "reportingComponent", "source", "type", "regarding.kind", "regarding.namespace", "regarding.name",
         "regarding.uid"}
    ),
    "nodes": frozenset({"spec.unschedulable"}),
    "namespaces": frozenset({"status.phase"}),
    "secrets": frozenset({"type"}),
    "services": frozenset({"spec.clusterIP", "spec.type"}),
    "replicasets": frozenset({"status.replicas"}),
    "replicationcontrollers": frozenset({"status.replicas"}),
    "jobs": frozenset({"status.successful"}),
    "certificatesigningrequests": frozenset({"spec.signerName"}),
}  # fmt: skip


def _unsupported(path: str, plural: str, selectable: frozenset[str]) -> str:
    """Kinds with fields of their own have a conversion that words it otherwise."""
    if plural in _FIELDS and plural not in ("replicasets", "jobs", "certificatesigningrequests"):
        return f"field label not supported: {path}"
    known = ["metadata.name", "metadata.namespace", *sorted(selectable)]
    return f'"{path}" is not a known field selector: only ' + ", ".join(f'"{one}"' for one in known)


@lru_cache(maxsize=512)
def fields(text: str, plural: str, selectable: frozenset[str] = frozenset()) -> tuple[FieldRequirement, ...]:
    """The requirements of a field selector on `plural`; `selectable` are paths that its definition adds.

    Raises:
        BadSelector: it does not parse, or asks for a field that cannot be selected by.
    """
    found = []
    for clause in text.split(",") if text.strip() else ():
        separator = next((sign for sign in ("!=", "==", "=") if sign in clause), "")
        if not separator:
            raise BadSelector(f"invalid selector: '{text}'; can't understand '{clause}'")
        path, _, value = clause.partition(separator)
        path = path.strip()
        allowed = (
            path in ("metadata.name", "metadata.namespace") or path in _FIELDS.get(plural, ()) or path in selectable
        )
        if not allowed:
            raise BadSelector(_unsupported(path, plural, selectable))
        found.append(FieldRequirement(path, value.strip(), separator != "!="))
    return tuple(found)

"""One rule of a role: what it allows, and whether other rules cover it.

The rules are those of k8s.io/component-helpers/auth/rbac/validation and k8s.io/kubernetes/pkg/registry/rbac/validation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from dokaseca.dock.authz.attributes import Attributes, quoted

_ANY = "*"


@dataclass(frozen=True, slots=True)
class Rule:
    """A PolicyRule; the lists keep the order in which they were written."""

    verbs: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()

    def allows(self, asked: Attributes) -> bool:
        """Whether the rule allows what is asked."""
        if not (_ANY in self.verbs or asked.verb in self.verbs):
            return False
        if asked.path:
            return any(_url_covers(url, asked.path) for url in self.urls)
        if not (_ANY in self.groups or asked.group in self.groups):
            return False
        if self.names and asked.name not in self.names:
            return False
        return _has_resource(self.resources, asked.full_resource)

    @property
    def document(self) -> dict[str, list[str]]:
        """The rule as an object; lists that are empty are left out."""
        pairs = (
            ("apiGroups", self.groups),
            ("resources", self.resources),
            ("resourceNames", self.names),
            ("nonResourceURLs", self.urls),
        )
        return {"verbs": list(self.verbs), **{name: list(values) for name, values in pairs if values}}

    @property
    def text(self) -> str:
        """The rule on one line, as refusals list it."""
        pairs = (
            ("APIGroups", self.groups),
            ("Resources", self.resources),
            ("NonResourceURLs", self.urls),
            ("ResourceNames", self.names),
            ("Verbs", self.verbs),
        )
        shown = (f"{name}:[{' '.join(map(quoted, values))}]" for name, values in pairs if values)
        return "{" + ", ".join(shown) + "}"


FULL_AUTHORITY = (Rule(("*",), ("*",), ("*",)), Rule(("*",), urls=("*",)))


def parse(documents: Iterable[Mapping[str, Any]] | None) -> tuple[Rule, ...]:
    """The rules of a role."""
    return tuple(
        Rule(
            tuple(document.get("verbs") or ()),
            tuple(document.get("apiGroups") or ()),
            tuple(document.get("resources") or ()),
            tuple(document.get("resourceNames") or ()),
            tuple(document.get("nonResourceURLs") or ()),
        )
        for document in documents or ()
    )


def missing(held: Sequence[Rule], wanted: Iterable[Rule]) -> list[Rule]:
    """What of `wanted` no rule of `held` covers; the verbs of one resource together, sorted by their text."""
    verbs: dict[Rule, list[str]] = {}
    for rule in wanted:
        for part in _parts(rule):
            if not any(_covers(owner, part) for owner in held):
                found = verbs.setdefault(Rule((), part.groups, part.resources, part.names, part.urls), [])
                found.extend(verb for verb in part.verbs if verb not in found)
    joined = (Rule(tuple(found), of.groups, of.resources, of.names, of.urls) for of, found in verbs.items())
    return sorted(joined, key=lambda rule: rule.text)


def _parts(rule: Rule) -> Iterator[Rule]:
    """The rule as rules of one verb on one resource, name or path."""
    for group, resource, verb, name in product(rule.groups, rule.resources, rule.verbs, rule.names or (None,)):
        yield Rule((verb,), (group,), (resource,), (name,) if name is not None else ())
    for url, verb in product(rule.urls, rule.verbs):
        yield Rule((verb,), urls=(url,))


def _covers(owner: Rule, part: Rule) -> bool:
    if not (_ANY in owner.verbs or part.verbs[0] in owner.verbs):
        return False
    if part.urls:
        return any(_url_covers(url, part.urls[0]) for url in owner.urls)
    if not (_ANY in owner.groups or part.groups[0] in owner.groups):
        return False
    if owner.names and not (part.names and part.names[0] in owner.names):
        return False
    return _has_resource(owner.resources, part.resources[0])


def _has_resource(resources: Sequence[str], asked: str) -> bool:
    if _ANY in resources or asked in resources:
        return True
    _, slash, subresource = asked.partition("/")
    return bool(slash) and f"*/{subresource}" in resources


def _url_covers(url: str, asked: str) -> bool:
    return url == asked or (url.endswith(_ANY) and asked.startswith(url.rstrip(_ANY)))

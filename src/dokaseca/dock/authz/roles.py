"""The roles and bindings of a cluster, indexed by whom they concern and kept in step with the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from dokaseca.dock import selectors
from dokaseca.dock.authn import MASTERS, Identity, account_user
from dokaseca.dock.authz import rules
from dokaseca.dock.authz.attributes import Attributes, quoted
from dokaseca.dock.authz.rules import Rule
from dokaseca.dock.store.history import Change, Stored
from dokaseca.dock.store.objects import Store

GROUP: Final = "rbac.authorization.k8s.io"
ROLES: Final = f"roles.{GROUP}"
CLUSTER_ROLES: Final = f"clusterroles.{GROUP}"
ROLE_BINDINGS: Final = f"rolebindings.{GROUP}"
CLUSTER_ROLE_BINDINGS: Final = f"clusterrolebindings.{GROUP}"
TABLES: Final = (ROLES, CLUSTER_ROLES, ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS)

_Subject = tuple[str, str]  # kind and name; a ServiceAccount is the user that its tokens speak for


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether something is allowed; `reason` says by which binding, or what was wrong with bindings."""

    allowed: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """One binding as far as one subject is concerned; `role` is (namespace, name), a ClusterRole's namespace empty."""

    role: tuple[str, str]
    role_kind: str
    binding: str
    subject: str

    @property
    def reason(self) -> str:
        return f"RBAC: allowed by {self.binding} of {self.role_kind} {quoted(self.role[1])} to {self.subject}"

    @property
    def dangling(self) -> str:
        """The error where the role does not exist."""
        return f"{self.role_kind.lower()}.{GROUP} {quoted(self.role[1])} not found"


@dataclass(slots=True)
class _Known:
    """What one store holds, parsed."""

    rules: dict[tuple[str, str], tuple[Rule, ...]] = field(default_factory=dict)
    aggregated: dict[str, list[tuple[selectors.Requirement, ...]]] = field(default_factory=dict)
    subjects: dict[tuple[str, str], tuple[_Subject, ...]] = field(default_factory=dict)
    grants: dict[_Subject, dict[str, dict[str, Grant]]] = field(default_factory=dict)


class Roles:
    """Decides by the roles and bindings in a store.

    Args:
        store: read once, then followed.
    """

    def __init__(self, store: Store) -> None:
        self._known = _Known()
        for table in TABLES:
            for stored in store.scan(table):
                self._accept(table, stored)
        store.observe(self._follow)

    def authorize(self, identity: Identity, asked: Attributes) -> Decision:
        """Whether `identity` may do what is asked; members of system:masters may do everything."""
        if MASTERS in identity.groups:
            return Decision(True)
        errors = []
        for grant in self._granted(identity, asked.namespace):
            found = self._known.rules.get(grant.role)
            if found is None:
                errors.append(grant.dangling)
            elif any(rule.allows(asked) for rule in found):
                return Decision(True, grant.reason)
        return Decision(False, f"RBAC: {_joined(errors)}" if errors else "")

    def rules_for(self, identity: Identity, namespace: str) -> tuple[list[Rule], str]:
        """The rules that hold for `identity` in a namespace (empty: in the whole cluster), and what went wrong."""
        found: list[Rule] = []
        errors: list[str] = []
        seen = set()
        for grant in self._granted(identity, namespace):
            if grant.binding in seen:
                continue
            seen.add(grant.binding)
            held = self._known.rules.get(grant.role)
            if held is None:
                errors.append(grant.dangling)
            else:
                found.extend(held)
        return found, _joined(errors)

    def of_role_or_none(self, kind: str, namespace: str, name: str) -> tuple[Rule, ...] | None:
        """The rules of one role."""
        return self._known.rules.get(("" if kind == "ClusterRole" else namespace, name))

    @property
    def aggregated(self) -> Mapping[str, list[tuple[selectors.Requirement, ...]]]:
        """ClusterRoles that gather the rules of others, with the selectors of those."""
        return self._known.aggregated

    def _granted(self, identity: Identity, namespace: str) -> Iterator[Grant]:
        by_subject = self._known.grants
        subjects = [("User", identity.user), *(("Group", group) for group in identity.groups)]
        found = [places for subject in subjects if (places := by_subject.get(subject))]
        for place in ("", namespace) if namespace else ("",):
            for places in found:
                yield from places.get(place, {}).values()

    def _follow(self, table: str, change: Change) -> None:
        if table not in TABLES:
            return
        if change.before is not None:
            self._forget(table, change.before)
        if not change.gone:
            self._accept(table, change.after)

    def _accept(self, table: str, stored: Stored) -> None:
        manifest = orjson.loads(stored.data)
        key = (stored.namespace, stored.name)
        if table in (ROLES, CLUSTER_ROLES):
            self._known.rules[key] = rules.parse(manifest.get("rules"))
            if (aggregation := manifest.get("aggregationRule")) is not None:
                chosen = aggregation.get("clusterRoleSelectors") or ()
                self._known.aggregated[stored.name] = [selectors.from_document(one) for one in chosen]
            return
        named = [(_subject(one, stored.namespace), one) for one in manifest.get("subjects") or ()]
        self._known.subjects[key] = tuple(subject for subject, _ in named)
        for subject, document in named:
            space = self._known.grants.setdefault(subject, {}).setdefault(stored.namespace, {})
            space.setdefault(stored.name, _grant(stored, manifest["roleRef"], document))

    def _forget(self, table: str, stored: Stored) -> None:
        key = (stored.namespace, stored.name)
        if table in (ROLES, CLUSTER_ROLES):
            self._known.rules.pop(key, None)
            if not stored.namespace:
                self._known.aggregated.pop(stored.name, None)
            return
        for subject in self._known.subjects.pop(key, ()):
            places = self._known.grants.get(subject, {})
            places.get(stored.namespace, {}).pop(stored.name, None)
            if not places.get(stored.namespace):
                places.pop(stored.namespace, None)
            if not places:
                self._known.grants.pop(subject, None)


def _subject(document: Mapping[str, Any], namespace: str) -> _Subject:
    if document.get("kind") == "ServiceAccount":
        return "User", account_user(document.get("namespace") or namespace, document.get("name") or "")
    return document.get("kind") or "", document.get("name") or ""


def _grant(stored: Stored, reference: Mapping[str, Any], subject: Mapping[str, Any]) -> Grant:
    kind, name = reference.get("kind") or "", reference.get("name") or ""
    who = subject.get("name") or ""
    if subject.get("kind") == "ServiceAccount":
        who = f"{who}/{subject.get('namespace') or stored.namespace}"
    if stored.namespace:
        binding = f"RoleBinding {quoted(f'{stored.name}/{stored.namespace}')}"
    else:
        binding = f"ClusterRoleBinding {quoted(stored.name)}"
    place = "" if kind == "ClusterRole" else stored.namespace
    return Grant((place, name), kind, binding, f"{subject.get('kind') or ''} {quoted(who)}")


def _joined(errors: list[str]) -> str:
    """As Go prints several errors: one as it is, more in brackets, each once."""
    distinct = list(dict.fromkeys(errors))
    return distinct[0] if len(distinct) == 1 else f"[{', '.join(distinct)}]" if distinct else ""

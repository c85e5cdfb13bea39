"""Rights that a change hands out. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

_GROUP: Final = "rbac.authorization.k8s.io"
_ADMIN: Final = "cluster-admin"
_ESCALATING: Final = ("bind", "escalate", "impersonate")  # who may do these may do everything


@dataclass(frozen=True, slots=True)
class Rights:
    rule: str
    message: str
    path: str


def widened(before: Manifest | None, after: Manifest) -> Iterator[Rights]:
    """What `after` allows beyond `before`: cluster-admin for more subjects, everything, or what leads to everything."""
    group, _, kind = manifests.gvk(after)
    if group != _GROUP:
        return
    if kind in ("RoleBinding", "ClusterRoleBinding"):
        yield from _bound(before, after)
    elif kind in ("Role", "ClusterRole"):
        yield from _allowed(before, after)


def _bound(before: Manifest | None, after: Manifest) -> Iterator[Rights]:
    if manifests.get(after, "roleRef", "name") != _ADMIN:
        return
    known = _subjects(before) if manifests.get(before, "roleRef", "name") == _ADMIN else set()
    where = "the whole cluster" if after.get("kind") == "ClusterRoleBinding" else "its namespace"
    for subject in sorted(_subjects(after) - known):
        yield Rights("cluster-admin", f"{subject} becomes {_ADMIN} of {where}", "subjects")


def _subjects(binding: Manifest | None) -> set[str]:
    return {_subject(one) for one in _items(manifests.get(binding, "subjects"))}


def _subject(one: Any) -> str:
    kind, namespace, name = (str(manifests.get(one, part, default="")) for part in ("kind", "namespace", "name"))
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def _allowed(before: Manifest | None, after: Manifest) -> Iterator[Rights]:
    gained = _powers(after) - _powers(before)
    for power in sorted(gained):
        yield Rights("rights-widened", f"the {after.get('kind')} now allows {power}", "rules")


def _powers(role: Manifest | None) -> set[str]:
    found: set[str] = set()
    for rule in _items(manifests.get(role, "rules")):
        verbs, resources = (_items(manifests.get(rule, name)) for name in ("verbs", "resources"))
        if "*" in verbs and "*" in resources:
            found.add("every verb on every resource")
        elif "*" in verbs and resources:
            found.add(f"every verb on {', '.join(map(str, resources))}")
        found |= {f"to {verb} {', '.join(map(str, resources))}" for verb in _ESCALATING if verb in verbs}
    return found


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []

"""Nobody grants what he does not hold: checks on writes of roles and bindings.

The rules are those of k8s.io/kubernetes/pkg/registry/rbac: `escalate` on a role lets its rules exceed one's own, `bind`
on a role lets one hand it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dokaseca.dock import status_error
from dokaseca.dock.authn import MASTERS, Identity
from dokaseca.dock.authz import rules
from dokaseca.dock.authz.attributes import Attributes, quoted
from dokaseca.dock.authz.roles import GROUP, Roles
from dokaseca.dock.authz.rules import Rule
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

_COLLECTED: Final = ("ownerReferences", "finalizers", "managedFields", "resourceVersion")
_PLURALS: Final = {"Role": "roles", "ClusterRole": "clusterroles"}
_PLURALS_OF_BINDINGS: Final = {"RoleBinding": "rolebindings", "ClusterRoleBinding": "clusterrolebindings"}


def check(roles: Roles, identity: Identity, manifest: Manifest, old: Manifest | None) -> None:
    """Refuse a role or a binding by which `identity` would give away more than it holds.

    Args:
        manifest: as it is to be stored; other kinds pass.
        old: what it replaces.

    Raises:
        StatusError: 403; 404, a binding to a role that does not exist.
    """
    if MASTERS in identity.groups or (old is not None and _is_same(manifest, old)):
        return
    if manifest["kind"] in _PLURALS:
        _check_role(roles, identity, manifest, old)
    elif manifest["kind"] in _PLURALS_OF_BINDINGS:
        _check_binding(roles, identity, manifest)


def _check_role(roles: Roles, identity: Identity, manifest: Manifest, old: Manifest | None) -> None:
    fields = ("rules", "aggregationRule")
    if old is not None and all((manifest.get(field) or None) == (old.get(field) or None) for field in fields):
        return
    namespace, name = manifests.namespace(manifest), manifests.name(manifest)
    plural = _PLURALS[manifest["kind"]]
    if _may(roles, identity, Attributes("escalate", GROUP, plural, "", namespace, name)):
        return
    why = _excess(roles, identity, namespace, rules.parse(manifest.get("rules")))
    gathers = any("aggregationRule" in one for one in (manifest, old or {}))
    if not why and gathers and _excess(roles, identity, "", rules.FULL_AUTHORITY):
        why = "must have cluster-admin privileges to use the aggregationRule"
    if why:
        raise status_error.forbidden(GROUP, plural, name, why)


def _check_binding(roles: Roles, identity: Identity, manifest: Manifest) -> None:
    reference = manifest.get("roleRef") or {}
    kind, role = reference.get("kind") or "", reference.get("name") or ""
    if kind not in _PLURALS:
        return  # validation refuses it next
    namespace = manifests.namespace(manifest)
    if _may(roles, identity, Attributes("bind", GROUP, _PLURALS[kind], "", namespace, role)):
        return
    wanted = roles.of_role_or_none(kind, namespace, role)
    if wanted is None:
        raise status_error.not_found(GROUP, _PLURALS[kind], role)
    why = _excess(roles, identity, namespace, wanted)
    if why:
        plural = _PLURALS_OF_BINDINGS[manifest["kind"]]
        raise status_error.forbidden(GROUP, plural, manifests.name(manifest), why)


def _may(roles: Roles, identity: Identity, asked: Attributes) -> bool:
    return roles.authorize(identity, asked).allowed


def _excess(roles: Roles, identity: Identity, namespace: str, wanted: Sequence[Rule]) -> str:
    """What of `wanted` the identity does not hold, as a sentence; empty where it holds all."""
    held, errors = roles.rules_for(identity, namespace)
    lacking = rules.missing(held, wanted)
    if not lacking:
        return ""
    groups = " ".join(map(quoted, identity.groups))
    head = (
        f"user {quoted(identity.user)} (groups=[{groups}]) is attempting to grant RBAC permissions not currently held:"
    )
    tail = f"; resolution errors: [{errors.strip('[]')}]" if errors else ""
    return "\n".join([head, *(rule.text for rule in lacking)]) + tail


def _is_same(manifest: Manifest, old: Manifest) -> bool:
    """Whether only what the garbage collector needs differs."""

    def rest(of: Manifest) -> Manifest:
        metadata = {key: value for key, value in manifests.metadata(of).items() if key not in _COLLECTED}
        return {**of, "metadata": metadata}

    return rest(manifest) == rest(old)

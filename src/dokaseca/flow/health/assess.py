"""Finds the rule for an object's kind. Pure.

A rule is a module `rules/<group>/<kind>.py`: the group without its common suffix, dots and dashes as underscores, the
kind in lower case. To teach a new kind, add that file.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from dokaseca.model import manifest as manifests
from dokaseca.model.health import Health, Verdict
from dokaseca.model.identity import GroupKind
from dokaseca.model.manifest import Manifest

HOOK_FINALIZER = "argocd.argoproj.io/hook-finalizer"

_SHORT_GROUPS = {
    "": "core",
    "networking.k8s.io": "networking",
    "extensions": "networking",
    "apiregistration.k8s.io": "apiregistration",
    "apiextensions.k8s.io": "apiextensions",
    "argoproj.io": "argoproj",
    "cert-manager.io": "cert_manager",
    "external-secrets.io": "external_secrets",
}

Rule = Callable[[Manifest], Verdict]


def assess(live: Manifest) -> Verdict | None:
    """The object's health, None where its kind has none (Argo CD: B13).

    What is being deleted is Progressing, unless only the hook finalizer holds it.
    """
    metadata = manifests.metadata(live)
    if metadata.get("deletionTimestamp") and HOOK_FINALIZER not in (metadata.get("finalizers") or ()):
        return Verdict(Health.PROGRESSING, "Pending deletion")
    rule = rule_or_none(manifests.gvk(live).group_kind)
    return rule(live) if rule is not None else None


@cache
def rule_or_none(kind: GroupKind) -> Rule | None:
    """The rule of one kind; found once per process."""
    group = _SHORT_GROUPS.get(kind.group) or kind.group.replace(".", "_").replace("-", "_")
    package = f"dokaseca.flow.health.rules.{group}"
    if not (group + kind.kind).replace("_", "").isalnum() or find_spec(package) is None:
        return None
    name = f"{package}.{kind.kind.lower()}"
    if find_spec(name) is None:
        return None
    found: Rule = import_module(name).assess
    return found

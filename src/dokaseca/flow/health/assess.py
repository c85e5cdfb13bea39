"""Finds the rule for an object's kind. Pure.

Most rules are data: `rules/<group>.yaml`, see `declared`. One that needs more than that is a module
`rules/<group>/<kind>.py`: the group without its common suffix, dots and dashes as underscores, the kind in lower case.
What the platform's owner configured comes before both.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, partial
from importlib import import_module
from importlib.util import find_spec

from dokaseca.flow.health import declared
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
}

# versions that a rule can read; of kinds that are not listed any version
_VERSIONS = {
    GroupKind("", "Pod"): ("v1",),
    GroupKind("", "Service"): ("v1",),
    GroupKind("", "PersistentVolumeClaim"): ("v1",),
    GroupKind("apps", "Deployment"): ("v1",),
    GroupKind("apps", "StatefulSet"): ("v1",),
    GroupKind("apps", "DaemonSet"): ("v1",),
    GroupKind("apps", "ReplicaSet"): ("v1",),
    GroupKind("batch", "Job"): ("v1",),
    GroupKind("autoscaling", "HorizontalPodAutoscaler"): ("v1", "v2"),
    GroupKind("apiregistration.k8s.io", "APIService"): ("v1", "v1beta1"),
}
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*\Z")
_GROUP = re.compile(r"[a-z0-9.-]*\Z")
KINDS_KEPT = 1024  # rules found, in memory: more kinds than a large cluster serves

Rule = Callable[[Manifest], Verdict]
CustomRule = Callable[[Manifest], Verdict | None]


def assess(live: Manifest, custom_or_none: Callable[[GroupKind], CustomRule | None] | None = None) -> Verdict | None:
    """The object's health, None where its kind has none (Argo CD: B13). Never raises.

    What is being deleted is Progressing, unless only the hook finalizer holds it. What a rule cannot read is Unknown,
    and so is a built-in kind at a version that its rule does not know.

    Args:
        custom_or_none: the rule that the platform's owner configured for a kind; it comes before ours, and where it
            says nothing, the object has no health.
    """
    metadata = manifests.metadata(live)
    finalizers = metadata.get("finalizers")
    if metadata.get("deletionTimestamp") and HOOK_FINALIZER not in (finalizers if isinstance(finalizers, list) else ()):
        return Verdict(Health.PROGRESSING, "Pending deletion")
    kind = manifests.gvk(live)
    custom = custom_or_none(kind.group_kind) if custom_or_none is not None else None
    if custom is not None:
        return custom(live)
    rule = rule_or_none(kind.group_kind)
    if rule is None:
        return None
    if kind.version not in _VERSIONS.get(kind.group_kind, (kind.version,)):
        return Verdict(Health.UNKNOWN, f"health of {kind.kind} at version {kind.api_version} cannot be told")
    try:
        return rule(live)
    except Exception as error:  # whatever a controller wrote into a status must not stop a pass
        return Verdict(Health.UNKNOWN, f"health of {kind.kind} cannot be read ({type(error).__name__}): see its status")


@lru_cache(maxsize=KINDS_KEPT)
def rule_or_none(kind: GroupKind) -> Rule | None:
    """The rule of one kind; looked for once per process."""
    if not _WORD.match(kind.kind) or not _GROUP.match(kind.group):
        return None
    if (written := _written_or_none(kind)) is not None:
        return written
    found = declared.rule_or_none(kind)
    return partial(declared.judge, found) if found is not None else None


def _written_or_none(kind: GroupKind) -> Rule | None:
    """The rule in Python."""
    group = _SHORT_GROUPS.get(kind.group) or kind.group.replace(".", "_").replace("-", "_")
    package = f"dokaseca.flow.health.rules.{group}"
    if (
        group.startswith("_")
        or find_spec(package) is None
        or find_spec(name := f"{package}.{kind.kind.lower()}") is None
    ):
        return None
    found: Rule = import_module(name).assess
    return found

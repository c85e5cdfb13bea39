"""Hooks: Argo CD's annotation, and Helm's mapped onto it. Pure (B6)."""

from __future__ import annotations

from dokaseca.flow.sync import inventory, options
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest
from dokaseca.model.plan import Phase

HOOK = "argocd.argoproj.io/hook"
HELM_HOOK = "helm.sh/hook"
DELETE_POLICY = "argocd.argoproj.io/hook-delete-policy"
HELM_DELETE_POLICY = "helm.sh/hook-delete-policy"
SKIP = "Skip"
BEFORE_CREATION, SUCCEEDED, FAILED = "BeforeHookCreation", "HookSucceeded", "HookFailed"
POLICIES = (BEFORE_CREATION, SUCCEEDED, FAILED)
TYPES = (*(phase.value for phase in Phase), "PreDelete", "PostDelete", SKIP)

_HELM_PHASES = {
    "pre-install": "PreSync",
    "pre-upgrade": "PreSync",
    "post-install": "PostSync",
    "post-upgrade": "PostSync",
    "pre-delete": "PreDelete",
    "post-delete": "PostDelete",
}
_HELM_POLICIES = {"before-hook-creation": BEFORE_CREATION, "hook-succeeded": SUCCEEDED, "hook-failed": FAILED}


def types(manifest: Manifest) -> tuple[str, ...]:
    """The hook types of an object, empty when it is an ordinary one; `crd-install` makes no hook."""
    own = options.listed(manifest, HOOK)
    if own:
        return own
    helm = options.listed(manifest, HELM_HOOK)
    if helm == ("crd-install",):
        return ()
    return tuple(dict.fromkeys(_HELM_PHASES.get(one, SKIP) for one in helm))


def is_hook(manifest: Manifest) -> bool:
    """Whether the object is a hook of any type, also one that never runs."""
    return bool(types(manifest))


def phases(manifest: Manifest) -> tuple[Phase, ...]:
    """The phases of a sync in which the hook runs; deletion hooks, Skip and Helm's tests run in none."""
    known = {phase.value: phase for phase in Phase}
    return tuple(known[one] for one in types(manifest) if one in known)


def delete_policies(manifest: Manifest) -> frozenset[str]:
    """When the hook's object is removed; the default is right before it is created again."""
    own = {one for one in options.listed(manifest, DELETE_POLICY) if one in POLICIES}
    helm = {_HELM_POLICIES[one] for one in options.listed(manifest, HELM_DELETE_POLICY) if one in _HELM_POLICIES}
    return frozenset(own | helm or {BEFORE_CREATION})


def named(manifest: Manifest, phase: Phase, revision: str, started_at_seconds: int) -> Manifest:
    """The hook with a name: `generateName` hooks get `<prefix><revision>-<phase>-<start>`."""
    if manifests.name(manifest):
        return manifest
    metadata = {name: value for name, value in manifests.metadata(manifest).items() if name != "generateName"}
    prefix = str(manifests.metadata(manifest).get("generateName") or "hook-")
    metadata["name"] = f"{prefix}{revision[:7]}-{phase.value.lower()}-{started_at_seconds}"
    tracking = manifests.annotations(manifest).get(inventory.TRACKING, "")
    if tracking.endswith("/"):  # stamped before it had a name; without the name nobody would own it
        metadata["annotations"] = {
            **manifests.annotations(manifest),
            inventory.TRACKING: tracking + str(metadata["name"]),
        }
    return {**manifest, "metadata": metadata}

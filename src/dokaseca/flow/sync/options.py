"""The comma lists in Argo CD's annotations. Pure (B0, B7)."""

from __future__ import annotations

from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

SYNC_OPTIONS = "argocd.argoproj.io/sync-options"
COMPARE_OPTIONS = "argocd.argoproj.io/compare-options"


def listed(manifest: Manifest | None, annotation: str) -> tuple[str, ...]:
    """The items of an annotation: trimmed, empties and repetitions dropped, in order."""
    text = manifests.annotations(manifest).get(annotation, "") if manifest else ""
    return tuple(dict.fromkeys(item for part in text.split(",") if (item := part.strip())))


def has(manifest: Manifest | None, option: str) -> bool:
    """Whether the object's own sync options hold `option`, e.g. `Prune=false`."""
    return option in listed(manifest, SYNC_OPTIONS)


def is_on(manifest: Manifest | None, name: str, application: frozenset[str]) -> bool:
    """A yes/no option: the object's own word beats the Application's; absent means off."""
    own = listed(manifest, SYNC_OPTIONS)
    if f"{name}=true" in own:
        return True
    return f"{name}=false" not in own and f"{name}=true" in application

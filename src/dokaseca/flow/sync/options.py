"""Argo CD's sync options and the comma lists in its annotations. Pure (B7)."""

from __future__ import annotations

from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

SYNC_OPTIONS = "argocd.argoproj.io/sync-options"

_YES_NO = ("true", "false")
# what each option may say; of an object and of an Application alike, a stray one of the other kind does nothing
VALUES = {
    "Prune": (*_YES_NO, "confirm"),
    "Delete": (*_YES_NO, "confirm"),
    "PrunePropagationPolicy": ("foreground", "background", "orphan"),
    **dict.fromkeys(("Validate", "SkipDryRunOnMissingResource", "ApplyOutOfSyncOnly", "PruneLast", "Replace"), _YES_NO),
    **dict.fromkeys(("Force", "ServerSideApply", "ClientSideApplyMigration", "FailOnSharedResource"), _YES_NO),
    **dict.fromkeys(("RespectIgnoreDifferences", "CreateNamespace"), _YES_NO),
}


def listed(manifest: Manifest | None, annotation: str) -> tuple[str, ...]:
    """The items of an annotation: trimmed, empties and repetitions dropped, in order."""
    text = str(manifests.annotations(manifest).get(annotation) or "") if manifest else ""
    return tuple(dict.fromkeys(item for part in text.split(",") if (item := part.strip())))


def has(manifest: Manifest | None, option: str) -> bool:
    """Whether the object's own sync options hold `option`, e.g. `Force=true`."""
    return option in listed(manifest, SYNC_OPTIONS)


def value(manifest: Manifest | None, name: str, application: frozenset[str]) -> str:
    """What an option says: the object's own word beats the Application's; empty when neither speaks.

    Where one side says two things, the one that does less is taken: `false`, then `confirm`.
    """
    for said in (frozenset(listed(manifest, SYNC_OPTIONS)), application):
        for one in ("false", "confirm", *VALUES[name]):
            if f"{name}={one}" in said:
                return one
    return ""


def is_on(manifest: Manifest | None, name: str, application: frozenset[str]) -> bool:
    """A yes/no option: the object's own word beats the Application's; absent means off."""
    return value(manifest, name, application) == "true"


def wrong_or_none(option: str) -> str | None:
    """What is wrong with an option that we know, e.g. `Prune=False`; None when nothing is.

    Options of another name are let be: a newer Argo CD may know them.
    """
    name = option.partition("=")[0].strip()
    if name not in VALUES or option in [f"{name}={one}" for one in VALUES[name]]:
        return None
    return f"sync option {option!r} is not understood; write {' or '.join(f'{name}={one}' for one in VALUES[name])}"

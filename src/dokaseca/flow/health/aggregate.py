"""An Application's health from that of its objects. Pure (Argo CD: B13)."""

from __future__ import annotations

from collections.abc import Mapping

from dokaseca.model import manifest as manifests
from dokaseca.model.change import Change, ChangeSet
from dokaseca.model.health import Health, Verdict
from dokaseca.model.identity import GroupKind, ObjectKey

IGNORE = "argocd.argoproj.io/ignore-healthcheck"
NAMED = 3  # culprits in the message
APPLICATION = GroupKind("argoproj.io", "Application")


def aggregate(changes: ChangeSet, verdicts: Mapping[ObjectKey, Verdict]) -> Verdict:
    """The worst verdict, hooks and objects marked to be ignored left out.

    Objects missing in the cluster count only when nothing at all is live; a child Application that is Missing or
    Unknown does not count.
    """
    objects = [change for change in changes.changes if not change.hook]
    if objects and all(change.live is None for change in objects):
        return Verdict(Health.MISSING)
    worst = Health.HEALTHY
    culprits: list[ObjectKey] = []
    for change in objects:
        verdict = verdicts.get(change.key)
        if verdict is None or not _counts(change, verdict):
            continue
        if verdict.status.severity > worst.severity:
            worst, culprits = verdict.status, []
        if verdict.status is worst and worst is not Health.HEALTHY:
            culprits.append(change.key)
    return Verdict(worst, _message(culprits))


def _counts(change: Change, verdict: Verdict) -> bool:
    if change.live is not None and manifests.annotations(change.live).get(IGNORE) == "true":
        return False
    is_child = change.key.group_kind == APPLICATION
    return not (is_child and verdict.status in (Health.MISSING, Health.UNKNOWN))


def _message(culprits: list[ObjectKey]) -> str:
    if not culprits:
        return ""
    names = [
        f"{key.group + '/' if key.group else ''}{key.kind}:{key.namespace + '/' if key.namespace else ''}{key.name}"
        for key in culprits[:NAMED]
    ]
    more = f" and {len(culprits) - NAMED} more" if len(culprits) > NAMED else ""
    return f"Caused by {', '.join(names)}{more}"

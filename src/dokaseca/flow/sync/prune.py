"""What may be removed, and in which wave. Pure (B6, B7, B10)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dokaseca.flow.sync import options
from dokaseca.model import manifest as manifests
from dokaseca.model.identity import GroupKind
from dokaseca.model.manifest import Manifest
from dokaseca.model.plan import Phase, Task

HELM_POLICY = "helm.sh/resource-policy"

_APPLICATION_SET = GroupKind("argoproj.io", "ApplicationSet")


def skip_reason(live: Manifest, *, is_requested: bool, application: frozenset[str]) -> str:
    """Why an object that Git no longer has stays; empty when it goes. An option that nobody understands keeps it."""
    for option in options.listed(live, options.SYNC_OPTIONS):
        wrong = options.wrong_or_none(option)
        if wrong:
            return f"ignored ({wrong})"
    if options.value(live, "Prune", application) == "false":
        return "ignored (no prune)"
    if manifests.annotations(live).get(HELM_POLICY) == "keep":
        return "ignored (helm.sh/resource-policy: keep)"
    return "" if is_requested else "ignored (requires pruning)"


def needs_approval(live: Manifest, application: frozenset[str]) -> bool:
    """Whether a person must agree before the object is pruned."""
    return options.value(live, "Prune", application) == "confirm"


def is_kept_on_delete(live: Manifest, application: frozenset[str] = frozenset()) -> bool:
    """Whether an object survives its Application; its own word beats the Application's sync options."""
    is_off = options.value(live, "Delete", application) == "false"
    return is_off or manifests.annotations(live).get(HELM_POLICY) == "keep"


def is_followed_by_its_own(live: Manifest) -> bool:
    """Whether the object's controller decides what becomes of what belongs to it, so that it must never be deleted in
    the foreground: the garbage collector would take an ApplicationSet's Applications before they could be kept."""
    return manifests.gvk(live).group_kind == _APPLICATION_SET


def mirrored(tasks: Iterable[Task], *, last: bool) -> list[Task]:
    """Prune tasks with their waves swapped end for end, those of `PruneLast` after everything else."""
    listed = list(tasks)
    prunes = [task for task in listed if task.is_prune]
    waves = sorted({task.wave for task in prunes})
    swapped = dict(zip(waves, reversed(waves), strict=True))
    final = max((task.wave for task in listed if task.phase is Phase.SYNC), default=0) + 1
    return [
        task
        if not task.is_prune
        else replace(task, wave=final if last or options.has(task.live, "PruneLast=true") else swapped[task.wave])
        for task in listed
    ]

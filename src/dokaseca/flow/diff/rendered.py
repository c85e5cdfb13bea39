"""The objects of one Application as rendered at two points: which appear, change and go. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from dokaseca.flow.diff import danger, mask, normalize
from dokaseca.flow.diff.danger import Danger
from dokaseca.flow.diff.text import CONTEXT_LINES, LINES_COMPARED
from dokaseca.kit import redact, yaml_out
from dokaseca.model import manifest as manifests
from dokaseca.model.identity import ObjectKey
from dokaseca.model.manifest import Manifest

Action = Literal["create", "change", "prune"]
_HOOKS = ("argocd.argoproj.io/hook", "helm.sh/hook")


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """One object.

    Attributes:
        diff: unified, the values of Secrets masked.
        note: what else there is to know, such as why an object stays although Git no longer has it.
    """

    key: ObjectKey
    action: Action
    diff: str
    dangers: tuple[Danger, ...] = ()
    note: str = ""


def compare(
    base: Mapping[ObjectKey, Manifest],
    head: Mapping[ObjectKey, Manifest],
    kept: Callable[[Manifest], str] = lambda _: "",
) -> list[ObjectChange]:
    """Every object that differs, by key.

    Args:
        kept: why an object that Git no longer has stays in the cluster; empty when it is deleted.
    """
    found = []
    for key in sorted({*base, *head}):
        old, new = base.get(key), head.get(key)
        if old is None or new is None or old != new:
            change = _change_or_none(key, old, new, kept)
            if change is not None:
                found.append(change)
    return found


def _change_or_none(
    key: ObjectKey, old: Manifest | None, new: Manifest | None, kept: Callable[[Manifest], str]
) -> ObjectChange | None:
    before = normalize.target(old) if old is not None else None
    after = normalize.target(new) if new is not None else None
    if before == after:
        return None
    action: Action = "create" if before is None else "prune" if after is None else "change"
    note = kept(before) if before is not None and after is None else ""
    is_hook = any(_is_hook(one) for one in (before, after) if one is not None)
    dangers = () if note or is_hook else tuple(danger.find(before, after))
    return ObjectChange(key, action, unified(before, after, str(key)), dangers, note or ("hook" if is_hook else ""))


def unified(before: Manifest | None, after: Manifest | None, name: str) -> str:
    """One object's difference as text, the values of Secrets and other credentials masked."""
    new, old = mask.pair(after, before)
    left, right = _lines(old), _lines(new)
    if len(left) + len(right) > LINES_COMPARED:
        return f"# {len(left)} lines against {len(right)}: too long to compare line by line\n"
    lines = difflib.unified_diff(left, right, f"base/{name}", f"head/{name}", n=CONTEXT_LINES)
    return "".join(lines) or "# only values differ that look like credentials; they are not shown\n"


def _lines(manifest: Manifest | None) -> list[str]:
    return redact.text(yaml_out.dump(manifest)).splitlines(keepends=True) if manifest is not None else []


def _is_hook(manifest: Manifest) -> bool:
    """Made anew at every sync: nothing of it is updated in place."""
    return any(name in manifests.annotations(manifest) for name in _HOOKS)

"""How many of its Applications an ApplicationSet may lose at once, and what it takes to lose more. Pure.

Argo CD deletes whatever is no longer generated, so that one renamed label or one wrong revision takes a fleet down
(argo-cd#18780, #18212). Here a list of deletions passes when it fits the budget, or when a person approved exactly that
list; otherwise nothing of it is deleted. Creations and updates are never held.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dokaseca.kit import digest
from dokaseca.model import manifest as manifests
from dokaseca.model.application_set import Reason
from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest

BUDGET_ANNOTATION = "dokaseca.dev/deletion-budget"
APPROVAL_ANNOTATION = "dokaseca.dev/approve-deletion"
UNLIMITED = "unlimited"
NAMES_SHOWN = 50  # of a held list, in its condition: about 3 KiB; the log has them all

_BUDGET = re.compile(r"(?:(?P<count>\d{1,5})|(?P<percent>\d{1,3})%)\Z")


@dataclass(frozen=True, slots=True)
class Budget:
    """At most `count` Applications and at most `percent` of them; None does not limit.

    A share that is not zero lets at least one go: an ApplicationSet of three could otherwise never shrink.
    """

    count: int | None = 10
    percent: int | None = 20

    @property
    def is_unlimited(self) -> bool:
        return self.count is None and self.percent is None

    def allows(self, children_count: int) -> int:
        """How many of `children_count` Applications may go in one reconcile."""
        limits = [children_count]
        if self.count is not None:
            limits.append(self.count)
        if self.percent is not None:
            limits.append(max(min(self.percent, 1), children_count * self.percent // 100))
        return min(limits)

    def __str__(self) -> str:
        parts = [str(self.count)] if self.count is not None else []
        parts += [f"{self.percent}%"] if self.percent is not None else []
        return ",".join(parts) or UNLIMITED


@dataclass(frozen=True, slots=True)
class Held:
    """Deletions that wait for a person.

    Attributes:
        applications: sorted by name.
        digest: what an approval of exactly these must say.
        reason: of the condition.
        why: half a sentence.
    """

    applications: tuple[Manifest, ...]
    digest: str
    reason: Reason
    why: str


def budget(application_set: Manifest) -> Budget:
    """What the ApplicationSet's annotation says: `5`, `10%`, `5,10%` (both hold) or `unlimited`; else the default.

    Raises:
        UserError: reason InvalidDeletionBudget: it does not parse.
    """
    text = manifests.annotations(application_set).get(BUDGET_ANNOTATION)
    if text is None:
        return Budget()
    if text.strip() == UNLIMITED:
        return Budget(None, None)
    found: dict[str, int] = {}
    for part in text.split(","):
        match = _BUDGET.match(part.strip())
        if match is None or match.lastgroup is None or match.lastgroup in found:
            raise _invalid(text)
        found[match.lastgroup] = int(match[match.lastgroup])
    if found.get("percent", 0) > 100:
        raise _invalid(text)
    return Budget(found.get("count"), found.get("percent"))


def _invalid(text: str) -> UserError:
    return UserError(
        f"annotation {BUDGET_ANNOTATION}: {text[:40]!r} is no budget; write a number (5), a share (10%), both (5,10%) "
        f"or {UNLIMITED}",
        reason="InvalidDeletionBudget",
    )


def list_digest(applications: Sequence[Manifest]) -> str:
    """sha256 over the sorted list of `namespace/name uid` lines.

    The uid makes an approval good for these very objects: of the same name, their successors need another.
    """
    lines = sorted(f"{manifests.namespace(one)}/{manifests.name(one)} {manifests.uid(one)}\n" for one in applications)
    return digest.of_bytes("".join(lines).encode())


def is_approved(application_set: Manifest, applications: Sequence[Manifest]) -> bool:
    """Whether a person approved the deletion of exactly these."""
    approved = manifests.annotations(application_set).get(APPROVAL_ANNOTATION, "").strip()
    return bool(approved) and approved == list_digest(applications)


def held_or_none(
    application_set: Manifest, deletions: Sequence[Manifest], children_count: int, empty_sources: Sequence[str]
) -> Held | None:
    """Why `deletions` must wait; None when they fit the ApplicationSet's own budget, or are approved.

    Args:
        children_count: all Applications that the ApplicationSet owns, those to be deleted included.
        empty_sources: the generators that asked somebody and were given nothing: what they had given before stays.

    Raises:
        UserError: the budget does not parse.
    """
    limit = budget(application_set)
    if not deletions or limit.is_unlimited or is_approved(application_set, deletions):
        return None
    if empty_sources:
        return held(deletions, Reason.EMPTY_SOURCE, f"{_and(empty_sources)} gave nothing at all")
    allowed = limit.allows(children_count)
    if len(deletions) <= allowed:
        return None
    why = f"its budget of {limit} lets {allowed} of its {children_count} go at once"
    return held(deletions, Reason.DELETION_BUDGET, why)


def held(deletions: Sequence[Manifest], reason: Reason, why: str) -> Held:
    """`deletions` held for a reason."""
    return Held(tuple(sorted(deletions, key=manifests.name)), list_digest(deletions), reason, why)


def message(application_set: Manifest, found: Held, names_shown: int = NAMES_SHOWN) -> str:
    """What a person reads: what would go, why it does not, and the command that lets exactly this go."""
    count = len(found.applications)
    names = [manifests.name(one) for one in found.applications[:names_shown]]
    more = f" and {count - names_shown} more" if count > names_shown else ""
    what = "1 Application is" if count == 1 else f"{count} Applications are"
    return (
        f"{what} kept that would be deleted: {', '.join(names)}{more}; {found.why}. "
        f"To delete exactly these: {command(application_set, found)}{_keep(application_set)}"
    )


def command(application_set: Manifest, found: Held) -> str:
    """The command that approves `found`."""
    return f"{_kubectl('annotate', application_set)} --overwrite {APPROVAL_ANNOTATION}={found.digest}"


def _keep(application_set: Manifest) -> str:
    """How to keep the Applications of an ApplicationSet that is being deleted; one that stays keeps them anyway."""
    if not manifests.is_deleting(application_set):
        return ""
    patch = '\'{"spec":{"syncPolicy":{"applicationsSync":"create-update"}}}\''
    return f". To keep them without it: {_kubectl('patch', application_set)} --type merge -p {patch}"


def _kubectl(verb: str, application_set: Manifest) -> str:
    namespace, name = manifests.namespace(application_set), manifests.name(application_set)
    return f"kubectl -n {namespace} {verb} applicationset {name}"


def _and(items: Sequence[str]) -> str:
    return ", ".join(items[:3]) + (f" and {len(items) - 3} more" if len(items) > 3 else "")

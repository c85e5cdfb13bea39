"""Which deletions pass: the ApplicationSet's own budget, the platform's, and what a retirement has decided already."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dokaseca.generate import deletion_guard
from dokaseca.generate.deletion_guard import Held
from dokaseca.kit.clock import Clock
from dokaseca.model import manifest as manifests
from dokaseca.model.application_set import ConditionType, Reason
from dokaseca.model.manifest import Manifest


@dataclass(frozen=True, slots=True)
class PlatformBudget:
    """What all ApplicationSets together may lose within a while: a share of all Applications, between two numbers.

    One change can take one Application from each of many ApplicationSets, which no budget of theirs would notice.
    """

    percent: int = 20
    at_least: int = 10
    at_most: int = 50
    seconds: float = 600.0

    def allows(self, applications_count: int) -> int:
        """How many of so many generated Applications may go."""
        return max(self.at_least, min(self.at_most, applications_count * self.percent // 100))


@dataclass(frozen=True, slots=True)
class Admission:
    """What may be deleted now, and what waits."""

    deletions: tuple[Manifest, ...]
    held: Held | None


class Guard:
    """Judges every deletion of a generated Application.

    Args:
        clock: for the platform's budget.
        is_retiring: whether an Application's cluster is being taken down in order: whoever decided that decided this.
        generated_count: how many Applications a namespace has from ApplicationSets.
    """

    def __init__(
        self,
        clock: Clock,
        is_retiring: Callable[[Manifest], bool],
        generated_count: Callable[[str], int],
        platform: PlatformBudget | None = None,
    ) -> None:
        self._clock = clock
        self._is_retiring = is_retiring
        self._generated_count = generated_count
        self._platform = platform or PlatformBudget()
        self._spent: deque[tuple[float, int]] = deque()

    def admit(
        self,
        application_set: Manifest,
        deletions: Sequence[Manifest],
        children_count: int,
        empty_sources: Sequence[str] = (),
    ) -> Admission:
        """Let deletions pass, or hold those that nobody has decided on; what passes is spent at once.

        Raises:
            UserError: the ApplicationSet's budget does not parse.
        """
        decided = tuple(one for one in deletions if self._is_retiring(one))
        open_ones = tuple(one for one in deletions if not self._is_retiring(one))
        held = deletion_guard.held_or_none(application_set, open_ones, children_count, empty_sources)
        if held is None and open_ones and not _is_exempt(application_set, open_ones):
            held = self._spend(application_set, open_ones)
        return Admission(decided if held else tuple(deletions), held)

    def _spend(self, application_set: Manifest, deletions: Sequence[Manifest]) -> Held | None:
        """Take from the platform's budget. What once exceeded it waits for a person, however much time goes by."""
        now = self._clock.monotonic_seconds()
        while self._spent and self._spent[0][0] <= now - self._platform.seconds:
            self._spent.popleft()
        spent = sum(count for _, count in self._spent)
        allowed = self._platform.allows(self._generated_count(manifests.namespace(application_set)))
        if spent + len(deletions) <= allowed and not _waits_for_platform(application_set):
            self._spent.append((now, len(deletions)))
            return None
        minutes = self._platform.seconds / 60
        why = f"all ApplicationSets together may lose {allowed} within {minutes:g} minutes, and with these it were more"
        return deletion_guard.held(deletions, Reason.PLATFORM_BUDGET, why)


def _is_exempt(application_set: Manifest, deletions: Sequence[Manifest]) -> bool:
    """Whether a person decided on these deletions, or that this ApplicationSet needs no guard."""
    unlimited = deletion_guard.budget(application_set).is_unlimited
    return unlimited or deletion_guard.is_approved(application_set, deletions)


def _waits_for_platform(application_set: Manifest) -> bool:
    conditions = manifests.get(application_set, "status", "conditions", default=[])
    return any(
        one.get("type") == ConditionType.DELETION_HELD and one.get("reason") == Reason.PLATFORM_BUDGET
        for one in conditions
        if isinstance(one, dict)
    )

"""What is known from an ApplicationSet's last generation, so that the next does no more than what has changed."""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from dokaseca.generate.cluster_secret import ClusterSecret
from dokaseca.generate.expansion import Expansion
from dokaseca.generate.planning import Planned
from dokaseca.generate.reconcile_plan import Settled
from dokaseca.generate.status import Outcome
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

T = TypeVar("T")


class Last(Generic[T]):
    """What was made last, for as long as it would be made of the very same things."""

    def __init__(self) -> None:
        self._of: list[Any] | None = None
        self._made: T | None = None

    def holds(self, of: Iterable[Any]) -> bool:
        """Whether it was made of these very objects, in this order."""
        return self._of is not None and _are_same(self._of, list(of))

    @property
    def made(self) -> T | None:
        return self._made

    def keep(self, of: Iterable[Any], made: T) -> None:
        self._of, self._made = list(of), made


def _are_same(some: list[Any], others: list[Any]) -> bool:
    return len(some) == len(others) and all(map(operator.is_, some, others))


class Memory:
    """Of one ApplicationSet; as large as what it generates.

    A generation takes what it needs from the last one, and leaves what it used to the next: what it did not use is
    forgotten. One that fails leaves everything as it was.

    Attributes:
        number: of the generation.
        is_kept: whether there will be a next generation.
        settled: as `reconcile_plan.plan` has it.
        plan: the last plan; what it was made of besides is `projects`.
        status: kept when it needed no writing; what it was made of besides is `outcome`.
    """

    def __init__(self, *, is_kept: bool = True) -> None:
        self.is_kept = is_kept
        self.number = 0
        self.settled: Settled = {}
        self.plan: Last[Planned] = Last()
        self.projects: frozenset[str] = frozenset()
        self.status: Last[None] = Last()
        self.outcome: Outcome | None = None
        self._of: tuple[str, str, Any] | None = None
        self._last: tuple[Sequence[ClusterSecret], Expansion] | None = None
        self._before: dict[Hashable, Any] = {}
        self._now: dict[Hashable, Any] = {}

    def begin(self, application_set: Manifest) -> None:
        """Before a generation: another spec shares nothing with the last one."""
        of = (manifests.namespace(application_set), manifests.uid(application_set), application_set.get("spec"))
        self._now = {}
        self.number += 1
        if self._of != of:
            self._of, self._last, self._before, self.settled = of, None, {}, {}
            self.plan, self.status = Last(), Last()

    def recall(self, key: Hashable, make: Callable[[], T]) -> T:
        """What was made for `key`, in this generation or the last; else what `make` gives."""
        if key in self._now:
            found: T = self._now[key]
            return found
        found = self._before[key] if key in self._before else make()
        self._now[key] = found
        return found

    def recall_or_none(self, key: Hashable) -> Any:
        """What was made for `key`; None when nothing was."""
        return self._now.get(key, self._before.get(key))

    def last_or_none(self, clusters: Sequence[ClusterSecret]) -> Expansion | None:
        """The last generation if it saw these very clusters."""
        return self._last[1] if self._last is not None and self._last[0] is clusters else None

    def finish(self, clusters: Sequence[ClusterSecret], expansion: Expansion, *, is_repeatable: bool) -> None:
        """After a generation that succeeded."""
        self._before, self._now = self._now, {}
        self._last = (clusters, expansion) if is_repeatable else None

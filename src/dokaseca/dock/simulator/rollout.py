"""How a rolling update moves replicas from old ReplicaSets to the new one: numbers only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple


class Share(NamedTuple):
    """One ReplicaSet's part: what it is asked to run, and what of that is available."""

    wanted: int
    available: int


class Limits(NamedTuple):
    """How many Pods there may be over and under the wanted number."""

    surge: int
    unavailable: int


def limits(desired: int, max_surge: Any, max_unavailable: Any) -> Limits:
    """The two limits as numbers: surge rounds up, unavailable rounds down, and both zero would never move."""
    surge = amount(max_surge, desired, round_up=True)
    unavailable = min(desired, amount(max_unavailable, desired, round_up=False))
    return Limits(surge, unavailable if surge or unavailable else 1)


def amount(value: Any, of: int, *, round_up: bool) -> int:
    """An IntOrString: a number, or a percentage of `of`."""
    if isinstance(value, str) and value.endswith("%"):
        exact = int(value[:-1] or 0) * of / 100
        return math.ceil(exact) if round_up else math.floor(exact)
    return int(value or 0)


def new_size(desired: int, new: Share, olds: Sequence[Share], limit: Limits) -> int:
    """The new ReplicaSet's size: as large as surge allows."""
    total = new.wanted + sum(old.wanted for old in olds)
    room = desired + limit.surge - total
    return min(desired, new.wanted + max(0, room)) if new.wanted <= desired else desired


def old_sizes(desired: int, new: Share, olds: Sequence[Share], limit: Limits) -> list[int]:
    """The old ReplicaSets' sizes (given oldest first): first what is not available goes, then what may be spared.

    The rules of kube-controller-manager's deployment/rolling.go.
    """
    sizes = [old.wanted for old in olds]
    minimum = desired - limit.unavailable
    removable = new.wanted + sum(sizes) - minimum - (new.wanted - new.available)
    for index, old in enumerate(olds):
        gone = max(0, min(removable, old.wanted - old.available))
        sizes[index] -= gone
        removable -= gone
    spare = new.available + sum(old.available for old in olds) - minimum
    for index, old in enumerate(olds):
        gone = max(0, min(spare, removable, sizes[index], old.available))
        sizes[index] -= gone
        spare -= gone
        removable -= gone
    return sizes

"""Rolling updates, as numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.dock.simulator import rollout
from dokaseca.dock.simulator.rollout import Limits, Share


@pytest.mark.parametrize(
    ("desired", "surge", "unavailable", "expected"),
    [
        (4, "25%", "25%", Limits(1, 1)),
        (1, "25%", "25%", Limits(1, 0)),
        (3, "50%", "50%", Limits(2, 1)),
        (3, 0, 0, Limits(0, 1)),
        (2, 0, 5, Limits(0, 2)),
        (10, None, "100%", Limits(0, 10)),
    ],
)
def test_limits_round_as_kubernetes_does(desired: int, surge: object, unavailable: object, expected: Limits) -> None:
    assert rollout.limits(desired, surge, unavailable) == expected


def test_what_is_not_available_goes_first() -> None:
    sizes = rollout.old_sizes(4, Share(1, 0), [Share(2, 0), Share(2, 2)], Limits(1, 1))
    assert sizes == [1, 2]


@given(st.integers(1, 8), st.integers(0, 3), st.integers(0, 3), st.lists(st.integers(0, 8), max_size=3))
def test_a_rollout_always_ends_and_never_breaks_its_limits(
    desired: int, surge: int, unavailable: int, old: list[int]
) -> None:
    limit = rollout.limits(desired, surge, unavailable)
    new, olds = Share(0, 0), [Share(min(size, desired), min(size, desired)) for size in old]
    for _ in range(100):
        size = rollout.new_size(desired, new, olds, limit)
        sizes = rollout.old_sizes(desired, new, olds, limit)
        total_before = new.wanted + sum(one.wanted for one in olds)
        assert size + sum(one.wanted for one in olds) <= max(desired + limit.surge, total_before)
        had = new.available + sum(one.available for one in olds)
        olds = [Share(one, one) for one in sizes]
        assert new.available + sum(sizes) >= min(desired - limit.unavailable, had)
        new = Share(size, size)  # whatever was started becomes available before the next step
        if size == desired and not any(sizes):
            return
    raise AssertionError("the rollout did not end")

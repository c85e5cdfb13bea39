"""Kubernetes quantities."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.flow.diff import quantities


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1", "1"),
        ("1000m", "1"),
        (1, "1"),
        (0.5, "0.5"),
        ("500m", "0.5"),
        ("1k", "1000"),
        ("1Ki", "1024"),
        ("1.5Gi", "1610612736"),
        ("1e3", "1000"),
        ("1E3", "1000"),
        ("1E", "1e18"),
        ("100n", "1e-7"),
        ("-1", "-1"),
        ("+.5", "0.5"),
        ("5.", "5"),
        ("1u", "0.000001"),
        ("1Ei", "1152921504606846976"),
    ],
)
def test_an_amount_is_read(text: Any, amount: str) -> None:
    assert quantities.value_or_none(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text", ["", "m", "1 Gi", "1gi", "1KI", "1e", "0x1", "1_000", "١", True, None, [], "1" * 65, "1e9999", "1Gi\n"]
)
def test_what_is_no_quantity_is_none(text: Any) -> None:
    assert quantities.value_or_none(text) is None


@given(st.integers(0, 10**12))
def test_milli_and_whole_are_the_same_amount(number: int) -> None:
    assert quantities.are_equal(f"{number * 1000}m", number)
    assert not quantities.are_equal(f"{number * 1000 + 1}m", number)

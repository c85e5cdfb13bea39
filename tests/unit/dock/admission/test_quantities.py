from decimal import Decimal

import pytest

from dokaseca.dock.admission import quantities


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", "1"),
        ("500m", "0.5"),
        ("1Gi", "1073741824"),
        ("1.5k", "1500"),
        ("1e3", "1000"),
        ("-2", "-2"),
        (".5", "0.5"),
        (3, "3"),
        ("2E", "2e18"),
    ],
)
def test_quantities_are_numbers(text, value):
    assert quantities.value_or_none(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "a", "1 Gi", "1GB", "1.2.3", None])
def test_what_is_no_quantity_has_no_value(text):
    assert quantities.value_or_none(text) is None

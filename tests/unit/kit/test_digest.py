"""Digests of content."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dokaseca.kit import digest

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


def test_the_form_is_sha256_in_hex() -> None:
    assert digest.of_bytes(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digest.of_value({}) == digest.of_bytes(b"{}")


@given(st.dictionaries(st.sampled_from("abcd"), VALUES))
def test_the_order_of_keys_does_not_count(value: dict[str, Any]) -> None:
    assert digest.of_value(dict(reversed(value.items()))) == digest.of_value(value)


@given(VALUES, VALUES)
def test_different_values_have_different_digests(one: Any, other: Any) -> None:
    assert (digest.of_value(one) == digest.of_value(other)) == (_typed(one) == _typed(other))


def _typed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _typed(inner) for name, inner in value.items()}
    return [_typed(item) for item in value] if isinstance(value, list) else (type(value).__name__, value)

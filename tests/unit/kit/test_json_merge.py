"""JSON merge patches between values."""

from hypothesis import given
from hypothesis import strategies as st

from dokaseca.kit import json_merge

LEAVES = st.integers() | st.text(max_size=3) | st.booleans() | st.lists(st.integers(), max_size=2)
OBJECTS = st.recursive(
    st.dictionaries(st.sampled_from("abc"), LEAVES, max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), LEAVES | inner, max_size=3),
    max_leaves=8,
)


@given(OBJECTS, OBJECTS)
def test_the_patch_between_two_objects_turns_the_one_into_the_other(old: dict, new: dict) -> None:
    assert json_merge.apply(old, json_merge.between(old, new)) == new


def test_equal_objects_need_no_patch() -> None:
    assert json_merge.between({"a": {"b": [1]}}, {"a": {"b": [1]}}) == {}


def test_a_removed_field_becomes_null() -> None:
    assert json_merge.between({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}) == {"a": {"c": None}}

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


def test_true_is_not_one() -> None:
    assert json_merge.between({"a": True, "b": [1]}, {"a": 1, "b": [True]}) == {"a": 1, "b": [True]}
    assert json_merge.between({"a": 1}, {"a": 1.0}) == {}
    assert json_merge.between({"a": {"x": True}}, {"a": {"x": 1}}) == {"a": {"x": 1}}
    assert json_merge.between({"a": [{"x": True}]}, {"a": [{"x": 1}]}) == {"a": [{"x": 1}]}


def test_a_patch_that_is_no_object_replaces_everything() -> None:
    assert json_merge.apply({"a": 1}, [2]) == [2]
    assert json_merge.apply([2], {"a": None, "b": {"c": None, "d": 1}}) == {"b": {"d": 1}}


@given(OBJECTS, OBJECTS)
def test_nothing_is_changed_in_place(old: dict, new: dict) -> None:
    before = repr((old, new))
    json_merge.apply(old, json_merge.between(old, new))
    assert repr((old, new)) == before

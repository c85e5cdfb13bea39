"""YAML that reads back as it was meant."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.kit import yaml_in, yaml_out

WORDS = "yes 1 01 0x1 1e3 null ~ # = << 2001-01-01 1:30 !a &a *a %a @a `a {a [a | > --- ... ' \" on 1_000 1. .5 +1 - ?"
BLANKS = ["", " ", "a: b", "- a", "a #", "\ta", "a\n", "\n", " a\nb", "a\n\nb\n", "a \nb", "a\r\nb"]
SPECIALS = ["\x85", "\u2028", "\ufeff", "\x00", "\x7f", "\ud7ff", "\U0001f600"]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    [*WORDS.split(), *BLANKS, *SPECIALS]
)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=15,
)


@given(VALUES)
def test_what_is_written_is_read_back(value: Any) -> None:
    text = yaml_out.dump({"value": value})
    assert _is_same(yaml_in.load(text, subject="s"), {"value": value})


@given(st.dictionaries(TEXTS, TEXTS, max_size=4))
def test_texts_stay_texts_for_other_readers(value: dict[str, str]) -> None:
    assert yaml.safe_load(yaml_out.dump(value)) == value


@given(st.lists(VALUES.filter(lambda value: value is not None), max_size=4))
def test_documents_are_read_back(values: list[Any]) -> None:
    found = yaml_in.load_all(yaml_out.dump_all(values), subject="s")
    assert _is_same([one.value for one in found], values)


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(_is_same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, float) or isinstance(other, float):  # a whole float is read back as an integer, as Go does
        return not isinstance(one, str) and not isinstance(other, str) and float(one) == float(other)
    return type(one) is type(other) and one == other


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": "x"}, "b: 1\na: x\n"),
        ({"a": "yes"}, 'a: "yes"\n'),
        ({"a": ["x", {"b": None}]}, "a:\n- x\n- b: null\n"),
        ({"a": "one\ntwo\n"}, "a: |\n  one\n  two\n"),
        ({"a": "x" * 200}, f"a: {'x' * 200}\n"),
        ({"a": "é"}, "a: é\n"),
        ({}, "{}\n"),
    ],
)
def test_the_form_is_plain_block_style(value: Any, text: str) -> None:
    assert yaml_out.dump(value) == text


def test_shared_values_are_written_out() -> None:
    shared = {"x": 1}
    assert yaml_out.dump({"a": shared, "b": shared}) == "a:\n  x: 1\nb:\n  x: 1\n"


def test_what_json_has_no_type_for_is_an_error() -> None:
    with pytest.raises(TypeError, match="a set cannot be written as YAML; JSON has no such type"):
        yaml_out.dump({"a": [{1}]})


def test_subtypes_are_written_as_what_they_stand_for() -> None:
    class Word(str):
        pass

    assert yaml_out.dump({Word("b"): (Word("yes"), MappingProxyType({"c": 1.0}))}) == 'b:\n- "yes"\n- c: 1.0\n'

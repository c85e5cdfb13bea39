"""JSON patches: RFC 6902's operations and errors."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.dock.patching import json_patch
from dokaseca.model.errors import UserError

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=3))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("document", "operation", "expected"),
    [
        ({"a": 1}, {"op": "add", "path": "/b", "value": 2}, {"a": 1, "b": 2}),
        ({"a": [1, 3]}, {"op": "add", "path": "/a/1", "value": 2}, {"a": [1, 2, 3]}),
        ({"a": [1]}, {"op": "add", "path": "/a/-", "value": 2}, {"a": [1, 2]}),
        ({"a": [1]}, {"op": "add", "path": "/a/1", "value": 2}, {"a": [1, 2]}),
        ({"a": 1}, {"op": "add", "path": "", "value": {"b": 2}}, {"b": 2}),
        ({"a/b": 1, "m~n": 2}, {"op": "replace", "path": "/a~1b", "value": 3}, {"a/b": 3, "m~n": 2}),
        ({"a/b": 1, "m~n": 2}, {"op": "remove", "path": "/m~0n"}, {"a/b": 1}),
        ({"~1": 1}, {"op": "replace", "path": "/~01", "value": 2}, {"~1": 2}),
        ({"a": [1, 2, 3]}, {"op": "remove", "path": "/a/1"}, {"a": [1, 3]}),
        ({"a": [{"b": 1}]}, {"op": "replace", "path": "/a/0/b", "value": 2}, {"a": [{"b": 2}]}),
        ({"a": {"b": 1}, "c": {}}, {"op": "move", "from": "/a/b", "path": "/c/d"}, {"a": {}, "c": {"d": 1}}),
        ({"a": [1, 2, 3]}, {"op": "move", "from": "/a/0", "path": "/a/2"}, {"a": [2, 3, 1]}),
        ({"a": {"b": 1}}, {"op": "copy", "from": "/a", "path": "/c"}, {"a": {"b": 1}, "c": {"b": 1}}),
        ({"a": None}, {"op": "replace", "path": "/a", "value": 1}, {"a": 1}),
        ({"": 1}, {"op": "remove", "path": "/"}, {}),
        ({"a": 1}, {"op": "test", "path": "/a", "value": 1.0}, {"a": 1}),
        ({"a": 1}, {"op": "test", "path": "/b", "value": None}, {"a": 1}),
    ],
)
def test_each_operation_does_what_rfc_6902_says(document: Any, operation: Any, expected: Any) -> None:
    before = copy.deepcopy(document)
    assert json_patch.apply(document, [operation]) == expected
    assert document == before


@pytest.mark.parametrize(
    ("document", "operation", "message"),
    [
        ({}, {"op": "remove", "path": "/a"}, "nothing to remove is at /a"),
        ({}, {"op": "replace", "path": "/a", "value": 1}, "nothing to replace is at /a"),
        ({}, {"op": "add", "path": "/a/b", "value": 1}, "nothing is at /a"),
        ({"a": 1}, {"op": "add", "path": "/a/b", "value": 1}, "no object and no list is above at /a/b"),
        ({"a": [1]}, {"op": "add", "path": "/a/2", "value": 1}, "list is too short"),
        ({"a": [1]}, {"op": "replace", "path": "/a/01", "value": 1}, "list positions count from 0"),
        ({"a": [1]}, {"op": "remove", "path": "/a/-"}, "list positions count from 0"),
        ({"a": {}}, {"op": "move", "from": "/a", "path": "/a/b"}, "cannot move into itself"),
        ({}, {"op": "add", "path": "/a"}, "needs a value"),
        ({}, {"op": "add", "path": "a", "value": 1}, "JSON pointer"),
        ({}, {"op": "copy", "path": "/a"}, "from in a JSON patch must be a JSON pointer"),
        ({}, {"op": "frob", "path": "/a"}, "unknown operation"),
        ({}, {"op": "remove", "path": ""}, "cannot be removed"),
        ({}, {"op": "add", "path": "", "value": 1}, "another kind of value"),
        ({}, {"op": "add", "path": "/a" * 300, "value": 1}, "deeper than"),
    ],
)
def test_a_wrong_operation_says_what_is_wrong(document: Any, operation: Any, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        json_patch.apply(document, [operation])
    assert caught.value.reason == "Invalid"


@pytest.mark.parametrize("found", [2, "1", True, None, [1]])
def test_a_failed_test_is_its_own_error(found: Any) -> None:
    with pytest.raises(json_patch.PatchTestFailed, match="test failed at /a"):
        json_patch.apply({"a": found}, [{"op": "test", "path": "/a", "value": 1}])


def test_no_operation_counts_when_one_fails() -> None:
    document = {"a": 1}
    with pytest.raises(UserError):
        json_patch.apply(document, [{"op": "add", "path": "/b", "value": 1}, {"op": "remove", "path": "/c"}])
    assert document == {"a": 1}


@pytest.mark.parametrize("operations", [{}, "x", None, [1], [{"op": "test"}, None]])
def test_a_patch_that_is_no_list_of_operations_is_a_bad_request(operations: Any) -> None:
    with pytest.raises(UserError, match="must be a list of operations") as caught:
        json_patch.apply({}, operations)
    assert caught.value.reason == "BadRequest"


def test_a_patch_with_too_many_operations_is_refused() -> None:
    with pytest.raises(UserError, match="10000 operations at most"):
        json_patch.apply({}, [{"op": "test", "path": ""}] * 10_001)


def test_copies_of_copies_do_not_grow_without_limit() -> None:
    doubling = [{"op": "copy", "from": "/a", "path": "/a/-"}] * 60
    with pytest.raises(UserError, match="copies too much"):
        json_patch.apply({"a": ["x"]}, doubling)


def test_a_copy_that_nests_too_deeply_is_refused() -> None:
    with pytest.raises(UserError, match=r"nested too deeply|copies too much"):
        json_patch.apply({"a": {}}, [{"op": "copy", "from": "/a", "path": "/a/b"}] * 400)


@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=4), st.text(max_size=3), VALUES)
def test_what_add_puts_there_test_finds_and_remove_takes_away(document: dict[str, Any], name: str, value: Any) -> None:
    path = "/" + name.replace("~", "~0").replace("/", "~1")
    added = json_patch.apply(
        document, [{"op": "add", "path": path, "value": value}, {"op": "test", "path": path, "value": value}]
    )
    removed = json_patch.apply(added, [{"op": "remove", "path": path}])
    assert removed == {key: one for key, one in document.items() if key != name}

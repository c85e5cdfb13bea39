"""The algebra of field sets."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.dock.patching import fields_v1
from dokaseca.model.errors import UserError

ELEMENTS = st.sampled_from(["f:a", "f:b", 'k:{"name":"x"}', 'v:"1"'])
PATHS = st.sets(st.lists(ELEMENTS, min_size=1, max_size=3).map(tuple), max_size=8)


def of_paths(paths: set[tuple[str, ...]]) -> fields_v1.FieldSet:
    """The set of these places, built one by one."""
    whole: fields_v1.FieldSet = {}
    for path in paths:
        node: fields_v1.FieldSet = {}
        for element in reversed(path):
            node = {element: node}
        whole = fields_v1.union(whole, node)
    return whole


def members(fields: fields_v1.FieldSet, above: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """The places in a set, read independently of the module."""
    found = {above} if above and (not fields or "." in fields) else set()
    for element, node in fields.items():
        if element != ".":
            found |= members(node, (*above, element))
    return found


@given(PATHS, PATHS)
def test_union_difference_and_intersection_are_those_of_sets(left: Any, right: Any) -> None:
    one, other = of_paths(left), of_paths(right)
    assert members(one) == left
    assert members(fields_v1.union(one, other)) == left | right
    assert members(fields_v1.difference(one, other)) == left - right
    assert members(fields_v1.intersection(one, other)) == left & right


@given(PATHS, PATHS)
def test_equal_sets_have_one_form(left: Any, right: Any) -> None:
    assert fields_v1.difference(of_paths(left | right), of_paths(right - left)) == of_paths(left)
    assert fields_v1.ordered(of_paths(left)) == of_paths(left)
    assert fields_v1.parse(of_paths(left)) == of_paths(left)


def test_paths_are_shown_as_kubectl_shows_them() -> None:
    fields = {
        "f:metadata": {"f:finalizers": {'v:"a/b"': {}}, "f:labels": {"f:app.kubernetes.io/name": {}}},
        "f:spec": {
            "f:ports": {'k:{"containerPort":80,"protocol":"TCP"}': {".": {}, "f:name": {}}},
            "f:list": {"i:3": {}},
        },
    }
    assert list(fields_v1.paths(fields)) == [
        '.metadata.finalizers[="a/b"]',
        ".metadata.labels.app.kubernetes.io/name",
        '.spec.ports[containerPort=80,protocol="TCP"]',
        '.spec.ports[containerPort=80,protocol="TCP"].name',
        ".spec.list[3]",
    ]


def test_a_clients_keys_are_brought_into_one_form() -> None:
    assert fields_v1.parse({'k:{ "b": 1, "a": "x" }': {".": {}}}) == {'k:{"a":"x","b":1}': {}}


@pytest.mark.parametrize("raw", [[], "x", None, {"x": {}}, {"f:a": 1}, {"k:{": {}}, {"f:a": {"z:b": {}}}])
def test_what_is_no_field_set_is_refused(raw: Any) -> None:
    with pytest.raises(UserError, match="fieldsV1") as caught:
        fields_v1.parse(raw)
    assert caught.value.reason == "Invalid"


def test_a_set_that_nests_without_end_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(300):
        deep = {"f:a": deep}
    with pytest.raises(UserError, match="nested too deeply"):
        fields_v1.parse(deep)


def test_an_item_without_its_keys_is_refused() -> None:
    with pytest.raises(UserError, match=r"none of its keys \(name\)"):
        fields_v1.key_element(("name",), {"value": 1}, {})


def test_a_key_left_out_counts_with_its_default() -> None:
    element = fields_v1.key_element(("port", "protocol"), {"port": 80}, {"protocol": "TCP"})
    assert element == 'k:{"port":80,"protocol":"TCP"}'

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.dock.admission.fields import Errors
from dokaseca.dock.crds import validation


def messages(value, schema):
    errors = Errors()
    validation.check(value, schema, "spec", errors)
    return [f"{cause.field}: {cause.message}" for cause in errors.causes]


@pytest.mark.parametrize(
    ("value", "schema", "expected"),
    [
        ("x", {"type": "integer"}, 'spec: Invalid value: "string": spec in body must be of type integer: "string"'),
        (True, {"type": "integer"}, 'spec: Invalid value: "boolean": spec in body must be of type integer: "boolean"'),
        (None, {"type": "string"}, 'spec: Invalid value: "null": spec in body must be of type string: "null"'),
        ([], {"type": "object"}, 'spec: Invalid value: "array": spec in body must be of type object: "array"'),
        ({}, {"type": "object", "required": ["a"]}, "spec.a: Required value"),
        ("c", {"type": "string", "enum": ["a", "b"]}, 'spec: Unsupported value: "c": supported values: "a", "b"'),
        ("c", {"type": "string", "pattern": "^a"}, "spec: Invalid value: \"c\": spec in body should match '^a'"),
        ("abc", {"type": "string", "maxLength": 2}, "spec: Too long: may not be more than 2 bytes"),
        (
            "",
            {"type": "string", "minLength": 1},
            'spec: Invalid value: "": spec in body should be at least 1 chars long',
        ),
        (
            0,
            {"type": "integer", "minimum": 1},
            "spec: Invalid value: 0: spec in body should be greater than or equal to 1",
        ),
        (
            9,
            {"type": "integer", "maximum": 5},
            "spec: Invalid value: 9: spec in body should be less than or equal to 5",
        ),
        (5, {"maximum": 5, "exclusiveMaximum": True}, "spec: Invalid value: 5: spec in body should be less than 5"),
        (1, {"minimum": 1, "exclusiveMinimum": True}, "spec: Invalid value: 1: spec in body should be greater than 1"),
        (
            0.3,
            {"type": "number", "multipleOf": 0.2},
            "spec: Invalid value: 0.3: spec in body should be a multiple of 0.2",
        ),
        ([1], {"type": "array", "minItems": 2}, "spec: Invalid value: [1]: spec in body should have at least 2 items"),
        ([1, 2], {"type": "array", "maxItems": 1}, "spec: Too many: 2: must have at most 1 items"),
        ([1, 1], {"type": "array", "x-kubernetes-list-type": "set"}, "spec[1]: Duplicate value: 1"),
        (
            1.5,
            {"x-kubernetes-int-or-string": True},
            'spec: Invalid value: "number": spec in body must be of type integer,string: "number"',
        ),
        (
            1,
            {"oneOf": [{"minimum": 0}, {"minimum": 1}]},
            "spec: Invalid value: 1: spec in body must validate one and only one schema (oneOf)",
        ),
        (
            1,
            {"anyOf": [{"minimum": 2}, {"minimum": 3}]},
            "spec: Invalid value: 1: spec in body must validate at least one schema (anyOf)",
        ),
        (1, {"not": {"minimum": 1}}, "spec: Invalid value: 1: spec in body must not validate the schema (not)"),
        (
            {"a": 1},
            {"additionalProperties": {"type": "string"}},
            'spec.a: Invalid value: "integer": spec.a in body must be of type string: "integer"',
        ),
    ],
)
def test_what_a_schema_refuses_is_said_in_the_servers_words(value, schema, expected):
    assert messages(value, schema) == [expected]


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (3, {"x-kubernetes-int-or-string": True}),
        ("25%", {"x-kubernetes-int-or-string": True}),
        (None, {"type": "string", "nullable": True}),
        (2.0, {"type": "integer"}),
        (5, {"type": "number"}),
        ("x", {"pattern": "(unclosed"}),
        (
            {"x": [{"k": 1}, {"k": 2}]},
            {"properties": {"x": {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]}}},
        ),
    ],
)
def test_what_a_schema_allows_passes(value, schema):
    assert messages(value, schema) == []


def test_keyed_lists_refuse_the_same_key_twice():
    schema = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]}
    assert messages([{"k": 1, "v": 1}, {"k": 1}], schema) == ['spec[1]: Duplicate value: {"k":1}']


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda one: st.lists(one) | st.dictionaries(st.text(), one),
    )
)
def test_any_value_against_any_type_is_judged(value):
    for kind in ("string", "integer", "number", "boolean", "object", "array"):
        found = messages(value, {"type": kind, "minLength": 1, "minimum": 0})
        assert all(one.startswith("spec") for one in found)


@pytest.mark.parametrize(
    ("value", "step", "is_multiple"),
    [(9, 3, True), (9, 2, False), (0.3, 0.1, True), (1e28, 1, False), (1e300, 0.1, False), (2**53 + 1, 2, False)],
)
def test_multiples_are_whole_quotients_as_far_as_floats_can_tell(value, step, is_multiple):
    assert (messages(value, {"type": "number", "multipleOf": step}) == []) is is_multiple

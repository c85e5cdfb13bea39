# ruff: noqa: E501 - the server's sentences are longer than our lines
import pytest

from dokaseca.dock.admission.fields import Errors
from dokaseca.dock.crds import structural


def found(properties, **more):
    errors = Errors()
    structural.check({"type": "object", "properties": properties, **more}, "s", errors)
    return [f"{cause.field}: {cause.message}" for cause in errors.causes]


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"a": {}}, "s.properties[a].type: Required value: must not be empty for specified object fields"),
        (
            {"a": {"type": "array", "items": {}}},
            "s.properties[a].items.type: Required value: must not be empty for specified array items",
        ),
        ({"a": {"type": "array"}}, "s.properties[a].items: Required value: must be specified"),
        (
            {"a": {"type": "array", "items": [{"type": "string"}]}},
            "s.properties[a].items: Forbidden: items must be a schema object and not an array",
        ),
        (
            {"a": {"type": "nope"}},
            's.properties[a].type: Unsupported value: "nope": supported values: "array", "boolean", "integer", "number", "object", "string"',
        ),
        (
            {"a": {"type": "object", "x-kubernetes-preserve-unknown-fields": False}},
            "s.properties[a].x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined",
        ),
        (
            {"a": {"type": "string", "anyOf": [{"type": "string"}]}},
            "s.properties[a].anyOf[0].type: Forbidden: must be empty to be structural",
        ),
        (
            {"a": {"type": "object", "allOf": [{"properties": {"b": {"minLength": 1}}}]}},
            "s.properties[a].properties[b]: Required value: because it is defined in s.properties[a].allOf[0].properties[b]",
        ),
        (
            {"a": {"type": "string", "oneOf": [{"default": "x"}]}},
            "s.properties[a].oneOf[0].default: Forbidden: must be undefined to be structural",
        ),
        (
            {"a": {"type": "string", "not": {"nullable": True}}},
            "s.properties[a].not.nullable: Forbidden: must be false to be structural",
        ),
        (
            {"metadata": {"type": "object", "properties": {"labels": {"type": "object"}}}},
            "s.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified",
        ),
        ({"kind": {"type": "integer"}}, 's.properties[kind].type: Invalid value: "integer": must be string'),
        (
            {"a": {"x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True}},
            "s.properties[a].type: Required value: must be object if x-kubernetes-embedded-resource is true",
        ),
        (
            {"a": {"type": "object", "x-kubernetes-embedded-resource": True}},
            "s.properties[a].properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
        ),
        (
            {"a": {"x-kubernetes-int-or-string": True, "x-kubernetes-preserve-unknown-fields": True}},
            "s.properties[a].x-kubernetes-preserve-unknown-fields: Invalid value: true: must be false if x-kubernetes-int-or-string is true",
        ),
        (
            {"a": {"x-kubernetes-int-or-string": True, "type": "string"}},
            's.properties[a].type: Invalid value: "string": must be empty if x-kubernetes-int-or-string is true',
        ),
        (
            {"a": {"type": "string", "uniqueItems": True}},
            "s.properties[a].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
        ),
        (
            {"a": {"type": "object", "additionalProperties": False}},
            "s.properties[a].additionalProperties: Forbidden: additionalProperties cannot be set to false",
        ),
        (
            {
                "a": {
                    "type": "object",
                    "properties": {"b": {"type": "string"}},
                    "additionalProperties": {"type": "string"},
                }
            },
            "s.properties[a].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive",
        ),
        ({"a": {"type": "object", "$ref": "#/x"}}, "s.properties[a].$ref: Forbidden: $ref is not supported"),
        (
            {"a": {"type": "string", "x-kubernetes-list-type": "set"}},
            's.properties[a].type: Invalid value: "string": must be array if x-kubernetes-list-type is specified',
        ),
        (
            {"a": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "bag"}},
            's.properties[a].x-kubernetes-list-type: Unsupported value: "bag": supported values: "atomic", "set", "map"',
        ),
        (
            {"a": {"type": "array", "items": {"type": "object"}, "x-kubernetes-list-type": "map"}},
            "s.properties[a].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map",
        ),
        (
            {
                "a": {
                    "type": "array",
                    "items": {"type": "object", "properties": {"k": {"type": "string"}}},
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["k"],
                }
            },
            "s.properties[a].items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
        ),
        (
            {
                "a": {
                    "type": "array",
                    "items": {"type": "object"},
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["k"],
                }
            },
            's.properties[a].x-kubernetes-list-map-keys[0]: Invalid value: "k": entries must all be names of item properties',
        ),
        (
            {"a": {"type": "object", "x-kubernetes-map-type": "odd"}},
            's.properties[a].x-kubernetes-map-type: Unsupported value: "odd": supported values: "atomic", "granular"',
        ),
        (
            {"a": {"type": "integer", "default": "x"}},
            's.properties[a].default: Invalid value: "string": s.properties[a].default in body must be of type integer: "string"',
        ),
        (
            {"a": {"type": "object", "properties": {"b": {"type": "string"}}, "default": {"c": 1}}},
            's.properties[a].default: Invalid value: {"c":1}: must not have unknown fields',
        ),
    ],
)
def test_what_is_not_structural_is_said_in_the_servers_words(properties, expected):
    assert found(properties) == [expected]


def test_patterns_must_compile():
    (said,) = found({"a": {"type": "string", "pattern": "(unclosed"}})
    assert said.startswith('s.properties[a].pattern: Invalid value: "(unclosed": must be a valid regular expression')


@pytest.mark.parametrize(
    "schema",
    [
        {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
        {"x-kubernetes-int-or-string": True, "allOf": [{"anyOf": [{"type": "integer"}, {"type": "string"}]}]},
        {"x-kubernetes-preserve-unknown-fields": True},
        {"type": "object", "properties": {"b": {"type": "string"}}, "oneOf": [{"required": ["b"]}]},
        {"type": "object", "properties": {"b": {"type": "integer", "default": 3}}, "default": {}},
        {"type": "string", "nullable": True, "default": None},
    ],
)
def test_what_is_structural_passes(schema):
    assert found({"a": schema}) == []


def test_the_root_is_an_object_without_further_properties():
    assert found({}, additionalProperties={"type": "string"}) == [
        "s.additionalProperties: Forbidden: must not be used at the root"
    ]
    errors = Errors()
    structural.check({"type": "array", "items": {"type": "string"}}, "s", errors)
    assert [cause.message for cause in errors.causes] == ['Invalid value: "array": must be object at the root']

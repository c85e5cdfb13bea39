# ruff: noqa: E501 - the server's sentences are longer than our lines
import pytest
from tests.unit.dock.client import CRDS, WIDGETS, definition, widget

SPEC = {
    "type": "object",
    "properties": {
        "min": {"type": "integer"},
        "max": {"type": "integer"},
        "name": {"type": "string"},
        "weight": {"type": "number"},
        "namespace": {"type": "string"},
        "foo-bar": {"type": "string"},
        "when": {"type": "string", "format": "date-time"},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "ports": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "port": {"type": "integer"}},
            },
        },
    },
}


def ruled(*rules, place=None, **version):
    """The definition with `rules` at the spec, or at one of its properties."""
    spec = {**SPEC, "properties": dict(SPEC["properties"])}
    listed = [rule if isinstance(rule, dict) else {"rule": rule} for rule in rules]
    if place is None:
        spec["x-kubernetes-validations"] = listed
    elif place == "ports.items":
        ports = dict(spec["properties"]["ports"])
        ports["items"] = {**ports["items"], "x-kubernetes-validations": listed}
        spec["properties"]["ports"] = ports
    else:
        spec["properties"][place] = {**spec["properties"][place], "x-kubernetes-validations": listed}
    return definition({"type": "object", "properties": {"spec": spec}}, **version)


async def causes(client, method, path, body):
    found = await client.refused(method, path, body, code=422)
    return [(one["reason"], one["field"], one["message"]) for one in found["details"]["causes"]]


async def test_a_broken_rule_refuses_the_object_with_its_message(client):
    rule = {"rule": "self.min <= self.max", "message": " min must not exceed max "}
    await client.post(CRDS, ruled(rule))
    await client.post(WIDGETS, widget(spec={"min": 1, "max": 2}))
    refused = await client.refused("POST", WIDGETS, widget("two", spec={"min": 3, "max": 2}), code=422)
    assert refused["message"] == (
        'Widget.example.com "two" is invalid: spec: Invalid value: "object": min must not exceed max'
    )
    assert refused["details"]["causes"] == [
        {"reason": "FieldValueInvalid", "message": 'Invalid value: "object": min must not exceed max', "field": "spec"}
    ]


@pytest.mark.parametrize(
    ("rule", "spec", "expected"),
    [
        (
            "self.min > 1",
            {"min": 1},
            ("FieldValueInvalid", "spec", 'Invalid value: "object": failed rule: self.min > 1'),
        ),
        (
            {"rule": "self.min > 1", "reason": "FieldValueForbidden", "fieldPath": ".min", "message": "no"},
            {"min": 1},
            ("FieldValueForbidden", "spec.min", "Forbidden: no"),
        ),
        (
            {"rule": "has(self.max)", "reason": "FieldValueRequired", "fieldPath": ".max", "message": "say how many"},
            {"min": 1},
            ("FieldValueRequired", "spec.max", "Required value: say how many"),
        ),
        (
            {"rule": "self.min > 1", "reason": "FieldValueDuplicate"},
            {"min": 1},
            ("FieldValueDuplicate", "spec", 'Duplicate value: "object"'),
        ),
        (
            {"rule": "self.min > 1", "messageExpression": "'min is ' + string(self.min)", "message": "unused"},
            {"min": 1},
            ("FieldValueInvalid", "spec", 'Invalid value: "object": min is 1'),
        ),
        (
            {"rule": "self.min > 1", "messageExpression": "self.name", "message": "used instead"},
            {"min": 1},
            ("FieldValueInvalid", "spec", 'Invalid value: "object": used instead'),
        ),
        (
            "self.max > 1",
            {"min": 1},
            ("FieldValueInvalid", "spec", 'Invalid value: "object": no such key: max evaluating rule: self.max > 1'),
        ),
        (
            "self.weight + 0.5 > 2.0",
            {"weight": 1},
            ("FieldValueInvalid", "spec", 'Invalid value: "object": failed rule: self.weight + 0.5 > 2.0'),
        ),
        (
            "self.__namespace__ == self.foo__dash__bar",
            {"namespace": "a", "foo-bar": "b"},
            (
                "FieldValueInvalid",
                "spec",
                'Invalid value: "object": failed rule: self.__namespace__ == self.foo__dash__bar',
            ),
        ),
        (
            "self.when > timestamp('2020-01-01T00:00:00Z')",
            {"when": "2019-01-01T00:00:00Z"},
            (
                "FieldValueInvalid",
                "spec",
                "Invalid value: \"object\": failed rule: self.when > timestamp('2020-01-01T00:00:00Z')",
            ),
        ),
        (
            "self.labels.all(k, self.labels[k] != 'x')",
            {"labels": {"a": "x"}},
            (
                "FieldValueInvalid",
                "spec",
                "Invalid value: \"object\": failed rule: self.labels.all(k, self.labels[k] != 'x')",
            ),
        ),
    ],
)
async def test_a_rule_says_what_is_wrong_as_it_declares(client, rule, spec, expected):
    await client.post(CRDS, ruled(rule))
    assert await causes(client, "POST", WIDGETS, widget(spec=spec)) == [expected]


async def test_rules_of_the_whole_object_see_its_name(client):
    schema = {
        "type": "object",
        "properties": {"spec": SPEC},
        "x-kubernetes-validations": [{"rule": "self.metadata.name == 'one'"}],
    }
    await client.post(CRDS, definition(schema))
    await client.post(WIDGETS, widget("one"))
    assert await causes(client, "POST", WIDGETS, widget("two")) == [
        ("FieldValueInvalid", "<nil>", "Invalid value: \"object\": failed rule: self.metadata.name == 'one'")
    ]


async def test_rules_are_not_asked_about_an_object_of_the_wrong_shape(client):
    await client.post(CRDS, ruled("self.min > 1"))
    found = await causes(client, "POST", WIDGETS, widget(spec={"min": "x"}))
    assert found == [
        (
            "FieldValueTypeInvalid",
            "spec.min",
            'Invalid value: "string": spec.min in body must be of type integer: "string"',
        ),
        (
            "FieldValueInvalid",
            "<nil>",
            "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
        ),
    ]


async def test_a_transition_rule_compares_with_what_was_there(client):
    await client.post(CRDS, ruled({"rule": "self == oldSelf", "message": "immutable"}, place="name"))
    await client.post(WIDGETS, widget(spec={"name": "a"}))
    changed = await client.patch(WIDGETS + "/one", {"spec": {"min": 1}})
    assert changed["spec"] == {"name": "a", "min": 1}
    refused = await client.refused(
        "PATCH", WIDGETS + "/one", {"spec": {"name": "b"}}, code=422, content="application/merge-patch+json"
    )
    assert 'spec.name: Invalid value: "string": immutable' in refused["message"]


async def test_a_transition_rule_in_a_keyed_list_finds_its_partner(client):
    await client.post(CRDS, ruled({"rule": "self.port >= oldSelf.port", "message": "only up"}, place="ports.items"))
    await client.post(WIDGETS, widget(spec={"ports": [{"name": "a", "port": 1}, {"name": "b", "port": 9}]}))
    moved = [{"name": "b", "port": 9}, {"name": "c", "port": 0}, {"name": "a", "port": 2}]
    await client.patch(WIDGETS + "/one", {"spec": {"ports": moved}})
    refused = await client.refused(
        "PATCH",
        WIDGETS + "/one",
        {"spec": {"ports": [{"name": "a", "port": 2}, {"name": "b", "port": 8}]}},
        code=422,
        content="application/merge-patch+json",
    )
    assert [one["field"] for one in refused["details"]["causes"]] == ["spec.ports[1]"]


async def test_an_optional_old_value_is_there_on_creation_too(client):
    rule = {"rule": "oldSelf.hasValue() || self.min == 0", "optionalOldSelf": True, "message": "start with 0"}
    await client.post(CRDS, ruled(rule))
    assert (await causes(client, "POST", WIDGETS, widget(spec={"min": 1})))[0][2].endswith("start with 0")
    await client.post(WIDGETS, widget(spec={"min": 0}))
    assert (await client.patch(WIDGETS + "/one", {"spec": {"min": 5}}))["spec"]["min"] == 5


async def test_what_broke_a_rule_before_may_stay_while_something_else_changes(client):
    await client.post(CRDS, ruled())
    await client.post(WIDGETS, widget(spec={"min": 1}))
    versions = ruled({"rule": "self.min > 1", "message": "too few"})["spec"]["versions"]
    await client.patch(CRDS + "/widgets.example.com", {"spec": {"versions": versions}})
    response = await client.send(
        "PATCH", WIDGETS + "/one", {"metadata": {"labels": {"a": "b"}}}, content="application/merge-patch+json"
    )
    assert response.status == 200
    assert 'spec: Invalid value: \\"object\\": too few' in response.headers["Warning"]
    refused = await client.refused(
        "PATCH", WIDGETS + "/one", {"spec": {"max": 3}}, code=422, content="application/merge-patch+json"
    )
    assert "too few" in refused["message"]


async def test_an_evaluation_that_would_take_too_long_is_refused_unevaluated(client):
    rule = "self.ports.all(a, self.ports.all(b, !self.name.contains(a.name + b.name)))"
    await client.post(CRDS, ruled(rule))
    ports = [{"name": f"p{index}", "port": index} for index in range(90)]
    found = await causes(client, "POST", WIDGETS, widget(spec={"name": "x" * 300_000, "ports": ports}))
    assert "no further validation rules will be run due to call cost exceeds limit" in found[0][2]
    await client.post(WIDGETS, widget(spec={"name": "short", "ports": ports[:30]}))


@pytest.mark.parametrize(
    ("rule", "field", "words"),
    [
        ("self.min >", "rule", "compilation failed: ERROR: <input>:1:11: Syntax error"),
        (
            "self.nope > 1",
            "rule",
            "compilation failed: ERROR: <input>:1:5: undefined field 'nope'\n | self.nope > 1\n | ....^",
        ),
        (
            "has(self.nope)",
            "rule",
            "compilation failed: ERROR: <input>:1:4: undefined field 'nope'\n | has(self.nope)\n | ...^",
        ),
        ("self.ports.all(p, p.nope == 1)", "rule", "undefined field 'nope'"),
        ("self.ports[0].nope == 1", "rule", "undefined field 'nope'"),
        ("'x'", "rule", "must evaluate to a bool"),
        ("self.min.foo()", "rule", "undeclared reference to 'foo'"),
        ({"rule": "true", "messageExpression": "1"}, "messageExpression", "must evaluate to a string"),
        ({"rule": "true", "messageExpression": "1 +"}, "messageExpression", "compilation failed"),
        ({"rule": "true", "reason": "Nope"}, "reason", "Unsupported value"),
        ({"rule": "true", "fieldPath": ".nope"}, "fieldPath", "does not refer to a valid field"),
        ({"rule": "true", "message": "a\nb"}, "message", "message must not contain line breaks"),
        ({"rule": "true", "message": "  "}, "message", "message must be non-empty if specified"),
        ({"rule": "true ||\nfalse"}, "message", "message must be specified if rule contains line breaks"),
        ({"rule": " "}, "rule", "rule is not specified"),
        ({"rule": "true", "optionalOldSelf": True}, "optionalOldSelf", "may not be set if oldSelf is not used in rule"),
        ("['a']" + ".map(x, x + x)" * 25 + "[0] == self.name", "rule", "estimated rule cost exceeds budget"),
        ("self.labels.transformMap(k, v, v + 'x').size() > 0", "rule", "transformMap is not supported"),
    ],
)
async def test_a_rule_that_cannot_be_used_refuses_its_definition(client, rule, field, words):
    place = f"spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].{field}"
    found = await causes(client, "POST", CRDS, ruled(rule))
    assert [one[1] for one in found] == [place]
    assert words in found[0][2]


async def test_the_refusal_shows_the_rule_as_the_server_does(client):
    found = await causes(client, "POST", CRDS, ruled({"rule": "self.nope", "message": "m"}))
    assert found[0][2].startswith(
        'Invalid value: {"Rule":"self.nope","Message":"m","MessageExpression":"","Reason":null,"FieldPath":"",'
        '"OptionalOldSelf":null}: compilation failed: '
    )


async def test_old_values_cannot_be_compared_where_elements_have_no_key(client):
    spec = {"type": "array", "items": {"type": "object", "x-kubernetes-validations": [{"rule": "self == oldSelf"}]}}
    schema = {"type": "object", "properties": {"spec": spec}}
    found = await causes(client, "POST", CRDS, definition(schema))
    assert "oldSelf cannot be used on the uncorrelatable portion of the schema" in found[0][2]


async def test_fields_below_free_objects_may_have_any_name(client):
    await client.post(CRDS, ruled("!has(self.free) || self.free.anything == 1"))
    await client.post(WIDGETS, widget("good", spec={"free": {"anything": 1}}))
    await client.refused("POST", WIDGETS, widget("bad", spec={"free": {"anything": 2}}), code=422)

import pytest

from dokaseca.dock.cel.program import Program
from dokaseca.dock.cel.typecheck import Checker

SCHEMAS = {
    "#/Part": {"type": "object", "properties": {"n": {"type": "integer"}, "parts": {"items": {"$ref": "#/Part"}}}},
    "#/Open": None,
}
OBJECT = {
    "type": "object",
    "properties": {
        "part": {"allOf": [{"$ref": "#/Part"}], "default": {}},
        "open": {"$ref": "#/Open"},
        "map": {"type": "object", "additionalProperties": {"$ref": "#/Part"}},
        "some-name": {"type": "string"},
        "any": {"x-kubernetes-preserve-unknown-fields": True, "type": "object"},
        "either": {"x-kubernetes-int-or-string": True},
        "when": {"type": "string", "format": "date-time"},
        "namespace": {"type": "string"},
        "flag": {"type": "boolean"},
    },
}


def problems(expression):
    return Checker({"object": OBJECT}, SCHEMAS.get).problems(expression, Program(expression, ["object", "other"]).tree)


@pytest.mark.parametrize(
    "expression",
    [
        "object.part.parts[0].parts.all(p, p.n > 1)",
        "object.open.anything.goes && object.any.thing",
        "object.map.key.n == 1 && object.map.all(k, v, v.n == 1)",
        "object.some__dash__name == 'x' && object.__namespace__ == object.namespace",
        "object.either == 1 && object.either == '1'",
        "object.when > timestamp('2020-01-01T00:00:00Z')",
        "other.anything == 1",
        "[1].all(object, object > 0)",
        "(object.part.n > 1) == object.flag && object.part.n == size(object.map)",
    ],
)
def test_what_the_schema_allows_is_no_problem(expression):
    assert problems(expression) == ""


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        ("object.nope", "1:7: undefined field 'nope'"),
        ("has(object.part.nope)", "1:4: undefined field 'nope'"),
        ("object.part.parts.exists(p,\n p.nope == 1)", "2:3: undefined field 'nope'"),
        ("object.map['x'].nope == 1", "undefined field 'nope'"),
        ("object.map.all(k, v, v.nope == 1)", "undefined field 'nope'"),
        ("object.part.n.nope", "type 'int' does not support field selection"),
        ("object.part.n == 'x'", "found no matching overload for '_==_' applied to '(int, string)'"),
        ("object.flag == object.namespace", "found no matching overload for '_==_' applied to '(bool, string)'"),
    ],
)
def test_what_the_schema_lacks_is_told_with_its_place(expression, what):
    assert what in problems(expression)


def test_each_problem_is_told_once_and_in_order():
    found = problems("object.a == object.b || object.a == 1")
    assert [line for line in found.splitlines() if line.startswith("ERROR")] == [
        "ERROR: <input>:1:7: undefined field 'a'",
        "ERROR: <input>:1:19: undefined field 'b'",
        "ERROR: <input>:1:31: undefined field 'a'",
    ]

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.dock.cel import construct
from dokaseca.dock.cel.construct import TAG
from dokaseca.dock.cel.program import Budget, CompileError, Program, Values


def answer(expression, variables=None, **values):
    program = Program(expression, variables or dict.fromkeys(values, "DYN"), has_objects=True)
    return program.evaluate(Values(values), Budget(10**9))


def problem(expression, known=("object",)):
    with pytest.raises(CompileError) as found:
        Program(expression, list(known), has_objects=True)
    return str(found.value)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("Object{}", {TAG: "Object"}),
        ("Object{a: 1, b: 'x',}", {TAG: "Object", "a": 1, "b": "x"}),
        ("Object{spec: Object.spec{a: object.n + 1}}", {TAG: "Object", "spec": {TAG: "Object.spec", "a": 2}}),
        ("Object . spec\n {a: 1}", {TAG: "Object.spec", "a": 1}),
        ("object.n == 1 ? Object{a: 'x'} : Object{a: 1}", {TAG: "Object", "a": "x"}),
        ("Object{?a: object.?nope, ?b: object.?n}", {TAG: "Object", "b": 1}),
        ("Object{`a.b/c`: 1, __namespace__: 2, a__dash__b: 3}", {TAG: "Object", "a.b/c": 1, "namespace": 2, "a-b": 3}),
        ("Object{a: {'b': 1, 'c': [{'d': 2}]}}", {TAG: "Object", "a": {"b": 1, "c": [{"d": 2}]}}),
        ("Object{l: [1, 2].map(x, Object.l{n: x, m: {'k': x}})}.l[1].m.k", 2),
        ("'Object{a: 1}' + \"Object{\\\"\" + '''Object{'\n''' // Object{\n", "Object{a: 1}Object{\"Object{'\n"),
        ('r\'Object{\\d}\' + """Object{"""', "Object{\\d}Object{"),
        ("[JSONPatch{op: 'add', path: '/a', value: 1}]", [{TAG: "JSONPatch", "op": "add", "path": "/a", "value": 1}]),
        ("has(JSONPatch{op: 'x'}.op) && !has(JSONPatch{}.op)", True),
        ("JSONPatch{op: 'x'} == JSONPatch{op: 'x'} && JSONPatch{op: 'x'} != JSONPatch{op: 'y'}", True),
        ("object.Object + object.JSONPatch", 5),
    ],
)
def test_constructed_objects_are_maps_that_know_their_type(expression, value):
    assert answer(expression, object={"n": 1, "Object": 2, "JSONPatch": 3}) == value


def test_errors_show_the_expression_as_written_and_the_place_in_it():
    text = "Object{\n  spec: Object.spec{\n    replicas: nope + 1\n  }\n}"
    assert problem(text).split("\n") == [
        "ERROR: <input>:3:15: undeclared reference to 'nope' (in container '')",
        " |     replicas: nope + 1",
        " | ..............^",
    ]
    assert problem("Object{a: 1").startswith("ERROR: <input>:1:11: Syntax error: mismatched input '<EOF>'")
    assert problem('Object{"a": 1}').startswith("ERROR: <input>:1:8: Syntax error: mismatched input '\"a\"'")
    assert problem("JSONPatch{nope: 1}").startswith("ERROR: <input>:1:11: undefined field 'nope'")
    assert "undeclared reference to 'Other'" in problem("Other{a: 1}")


def test_objects_are_constructed_only_where_that_is_asked_for():
    with pytest.raises(CompileError, match="undeclared reference to 'Object'"):
        Program("Object{}", ["object"])


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("Object{}", "Object"),
        ("Object.spec{}", "Object.spec"),
        ("true ? Object{} : Object{a: 1}", "Object"),
        ("true ? Object{} : Object.a{}", ""),
        ("{'a': 1}", ""),
        ("[Object{}]", ""),
    ],
)
def test_what_a_tree_constructs_shows_before_it_is_evaluated(expression, name):
    assert construct.type_of(Program(expression, [], has_objects=True).tree) == name


def test_type_names_must_follow_the_place_where_they_stand():
    good = answer("Object{a: [Object.a{b: {'k': Object.a.b{}}}]}")
    assert construct.mismatches(good, "Object") == []
    bad = answer("Object{a: [Object.x{}], b: {'k': Object{}}}")
    assert [one.partition(",")[0] for one in sorted(construct.mismatches(bad, "Object"))] == [
        'unexpected type name "Object"',
        'unexpected type name "Object.x"',
    ]


def test_data_cannot_pass_for_a_constructed_object():
    found = answer("object", object={"0": "Object", "@type": "Object"})
    assert not construct.is_constructed(found, "Object")


@pytest.mark.parametrize(
    ("expression", "held", "value"),
    [
        ("v.a.orValue(1) + 1", [], 2),
        ("v.a.orValue(1) + 1", [5], 6),
        ("v . a.hasValue() && v.a.value() == 'x'", ["x"], True),
        ("[1].map(x, v.a.hasValue())", [], [False]),
        ("'v.a' + x.v.a", [], "v.a!"),
    ],
)
def test_optional_values_travel_between_expressions(expression, held, value):
    program = Program(expression, {"v.a": "OPTIONAL", "x": "DYN"})
    assert "v.a" in program.names or not held
    assert program.evaluate(Values({"v.a": held, "x": {"v": {"a": "!"}}}), Budget(10**9)) == value


def test_an_optional_answer_is_a_list_of_what_it_holds():
    program = Program("object.?a", ["object"], as_list=True)
    assert program.result == "OPTIONAL"
    assert program.evaluate(Values({"object": {"a": 1}}), Budget(10**9)) == [1]
    assert program.evaluate(Values({"object": {}}), Budget(10**9)) == []
    plain = Program("object.a", ["object"], as_list=True)
    assert (plain.result, plain.evaluate(Values({"object": {"a": 1}}), Budget(10**9))) == ("DYN", 1)


@given(st.text("Object.specJSNPatch{}()[]:,?'\"` \n/a1", max_size=60))
def test_any_text_is_rewritten_or_refused_and_every_place_is_one_of_it(text):
    try:
        source = construct.rewrite(text, {"v.a"}, has_objects=True)
    except construct.FieldError as error:
        assert str(error).startswith("ERROR: <input>:")
        return
    if text:
        assert all(0 <= source.position(place) < len(text) for place in range(len(source.text)))


LONG = [
    "'''\\\"" * 6_000,
    '"' + '\\"' * 16_000,
    'r"\n' * 9_000,
    "`" * 32_000,
    "Object." * 4_500 + "a",
    "v.a+" * 8_000,
    "Object{a:" * 3_500,
]


@pytest.mark.parametrize("expression", LONG)
def test_long_nonsense_is_refused_at_once_and_in_few_words(expression):
    before = time.process_time()
    with pytest.raises(CompileError) as found:
        Program(expression, {"v.a": "OPTIONAL"}, has_objects=True)
    assert time.process_time() - before < 1.5  # read over and over, some take several times as long
    assert len(str(found.value)) < 70_000

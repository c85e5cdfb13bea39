import contextlib
import resource
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dokaseca.dock.cel import cost, syntax
from dokaseca.dock.cel.cost import Size
from dokaseca.dock.cel.program import Budget, CompileError, CostError, EvaluationError, Program, Values


def answer(expression, **variables):
    program = Program(expression, list(variables))
    return program.evaluate(Values(variables), Budget(10**9))


@pytest.mark.parametrize(
    ("expression", "value", "expected"),
    [
        ("self.a + 1", {"a": 1}, 2),
        ("self.a / 2.0 == 0.5", {"a": 1.0}, True),
        ("has(self.x)", {}, False),
        ("self.?x.orValue('d')", {}, "d"),
        ("self.l.all(i, v, v > i)", {"l": [1, 2]}, True),
        ("self.l.transformList(i, v, v * i)", {"l": [1, 2]}, [0, 2]),
        ("sets.contains(self.l, [1])", {"l": [1, 2]}, True),
        ("'%s is %d'.format([self.n, 3])", {"n": "x"}, "x is 3"),
        ("self.n.lowerAscii().split(',')", {"n": "A,B"}, ["a", "b"]),
        ("timestamp('2020-01-01T00:00:00Z').getFullYear()", {}, 2020),
        ("self.t > timestamp('2020-01-01T00:00:00Z')", {"t": "2021-01-01T00:00:00+02:00"}, True),
        ("timestamp('2020-01-01T00:00:00Z') <= self.t", {"t": "2019-01-01T00:00:00Z"}, False),
        ("self == null", None, True),
    ],
)
def test_expressions_answer(expression, value, expected):
    assert answer(expression, self=value) == expected


@pytest.mark.parametrize(
    ("expression", "value", "words"),
    [
        ("self.nope", {}, "no such key: nope"),
        ("self.l[3]", {"l": [1]}, "index out of bounds: 3"),
        ("1 / self", 0, "division by zero"),
        ("1 % self", 0, "modulus by zero"),
        ("self + 1", "x", "no such overload"),
        ("self.a.b", {"a": 1}, "no such overload"),
        ("self * self", 2**40, "integer overflow"),
        ("int(self)", "x", "cannot convert string to int"),
        ("self < timestamp('2020-01-01T00:00:00Z')", "yesterday", "no such overload"),
        ("self.?x", {}, "unexpected type of the answer: optional"),
        ("self", 2**70, "out of range"),
    ],
)
def test_what_has_no_answer_says_why_as_the_server_does(expression, value, words):
    with pytest.raises(EvaluationError, match=words.replace("(", r"\(")):
        answer(expression, self=value)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("self.a >", r"ERROR: <input>:1:9: Syntax error"),
        ("nope == 1", r"ERROR: <input>:1:1: undeclared reference to 'nope' \(in container ''\)\n \| nope == 1\n \| \^"),
        ("1 + 'a'", r"found no matching overload for '_\+_' applied to '\(int, string\)'"),
        ("cel.bind(a, 1, a)", "undeclared reference"),
        ("lists.range(5)", "undeclared reference"),
        ("self.transformMap(k, v, v)", "transformMap is not supported"),
        ("x" * 40_000, "expression exceeds 32768 characters"),
        (
            "[1].all(a, [1].all(b, [1].all(c, [1].all(d, [1].all(e, [1].all(f, [1].all(g, true)))))))",
            "more than 6 loops",
        ),
        ("['a']" + ".map(x, x + x)" * 25 + "[0]", "estimated rule cost exceeds budget"),
    ],
)
def test_what_does_not_compile_is_refused_with_the_place(expression, words):
    with pytest.raises(CompileError, match=words):
        Program(expression, ["self"])


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("self.l.all(x, !self.s.contains('b'))", {"l": [1] * 9_000, "s": "a" * 200_000}),
        ("self.l.all(x, !self.s.matches('(a|b)*c'))", {"l": [1] * 9_000, "s": "a" * 200_000}),
        ("self.l.all(x, self.s.split('a').size() > 0)", {"l": [1] * 9_000, "s": "a" * 20_000}),
        ("self.l.map(x, self.s).join().size() > 0", {"l": [1] * 9_000, "s": "a" * 200_000}),
        ("self.s.replace('a', self.s).size() > 0", {"s": "a" * 100_000}),
        ("self.l.all(x, self.l == self.l)", {"l": [1] * 9_000}),
        ("self.l.map(x, self.l).map(x, x.map(y, self.l)).size() > 0", {"l": [1] * 3_000}),
        ("self.l.all(x, self.s.find('b+') == '')", {"l": [1] * 9_000, "s": "a" * 200_000}),
        ("self.l.all(x, x > 0)", {"l": [1] * 20_000}),
        ("sets.contains(self.l, self.l)", {"l": [{"a": index, "b": "x" * 9} for index in range(5_000)]}),
        ("sets.intersects(self.l, self.l.map(x, x + x))", {"l": ["x" * 300 + str(index) for index in range(5_000)]}),
        ("sets.equivalent(self.l, self.l)", {"l": [{"a": index, "b": "x" * 9} for index in range(5_000)]}),
    ],
)
def test_no_evaluation_takes_longer_than_its_bound(expression, value):
    program, values = Program(expression, ["self"]), Values({"self": value})
    before = time.process_time()
    with pytest.raises(CostError):
        program.evaluate(values, Budget(10**12))
    assert time.process_time() - before < 2  # the cheapest of them would run for seconds, most for hours


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("self.all(a, self.exists_one(b, a.n == b.n))", [{"n": f"name-{index}"} for index in range(60)]),
        (
            "self.rules.all(r, r.matches.all(m, m.path.startsWith('/')))",
            {"rules": [{"matches": [{"path": "/x"}] * 8}] * 16},
        ),
        ("self.s.matches('^[a-z]+$')", {"s": "a" * 1_000_000}),
        ("!self.s.contains('x') && self.l.all(x, x.startsWith('a'))", {"s": "b" * 100_000, "l": ["a"] * 200}),
        ("sets.contains(self, ['a5']) && sets.equivalent(self, self)", [f"a{index}" for index in range(200)]),
    ],
)
def test_what_is_affordable_is_evaluated(expression, value):
    assert answer(expression, self=value) is True


def test_several_evaluations_share_a_budget():
    program, values, budget = Program("self.contains('b')", ["self"]), Values({"self": "a" * 100_000}), Budget(500_000)
    assert program.evaluate(values, budget) is False
    with pytest.raises(CostError, match="running out of cost budget"):
        program.evaluate(values, budget)
    with pytest.raises(CostError):
        Program("true", ["self"]).evaluate(values, Budget(-1))


def test_types_that_must_be_declared_travel_between_expressions():
    found = answer("timestamp('2020-01-01T00:00:00Z')", self=1)
    program = Program("v.t.getFullYear()", {"v.t": "TIMESTAMP"})
    assert program.names == {"v.t"}
    assert program.evaluate(Values({"v.t": found}), Budget(10**9)) == 2020


def test_the_tree_shows_every_part_with_its_place():
    program = Program("has(self.a) && self.l.exists(x, x.n == 'abc')", ["self"])
    kinds = {}

    def visit(node):
        kinds.setdefault(node.kind, []).append(node)
        for part in node.parts:
            visit(part)

    visit(program.tree)
    assert [(node.name, node.position) for node in kinds["test"]] == [("a", 3)]
    assert {node.name for node in kinds["select"]} == {"l", "n"}
    assert kinds["comprehension"][0].variables == ("x",)
    assert [node.text for node in kinds["constant"] if node.text is not None] == ["abc"]
    assert syntax.identifiers(program.tree) >= {"self", "x"}


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.integers(-3, 3) | st.text("ab", max_size=5) | st.booleans(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
        max_leaves=12,
    )
)
def test_a_value_is_as_large_as_what_it_holds(value):
    whole = cost.measure({"v": value})
    assert whole == cost.measure(value) + Size(1, 1)


def test_cel_is_loaded_only_when_an_expression_is_compiled():
    code = (
        "import sys, dokaseca.dock.api, dokaseca.dock.cel.program as p;"
        "assert 'cel_expr_python.cel' not in sys.modules;"
        "p.Program('true', ['self']); assert 'cel_expr_python.cel' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize(
    "expression",
    [
        "self.l.map(x, self.s)",
        "self.l.map(x, self.s + self.s + self.s)",
        "self.l.map(x, {'a': self.s, 'b': self.l})",
        "self.l.map(x, self.l.map(y, [x, y, self.s]))",
        "self.l.map(x, self.s).join(self.s)",
        "self.l.map(x, self.s.replace('x', 'yyyyyyyyyyyyyyyyyyyyyy'))",
        "self.l.map(x, '%s%s%s'.format([self.s, self.s, self.s]))",
        "[self.s, self.s].map(a, [a, a].map(b, [b, b].map(c, [c, c].map(d, d + d + d + d))))",
    ],
)
def test_no_answer_takes_more_memory_than_its_bound(expression):
    program = Program(expression, ["self"])
    values = Values({"self": {"l": list(range(500)), "s": "x" * 200_000}})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with contextlib.suppress(CostError):
        program.evaluate(values, Budget(10**12))
    grown_kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kilobytes < 200 * 1024  # unbounded, some would be gigabytes


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("nope.a.b == 1", "1:1: undeclared reference to 'nope' (in container '')"),
        ("true && nope . a == 1", "1:9: undeclared reference to 'nope' (in container '')"),
        ("v.nope.x == 1", "1:2: undefined field 'nope'"),
        ("v.a == nope", "1:8: undeclared reference to 'nope' (in container '')"),
    ],
)
def test_what_nobody_declared_is_told_as_kubernetes_tells_it(expression, message):
    with pytest.raises(CompileError) as found:
        Program(expression, ["self", "v.a"])
    assert message in str(found.value)

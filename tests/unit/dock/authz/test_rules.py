import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.dock.authz import rules
from dokaseca.dock.authz.attributes import Attributes
from dokaseca.dock.authz.rules import Rule


@pytest.mark.parametrize(
    ("rule", "asked", "allowed"),
    [
        (Rule(("get",), ("",), ("pods",)), Attributes("get", "", "pods"), True),
        (Rule(("get",), ("",), ("pods",)), Attributes("list", "", "pods"), False),
        (Rule(("*",), ("",), ("pods",)), Attributes("list", "", "pods"), True),
        (Rule(("get",), ("",), ("pods",)), Attributes("get", "apps", "pods"), False),
        (Rule(("get",), ("*",), ("pods",)), Attributes("get", "apps", "pods"), True),
        (Rule(("get",), ("",), ("pods",)), Attributes("get", "", "pods", "log"), False),
        (Rule(("get",), ("",), ("pods/log",)), Attributes("get", "", "pods", "log"), True),
        (Rule(("get",), ("",), ("pods/log",)), Attributes("get", "", "pods"), False),
        (Rule(("get",), ("apps",), ("*/scale",)), Attributes("get", "apps", "deployments", "scale"), True),
        (Rule(("get",), ("apps",), ("*/scale",)), Attributes("get", "apps", "deployments", "status"), False),
        (Rule(("get",), ("apps",), ("*/scale",)), Attributes("get", "apps", "deployments"), False),
        (Rule(("get",), ("",), ("*",)), Attributes("get", "", "pods", "log"), True),
        (Rule(("get",), ("",), ("pods/*",)), Attributes("get", "", "pods", "log"), False),
        (Rule(("get",), ("",), ("pods",), ("a",)), Attributes("get", "", "pods", name="a"), True),
        (Rule(("get",), ("",), ("pods",), ("a",)), Attributes("get", "", "pods", name="b"), False),
        (Rule(("list",), ("",), ("pods",), ("a",)), Attributes("list", "", "pods"), False),
        (Rule(("get",), urls=("/api/*",)), Attributes("get", path="/api/v1"), True),
        (Rule(("get",), urls=("/api/*",)), Attributes("get", path="/api"), False),
        (Rule(("get",), urls=("/version",)), Attributes("get", path="/version"), True),
        (Rule(("get",), urls=("/version",)), Attributes("post", path="/version"), False),
        (Rule(("get",), urls=("*",)), Attributes("get", path="/anything"), True),
        (Rule(("*",), ("*",), ("*",)), Attributes("get", path="/version"), False),
        (Rule(("*",), urls=("*",)), Attributes("get", "", "pods"), False),
    ],
)
def test_a_rule_allows_what_it_names(rule, asked, allowed):
    assert rule.allows(asked) is allowed


def test_what_is_missing_is_listed_by_resource():
    held = [
        Rule(("get", "list"), ("",), ("pods",)),
        Rule(("*",), ("apps",), ("*/scale",)),
        Rule(("get",), urls=("/a/*",)),
    ]
    wanted = [
        Rule(("get", "watch", "delete"), ("",), ("pods",)),
        Rule(("get",), ("",), ("pods",), ("one",)),
        Rule(("update",), ("apps",), ("deployments/scale", "deployments")),
        Rule(("get",), urls=("/a/b", "/c")),
    ]
    assert [rule.text for rule in rules.missing(held, wanted)] == [
        '{APIGroups:[""], Resources:["pods"], Verbs:["watch" "delete"]}',
        '{APIGroups:["apps"], Resources:["deployments"], Verbs:["update"]}',
        '{NonResourceURLs:["/c"], Verbs:["get"]}',
    ]


def test_a_right_on_some_names_covers_only_those():
    held = [Rule(("get",), ("",), ("secrets",), ("a", "b"))]
    assert rules.missing(held, [Rule(("get",), ("",), ("secrets",), ("a",))]) == []
    assert rules.missing(held, [Rule(("get",), ("",), ("secrets",), ("a", "c"))])[0].names == ("c",)
    assert rules.missing(held, [Rule(("get",), ("",), ("secrets",))])


words = st.lists(st.sampled_from(["*", "a", "b", "c/x"]), min_size=1, max_size=2).map(tuple)
any_rule = st.one_of(st.builds(Rule, words, words, words), st.builds(Rule, words, urls=words))


@given(st.lists(any_rule, max_size=3), any_rule)
def test_full_authority_covers_everything_and_everybody_holds_what_he_holds(held, wanted):
    assert rules.missing(rules.FULL_AUTHORITY, [wanted]) == []
    assert rules.missing([*held, wanted], [wanted]) == []


def test_rules_are_read_and_written_without_what_is_empty():
    document = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}
    assert [rule.document for rule in rules.parse([document])] == [document]
    assert rules.parse(None) == ()

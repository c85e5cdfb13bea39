"""Who may do what: roles, groups, denials, the two quirks, and the same answers as casbin with Argo CD's model."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dokaseca.kit import globs
from dokaseca.policy import rbac, rbac_text
from dokaseca.policy.rbac import Request, Rule
from dokaseca.policy.rbac_text import Member

LINES = """
p, role:deployer, applications, sync, team-a/*, allow
p, role:deployer, applications, action/apps/Deployment/*, team-a/*, allow
p, role:deployer, applications, delete/*/Pod/*, team-a/*, allow
p, role:deployer, logs, get, team-a/*, allow
p, role:careful, applications, sync, team-a/prod-*, deny
p, alice, applications, update, team-a/shop, allow
g, alice, role:deployer
g, bob, role:deployer
g, bob, role:careful
g, team-a-leads, role:lead
g, role:lead, role:deployer
g, role:lead, role:readonly
g, frozen, role:frozen
p, role:frozen, applications, *, */*, deny
"""

MATRIX = [
    ("admin", "delete", "applications", "any/thing", True),
    ("admin", "create", "exec", "any/thing", True),
    ("admin", "get", "logs", "any/thing", True),
    ("admin", "update/apps/Deployment/x/y", "applications", "any/thing", True),
    ("admin", "invoke", "extensions", "x", False),
    ("role:readonly", "get", "applications", "any/thing", True),
    ("role:readonly", "get", "clusters", "https://x", True),
    ("role:readonly", "get", "clusters", "team-a/https://x", True),
    ("role:readonly", "sync", "applications", "any/thing", False),
    ("role:readonly", "create", "exec", "any/thing", False),
    ("alice", "sync", "applications", "team-a/shop", True),
    ("alice", "sync", "applications", "team-b/shop", False),
    ("alice", "sync", "applications", "team-a/ns/shop", True),
    ("alice", "get", "applications", "team-a/shop", False),
    ("alice", "get", "logs", "team-a/shop", True),
    ("alice", "update", "applications", "team-a/shop", True),
    ("alice", "update/apps/Deployment/shop/web", "applications", "team-a/shop", False),
    ("alice", "delete/v1/Pod/shop/web-1", "applications", "team-a/shop", True),
    ("alice", "delete", "applications", "team-a/shop", False),
    ("alice", "action/apps/Deployment/restart", "applications", "team-a/shop", True),
    ("alice", "action/batch/CronJob/create-job", "applications", "team-a/shop", False),
    ("bob", "sync", "applications", "team-a/dev-shop", True),
    ("bob", "sync", "applications", "team-a/prod-shop", False),
    ("team-a-leads", "sync", "applications", "team-a/prod-shop", True),
    ("team-a-leads", "get", "repositories", "https://git.test/r", True),
    ("nobody", "get", "applications", "team-a/shop", False),
    ("", "get", "applications", "team-a/shop", False),
]


def policy(text=LINES, **more):
    found, problems = rbac_text.read({"policy.csv": text, **more})
    assert [str(one) for one in problems if one.is_error] == []
    return found


@pytest.mark.parametrize(("subject", "action", "resource", "name", "expected"), MATRIX)
def test_the_matrix_of_roles_verbs_and_objects(subject, action, resource, name, expected):
    assert policy().allows(subject, Request(resource, action, name)) is expected


def test_what_the_default_role_allows_no_line_can_deny():
    request = Request("applications", "get", "team-a/shop")
    assert not policy().allows("frozen", request)
    assert policy(**{"policy.default": "role:readonly"}).allows("frozen", request)
    assert policy(**{"policy.default": "role:readonly"}).allows("nobody", request)


def test_every_group_is_asked_by_itself():
    request = Request("applications", "sync", "team-a/shop")
    assert policy().allows("eve", request, ("frozen", "team-a-leads"))
    assert not policy().allows("eve", request, ("frozen", "unknown"))


def test_a_group_that_no_line_gives_a_role_is_no_subject():
    assert policy().allows("alice", Request("applications", "update", "team-a/shop"))
    assert not policy("p, team, clusters, get, *, allow").allows("eve", Request("clusters", "get", "x"), ("team",))


def test_an_object_of_an_application_needs_a_right_of_its_own():
    request, managed = Request("applications", "update", "team-a/shop"), "apps/Deployment/shop/web"
    assert not policy().allows_on_managed("alice", request, managed)
    assert policy().allows_on_managed("alice", request, managed, inherits=True)
    assert policy().allows_on_managed("admin", request, managed)
    assert policy().allows_on_managed("bob", request._replace(action="delete"), "/Pod/shop/web")


def test_expressions_hit_anywhere_as_in_argo_cd_and_built_in_roles_stay_globs():
    found = policy("p, alice, ^clusters$, get|update, prod, allow", **{"policy.matchMode": "regex"})
    assert found.allows("alice", Request("clusters", "update", "https://prod.test"))
    assert not found.allows("alice", Request("clusters", "delete", "https://prod.test"))
    assert found.allows("admin", Request("applications", "sync", "a/b"))


def test_an_expression_that_does_not_compile_hits_nothing():
    found = rbac.Policy({"a": [Rule("a", "(", "get", ".*", allows=True)]}, mode="regex")
    assert not found.allows("a", Request("clusters", "get", "x"))


def test_roles_that_hold_each_other_end():
    found = rbac_text.build([Member("a", "b"), Member("b", "a"), Rule("b", "clusters", "get", "*", allows=True)])
    assert set(found.roles_of("a")) == {"a", "b"}
    assert found.allows("a", Request("clusters", "get", "x"))


def test_the_name_of_a_resource_action():
    assert rbac.action_of("apps", "Deployment", "restart") == "action/apps/Deployment/restart"


SUBJECTS = ("a", "b", "role:x", "role:y")
RULES = st.builds(
    Rule,
    st.sampled_from(SUBJECTS),
    st.sampled_from(("applications", "clusters", "*", "app*")),
    st.sampled_from(("get", "sync", "*", "action/*", "{get,sync}")),
    st.sampled_from(("*/*", "p/*", "p/x", "*", "q/?")),
    st.booleans(),
)
MEMBERS = st.builds(Member, st.sampled_from(SUBJECTS), st.sampled_from(SUBJECTS)).filter(lambda one: one[0] != one[1])
REQUESTS = st.builds(
    Request,
    st.sampled_from(("applications", "clusters")),
    st.sampled_from(("get", "sync", "action/apps/Deployment/restart")),
    st.sampled_from(("p/x", "q/y", "p/n/x", "https://c")),
)


@settings(deadline=None)
@given(st.lists(st.one_of(RULES, MEMBERS), max_size=12), st.sampled_from(SUBJECTS), REQUESTS)
def test_a_denial_never_widens_what_is_allowed(entries, subject, request_):
    denied = Rule(subject, request_.resource, request_.action, request_.object, allows=False)
    assert not rbac_text.build([*entries, denied]).allows(subject, request_)


@settings(deadline=None)
@given(st.lists(st.one_of(RULES, MEMBERS), max_size=8), st.sampled_from(SUBJECTS), REQUESTS)
def test_the_order_of_lines_does_not_matter(entries, subject, request_):
    answers = {
        rbac_text.build(order).allows(subject, request_)
        for order in (entries, entries[::-1], sorted(entries, key=repr))
    }
    assert len(answers) == 1


MODEL = """
[request_definition]
r = sub, res, act, obj
[policy_definition]
p = sub, res, act, obj, eft
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = g(r.sub, p.sub) && fits(r.res, p.res) && fits(r.act, p.act) && fits(r.obj, p.obj)
"""


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(RULES, MEMBERS), max_size=12))
def test_casbin_says_the_same(entries):
    casbin = pytest.importorskip("casbin", reason="the oracle is not installed")
    model = casbin.Model()
    model.load_model_from_text(MODEL)
    oracle = casbin.Enforcer(model)
    oracle.add_function("fits", lambda text, pattern: globs.matches(pattern, text))
    for one in entries:
        if isinstance(one, Member):
            oracle.add_grouping_policy(*one)
        else:
            oracle.add_policy(*one[:4], "allow" if one.allows else "deny")
    found = rbac.Policy(
        {name: [one for one in entries if isinstance(one, Rule) and one.subject == name] for name in SUBJECTS},
        {name: [one.role for one in entries if isinstance(one, Member) and one.subject == name] for name in SUBJECTS},
    )
    for subject, resource, name in itertools.product(SUBJECTS, ("applications", "clusters"), ("p/x", "q/y")):
        request = Request(resource, "get", name)
        assert found.allows(subject, request) is oracle.enforce(subject, *request), (subject, request)

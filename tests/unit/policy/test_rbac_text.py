"""What is wrong with the lines of argocd-rbac-cm and of projects, and where."""

from __future__ import annotations

import pytest

from dokaseca.policy import rbac_project, rbac_text
from dokaseca.policy.rbac import Request


def said(text, **more):
    return [str(one) for one in rbac_text.read({"policy.csv": text, **more})[1]]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("p, a, clusters, get, *", "has 5 fields; write `p, subject, resource, action, object, effect`"),
        ("g, a", "has 2 fields; write `g, subject, role`"),
        ("x, a, b", "begins with 'x'"),
        ("p, a, clusters, get, *, maybe", "has the effect 'maybe'; write allow or deny"),
        ('p, "a, clusters, get, *, allow', "is no line of comma-separated values"),
        ("p, a, cluster, get, *, allow", "there is no resource 'cluster'; there are: clusters, projects"),
        ("p, a, clusters, sync, *, allow", "clusters have no action 'sync'; there are: get, create"),
        ("p, a, clusters, get, {x, allow", "'{x' is no glob"),
        ("p, a , clusters, get, *, allow", "has a space before a comma"),
    ],
)
def test_a_wrong_line_is_named_by_its_number(line, message):
    problems = said(f"# a comment\n\n{line}\n")
    assert len(problems) == 1
    assert problems[0].startswith(f"policy.csv:3: error: {message}")


def test_an_expression_is_checked_in_its_own_mode():
    assert said("p, a, clusters, get, (x, allow", **{"policy.matchMode": "regex"})[0].startswith("policy.csv:1: error")
    assert said("p, a, (clusters|projects), get, .*, allow", **{"policy.matchMode": "regex"}) == []


@pytest.mark.parametrize(
    ("text", "more", "message"),
    [
        ("g, a, role:x", {}, "policy.csv:1: warning: gives the role role:x, which no line defines"),
        ("p, a, applications, get, shop, allow", {}, "policy.csv:1: warning: the object 'shop' covers nothing"),
        ("", {"policy.default": "role:x"}, "policy.default: warning: names role:x, which no line defines"),
        ("", {"policy.matchMode": "like"}, 'policy.matchMode: error: is "like"; write glob or regex'),
    ],
)
def test_a_doubt_is_told_as_well(text, more, message):
    assert [one.startswith(message) for one in said(text, **more)] == [True]


@pytest.mark.parametrize(
    "line",
    [
        "p, a, applications, action/apps/Deployment/restart, */*, allow",
        "p, a, applications, update/*, */*, allow",
        "p, a, *, *, *, allow",
        "p, a, extensions, invoke, httpbin, allow",
        'p, "a, b", clusters, get, *, deny',
        "g, a, role:admin",
        "g, a, proj:team-a:reader",
    ],
)
def test_a_right_line_is_no_problem(line):
    assert said(line) == []


def test_all_parts_of_the_policy_count_in_the_order_of_their_keys():
    data = {
        "policy.z.csv": "p, a, clusters, get, x",
        "policy.b.csv": "bad",
        "policy.csv": "worse",
        "scopes": "[groups]",
    }
    places = [one.place for one in rbac_text.read(data)[1]]
    assert places == ["policy.csv", "policy.b.csv", "policy.z.csv"]


def test_a_policy_has_bounds():
    text = "#" * rbac_text.POLICY_BYTES + "\n#"
    assert "make it shorter" in said(text)[0]


def project(*lines, **role):
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": {"name": "team-a"},
        "spec": {"roles": [{"name": "deployer", "policies": list(lines), **role}]},
    }


def test_a_role_of_a_project_allows_within_it_and_may_see_it():
    found = project("p, proj:team-a:deployer, applications, sync, team-a/*, allow", groups=["oncall"])
    policy = rbac_text.extend(rbac_text.read({})[0], rbac_project.entries(found))
    subject = "proj:team-a:deployer"
    assert policy.allows(subject, Request("applications", "sync", "team-a/shop"))
    assert policy.allows("eve", Request("applications", "sync", "team-a/shop"), ("oncall",))
    assert policy.allows(subject, Request("projects", "get", "team-a"))
    assert not policy.allows(subject, Request("projects", "get", "team-b"))
    assert not policy.allows(subject, Request("applications", "sync", "team-b/shop"))


def test_a_role_of_a_project_stays_in_it_where_others_are_expressions():
    found = project("p, proj:team-a:deployer, applications, sync, team-a/*, allow")
    policy = rbac_text.extend(rbac_text.read({"policy.matchMode": "regex"})[0], rbac_project.entries(found))
    assert policy.allows("proj:team-a:deployer", Request("applications", "sync", "team-a/shop"))
    assert not policy.allows("proj:team-a:deployer", Request("applications", "sync", "other-team-a/shop"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("p, proj:team-a:deployer, applications, sync, team-b/*, allow", "the object 'team-b/*' is outside"),
        ("p, proj:team-a:deployer, applications, sync, */*, allow", "the object '*/*' is outside"),
        ("p, proj:team-a:deployer, applications, sync, team-a/, allow", "the object 'team-a/' is outside"),
        ("p, proj:team-b:deployer, applications, sync, team-a/*, allow", "is for proj:team-b:deployer"),
        ("p, role:admin, applications, sync, team-a/*, allow", "is for role:admin"),
        ("p, proj:team-a:deployer, projects, update, team-a/x, allow", "there is no resource 'projects' of projects"),
        ("p, proj:team-a:deployer, applications, fly, team-a/*, allow", "applications have no action 'fly'"),
        ("g, proj:team-a:deployer, role:admin", "roles of a project hold lines `p` only"),
        ("p, proj:team-a:deployer", "has 2 fields"),
    ],
)
def test_a_line_that_reaches_out_of_the_project_gives_nothing_and_is_told(line, message):
    found = project(line)
    problems = [str(one) for one in rbac_project.problems(found)]
    assert [one.startswith(f"AppProject team-a, role deployer:1: error: {message}") for one in problems] == [True]
    assert len(list(rbac_project.entries(found))) == 1


def test_two_roles_of_one_name_are_told():
    found = project()
    found["spec"]["roles"] *= 2
    assert ["two roles of this name" in str(one) for one in rbac_project.problems(found)] == [True]

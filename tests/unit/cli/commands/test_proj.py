"""`dokaseca proj`: list, get, windows list."""

from __future__ import annotations

import pytest
from tests.unit.cli.commands.test_rbac import PROJECT

WINDOW = {"kind": "allow", "schedule": "* * * * *", "duration": "1h", "applications": ["*"], "manualSync": True}
CLOSED = {"kind": "deny", "schedule": "0 0 31 2 *", "duration": "1h", "namespaces": ["a", "b"], "timeZone": "CET"}
WRONG = {"kind": "never", "schedule": "* * * * *", "duration": "1h"}


@pytest.fixture(scope="module", autouse=True)
def project(platform):
    spec = {**PROJECT["spec"], "description": "of team a", "syncWindows": [WINDOW, CLOSED]}
    wrong = {**PROJECT, "metadata": {"name": "wrong", "namespace": "argocd"}, "spec": {"syncWindows": [WRONG]}}
    platform.put({**PROJECT, "spec": spec}, wrong)


def test_projects_are_listed_with_what_they_allow(platform):
    assert platform.call("proj", "list", "-o", "name").stdout == "default\nteam-a\nwrong\n"
    row = platform.call("proj", "list").stdout.splitlines()[2].split("   ")
    assert [cell.strip() for cell in row if cell.strip()] == [
        "team-a",
        "https://git.test/*, !https://git.test/secret",
        "dev,team-a",
        "none",
        "1",
        "2",
    ]
    assert "of team a" in platform.call("proj", "list", "-o", "wide").stdout


def test_one_project_is_shown_with_what_is_wrong_with_its_roles(platform):
    result = platform.call("proj", "get", "team-a")
    shown = [line.split(maxsplit=1) for line in result.stdout.splitlines()]
    assert ["Name:", "team-a"] in shown
    assert ["!https://git.test/secret"] in shown
    assert "deployer (oncall; 2 policies)" in result.stdout
    assert "role deployer:2: error: the object 'team-b/*' is outside of the project" in result.stderr
    assert platform.json("proj", "get", "team-a")["metadata"]["name"] == "team-a"


def test_a_project_that_is_not_there_is_told_with_those_that_are_near(platform):
    assert "there is no project 'team-b'; did you mean team-a?" in platform.refused("proj", "get", "team-b")


def test_windows_are_listed_and_those_that_are_open(platform):
    rows = [line.split() for line in platform.call("proj", "windows", "list", "team-a").stdout.splitlines()]
    assert rows[1][:3] == ["0", "Active", "allow"]
    assert rows[2][:3] == ["1", "Inactive", "deny"]
    assert rows[2][-5:] == ["a,b", "-", "Disabled", "CET", "Disabled"]
    assert [one["kind"] for one in platform.json("proj", "windows", "list", "team-a")] == ["allow", "deny"]
    assert "project default has no sync windows" in platform.call("proj", "windows", "list", "default").stderr


def test_a_window_that_cannot_be_read_is_told(platform):
    assert "Wrong: kind is neither allow nor deny" in platform.call("proj", "windows", "list", "wrong").stdout

"""`dokaseca app wait`, `app resources`, `app terminate-op`, and `app sync` of several Applications."""

from __future__ import annotations

import pytest
from tests.unit.cli.controller import Controller
from tests.unit.cli.platform import application, status

RUNNING = {
    "phase": "Running",
    "startedAt": "2026-01-01T00:00:00Z",
    "message": "waiting for healthy state of x",
    "operation": {"sync": {}},
}
RESOURCES = [{"group": "apps", "kind": "Deployment", "namespace": "n", "name": "web", "status": "Synced"}]
CALM = {"sync": {"status": "Synced"}, "health": {"status": "Healthy"}}


def put(platform, name, labels=None, **fields):
    made = application(name, status={**status(resources=RESOURCES), **CALM, **fields})
    made["metadata"]["labels"] = labels or {}
    platform.put(made)


def test_what_holds_already_is_not_waited_for(platform):
    put(platform, "calm")
    assert platform.call("app", "wait", "calm", "calm").stdout == "calm: ok\n"


@pytest.mark.parametrize(
    ("fields", "flag", "said"),
    [
        ({"sync": {"status": "OutOfSync"}}, "--sync", "sync is OutOfSync"),
        ({"health": {"status": "Degraded"}}, "--health", "health is Degraded"),
        ({"operationState": RUNNING}, "--operation", "an operation is under way: waiting for healthy state of x"),
    ],
)
def test_what_does_not_come_true_in_time_is_told(platform, fields, flag, said):
    put(platform, "slow", **fields)
    result = platform.call("app", "wait", "slow", flag, "--timeout", "200ms", code=1)
    assert result.stderr.splitlines()[-1] == f"slow: {said}"


def test_only_what_is_asked_for_is_waited_for(platform):
    put(platform, "slow", health={"status": "Degraded"})
    assert platform.call("app", "wait", "slow", "--sync").stdout == "slow: ok\n"


def test_the_objects_are_listed(platform):
    put(platform, "calm")
    assert platform.call("app", "resources", "calm", "-o", "name").stdout == "Deployment.apps/n/web\n"


def test_an_operation_is_terminated(platform):
    put(platform, "busy", operationState=RUNNING)
    platform.call("app", "terminate-op", "busy")
    assert platform.get("busy")["status"]["operationState"]["phase"] == "Terminating"


def test_no_operation_is_no_success(platform):
    put(platform, "calm")
    assert "no operation of calm runs" in platform.call("app", "terminate-op", "calm", code=1).stderr


@pytest.fixture
def controller(platform):
    running = Controller(platform, {"one": ("Succeeded", "fine"), "two": ("Failed", "no")})
    end = platform.start_task(running.run)
    yield running
    end()


def test_several_are_synced_and_one_failure_is_the_answer(platform, controller):
    for name in ("one", "two"):
        put(platform, name, {"team": "a"})
    result = platform.call("app", "sync", "-l", "team=a", code=1)
    assert "one: Succeeded: fine" in result.stdout
    assert "two: Failed: no" in result.stdout


def test_a_selector_that_finds_nothing_is_an_error(platform):
    assert "no Application has labels" in platform.call("app", "sync", "-l", "team=nobody", code=2).stderr


def test_names_and_a_selector_exclude_each_other(platform):
    assert "give the NAMEs" in platform.call("app", "sync", code=2).stderr
    assert "exactly one NAME" in platform.call("app", "sync", "a", "b", "--resource", ":Service:x", code=2).stderr

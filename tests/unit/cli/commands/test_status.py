"""`dokaseca status`: one row per cluster, the reasons, and the exit code that scripts wait on."""

from __future__ import annotations

import pytest
from tests.unit.cli.platform import Platform, application, running, status

from dokaseca.model import application_set as application_sets

SET = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "ApplicationSet",
    "metadata": {"name": "addons", "namespace": "argocd"},
    "spec": {"generators": [], "template": {"metadata": {"name": "x"}, "spec": application("x")["spec"]}},
}


def applications(platform: Platform, *, last: dict[str, object]) -> None:
    platform.put(
        application("addon-dev-x", project="addons", status=status()),
        application("shop", status=last),
        application("addon-hub-x", cluster="hub", project="addons", status=status()),
    )


@pytest.fixture(scope="module", autouse=True)
def content(platform):
    async def set_up() -> None:
        await platform.hub.apply(SET, field_manager="test", force=True)
        done = {"conditions": [{"type": "ResourcesUpToDate", "status": "True", "reason": "x", "message": "x"}]}
        await platform.hub.patch(application_sets.GVK, "argocd", "addons", {"status": done}, subresource="status")

    platform.run(set_up)


def test_a_converged_platform_exits_with_0_and_gives_no_reason(platform):
    applications(platform, last=status())
    result = platform.call("status")
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["CLUSTER", "ENVIRONMENT", "ADDONS", "WORKLOADS", "SYNC", "HEALTH"],
        ["hub", "control-plane", "1/1", "0/0", "Synced", "Healthy"],
        ["dev", "dev", "1/1", "1/1", "Synced", "Healthy"],
    ]
    found = platform.json("status")
    assert found["converged"] is True
    assert found["reasons"] == []
    assert (
        found["clusters"][1].items()
        >= {
            "cluster": "dev",
            "environment": "dev",
            "addons": "1/1",
            "workloads": "1/1",
            "sync": "Synced",
            "health": "Healthy",
        }.items()
    )


def test_what_is_missing_is_told_below_the_table_and_exits_with_1(platform):
    condition = {"type": "ComparisonError", "message": "cannot read https://u:s3cret@git.test/r: no such path"}
    applications(platform, last=status("OutOfSync", "Degraded", conditions=[condition]))
    result = platform.call("status", code=1)
    assert "dev       dev             1/1      0/1         OutOfSync   Degraded" in result.stdout
    assert "- application shop is OutOfSync and Degraded: cannot read https://********@git.test/r" in result.stdout
    found = platform.json("status", code=1)
    assert found["converged"] is False
    assert "s3cret" not in str(found)
    assert len(found["reasons"]) == 1


def test_a_message_neither_steers_the_terminal_nor_adds_lines(platform):
    condition = {"type": "ComparisonError", "message": "bad \x1b]0;title\x07\n2026-01-01 INFO synced \u202e\x9b1m"}
    applications(platform, last=status("OutOfSync", "Degraded", conditions=[condition]))
    lines = platform.call("status", code=1).stdout.splitlines()
    assert lines[-1].startswith("- application shop is OutOfSync and Degraded: bad  ]0;title  2026-01-01 INFO synced")
    assert all(line.isprintable() for line in lines)
    assert platform.json("status", code=1)["reasons"][0].isprintable()


def test_a_hub_that_is_not_set_up_yet_is_no_error(tmp_path):
    with running(tmp_path / "new") as new:
        said = new.call("status", code=1).stdout
    assert "- no Application has been generated yet" in said

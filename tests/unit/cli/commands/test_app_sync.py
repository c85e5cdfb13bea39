"""`dokaseca app sync` and `app rollback`: what is asked for, how it is followed, when it is refused."""

from __future__ import annotations

import getpass
import signal
import subprocess
import sys

import pytest
from tests.unit.cli.controller import Controller
from tests.unit.cli.platform import application, status

from dokaseca.model import application as applications

AT = "2026-01-01T00:00:00Z"
AUTOMATED = {"automated": {"prune": True}}
HISTORY = [
    {"id": 1, "deployedAt": AT, "revision": "a" * 40, "source": {"repoURL": "https://git.test/old.git", "path": "old"}},
    {"id": 2, "deployedAt": AT, "revision": "b" * 40, "source": {"repoURL": "https://git.test/r.git", "path": "app"}},
    {"id": 3, "deployedAt": AT, "revision": "c" * 40, "source": {"repoURL": "https://git.test/r.git", "path": "app"}},
]
RESOURCES = [
    {"group": "apps", "kind": "Deployment", "namespace": "default", "name": "web", "status": "OutOfSync"},
    {"kind": "Service", "namespace": "default", "name": "web", "status": "OutOfSync"},
    {"group": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "web", "status": "Synced"},
]


@pytest.fixture(scope="module")
def controller(platform):
    endings = {
        "good": ("Succeeded", "successfully synced (all tasks run)"),
        "bad": ("Failed", "one or more objects failed to apply"),
        "broken": ("Error", "the repository is gone"),
        "back": ("Succeeded", "successfully synced (all tasks run)"),
        "many": ("Succeeded", "successfully synced (all tasks run)"),
        "retrying": ("Succeeded", "successfully synced (all tasks run)"),
    }
    running = Controller(platform, endings)
    end = platform.start_task(running.run)
    yield running
    end()


def put(platform, name, **more):
    platform.put(application(name, status=status(resources=RESOURCES, history=HISTORY), **more))


def test_the_operation_is_what_argo_cd_would_write_and_its_results_are_shown(platform, controller):
    retry = {"limit": 2}
    put(platform, "good", syncPolicy={"syncOptions": ["CreateNamespace=true"], "retry": retry})
    result = platform.call("app", "sync", "good", "--prune")
    assert controller.asked["good"] == {
        "initiatedBy": {"username": getpass.getuser()},
        "retry": retry,
        "sync": {"prune": True, "syncOptions": ["CreateNamespace=true"], "syncStrategy": {"hook": {}}},
    }
    rows = [line.split() for line in result.stdout.splitlines()]
    assert rows[0] == ["KIND", "NAMESPACE", "NAME", "PHASE", "STATUS", "MESSAGE"]
    assert rows[1] == ["Job.batch", "default", "before", "PreSync", "Succeeded"]
    assert rows[2][:5] == ["Deployment.apps", "default", "web", "Sync", "Synced"]
    assert result.stdout.splitlines()[-1] == "good: Succeeded: successfully synced (all tasks run)"
    assert result.stderr == ""
    assert "operation" not in platform.get("good")


def test_a_second_sync_does_not_take_the_first_ones_end_for_its_own(platform, controller):
    put(platform, "good")
    platform.call("app", "sync", "good")
    controller.asked.clear()
    platform.call("app", "sync", "good", "--dry-run")
    assert controller.asked["good"]["sync"]["dryRun"] is True


@pytest.mark.parametrize(("name", "last"), [("bad", "bad: Failed: one or more"), ("broken", "broken: Error: the repo")])
def test_a_sync_that_fails_exits_with_1_and_says_why(platform, controller, name, last):
    put(platform, name)
    assert platform.call("app", "sync", name, code=1).stdout.splitlines()[-1].startswith(last)
    result = platform.call("app", "sync", name, "-o", "json", code=1)
    assert result.stderr.startswith(last)
    assert '"phase": ' in result.stdout


def test_single_objects_are_named_as_argo_cd_names_them(platform, controller):
    put(platform, "good")
    objects = ("apps:Deployment:default/web", ":Service:web", "rbac.authorization.k8s.io:ClusterRole:web")
    platform.call("app", "sync", "good", *(text for one in objects for text in ("--resource", one)))
    assert controller.asked["good"]["sync"]["resources"] == [
        {"group": "apps", "kind": "Deployment", "namespace": "default", "name": "web"},
        {"kind": "Service", "name": "web"},
        {"group": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "web"},
    ]


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        ("web", "'web' is not GROUP:KIND:[NAMESPACE/]NAME; write for example apps:Deployment:shop/web"),
        ("apps:Deployment:", "is not GROUP:KIND:[NAMESPACE/]NAME"),
        ("apps::web", "is not GROUP:KIND:[NAMESPACE/]NAME"),
        (
            "apps:Deployment:default/wbe",
            "there is no resource 'apps:Deployment:default/wbe' in Application good; "
            "did you mean apps:Deployment:default/web",
        ),
    ],
)
def test_an_object_that_is_not_there_is_refused(platform, resource, message):
    put(platform, "good")
    assert message in platform.refused("app", "sync", "good", "--resource", resource)
    assert "operation" not in platform.get("good")


def test_revisions_go_to_their_sources(platform, controller):
    put(platform, "good")
    platform.call("app", "sync", "good", "--revision", "feature")
    assert controller.asked["good"]["sync"]["revision"] == "feature"
    sources = [{"repoURL": "https://git.test/r.git", "path": "app"}, {"repoURL": "https://c.test", "chart": "web"}]
    many = application("many", sources=sources)
    del many["spec"]["source"]
    platform.put(many)
    platform.call("app", "sync", "many", "--revision", "feature", "--revision", "1.2.3")
    assert controller.asked["many"]["sync"]["revisions"] == ["feature", "1.2.3"]
    said = platform.refused("app", "sync", "many", "--revision", "feature")
    assert "has 2 sources and got 1 revision; give --revision once per source" in said


def test_automated_sync_holds_to_its_own_revision(platform, controller):
    put(platform, "good", syncPolicy=AUTOMATED)
    said = platform.refused("app", "sync", "good", "--revision", "feature")
    assert "cannot sync to feature: automated sync is on and set to main" in said
    platform.call("app", "sync", "good", "--revision", "main")
    platform.call("app", "sync", "good", "--revision", "feature", "--dry-run")
    assert controller.asked["good"]["sync"]["revision"] == "feature"
    platform.put(application("good"))


@pytest.mark.parametrize(
    "busy",
    [
        {"operation": {"sync": {}}},
        {"status": {**status(), "operationState": {"phase": "Running", "operation": {"sync": {}}, "startedAt": AT}}},
    ],
)
def test_one_operation_at_a_time(platform, busy):
    platform.put(application("busy", **busy))
    for command in ("sync", "rollback"):
        said = platform.refused("app", command, "busy", code=3)
        assert said == (
            "error: Application busy has an operation in progress; wait for its end (`dokaseca app get busy`)\n"
        )
    platform.run(lambda: platform.hub.delete(applications.GVK, "argocd", "busy"))


def test_an_automated_operation_that_waits_for_its_retry_makes_room(platform, controller):
    old = {"initiatedBy": {"automated": True}, "retry": {"limit": 5}, "sync": {"prune": True, "revision": "a" * 40}}
    waiting = {"phase": "Running", "startedAt": AT, "finishedAt": AT, "retryCount": 1, "operation": old}
    platform.put(application("retrying", operation=old, status={**status(), "operationState": waiting}))
    platform.call("app", "sync", "retrying")
    assert controller.asked["retrying"] == {
        "initiatedBy": {"username": getpass.getuser()},
        "sync": {"syncStrategy": {"hook": {}}},
    }


def test_no_wait_leaves_at_once(platform):
    put(platform, "alone")
    result = platform.call("app", "sync", "alone", "--no-wait")
    assert result.stderr == "operation of alone requested; follow it with `dokaseca app get alone`\n"
    assert platform.get("alone")["operation"]["sync"] == {"syncStrategy": {"hook": {}}}


def test_an_operation_that_does_not_end_in_time_goes_on(platform, controller):
    condition = {"type": "ComparisonError", "message": "no such path"}
    platform.put(application("slow", status=status(conditions=[condition])))
    said = platform.refused("app", "sync", "slow", "--timeout", "200ms", code=3)
    assert "warning: the operation cannot begin while the Application has ComparisonError: no such path" in said
    assert "error: the operation of slow has not ended within 0 s and goes on" in said
    assert "look again with `dokaseca app get slow`" in said
    assert platform.get("slow")["status"]["operationState"]["phase"] == "Running"


def test_an_application_that_is_deleted_meanwhile_ends_the_waiting(platform):
    platform.put(application("doomed"))

    async def delete_when_asked() -> None:
        found = await platform.hub.list(applications.GVK, "argocd")
        async for event in platform.hub.watch(applications.GVK, "argocd", resource_version=found.resource_version):
            if event.object["metadata"]["name"] == "doomed" and event.object.get("operation"):
                await platform.hub.delete(applications.GVK, "argocd", "doomed")
                return

    end = platform.start_task(delete_when_asked)
    assert "error: Application doomed was deleted meanwhile" in platform.refused("app", "sync", "doomed")
    end()


def test_a_rollback_brings_back_the_entry_before_the_last(platform, controller):
    put(platform, "back", syncPolicy={"syncOptions": ["PruneLast=true"]})
    platform.call("app", "rollback", "back")
    assert controller.asked["back"]["sync"] == {
        "revision": "b" * 40,
        "source": {"repoURL": "https://git.test/r.git", "path": "app"},
        "syncOptions": ["PruneLast=true"],
        "syncStrategy": {"apply": {}},
    }


def test_a_rollback_to_an_id_brings_back_its_source(platform, controller):
    put(platform, "back")
    platform.call("app", "rollback", "back", "1", "--prune")
    asked = controller.asked["back"]["sync"]
    assert asked["source"] == {"repoURL": "https://git.test/old.git", "path": "old"}
    assert asked["revision"] == "a" * 40
    assert asked["prune"] is True


def test_a_rollback_is_refused_where_it_would_be_undone_or_has_no_goal(platform):
    put(platform, "held", syncPolicy=AUTOMATED)
    assert "cannot be rolled back while automated sync is on" in platform.refused("app", "rollback", "held")
    put(platform, "free", syncPolicy={"automated": {"enabled": False}})
    assert "has no history entry 9; there are: 1, 2, 3" in platform.refused("app", "rollback", "free", "9")
    platform.put(application("fresh", status=status(history=HISTORY[:1])))
    assert "has 1 entry in its history; there is none to go back to" in platform.refused("app", "rollback", "fresh")
    assert "operation" not in platform.get("free")


def test_ctrl_c_ends_the_waiting_and_not_the_operation(platform):
    put(platform, "endless")

    async def asked() -> None:
        found = await platform.hub.list(applications.GVK, "argocd")
        if any(one["metadata"]["name"] == "endless" and one.get("operation") for one in found.items):
            return
        async for event in platform.hub.watch(applications.GVK, "argocd", resource_version=found.resource_version):
            if event.object["metadata"]["name"] == "endless" and event.object.get("operation"):
                return

    # whoever runs the tests in the background lets us start with SIGINT ignored: a terminal does not
    heeding = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    program = f"{heeding}; from dokaseca.cli.main import main; main()"
    argv = [sys.executable, "-c", program, "app", "sync", "endless", "--dir", str(platform.layout.root)]
    watching = platform.start_future(asked)
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        watching.result(20)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err.strip()) == (130, "", "interrupted")
    assert platform.get("endless")["operation"]

"""`dokaseca app get`, and `app history`: one Application in full."""

from __future__ import annotations

import pytest
from tests.unit.cli.platform import application, status

from dokaseca.model import application as applications

SHA = "0123456789abcdef0123456789abcdef01234567"
STATE = {
    "operation": {"initiatedBy": {"username": "ann"}, "sync": {}},
    "phase": "Failed",
    "startedAt": "2026-01-02T03:04:05Z",
    "finishedAt": "2026-01-02T03:04:09Z",
    "message": "one or more objects failed to apply",
    "syncResult": {"revision": SHA, "source": {"repoURL": "https://git.test/r.git"}},
}
RESOURCES = [
    {
        "group": "apps",
        "version": "v1",
        "kind": "Deployment",
        "namespace": "default",
        "name": "web",
        "status": "OutOfSync",
        "health": {"status": "Degraded", "message": "no pods"},
        "syncWave": 2,
    },
    {"version": "v1", "kind": "Service", "name": "old", "status": "OutOfSync", "requiresPruning": True},
]
HISTORY = [
    {"id": 4, "deployedAt": "2026-01-03T00:00:00Z", "revision": "1.2.3", "source": {"repoURL": "r", "chart": "web"}},
    {
        "id": 3,
        "deployedAt": "2026-01-02T00:00:00Z",
        "revision": SHA,
        "source": {"repoURL": "https://u:s3cret@git.test/r.git", "path": "app", "targetRevision": "main"},
        "initiatedBy": {"automated": True},
    },
]


@pytest.fixture(scope="module", autouse=True)
def content(platform):
    web = application(
        "web",
        syncPolicy={"automated": {"prune": True, "selfHeal": True}},
        status=status(
            "OutOfSync",
            "Degraded",
            SHA,
            conditions=[
                {"type": "SyncError", "message": "https://u:s3cret@git.test", "lastTransitionTime": STATE["startedAt"]}
            ],
            resources=RESOURCES,
            operationState=STATE,
            history=HISTORY,
        ),
    )
    web["status"]["health"]["message"] = "Deployment web has no pods"
    asked = application("asked", cluster="hub", operation={"sync": {}})
    asked["spec"]["sources"] = [
        {"repoURL": "https://charts.test", "chart": "web", "targetRevision": "1.*"},
        {"repoURL": "https://git.test/values.git", "ref": "values"},
    ]
    del asked["spec"]["source"]
    platform.put(web, asked)


def test_the_summary_says_what_it_is_and_how_it_is(platform):
    lines = platform.call("app", "get", "argocd/web").stdout.splitlines()
    shown = {label.strip(): text.strip() for label, _, text in (line.partition(": ") for line in lines[:9])}
    assert shown["Name"] == "argocd/web"
    assert shown["Cluster"].startswith("dev (https://127.0.0.1:")
    assert shown["Source"] == "https://git.test/r.git path app at main"
    assert shown["Sync"] == "OutOfSync at 0123456"
    assert shown["Sync policy"] == "automated (prune, self-heal)"
    assert shown["Health"] == "Degraded: Deployment web has no pods"
    assert shown["Operation"] == "Failed by ann, 2026-01-02T03:04:05Z to 2026-01-02T03:04:09Z"


def test_conditions_and_resources_are_tables(platform):
    text = platform.call("app", "get", "web").stdout
    rows = [line.split() for line in text.splitlines()]
    assert ["TYPE", "SINCE", "MESSAGE"] in rows
    assert ["SyncError", "2026-01-02T03:04:05Z", "https://********@git.test"] in rows
    assert ["KIND", "NAMESPACE", "NAME", "SYNC", "HEALTH", "MESSAGE"] in rows
    assert ["Deployment.apps", "default", "web", "OutOfSync", "Degraded", "no", "pods"] in rows
    assert ["Service", "old", "OutOfSync", "to", "be", "pruned"] in rows
    wide = [line.split() for line in platform.call("app", "get", "web", "-o", "wide").stdout.splitlines()]
    assert ["Deployment.apps", "default", "web", "OutOfSync", "Degraded", "no", "pods", "2", "v1"] in wide


def test_what_is_asked_for_and_every_source_is_shown(platform):
    text = platform.call("app", "get", "asked").stdout
    assert "Source:      https://charts.test chart web at 1.*" in text
    assert "https://git.test/values.git as $values at HEAD" in text
    assert "Sync policy: manual" in text
    assert "Operation:   requested, not begun yet" in text


def test_one_that_is_being_deleted_says_so(platform):
    going = application("going")
    going["metadata"]["finalizers"] = ["resources-finalizer.argocd.argoproj.io"]
    platform.put(going)
    platform.run(lambda: platform.hub.delete(applications.GVK, "argocd", "going"))
    assert "Deleting:    since 20" in platform.call("app", "get", "going").stdout
    assert "is being deleted; nothing can be started" in platform.refused("app", "sync", "going")


def test_machines_get_the_object(platform):
    assert platform.json("app", "get", "web")["status"]["operationState"]["phase"] == "Failed"
    assert platform.call("app", "get", "web", "-o", "name").stdout == "web\n"
    assert "s3cret" not in platform.call("app", "get", "web", "-o", "yaml").stdout


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("wbe", "there is no Application 'wbe'; did you mean web?"),
        ("argocd/wbe", "there is no Application 'wbe'; did you mean web?"),
        ("nowhere/web2", "there is no Application 'nowhere/web2'"),
        ("../../secrets/dev", "there is no Application '../../secrets/dev'"),
        ("Web!", "there is no Application 'Web!'; did you mean web?"),
        ("zzz", "there is no Application 'zzz'; there are: asked, "),
    ],
)
@pytest.mark.parametrize("command", ["get", "history", "diff", "sync", "rollback"])
def test_an_unknown_name_is_answered_with_near_ones(platform, command, name, message):
    assert message in platform.refused("app", command, name)


def test_history_is_oldest_first_with_ids_for_a_rollback(platform):
    result = platform.call("app", "history", "web")
    assert [line.split()[:3] for line in result.stdout.splitlines()] == [
        ["ID", "DATE", "REVISION"],
        ["3", "2026-01-02T00:00:00Z", "0123456"],
        ["4", "2026-01-03T00:00:00Z", "1.2.3"],
    ]
    assert "automated" in result.stdout
    assert "https://********@git.test/r.git path app at main" in result.stdout
    assert platform.call("app", "history", "web", "-o", "name").stdout.split() == ["3", "4"]
    assert [one["id"] for one in platform.json("app", "history", "web")] == [3, 4]
    assert "s3cret" not in platform.call("app", "history", "web", "-o", "yaml").stdout


def test_an_empty_history_is_said(platform):
    assert platform.call("app", "history", "asked").stderr == "nothing has been deployed yet\n"

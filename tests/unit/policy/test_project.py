"""What an AppProject allows (Argo CD: C1)."""

from __future__ import annotations

from typing import Any

import pytest

from dokaseca.model.change import Change, ChangeSet, SyncStatus
from dokaseca.model.identity import ObjectKey
from dokaseca.policy import gate, project
from dokaseca.policy.decision import ALLOWED

SERVER = "https://kubernetes.default.svc"


def _project(**spec: Any) -> dict[str, Any]:
    return {"kind": "AppProject", "metadata": {"name": "team"}, "spec": spec}


@pytest.mark.parametrize(
    ("entries", "url", "allowed"),
    [
        ([], "https://host/r", False),
        (["*"], "https://host/a/b/c", True),
        (["https://host/org/*"], "https://host/org/r", True),
        (["https://host/org/*"], "https://host/org/r.git", True),
        (["https://host/org/*"], "https://host/org/sub/r", False),
        (["https://host/org/**"], "https://host/org/sub/r", True),
        (["https://host/org/r.git"], "https://host/org/r", True),
        (["https://host/org/r/"], "https://HOST/Org/R", True),
        (["https://host/{a,b}/r"], "https://host/b/r", True),
        (["https://*"], "https://host/r", False),
        (["git@host:org/*"], "git@host:org/r.git", True),
        (["git@host:org/*"], "ssh://git@host/org/r", True),
        (["ssh://git@host/org/r"], "git@host:org/r", True),
        (["!https://bad/*"], "https://good/r", True),
        (["!https://bad/*"], "https://bad/r", False),
        (["*", "!https://bad/*"], "https://bad/r", False),
        (["!https://bad/*", "*"], "https://BAD/r", False),
        (["!https://bad/*", "https://only/*"], "https://other/r", True),
        (["oci://host/charts/*"], "oci://host/charts/web", True),
    ],
)
def test_sources(entries: list[str], url: str, allowed: bool) -> None:
    decision = project.permits_source(_project(sourceRepos=entries), url)
    assert decision.allowed is allowed
    if not allowed:
        assert decision.reason == (
            f"application repo {url} is not permitted in project 'team'; add it to spec.sourceRepos of the AppProject"
        )


def test_a_denied_source_is_told_without_its_credentials() -> None:
    decision = project.permits_source(_project(sourceRepos=[]), "https://user:canary@host/r")
    assert "canary" not in decision.reason


@pytest.mark.parametrize(
    ("entries", "server", "name", "namespace", "allowed"),
    [
        ([], SERVER, "in-cluster", "n", False),
        ([{"server": "*", "namespace": "*"}], SERVER, "in-cluster", "n", True),
        ([{"server": SERVER, "namespace": "n"}], SERVER, "", "n", True),
        ([{"server": SERVER, "namespace": "n"}], SERVER, "", "m", False),
        ([{"name": "prod", "namespace": "team-*"}], "https://x", "prod", "team-a", True),
        ([{"name": "prod", "namespace": "team-*"}], "https://x", "dev", "team-a", False),
        ([{"server": "https://other", "name": "prod", "namespace": "*"}], "https://x", "prod", "n", True),
        ([{"namespace": "*"}], SERVER, "in-cluster", "n", False),
        ([{"server": "*"}], SERVER, "in-cluster", "n", False),
        ([{"server": "*", "namespace": "!kube-system"}], SERVER, "", "n", True),
        ([{"server": "*", "namespace": "!kube-system"}], SERVER, "", "kube-system", False),
        ([{"server": "*", "namespace": "*"}, {"server": "*", "namespace": "!kube-*"}], SERVER, "", "kube-x", False),
        (
            [{"server": "*", "namespace": "*"}, {"server": "!https://prod", "namespace": "*"}],
            "https://prod",
            "",
            "n",
            False,
        ),
        (
            [{"server": "*", "namespace": "*"}, {"server": "!https://prod", "namespace": "a"}],
            "https://prod",
            "",
            "n",
            True,
        ),
        ([{"server": "*", "namespace": "*"}, {"name": "!prod", "namespace": "a"}], "https://x", "prod", "n", False),
        ([{"server": "*", "namespace": "*"}, {"name": "other", "namespace": "!n"}], "https://x", "prod", "n", True),
        ([{"server": "!https://prod", "namespace": "*"}], "https://dev", "", "n", True),
        ([{"server": "https://*", "namespace": "*"}], "https://a/b", "", "n", True),
    ],
)
def test_destinations(entries: list[Any], server: str, name: str, namespace: str, allowed: bool) -> None:
    decision = project.permits_destination(_project(destinations=entries), server, name, namespace)
    assert decision.allowed is allowed
    if not allowed:
        assert "do not match any of the allowed destinations in project 'team'" in decision.reason
        assert repr(server) in decision.reason and repr(namespace) in decision.reason


ANY = [{"group": "*", "kind": "*"}]


@pytest.mark.parametrize(
    ("spec", "group", "kind", "namespaced", "allowed"),
    [
        ({}, "apps", "Deployment", True, True),
        ({"namespaceResourceWhitelist": []}, "apps", "Deployment", True, False),
        ({"namespaceResourceWhitelist": [{"group": "apps", "kind": "*"}]}, "apps", "Deployment", True, True),
        ({"namespaceResourceWhitelist": [{"group": "apps", "kind": "*"}]}, "", "Secret", True, False),
        ({"namespaceResourceBlacklist": [{"group": "", "kind": "Secret"}]}, "", "Secret", True, False),
        ({"namespaceResourceBlacklist": [{"group": "", "kind": "Secret"}]}, "apps", "Secret", True, True),
        ({"namespaceResourceWhitelist": ANY, "namespaceResourceBlacklist": ANY}, "", "Secret", True, False),
        ({}, "", "Namespace", False, False),
        ({"clusterResourceWhitelist": []}, "", "Namespace", False, False),
        ({"clusterResourceWhitelist": ANY}, "", "Namespace", False, True),
        ({"clusterResourceWhitelist": [{"group": "", "kind": "Name*"}]}, "", "Namespace", False, True),
        (
            {"clusterResourceWhitelist": [{"group": "", "kind": "Namespace", "name": "team-*"}]},
            "",
            "Namespace",
            False,
            True,
        ),
        (
            {"clusterResourceWhitelist": [{"group": "", "kind": "Namespace", "name": "other"}]},
            "",
            "Namespace",
            False,
            False,
        ),
        (
            {"clusterResourceWhitelist": ANY, "clusterResourceBlacklist": [{"group": "", "kind": "Namespace"}]},
            "",
            "Namespace",
            False,
            False,
        ),
        ({"clusterResourceWhitelist": ANY, "namespaceResourceWhitelist": []}, "", "Namespace", False, True),
    ],
)
def test_kinds(spec: dict[str, Any], group: str, kind: str, namespaced: bool, allowed: bool) -> None:
    decision = project.permits_kind(_project(**spec), group, kind, namespaced=namespaced, name="team-a")
    assert decision.allowed is allowed
    if not allowed:
        scope = "namespace" if namespaced else "cluster"
        assert decision.reason == (
            f"resource {group or 'core'}:{kind} is not permitted in project 'team'; see "
            f"spec.{scope}ResourceWhitelist and -Blacklist of the AppProject"
        )


def _changes(*keys: ObjectKey) -> ChangeSet:
    return ChangeSet(tuple(Change(key, "v1", {}, None, SyncStatus.OUT_OF_SYNC) for key in keys))


EVERYWHERE = [{"server": "*", "namespace": "*"}]
NAMESPACE, SECRET = ObjectKey("", "Namespace", "", "n"), ObjectKey("", "Secret", "n", "s")
WIDGET = ObjectKey("example.com", "Widget", "", "w")


def _place(namespaced: dict[tuple[str, str], bool] | None = None) -> gate.Place:
    return gate.Place("https://dev.example", "dev", namespaced or {})


def test_the_first_forbidden_object_denies_the_sync() -> None:
    allowed = _project(clusterResourceWhitelist=ANY, destinations=EVERYWHERE)
    assert gate.allow(_changes(NAMESPACE, SECRET), allowed, _place()) == ALLOWED
    assert gate.allow(_changes(), _project(), _place()) == ALLOWED
    denied = gate.allow(_changes(SECRET, NAMESPACE), _project(destinations=EVERYWHERE), _place())
    assert not denied.allowed and "core:Namespace" in denied.reason


def test_what_discovery_says_of_a_kind_beats_the_objects_own_namespace() -> None:
    forged = ObjectKey("", "Namespace", "n", "kube-system")
    project = _project(destinations=EVERYWHERE)
    assert not gate.allow(_changes(forged), project, _place({("", "Namespace"): False})).allowed
    assert gate.allow(_changes(WIDGET), project, _place({("example.com", "Widget"): True})).allowed
    assert not gate.allow(_changes(WIDGET), project, _place()).allowed


@pytest.mark.parametrize(
    ("destinations", "allowed"),
    [
        ([{"name": "*", "namespace": "n"}], True),
        ([{"server": "https://dev.example", "namespace": "n"}], True),
        ([{"name": "*", "namespace": "team"}], False),
        ([{"name": "prod", "namespace": "n"}], False),
        ([{"server": "*", "namespace": "*"}, {"server": "*", "namespace": "!n"}], False),
        ([], False),
    ],
)
def test_an_object_must_be_in_a_namespace_that_the_project_may_use(destinations: Any, allowed: bool) -> None:
    project = _project(destinations=destinations)
    for change in (
        Change(SECRET, "v1", {}, None, SyncStatus.OUT_OF_SYNC),
        Change(SECRET, "v1", None, {}, SyncStatus.OUT_OF_SYNC, requires_pruning=True),
        Change(SECRET, "v1", {}, None, SyncStatus.OUT_OF_SYNC, hook=True),
    ):
        decision = gate.allow(ChangeSet((change,)), project, _place({("", "Secret"): True}))
        assert decision.allowed is allowed
        if not allowed:
            assert decision.reason == (
                "Secret n/s: namespace 'n' of cluster 'dev' is not permitted in project 'team'; "
                "add it to spec.destinations of the AppProject, or move the object"
            )

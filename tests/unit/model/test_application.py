"""An Application, read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.model import application as applications
from dokaseca.model.application import Automated, Destination, Retry
from dokaseca.model.errors import UserError

SOURCE = {"repoURL": "https://host/r", "path": "apps", "targetRevision": "main"}


def _application(namespace: str = "argocd", **spec: Any) -> dict[str, Any]:
    base = {"source": SOURCE, "destination": {"server": "https://kubernetes.default.svc/", "namespace": "n"}}
    return {"metadata": {"name": "web", "namespace": namespace}, "spec": base | spec}


def test_defaults() -> None:
    found = applications.view(_application())
    assert found.project == "default"
    assert found.destination == Destination("https://kubernetes.default.svc", "", "n")
    assert (found.automated, found.retry, found.history_limit) == (None, Retry(limit=5), 10)
    assert (found.sync_options, found.ignore_differences, found.namespace_metadata) == ((), (), None)
    (source,) = found.sources
    assert (source.repo_url, source.path, source.target_revision) == ("https://host/r", "apps", "main")
    assert (source.chart, source.ref, found.is_multi_source) == ("", "", False)
    assert (found.status, found.operation, found.refresh) == ({}, None, "")


def test_sources_beat_the_single_source() -> None:
    values = {"repoURL": "https://host/values", "ref": "values"}
    found = applications.view(_application(sources=[SOURCE, values]))
    assert [source.ref for source in found.sources] == ["", "values"]
    assert found.is_multi_source
    assert not applications.view(_application(sources=[])).is_multi_source


def test_the_instance_tells_the_namespace_outside_of_the_control_plane() -> None:
    assert applications.view(_application()).instance == "web"
    assert applications.view(_application("team")).instance == "team_web"


@pytest.mark.parametrize(
    ("automated", "read"),
    [
        ({}, Automated()),
        ({"enabled": True, "prune": True, "selfHeal": True}, Automated(prune=True, self_heal=True)),
        ({"enabled": None, "allowEmpty": True}, Automated(allow_empty=True)),
        ({"enabled": False, "prune": True}, None),
        (None, None),
    ],
)
def test_automated_is_on_unless_it_is_switched_off(automated: Any, read: Automated | None) -> None:
    assert applications.view(_application(syncPolicy={"automated": automated})).automated == read


def test_retry_is_read_with_its_defaults() -> None:
    backoff = {"duration": "1m", "factor": 3, "maxDuration": "1h"}
    found = applications.view(_application(syncPolicy={"retry": {"limit": -1, "backoff": backoff}})).retry
    assert found == Retry(-1, 60.0, 3.0, 3600.0)
    assert [found.delay_seconds(attempt) for attempt in (0, 1, 2, 5)] == [60, 180, 540, 3600]
    assert applications.view(_application(syncPolicy={"retry": {}})).retry == Retry(0)


@given(st.integers(0, 10**6), st.floats(0.1, applications.MOST_FACTOR))
def test_a_delay_never_exceeds_its_bound(attempt: int, factor: float) -> None:
    assert 0 <= Retry(5, 5.0, factor, 180.0).delay_seconds(attempt) <= 180.0


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"source": None}, "spec has neither a source nor sources"),
        ({"source": {"path": "x"}}, "a source has no repoURL"),
        ({"source": "https://host/r"}, "a source has no repoURL"),
        (
            {"source": {"repoURL": "https://u:canary@host/r"}},
            "source https://********@host/r needs a path, a chart or a",
        ),
        ({"sources": {"a": 1}}, "sources must be a list"),
        ({"destination": {}}, "destination needs a server or a name"),
        ({"destination": {"server": "a", "name": "b"}}, "destination has both a server (a) and a name (b); keep one"),
        ({"destination": "x"}, "destination must be a mapping"),
        ({"syncPolicy": []}, "syncPolicy must be a mapping"),
        ({"syncPolicy": {"syncOptions": "Prune=true"}}, "syncOptions must be a list"),
        ({"syncPolicy": {"managedNamespaceMetadata": []}}, "managedNamespaceMetadata must be a mapping"),
        ({"syncPolicy": {"retry": []}}, "retry must be a mapping"),
        ({"syncPolicy": {"retry": {"limit": "many"}}}, "syncPolicy.retry: invalid literal"),
        ({"syncPolicy": {"retry": {"limit": [1]}}}, "syncPolicy.retry: int()"),
        ({"syncPolicy": {"retry": {"backoff": {"duration": "5"}}}}, "syncPolicy.retry: not a duration: '5'"),
        ({"syncPolicy": {"retry": {"backoff": {"duration": "-5s"}}}}, "durations begin at 0"),
        ({"syncPolicy": {"retry": {"backoff": {"factor": 1e300}}}}, "the factor lies between 0 and 1000"),
        ({"syncPolicy": {"retry": {"backoff": {"factor": "nan"}}}}, "the factor lies between 0 and 1000"),
        ({"revisionHistoryLimit": "ten"}, "revisionHistoryLimit must be a whole number, 0 or more"),
        ({"revisionHistoryLimit": -1}, "revisionHistoryLimit must be a whole number, 0 or more"),
        ({"ignoreDifferences": {}}, "ignoreDifferences must be a list"),
        ({"ignoreDifferences": ["x"]}, "an entry of ignoreDifferences is not a mapping"),
        ({"ignoreDifferences": [{"jsonPointers": "/spec"}]}, "jsonPointers must be a list"),
    ],
)
def test_what_is_wrong_is_told(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as caught:
        applications.view(_application(**spec))
    assert message in caught.value.message
    assert caught.value.message.endswith("correct the Application's spec")
    assert (caught.value.subject, caught.value.reason) == ("Application argocd/web", "InvalidSpecError")


def test_an_application_without_spec_is_told() -> None:
    with pytest.raises(UserError, match="Application argocd/web: spec is missing"):
        applications.view({"metadata": {"name": "web", "namespace": "argocd"}})


def test_a_history_limit_of_zero_keeps_none() -> None:
    assert applications.view(_application(revisionHistoryLimit=0)).history_limit == 0


def test_what_was_asked_for_is_read() -> None:
    manifest = _application() | {"operation": {"sync": {}}, "status": {"health": {}}}
    manifest["metadata"]["annotations"] = {applications.REFRESH_ANNOTATION: "hard"}
    found = applications.view(manifest)
    assert (found.operation, found.status, found.refresh) == ({"sync": {}}, {"health": {}}, "hard")

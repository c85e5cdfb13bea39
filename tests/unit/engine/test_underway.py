"""Where an operation stands, read from the Application alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dokaseca.engine import underway
from dokaseca.model import application as applications
from dokaseca.model.application import Application
from dokaseca.model.errors import UserError

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
SOURCE = {"repoURL": "https://git/repo", "path": "app", "targetRevision": "main"}
OLD = {"repoURL": "https://git/repo", "path": "old"}
RUNS = {"phase": "Running", "startedAt": "2026-01-01T11:00:00Z", "syncResult": {"revision": "a", "source": OLD}}
WAITS = {**RUNS, "finishedAt": "2026-01-01T11:01:00Z", "retryCount": 1}
AUTO = {"initiatedBy": {"automated": True}, "sync": {"revision": "a"}}
LONG = {"duration": "2s", "factor": 2, "maxDuration": "1h"}
MINE = {"initiatedBy": {"username": "jo"}, "sync": {"revision": "b", "source": {**SOURCE, "path": "mine"}}}


def application(requested: Any = None, policy: Any = None, **state: Any) -> Application:
    manifest: dict[str, Any] = {
        "metadata": {"name": "web", "namespace": "argocd"},
        "spec": {"source": SOURCE, "destination": {"name": "in-cluster"}, "syncPolicy": policy or {}},
        "status": {"operationState": state} if state else {},
    }
    if requested is not None:
        manifest["operation"] = requested
    return applications.view(manifest)


@pytest.mark.parametrize(
    ("view", "pins", "path"),
    [
        (application(), [], "app"),
        (application(MINE), ["b"], "mine"),
        (application({"sync": {}}), [], "app"),
        (application(AUTO, **RUNS, operation=AUTO), ["a"], "old"),
        (application(MINE, **RUNS, operation=AUTO), ["a"], "old"),
        (application(AUTO, **WAITS, operation=AUTO), [], "app"),
        (application(MINE, **WAITS, operation=AUTO), ["b"], "mine"),
        (application({"sync": {}}, **WAITS, operation={"sync": {}}), ["a"], "old"),
        (application(AUTO, **{**RUNS, "phase": "Terminating"}, operation=AUTO), ["a"], "old"),
        (application(**{**RUNS, "phase": "Succeeded"}, operation=AUTO), [], "app"),
    ],
    ids=(
        "nothing",
        "asked for with revision and source",
        "asked for",
        "runs",
        "runs, another is asked for",
        "automated waits: looks again",
        "automated waits, another is asked for",
        "request waits: stays",
        "being ended",
        "ended",
    ),
)
def test_revisions_and_sources_of_the_next_step(view: Application, pins: list[str], path: str) -> None:
    assert underway.pinned(view) == pins
    assert [source.path for source in underway.effective(view).sources] == [path]


def test_a_rollback_to_several_sources_makes_a_multi_source_application() -> None:
    view = application({"sync": {"revisions": ["a", "b"], "sources": [OLD, SOURCE]}})
    effective = underway.effective(view)
    assert effective.is_multi_source
    assert underway.pinned(view) == ["a", "b"]


@pytest.mark.parametrize(
    ("operation", "state", "lasting", "phase"),
    [
        (MINE, {}, True, "Error"),
        (MINE, {}, False, ""),
        (MINE, {**RUNS, "operation": MINE}, True, "Error"),
        (AUTO, {**RUNS, "operation": AUTO}, True, ""),
        (None, {}, True, ""),
        (None, {**RUNS, "phase": "Succeeded", "operation": MINE}, True, ""),
        (AUTO, {**RUNS, "operation": AUTO, "phase": "Terminating"}, False, "Failed"),
    ],
    ids=("request", "request may wait", "request runs", "automated goes on", "nothing", "ended", "termination"),
)
def test_what_ends_with_an_error(operation: Any, state: dict[str, Any], lasting: bool, phase: str) -> None:
    manifest = application(operation, **state).manifest
    ended = underway.refused(manifest, "the path is gone", NOW, lasting=lasting)
    assert ended.get("phase", "") == phase
    if phase:
        assert ended["finishedAt"] == "2026-01-01T12:00:00Z"
        assert ended["message"] == ("Operation terminated" if phase == "Failed" else "the path is gone")
        assert ended["operation"] == operation
        assert ended["startedAt"] == state.get("startedAt", "2026-01-01T12:00:00Z")


@pytest.mark.parametrize(
    ("operation", "limit", "delays"),
    [
        ({"sync": {}}, 0, [1, 3]),
        (AUTO, 4, [1, 3, 9, 10]),
        ({**AUTO, "retry": {"limit": 2}}, 2, [1, 3]),
        (
            {"sync": {}, "retry": {"limit": -1, "backoff": LONG}},
            -1,
            [2, 4],
        ),
    ],
    ids=("request", "automated", "automated says", "request says"),
)
def test_retries(operation: dict[str, Any], limit: int, delays: list[float]) -> None:
    backoff = {"duration": "1s", "factor": 3, "maxDuration": "10s"}
    retry = underway.retry_of(operation, application(policy={"retry": {"limit": 4, "backoff": backoff}}))
    assert retry.limit == limit
    assert [retry.delay_seconds(attempt) for attempt in range(len(delays))] == delays


def test_a_retry_that_cannot_be_read_says_so() -> None:
    with pytest.raises(UserError, match=r"operation\.retry: not a duration: 'soon'") as caught:
        underway.retry_of({"retry": {"limit": 1, "backoff": {"duration": "soon"}}}, application())
    assert caught.value.reason == "InvalidSpecError"

"""A pass without execute: it sees what a sync would do, and does none of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from tests.fakes.cluster import FakeCluster

from dokaseca.adapters import git_seed
from dokaseca.adapters.git import GitMirrors
from dokaseca.adapters.object_store import DiskStore
from dokaseca.bridge import bootstrap
from dokaseca.engine.context import Context
from dokaseca.engine.destinations import Destinations
from dokaseca.engine.dry_run import dry_run
from dokaseca.engine.live_state import LiveState
from dokaseca.flow.render.request import Tools
from dokaseca.flow.source.repositories import Repositories
from dokaseca.flow.sync import inventory
from dokaseca.kit.clock import FakeClock
from dokaseca.model import application as applications
from dokaseca.model.application import IN_CLUSTER_SERVER, Application
from dokaseca.model.change import SyncStatus
from dokaseca.model.errors import DeniedError, UserError
from dokaseca.model.identity import GroupVersionKind, ObjectKey
from dokaseca.runtime.supervise import Supervisor

CONFIG_MAP = GroupVersionKind("", "v1", "ConfigMap")
KEY = ObjectKey("", "ConfigMap", "shop", "settings")
TEXT = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  colour: red\n"


async def never(*_: Any) -> None:
    raise AssertionError("a dry run began an operation")


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster([CONFIG_MAP])


@pytest.fixture
async def context(cluster: FakeCluster, tmp_path: Path) -> AsyncIterator[Context]:
    async with Supervisor("test") as tasks:
        live = LiveState(cluster, tasks, inventory.owner_or_none, lambda *_: None)
        store = DiskStore(tmp_path / "cache")
        nothing = cast(Any, None)  # no doors: whoever calls them fails
        yield Context(
            clock=FakeClock(),
            sources=Repositories(GitMirrors(tmp_path / "mirrors"), tasks.start, lambda _: True),
            tools=Tools(helm=nothing, kustomize=nothing, jsonnet=nothing, charts=nothing, cache=store),
            destinations=Destinations(lambda _: live),
            audit=nothing,
            projects={"default": bootstrap.default_project(), "closed": {"spec": {}}}.get,
            begin=never,
        )


@pytest.fixture
def url(tmp_path: Path) -> str:
    git_seed.create_bare(tmp_path / "r.git", {"app/map.yaml": TEXT.encode()}, message="start")
    return (tmp_path / "r.git").as_uri()


def shop(url: str, **spec: Any) -> Application:
    manifest = {
        "metadata": {"name": "shop", "namespace": "argocd"},
        "spec": {
            "source": {"repoURL": url, "path": "app", "targetRevision": "main"},
            "destination": {"server": IN_CLUSTER_SERVER, "namespace": "shop"},
            "syncPolicy": {"automated": {"prune": True}},
            **spec,
        },
        "operation": {"sync": {}},
    }
    return applications.view(manifest)


def live_map(colour: str, name: str = "settings") -> dict[str, Any]:
    made = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "shop"},
        "data": {"colour": colour},
    }
    return inventory.stamp(made, "shop", "shop")


async def test_what_is_missing_is_found_and_not_made_though_an_operation_asks_for_it(context, cluster, url):
    preview = await dry_run(shop(url), context)
    assert preview.changes.status is SyncStatus.OUT_OF_SYNC
    (change,) = preview.changes.changes
    assert (change.key, change.live) == (KEY, None)
    assert preview.destination.server == IN_CLUSTER_SERVER
    assert len(preview.revisions[0]) == 40
    assert cluster.writes == []


async def test_equal_is_in_sync_and_drift_and_leftovers_are_not(context, cluster, url):
    await cluster.create(live_map("red"))
    assert (await dry_run(shop(url), context)).changes.status is SyncStatus.SYNCED
    cluster.writes.clear()
    left_over = await cluster.create(live_map("red", "old"))
    live = context.destinations.live(context.destinations.find(shop(url).destination))
    live.observe(left_over)
    preview = await dry_run(shop(url), context)
    assert [(one.key.name, one.requires_pruning) for one in preview.changes.changes] == [
        ("old", True),
        ("settings", False),
    ]
    assert [verb for verb, _, _ in cluster.writes] == ["create"]


async def test_a_revision_can_be_looked_at_instead_of_the_target(context, url):
    first = (await dry_run(shop(url), context)).revisions[0]
    gone = shop(url, source={"repoURL": url, "path": "app", "targetRevision": "nowhere"})
    assert (await dry_run(gone, context, pinned=[first])).revisions == [first]
    with pytest.raises(UserError, match="nowhere"):
        await dry_run(gone, context)


async def test_what_a_project_forbids_is_denied(context, url):
    with pytest.raises(DeniedError, match="is not permitted in project"):
        await dry_run(shop(url, project="closed"), context)
    with pytest.raises(UserError, match="project 'none' does not exist"):
        await dry_run(shop(url, project="none"), context)

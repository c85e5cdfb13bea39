"""A comparison of very many objects is that of all of them, and lets others have their turn."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, cast

from tests.fakes.cluster import FakeCluster

from dokaseca.engine import comparing, targets
from dokaseca.engine.live_state import LiveState
from dokaseca.flow.diff import compare as diff
from dokaseca.model import application as applications
from dokaseca.model import manifest as manifests
from dokaseca.model.identity import GroupVersionKind, ObjectKey
from dokaseca.model.manifest import Manifest

SOURCE = {"repoURL": "https://git/repo", "path": "app"}
APPLICATION = applications.view(
    {
        "metadata": {"name": "web", "namespace": "argocd"},
        "spec": {"source": SOURCE, "destination": {"name": "in-cluster", "namespace": "team"}},
    }
)
COUNT = 2 * targets.AT_A_TIME + 3


class Live:
    """What a live state says of a cluster that holds what it is given."""

    def __init__(self, cluster: FakeCluster, lives: Mapping[ObjectKey, Manifest]) -> None:
        self.cluster = cluster
        self._lives = lives

    async def follow(self, kinds: Iterable[GroupVersionKind]) -> None:
        assert list(kinds) == [GroupVersionKind("", "v1", "ConfigMap")]

    def owned_by(self, instance: str) -> Mapping[ObjectKey, Manifest]:
        assert instance == APPLICATION.instance
        return self._lives

    def claim(self, instance: str, keys: Iterable[ObjectKey], groups: Iterable[str]) -> None:
        assert not list(groups)

    async def read_or_none(self, key: ObjectKey) -> Manifest | None:
        return None


def config(number: int, value: str = "v") -> dict[str, Any]:
    metadata = {"name": f"c{number:05}", "namespace": "team"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"k": value}}


async def test_many_objects_are_compared_in_parts() -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    cluster = FakeCluster([GroupVersionKind("", "v1", "ConfigMap")])
    running = asyncio.create_task(other())
    wanted = await targets.prepare(APPLICATION, [config(number) for number in range(COUNT)], cluster)
    prepared = turns
    lives = [config(number, "w" if number % 400 == 0 else "v") for number in range(7, COUNT + 7)]
    by_key = {manifests.key(one): one for one in reversed(lives)}
    live = cast(LiveState, Live(cluster, by_key))
    changes = await comparing.compare(APPLICATION, cast(Any, None), wanted, live)
    running.cancel()
    assert changes == diff.compare(wanted.by_key, by_key, comparing.options(APPLICATION))
    assert len(changes.changes) == COUNT + 7
    assert prepared >= COUNT // targets.AT_A_TIME
    assert turns - prepared >= 2 * (COUNT // comparing.AT_A_TIME)

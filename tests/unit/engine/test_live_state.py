"""What one cluster holds of what we manage."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest
from tests.fakes import virtual_time
from tests.fakes.cluster import FakeCluster

from dokaseca.engine.live_state import SILENT_SECONDS, LiveState
from dokaseca.flow.sync import inventory
from dokaseca.model.errors import TransientError
from dokaseca.model.identity import GroupVersionKind, ObjectKey
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Listing, WatchEvent
from dokaseca.runtime.supervise import Supervisor

CONFIG_MAP = GroupVersionKind("", "v1", "ConfigMap")
WIDGET = GroupVersionKind("example.com", "v1", "Widget")
A = ObjectKey("", "ConfigMap", "team", "a")


class Flaky(FakeCluster):
    """Refuses lists while `error` is set; counts reads."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.error: Exception | None = None
        self.reads = 0
        self.is_closed = False

    async def list(self, gvk: GroupVersionKind, namespace: str = "", **selectors: str) -> Listing:
        if self.error is not None:
            raise self.error
        return await super().list(gvk, namespace, **selectors)

    async def watch(self, gvk: GroupVersionKind, namespace: str = "", **options: str) -> AsyncIterator[WatchEvent]:
        async for event in super().watch(gvk, namespace, **options):
            if self.error is not None:
                raise self.error
            yield event

    def break_watches(self) -> None:
        """Have every open watch notice that `error` is set."""
        for _, _, events in self._watchers:
            events.put_nowait(WatchEvent("BOOKMARK", {}))

    async def get(self, gvk: GroupVersionKind, namespace: str, name: str) -> Manifest:
        self.reads += 1
        return await super().get(gvk, namespace, name)

    async def close(self) -> None:
        self.is_closed = True


class Scene:
    """A live state over a fake cluster, and what it told."""

    def __init__(self, tasks: Supervisor) -> None:
        self.cluster = Flaky([CONFIG_MAP, WIDGET])
        self.told: list[tuple[str, bool, bool]] = []
        self.woken: list[list[str]] = []
        self.live = LiveState(self.cluster, tasks, inventory.owner_or_none, self._changed)
        self.live.listen(self._wake)

    def _changed(self, key: ObjectKey, old: Manifest | None, new: Manifest | None) -> None:
        self.told.append((key.name, old is not None, new is not None))

    def _wake(self, instances: Iterable[str]) -> None:
        self.woken.append(list(instances))


def config_map(name: str, owner: str = "") -> Manifest:
    metadata: Manifest = {"name": name, "namespace": "team"}
    if owner:
        metadata["annotations"] = {inventory.TRACKING: f"{owner}:/ConfigMap:team/{name}"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"key": "1"}}


def scene(play: Any) -> None:
    """Play under virtual time."""

    async def run() -> None:
        async with Supervisor("test") as tasks:
            await play(Scene(tasks))

    virtual_time.run(run())


def test_owned_objects_are_kept_whole_and_others_by_their_identity() -> None:
    async def play(one: Scene) -> None:
        await one.cluster.create(config_map("a", "web"))
        await one.cluster.create(config_map("b"))
        await one.live.follow([CONFIG_MAP])
        assert list(one.live.owned_by("web")) == [A]
        assert (one.live.get_or_none(A) or {})["data"] == {"key": "1"}
        assert "data" not in (one.live.get_or_none(A._replace(name="b")) or {})
        assert one.live.get_or_none(A._replace(name="c")) is None
        assert one.live.get_or_none(ObjectKey("example.com", "Widget", "team", "w")) is None
        assert one.live.owned_by("nobody") == {}

    scene(play)


def test_what_nobody_tracks_is_read_once_per_version() -> None:
    async def play(one: Scene) -> None:
        await one.cluster.create(config_map("a"))
        await one.live.follow([CONFIG_MAP])
        for _ in range(3):
            assert (await one.live.read_or_none(A) or {})["data"] == {"key": "1"}
        assert one.cluster.reads == 1
        one.live.observe(await one.cluster.patch(CONFIG_MAP, "team", "a", {"data": {"key": "2"}}))
        one.cluster.reads = 0
        for _ in range(3):
            assert (await one.live.read_or_none(A) or {})["data"] == {"key": "2"}
        assert one.cluster.reads == 1

    scene(play)


def test_an_object_that_changes_hands_is_owned_by_one() -> None:
    async def play(one: Scene) -> None:
        one.live.observe(await one.cluster.create(config_map("a", "web")))
        await one.live.follow([CONFIG_MAP])
        metadata = config_map("a", "shop")["metadata"]
        one.live.observe(await one.cluster.patch(CONFIG_MAP, "team", "a", {"metadata": metadata}))
        assert one.live.owned_by("web") == {}
        assert list(one.live.owned_by("shop")) == [A]
        await one.cluster.delete(CONFIG_MAP, "team", "a")
        await virtual_time.until(lambda: not one.live.owned_by("shop"))
        assert one.told[-1] == ("a", True, False)

    scene(play)


def test_who_waits_for_an_object_of_others_is_woken() -> None:
    async def play(one: Scene) -> None:
        await one.live.follow([CONFIG_MAP])
        one.live.claim("web", [A], [])
        await one.cluster.create(config_map("a", "shop"))
        await virtual_time.until(lambda: one.woken == [["web"]])

    scene(play)


def test_a_cluster_that_does_not_list_is_told_at_once_with_the_reason() -> None:
    async def play(one: Scene) -> None:
        one.cluster.error = TransientError("connection refused")
        start = asyncio.get_running_loop().time()
        with pytest.raises(TransientError) as caught:
            await one.live.follow([CONFIG_MAP])
        assert asyncio.get_running_loop().time() - start < 1
        assert caught.value.message.startswith(
            "cluster fake (https://fake.test) cannot be read: connection refused; check that it is up"
        )
        assert caught.value.reason == "ClusterUnreachable"
        one.cluster.error = None
        await asyncio.sleep(1)
        await one.live.follow([CONFIG_MAP])

    scene(play)


def test_a_cluster_that_never_answers_is_given_up_after_a_while() -> None:
    async def play(one: Scene) -> None:
        async def silence(*_: object, **__: object) -> Listing:
            await asyncio.Event().wait()
            raise AssertionError("unreachable")

        one.cluster.list = silence  # type: ignore[method-assign]
        with pytest.raises(TransientError, match="no answer within 15 s"):
            await one.live.follow([CONFIG_MAP])

    scene(play)


def test_an_object_whose_kind_cannot_be_read_any_more_is_told_and_told_again_when_it_can() -> None:
    async def play(one: Scene) -> None:
        await one.cluster.create(config_map("a", "web"))
        await one.live.follow([CONFIG_MAP])
        one.told.clear()
        one.cluster.error = TransientError("gone")
        one.cluster.break_watches()
        await asyncio.sleep(SILENT_SECONDS - 1)
        await one.live.follow([CONFIG_MAP])
        assert one.told == []
        await asyncio.sleep(SILENT_SECONDS)
        with pytest.raises(TransientError, match="cannot be read: gone"):
            await one.live.follow([CONFIG_MAP])
        assert one.told == [("a", True, True)]
        assert list(one.live.owned_by("web")) == [A]
        one.cluster.error = None
        await virtual_time.until(lambda: len(one.told) == 2)
        await one.live.follow([CONFIG_MAP])

    scene(play)


def test_closing_stops_the_watches_and_gives_the_connections_back() -> None:
    async def play(one: Scene) -> None:
        await one.live.follow([CONFIG_MAP])
        one.live.close()
        await virtual_time.until(lambda: one.cluster.is_closed)
        await one.cluster.create(config_map("a", "web"))
        await asyncio.sleep(1)
        assert one.told == []

    scene(play)

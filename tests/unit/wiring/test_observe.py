from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from tests.fakes import virtual_time
from tests.fakes.cluster import FakeCluster

from dokaseca.model.errors import DeniedError, DokaSecaError, ExpiredError, TransientError
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import WatchEvent
from dokaseca.wiring import observe
from dokaseca.wiring.observe import Target

CONFIG_MAP = GroupVersionKind("", "v1", "ConfigMap")
TARGET = Target(CONFIG_MAP, "default", "a")


class Cluster(FakeCluster):
    """Lists in vain while `errors` last; each watch ends after `watch_events`, when set."""

    def __init__(self) -> None:
        super().__init__([CONFIG_MAP])
        self.errors: list[DokaSecaError] = []
        self.watch_errors: list[DokaSecaError] = []
        self.watches = 0

    async def list(self, *arguments: Any, **options: Any) -> Any:
        if self.errors:
            raise self.errors.pop(0)
        return await super().list(*arguments, **options)

    async def watch(self, *arguments: Any, **options: Any) -> AsyncIterator[WatchEvent]:
        self.watches += 1
        if self.watch_errors:
            raise self.watch_errors.pop(0)
        async for event in super().watch(*arguments, **options):
            yield event
            if event.object.get("data", {}).get("end"):
                return


def config_map(name: str = "a", **data: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}, "data": data}


def later(seconds: float, act: Callable[[], Awaitable[object]]) -> asyncio.Task[None]:
    async def wait() -> None:
        await asyncio.sleep(seconds)
        await act()

    return asyncio.get_running_loop().create_task(wait())


def holds_value(value: str) -> observe.Holds:
    return lambda live: live is not None and live["data"].get("key") == value


async def until(cluster: Cluster, holds: observe.Holds, timeout_seconds: float = 10.0) -> Manifest | None:
    return await observe.until(cluster, TARGET, holds, timeout_seconds=timeout_seconds)


def test_what_holds_already_is_given_at_once() -> None:
    async def scenario() -> None:
        cluster = Cluster()
        assert await until(cluster, lambda live: live is None) is None
        await cluster.create(config_map(key="x"))
        found = await until(cluster, holds_value("x"))
        assert found is not None and found["metadata"]["name"] == "a"
        assert cluster.watches == 0
        assert asyncio.get_running_loop().time() == 0

    virtual_time.run(scenario())


def test_a_change_is_seen_when_it_happens_and_others_do_not_count() -> None:
    async def scenario() -> None:
        cluster = Cluster()
        tasks = [
            later(1, lambda: cluster.create(config_map("other", key="y"))),
            later(2, lambda: cluster.create(config_map(key="x"))),
            later(3, lambda: cluster.update(config_map(key="y"))),
        ]
        found = await until(cluster, holds_value("y"))
        assert found is not None and found["metadata"]["name"] == "a"
        assert asyncio.get_running_loop().time() == pytest.approx(3, abs=0.01)
        tasks.append(later(1, lambda: cluster.delete(CONFIG_MAP, "default", "a")))
        assert await until(cluster, lambda live: live is None) is None
        assert cluster.watches == 2
        await asyncio.wait(tasks)

    virtual_time.run(scenario())


def test_a_watch_that_ends_or_expires_is_taken_up_again() -> None:
    async def scenario() -> None:
        cluster = Cluster()
        cluster.watch_errors = [ExpiredError("too old")]
        task = later(1, lambda: cluster.create(config_map(end="yes")))
        other = later(2, lambda: cluster.update(config_map(key="x")))
        assert await until(cluster, holds_value("x")) is not None
        assert cluster.watches == 3
        await asyncio.wait([task, other])

    virtual_time.run(scenario())


def test_a_cluster_that_does_not_answer_yet_is_asked_again() -> None:
    async def scenario() -> None:
        cluster = Cluster()
        cluster.errors = [TransientError("no answer") for _ in range(20)]
        await cluster.create(config_map(key="x"))
        assert await until(cluster, holds_value("x")) is not None
        assert asyncio.get_running_loop().time() == pytest.approx(20 * observe.RETRY_SECONDS, abs=0.01)

    virtual_time.run(scenario())


def test_when_the_time_is_over_it_says_what_was_waited_for_and_what_was_last_heard() -> None:
    async def scenario() -> None:
        cluster = Cluster()
        with pytest.raises(TransientError) as raised:
            await until(cluster, holds_value("x"), 5.0)
        assert str(raised.value) == "ConfigMap default/a in cluster fake did not become as expected within 5 s"
        assert raised.value.reason == "Timeout"
        cluster.errors = [DeniedError("you may not list configmaps")] * 1000
        with pytest.raises(TransientError, match="the last answer was: you may not list configmaps"):
            await until(cluster, holds_value("x"), 5.0)

    virtual_time.run(scenario())

"""Waits for an object of a cluster to become what somebody expects, by watching it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from dokaseca.model import manifest as manifests
from dokaseca.model.errors import DokaSecaError, ExpiredError, TransientError
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster

RETRY_SECONDS = 0.05  # a kind or namespace that is not there yet

Holds = Callable[[Manifest | None], bool]


@dataclass(frozen=True, slots=True)
class Target:
    """One object."""

    gvk: GroupVersionKind
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.gvk.kind} {self.namespace}/{self.name}"


async def until(cluster: Cluster, target: Target, holds: Holds, *, timeout_seconds: float) -> Manifest | None:
    """The object (None when it is absent) as soon as `holds` says yes to it.

    Raises:
        TransientError: it did not become so in time.
    """
    said = ""
    try:
        async with asyncio.timeout(timeout_seconds):
            while True:
                try:
                    return await _watched(cluster, target, holds)
                except ExpiredError:
                    continue
                except DokaSecaError as error:  # its kind is not served yet, or the cluster is not reachable yet
                    said = f"; the last answer was: {error}"
                    await asyncio.sleep(RETRY_SECONDS)
    except TimeoutError as error:
        raise TransientError(
            f"{target} in cluster {cluster.name} did not become as expected within {timeout_seconds:.0f} s{said}",
            reason="Timeout",
        ) from error


async def _watched(cluster: Cluster, target: Target, holds: Holds) -> Manifest | None:
    listing = await cluster.list(target.gvk, target.namespace, field_selector=f"metadata.name={target.name}")
    live = next(iter(listing.items), None)
    position = listing.resource_version
    while not holds(live):
        async for event in cluster.watch(target.gvk, target.namespace, resource_version=position):
            position = manifests.resource_version(event.object) or position
            if event.type == "BOOKMARK" or manifests.name(event.object) != target.name:
                continue
            live = None if event.type == "DELETED" else event.object
            if holds(live):
                return live
    return live

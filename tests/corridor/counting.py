"""A cluster that counts what is written to it, and can fail or be switched off on demand."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

from dokaseca.model import manifest as manifests
from dokaseca.model.errors import TransientError
from dokaseca.model.identity import ObjectKey
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster
from dokaseca.ports.wire import Wire, WireRequest, WireResponse

WRITES = ("create", "update", "patch", "apply", "delete")

Before = Callable[[str, ObjectKey], None]


class Switch:
    """`ports.wire.Wire` to a machine that can be switched off: open watches break, new requests find nobody."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._off = asyncio.Event()

    @property
    def is_off(self) -> bool:
        return self._off.is_set()

    def turn(self, *, off: bool) -> None:
        if off:
            self._off.set()
        else:
            self._off.clear()

    async def send(self, request: WireRequest) -> WireResponse:
        self._check()
        response = await self._wire.send(request)
        return response if response.stream is None else replace(response, stream=self._breaking(response.stream))

    async def close(self) -> None:
        await self._wire.close()

    async def _breaking(self, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        broken = asyncio.ensure_future(self._off.wait())
        chunk: asyncio.Future[bytes] | None = None
        try:
            while True:
                chunk = asyncio.ensure_future(anext(stream))  # type: ignore[arg-type]
                await asyncio.wait([chunk, broken], return_when=asyncio.FIRST_COMPLETED)
                self._check()
                try:
                    yield chunk.result()
                except StopAsyncIteration:
                    return
        finally:
            for one in (broken, chunk):
                if one is not None:
                    one.cancel()
            await asyncio.wait([one for one in (broken, chunk) if one is not None])

    def _check(self) -> None:
        if self.is_off:
            raise TransientError("cannot connect: connection refused", reason="ClusterUnreachable")


class WatchedCluster:
    """`ports.cluster.Cluster` around another one.

    Attributes:
        writes: every write that was attempted, as (verb, key), in order.
        calls: how often each other method was called.
        before: called before each write; what it raises is what the caller gets, and the write does not happen.
        after: called after each write; what it raises is what the caller gets, though the write has happened.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.writes: list[tuple[str, ObjectKey]] = []
        self.calls: Counter[str] = Counter()
        self.before: Before = _nothing
        self.after: Before = _nothing

    @property
    def name(self) -> str:
        return self._cluster.name

    @property
    def server(self) -> str:
        return self._cluster.server

    def written(self, kind: str) -> int:
        """How many writes there were to objects of a kind."""
        return sum(key.kind == kind for _, key in self.writes)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._cluster, name)
        if name not in WRITES:
            self.calls[name] += 1
            return found

        async def call(*args: Any, **kwargs: Any) -> Any:
            if kwargs.get("dry_run"):
                return await found(*args, **kwargs)
            key = _key(name, args)
            self.writes.append((name, key))
            self.before(name, key)
            written = await found(*args, **kwargs)
            self.after(name, key)
            return written

        return call


def _key(verb: str, args: tuple[Any, ...]) -> ObjectKey:
    if verb in ("create", "update", "apply"):
        written: Manifest = args[0]
        return manifests.key(written)
    gvk, namespace, name = args[:3]
    return ObjectKey(gvk.group, gvk.kind, namespace, name)


def _nothing(verb: str, key: ObjectKey) -> None:
    """Let every write pass."""

"""A cluster that counts what is written to it, and can fail on demand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dokaseca.model import manifest as manifests
from dokaseca.model.errors import TransientError
from dokaseca.model.identity import ObjectKey
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster

WRITES = ("create", "update", "patch", "apply", "delete")
CALLS = (*WRITES, "get", "list", "version", "resources", "resource")

Before = Callable[[str, ObjectKey], None]


class WatchedCluster:
    """`ports.cluster.Cluster` around another one.

    Attributes:
        writes: every write that was attempted, as (verb, key), in order.
        before: called before each write; what it raises is what the caller gets, and the write does not happen.
        after: called after each write; what it raises is what the caller gets, though the write has happened.
        down: while set, every call fails as against a machine that is switched off.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.writes: list[tuple[str, ObjectKey]] = []
        self.before: Before = _nothing
        self.after: Before = _nothing
        self.down = False

    @property
    def name(self) -> str:
        return self._cluster.name

    @property
    def server(self) -> str:
        return self._cluster.server

    def written(self, kind: str) -> int:
        """How many writes there were to objects of a kind."""
        return sum(key.kind == kind for _, key in self.writes)

    async def watch(self, *args: Any, **kwargs: Any) -> Any:
        self._check()
        async for event in self._cluster.watch(*args, **kwargs):
            self._check()
            yield event

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._cluster, name)
        if name not in CALLS:
            return found

        async def call(*args: Any, **kwargs: Any) -> Any:
            self._check()
            if name not in WRITES or kwargs.get("dry_run"):
                return await found(*args, **kwargs)
            key = _key(name, args)
            self.writes.append((name, key))
            self.before(name, key)
            written = await found(*args, **kwargs)
            self.after(name, key)
            return written

        return call

    def _check(self) -> None:
        if self.down:
            raise TransientError(
                f"cannot connect to {self.server}", reason="ClusterUnreachable", subject=self._cluster.name
            )


def _key(verb: str, args: tuple[Any, ...]) -> ObjectKey:
    if verb in ("create", "update", "apply"):
        written: Manifest = args[0]
        return manifests.key(written)
    gvk, namespace, name = args[:3]
    return ObjectKey(gvk.group, gvk.kind, namespace, name)


def _nothing(verb: str, key: ObjectKey) -> None:
    """Let every write pass."""

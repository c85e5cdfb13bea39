"""The renderers of a preview: those of a running platform, their cache in the user's cache folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dokaseca.adapters.charts import HttpCharts
from dokaseca.adapters.helm import HelmWorkers
from dokaseca.adapters.jsonnet import JsonnetLibrary
from dokaseca.adapters.kustomize import KustomizeProgram
from dokaseca.adapters.object_store import DiskStore
from dokaseca.flow.render.request import Tools
from dokaseca.wiring.offline.charts import FolderCharts
from dokaseca.wiring.preview_render import Capabilities, Renderer

CACHE_BYTES = 512 * 2**20  # what was used least recently goes first
_CACHE = "dokaseca/rendered"


@dataclass(frozen=True, slots=True)
class Setup:
    """How a preview renders.

    Attributes:
        cache: folder of rendered manifests; None is that of the user.
        repositories: folder by URL; those of chart repositories are among them.
        is_online: whether charts may be fetched.
    """

    cache: Path | None = None
    repositories: Mapping[str, Path] = field(default_factory=dict)
    capabilities: Capabilities = field(default_factory=Capabilities)
    is_online: bool = False


@contextlib.asynccontextmanager
async def renderer(setup: Setup) -> AsyncIterator[Renderer]:
    """A renderer whose workers end with the block; the cache is cut to its size when something was rendered."""
    folder = setup.cache or default_cache()
    store = DiskStore(folder)
    async with contextlib.AsyncExitStack() as stack:
        online, helm = HttpCharts(store), HelmWorkers()
        stack.push_async_callback(online.close)
        stack.push_async_callback(helm.close)
        charts = FolderCharts(setup.repositories, online if setup.is_online else None)
        tools = Tools(helm=helm, kustomize=KustomizeProgram(), jsonnet=JsonnetLibrary(), charts=charts, cache=store)
        found = Renderer(tools, setup.capabilities)
        yield found
        if found.count:
            trim(folder, CACHE_BYTES)


def default_cache() -> Path:
    """`$XDG_CACHE_HOME/dokaseca/rendered`, by default below `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / _CACHE


def trim(folder: Path, limit_bytes: int) -> None:
    """Delete the oldest files of a cache until it is no larger than its limit; another process may do the same."""
    files = []
    for path in folder.glob("??/*"):
        with contextlib.suppress(OSError):
            status = path.stat()
            files.append((status.st_mtime, status.st_size, path))
    size = sum(one[1] for one in files)
    for _, length, path in sorted(files):
        if size <= limit_bytes:
            return
        with contextlib.suppress(OSError):
            path.unlink()
            size -= length

"""Source and render for one Application: its repositories at their revisions, turned into manifests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dokaseca.engine.context import Context
from dokaseca.flow.render import run
from dokaseca.flow.render.request import RenderRequest, ResolvedSource
from dokaseca.flow.source import verify
from dokaseca.model.application import Application, Source
from dokaseca.model.rendered import RenderedSet
from dokaseca.ports.cluster import Cluster
from dokaseca.ports.object_store import ObjectStore


async def resolve(application: Application, context: Context, pinned: Sequence[str] = ()) -> tuple[ResolvedSource, ...]:
    """Every source at a commit or chart version, in order.

    Args:
        pinned: revisions that a running operation was started with; empty resolves `targetRevision` anew.

    Raises:
        UserError, TransientError, DeniedError: as `Repositories.tree` and `Charts.resolve`.
        DeniedError: reason SignatureRequired: the project takes signed commits only.
    """
    project = context.projects(application.project)
    if project is not None and any(not source.chart for source in application.sources):
        verify.check(project)
    if application.refresh:
        await _look_again(application, context)
    pins = list(pinned) if len(pinned) == len(application.sources) else [""] * len(application.sources)
    return tuple(
        [
            await _one(source, pin, application.project, context)
            for source, pin in zip(application.sources, pins, strict=True)
        ]
    )


async def render(
    application: Application, sources: tuple[ResolvedSource, ...], cluster: Cluster, context: Context
) -> RenderedSet:
    """The manifests of all sources; from the cache when nothing that rendering reads has changed.

    A hard refresh renders anew.
    """
    tools = replace(context.tools, cache=context.timings.counting(application.key, context.tools.cache))
    if application.refresh == "hard":
        tools = replace(tools, cache=_Forgetful(tools.cache))
    resources = await cluster.resources()
    groups = {one.gvk.api_version for one in resources}
    kinds = {f"{one.gvk.api_version}/{one.kind}" for one in resources}
    return await run.render(
        RenderRequest(
            app_name=application.key.name,
            app_namespace=application.key.namespace,
            project=application.project,
            destination_namespace=application.destination.namespace,
            sources=sources,
            kube_version=await cluster.version(),
            api_versions=tuple(sorted(groups | kinds)),
            settings=context.settings(),
            plugins=context.plugins(),
            is_hard=application.refresh == "hard",
        ),
        tools,
    )


async def _look_again(application: Application, context: Context) -> None:
    """Somebody asked for a refresh: what the repositories hold now counts, not what the last poll saw."""
    for url in sorted({source.repo_url for source in application.sources if not source.chart}):
        await context.sources.refresh(url, application.project)


@dataclass(frozen=True, slots=True)
class _Forgetful:
    """A cache that is written and never read."""

    cache: ObjectStore

    def get_or_none(self, key: str) -> bytes | None:
        return None

    def put(self, key: str, value: bytes) -> None:
        self.cache.put(key, value)


async def _one(source: Source, pin: str, project: str, context: Context) -> ResolvedSource:
    if source.chart:
        version = pin or source.target_revision or "*"
        chart = await context.tools.charts.resolve(source.repo_url, source.chart, version, project)
        return ResolvedSource(spec=source.spec, revision=chart.version, tree=None, chart=chart)
    prefix = "" if pin else str(source.spec.get("tagPrefix") or "")
    tree = await context.sources.tree(source.repo_url, pin or source.target_revision, project, prefix)
    return ResolvedSource(spec=source.spec, revision=tree.commit.sha, tree=tree, chart=None)

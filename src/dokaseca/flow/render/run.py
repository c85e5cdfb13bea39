"""Renders all sources of one Application, each from the cache where its input was rendered before."""

from __future__ import annotations

from typing import Any

import orjson

from dokaseca.flow.render import cache_key, detect, directory, helm, kustomize, post, request
from dokaseca.flow.render.detect import Tool
from dokaseca.flow.render.post import Origin
from dokaseca.flow.render.request import RenderRequest, ResolvedSource, Tools
from dokaseca.kit import digest
from dokaseca.model.errors import UserError
from dokaseca.model.rendered import RenderedSet


async def render(around: RenderRequest, tools: Tools) -> RenderedSet:
    """All objects of all sources, in order.

    Raises:
        UserError: a source is wrong; the message names file or template.
        TransientError: a chart repository or tool does not answer.
    """
    found: list[Origin] = []
    types: list[str] = []
    for source in around.sources:
        if source.chart is None and source.spec.get("ref") and not source.spec.get("path"):
            types.append("")
            continue
        tool = _tool(source)
        types.append(tool.value)
        found += await _cached(tool, source, around, tools)
    found = post.checked(found)
    objects = tuple(manifest for manifest, _ in found)
    return RenderedSet(objects, digest.of_value(objects), tuple(types), tuple(origin for _, origin in found))


def _tool(source: ResolvedSource) -> Tool:
    if source.tree is None:
        return detect.tool(source.spec, ())
    path = request.folder(source, source.tree).path
    return detect.tool(source.spec, [entry.path.rpartition("/")[2] for entry in source.tree.children(path)])


async def _cached(tool: Tool, source: ResolvedSource, around: RenderRequest, tools: Tools) -> list[Origin]:
    key = cache_key.of(tool.value, _inputs(tool, source, around))
    known = tools.cache.get_or_none(key)
    if known is not None:
        return [(manifest, origin) for manifest, origin in orjson.loads(known)]
    found = await _rendered(tool, source, around, tools)
    tools.cache.put(key, orjson.dumps(found))
    return found


def _inputs(tool: Tool, source: ResolvedSource, around: RenderRequest) -> dict[str, Any]:
    if tool is Tool.HELM:
        return helm.inputs(source, around)
    tree = _tree(source)
    inputs = kustomize.inputs(source, tree) if tool is Tool.KUSTOMIZE else directory.inputs(source, tree)
    block = source.spec.get(tool.value.lower()) or {}
    return {**inputs, "environment": around.environment(source) if "$" in str(block) else {}}


async def _rendered(tool: Tool, source: ResolvedSource, around: RenderRequest, tools: Tools) -> list[Origin]:
    if tool is Tool.HELM:
        return await helm.render(source, around, tools)
    if tool is Tool.KUSTOMIZE:
        return await kustomize.render(source, _tree(source), around, tools)
    return await directory.render(source, _tree(source), around, tools)


def _tree(source: ResolvedSource) -> Any:
    if source.tree is None:
        raise UserError("a chart repository holds only Helm charts", reason="InvalidSpecError", subject=source.subject)
    return source.tree

"""Renders all sources of one Application, each from the cache where its input was rendered before."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson

from dokaseca.flow.render import cache_key, detect, directory, environment, helm, kustomize, overrides, post, request
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
    around = overrides.applied(around)
    found: list[Origin] = []
    types: list[str] = []
    for source in around.sources:
        if source.chart is None and source.spec.get("ref") and not source.spec.get("path"):
            types.append("")
            continue
        tool = await asyncio.to_thread(_tool, source)
        types.append(tool.value)
        found += await _cached(tool, source, around, tools)
    found = post.checked(found)
    objects = tuple(manifest for manifest, _ in found)
    return RenderedSet(
        objects,
        digest.of_bytes(_json([*objects], "the rendered objects", sort=True)),
        tuple(types),
        tuple(origin for _, origin in found),
    )


def inputs(around: RenderRequest) -> list[tuple[str, dict[str, Any]]]:
    """(cache key, what the result depends on) of each source that gives objects: equal keys, equal objects.

    Nothing is rendered.

    Raises:
        UserError: a source is wrong.
    """
    around = overrides.applied(around)
    found = []
    for source in around.sources:
        if source.chart is None and source.spec.get("ref") and not source.spec.get("path"):
            continue
        tool = _tool(source)
        depends = _inputs(tool, source, around)
        _json(depends, source.subject)
        found.append((cache_key.of(tool.value, depends), depends))
    return found


def _tool(source: ResolvedSource) -> Tool:
    if source.tree is None:
        return detect.tool(source.spec, ())
    path = request.folder(source, source.tree).path
    return detect.tool(source.spec, [entry.path.rpartition("/")[2] for entry in source.tree.children(path)])


async def _cached(tool: Tool, source: ResolvedSource, around: RenderRequest, tools: Tools) -> list[Origin]:
    inputs = await asyncio.to_thread(_inputs, tool, source, around)  # it walks folders, which may be large
    _json(inputs, source.subject)
    key = cache_key.of(tool.value, inputs)
    known = _decoded_or_none(tools.cache.get_or_none(key))
    if known is not None:
        return known
    found = await _rendered(tool, source, around, tools)
    tools.cache.put(key, _json(found, source.subject))
    return found


def _decoded_or_none(entry: bytes | None) -> list[Origin] | None:
    """A cache entry, None when there is none or it is damaged: it is rendered again then."""
    try:
        return [(_mapping(manifest), str(origin)) for manifest, origin in orjson.loads(entry or b"")]
    except (ValueError, TypeError):
        return None


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def _json(value: Any, subject: str, *, sort: bool = False) -> bytes:
    """The JSON of something that came out of files.

    Raises:
        UserError: it holds what JSON cannot.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS if sort else None)
    except TypeError as error:
        raise UserError(
            f"holds a number or text that an API server does not take ({error}); whole numbers have at most 64 bits, "
            "and file names must be UTF-8",
            reason="InvalidManifest",
            subject=subject,
        ) from error


def _inputs(tool: Tool, source: ResolvedSource, around: RenderRequest) -> dict[str, Any]:
    if tool is Tool.HELM:
        return helm.inputs(source, around)
    tree = _tree(source)
    inputs = kustomize.inputs(source, tree) if tool is Tool.KUSTOMIZE else directory.inputs(source, tree)
    block = source.spec.get(tool.value.lower()) or {}
    return {**inputs, "environment": environment.used(block, around.environment(source))}


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

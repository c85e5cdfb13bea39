"""Renders all sources of one Application, each from the cache where its input was rendered before."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import orjson

from dokaseca.flow.render import (
    cache_key,
    detect,
    directory,
    environment,
    helm,
    kustomize,
    overrides,
    plugin,
    post,
    request,
)
from dokaseca.flow.render.detect import Tool
from dokaseca.flow.render.plugin_definition import Plugin
from dokaseca.flow.render.post import Origin
from dokaseca.flow.render.request import RenderRequest, ResolvedSource, Tools
from dokaseca.kit import digest
from dokaseca.model.errors import UserError
from dokaseca.model.rendered import RenderedSet


@dataclass(frozen=True, slots=True)
class _Choice:
    """What renders a source."""

    tool: Tool
    plugin: Plugin | None = None


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
        choice = await _chosen(source, around, tools)
        types.append(choice.tool.value)
        found += await _cached(choice, source, around, tools)
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

    Nothing is rendered, and no plugin is asked.

    Raises:
        UserError: a source is wrong, or wants a plugin.
    """
    around = overrides.applied(around)
    found = []
    for source in around.sources:
        if source.chart is None and source.spec.get("ref") and not source.spec.get("path"):
            continue
        choice = _Choice(_tool(source, around))
        depends = _inputs(choice, source, around)
        _json(depends, source.subject)
        found.append((cache_key.of(choice.tool.value, depends), depends))
    return found


async def _chosen(source: ResolvedSource, around: RenderRequest, tools: Tools) -> _Choice:
    """Plugins are asked first, unless the source names another tool (Argo CD: B2)."""
    named = detect.block_or_none(source.spec)
    if source.tree is not None and named in (None, Tool.PLUGIN):
        found = await plugin.chosen_or_none(source, source.tree, around, tools)
        if found is not None:
            return _Choice(Tool.PLUGIN, found)
    return _Choice(await asyncio.to_thread(_tool, source, around))


def _tool(source: ResolvedSource, around: RenderRequest) -> Tool:
    if source.tree is None:
        return detect.tool(source.spec, (), around.settings)
    path = request.folder(source, source.tree).path
    names = [entry.path.rpartition("/")[2] for entry in source.tree.children(path)]
    return detect.tool(source.spec, names, around.settings)


async def _cached(choice: _Choice, source: ResolvedSource, around: RenderRequest, tools: Tools) -> list[Origin]:
    inputs = await asyncio.to_thread(_inputs, choice, source, around)  # it walks folders, which may be large
    _json(inputs, source.subject)
    key = cache_key.of(choice.tool.value, inputs)
    known = _decoded_or_none(tools.cache.get_or_none(key))
    if known is not None:
        return known
    found = await _watched(key, choice, source, around, tools)
    tools.cache.put(key, _json(found, source.subject))
    return found


async def _watched(
    key: str, choice: _Choice, source: ResolvedSource, around: RenderRequest, tools: Tools
) -> list[Origin]:
    """What failed time and again is left alone for a while; a hard refresh tries it at once."""
    failures = tools.failures
    if failures is None:
        return await _rendered(choice, source, around, tools)
    if around.is_hard:
        failures.forget(key)
    failures.check(key)
    try:
        found = await _rendered(choice, source, around, tools)
    except UserError as error:
        failures.note(key, error)
        raise
    failures.forget(key)
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


def _inputs(choice: _Choice, source: ResolvedSource, around: RenderRequest) -> dict[str, Any]:
    if choice.tool is Tool.HELM:
        return helm.inputs(source, around)
    tree = _tree(source)
    if choice.tool is Tool.PLUGIN:
        return plugin.inputs(_plugin(choice, source), source, tree, around)
    if choice.tool is Tool.KUSTOMIZE:
        inputs = kustomize.inputs(source, tree, around)
    else:
        inputs = directory.inputs(source, tree, around)
    block = source.spec.get(choice.tool.value.lower()) or {}
    return {**inputs, "environment": environment.used(block, around.environment(source))}


async def _rendered(choice: _Choice, source: ResolvedSource, around: RenderRequest, tools: Tools) -> list[Origin]:
    if choice.tool is Tool.HELM:
        return await helm.render(source, around, tools)
    if choice.tool is Tool.KUSTOMIZE:
        return await kustomize.render(source, _tree(source), around, tools)
    if choice.tool is Tool.PLUGIN:
        return await plugin.render(_plugin(choice, source), source, _tree(source), around, tools)
    return await directory.render(source, _tree(source), around, tools)


def _plugin(choice: _Choice, source: ResolvedSource) -> Plugin:
    if choice.plugin is None:
        raise UserError(
            "a config management plugin does not run here", reason="UnsupportedSource", subject=source.subject
        )
    return choice.plugin


def _tree(source: ResolvedSource) -> Any:
    if source.tree is None:
        raise UserError("a chart repository holds only Helm charts", reason="InvalidSpecError", subject=source.subject)
    return source.tree

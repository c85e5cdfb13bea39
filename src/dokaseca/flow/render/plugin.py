"""Config management plugins: which one a source takes, and what it makes of it (Argo CD: B2)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from dokaseca.flow.render import cache_key, plugin_environment, post, request
from dokaseca.flow.render.plugin_definition import Argv, Plugin
from dokaseca.flow.render.post import Origin
from dokaseca.flow.render.request import RenderRequest, ResolvedSource, Tools
from dokaseca.kit import bounds, globs
from dokaseca.model.errors import UserError
from dokaseca.ports.git import Tree
from dokaseca.ports.renderer import PluginFile, PluginRun

FAILED = "PluginFailed"  # a command ended with another exit code than 0


async def chosen_or_none(source: ResolvedSource, tree: Tree, around: RenderRequest, tools: Tools) -> Plugin | None:
    """The plugin that the source names, or the first by name that finds the folder its own; None when there is none.

    Raises:
        UserError: reason PluginNotFound: the plugin that is named is not registered, or does not take this folder.
    """
    block = source.spec.get("plugin")
    name = str((block or {}).get("name") or "")
    known = {one.name: one for one in around.plugins}
    if name and name not in known:
        raise UserError(
            f"plugin {name!r} is not registered; registered are: {', '.join(sorted(known)) or 'none'}",
            reason="PluginNotFound",
            subject=source.subject,
        )
    for one in [known[name]] if name else [known[each] for each in sorted(known) if known[each].discovers]:
        if not one.discovers or await _discovers(one, source, tree, around, tools):
            return one
    if block is None:
        return None
    raise UserError(
        f"plugin {name!r} does not take this folder: its spec.discover finds nothing here"
        if name
        else "no registered plugin takes this folder; name one by plugin.name, or correct its spec.discover",
        reason="PluginNotFound",
        subject=source.subject,
    )


def inputs(plugin: Plugin, source: ResolvedSource, tree: Tree, around: RenderRequest) -> dict[str, Any]:
    """What the result depends on: a plugin may read the whole repository, and all of its environment."""
    root = tree.entry_or_none("")
    return {
        "path": request.folder(source, tree).path,
        "tree": root.id if root is not None else "",
        "plugin": asdict(plugin),
        "environment": plugin_environment.of(source, around),
    }


async def render(
    plugin: Plugin, source: ResolvedSource, tree: Tree, around: RenderRequest, tools: Tools
) -> list[Origin]:
    """Every object that the plugin prints.

    Raises:
        UserError: a command fails or takes too long, or prints what is no manifest; the plugin cannot be confined.
    """
    steps = {"init": plugin.init, "generate": plugin.generate}
    printed = await _run(plugin, {name: argv for name, argv in steps.items() if argv}, source, tree, around, tools)
    return await post.parse_beside(printed, subject=f"plugin {plugin.name}")


async def _discovers(plugin: Plugin, source: ResolvedSource, tree: Tree, around: RenderRequest, tools: Tools) -> bool:
    if plugin.discover_file or plugin.discover_glob:
        return await asyncio.to_thread(_matches, plugin, source, tree)
    key = cache_key.of("plugin discovery", inputs(plugin, source, tree, around))
    known = tools.cache.get_or_none(key)
    if known is None:
        known = b"yes" if await _says_yes(plugin, source, tree, around, tools) else b"no"
        tools.cache.put(key, known)
    return known == b"yes"


def _matches(plugin: Plugin, source: ResolvedSource, tree: Tree) -> bool:
    """`fileName` is a pattern within the folder, `find.glob` one of which `**` crosses folders."""
    base = request.folder(source, tree).path
    if plugin.discover_file:
        pattern = plugin.discover_file.removeprefix("./")
        entries = tree.walk(base) if "/" in pattern else iter(tree.children(base))
    else:
        pattern = plugin.discover_glob.removeprefix("./").replace("**/", "{,**/}")
        entries = tree.walk(base)
    return any(globs.matches(pattern, one.path[len(base) :].lstrip("/"), separator="/") for one in entries)


async def _says_yes(plugin: Plugin, source: ResolvedSource, tree: Tree, around: RenderRequest, tools: Tools) -> bool:
    """A discovery command takes a folder by ending well and printing something."""
    try:
        step = {"discover.find.command": plugin.discover_command}
        return bool((await _run(plugin, step, source, tree, around, tools)).strip())
    except UserError as error:
        if error.reason == FAILED:
            return False
        raise


async def _run(
    plugin: Plugin,
    steps: dict[str, Argv],
    source: ResolvedSource,
    tree: Tree,
    around: RenderRequest,
    tools: Tools,
) -> bytes:
    if tools.plugins is None:
        raise UserError("plugins do not run here", reason="UnsupportedSource", subject=source.subject)
    asked = PluginRun(
        plugin=plugin.name,
        steps=steps,
        files=_exported(tree, source, keep_mode=plugin.preserve_file_mode),
        folder=request.folder(source, tree).path,
        env=plugin_environment.of(source, around),
        network=plugin.network,
    )
    return await tools.plugins.run(asked)


def _exported(tree: Tree, source: ResolvedSource, *, keep_mode: bool) -> Iterator[PluginFile]:
    """The repository, one file after another; read as it is written to disk.

    Raises:
        UserError: reason TooLarge; reason PathEscapes: a symlink leaves the repository.
    """
    room = bounds.PLUGIN_TREE_BYTES
    for count, entry in enumerate(tree.walk("")):
        if entry.kind == "link":
            real = tree.resolve_link(entry.path)
            yield PluginFile(entry.path, link=real)
        elif entry.kind == "blob":
            content = tree.read(entry.path, limit_bytes=bounds.PLUGIN_TREE_BYTES)
            room -= len(content)
            yield PluginFile(entry.path, content, executable=keep_mode and entry.executable)
        if room < 0 or count > bounds.PLUGIN_TREE_FILES:
            raise UserError(
                f"the repository is too large for a plugin: more than {bounds.PLUGIN_TREE_BYTES // 2**20} MiB or "
                f"{bounds.PLUGIN_TREE_FILES} files",
                reason="TooLarge",
                subject=source.subject,
            )

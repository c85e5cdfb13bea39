"""Kustomize overlays: the files they reach, their kustomization edited as the source asks (Argo CD: B2)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dokaseca.flow.render import detect, files, kustomization, kustomize_guard, post, request, tool_settings
from dokaseca.flow.render.kustomization import Named, Role
from dokaseca.flow.render.post import Origin
from dokaseca.flow.render.request import RenderRequest, ResolvedSource, Tools
from dokaseca.kit import bounds, yaml_out
from dokaseca.model.errors import UserError
from dokaseca.ports.git import Entry, Tree

FILES = 5_000  # files that one overlay may reach


def inputs(source: ResolvedSource, tree: Tree, around: RenderRequest) -> dict[str, Any]:
    """What the result depends on: every file the overlay reaches, and the source's own edits."""
    return {
        "path": request.folder(source, tree).path,
        "files": [[path, entry.id] for path, entry in sorted(_reached(source, tree).items())],
        "kustomize": _edits(source, tree),
        "options": tool_settings.build_options(around.settings),
    }


async def render(source: ResolvedSource, tree: Tree, around: RenderRequest, tools: Tools) -> list[Origin]:
    """Every object that the overlay builds.

    Raises:
        UserError: a file is missing, a base is remote, or Kustomize refuses.
    """
    built = await asyncio.to_thread(_prepared, source, tree, around)
    options = tool_settings.build_options(around.settings)
    printed = await tools.kustomize.build(built.content, built.base, options)
    return await post.parse_beside(printed, subject=built.name)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """All that Kustomize gets: the files, the folder to build, and its kustomization's path for messages."""

    content: dict[str, bytes]
    base: str
    name: str


def _prepared(source: ResolvedSource, tree: Tree, around: RenderRequest) -> _Prepared:
    base = request.folder(source, tree).path
    content = {
        path: tree.read(entry.path, limit_bytes=bounds.DIRECTORY_SOURCE_BYTES)
        for path, entry in _reached(source, tree).items()
    }
    name, _ = _kustomization(tree, base, source)
    edits = _edits(source, tree)
    if edits:
        own = kustomization.load(content[name], name)
        edited = kustomization.edited(own, edits, around.environment(source), subject=source.subject)
        content[name] = yaml_out.dump(edited).encode()
    return _Prepared(content, base, name)


def _edits(source: ResolvedSource, tree: Tree) -> Mapping[str, Any]:
    """The options of the source, without components that are missing where these may be."""
    edits = dict(source.spec.get("kustomize") or {})
    if edits.get("ignoreMissingComponents"):
        base = request.folder(source, tree).path
        edits["components"] = [one for one in edits.get("components") or () if _is_folder(tree, base, one, source)]
    return edits


def _is_folder(tree: Tree, base: str, component: Any, source: ResolvedSource) -> bool:
    entry = files.resolved_or_none(tree, request.jailed(base, str(component), subject=source.subject))
    return entry is not None and entry.kind == "tree"


def _reached(source: ResolvedSource, tree: Tree) -> dict[str, Entry]:
    """All files that building may read, by the path where it looks for them: kustomizations are followed.

    Raises:
        UserError: one of them asks for what `kustomize_guard` holds back; more than `FILES`.
    """
    base = request.folder(source, tree).path
    found: dict[str, Entry] = {}
    todo, seen = [(base, False)], set[tuple[str, bool]]()
    checked = set[tuple[str, Role]]()
    while todo:
        folder, holds_plugins = todo.pop()
        if (folder, holds_plugins) in seen:
            continue
        seen.add((folder, holds_plugins))
        name, entry = _kustomization(tree, folder, source)
        found[name] = entry
        content = kustomization.load(_read(tree, entry), name)
        if holds_plugins:
            kustomize_guard.check_plugin_folder(content, name)
        for one in (*kustomization.named(content, name), *(_edited_names(source, tree) if folder == base else ())):
            if one.is_inline:
                continue
            path, entry = _named(tree, folder, one.text, name)
            is_plugin = holds_plugins or one.role is Role.PLUGIN
            if entry.kind == "tree":
                todo.append((path, is_plugin))
                continue
            role = Role.PLUGIN if is_plugin else one.role
            if (path, role) not in checked:
                _check(tree, path, entry, role)
            checked.add((path, role))
            found[path] = entry
            if len(found) > FILES:
                raise UserError(
                    f"the overlay reaches more than {FILES} files", reason="TooLarge", subject=source.subject
                )
    return found


def _edited_names(source: ResolvedSource, tree: Tree) -> Iterator[Named]:
    edits = _edits(source, tree)
    yield from kustomization.named({field: edits.get(field) for field in ("patches", "components")}, source.subject)


def _check(tree: Tree, path: str, entry: Entry, role: Role) -> None:
    if role is Role.PLUGIN:
        kustomize_guard.check_plugin(_read(tree, entry), path)
    elif role is Role.PLAIN:
        kustomize_guard.check_aliases(_read(tree, entry), path)


def _read(tree: Tree, entry: Entry) -> bytes:
    return tree.read(entry.path, limit_bytes=bounds.DIRECTORY_SOURCE_BYTES)


def _named(tree: Tree, folder: str, listed: str, name: str) -> tuple[str, Entry]:
    _check_link(tree, folder, listed, name)
    path = request.jailed(folder, listed, subject=name)
    entry = files.resolved_or_none(tree, path)
    if entry is None or entry.kind not in ("tree", "blob"):
        raise UserError(f"{listed!r} does not exist; push it or correct the path", reason="PathNotFound", subject=name)
    return path, entry


def _check_link(tree: Tree, folder: str, listed: str, name: str) -> None:
    """Let nothing be looked for from a symlink that Kustomize looks for from the folder that the symlink leads to.

    Raises:
        UserError: reason UnsupportedSource: the two are not the same.
    """
    real = tree.resolve_link(folder)
    if real == folder:
        return
    there = request.jailed(real, listed, subject=name)
    if tree.resolve_link(there) != tree.resolve_link(request.jailed(folder, listed, subject=name)):
        raise UserError(
            f"{listed!r} leaves a folder that a symlink led to; list {real!r} instead of {folder!r}",
            reason="UnsupportedSource",
            subject=name,
        )


def _kustomization(tree: Tree, folder: str, source: ResolvedSource) -> tuple[str, Entry]:
    paths = [f"{folder}/{name}" if folder else name for name in detect.KUSTOMIZATIONS]
    entries = [(path, files.resolved_or_none(tree, path)) for path in paths]
    found = [(path, entry) for path, entry in entries if entry is not None and entry.kind == "blob"]
    if not found:
        raise UserError(f"folder {folder!r} has no kustomization.yaml", reason="PathNotFound", subject=source.subject)
    if len(found) > 1:
        raise UserError(
            f"a folder has one kustomization, this one has {len(found)}: {', '.join(path for path, _ in found)}; "
            "remove the others",
            reason="InvalidManifest",
            subject=found[0][0],
        )
    return found[0]

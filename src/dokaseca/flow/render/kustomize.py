"""Kustomize overlays: the files they reach, their kustomization edited as the source asks (Argo CD: B2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dokaseca.flow.render import detect, files, kustomization, post, request
from dokaseca.flow.render.post import Origin
from dokaseca.flow.render.request import RenderRequest, ResolvedSource, Tools
from dokaseca.kit import bounds, yaml_out
from dokaseca.model.errors import UserError
from dokaseca.ports.git import Entry, Tree

FILES = 5_000  # files that one overlay may reach


def inputs(source: ResolvedSource, tree: Tree) -> dict[str, Any]:
    """What the result depends on: every file the overlay reaches, and the source's own edits."""
    return {
        "path": request.folder(source, tree).path,
        "files": [[path, entry.id] for path, entry in sorted(_reached(source, tree).items())],
        "kustomize": _edits(source, tree),
    }


async def render(source: ResolvedSource, tree: Tree, around: RenderRequest, tools: Tools) -> list[Origin]:
    """Every object that the overlay builds.

    Raises:
        UserError: a file is missing, a base is remote, or Kustomize refuses.
    """
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
    return post.parse(await tools.kustomize.build(content, base), subject=name)


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
    """All files that building may read, by the path where it looks for them: kustomizations are followed."""
    base = request.folder(source, tree).path
    found: dict[str, Entry] = {}
    todo, seen = [base], set[str]()
    while todo:
        folder = todo.pop()
        if folder in seen:
            continue
        seen.add(folder)
        name, entry = _kustomization(tree, folder, source)
        found[name] = entry
        content = kustomization.load(tree.read(entry.path, limit_bytes=bounds.DIRECTORY_SOURCE_BYTES), name)
        listed = list(kustomization.named(content, name))
        _check_plugins(tree, folder, content, name)
        if folder == base:
            edits = _edits(source, tree)
            listed += kustomization.named(
                {field: edits.get(field) for field in ("patches", "components")}, source.subject
            )
        for one in listed:
            path, entry = _named(tree, folder, one, name)
            if entry.kind == "tree":
                todo.append(path)
            else:
                found[path] = entry
        if len(found) > FILES:
            raise UserError(f"the overlay reaches more than {FILES} files", reason="TooLarge", subject=source.subject)
    return found


def _check_plugins(tree: Tree, folder: str, content: Mapping[str, Any], name: str) -> None:
    for text in kustomization.plugins(content, name):
        if "\n" in text:
            kustomization.check_plugin(text, name)
            continue
        path, entry = _named(tree, folder, text, name)
        if entry.kind == "blob":
            found = tree.read(entry.path, limit_bytes=bounds.DIRECTORY_SOURCE_BYTES)
            kustomization.check_plugin(found.decode(errors="replace"), path)


def _named(tree: Tree, folder: str, listed: str, name: str) -> tuple[str, Entry]:
    path = request.jailed(folder, listed, subject=name)
    entry = files.resolved_or_none(tree, path)
    if entry is None or entry.kind not in ("tree", "blob"):
        raise UserError(f"{listed!r} does not exist; push it or correct the path", reason="PathNotFound", subject=name)
    return path, entry


def _kustomization(tree: Tree, folder: str, source: ResolvedSource) -> tuple[str, Entry]:
    for name in detect.KUSTOMIZATIONS:
        path = f"{folder}/{name}" if folder else name
        entry = files.resolved_or_none(tree, path)
        if entry is not None and entry.kind == "blob":
            return path, entry
    raise UserError(f"folder {folder!r} has no kustomization.yaml", reason="PathNotFound", subject=source.subject)

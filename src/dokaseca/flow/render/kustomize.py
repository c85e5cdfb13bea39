"""Kustomize overlays: the files they reach, their kustomization edited as the source asks (Argo CD: B2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dokaseca.flow.render import detect, environment, post, request
from dokaseca.flow.render.post import Origin
from dokaseca.flow.render.request import RenderRequest, ResolvedSource, Tools
from dokaseca.kit import bounds, yaml_in, yaml_out
from dokaseca.model.errors import UserError
from dokaseca.ports.git import Tree

FILES = 5_000  # files that one overlay may reach
REMOTE = re.compile(r"^(?:[a-z+]+://|git@|github\.com[/:]|[a-z0-9.-]+\.[a-z]{2,}/.+//)")
PATH_FIELDS = ("resources", "bases", "components", "crds", "configurations", "generators", "transformers", "validators")
FILE_FIELDS = ("patchesStrategicMerge",)
IMAGE = re.compile(r"^(?:(?P<old>[^=]+)=)?(?P<new>[^@]+?)(?::(?P<tag>[^:@/]+))?(?:@(?P<digest>.+))?$")


def inputs(source: ResolvedSource, tree: Tree) -> dict[str, Any]:
    """What the result depends on: every file the overlay reaches, and the source's own edits."""
    return {
        "path": request.folder(source, tree).path,
        "files": [[path, _identity(tree, path)] for path in sorted(_reached(source, tree))],
        "kustomize": source.spec.get("kustomize") or {},
    }


async def render(source: ResolvedSource, tree: Tree, around: RenderRequest, tools: Tools) -> list[Origin]:
    """Every object that the overlay builds.

    Raises:
        UserError: a file is missing, a base is remote, or Kustomize refuses.
    """
    base = request.folder(source, tree).path
    files = {path: tree.read(path, limit_bytes=bounds.DIRECTORY_SOURCE_BYTES) for path in _reached(source, tree)}
    edits = source.spec.get("kustomize") or {}
    if edits:
        name = _kustomization(tree, base, source)
        edited = _edited(_load(files[name], name), edits, around.environment(source))
        files[name] = yaml_out.dump(edited).encode()
    text = await tools.kustomize.build(files, base)
    return post.parse(text, subject=f"{base}/kustomization.yaml")


def _reached(source: ResolvedSource, tree: Tree) -> set[str]:
    """All files that building may read, found by following kustomizations inside the repository."""
    files: set[str] = set()
    todo = [request.folder(source, tree).path]
    edits = source.spec.get("kustomize") or {}
    todo += [request.jailed(todo[0], str(one), subject=source.subject) for one in edits.get("components") or ()]
    seen: set[str] = set()
    while todo:
        folder = todo.pop()
        if folder in seen:
            continue
        seen.add(folder)
        name = _kustomization(tree, folder, source)
        files.add(name)
        content = _load(tree.read(name, limit_bytes=bounds.DIRECTORY_SOURCE_BYTES), name)
        for listed in _listed(content, name):
            path = tree.resolve_link(request.jailed(folder, listed, subject=name))
            entry = tree.entry_or_none(path)
            if entry is None:
                raise UserError(f"{listed!r} does not exist", reason="PathNotFound", subject=name)
            if entry.kind == "tree":
                todo.append(path)
            else:
                files.add(path)
        if len(files) > FILES:
            raise UserError(f"the overlay reaches more than {FILES} files", reason="TooLarge", subject=source.subject)
    return files


def _kustomization(tree: Tree, folder: str, source: ResolvedSource) -> str:
    for name in detect.KUSTOMIZATIONS:
        path = f"{folder}/{name}" if folder else name
        entry = tree.entry_or_none(path)
        if entry is not None and entry.kind in ("blob", "link"):
            return path
    raise UserError(f"folder {folder!r} has no kustomization.yaml", reason="PathNotFound", subject=source.subject)


def _listed(content: Mapping[str, Any], name: str) -> Iterator[str]:
    """Every path that a kustomization names.

    Raises:
        UserError: a base is remote, or it asks for Helm.
    """
    if content.get("helmCharts") or content.get("helmChartInflationGenerator"):
        raise UserError(
            "helmCharts in a kustomization is not supported; use a Helm source",
            reason="UnsupportedSource",
            subject=name,
        )
    for field in PATH_FIELDS + FILE_FIELDS:
        for one in content.get(field) or ():
            text = str(one)
            if "\n" in text or (field in FILE_FIELDS and ":" in text):
                continue  # an inline patch
            if REMOTE.match(text):
                raise UserError(
                    f"remote base {text!r} is not fetched; copy it into the repository",
                    reason="RemoteBase",
                    subject=name,
                )
            yield text
    for field in ("patches", "patchesJson6902", "replacements"):
        for one in content.get(field) or ():
            if isinstance(one, dict) and one.get("path"):
                yield str(one["path"])
    for field in ("configMapGenerator", "secretGenerator"):
        for one in content.get(field) or ():
            yield from (str(file).rpartition("=")[2] for file in one.get("files") or ())
            yield from (str(file) for file in (*(one.get("envs") or ()), one.get("env")) if file)
    openapi = content.get("openapi") or {}
    if openapi.get("path"):
        yield str(openapi["path"])


def _identity(tree: Tree, path: str) -> str:
    entry = tree.entry_or_none(path)
    return entry.id if entry else ""


def _load(content: bytes, name: str) -> dict[str, Any]:
    try:
        value = yaml_in.load(content, subject=name)
    except yaml_in.InvalidYAML as error:
        raise UserError(
            error.message, reason="InvalidManifest", subject=f"{name}:{error.line}:{error.column}"
        ) from error
    if not isinstance(value, dict):
        raise UserError("a kustomization must be a mapping", reason="InvalidManifest", subject=name)
    return value


def _edited(content: dict[str, Any], edits: Mapping[str, Any], build: Mapping[str, str]) -> dict[str, Any]:
    """The kustomization as `kustomize edit` would leave it, in Argo CD's order."""
    result = dict(content)
    for field in ("namePrefix", "nameSuffix", "namespace"):
        if edits.get(field):
            result[field] = edits[field]
    if edits.get("images"):
        result["images"] = _images(result.get("images") or [], [str(one) for one in edits["images"]])
    if edits.get("replicas"):
        ours = {str(one["name"]): int(one["count"]) for one in edits["replicas"]}
        kept = [one for one in result.get("replicas") or () if one.get("name") not in ours]
        result["replicas"] = [*kept, *({"name": name, "count": count} for name, count in ours.items())]
    labels = {
        name: environment.substituted(str(text), build) for name, text in (edits.get("commonLabels") or {}).items()
    }
    if labels and edits.get("labelWithoutSelector"):
        entry: dict[str, Any] = {"pairs": labels}
        if edits.get("labelIncludeTemplates"):
            entry["includeTemplates"] = True
        result["labels"] = [*(result.get("labels") or ()), entry]
    elif labels:
        result["commonLabels"] = {**(result.get("commonLabels") or {}), **labels}
    if edits.get("commonAnnotations"):
        result["commonAnnotations"] = {**(result.get("commonAnnotations") or {}), **edits["commonAnnotations"]}
    for field in ("patches", "components"):
        if edits.get(field):
            result[field] = [*(result.get(field) or ()), *edits[field]]
    return result


def _images(present: list[dict[str, Any]], wanted: list[str]) -> list[dict[str, Any]]:
    by_name = {str(one.get("name")): dict(one) for one in present}
    for text in wanted:
        match = IMAGE.match(text)
        if match is None:
            raise UserError(f"image {text!r} is not of the form [old=]new[:tag|@digest]", reason="InvalidSpecError")
        name = match["old"] or match["new"]
        entry: dict[str, Any] = {"name": name}
        if match["new"] != name:
            entry["newName"] = match["new"]
        if match["tag"]:
            entry["newTag"] = match["tag"]
        if match["digest"]:
            entry["digest"] = match["digest"]
        by_name[name] = entry
    return list(by_name.values())

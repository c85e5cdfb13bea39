"""The paths inside repositories that an ApplicationSet names, and which repository each is in."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any, Final

from dokaseca.bridge.lint.facts import PathText
from dokaseca.generate.cluster_secret import ClusterSecret
from dokaseca.generate.generators.context import TreeOf
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import DokaSecaError
from dokaseca.model.manifest import Manifest
from dokaseca.ports.git import Tree
from dokaseca.wiring.offline import preview
from dokaseca.wiring.offline.marked_sets import MarkedSet

Path = tuple[str | int, ...]
OWN_REPOSITORY: Final = "https://repositories.invalid/addons.git"  # the linted folder, where nothing else names it
_SPEC: Path = ("spec", "template", "spec")


def is_optional(application_set: Manifest, path: Path) -> bool:
    """Whether the text at a path is a value file that may be missing."""
    if "valueFiles" not in path:
        return False
    helm = manifests.get(application_set, *path[: path.index("valueFiles")], default={})
    return isinstance(helm, dict) and helm.get("ignoreMissingValueFiles") is True


async def of_set(each: MarkedSet, by_cluster: list[tuple[ClusterSecret, Manifest]], tree: TreeOf) -> list[PathText]:
    """Every path of the template and of git generators."""
    found = [PathText(text, each.place(*path)) for path, text in _of_generators(each.manifest)]
    for path, source in preview.sources(manifests.get(each.manifest, *_SPEC, default={})):
        if isinstance(source.get("path"), str):
            where = (*path, "path")
            found.append(PathText(source["path"], each.place(*_SPEC, *where), _rendered(by_cluster, where)))
        files = manifests.get(source, "helm", "valueFiles")
        for number, text in enumerate(files if isinstance(files, list) else ()):
            if isinstance(text, str) and "://" not in text:
                found.append(await _value_file(each, (*path, "helm", "valueFiles", number), text, by_cluster, tree))
    return found


async def _value_file(
    each: MarkedSet, where: Path, text: str, by_cluster: list[tuple[ClusterSecret, Manifest]], tree: TreeOf
) -> PathText:
    files = await _tree_or_none(each, where, text, by_cluster, tree)
    within = {cluster: _inside(one, where, path) for cluster, path, one in _each_rendered(by_cluster, where)}
    template = manifests.get(each.manifest, *_SPEC, default={})
    return PathText(
        text=_inside({"spec": template}, where, text),
        place=each.place(*_SPEC, *where),
        rendered=within,
        has_file=None if files is None else lambda path: _has_file(files, path),
        children=lambda folder: None if files is None else _children_or_none(files, folder),
        is_optional=is_optional(each.manifest, (*_SPEC, *where)),
        is_value_file=True,
    )


def _inside(application: Manifest, where: Path, text: str) -> str:
    """The path from its repository's root: after `$ref/`, or below the source's own folder."""
    if text.startswith("$"):
        return text.partition("/")[2]
    if text.startswith("/"):
        return text.lstrip("/")
    folder = manifests.get(application, "spec", *where[: where.index("helm")], "path", default="")
    return posixpath.join(str(folder), text)


async def _tree_or_none(
    each: MarkedSet, where: Path, text: str, by_cluster: list[tuple[ClusterSecret, Manifest]], tree: TreeOf
) -> Tree | None:
    """The repository that a value file is in; None when it is not on this machine."""
    specs = [application.get("spec") or {} for _, application in by_cluster[:1]]
    specs = specs or [manifests.get(each.manifest, *_SPEC, default={})]  # nothing is generated: as the template has it
    source: Any = manifests.get(specs[0], *where[: where.index("helm")], default={})
    if text.startswith("$"):
        name = text[1:].partition("/")[0]
        source = next((one for _, one in preview.sources(specs[0]) if one.get("ref") == name), {})
    url = str(source.get("repoURL") or "")
    if source.get("chart") or not url:
        return None
    try:
        return await tree(OWN_REPOSITORY if "addons_repo_url" in url else url, str(source.get("targetRevision") or ""))
    except DokaSecaError:
        return None


def _rendered(by_cluster: list[tuple[ClusterSecret, Manifest]], where: Path) -> dict[str, str]:
    return {cluster: text for cluster, text, _ in _each_rendered(by_cluster, where)}


def _each_rendered(
    by_cluster: list[tuple[ClusterSecret, Manifest]], where: Path
) -> Iterator[tuple[str, str, Manifest]]:
    for cluster, application in by_cluster:
        text = manifests.get(application, "spec", *where)
        if isinstance(text, str):
            yield cluster.name, text, application


def _of_generators(application_set: Manifest) -> Iterator[tuple[Path, str]]:
    """The patterns of git generators, at any depth."""
    yield from _patterns(manifests.get(application_set, "spec", "generators"), ("spec", "generators"))


def _patterns(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, dict):
        for key, one in value.items():
            if key == "path" and isinstance(one, str) and len(path) > 1 and path[-2] in ("files", "directories"):
                yield (*path, key), one
            elif len(path) < 20:  # deeper than generators nest
                yield from _patterns(one, (*path, key))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _patterns(one, (*path, number))


def _has_file(tree: Tree, path: str) -> bool:
    entry = tree.entry_or_none(posixpath.normpath(path))
    return entry is not None and entry.kind in ("blob", "link")


def _children_or_none(tree: Tree, folder: str) -> list[str] | None:
    entry = tree.entry_or_none(folder)
    if entry is None or entry.kind != "tree":
        return None
    return [posixpath.basename(one.path) for one in tree.children(folder) if one.kind == "tree"]

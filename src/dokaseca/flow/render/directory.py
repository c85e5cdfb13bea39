"""Plain YAML, JSON and jsonnet files of one folder (Argo CD: B2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dokaseca.flow.render import environment, post, request
from dokaseca.flow.render.post import Origin
from dokaseca.flow.render.request import RenderRequest, ResolvedSource, Tools
from dokaseca.kit import bounds, globs, yaml_in, yaml_out
from dokaseca.model.errors import UserError
from dokaseca.ports.git import Entry, Tree

EXTENSIONS = (".yaml", ".yml", ".json", ".jsonnet")
SKIP_MARK = b"+argocd:skip-file-rendering"
MANIFEST_SIGNS = (b"apiVersion:", b"kind:", b"metadata:")


def inputs(source: ResolvedSource, tree: Tree) -> dict[str, Any]:
    """What the result depends on: the files that take part, jsonnet libraries, and the options."""
    options = source.spec.get("directory") or {}
    libraries = [tree.entry_or_none(path) for path in _libraries(options, source)]
    return {
        "files": [[entry.path, entry.id] for entry in _files(source, tree)],
        "imports": request.folder(source, tree).id if _has_jsonnet(source, tree) else "",
        "libraries": [entry.id for entry in libraries if entry],
        "options": options,
    }


async def render(source: ResolvedSource, tree: Tree, around: RenderRequest, tools: Tools) -> list[Origin]:
    """Every object of the folder's files, in path order.

    Raises:
        UserError: a file that looks like a manifest does not parse; jsonnet fails; too much data.
    """
    found: list[Origin] = []
    room = bounds.DIRECTORY_SOURCE_BYTES
    for entry in _files(source, tree):
        content = tree.read(entry.path, limit_bytes=bounds.DIRECTORY_SOURCE_BYTES)
        room -= len(content)
        if room < 0:
            raise UserError(
                f"the manifests of this folder are larger than {bounds.DIRECTORY_SOURCE_BYTES // 2**20} MiB together",
                reason="TooLarge",
                subject=source.subject,
            )
        if SKIP_MARK in content:
            continue
        if entry.path.endswith(".jsonnet"):
            found += await _jsonnet(entry, source, tree, around, tools)
        elif _is_manifest(content, entry.path):
            found += post.parse(content, subject=entry.path)
    return found


def _files(source: ResolvedSource, tree: Tree) -> Iterator[Entry]:
    options = source.spec.get("directory") or {}
    base = request.folder(source, tree).path
    entries = tree.walk(base) if options.get("recurse") else iter(tree.children(base))
    include, exclude = str(options.get("include") or ""), str(options.get("exclude") or "")
    for entry in entries:
        relative = entry.path[len(base) :].lstrip("/")
        if entry.kind not in ("blob", "link") or not entry.path.endswith(EXTENSIONS):
            continue
        if include and not globs.matches(include, relative):
            continue
        if exclude and globs.matches(exclude, relative):
            continue
        yield entry


def _is_manifest(content: bytes, path: str) -> bool:
    """Argo CD: a file that does not parse is skipped unless it has the look of a manifest. JSON must always parse."""
    if path.endswith(".json") or any(sign in content for sign in MANIFEST_SIGNS):
        return True
    try:
        return any(document.value for document in yaml_in.load_all(content, subject=path))
    except yaml_in.InvalidYAML:
        return False


def _has_jsonnet(source: ResolvedSource, tree: Tree) -> bool:
    return any(entry.path.endswith(".jsonnet") for entry in _files(source, tree))


def _libraries(options: Mapping[str, Any], source: ResolvedSource) -> list[str]:
    listed = (options.get("jsonnet") or {}).get("libs") or ()
    return [request.jailed(str(path), subject=source.subject) for path in listed]


async def _jsonnet(
    entry: Entry, source: ResolvedSource, tree: Tree, around: RenderRequest, tools: Tools
) -> list[Origin]:
    options = source.spec.get("directory") or {}
    jsonnet = options.get("jsonnet") or {}
    variables = around.environment(source)
    libraries = _libraries(options, source)
    roots = [request.folder(source, tree).path, *libraries]
    files = {
        one.path: tree.read(one.path, limit_bytes=bounds.DIRECTORY_SOURCE_BYTES)
        for root in roots
        for one in tree.walk(root)
        if one.kind == "blob"
    }
    value = await tools.jsonnet.evaluate(
        files,
        entry.path,
        ext_vars=_variables(jsonnet.get("extVars"), variables, code=False),
        ext_code=_variables(jsonnet.get("extVars"), variables, code=True),
        tla_vars=_variables(jsonnet.get("tlas"), variables, code=False),
        tla_code=_variables(jsonnet.get("tlas"), variables, code=True),
        library_paths=tuple(libraries),
    )
    return post.parse(yaml_out.dump(value), subject=entry.path)


def _variables(listed: Any, build: Mapping[str, str], *, code: bool) -> dict[str, str]:
    return {
        str(one["name"]): environment.substituted(str(one.get("value") or ""), build)
        for one in listed or ()
        if bool(one.get("code")) is code
    }

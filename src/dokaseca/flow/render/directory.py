"""Plain YAML, JSON and jsonnet files of one folder (Argo CD: B2)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson

from dokaseca.flow.render import environment, files, jsonnet_imports, post, request, tool_settings
from dokaseca.flow.render.files import Seen
from dokaseca.flow.render.post import Origin
from dokaseca.flow.render.request import RenderRequest, ResolvedSource, Tools
from dokaseca.kit import bounds, globs
from dokaseca.model.errors import UserError
from dokaseca.ports.git import Entry, Tree

EXTENSIONS = (".yaml", ".yml", ".json", ".jsonnet")
SKIP_MARK = b"+argocd:skip-file-rendering"
MANIFEST_SIGNS = (b"apiVersion:", b"kind:", b"metadata:")


def inputs(source: ResolvedSource, tree: Tree, around: RenderRequest) -> dict[str, Any]:
    """What the result depends on: the files that take part, what jsonnet may import, and the options."""
    return {
        "path": request.folder(source, tree).path,
        "files": [[one.name, one.entry.id] for one in _files(source, tree, around)],
        "imports": [[path, entry.id] for path, entry in sorted(_importable(source, tree, around).items())],
        "options": source.spec.get("directory") or {},
        "bytes": tool_settings.directory_bytes(around.settings),
    }


async def render(source: ResolvedSource, tree: Tree, around: RenderRequest, tools: Tools) -> list[Origin]:
    """Every object of the folder's files, in path order.

    Raises:
        UserError: a file that looks like a manifest does not parse; jsonnet fails; too much data.
    """
    base = request.folder(source, tree).path
    found: list[Origin] = []
    limit = room = tool_settings.directory_bytes(around.settings)
    for seen in await asyncio.to_thread(_files, source, tree, around):
        path = f"{base}/{seen.name}" if base else seen.name
        content = tree.read(seen.entry.path, limit_bytes=limit)
        room -= len(content)
        if room < 0:
            raise UserError(
                f"the manifests of this folder are larger than {limit / 2**20:.3g} MiB together; use several "
                f"Applications, or raise {tool_settings.DIRECTORY_SIZE} in argocd-cmd-params-cm",
                reason="TooLarge",
                subject=source.subject,
            )
        if SKIP_MARK in content:
            continue
        if path.endswith(".jsonnet"):
            found += await _jsonnet(path, source, tree, around, tools)
            continue
        parse = _json if path.endswith(".json") else _yaml
        is_little = limit - room <= post.BESIDE_BYTES  # all files so far
        found += parse(content, path) if is_little else await asyncio.to_thread(parse, content, path)
    return found


def _files(source: ResolvedSource, tree: Tree, around: RenderRequest) -> list[Seen]:
    """The files that take part. Symlinks to files are followed, to folders and to nothing they are passed over."""
    options = source.spec.get("directory") or {}
    base = request.folder(source, tree).path
    entries = tree.walk(base) if options.get("recurse") else iter(tree.children(base))
    extensions = EXTENSIONS if tool_settings.reads_jsonnet(around.settings) else EXTENSIONS[:-1]
    include, exclude = str(options.get("include") or ""), str(options.get("exclude") or "")
    found: list[Seen] = []
    for entry in entries:
        relative = entry.path[len(base) :].lstrip("/")
        is_switched_off = entry.path.endswith(EXTENSIONS) and not entry.path.endswith(extensions)
        if is_switched_off or not (entry.path.endswith(extensions) or options.get("disableExtensionFilter")):
            continue
        if (include and not globs.matches(include, relative)) or (exclude and globs.matches(exclude, relative)):
            continue
        real = files.resolved_or_none(tree, entry.path) if entry.kind == "link" else entry
        if real is not None and real.kind == "blob":
            found.append(Seen(relative, real, entry.kind == "link"))
    return found


def _yaml(content: bytes, path: str) -> list[Origin]:
    """Argo CD passes over a file that holds no Kubernetes object, unless it looks as if it should."""
    try:
        return post.parse(content, subject=path)
    except post.NoManifest as error:
        if all(sign in content for sign in MANIFEST_SIGNS) or _begins_well(content, path, error.subject):
            raise
        return []


def _begins_well(content: bytes, path: str, where: str) -> bool:
    """Whether objects stand in the documents before the broken one: then it is a slip, not another kind of file."""
    line = int(where.removeprefix(f"{path}:").partition(":")[0])
    before = content.split(b"\n")[: line - 1]
    while before and not before.pop().startswith(b"---"):
        pass
    try:
        return bool(post.parse(b"\n".join(before), subject=path))
    except UserError:
        return False


def _json(content: bytes, path: str) -> list[Origin]:
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise UserError(
            f"is not one JSON object ({error.msg})",
            reason="InvalidManifest",
            subject=f"{path}:{error.lineno}:{error.colno}",
        ) from error
    return post.of_value(value, f"{path}:1")


def _libraries(source: ResolvedSource, tree: Tree) -> list[str]:
    """Where imports are looked for: the last of `libs` first, the source's own folder last (go-jsonnet's importer)."""
    options = source.spec.get("directory") or {}
    listed = (options.get("jsonnet") or {}).get("libs") or ()
    libraries = [request.jailed(str(path), subject=source.subject) for path in listed]
    return [*reversed(libraries), request.folder(source, tree).path]


def _importable(source: ResolvedSource, tree: Tree, around: RenderRequest) -> dict[str, Entry]:
    """The programs of the folder and all that they import."""
    base = request.folder(source, tree).path
    programs = [
        request.jailed(base, one.name, subject=source.subject)
        for one in _files(source, tree, around)
        if _is_program(one)
    ]
    return jsonnet_imports.reached(tree, programs, _libraries(source, tree), subject=source.subject)


def _imported(source: ResolvedSource, tree: Tree, around: RenderRequest) -> dict[str, bytes]:
    return {
        name: tree.read(entry.path, limit_bytes=bounds.DIRECTORY_SOURCE_BYTES)
        for name, entry in _importable(source, tree, around).items()
    }


def _is_program(one: Seen) -> bool:
    return one.name.endswith(".jsonnet")


async def _jsonnet(path: str, source: ResolvedSource, tree: Tree, around: RenderRequest, tools: Tools) -> list[Origin]:
    options = (source.spec.get("directory") or {}).get("jsonnet") or {}
    variables = around.environment(source)
    value = await tools.jsonnet.evaluate(
        await asyncio.to_thread(_imported, source, tree, around),
        path,
        ext_vars=_variables(options.get("extVars"), variables, code=False),
        ext_code=_variables(options.get("extVars"), variables, code=True),
        tla_vars=_variables(options.get("tlas"), variables, code=False),
        tla_code=_variables(options.get("tlas"), variables, code=True),
        library_paths=tuple(_libraries(source, tree)),
    )
    listed = value if isinstance(value, list) else [value]
    return [origin for one in listed for origin in post.of_value(one, path)]


def _variables(listed: Any, build: Mapping[str, str], *, code: bool) -> dict[str, str]:
    return {
        str(one["name"]): environment.substituted(str(one.get("value") or ""), build)
        for one in listed or ()
        if bool(one.get("code")) is code
    }

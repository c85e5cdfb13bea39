"""Helm charts, from a repository of charts or from Git (Argo CD: B2)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dokaseca.flow.render import environment, files, helm_ignore, parameters, post, request, value_files, values
from dokaseca.flow.render.post import Origin
from dokaseca.flow.render.request import RenderRequest, ResolvedSource, Tools
from dokaseca.kit import bounds
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import UserError
from dokaseca.ports.git import Entry, Tree
from dokaseca.ports.renderer import HelmRequest

FILE_OPTIONS = ("valueFiles", "fileParameters")
VERSIONS = ("", "v3")  # of Helm, as an Application may name it; Argo CD refuses others too


@dataclass(frozen=True, slots=True)
class _Values:
    """The merged values, and where parameters put whole numbers: Helm's `--set` types them, its value files do not."""

    merged: dict[str, Any]
    integers: tuple[parameters.Path, ...]


def inputs(source: ResolvedSource, around: RenderRequest) -> dict[str, Any]:
    """What the result depends on: the chart, every value file, and everything templates may ask."""
    helm = source.spec.get("helm") or {}
    _check_version(helm, source)
    located = [value_files.locate(str(one.get("path") or ""), source, around) for one in _list(helm, "fileParameters")]
    return {
        "chart": _chart_identity(source),
        "values": [[one.shown, one.identity] for one in value_files.listed(source, helm, around)],
        "files": [
            [one.get("name"), at.shown, at.identity]
            for one, at in zip(_list(helm, "fileParameters"), located, strict=True)
        ],
        "helm": {name: value for name, value in helm.items() if name not in FILE_OPTIONS},
        "environment": environment.used(helm, around.environment(source)),
        "release": _release(helm, around),
        "kube": [around.kube_version, list(around.api_versions)],
    }


async def render(source: ResolvedSource, around: RenderRequest, tools: Tools) -> list[Origin]:
    """Every object of the chart, CRDs first.

    Raises:
        UserError: the chart, a value file or a template is wrong.
        TransientError: the chart repository does not answer.
    """
    helm = source.spec.get("helm") or {}
    build = around.environment(source)
    name, namespace = _release(helm, around)
    archive = await tools.charts.archive(source.chart) if source.chart else None
    given = await asyncio.to_thread(_merged, source, helm, around, archive)
    text = await tools.helm.render(
        HelmRequest(
            release_name=name,
            namespace=namespace,
            values=given.merged,
            integers=given.integers,
            archive=archive,
            files=await asyncio.to_thread(_chart_files, source, source.tree) if source.tree else {},
            kube_version=str(helm.get("kubeVersion") or around.kube_version),
            api_versions=tuple(environment.substituted(str(one), build) for one in _list(helm, "apiVersions"))
            or around.api_versions,
            include_crds=not helm.get("skipCrds"),
            skip_tests=bool(helm.get("skipTests")),
            skip_schema_validation=bool(helm.get("skipSchemaValidation")),
        )
    )
    found = await post.parse_chart_beside(text, chart=str(source.spec.get("chart") or source.spec.get("path")))
    return [one for one in found if not _is_test(one[0])]


def _check_version(helm: Mapping[str, Any], source: ResolvedSource) -> None:
    version = str(helm.get("version") or "")
    if version not in VERSIONS:
        raise UserError(
            f"Helm version {version!r} is not there; remove helm.version, or write v3",
            reason="UnsupportedSource",
            subject=source.subject,
        )


def _release(helm: Mapping[str, Any], around: RenderRequest) -> tuple[str, str]:
    return (
        str(helm.get("releaseName") or around.app_name),
        str(helm.get("namespace") or around.destination_namespace),
    )


def _merged(source: ResolvedSource, helm: Mapping[str, Any], around: RenderRequest, archive: bytes | None) -> _Values:
    """Low to high: value files in order, valuesObject or values, then as Helm orders its own options: parameters, those
    that are forced to be strings, fileParameters."""
    result: dict[str, Any] = {}
    for one in value_files.listed(source, helm, around):
        content = value_files.read(one, source, archive)
        if content is None and not helm.get("ignoreMissingValueFiles"):
            raise value_files.missing(one, source)
        for document in value_files.parse(content or b"", one.shown):
            result = values.merged(result, document)
    inline = helm.get("valuesObject")
    written = [inline] if inline is not None else value_files.parse(str(helm.get("values") or ""), "helm.values")
    for document in written:
        result = values.merged(result, document)
    settings = _parameters(source, helm, around)
    for path, value in [*settings, *_file_parameters(source, helm, around, archive)]:
        result = parameters.with_value(result, path, value)
    typed = {at for path, value in settings for at in _integers(path, value)}
    integers = [path for path in typed if type(parameters.at(result, path)) is int]
    return _Values(result, tuple(sorted(integers, key=str)))


def _integers(path: parameters.Path, value: Any) -> list[parameters.Path]:
    if isinstance(value, list):
        return [(*path, index) for index, one in enumerate(value) if type(one) is int]
    return [path] if type(value) is int else []


def _parameters(
    source: ResolvedSource, helm: Mapping[str, Any], around: RenderRequest
) -> list[tuple[parameters.Path, Any]]:
    build = around.environment(source)
    found = []
    for one in sorted(_list(helm, "parameters"), key=lambda one: bool(one.get("forceString"))):
        text = environment.substituted(str(one.get("value") or ""), build)
        value = parameters.value_of(text, force_string=bool(one.get("forceString")))
        found.append((parameters.path_of(str(one.get("name") or "")), value))
    return found


def _file_parameters(
    source: ResolvedSource, helm: Mapping[str, Any], around: RenderRequest, archive: bytes | None
) -> list[tuple[parameters.Path, Any]]:
    found = []
    for one in _list(helm, "fileParameters"):
        located = value_files.locate(str(one.get("path") or ""), source, around)
        content = value_files.read(located, source, archive)
        if content is None:
            raise value_files.missing(located, source)
        found.append((parameters.path_of(str(one.get("name") or "")), content.decode(errors="replace")))
    return found


def _list(helm: Mapping[str, Any], name: str) -> list[Any]:
    return list(helm.get(name) or ())


def _chart_identity(source: ResolvedSource) -> list[Any]:
    if source.chart is not None:
        return [source.chart.repository, source.chart.chart, source.chart.version, source.chart.digest]
    if source.tree is None:
        return []
    return [[name, entry.id] for name, entry in sorted(_chart_entries(source, source.tree).items())]


def _chart_files(source: ResolvedSource, tree: Tree) -> dict[str, bytes]:
    room = bounds.CHART_UNPACKED_BYTES
    found: dict[str, bytes] = {}
    for name, entry in _chart_entries(source, tree).items():
        found[name] = tree.read(entry.path, limit_bytes=bounds.CHART_ARCHIVE_BYTES)
        room -= len(found[name])
        if room < 0:
            raise UserError("the chart is too large", reason="TooLarge", subject=source.subject)
    return found


def _chart_entries(source: ResolvedSource, tree: Tree) -> dict[str, Entry]:
    """The unpacked chart as Helm sees it: symlinks followed inside the repository, `.helmignore` heeded."""
    base = request.folder(source, tree).path
    seen = {one.name: one.entry for one in files.below(tree, base, subject=source.subject)}
    rules = seen.get(helm_ignore.FILE)
    ignore = tree.read(rules.path, limit_bytes=value_files.VALUES_BYTES) if rules else b""
    is_ignored = helm_ignore.reader(ignore, subject=source.subject)
    return {name: entry for name, entry in seen.items() if not is_ignored(name)}


def _is_test(manifest: manifests.Manifest) -> bool:
    hooks = [one.strip() for one in manifests.annotations(manifest).get("helm.sh/hook", "").split(",")]
    return all(one.startswith("test") for one in hooks)

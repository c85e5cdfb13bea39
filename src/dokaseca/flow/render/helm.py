"""Helm charts, from a repository of charts or from Git (Argo CD: B2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dokaseca.flow.render import environment, post, request, values
from dokaseca.flow.render.post import Origin
from dokaseca.flow.render.request import RenderRequest, ResolvedSource, Tools
from dokaseca.kit import bounds, globs, yaml_in
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import NotFoundError, UserError
from dokaseca.ports.git import Tree
from dokaseca.ports.renderer import HelmRequest

VALUES_BYTES = 4 * 1024 * 1024
GLOB_CHARACTERS = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class _Located:
    """A value file: where it lies, in which tree."""

    tree: Tree
    path: str
    shown: str


def inputs(source: ResolvedSource, around: RenderRequest) -> dict[str, Any]:
    """What the result depends on: the chart, every value file, and everything templates may ask."""
    helm = source.spec.get("helm") or {}
    return {
        "chart": _chart_identity(source),
        "values": [[one.shown, _identity(one)] for one in _value_files(source, helm, around)],
        "files": [
            [one["name"], _identity(_locate(str(one["path"]), source, around))] for one in _file_parameters(helm)
        ],
        "helm": {name: value for name, value in helm.items() if name not in ("valueFiles", "fileParameters")},
        "environment": around.environment(source) if "$" in str(helm.get("parameters") or "") else {},
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
    name, namespace = _release(helm, around)
    text = await tools.helm.render(
        HelmRequest(
            release_name=name,
            namespace=namespace,
            values=_merged(source, helm, around),
            archive=await tools.charts.archive(source.chart) if source.chart else None,
            files=_chart_files(source) if source.tree else {},
            kube_version=str(helm.get("kubeVersion") or around.kube_version),
            api_versions=tuple(helm.get("apiVersions") or around.api_versions),
            include_crds=not helm.get("skipCrds"),
            skip_tests=bool(helm.get("skipTests")),
            skip_schema_validation=bool(helm.get("skipSchemaValidation")),
        )
    )
    found = post.parse_chart(text, chart=str(source.spec.get("chart") or source.spec.get("path")))
    return [one for one in found if not _is_test(one[0])]


def _release(helm: Mapping[str, Any], around: RenderRequest) -> tuple[str, str]:
    return (
        str(helm.get("releaseName") or around.app_name),
        str(helm.get("namespace") or around.destination_namespace),
    )


def _merged(source: ResolvedSource, helm: Mapping[str, Any], around: RenderRequest) -> dict[str, Any]:
    """Low to high: value files in order, valuesObject or values, fileParameters, parameters."""
    result: dict[str, Any] = {}
    for one in _value_files(source, helm, around):
        result = values.merged(result, _load(_read(one), one.shown))
    inline = helm.get("valuesObject") or _load(str(helm.get("values") or ""), "helm.values")
    result = values.merged(result, inline)
    for parameter in _file_parameters(helm):
        content = _read(_locate(str(parameter["path"]), source, around)).decode(errors="replace")
        result = values.with_parameter(result, str(parameter["name"]), content, force_string=True)
    build = around.environment(source)
    for parameter in helm.get("parameters") or ():
        text = environment.substituted(str(parameter.get("value") or ""), build)
        force_string = bool(parameter.get("forceString"))
        result = values.with_parameter(result, str(parameter["name"]), text, force_string=force_string)
    return result


def _value_files(source: ResolvedSource, helm: Mapping[str, Any], around: RenderRequest) -> list[_Located]:
    """The value files that exist, in order; a glob gives its matches in lexical order.

    Raises:
        UserError: a file is missing and `ignoreMissingValueFiles` is off, or it lies outside its repository.
    """
    build = around.environment(source)
    found: list[_Located] = []
    for listed in helm.get("valueFiles") or ():
        located = _locate(environment.substituted(str(listed), _kept_refs(build, around)), source, around)
        matches = _expanded(located)
        if not matches and not helm.get("ignoreMissingValueFiles") and not _is_glob(located.path):
            raise UserError(
                f"value file {located.shown} does not exist; add it, or set helm.ignoreMissingValueFiles",
                reason="PathNotFound",
                subject=source.subject,
            )
        found += [one for one in matches if one.shown not in {known.shown for known in found}]
    return found


def _kept_refs(build: Mapping[str, str], around: RenderRequest) -> dict[str, str]:
    """The build environment, with `$ref` names left as they are."""
    return {**build, **{name[1:]: name for name in around.refs()}}


def _locate(listed: str, source: ResolvedSource, around: RenderRequest) -> _Located:
    first, _, rest = listed.partition("/")
    if first.startswith("$"):
        ref = around.refs().get(first)
        if ref is None or ref.tree is None:
            raise UserError(
                f"value file {listed} names {first}, but no Git source has ref {first[1:]!r}",
                reason="InvalidSpecError",
                subject=source.subject,
            )
        return _Located(ref.tree, request.jailed(rest, subject=source.subject), listed)
    if "://" in listed:
        raise UserError(
            f"value file {listed} is a URL; put it into a repository and refer to it by $ref",
            reason="UnsupportedSource",
            subject=source.subject,
        )
    if source.tree is None:
        raise UserError(
            f"value file {listed} cannot lie in a chart repository; use a source with ref and $ref/{listed}",
            reason="InvalidSpecError",
            subject=source.subject,
        )
    base = str(source.spec.get("path") or "")
    return _Located(source.tree, request.jailed(base, listed, subject=source.subject), listed)


def _expanded(located: _Located) -> list[_Located]:
    if not _is_glob(located.path):
        path = located.tree.resolve_link(located.path)
        entry = located.tree.entry_or_none(path)
        return [_Located(located.tree, path, located.shown)] if entry is not None and entry.kind == "blob" else []
    base = located.path[: min(located.path.find(char) for char in GLOB_CHARACTERS if char in located.path)]
    root = base.rpartition("/")[0]
    return [
        _Located(located.tree, entry.path, entry.path)
        for entry in located.tree.walk(root)
        if entry.kind == "blob" and globs.matches(located.path, entry.path, separator="/")
    ]


def _is_glob(path: str) -> bool:
    return any(char in path for char in GLOB_CHARACTERS)


def _file_parameters(helm: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(helm.get("fileParameters") or ())


def _identity(one: _Located) -> str:
    entry = one.tree.entry_or_none(one.path)
    return entry.id if entry else ""


def _read(one: _Located) -> bytes:
    try:
        return one.tree.read(one.path, limit_bytes=VALUES_BYTES)
    except NotFoundError as error:
        raise UserError(f"file {one.shown} does not exist", reason="PathNotFound") from error


def _load(text: bytes | str, subject: str) -> dict[str, Any]:
    try:
        value = yaml_in.load(text, subject=subject)
    except yaml_in.InvalidYAML as error:
        raise UserError(
            error.message, reason="InvalidValues", subject=f"{subject}:{error.line}:{error.column}"
        ) from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UserError("values must be a mapping", reason="InvalidValues", subject=subject)
    return value


def _chart_identity(source: ResolvedSource) -> list[str]:
    if source.chart is not None:
        return [source.chart.repository, source.chart.chart, source.chart.version, source.chart.digest]
    tree = source.tree
    return [request.folder(source, tree).id] if tree is not None else []


def _chart_files(source: ResolvedSource) -> dict[str, bytes]:
    """The unpacked chart; symlinks are followed inside the repository only."""
    tree = source.tree
    if tree is None:
        return {}
    base = request.folder(source, tree).path
    files: dict[str, bytes] = {}
    room = bounds.CHART_UNPACKED_BYTES
    for entry in tree.walk(base):
        if entry.kind not in ("blob", "link"):
            continue
        content = tree.read(entry.path, limit_bytes=bounds.CHART_ARCHIVE_BYTES)
        room -= len(content)
        if room < 0:
            raise UserError("the chart is too large", reason="TooLarge", subject=source.subject)
        files[entry.path[len(base) :].lstrip("/")] = content
    return files


def _is_test(manifest: manifests.Manifest) -> bool:
    hooks = manifests.annotations(manifest).get("helm.sh/hook", "")
    return any(one.strip().startswith("test") for one in hooks.split(","))

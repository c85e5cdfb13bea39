"""`.argocd-source.yaml`: options that a repository itself lays over an Application's source. Pure (Argo CD: B2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dokaseca.flow.render import files, request
from dokaseca.flow.render.request import RenderRequest, ResolvedSource
from dokaseca.kit import json_merge, yaml_in
from dokaseca.model.errors import UserError
from dokaseca.ports.git import Tree

FILE_BYTES = 1024 * 1024
PROTECTED = ("repoURL", "path", "targetRevision", "chart")  # a repository must not send the Application elsewhere


def applied(around: RenderRequest) -> RenderRequest:
    """`around` with every source as its repository wants it: the file for all, then the one for this Application.

    Raises:
        UserError: such a file is no mapping.
    """
    return replace(around, sources=tuple(_applied(source, around.app_name) for source in around.sources))


def _applied(source: ResolvedSource, app_name: str) -> ResolvedSource:
    if source.tree is None or (source.spec.get("ref") and not source.spec.get("path")):
        return source
    spec: Mapping[str, Any] = source.spec
    for name in (".argocd-source.yaml", f".argocd-source-{app_name}.yaml"):
        path = request.jailed(str(source.spec.get("path") or ""), name, subject=source.subject)
        patch = _read(source.tree, path)
        spec = json_merge.apply(spec, {key: value for key, value in patch.items() if key not in PROTECTED})
    return replace(source, spec=spec)


def _read(tree: Tree, path: str) -> dict[str, Any]:
    entry = files.resolved_or_none(tree, path)
    if entry is None or entry.kind != "blob":
        return {}
    try:
        value = yaml_in.load(tree.read(entry.path, limit_bytes=FILE_BYTES), subject=path)
    except yaml_in.InvalidYAML as error:
        raise UserError(
            error.message, reason="InvalidSpecError", subject=f"{path}:{error.line}:{error.column}"
        ) from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UserError("must be a mapping of source options", reason="InvalidSpecError", subject=path)
    return value

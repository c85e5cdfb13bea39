"""What rendering is asked for, and the tools it may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dokaseca.kit import paths, redact
from dokaseca.model.errors import UserError
from dokaseca.model.revision import ChartVersion
from dokaseca.ports.charts import Charts
from dokaseca.ports.git import Entry, Tree
from dokaseca.ports.object_store import ObjectStore
from dokaseca.ports.renderer import Helm, Jsonnet, Kustomize


@dataclass(frozen=True, slots=True)
class ResolvedSource:
    """One source at one revision: `tree` for Git, `chart` for a chart repository."""

    spec: Mapping[str, Any]
    revision: str
    tree: Tree | None
    chart: ChartVersion | None

    @property
    def subject(self) -> str:
        """How messages call the source."""
        where = self.spec.get("chart") or self.spec.get("path") or "."
        return f"{redact.text(str(self.spec.get('repoURL')))} {where} at {self.revision[:12]}"


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """One Application's sources and what templates may ask about their surroundings."""

    app_name: str
    app_namespace: str
    project: str
    destination_namespace: str
    sources: tuple[ResolvedSource, ...]
    kube_version: str
    api_versions: tuple[str, ...]

    def refs(self) -> dict[str, ResolvedSource]:
        """Sources by their `ref` name, with the leading `$`."""
        return {f"${source.spec['ref']}": source for source in self.sources if source.spec.get("ref")}

    def environment(self, source: ResolvedSource) -> dict[str, str]:
        """Argo CD's build environment for one source."""
        return {
            "ARGOCD_APP_NAME": self.app_name,
            "ARGOCD_APP_NAMESPACE": self.destination_namespace,
            "ARGOCD_APP_PROJECT_NAME": self.project,
            "ARGOCD_APP_REVISION": source.revision,
            "ARGOCD_APP_REVISION_SHORT": source.revision[:7],
            "ARGOCD_APP_REVISION_SHORT_8": source.revision[:8],
            "ARGOCD_APP_SOURCE_REPO_URL": str(source.spec.get("repoURL") or ""),
            "ARGOCD_APP_SOURCE_PATH": str(source.spec.get("path") or ""),
            "ARGOCD_APP_SOURCE_TARGET_REVISION": str(source.spec.get("targetRevision") or ""),
        }


@dataclass(frozen=True, slots=True)
class Tools:
    """The doors of this room."""

    helm: Helm
    kustomize: Kustomize
    jsonnet: Jsonnet
    charts: Charts
    cache: ObjectStore


def jailed(*parts: str, subject: str) -> str:
    """`parts` joined inside the repository.

    Raises:
        UserError: reason PathEscapes.
    """
    try:
        return paths.join(*parts)
    except paths.EscapesJail as error:
        raise UserError(str(error), reason="PathEscapes", subject=subject) from error


def folder(source: ResolvedSource, tree: Tree) -> Entry:
    """The folder that a Git source's `path` names.

    Raises:
        UserError: reason PathNotFound.
    """
    path = tree.resolve_link(jailed(str(source.spec.get("path") or ""), subject=source.subject))
    entry = tree.entry_or_none(path)
    if entry is None or entry.kind != "tree":
        raise UserError(
            f"path {path!r} does not exist in the repository at {source.revision[:12]}; "
            "correct spec.source.path or push it",
            reason="PathNotFound",
            subject=redact.text(str(source.spec.get("repoURL"))),
        )
    return entry

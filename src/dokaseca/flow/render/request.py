"""What rendering is asked for, and the tools it may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dokaseca.flow.render.failures import Failures
from dokaseca.flow.render.plugin_definition import Plugin
from dokaseca.kit import paths, redact
from dokaseca.model.errors import UserError
from dokaseca.model.revision import ChartVersion
from dokaseca.model.settings import Settings
from dokaseca.ports.charts import Charts
from dokaseca.ports.git import Entry, Tree
from dokaseca.ports.object_store import ObjectStore
from dokaseca.ports.renderer import Helm, Jsonnet, Kustomize, Plugins


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
    """One Application's sources and what templates may ask about their surroundings.

    Attributes:
        settings: what the platform owner set.
        plugins: the config management plugins that are registered.
        is_hard: somebody asked for a hard refresh: earlier failures do not count.
    """

    app_name: str
    app_namespace: str
    project: str
    destination_namespace: str
    sources: tuple[ResolvedSource, ...]
    kube_version: str
    api_versions: tuple[str, ...]
    settings: Settings = field(default_factory=Settings)
    plugins: tuple[Plugin, ...] = ()
    is_hard: bool = False

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
    """The doors of this room.

    Attributes:
        plugins: runs config management plugins; None where none may run.
        failures: remembers what failed; None forgets it.
    """

    helm: Helm
    kustomize: Kustomize
    jsonnet: Jsonnet
    charts: Charts
    cache: ObjectStore
    plugins: Plugins | None = None
    failures: Failures | None = None


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

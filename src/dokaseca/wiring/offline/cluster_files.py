"""Clusters as files describe them: Secrets, a platform file, tfvars, the clusters repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dokaseca.bridge import platform as platforms
from dokaseca.bridge import platform_places, registration, render, tfvars
from dokaseca.bridge.places import Note, Place
from dokaseca.bridge.platform import Platform
from dokaseca.generate import cluster_secret
from dokaseca.generate.cluster_secret import ClusterSecret
from dokaseca.kit import bounds, yaml_in
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest
from dokaseca.wiring.layout import Layout
from dokaseca.wiring.offline.folder_tree import FolderTree

NAMESPACE = "argocd"
TFVARS = (".tfvars", ".tfvars.json")
_SUFFIXES = (".yaml", ".yml", ".json", ".tfvars")
_WANTED = (
    "a cluster is a Secret labelled argocd.argoproj.io/secret-type: cluster, a Cluster of cluster.x-k8s.io, a platform "
    "file, or a .tfvars file"
)


@dataclass(frozen=True, slots=True)
class Registered:
    """One cluster of the input.

    Attributes:
        manifest: its Secret; addresses are placeholders where no cluster runs.
        file: which input describes it.
        places: lines of its labels and annotations, as far as the input has any.
        vocabulary: label to the values that the input's author may choose from, where that is known.
    """

    manifest: Manifest
    file: str
    places: Mapping[str, Place] = field(default_factory=dict)
    vocabulary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.secret.name

    @property
    def secret(self) -> ClusterSecret:
        return cluster_secret.from_secret(self.manifest)


@dataclass(slots=True)
class Clusters:
    """All clusters of the input, in its order."""

    registered: list[Registered] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def secrets(self, namespace: str) -> list[ClusterSecret]:
        """Those that ApplicationSets of a namespace see; the later of two with one name counts."""
        visible = (one for one in self.registered if (manifests.namespace(one.manifest) or NAMESPACE) == namespace)
        return [one.secret for one in visible]


def read(inputs: Sequence[Path]) -> Clusters:
    """The clusters of files and folders.

    Raises:
        UserError: one cannot be read, is wrong, or describes no cluster.
    """
    clusters = Clusters()
    for given in inputs:
        before = len(clusters.registered)
        for shown, content in _files(given):
            _add(clusters, shown, content)
        if len(clusters.registered) == before:
            raise UserError(f"{given} describes no cluster; {_WANTED}", reason="NoClusters")
    return clusters


def read_file(path: Path, *, limit_bytes: int = bounds.YAML_DOCUMENT_BYTES) -> bytes:
    """One file that the user named; a pipe is as good, as of `<(kubectl get secrets -o yaml)`.

    Raises:
        UserError: it is not there, a folder, too large, or not readable.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(limit_bytes + 1)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}", reason="FileNotReadable") from error
    if len(content) > limit_bytes:
        raise UserError(f"{path} is larger than {limit_bytes // 2**20} MiB", reason="TooLarge")
    return content


def _files(given: Path) -> Iterator[tuple[str, bytes]]:
    if not given.is_dir():
        yield str(given), read_file(given)
        return
    tree = FolderTree(given)
    for entry in tree.walk(""):
        if entry.kind == "blob" and entry.path.endswith(_SUFFIXES):
            yield str(given / entry.path), tree.read(entry.path, limit_bytes=bounds.YAML_DOCUMENT_BYTES)


def _add(clusters: Clusters, shown: str, content: bytes) -> None:
    if shown.endswith(TFVARS):
        _add_variables(clusters, shown, content)
        return
    try:
        documents = yaml_in.load_all(content, subject=shown)
    except yaml_in.InvalidYAML as error:
        raise UserError(str(error), reason="InvalidYAML") from error
    for value in (one.value for one in documents):
        items = value.get("items") if isinstance(value, dict) and str(value.get("kind")).endswith("List") else [value]
        for manifest in items if isinstance(items, list) else []:
            if isinstance(manifest, dict):
                _add_manifest(clusters, shown, content, manifest)


def _add_manifest(clusters: Clusters, shown: str, content: bytes, manifest: Manifest) -> None:
    kind = manifest.get("kind")
    if kind == "Platform":
        _add_platform(clusters, shown, content)
    elif kind == "Secret" and cluster_secret.is_cluster_secret(manifest):
        registered = Registered(manifest, shown)
        if not registered.name:
            raise UserError(
                f"{shown}: Secret {manifests.name(manifest)} has no data.name", reason="InvalidClusterSecret"
            )
        clusters.registered.append(registered)
    elif kind == "Cluster" and str(manifest.get("apiVersion")).startswith("cluster.x-k8s.io/"):
        hub = registration.hub_or_none(one.manifest for one in clusters.registered)
        clusters.registered.append(Registered(render.of_cluster(manifest, hub), shown))


def _add_variables(clusters: Clusters, shown: str, content: bytes) -> None:
    manifest, found = render.of_variables(tfvars.read(content, subject=shown))
    clusters.registered.append(Registered(manifest, shown, found.places, tfvars.VOCABULARY))
    clusters.notes += found.notes


def _add_platform(clusters: Clusters, shown: str, content: bytes) -> None:
    platform = platforms.load(content, subject=shown)
    places = platform_places.of(content, subject=shown)
    for manifest in render.of_platform(platform, repository_urls(Path(shown), platform)):
        if manifest["kind"] == "Secret":
            name = manifests.name(manifest)
            clusters.registered.append(Registered(manifest, shown, places.get(name, {})))


def repository_urls(file: Path, platform: Platform) -> dict[str, str]:
    """The repositories of the folder that a platform file lies in, if a platform has been brought up there."""
    layout = Layout(file.absolute().parent)
    return {name: layout.bare(name).as_uri() for name in platform.repositories if layout.bare(name).is_dir()}

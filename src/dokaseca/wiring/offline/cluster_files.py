"""Clusters as files describe them: Secrets, a platform file, tfvars, the clusters repository."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from dokaseca.ports.git import Tree
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
        secret: what generators see of it.
        places: lines of its labels and annotations, as far as the input has any.
        vocabulary: label to the values that the input's author may choose from, where that is known.
    """

    manifest: Manifest
    file: str
    places: Mapping[str, Place] = field(default_factory=dict)
    vocabulary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    secret: ClusterSecret = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "secret", cluster_secret.from_secret(self.manifest))

    @property
    def name(self) -> str:
        return self.secret.name


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
    """The clusters of files and folders on disk.

    Raises:
        UserError: one cannot be read, is wrong, or describes no cluster.
    """
    clusters = Clusters()
    for given in inputs:
        if not add(clusters, files_on_disk(given)):
            raise UserError(f"{given} describes no cluster; {_WANTED}", reason="NoClusters")
    return clusters


def add(clusters: Clusters, files: Iterable[tuple[str, bytes]]) -> int:
    """Add what files, as (shown path, content), describe; how many clusters that was.

    Raises:
        UserError: one is wrong.
    """
    before = len(clusters.registered)
    for shown, content in files:
        _add(clusters, shown, content)
    return len(clusters.registered) - before


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


def files_on_disk(given: Path) -> Iterator[tuple[str, bytes]]:
    """A file itself, or every file of a folder that may describe clusters."""
    if not given.is_dir():
        yield str(given), read_file(given)
        return
    yield from files_of_tree(FolderTree(given), "", given)


def files_of_tree(tree: Tree, path: str, shown: Path) -> Iterator[tuple[str, bytes]]:
    """The same for a path of a tree that is shown as `shown`; nothing where there is no such path."""
    entry = tree.entry_or_none(path)
    if entry is not None and entry.kind != "tree":
        yield str(shown), tree.read(path, limit_bytes=bounds.YAML_DOCUMENT_BYTES)
        return
    for each in tree.walk(path) if entry is not None else ():
        if each.kind == "blob" and each.path.endswith(_SUFFIXES):
            below = each.path[len(path) :].lstrip("/")
            yield str(shown / below), tree.read(each.path, limit_bytes=bounds.YAML_DOCUMENT_BYTES)


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

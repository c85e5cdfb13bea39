"""What rules look at: everything is read, resolved and placed already."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from dokaseca.bridge.places import Place

FLAG: Final = "enable_"
BASE_LABELS: Final = frozenset({"cluster_name", "environment", "enable_argocd", "argocd.argoproj.io/secret-type"})
BASE_ANNOTATIONS: Final = frozenset({"cluster_name", "environment"})
ENVIRONMENT_LABELS: Final = ("environment", "env")

ReferenceKind = Literal["label", "annotation"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition of a cluster selector, its values resolved; `operator` is In, NotIn, Exists or DoesNotExist."""

    key: str
    operator: str
    values: frozenset[str]
    place: Place


@dataclass(frozen=True, slots=True)
class Selector:
    """The conditions of one clusters generator.

    Attributes:
        is_override: whether it only overrides what an earlier child of a merge has selected.
    """

    requirements: tuple[Requirement, ...]
    is_override: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Reference:
    """A label or annotation that a template or generator reads.

    Attributes:
        name: its key.
        text: the action, as written.
        is_optional: whether a file that is missing because of it is ignored.
    """

    kind: ReferenceKind
    name: str
    text: str
    place: Place
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class PathText:
    """A path inside a repository.

    Attributes:
        text: as written, placeholders in it; without `$ref/`.
        rendered: what it becomes for each cluster that it was rendered for.
        has_file: says whether a path is a file of its repository; None when the repository is not known.
        children: names of what lies in a folder of its repository, None when there is no such folder.
        is_optional: whether a missing file is ignored.
        is_value_file: whether it is one of Helm's value files.
    """

    text: str
    place: Place
    rendered: Mapping[str, str] = field(default_factory=dict)
    has_file: Callable[[str], bool] | None = None
    children: Callable[[str], list[str] | None] = lambda _: None
    is_optional: bool = False
    is_value_file: bool = False


@dataclass(frozen=True, slots=True)
class Leftover:
    """A placeholder that is still there after rendering: `text` is it, `cluster` for whom."""

    text: str
    cluster: str
    place: Place


@dataclass(frozen=True, slots=True)
class Generated:
    """One Application for one cluster.

    Attributes:
        versions: of its chart sources, chart to targetRevision.
    """

    name: str
    cluster: str
    environment: str
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ApplicationSet:
    """One ApplicationSet, read.

    Attributes:
        name_place: where the template's name stands.
        version_place: where the (base) chart version stands.
        failure: why it generates nothing, empty when it does.
    """

    name: str
    place: Place
    name_place: Place
    version_place: Place
    selectors: tuple[Selector, ...] = ()
    references: tuple[Reference, ...] = ()
    paths: tuple[PathText, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    generated: tuple[Generated, ...] = ()
    failure: str = ""

    def requirements(self) -> Iterator[Requirement]:
        for selector in self.selectors:
            yield from selector.requirements


@dataclass(frozen=True, slots=True)
class Cluster:
    """One registered cluster.

    Attributes:
        file: which input describes it.
        places: of labels and annotations, as far as the input has lines for them.
        vocabulary: label to the values that its author may choose from, where that is known.
    """

    name: str
    file: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    places: Mapping[str, Place]
    vocabulary: Mapping[str, tuple[str, ...]]
    is_hub: bool = False

    @property
    def environment(self) -> str:
        return self.labels.get("environment") or self.labels.get("env") or ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it.

    Attributes:
        declared: flags that Terraform code knows, whether or not a cluster sets them, with their places.
        environments: in the order in which versions reach them.
        taken_twice: ApplicationSets of one name: (the one that does not count, message).
    """

    sets: tuple[ApplicationSet, ...]
    clusters: tuple[Cluster, ...]
    declared: Mapping[str, Place] = field(default_factory=dict)
    environments: tuple[str, ...] = ()
    taken_twice: tuple[tuple[Place, str], ...] = ()

    def flags(self) -> dict[str, Place]:
        """Every flag that the user's files set, with the first place; those that a bridge adds itself are no flags."""
        found = dict(self.declared)
        for cluster in self.clusters:
            for label in cluster.labels:
                if label.startswith(FLAG) and (label in cluster.places or label not in BASE_LABELS):
                    found.setdefault(label, cluster.places.get(label, Place(cluster.file, 1)))
        return found

    def values_of(self, label: str) -> frozenset[str]:
        """Every value that the label has or may have on a cluster; empty when nothing is known of it."""
        found = {cluster.labels[label] for cluster in self.clusters if label in cluster.labels}
        for cluster in self.clusters:
            found.update(cluster.vocabulary.get(label, ()))
        return frozenset(found)

    def labels(self) -> frozenset[str]:
        """Every label that some cluster has."""
        return frozenset(self.declared).union(*(cluster.labels for cluster in self.clusters))

    def annotations(self) -> frozenset[str]:
        """Every annotation that some cluster has."""
        return frozenset().union(*(cluster.annotations for cluster in self.clusters))

    def read_annotations(self) -> frozenset[str]:
        """Every annotation that an ApplicationSet reads."""
        return frozenset(one.name for each in self.sets for one in each.references if one.kind == "annotation")

    def read_labels(self) -> frozenset[str]:
        """Every label that an ApplicationSet selects on or reads."""
        found = {requirement.key for each in self.sets for requirement in each.requirements()}
        found |= {one.name for each in self.sets for one in each.references if one.kind == "label"}
        return frozenset(found)

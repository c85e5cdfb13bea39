"""What rules look at: everything is read, resolved and placed already."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal

from dokaseca.bridge.lint import near
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


@dataclass(frozen=True)
class Facts:
    """All of it; what rules ask for again and again is worked out once.

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

    @cached_property
    def flags(self) -> Mapping[str, Place]:
        """Every flag that the user's files set, with the first place; those that a bridge adds itself are no flags."""
        found = dict(self.declared)
        for cluster in self.clusters:
            for label in cluster.labels:
                if label.startswith(FLAG) and (label in cluster.places or label not in BASE_LABELS):
                    found.setdefault(label, cluster.places.get(label, Place(cluster.file, 1)))
        return found

    @cached_property
    def labels(self) -> frozenset[str]:
        """Every label that some cluster has, or may have by what Terraform declares."""
        return frozenset(self.declared).union(*(cluster.labels for cluster in self.clusters))

    @cached_property
    def annotations(self) -> frozenset[str]:
        """Every annotation that some cluster has."""
        return frozenset().union(*(cluster.annotations for cluster in self.clusters))

    @cached_property
    def label_readers(self) -> Mapping[str, list[Place]]:
        """Label to every place that selects on it or reads it, in the order of the files."""
        found: dict[str, set[Place]] = {}
        for each in self.sets:
            for requirement in each.requirements():
                found.setdefault(requirement.key, set()).add(requirement.place)
            for reference in each.references:
                if reference.kind == "label":
                    found.setdefault(reference.name, set()).add(reference.place)
        return {name: sorted(places) for name, places in found.items()}

    @cached_property
    def read_annotations(self) -> frozenset[str]:
        """Every annotation that an ApplicationSet reads."""
        return frozenset(one.name for each in self.sets for one in each.references if one.kind == "annotation")

    @cached_property
    def meant(self) -> Mapping[str, str]:
        """Label that is read and never set, to the label that is set and was probably meant: one of its kind that
        nobody reads, else another spelling of the same words."""
        unset = self.label_readers.keys() - self.labels - BASE_LABELS
        unread = self.labels - self.label_readers.keys() - BASE_LABELS
        found: dict[str, str] = {}
        for name in sorted(unset):
            of_kind = [one for one in unread if one.startswith(FLAG) == name.startswith(FLAG)]
            same = [one for one in self.labels - BASE_LABELS if near.likeness(name, one) == 1.0]
            candidate = near.nearest_or_none(name, of_kind) or (min(same) if same else None)
            if candidate is not None:
                found[name] = candidate
        return found

    def values_of(self, label: str) -> frozenset[str]:
        """Every value that the label has or may have on a cluster; empty when nothing is known of it."""
        found = {cluster.labels[label] for cluster in self.clusters if label in cluster.labels}
        for cluster in self.clusters:
            found.update(cluster.vocabulary.get(label, ()))
        return frozenset(found)

    def hint(self, label: str) -> str:
        """The end of a sentence about a label that is read and never set."""
        return f"; did you mean {self.meant[label]}?" if label in self.meant else ""

"""One ApplicationSet as the lint's rules want it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dokaseca.bridge.lint.facts import (
    ENVIRONMENT_LABELS,
    ApplicationSet,
    Generated,
    Leftover,
    Reference,
    ReferenceKind,
    Requirement,
    Selector,
)
from dokaseca.bridge.places import Place
from dokaseca.generate import expand, references
from dokaseca.generate.cluster_secret import ClusterSecret
from dokaseca.generate.expand import GenerationError
from dokaseca.generate.generators.context import Context, Inputs, Ledger, TreeOf
from dokaseca.generate.templates import engine as engines
from dokaseca.kit import redact
from dokaseca.kit.clock import Clock
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import DokaSecaError
from dokaseca.model.manifest import Manifest
from dokaseca.wiring.offline import lint_paths, lint_selectors, preview
from dokaseca.wiring.offline.cluster_files import Clusters
from dokaseca.wiring.offline.lint_selectors import Found
from dokaseca.wiring.offline.marked_sets import MarkedSet

NO_VALUE: Final = "<no value>"  # what Go prints for a parameter that is not there
_TEMPLATE = ("spec", "template")
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Around:
    """What ApplicationSets are read with.

    Attributes:
        clusters: with everything on, to generate for.
        known: as they are.
    """

    clusters: Sequence[ClusterSecret]
    known: Clusters
    tree: TreeOf
    clock: Clock

    @property
    def labels(self) -> frozenset[str]:
        return frozenset().union(*(manifests.labels(one.manifest) for one in self.known.registered))

    @property
    def annotations(self) -> frozenset[str]:
        return frozenset().union(*(manifests.annotations(one.manifest) for one in self.known.registered))


async def read(each: MarkedSet, around: Around) -> ApplicationSet:
    """All facts about one ApplicationSet; what cannot be found out is told in `failure`."""
    inputs = Inputs(around.clusters, around.tree, around.clock)
    failure, found = "", _written_selectors(each)
    applications: tuple[Manifest, ...] = ()
    try:
        view = application_sets.view(each.manifest)
        engine = engines.select(is_go=view.go_template, options=view.go_template_options, clock=around.clock)
        found = await lint_selectors.resolved(view.generators, Context(view, inputs, engine, Ledger()))
        applications = (await expand.expand(each.manifest, inputs)).applications
    except GenerationError as error:
        failure = redact.text(str(error.cause))
    except DokaSecaError as error:
        failure = redact.text(str(error))
    by_cluster = [(_cluster(one, around.clusters), one) for one in applications]
    return ApplicationSet(
        name=each.source.key.name,
        place=each.place(),
        name_place=each.place(*_TEMPLATE, "metadata", "name"),
        version_place=_version_place(each),
        selectors=tuple(_selector(each, one) for one in found),
        references=tuple(_references(each)),
        paths=tuple(await lint_paths.of_set(each, by_cluster, around.tree)),
        leftovers=tuple(_leftovers(each, by_cluster, around)),
        generated=tuple(_generated(one, cluster) for cluster, one in by_cluster),
        failure=failure,
    )


def wanted_labels(each: MarkedSet) -> Iterator[tuple[str, str]]:
    """Label and value of each condition that base selectors have, as written."""
    for one in _written_selectors(each):
        for requirement in () if one.is_override else one.requirements:
            values = sorted(value for value in requirement.values if "{{" not in value)
            if requirement.operator == "In" and values:
                yield requirement.key, values[0]


def environments(each: MarkedSet) -> Iterator[str]:
    """The environments that selectors name, as written."""
    for one in _written_selectors(each):
        for requirement in one.requirements:
            if requirement.key in ENVIRONMENT_LABELS and requirement.operator == "In":
                yield from (value for value in requirement.values if "{{" not in value)


def first_folders(each: MarkedSet) -> Iterator[str]:
    """What the paths of value files begin with."""
    for _, text in references.texts(manifests.get(each.manifest, *_TEMPLATE, "spec", default={})):
        if text.startswith("$") and "/" in text:
            yield text.split("/")[1]


def _written_selectors(each: MarkedSet) -> list[Found]:
    return lint_selectors.written(manifests.get(each.manifest, "spec", "generators", default=[]))


def _selector(each: MarkedSet, found: Found) -> Selector:
    return Selector(
        tuple(
            Requirement(one.key, one.operator, one.values, each.place(*found.path, *where))
            for one, where in zip(found.requirements, found.places, strict=True)
        ),
        found.is_override,
        each.place(*found.path),
    )


def _references(each: MarkedSet) -> Iterator[Reference]:
    is_go = bool(manifests.get(each.manifest, "spec", "goTemplate", default=False))
    for path, text in references.texts(each.manifest.get("spec"), ("spec",)):
        for found in references.of_text(text, is_go=is_go):
            label, annotation = found.label_or_none, found.annotation_or_none
            name = label if label is not None else annotation
            if name is not None:
                kind: ReferenceKind = "label" if label is not None else "annotation"
                yield Reference(kind, name, found.text, each.place(*path), lint_paths.is_optional(each.manifest, path))


def _cluster(application: Manifest, clusters: Sequence[ClusterSecret]) -> ClusterSecret:
    """The cluster that an Application goes to; one of the destination's name where none is known."""
    name, server = (
        str(manifests.get(application, "spec", "destination", each, default="")) for each in ("name", "server")
    )
    server = server.rstrip("/")
    for one in clusters:
        if one.name == name or (server and one.server == server):
            return one
    return ClusterSecret(name or server or "nowhere", server)


def _generated(application: Manifest, cluster: ClusterSecret) -> Generated:
    sources = preview.sources(application.get("spec") or {})
    versions = {str(one["chart"]): str(one.get("targetRevision") or "") for _, one in sources if one.get("chart")}
    environment = cluster.labels.get("environment") or cluster.labels.get("env") or ""
    return Generated(manifests.name(application), cluster.name, environment, versions)


def _leftovers(each: MarkedSet, by_cluster: list[tuple[ClusterSecret, Manifest]], around: Around) -> Iterator[Leftover]:
    """Placeholders that are still there; those that read what no cluster has at all have rules of their own."""
    is_go = bool(manifests.get(each.manifest, "spec", "goTemplate", default=False))
    for cluster, application in by_cluster:
        for path, text in references.texts(application):
            if is_go and NO_VALUE in text:
                written = manifests.get(each.manifest, *_TEMPLATE, *path, default=text)
                yield Leftover(_short(str(written)), cluster.name, each.place(*_TEMPLATE, *path))
            for found in () if is_go else references.of_text(text, is_go=False):
                if not _is_explained(found, around):
                    yield Leftover(found.text, cluster.name, each.place(*_TEMPLATE, *path))


def _is_explained(found: references.Reference, around: Around) -> bool:
    """Whether it reads what no cluster has at all; of clusters that are not known nothing can be said."""
    label, annotation = found.label_or_none, found.annotation_or_none
    if label is None and annotation is None:
        return False
    return not around.known.registered or (label not in around.labels and annotation not in around.annotations)


def _short(text: str) -> str:
    line = re.sub(r"\s+", " ", text).strip()
    return line if len(line) <= _SHOWN else line[:_SHOWN] + "..."


def _version_place(each: MarkedSet) -> Place:
    """Where the base version is written: the first value that is called a version, else the template's revision."""
    written = [
        path
        for path in each.marks
        if len(path) > 2
        and path[-2] == "values"
        and "version" in str(path[-1]).lower()
        and path[:2] == ("spec", "generators")
    ]
    if written:
        return each.place(*min(written, key=lambda path: each.marks[path]))
    spec: Any = manifests.get(each.manifest, *_TEMPLATE, "spec", default={})
    for path, source in preview.sources(spec):
        if source.get("chart"):
            return each.place(*_TEMPLATE, "spec", *path, "targetRevision")
    return each.place(*_TEMPLATE, "spec")

"""What a change of Git changes everywhere: per Application, and in numbers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from dokaseca.flow.diff.danger import Danger
from dokaseca.flow.diff.rendered import ObjectChange
from dokaseca.model.identity import ObjectKey

Action = Literal["create", "change", "delete"]
_CRD = "CustomResourceDefinition"


@dataclass(frozen=True, slots=True)
class ApplicationChange:
    """One Application that differs.

    Attributes:
        name: with its namespace where that is not argocd.
        cluster: name of the destination, its URL where it has no name.
        origin: the ApplicationSet or Application that it comes from, or the file.
        spec_diff: unified; empty when the Application itself is the same.
        dangers: of the Application itself, such as a destination that changes.
        error: why head cannot be rendered; then there are no objects.
        base_error: why base cannot be rendered; then every object of head counts as created.
    """

    name: str
    action: Action
    cluster: str
    namespace: str
    origin: str
    spec_diff: str = ""
    objects: tuple[ObjectChange, ...] = ()
    dangers: tuple[Danger, ...] = ()
    error: str = ""
    base_error: str = ""

    def every_danger(self) -> Iterator[tuple[str, Danger]]:
        """(what it is about, danger): the Application's own first."""
        for one in self.dangers:
            yield f"Application {self.name}", one
        for each in self.objects:
            for one in each.dangers:
                yield str(each.key), one


@dataclass(slots=True)
class Report:
    """Everything, Applications by name.

    Attributes:
        unchanged_count: Applications whose manifests are the same.
        rendered_count: how often an Application was rendered, base and head counted each.
        errors: what is wrong at head apart from single Applications: a file, an ApplicationSet.
        notes: the same at base, and what was assumed.
    """

    applications: list[ApplicationChange] = field(default_factory=list)
    unchanged_count: int = 0
    rendered_count: int = 0
    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_failed(self) -> bool:
        return bool(self.errors) or any(one.error for one in self.applications)


@dataclass(frozen=True, slots=True)
class Blast:
    """The blast radius.

    Attributes:
        clusters, namespaces: (cluster), (cluster, namespace) of every object that differs, sorted.
        crds_removed: names of definitions that Git no longer has, whether or not they are kept.
    """

    applications: tuple[int, int, int]
    objects: tuple[int, int, int]
    clusters: tuple[str, ...]
    namespaces: tuple[tuple[str, str], ...]
    crds_removed: tuple[str, ...]
    danger_count: int
    warning_count: int
    error_count: int


def blast(report: Report) -> Blast:
    """The whole report in numbers."""
    changes = report.applications
    objects = [(one, each) for one in changes for each in one.objects]
    levels = [danger.level for one in changes for _, danger in one.every_danger()]
    return Blast(
        applications=_counts((one.action for one in changes), ("create", "change", "delete")),
        objects=_counts((each.action for _, each in objects), ("create", "change", "prune")),
        clusters=tuple(sorted({one.cluster for one in changes if one.objects or one.action != "change"})),
        namespaces=tuple(sorted({(one.cluster, each.key.namespace) for one, each in objects if each.key.namespace})),
        crds_removed=tuple(
            sorted({each.key.name for _, each in objects if each.action == "prune" and each.key.kind == _CRD})
        ),
        danger_count=levels.count("danger"),
        warning_count=levels.count("warning"),
        error_count=len(report.errors) + sum(bool(one.error) for one in changes),
    )


def _counts(found: Iterable[str], names: tuple[str, str, str]) -> tuple[int, int, int]:
    every = list(found)
    created, changed, gone = (every.count(one) for one in names)
    return created, changed, gone


def with_moves(changes: Iterable[ApplicationChange]) -> list[ApplicationChange]:
    """Say of every object that one Application loses and another one on the same cluster gains where it goes.

    It stays dangerous: whether it is deleted or taken over depends on which of the two syncs first.
    """
    every = list(changes)
    gained = {(one.cluster, each.key): one.name for one in every for each in one.objects if each.action == "create"}
    return [replace(one, objects=tuple(_moved(each, one, gained) for each in one.objects)) for one in every]


def _moved(each: ObjectChange, one: ApplicationChange, gained: Mapping[tuple[str, ObjectKey], str]) -> ObjectChange:
    owner = gained.get((one.cluster, each.key))
    if each.action != "prune" or owner is None:
        return each
    note = f"Application {owner} has it now: sync that one first"
    return replace(each, note=f"{each.note}; {note}" if each.note else note)


def headline(report: Report) -> str:
    """One line."""
    numbers = blast(report)
    if not report.applications:
        return f"no differences; {counted(report.unchanged_count, 'Application')} unchanged"
    return (
        f"{_three(numbers.applications, 'Application', 'deleted')}; {_three(numbers.objects, 'object', 'pruned')}; "
        f"{counted(len(numbers.clusters), 'cluster')}, {counted(len(numbers.namespaces), 'namespace')}; "
        f"{report.unchanged_count} unchanged"
    )


def _three(numbers: Sequence[int], what: str, gone: str) -> str:
    told = [f"{count} {verb}" for count, verb in zip(numbers, ("created", "changed", gone), strict=True) if count]
    total = sum(numbers)
    return f"{counted(total, what)} ({', '.join(told)})" if told else f"no {what}s"


def counted(count: int, what: str) -> str:
    """`1 cluster`, `2 clusters`."""
    return f"{count} {what}{'s' * (count != 1)}"

"""Facts by hand, as short as they can be written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dokaseca.bridge.lint.facts import (
    ApplicationSet,
    Cluster,
    Facts,
    Generated,
    Leftover,
    PathText,
    Reference,
    Requirement,
    Selector,
)
from dokaseca.bridge.lint.finding import Finding, Rule
from dokaseca.bridge.places import Place

FILE = "sets/web.yaml"


def at(line: int, file: str = FILE) -> Place:
    return Place(file, line)


def a_set(name: str = "web", **more: Any) -> ApplicationSet:
    return ApplicationSet(name=name, place=at(1), name_place=at(2), version_place=at(3), **more)


def selector(*conditions: tuple[str, str], is_override: bool = False, line: int = 10) -> Selector:
    """Conditions that a label has one of the values (separated by commas)."""
    requirements = tuple(
        Requirement(key, "In", frozenset(values.split(",")), at(line + number))
        for number, (key, values) in enumerate(conditions)
    )
    return Selector(requirements, is_override, at(line))


def label(name: str, line: int = 20, *, is_optional: bool = False) -> Reference:
    return Reference("label", name, f"{{{{metadata.labels.{name}}}}}", at(line), is_optional)


def annotation(name: str, line: int = 20, *, is_optional: bool = False) -> Reference:
    return Reference("annotation", name, f"{{{{metadata.annotations.{name}}}}}", at(line), is_optional)


def value_file(
    text: str,
    files: Iterable[str] | None,
    *,
    line: int = 30,
    rendered: Mapping[str, str] | None = None,
    is_optional: bool = True,
) -> PathText:
    """A value file in a repository that has these files; None is an unknown repository."""
    known = set(files or ())

    def children(folder: str) -> list[str] | None:
        prefix = f"{folder}/" if folder else ""
        below = {file[len(prefix) :].split("/")[0] for file in known if file.startswith(prefix)}
        return sorted(below) if below else None

    return PathText(
        text,
        at(line),
        rendered or {},
        None if files is None else known.__contains__,
        children,
        is_optional=is_optional,
        is_value_file=True,
    )


def cluster(name: str = "dev", *, is_hub: bool = False, line: int = 5, **labels: str) -> Cluster:
    """A cluster whose labels all stand in one line of `<name>.tfvars`."""
    places = {key: at(line, f"{name}.tfvars") for key in labels}
    base = {"cluster_name": name, "environment": name}
    return Cluster(name, f"{name}.tfvars", {**base, **labels}, {"environment": name}, places, {}, is_hub)


def generated(name: str, cluster_name: str, environment: str = "", **versions: str) -> Generated:
    return Generated(name, cluster_name, environment or cluster_name, versions)


def leftover(text: str, cluster_name: str, line: int = 40) -> Leftover:
    return Leftover(text, cluster_name, at(line))


def facts(*sets: ApplicationSet, clusters: Iterable[Cluster] = (), **more: Any) -> Facts:
    more.setdefault("environments", ("dev", "stg", "prod"))
    return Facts(sets, tuple(clusters), **more)


def found(rule: Rule, given: Facts) -> list[Finding]:
    return list(rule.check(given))


def told(rule: Rule, given: Facts) -> list[str]:
    """`severity file:line what` of each finding."""
    return [f"{one.severity.word} {one.place} {one.what}" for one in rule.check(given)]

"""Paths of the API: which resource, object and subresource they name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from dokaseca.dock import status_error
from dokaseca.dock.resources import Registry, ResourceType, builtin

# Below a namespace, these are subresources of the Namespace itself and not collections.
_OF_NAMESPACE = frozenset({"status", "finalize"})


@dataclass(frozen=True, slots=True)
class Target:
    """What a path names; `name` and `subresource` may be empty. `is_watch` marks the old `/watch/` form."""

    of: ResourceType
    namespace: str
    name: str
    subresource: str
    is_watch: bool = False


class Place(NamedTuple):
    """A path behind its group and version: the namespace, empty for none, and what follows."""

    namespace: str
    rest: list[str]


def place(rest: list[str]) -> Place:
    """Split `namespaces/<name>` off, unless the Namespace itself is meant."""
    if len(rest) >= 3 and rest[0] == "namespaces" and not (rest[2] in _OF_NAMESPACE and len(rest) == 3):
        return Place(rest[1], rest[2:])
    return Place("", rest)


def target(registry: Registry, path: str) -> Target:
    """The resource at `path` (`/api/v1/...` or `/apis/<group>/<version>/...`).

    Raises:
        StatusError: 404, nothing is served there.
    """
    parts = path.strip("/").split("/")
    if parts[0] == "api":
        group_version, rest = "/".join(parts[1:2]), parts[2:]
    else:
        group_version, rest = "/".join(parts[1:3]), parts[3:]
    is_watch = bool(rest) and rest[0] == "watch"
    if is_watch:
        rest = rest[1:]
    namespace, rest = place(rest)
    if not rest or len(rest) > 3 or not all(rest):
        raise status_error.no_such_path()
    of = registry.at_path_or_none(f"{group_version}/{rest[0]}")
    if of is None:
        raise nothing_at(path)
    name, subresource = [*rest, "", ""][1:3]
    _check(of, namespace, name, subresource)
    return Target(of, namespace, name, subresource, is_watch)


def nothing_at(path: str) -> status_error.StatusError:
    """404 as the server words it: groups that it was built with answer for all below them, the rest is text."""
    parts = path.strip("/").split("/")
    if parts[0] == "api" and len(parts) > 1 and parts[1] == "v1":
        return status_error.no_such_path()
    if parts[0] == "apis" and len(parts) > 1 and parts[1] in _builtin_groups():
        return status_error.no_such_path()
    return status_error.NothingServed()


@cache
def _builtin_groups() -> frozenset[str]:
    return frozenset(of.group for of in builtin())


def _check(of: ResourceType, namespace: str, name: str, subresource: str) -> None:
    if namespace and not of.namespaced:
        raise status_error.no_such_path()
    if name and of.namespaced and not namespace:
        raise status_error.no_such_path()
    if subresource and subresource not in of.subresources:
        raise status_error.no_such_path()

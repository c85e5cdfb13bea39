"""The platform file: read, validated with line and column, defaults applied."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import orjson

from dokaseca.kit import yaml_in
from dokaseca.model.errors import UserError

LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?\Z")
LABEL_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?\Z")
CLUSTER_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?\Z")
RESERVED_NAMES = frozenset({"in-cluster"})
REPOSITORIES = ("addons", "workloads", "clusters")
DEFAULT_PATHS = {"addons": "appsets", "workloads": "workloads", "clusters": "clusters"}


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """One cluster as the platform file describes it.

    Attributes:
        addons: flags by addon name as written (`metrics-server` or `enable_metrics_server`).
        teams: `team-a` to whether the team's workloads belong here.
    """

    name: str
    environment: str
    region: str = "europe"
    cloud: str = "local"
    distro: str = "dock"
    kubernetes_version: str = "v1.36.0"
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    teams: Mapping[str, bool] = field(default_factory=dict)
    addons: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RepositorySpec:
    """One of the three repositories; an empty `url` means the one in the platform's folder."""

    url: str = ""
    basepath: str = "argocd"
    path: str = ""
    revision: str = "main"


@dataclass(frozen=True, slots=True)
class Platform:
    """A validated platform file."""

    name: str
    hub: ClusterSpec
    clusters: tuple[ClusterSpec, ...]
    repositories: Mapping[str, RepositorySpec]


def load(text: bytes, *, subject: str) -> Platform:
    """Read a platform file.

    Raises:
        UserError: reason InvalidPlatform: one line per problem, each with `file:line:column`.
    """
    try:
        value, marks = yaml_in.load_with_marks(text, subject=subject)
    except yaml_in.InvalidYAML as error:
        raise UserError(str(error), reason="InvalidPlatform") from error
    problems = list(_schema_problems(value)) or list(_meaning_problems(value))
    if problems:
        lines = sorted(
            {f"{subject}:{line}:{column}: {message}" for (line, column), message in _placed(problems, marks)}
        )
        raise UserError("\n".join(lines), reason="InvalidPlatform")
    return _platform(value)


def flag(addon: str) -> str:
    """The label that enables an addon: `metrics-server` is `enable_metrics_server`."""
    return addon if addon.startswith("enable_") else "enable_" + addon.replace("-", "_")


@cache
def schema() -> dict[str, Any]:
    """The published JSON schema of platform files."""
    text = resources.files("dokaseca.bridge").joinpath("platform.schema.json").read_bytes()
    loaded: dict[str, Any] = orjson.loads(text)
    return loaded


Path = tuple[str | int, ...]
Problem = tuple[Path, str]


def _schema_problems(value: Any) -> Iterator[Problem]:
    from jsonschema import Draft202012Validator

    for error in Draft202012Validator(schema()).iter_errors(value):
        path: Path = tuple(error.absolute_path)
        if error.validator == "additionalProperties" and isinstance(error.instance, dict):
            known = list(error.schema.get("properties", {}))
            for name in error.instance:
                if name not in known:
                    near = difflib.get_close_matches(str(name), known, n=1)
                    hint = f"; did you mean {near[0]!r}?" if near else f"; known here: {', '.join(known)}"
                    yield (*path, name), f"unknown field {name!r}{hint}"
        else:
            where = ".".join(str(part) for part in path) or "the file"
            yield path, f"{where}: {error.message}"


def _meaning_problems(value: Mapping[str, Any]) -> Iterator[Problem]:
    spec = value["spec"]
    seen: dict[str, Path] = {}
    entries: list[tuple[Path, Any]] = [(("spec", "hub"), spec.get("hub") or {"name": "hub"})]
    entries += [(("spec", "clusters", index), one) for index, one in enumerate(spec.get("clusters") or ())]
    for path, one in entries:
        name = str(one.get("name") or "hub")
        if not CLUSTER_NAME.match(name) or name in RESERVED_NAMES:
            yield (*path, "name"), f"cluster name {name!r} must be a DNS label of at most 53 characters, not in-cluster"
        if name in seen:
            yield (*path, "name"), f"cluster name {name!r} is taken already; names must be unique"
        seen[name] = path
        yield from _label_problems(path, one)


def _label_problems(path: Path, one: Mapping[str, Any]) -> Iterator[Problem]:
    for name, text in (one.get("labels") or {}).items():
        if not LABEL_NAME.match(name.rpartition("/")[2]):
            yield (*path, "labels", name), f"label name {name!r} is not valid (63 letters, digits, '-', '_' or '.')"
        if not LABEL_VALUE.match(_text(text)):
            yield (
                (*path, "labels", name),
                f"label value {_text(text)!r} is not valid (63 letters, digits, '-', '_', '.')",
            )
    for part in ("environment", "region", "cloud", "distro"):
        if not LABEL_VALUE.match(_text(one.get(part, ""))):
            yield (*path, part), f"{part} {one[part]!r} is not valid as a label value"
    for part in ("teams", "addons"):
        for name in one.get(part) or {}:
            if not LABEL_NAME.match(flag(name) if part == "addons" else name):
                yield (*path, part, name), f"{name!r} is not valid as a label name"


def _placed(problems: list[Problem], marks: yaml_in.Marks) -> Iterator[tuple[tuple[int, int], str]]:
    for path, message in problems:
        while path not in marks and path:
            path = path[:-1]
        yield marks.get(path, (1, 1)), message


def _platform(value: Mapping[str, Any]) -> Platform:
    spec = value["spec"]
    listed = spec.get("repositories") or {}
    return Platform(
        name=str(value["metadata"]["name"]),
        hub=_cluster({"name": "hub", "environment": "control-plane", **(spec.get("hub") or {})}),
        clusters=tuple(_cluster(one) for one in spec.get("clusters") or ()),
        repositories={
            name: RepositorySpec(**{"path": DEFAULT_PATHS[name], **(listed.get(name) or {})}) for name in REPOSITORIES
        },
    )


def _cluster(one: Mapping[str, Any]) -> ClusterSpec:
    known = {name: one[name] for name in ("name", "environment", "region", "cloud", "distro") if name in one}
    if one.get("kubernetesVersion"):
        known["kubernetes_version"] = one["kubernetesVersion"]
    return ClusterSpec(
        **known,
        labels={name: _text(text) for name, text in (one.get("labels") or {}).items()},
        annotations={name: _text(text) for name, text in (one.get("annotations") or {}).items()},
        teams=dict(one.get("teams") or {}),
        addons=dict(one.get("addons") or {}),
    )


def _text(value: Any) -> str:
    """Booleans become the strings that label selectors compare with."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)

"""The platform file: read, validated with line and column, defaults applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import orjson

from dokaseca.bridge import platform_rules
from dokaseca.kit import yaml_in
from dokaseca.model.errors import UserError

LABEL_NAME, LABEL_VALUE = platform_rules.LABEL_NAME, platform_rules.LABEL_VALUE
REPOSITORIES = ("addons", "workloads", "clusters")
DEFAULT_PATHS = {"addons": "appsets", "workloads": "workloads", "clusters": "clusters"}
PROBLEMS_SHOWN = 50  # more is no help: one mistake in a list repeats itself


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

    @property
    def folder(self) -> str:
        """The folder inside the repository: both parts joined with one slash, "" is the root."""
        return "/".join(part for one in (self.basepath, self.path) if (part := one.strip("/")))


@dataclass(frozen=True, slots=True)
class PluginSpec:
    """A config management plugin: where its plugin.yaml lies, and whether it may reach the network."""

    path: str
    network: bool = False


@dataclass(frozen=True, slots=True)
class Platform:
    """A validated platform file."""

    name: str
    hub: ClusterSpec
    clusters: tuple[ClusterSpec, ...]
    repositories: Mapping[str, RepositorySpec]
    plugins: tuple[PluginSpec, ...] = ()
    plugins_from_config_maps: bool = False


def load(text: bytes, *, subject: str) -> Platform:
    """Read a platform file.

    Raises:
        UserError: reason InvalidPlatform: one line per problem, each with `file:line:column`.
    """
    try:
        value, marks = yaml_in.load_with_marks(text, subject=subject)
    except yaml_in.InvalidYAML as error:
        raise UserError(str(error), reason="InvalidPlatform") from error
    problems = platform_rules.problems(value, schema())
    if problems:
        raise UserError(_report(problems, marks, subject), reason="InvalidPlatform")
    return _platform(value)


@cache
def schema() -> dict[str, Any]:
    """The published JSON schema of platform files."""
    text = resources.files("dokaseca.bridge").joinpath("platform.schema.json").read_bytes()
    loaded: dict[str, Any] = orjson.loads(text)
    return loaded


def _report(problems: list[platform_rules.Problem], marks: yaml_in.Marks, subject: str) -> str:
    """A line for each problem, in the order of the file."""
    placed = sorted({(*_place(path, marks), message) for path, message in problems})
    lines = [f"{subject}:{line}:{column}: {message}" for line, column, message in placed[:PROBLEMS_SHOWN]]
    if len(placed) > PROBLEMS_SHOWN:
        lines.append(f"{subject}: and {len(placed) - PROBLEMS_SHOWN} more problems")
    return "\n".join(lines)


def _place(path: platform_rules.Path, marks: yaml_in.Marks) -> tuple[int, int]:
    """Line and column of the value, or of the nearest one around it that the file holds."""
    while path and path not in marks:
        path = path[:-1]
    return marks.get(path, (1, 1))


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
        plugins=tuple(PluginSpec(**one) for one in spec.get("plugins") or ()),
        plugins_from_config_maps=bool(spec.get("pluginsFromConfigMaps")),
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

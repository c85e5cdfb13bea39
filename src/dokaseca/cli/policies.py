"""Where the commands of `dokaseca rbac` find their policy: a file, or a platform that runs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import click

from dokaseca.cli import lookup
from dokaseca.kit import yaml_in
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import NotFoundError, UserError
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest
from dokaseca.policy import rbac_project, rbac_text
from dokaseca.policy.rbac_text import Problem
from dokaseca.wiring import session

LINES = "policy.csv"  # the key that a file of lines stands for
CONFIG_MAPS = GroupVersionKind("", "v1", "ConfigMap")

policy_file = click.option(
    "--policy-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Lines of a policy, or argocd-rbac-cm in YAML; instead of the platform's.",
)


@dataclass(frozen=True, slots=True)
class Found:
    """The data of argocd-rbac-cm, and the projects whose roles count as well.

    Attributes:
        file: the one that holds nothing but lines.
    """

    data: Mapping[str, str]
    projects: list[Manifest] = field(default_factory=list)
    file: Path | None = None

    def problems(self) -> list[Problem]:
        """What is wrong with it, in the order of files and lines; then with the roles of projects."""
        found = sorted(rbac_text.read(self.data)[1], key=lambda one: (one.place, one.line))
        if self.file is not None:
            found = [one._replace(place=str(self.file)) if one.place == LINES else one for one in found]
        return [*found, *(one for project in self.projects for one in rbac_project.problems(project))]


def find(folder: Path, file: Path | None) -> Found:
    """The policy of the file where one is named, else of the platform in the folder.

    Raises:
        UserError: the file is neither lines nor a ConfigMap.
        TransientError: no platform runs in the folder.
    """
    return _of_file(file) if file is not None else asyncio.run(_of_platform(folder))


def _of_file(path: Path) -> Found:
    content = path.read_bytes()
    if len(content) > rbac_text.POLICY_BYTES:
        raise UserError(f"has more than {rbac_text.POLICY_BYTES} bytes; a ConfigMap holds no more", subject=str(path))
    if path.suffix not in (".yaml", ".yml"):
        try:
            return Found({LINES: content.decode()}, file=path)
        except UnicodeDecodeError as error:
            raise UserError("is no text in UTF-8", subject=str(path)) from error
    try:
        found = yaml_in.load(content, subject=str(path))
    except yaml_in.InvalidYAML as error:
        raise UserError(str(error)) from error
    data = manifests.get(found, "data")
    if not isinstance(data, dict):
        raise UserError("has no `data`; give the ConfigMap argocd-rbac-cm, or a file .csv of lines", subject=str(path))
    return Found({str(key): str(value) for key, value in data.items()})


async def _of_platform(folder: Path) -> Found:
    async with session.open(folder) as opened:
        projects = (await opened.hub.list(session.PROJECTS, lookup.NAMESPACE)).items
        try:
            found = await opened.hub.get(CONFIG_MAPS, lookup.NAMESPACE, rbac_text.CONFIG)
        except NotFoundError:
            return Found({}, projects)
    return Found({str(key): str(value) for key, value in (found.get("data") or {}).items()}, projects)

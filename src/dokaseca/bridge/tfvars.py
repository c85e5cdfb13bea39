"""The variables of the Terraform control plane: what its bridge writes into a cluster Secret from a tfvars file.

The contract is that of the public DoKa Seca control plane (its `locals.tf` and `variables.tf`): labels are what addons
select on, annotations carry repositories. Two of its habits are kept as they are, for they are what people's clusters
have: the type of a cluster stands in `type` alone and its cloud in `cloud` alone, and a spoke of a hub-and-spoke stack
has the type `workload` whatever `cluster_type` says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from dokaseca.bridge import hcl
from dokaseca.bridge.hcl import Unknown
from dokaseca.bridge.places import Note, Place
from dokaseca.kit import yaml_in
from dokaseca.model.errors import UserError

DEFAULTS: Final[Mapping[str, str]] = {  # of variables.tf, where it tells them
    "environment": "dev",
    "region": "north-america",
    "cluster_type": "spoke",
    "kubernetes_distro": "kind",
    "cloud_provider": "local",
}
VOCABULARY: Final[Mapping[str, tuple[str, ...]]] = {  # label to the values that variables.tf lets through
    "environment": ("dev", "stg", "prod"),
    "env": ("dev", "stg", "prod"),
    "region": ("north-america", "europe", "asia-pacific"),
    "type": ("hub", "spoke", "workload"),
    "distro": ("kind", "k3d", "k0s"),
    "cloud": ("aws", "azure", "gcp", "local"),
}
LABELS: Final[Mapping[str, str]] = {  # label to variable
    "cloud": "cloud_provider",
    "region": "region",
    "env": "environment",
    "type": "cluster_type",
    "version": "kubernetes_version",
    "distro": "kubernetes_distro",
}
REPOSITORIES: Final = ("addons", "addons_extras", "workloads")  # those whose place becomes annotations
REPOSITORY_FIELDS: Final = ("basepath", "path", "revision")
HUB_NAME: Final = "hub"
WORKLOAD: Final = "workload"

_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?\Z")


@dataclass(frozen=True, slots=True)
class Variables:
    """A tfvars file, read."""

    file: str
    values: Mapping[str, Any]
    lines: Mapping[hcl.Path, int]

    @property
    def is_spoke_stack(self) -> bool:
        """Whether it belongs to the spokes of a hub: the control plane keeps these in a folder of that name."""
        return "spokes" in self.file.split("/")[:-1]

    def place(self, *path: str | int) -> Place:
        """Where a value stands, or the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return Place(self.file, self.lines.get(path, 1))

    def text(self, name: str) -> str:
        """A variable as text; empty when it is not set, or is no constant text."""
        value = self.values.get(name)
        return "" if value is None or isinstance(value, dict | list | Unknown) else text_of(value)

    def mapping(self, name: str) -> Mapping[str, Any]:
        """A variable that is a mapping; empty when it is none."""
        value = self.values.get(name)
        return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class Registration:
    """The cluster Secret that the Terraform bridge writes.

    Attributes:
        labels: without the base ones that every Secret has.
        places: where each label and annotation comes from; those of defaults have none.
        notes: defaults that were assumed, and values that cannot be known.
    """

    name: str
    environment: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    places: Mapping[str, Place] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


def read(content: bytes, *, subject: str) -> Variables:
    """A `.tfvars` file, or a `.tfvars.json` one.

    Raises:
        UserError: it is no such file: `subject:line:column: why`.
    """
    if subject.endswith(".json"):
        return _read_json(content, subject)
    body = hcl.read(content, subject=subject)
    if body.blocks:
        first = body.blocks[0]
        raise UserError(
            f"{subject}:{first.line}: block {first.type!r} has no place in a tfvars file, which only sets variables",
            reason="InvalidHCL",
        )
    return Variables(subject, body.values, body.lines)


def _read_json(content: bytes, subject: str) -> Variables:
    try:
        value, marks = yaml_in.load_with_marks(content, subject=subject)
    except yaml_in.InvalidYAML as error:
        raise UserError(str(error), reason="InvalidHCL") from error
    if not isinstance(value, dict):
        raise UserError(f"{subject}:1: a tfvars file must hold a mapping", reason="InvalidHCL")
    return Variables(subject, value, {path: line for path, (line, _) in marks.items()})


def registration(variables: Variables) -> Registration:
    """What the bridge writes for the cluster that a file describes.

    Raises:
        UserError: the name or a label would be none that Kubernetes takes.
    """
    notes = list(_unknown(variables))
    settings = {name: variables.text(name) or default for name, default in DEFAULTS.items()}
    notes += [
        Note(variables.place(), f"{name} is not set: Terraform's default {default!r} is assumed")
        for name, default in DEFAULTS.items()
        if name not in variables.values
    ]
    environment, kind = settings["environment"], settings["cluster_type"]
    labels, places = _labels(variables, settings)
    annotations = _annotations(variables, places)
    for name, text in labels.items():
        if not _LABEL_VALUE.match(text):
            raise UserError(
                f"{places.get(name, variables.place())}: {text!r} cannot be the value of label {name!r}: at most 63 "
                "letters, digits, '-', '_' and '.'",
                reason="InvalidLabel",
            )
    name = HUB_NAME if kind == "hub" else f"{kind}-{environment}"
    return Registration(name, environment, labels, annotations, places, tuple(notes))


def _labels(variables: Variables, settings: Mapping[str, str]) -> tuple[dict[str, str], dict[str, Place]]:
    labels: dict[str, str] = {}
    places: dict[str, Place] = {}
    for group in ("addons", "teams"):
        for name, value in variables.mapping(group).items():
            if not isinstance(value, dict | list | Unknown) and value is not None:
                labels[name], places[name] = text_of(value), variables.place(group, name)
    for label, variable in LABELS.items():
        text = settings.get(variable) or variables.text(variable)
        if not text:
            continue
        labels[label] = WORKLOAD if label == "type" and variables.is_spoke_stack and text != "hub" else text
        if variable in variables.values:
            places[label] = variables.place(variable)
    if "environment" in variables.values:
        places["environment"] = variables.place("environment")
    return labels, places


def _annotations(variables: Variables, places: dict[str, Place]) -> dict[str, str]:
    found: dict[str, str] = {}
    for repository in REPOSITORIES:
        organisation, name = variables.text("gitops_org"), variables.text(f"gitops_{repository}_repo")
        if organisation and name:
            found[f"{repository}_repo_url"] = f"{organisation}/{name}"
            places[f"{repository}_repo_url"] = variables.place(f"gitops_{repository}_repo")
        for each in REPOSITORY_FIELDS:
            variable = f"gitops_{repository}_{each}"
            if variable in variables.values and not (repository == "addons_extras" and each == "path"):
                found[f"{repository}_repo_{each}"] = variables.text(variable)
                places[f"{repository}_repo_{each}"] = variables.place(variable)
    return found


def _unknown(variables: Variables) -> Iterator[Note]:
    """What only Terraform could evaluate; a tfvars file should have none of it."""
    for name, value in variables.values.items():
        if isinstance(value, Unknown):
            yield Note(variables.place(name), f"the value of {name} is no constant and counts as not set: {value.text}")
        elif isinstance(value, dict):
            for key, one in value.items():
                if isinstance(one, Unknown):
                    yield Note(
                        variables.place(name, key),
                        f"the value of {name}.{key} is no constant and counts as not set: {one.text}",
                    )


def text_of(value: Any) -> str:
    """A constant as Terraform turns it into a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)

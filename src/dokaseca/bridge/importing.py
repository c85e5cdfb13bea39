"""From the Terraform control plane's tfvars to a platform file: what goes where, and what goes nowhere. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dokaseca.bridge import platform_rules, tfvars
from dokaseca.bridge.hcl import Unknown
from dokaseca.bridge.places import Note
from dokaseca.bridge.tfvars import Registration, Variables
from dokaseca.model.errors import UserError

_UNDERSTOOD: Final = {
    *("environment", "cluster_type", "region", "kubernetes_distro", "cloud_provider", "teams", "addons", "gitops_org"),
    *(f"gitops_{name}_repo" for name in tfvars.REPOSITORIES),
    *(f"gitops_{name}_{each}" for name in tfvars.REPOSITORIES for each in tfvars.REPOSITORY_FIELDS),
}
_LEFT_OUT: Final = {  # variable, or the beginning of several, to what to say of it
    "kubernetes_version": "kept as the label version; the platform's clusters run a version of their own",
    "domain_name": "no label is made of it; put it under labels or annotations where something reads it",
    "enable_gitops_bridge": "every cluster of a platform is registered",
    "argocd_chart_version": "the platform brings its own engine",
    "argocd_files_config": "a platform always loads addons, workloads and clusters",
    "enable_fluxcd": "Flux is not installed",
    "fluxcd_": "Flux is not installed",
    "gitops_clusters_": "the platform keeps its clusters in a repository of its own, made from spec.clusters; set "
    "spec.repositories.clusters to use another",
}
_OF_PLATFORM: Final = ("addons", "workloads")  # repositories that a platform file has a place for
_FIELDS: Final = {"region": "region", "cloud": "cloud", "distro": "distro"}  # label to field


@dataclass(frozen=True, slots=True)
class Imported:
    """A platform file's document, and what of the input it does not hold as such."""

    document: dict[str, Any]
    notes: tuple[Note, ...]


def platform(files: Sequence[Variables], *, name: str) -> Imported:
    """The platform of these clusters; one whose `cluster_type` is hub becomes its hub.

    Raises:
        UserError: two files describe one cluster, or a label would be none.
    """
    registrations = [(one, tfvars.registration(one)) for one in files]
    _refuse_twice(registrations)
    repositories = _repositories(registrations[0][1])
    spec: dict[str, Any] = {}
    for variables, found in registrations:
        cluster = _cluster(variables, found, repositories)
        if found.name == tfvars.HUB_NAME:
            spec["hub"] = cluster
        else:
            spec.setdefault("clusters", []).append(cluster)
    if repositories:
        spec["repositories"] = repositories
    notes = [note for variables, found in registrations for note in (*found.notes, *_left_out(variables))]
    document = {
        "apiVersion": "dokaseca.dev/v1alpha1",
        "kind": "Platform",
        "metadata": {"name": name},
        "spec": dict(sorted(spec.items(), key=lambda one: ("hub", "clusters", "repositories").index(one[0]))),
    }
    return Imported(document, tuple(notes))


def _refuse_twice(registrations: Sequence[tuple[Variables, Registration]]) -> None:
    seen: dict[str, str] = {}
    for variables, found in registrations:
        if found.name in seen:
            raise UserError(
                f"{variables.file} describes cluster {found.name}, which {seen[found.name]} describes already; import "
                "one topology at a time",
                reason="DuplicateCluster",
            )
        seen[found.name] = variables.file


def _repositories(found: Registration) -> dict[str, dict[str, str]]:
    """The repositories as the first cluster has them."""
    repositories = {}
    for name in _OF_PLATFORM:
        fields = {each: found.annotations.get(f"{name}_repo_{each}") for each in ("url", *tfvars.REPOSITORY_FIELDS)}
        known = {each: text for each, text in fields.items() if text is not None}
        if known:
            repositories[name] = known
    return repositories


def _cluster(
    variables: Variables, found: Registration, repositories: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    labels = dict(found.labels)
    cluster: dict[str, Any] = {"name": found.name, "environment": found.environment}
    for label, field in _FIELDS.items():
        if label in labels:
            cluster[field] = labels.pop(label)
    labels.pop("env", None)
    if labels.get("type") == (tfvars.HUB_NAME if found.name == tfvars.HUB_NAME else tfvars.WORKLOAD):
        del labels["type"]
    teams = _switches(variables, "teams", labels)
    addons = _switches(variables, "addons", labels)
    annotations = {
        key: text
        for key, text in found.annotations.items()
        if repositories.get(key.partition("_repo_")[0], {}).get(key.partition("_repo_")[2]) != text
    }
    more = {"labels": labels, "annotations": annotations, "teams": teams, "addons": addons}
    return {**cluster, **{field: value for field, value in more.items() if value}}


def _switches(variables: Variables, group: str, labels: dict[str, str]) -> dict[str, bool]:
    """The entries of `teams` or `addons` that are on or off, taken out of the labels; others stay labels."""
    switches = {}
    for name in variables.mapping(group):
        text = labels.get(name)
        if text not in ("true", "false") or (group == "addons") != name.startswith("enable_"):
            continue
        short = name.removeprefix("enable_").replace("_", "-") if group == "addons" else name
        if group == "addons" and platform_rules.flag(short) != name:
            short = name  # an odd spelling, which the short name would not give back
        switches[short] = labels.pop(name) == "true"
    return switches


def _left_out(variables: Variables) -> Iterator[Note]:
    """The variables that the platform file has no place for, each with why that is no loss, or what to do."""
    for name, value in variables.values.items():
        if name in _UNDERSTOOD or isinstance(value, Unknown):
            continue
        known = [
            text
            for prefix, text in _LEFT_OUT.items()
            if name == prefix or (prefix[-1] == "_" and name.startswith(prefix))
        ]
        message = known[0] if known else "nothing is known of this variable; it is left out"
        yield Note(variables.place(name), f"{name}: {message}")

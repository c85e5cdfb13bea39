"""Everything that the bridge puts on a new hub, in the order in which it must be applied."""

from __future__ import annotations

from importlib import resources

from dokaseca.bridge import bootstrap, secret
from dokaseca.bridge.platform import Platform
from dokaseca.kit import yaml_in
from dokaseca.model.manifest import Manifest


def crds() -> list[Manifest]:
    """Our CRDs: Argo CD's three, Cluster API's Cluster, and the dock's infrastructure."""
    found: list[Manifest] = []
    for file in sorted(resources.files("dokaseca.bridge").joinpath("crds").iterdir(), key=lambda one: one.name):
        if file.name.endswith(".yaml"):
            found += [document.value for document in yaml_in.load_all(file.read_bytes(), subject=file.name)]
    return found


def hub(platform: Platform, charts_url: str) -> list[Manifest]:
    """Namespace, projects, the hub's own Secret, and the bootstrap ApplicationSets; CRDs come before.

    Args:
        platform: with every repository's URL filled in.
    """
    registration = secret.cluster_secret(
        platform.hub.name,
        environment=platform.hub.environment,
        metadata={**secret.repository_annotations(platform.repositories, charts_url), **platform.hub.annotations},
        addons=secret.labels_of(platform.hub, kind="hub"),
    )
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": secret.NAMESPACE}},
        bootstrap.default_project(),
        registration,
        *bootstrap.application_sets(platform.hub.name),
    ]

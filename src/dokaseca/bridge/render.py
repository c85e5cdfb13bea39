"""What the bridge puts on a hub, from files alone; what only a running platform knows is a placeholder. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Final

from dokaseca.bridge import clusters_repo, manifests, registration, secret, tfvars
from dokaseca.bridge.platform import Platform
from dokaseca.bridge.tfvars import Registration, Variables
from dokaseca.model import manifest as objects
from dokaseca.model.application import IN_CLUSTER_SERVER
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster_provider import ClusterEndpoint

CHARTS_URL: Final = "https://charts.invalid"  # RFC 2606: a name that can never be anybody's
_SHOWN = ("Secret", "ApplicationSet")


def of_platform(platform: Platform, urls: Mapping[str, str] | None = None) -> list[Manifest]:
    """The hub's Secret, its bootstrap ApplicationSets, and a Secret per cluster, as `dokaseca up` writes them.

    Args:
        urls: of repositories that the platform file leaves to the platform's folder.
    """
    located = {
        name: dataclasses.replace(one, url=one.url or (urls or {}).get(name) or repository_url(name))
        for name, one in platform.repositories.items()
    }
    platform = dataclasses.replace(platform, repositories=located)
    on_hub = [one for one in manifests.hub(platform, CHARTS_URL) if one["kind"] in _SHOWN]
    hub = next(one for one in on_hub if one["kind"] == "Secret")
    spokes = [
        registration.cluster_secret(clusters_repo.manifests(cluster)[0], endpoint(cluster.name), hub)
        for cluster in platform.clusters
    ]
    return [hub, *spokes, *(one for one in on_hub if one is not hub)]


def of_variables(variables: Variables) -> tuple[Manifest, Registration]:
    """The Secret that the Terraform bridge writes, and where its parts come from.

    Raises:
        UserError: as `tfvars.registration`.
    """
    found = tfvars.registration(variables)
    is_hub = found.name == tfvars.HUB_NAME
    manifest = secret.cluster_secret(
        found.name,
        environment=found.environment,
        metadata=found.annotations,
        addons=found.labels,
        server=IN_CLUSTER_SERVER if is_hub else endpoint(found.name).server,
        config=None if is_hub else secret.remote_config("", "", ""),
    )
    return manifest, found


def of_cluster(cluster: Manifest, hub: Manifest | None) -> Manifest:
    """The Secret of a Cluster API Cluster, a file of the clusters repository."""
    return registration.cluster_secret(cluster, endpoint(objects.name(cluster)), hub)


def endpoint(name: str) -> ClusterEndpoint:
    """Where a cluster that does not run is said to be."""
    return ClusterEndpoint(f"https://{name}.clusters.invalid:6443", "", "", "", "")


def repository_url(name: str) -> str:
    """What stands for a repository of a platform's folder while nobody knows the folder."""
    return f"https://repositories.invalid/{name}.git"

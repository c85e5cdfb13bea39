"""A Cluster API Cluster as the bridge registers it: its labels select, its annotations carry values. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dokaseca.bridge import secret
from dokaseca.model import manifest as manifests
from dokaseca.model import secret as secrets
from dokaseca.model.application import IN_CLUSTER_SERVER
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster_provider import ClusterEndpoint

FOREIGN = ("argocd.argoproj.io/", "cluster.x-k8s.io/", "kubectl.kubernetes.io/", "app.kubernetes.io/", "dokaseca.dev/")
OWN_NAME = "cluster_name"  # the bootstrap ApplicationSets find the hub by it: a spoke must not take the hub's
REPOSITORIES = tuple(f"{name}_repo_" for name in ("addons", "workloads", "clusters", "charts"))


def cluster_secret(cluster: Manifest, endpoint: ClusterEndpoint, hub: Manifest | None) -> Manifest:
    """The Secret that makes a running cluster a destination.

    Args:
        hub: the hub's own Secret (while there is none, the one to be replaced): its repository annotations hold for
            every cluster that names none itself.
    """
    labels = _own(manifests.labels(cluster))
    inherited = {
        name: value
        for name, value in (manifests.annotations(hub) if hub else {}).items()
        if name.startswith(REPOSITORIES)
    }
    return secret.cluster_secret(
        manifests.name(cluster),
        environment=labels.get("environment", "dev"),
        metadata={**inherited, **_own(manifests.annotations(cluster))},
        addons=labels,
        server=endpoint.server,
        config=secret.remote_config(endpoint.ca_pem, endpoint.client_cert_pem, endpoint.client_key_pem),
    )


def hub_or_none(registrations: Iterable[Manifest]) -> Manifest | None:
    """The Secret that registers the hub itself."""
    return next((one for one in registrations if secrets.text(one, "server") == IN_CLUSTER_SERVER), None)


def goes_by(registration: Manifest, name: str) -> bool:
    """Whether a cluster Secret holds `name`, as its own or as its cluster's."""
    return name in (manifests.name(registration), secrets.text(registration, "name"))


def _own(texts: Mapping[str, str]) -> dict[str, str]:
    """Without what tools wrote for themselves, and without the name, which is the object's."""
    return {name: value for name, value in texts.items() if not name.startswith(FOREIGN) and name != OWN_NAME}

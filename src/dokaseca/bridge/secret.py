"""The cluster Secret: labels to select on, annotations to carry values (the GitOps Bridge's contract)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import orjson

from dokaseca.bridge import platform_rules
from dokaseca.bridge.platform import ClusterSpec, RepositorySpec
from dokaseca.model.application import IN_CLUSTER_SERVER
from dokaseca.model.application_set import IN_CLUSTER_NAME
from dokaseca.model.manifest import Manifest

NAMESPACE = "argocd"
SECRET_TYPE = "argocd.argoproj.io/secret-type"  # noqa: S105 - a label name
LOCAL_CONFIG = {"tlsClientConfig": {"insecure": False}}


def cluster_secret(
    cluster_name: str = IN_CLUSTER_NAME,
    *,
    environment: str = "dev",
    metadata: Mapping[str, Any] | None = None,
    addons: Mapping[str, Any] | None = None,
    server: str = IN_CLUSTER_SERVER,
    config: Mapping[str, Any] | None = None,
    secret_name: str = "",
    secret_namespace: str = NAMESPACE,
) -> Manifest:
    """The Secret that registers a cluster, as the bridge module writes it.

    Args:
        metadata: further annotations; laid over the base ones, last wins.
        addons: further labels; laid over the base ones, last wins. Booleans become "true" and "false".
        config: how to connect; defaults to this cluster's own service account.
    """
    labels = {
        "cluster_name": cluster_name,
        "environment": environment,
        "enable_argocd": "true",
        SECRET_TYPE: "cluster",
        **{name: _text(value) for name, value in (addons or {}).items()},
    }
    annotations = {
        "cluster_name": cluster_name,
        "environment": environment,
        **{name: _text(value) for name, value in (metadata or {}).items()},
    }
    data = {"name": cluster_name, "server": server, "config": orjson.dumps(config or LOCAL_CONFIG).decode()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": secret_name or cluster_name,
            "namespace": secret_namespace,
            "labels": labels,
            "annotations": annotations,
        },
        "type": "Opaque",
        "data": {name: base64.b64encode(text.encode()).decode() for name, text in data.items()},
    }


def labels_of(cluster: ClusterSpec, *, kind: str) -> dict[str, str]:
    """The selectable half of a cluster: where it is, what it is, its teams and its addon flags.

    Args:
        kind: `hub` or `workload`; written as `type` and as `cluster_type`, both of which selectors in the wild read.
    """
    return {
        "cloud": cluster.cloud,
        "cloud_provider": cluster.cloud,
        "region": cluster.region,
        "env": cluster.environment,
        "type": kind,
        "cluster_type": kind,
        "distro": cluster.distro,
        "version": cluster.kubernetes_version,
        **{team: _text(enabled) for team, enabled in cluster.teams.items()},
        **{platform_rules.flag(addon): _text(enabled) for addon, enabled in cluster.addons.items()},
        **cluster.labels,
    }


def repository_annotations(repositories: Mapping[str, RepositorySpec], charts_url: str) -> dict[str, str]:
    """`{addons,workloads,clusters}_repo_{url,basepath,path,revision}`, and where the platform's charts are served."""
    found: dict[str, str] = {}
    for name, repository in repositories.items():
        found[f"{name}_repo_url"] = repository.url
        found[f"{name}_repo_basepath"] = repository.basepath
        found[f"{name}_repo_path"] = repository.path
        found[f"{name}_repo_revision"] = repository.revision
    return found | {"charts_repo_url": charts_url}


def remote_config(ca_pem: str, cert_pem: str, key_pem: str) -> dict[str, Any]:
    """The `config` of a cluster that is reached with a client certificate."""
    encoded = {"caData": ca_pem, "certData": cert_pem, "keyData": key_pem}
    return {
        "tlsClientConfig": {
            "insecure": False,
            **{name: base64.b64encode(text.encode()).decode() for name, text in encoded.items()},
        }
    }


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)

"""The three ApplicationSets that everything else comes from: addons, workloads, clusters.

Each selects the hub alone, by name: a spoke that registers must not be sent a folder of ApplicationSets, and must not give
two Applications one name.
"""

from __future__ import annotations

from dokaseca.bridge.secret import NAMESPACE
from dokaseca.model.manifest import Manifest

NAMES = ("addons", "workloads", "clusters")


def application_sets(hub_name: str) -> list[Manifest]:
    """`addons.yaml`, `workloads.yaml` and `clusters.yaml` for a hub."""
    return [_application_set(name, hub_name) for name in NAMES]


def _application_set(name: str, hub_name: str) -> Manifest:
    annotation = f"{{{{metadata.annotations.{name}_repo_%s}}}}"
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "syncPolicy": {"preserveResourcesOnDeletion": name != "workloads"},
            "generators": [{"clusters": {"selector": {"matchLabels": {"cluster_name": hub_name}}}}],
            "template": {
                "metadata": {"name": "bootstrap-" + name},
                "spec": {
                    "project": "default",
                    "source": {
                        "repoURL": annotation % "url",
                        "path": f"{annotation % 'basepath'}/{annotation % 'path'}",
                        "targetRevision": annotation % "revision",
                        "directory": {"recurse": True, "exclude": "exclude/*"},
                    },
                    "destination": {"name": "{{name}}", "namespace": NAMESPACE},
                    "syncPolicy": {"automated": {"prune": True, "selfHeal": True}},
                },
            },
        },
    }


def default_project() -> Manifest:
    """Argo CD's permissive default project."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": {"name": "default", "namespace": NAMESPACE},
        "spec": {
            "sourceRepos": ["*"],
            "destinations": [{"server": "*", "namespace": "*"}],
            "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
        },
    }

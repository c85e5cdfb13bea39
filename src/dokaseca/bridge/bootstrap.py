"""The three ApplicationSets that everything else comes from: addons, workloads, clusters.

Each selects the hub alone, by name: a spoke that registers must not be sent a folder of ApplicationSets, and must not
give two Applications one name.
"""

from __future__ import annotations

from dokaseca.bridge.secret import NAMESPACE
from dokaseca.model.manifest import Manifest

NAMES = ("addons", "workloads", "clusters")


def application_sets(hub_name: str) -> list[Manifest]:
    """`addons.yaml`, `workloads.yaml` and `clusters.yaml` for a hub."""
    return [_application_set(name, hub_name) for name in NAMES]


def _application_set(name: str, hub_name: str) -> Manifest:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "goTemplate": True,
            "goTemplateOptions": ["missingkey=error"],  # an annotation that is not set is an error, never a folder name
            "syncPolicy": {"preserveResourcesOnDeletion": name != "workloads"},
            "generators": [{"clusters": {"selector": {"matchLabels": {"cluster_name": hub_name}}}}],
            "template": {
                "metadata": {"name": "bootstrap-" + name},
                "spec": {
                    "project": "default",
                    "source": _source(name),
                    "destination": {"name": "{{ .name }}", "namespace": NAMESPACE},
                    "syncPolicy": {"automated": {"prune": True, "selfHeal": True}},
                },
            },
        },
    }


def _source(name: str) -> Manifest:
    """The repository as the hub's annotations say: `basepath` and `path` joined with one slash, whatever they hold."""
    value = f".metadata.annotations.{name}_repo_"
    parts = f'(trimAll "/" {value}basepath) (trimAll "/" {value}path)'
    return {
        "repoURL": f"{{{{ {value}url }}}}",
        "path": f'{{{{ list {parts} | compact | join "/" | default "." }}}}',
        "targetRevision": f"{{{{ {value}revision }}}}",
        "directory": {"recurse": True, "exclude": "exclude/*"},
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

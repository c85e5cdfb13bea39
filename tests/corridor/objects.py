"""Manifests that the corridor tests commit, and short ways to write them."""

from __future__ import annotations

from typing import Any

from dokaseca.model.identity import GroupVersionKind

Manifest = dict[str, Any]

CONFIG_MAP = GroupVersionKind("", "v1", "ConfigMap")
NAMESPACE = GroupVersionKind("", "v1", "Namespace")
SECRET = GroupVersionKind("", "v1", "Secret")
SERVICE_ACCOUNT = GroupVersionKind("", "v1", "ServiceAccount")
DEPLOYMENT = GroupVersionKind("apps", "v1", "Deployment")
POD = GroupVersionKind("", "v1", "Pod")
JOB = GroupVersionKind("batch", "v1", "Job")
CRD = GroupVersionKind("apiextensions.k8s.io", "v1", "CustomResourceDefinition")
WIDGET = GroupVersionKind("example.com", "v1", "Widget")
APPLICATION = GroupVersionKind("argoproj.io", "v1alpha1", "Application")
PROJECT = GroupVersionKind("argoproj.io", "v1alpha1", "AppProject")

AUTOMATED = {"automated": {"prune": True, "selfHeal": True}}


def config_map(name: str, value: str = "1", **annotations: str) -> Manifest:
    """A ConfigMap with one entry; keyword `sync_wave` is the annotation `argocd.argoproj.io/sync-wave`, and so on."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _metadata(name, annotations), "data": {"key": value}}


def deployment(name: str, image: str = "nginx:1", replicas: int = 1, **annotations: str) -> Manifest:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(name, annotations),
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": image}]}},
        },
    }


def job(name: str, *, fails: bool = False, **annotations: str) -> Manifest:
    """A Job that the simulator completes, or fails at the first Pod."""
    template: Manifest = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "busybox:1"}]}}
    if fails:
        template["metadata"] = {"annotations": {"dokaseca.dev/simulate": "crash-loop"}}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": _metadata(name, annotations),
        "spec": {"backoffLimit": 0, "template": template},
    }


def widget_definition() -> Manifest:
    """A CRD of group example.com with kind Widget."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"kind": "Widget", "listKind": "WidgetList", "plural": "widgets", "singular": "widget"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}},
                        }
                    },
                }
            ],
        },
    }


def widget(name: str, size: int = 1) -> Manifest:
    return {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": name}, "spec": {"size": size}}


def application(name: str, url: str, path: str = "app", **spec: Any) -> Manifest:
    """An Application of `path` in `url`, deployed to namespace `team` of the hub; `spec` replaces fields."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name, "namespace": "argocd"},
        "spec": {
            "project": "default",
            "source": {"repoURL": url, "path": path, "targetRevision": "main"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "team"},
            **spec,
        },
    }


def project(name: str = "default", **spec: Any) -> Manifest:
    """An AppProject that allows everything that `spec` does not restrict."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": {"name": name, "namespace": "argocd"},
        "spec": {
            "sourceRepos": ["*"],
            "destinations": [{"server": "*", "namespace": "*"}],
            "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
            **spec,
        },
    }


def _metadata(name: str, annotations: dict[str, str]) -> Manifest:
    written = {f"argocd.argoproj.io/{key.replace('_', '-')}": value for key, value in annotations.items()}
    return {"name": name, **({"annotations": written} if written else {})}

"""ApplicationSets of the shapes that platforms have: addons per cluster by merge, workloads by clusters and files."""

from __future__ import annotations

import base64

from dokaseca.model.manifest import Manifest

NAMESPACE = "argocd"
LABELS, ANNOTATIONS = 60, 30  # what a bridge writes on a cluster: a switch for each addon, and the facts
ENVIRONMENTS = ("dev", "stg", "prod")


def secret(number: int, **labels: str) -> Manifest:
    """A registered cluster with every addon switched on."""
    name = f"cluster-{number:04d}"
    switches = {f"enable_addon_{one:03d}": "true" for one in range(LABELS)}
    facts = {f"addons_fact_{one:02d}": f"fact {one} of {name}" for one in range(ANNOTATIONS)}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "labels": {
                "argocd.argoproj.io/secret-type": "cluster",
                "environment": ENVIRONMENTS[number % len(ENVIRONMENTS)],
                **switches,
                **labels,
            },
            "annotations": {"addons_repo_url": "https://git.example/addons", "addons_repo_revision": "main", **facts},
        },
        "data": {key: encoded(text) for key, text in (("name", name), ("server", f"https://{name}.example"))},
    }


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def addon(number: int) -> Manifest:
    """One addon on the clusters that switch it on, its version by environment."""
    switch = {"key": f"enable_addon_{number % LABELS:03d}", "operator": "In", "values": ["true"]}
    values = {
        "addonChart": f"addon-{number:03d}",
        "addonChartVersion": "1.0.0",
        "addonChartRepository": "https://charts.example",
        "addonChartNamespace": "addons",
    }
    generators = [
        {"clusters": {"values": values, "selector": {"matchExpressions": [switch]}}},
        *(
            {
                "clusters": {
                    "selector": {"matchLabels": {"environment": environment}},
                    "values": {"addonChartVersion": "1.1.0"},
                }
            }
            for environment in ENVIRONMENTS[:2]
        ),
    ]
    folders = ("default", "{{metadata.labels.environment}}", "clusters/{{name}}")
    helm = {
        "releaseName": "{{values.addonChart}}",
        "ignoreMissingValueFiles": True,
        "valueFiles": [f"$values/configs/{folder}/{{{{values.addonChart}}}}/values.yaml" for folder in folders],
    }
    spec = {
        "project": "default",
        "sources": [
            {
                "repoURL": "{{metadata.annotations.addons_repo_url}}",
                "targetRevision": "{{metadata.annotations.addons_repo_revision}}",
                "ref": "values",
            },
            {
                "chart": "{{values.addonChart}}",
                "repoURL": "{{values.addonChartRepository}}",
                "targetRevision": "{{values.addonChartVersion}}",
                "helm": helm,
            },
        ],
        "destination": {"namespace": "{{values.addonChartNamespace}}", "name": "{{name}}"},
        "syncPolicy": {"automated": {}, "syncOptions": ["CreateNamespace=true"]},
    }
    return application_set(
        f"addon-{number:03d}",
        generators=[{"merge": {"mergeKeys": ["server"], "generators": generators}}],
        template={"metadata": {"name": "addon-{{name}}-{{values.addonChart}}"}, "spec": spec},
    )


def workloads(url: str) -> Manifest:
    """Every application file of a repository on every cluster."""
    source = {
        "repoURL": url,
        "targetRevision": '{{ index .metadata.annotations "addons_repo_revision" }}',
        "path": "{{ .path.path }}",
        "kustomize": {"namePrefix": "{{ .name | lower }}-", "images": ['{{ .image }}:{{ default "latest" .tag }}']},
    }
    spec = {
        "project": "default",
        "source": source,
        "destination": {"name": "{{ .name }}", "namespace": "{{ .path.basenameNormalized }}"},
        "syncPolicy": {"automated": {"prune": True, "selfHeal": True}},
    }
    labels = {"environment": "{{ .metadata.labels.environment }}", "team": "{{ .team }}"}
    git = {"git": {"repoURL": url, "revision": "HEAD", "files": [{"path": "apps/**/app.yaml"}]}}
    clusters = {"clusters": {"selector": {"matchLabels": {"argocd.argoproj.io/secret-type": "cluster"}}}}
    return application_set(
        "workloads",
        goTemplate=True,
        goTemplateOptions=["missingkey=error"],
        generators=[{"matrix": {"generators": [clusters, git]}}],
        template={
            "metadata": {"name": "{{ .path.basename }}-{{ .name }}", "labels": labels},
            "spec": spec,
        },
    )


def files(count: int, **changed: str) -> dict[str, str]:
    """A repository of application files, among others that are none; `changed` are tags by name."""
    found = {"README.md": "Applications."}
    for number in range(count):
        name = f"app-{number:03d}"
        tag = changed.get(name.replace("-", "_"), "1.0.0")
        text = f"team: team-{number % 5}\nimage: registry.example/{name}\ntag: {tag}\nreplicas: {number % 4 + 1}\n"
        found[f"apps/{name}/app.yaml"] = text
        found[f"apps/{name}/base/deployment.yaml"] = "kind: Deployment\n"
    return found


def application_set(name: str, **spec: object) -> Manifest:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": spec,
    }

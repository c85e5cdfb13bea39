"""All ApplicationSets of a real addons repository, for one dev cluster that has every flag on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.generate_tree import FilesGit

from dokaseca.generate import expand
from dokaseca.generate.cluster_secret import ClusterSecret
from dokaseca.generate.generators.context import Inputs
from dokaseca.generate.templates.gotemplate.values import StringMap
from dokaseca.kit import yaml_in
from dokaseca.kit.clock import FakeClock
from dokaseca.model import manifest as manifests

FOLDER = Path(__file__).parents[4] / "shared" / "realworld" / "dokaseca-addons" / "argocd" / "appsets"
LABELS = {
    "environment": "dev",
    "region": "eu-west-1",
    "cluster_type": "workload",
    "type": "workload",
    "cloud": "local",
    "cloud_provider": "local",
    "cluster_name": "dev",
    "argocd.argoproj.io/secret-type": "cluster",
}
ANNOTATIONS = {
    "addons_repo_url": "https://git.test/addons.git",
    "addons_repo_revision": "main",
    "addons_repo_path": "argocd/appsets",
    "addons_repo_basepath": "",
}


def _application_sets() -> list[tuple[str, dict[str, Any]]]:
    return [
        (path.name, document.value)
        for path in sorted(FOLDER.rglob("*.yaml"))
        for document in yaml_in.load_all(path.read_text(), subject=path.name)
        if isinstance(document.value, dict) and document.value.get("kind") == "ApplicationSet"
    ]


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the real-world addons repository is not beside this one")
async def test_every_application_set_of_a_real_repository_generates_for_one_cluster() -> None:
    sets = _application_sets()
    flags = {flag for path in FOLDER.rglob("*.yaml") for flag in re.findall(r"\benable_\w+", path.read_text())}
    cluster = ClusterSecret(
        "dev",
        "https://dev.test",
        labels=StringMap(LABELS | dict.fromkeys(flags, "true")),
        annotations=StringMap(ANNOTATIONS),
    )
    git = FilesGit({"https://github.com/thatmlopsguy/dokaseca-addons": {"README.md": ""}})
    generated: dict[str, int] = {}
    for name, application_set in sets:
        expansion = await expand.expand(application_set, Inputs([cluster], git.tree, FakeClock()))
        generated[name] = len(expansion.applications)
        for application in expansion.applications:
            assert "{{" not in manifests.name(application), name
            assert manifests.name(application).startswith(("addon-dev-", "addon-", "dev-")) or "dev" in str(application)
            sources = application["spec"].get("sources") or [application["spec"]["source"]]
            assert all(source.get("repoURL") for source in sources), name
    assert len(sets) == 168
    assert sum(generated.values()) >= 165

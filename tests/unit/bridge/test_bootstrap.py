"""The bootstrap ApplicationSets, generated against cluster Secrets as the controller does it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.generate_tree import FilesGit

from dokaseca.bridge import bootstrap, manifests, secret
from dokaseca.bridge.platform import ClusterSpec, Platform, RepositorySpec
from dokaseca.generate import cluster_secret as readers
from dokaseca.generate import expand
from dokaseca.generate.generators.context import Inputs
from dokaseca.kit.clock import FakeClock
from dokaseca.model import application as applications
from dokaseca.model import application_set

CHARTS = "http://127.0.0.1:1/charts"
REAL = Path(__file__).parents[4] / "shared" / "realworld" / "dokaseca-addons" / "argocd" / "appsets"
PLATFORM = Platform(
    name="demo",
    hub=ClusterSpec("control", "control-plane"),
    clusters=(ClusterSpec("dev", "dev"),),
    repositories={
        "addons": RepositorySpec("https://git.test/addons.git", path="appsets"),
        "workloads": RepositorySpec("https://git.test/workloads.git", path="workloads", revision="v2"),
        "clusters": RepositorySpec("https://git.test/clusters.git", "", "clusters"),
    },
)


def hub_secret(platform: Platform = PLATFORM) -> dict[str, Any]:
    return next(one for one in manifests.hub(platform, CHARTS) if one["kind"] == "Secret")


def spoke_secret(name: str, **options: Any) -> dict[str, Any]:
    labels = secret.labels_of(ClusterSpec(name, "dev"), kind="workload")
    return secret.cluster_secret(name, server=f"https://{name}:6443", addons=labels, **options)


async def generated(secrets: list[dict[str, Any]], hub_name: str = "control") -> list[dict[str, Any]]:
    """The Applications of all three sets."""
    clusters = [readers.from_secret(one) for one in secrets]
    inputs = Inputs(clusters, FilesGit({}).tree, FakeClock())
    found = []
    for one in bootstrap.application_sets(hub_name):
        found += (await expand.expand(one, inputs)).applications
    return found


async def test_the_hub_alone_gets_three_applications_however_many_clusters_register():
    alone = await generated([hub_secret()])
    spokes = [spoke_secret(name) for name in ("dev", "stg", "prod")]
    together = await generated([spokes[0], hub_secret(), *spokes[1:]])
    assert together == alone
    assert [one["metadata"]["name"] for one in alone] == [
        "bootstrap-addons",
        "bootstrap-workloads",
        "bootstrap-clusters",
    ]
    assert {one["spec"]["destination"]["name"] for one in alone} == {"control"}
    assert {one["spec"]["destination"]["namespace"] for one in alone} == {"argocd"}


async def test_without_the_hub_s_secret_nothing_is_generated():
    assert await generated([spoke_secret("dev")]) == []
    assert await generated([hub_secret()], hub_name="other") == []


async def test_each_source_is_what_the_annotations_say():
    sources = {one["metadata"]["name"]: one["spec"]["source"] for one in await generated([hub_secret()])}
    directory = {"recurse": True, "exclude": "exclude/*"}
    assert sources == {
        "bootstrap-addons": {
            "repoURL": "https://git.test/addons.git",
            "path": "argocd/appsets",
            "targetRevision": "main",
            "directory": directory,
        },
        "bootstrap-workloads": {
            "repoURL": "https://git.test/workloads.git",
            "path": "argocd/workloads",
            "targetRevision": "v2",
            "directory": directory,
        },
        "bootstrap-clusters": {
            "repoURL": "https://git.test/clusters.git",
            "path": "clusters",
            "targetRevision": "main",
            "directory": directory,
        },
    }


@pytest.mark.parametrize(
    ("basepath", "path", "joined"),
    [
        ("argocd", "appsets", "argocd/appsets"),
        ("", "appsets", "appsets"),
        ("argocd", "", "argocd"),
        ("", "", "."),
        ("argocd/", "appsets", "argocd/appsets"),
        ("/argocd/", "/appsets/", "argocd/appsets"),
    ],
)
async def test_the_path_has_one_slash_between_its_parts_and_none_around(basepath, path, joined):
    repository = replace(PLATFORM.repositories["addons"], basepath=basepath, path=path)
    platform = replace(PLATFORM, repositories={**PLATFORM.repositories, "addons": repository})
    addons, *_ = await generated([hub_secret(platform)])
    assert addons["spec"]["source"]["path"] == joined
    assert applications.view(addons).sources[0].path == (repository.folder or ".")


@pytest.mark.parametrize("part", ["url", "basepath", "path", "revision"])
async def test_an_annotation_that_is_not_set_is_an_error_and_never_a_placeholder(part):
    broken = hub_secret()
    del broken["metadata"]["annotations"][f"clusters_repo_{part}"]
    with pytest.raises(expand.GenerationError, match=f"clusters_repo_{part}"):
        await generated([broken])


async def test_only_the_workloads_go_when_their_bootstrap_goes():
    """Deleting a set: what addons and clusters deployed stays, what workloads deployed is deleted with it."""
    keeps = {one["metadata"]["name"]: one["spec"]["syncPolicy"] for one in bootstrap.application_sets("control")}
    assert keeps == {
        "addons": {"preserveResourcesOnDeletion": True},
        "workloads": {"preserveResourcesOnDeletion": False},
        "clusters": {"preserveResourcesOnDeletion": True},
    }
    finalizers = {
        one["metadata"]["name"]: one["metadata"].get("finalizers", []) for one in await generated([hub_secret()])
    }
    assert finalizers == {
        "bootstrap-addons": [],
        "bootstrap-workloads": [application_set.FINALIZER],
        "bootstrap-clusters": [],
    }


async def test_bootstrap_applications_sync_and_heal_themselves():
    for one in await generated([hub_secret()]):
        view = applications.view(one)
        assert view.project == "default"
        assert view.automated == applications.Automated(prune=True, self_heal=True)


async def test_the_sets_and_their_applications_are_valid_on_the_hub(hub):
    for one in manifests.hub(PLATFORM, CHARTS):
        group = "/api/v1" if one["apiVersion"] == "v1" else f"/apis/{one['apiVersion']}"
        space = f"/namespaces/{one['metadata']['namespace']}" if one["metadata"].get("namespace") else ""
        path = f"{group}{space}/{one['kind'].lower()}s/{one['metadata']['name']}"
        applied = await hub.apply(path, one, force="true")
        assert {name: applied[name] for name in ("spec", "data") if name in one} == {
            name: one[name] for name in ("spec", "data") if name in one
        }
    for one in await generated([hub_secret()]):
        created = await hub.post("/apis/argoproj.io/v1alpha1/namespaces/argocd/applications", one)
        assert created["spec"] == one["spec"]


def test_what_selectors_and_templates_of_our_own_sets_read_is_set():
    registration = hub_secret()["metadata"]
    for one in bootstrap.application_sets("control"):
        for kind, name in re.findall(r"\.metadata\.(labels|annotations)\.(\w+)", str(one)):
            assert name in registration[kind]
        (generator,) = one["spec"]["generators"]
        assert set(generator["clusters"]["selector"]["matchLabels"].items()) <= set(registration["labels"].items())


@pytest.mark.skipif(not REAL.is_dir(), reason="the real-world addons repository is not beside this one")
def test_what_a_real_repository_reads_is_set():
    """All but what its users add themselves: a domain, a token, and one flag that is misspelt there."""
    text = "\n".join(file.read_text() for file in REAL.rglob("*.yaml"))
    read = {
        "labels": set(re.findall(r"metadata\.labels\.(\w+)", text)) | set(re.findall(r"key: ([a-z_]+)", text)),
        "annotations": set(re.findall(r"metadata\.annotations\.(\w+)", text)),
    }
    read["labels"] = {name for name in read["labels"] if not name.startswith("enable_")}
    assert {"cluster_type", "cloud_provider", "env", "region", "distro"} <= read["labels"]
    registration = hub_secret()["metadata"]
    assert read["labels"] - set(registration["labels"]) == {"domain", "addon_velero"}
    assert read["annotations"] - set(registration["annotations"]) == {"backstage_github_token"}

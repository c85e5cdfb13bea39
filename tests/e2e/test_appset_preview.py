"""Previews are true: what a running platform holds is what files alone say; and a real repository is not too large."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.harness import Up, dokaseca, git

from dokaseca.bridge import secret
from dokaseca.kit import yaml_out
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

URL = "https://github.com/thatmlopsguy/dokaseca-addons"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    running = Up(tmp_path_factory.mktemp("preview") / "p", "--timeout", "60s")
    running.converged()  # or not: what is generated does not wait for health
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def secrets(up: Up) -> Path:
    """The cluster Secrets as kubectl prints them."""
    file = up.folder.parent / "secrets.yaml"
    file.write_text(up.kubectl_ok("hub", "get", "secrets", "-n", "argocd", "-o", "yaml"))
    return file


def told(application: Manifest) -> tuple[object, ...]:
    """What an ApplicationSet decides about an Application."""
    return (
        application["spec"],
        manifests.labels(application),
        manifests.annotations(application),
        manifests.metadata(application).get("finalizers"),
    )


@pytest.mark.parametrize("repository", ["addons", "workloads"])
def test_a_preview_is_what_the_running_platform_holds(up: Up, secrets: Path, repository: str) -> None:
    folder = up.folder / repository
    ended = dokaseca(
        *("appset", "preview", str(folder), "--clusters", str(secrets), "-o", "json"),
        home=up.home,
    )
    assert ended.code == 0, ended.err
    previewed = {manifests.name(one): told(one) for one in json.loads(ended.out)["items"]}
    sets = {manifests.name(one) for one in up.objects("hub", "applicationsets", "-n", "argocd")}
    named = dokaseca("appset", "preview", str(folder), "--clusters", str(secrets), home=up.home).out
    own = {line.split()[0] for line in named.splitlines()[1:]}
    assert own <= sets
    live = {
        manifests.name(one): told(one)
        for one in up.objects("hub", "applications", "-n", "argocd")
        if {each["name"] for each in manifests.metadata(one).get("ownerReferences") or []} & own
    }
    assert len(live) > 10
    assert previewed == live


def test_what_a_commit_changes_is_what_the_diff_says(up: Up, secrets: Path) -> None:
    folder = up.folder / "workloads"
    path = next(folder.rglob("applicationset.yaml"))
    name = re.search(r"^  name: *(\S+)", path.read_text(), re.MULTILINE)
    assert name is not None
    kept = path.read_text()
    path.unlink()
    ended = dokaseca(
        "appset", "diff", str(folder), "--clusters", str(secrets), "-o", "json", "--exit-code", home=up.home
    )
    path.write_text(kept)
    assert ended.code == 1, ended.err
    changes = json.loads(ended.out)["changes"]
    assert {one["kind"] for one in changes} == {"vanishes"}
    gone = {one["name"] for one in changes}
    owned = {
        manifests.name(one)
        for one in up.objects("hub", "applications", "-n", "argocd")
        if name[1] in {each["name"] for each in manifests.metadata(one).get("ownerReferences") or []}
    }
    assert gone == owned


def test_every_generated_value_of_the_examples_can_be_explained(up: Up, secrets: Path) -> None:
    for repository in ("addons", "workloads"):
        folder = up.folder / repository
        names = dokaseca(
            "appset", "preview", str(folder), "--clusters", str(secrets), "-o", "name", home=up.home
        ).out.split()
        ended = dokaseca(
            *("appset", "explain", names[-1], str(folder), "--clusters", str(secrets), "-o", "json"), home=up.home
        )
        assert ended.code == 0, ended.err
        (one,) = json.loads(ended.out)
        assert all(field["place"] for field in one["fields"])
        used = [each for field in one["fields"] for each in field["parameters"]]
        assert used
        assert all(each["whence"] for each in used)


# --- a real repository ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The addons repository of a real platform under Git, with a hundred clusters that have every flag on."""
    source = shared / "realworld" / "dokaseca-addons"
    if not (source / "argocd" / "appsets").is_dir():
        pytest.skip("the real ApplicationSets are absent")
    base = tmp_path_factory.mktemp("realworld")
    shutil.copytree(source, base / "addons")
    for path in base.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    texts = [path.read_text() for path in (base / "addons" / "argocd").rglob("*.yaml")]
    flags = sorted({flag for text in texts for flag in re.findall(r"\benable_\w+", text)} | {"addon_velero"})
    (base / "clusters.yaml").write_text(
        yaml_out.dump_all(
            secret.cluster_secret(
                f"c{number}",
                environment=("dev", "stg", "prod")[number % 3],
                server=f"https://c{number}.test",
                metadata={"addons_repo_url": URL, "addons_repo_revision": "main"},
                addons={**dict.fromkeys(flags, True), "env": ("dev", "stg", "prod")[number % 3], "region": "eu"},
            )
            for number in range(100)
        )
    )
    home = base / "home"
    git(base / "addons", "init", "--quiet", "--initial-branch=main", home=home)
    git(base / "addons", "remote", "add", "origin", f"{URL}.git", home=home)
    git(base / "addons", "add", "--all", "--force", home=home)
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
    git(base / "addons", *identity, "commit", "--quiet", "-m", "Import", home=home)
    return base


def test_all_application_sets_of_a_real_repository_for_a_hundred_clusters(real: Path) -> None:
    ended = dokaseca(
        *("appset", "preview", str(real / "addons" / "argocd"), "--clusters", str(real / "clusters.yaml")),
        home=real / "home",
    )
    assert ended.code == 2, ended.err  # two ApplicationSets want one name
    rows = [line.split() for line in ended.out.splitlines()[1:]]
    assert len({row[0] for row in rows}) == 166  # two want a distribution and a cloud that none of the clusters has
    refused = [row for row in rows if "owned" in row]
    assert {row[0] for row in refused} == {"addons-envoy"}
    assert (len(refused), len(rows)) == (100, 100 * (166 + 3))  # istio's makes four for a cluster
    assert not {"addons-longhorn", "addons-azure-service-operator"} & {row[0] for row in rows}


def test_a_commit_in_a_real_repository(real: Path) -> None:
    file = real / "addons" / "configs" / "appsets" / "environments" / "stg" / "rustfs.json"
    kept = file.read_text()
    file.write_text(kept.replace("0.0.93", "0.0.95"))
    ended = dokaseca(
        *("appset", "diff", str(real / "addons" / "argocd"), "--clusters", str(real / "clusters.yaml"), "-o", "json"),
        home=real / "home",
    )
    file.write_text(kept)
    assert ended.code == 0, ended.err
    found = json.loads(ended.out)
    assert len(found["changes"]) == 33
    assert {tuple(one["why"]) for one in found["changes"]} == {
        ("addonChartVersion: 0.0.93 -> 0.0.95 (configs/appsets/environments/stg/rustfs.json)",)
    }
    assert {tuple(one["fields"][0]["diff"]) for one in found["changes"]} == {("-0.0.93", "+0.0.95")}

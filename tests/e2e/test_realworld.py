"""Input that none of us wrote: the ApplicationSets of a real platform, applied to a hub with every flag on."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.harness import Up, git, target

from dokaseca.kit import yaml_in
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

FLAG = re.compile(r"enable_[a-z0-9_]+")
OFFLINE = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}


@pytest.fixture(scope="module")
def addons(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real addons repository as a Git repository, and one folder of plain YAML."""
    source = shared / "realworld" / "dokaseca-addons"
    if not (source / "argocd" / "appsets").is_dir():
        pytest.skip("the real ApplicationSets are absent")
    base = tmp_path_factory.mktemp("realworld")
    work_tree, home = base / "work", base / "home"
    shutil.copytree(source, work_tree)
    for path in work_tree.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    (work_tree / "local").mkdir()
    (work_tree / "local" / "config.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: local}\n")
    git(work_tree, "init", "--quiet", "--initial-branch=main", home=home)
    git(work_tree, "add", "--all", "--force", home=home)
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
    git(work_tree, *identity, "commit", "--quiet", "-m", "Import", home=home)
    return work_tree


@pytest.fixture(scope="module")
def files(addons: Path) -> list[Path]:
    return sorted(addons.joinpath("argocd", "appsets").rglob("*.yaml"))


@pytest.fixture(scope="module")
def up(addons: Path, files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp("platform")
    flags = sorted({flag for file in files for flag in FLAG.findall(file.read_text())})
    labels = "\n".join(f"      {flag}: true" for flag in flags)
    platform = folder / "given.yaml"
    platform.write_text(
        f"""apiVersion: dokaseca.dev/v1alpha1
kind: Platform
metadata:
  name: real
spec:
  hub:
    environment: dev
    labels:
{labels}
      addon_velero: true
  clusters: []
  repositories:
    addons:
      url: {addons.as_uri()}
      path: nothing-here
"""
    )
    running = Up(folder / "platform", "-f", str(platform), "--timeout", "5s", variables=OFFLINE)
    running.converged()
    yield running
    assert running.stop() == 0


LOCAL = """apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: local, namespace: argocd}
spec:
  generators:
  - clusters: {selector: {matchLabels: {enable_cert_manager: "true"}}}
  template:
    metadata: {name: "addon-{{name}}-local"}
    spec:
      project: addons
      source: {repoURL: "{{metadata.annotations.addons_repo_url}}", targetRevision: main, path: local}
      destination: {name: "{{name}}", namespace: default}
      syncPolicy: {automated: {}}
"""


def test_every_application_set_of_a_real_platform_reconciles(up: Up, addons: Path, files: list[Path]) -> None:
    assert len(files) == 169
    up.kubectl_ok("hub", "apply", "--server-side", "-R", "-f", str(addons / "argocd" / "appsets"))
    up.kubectl_ok("hub", "apply", "-f", "-", stdin=LOCAL)
    sets = [manifests.name(one) for one in up.objects("hub", "applicationsets", "-n", "argocd")]
    names = [name for name in sets if name.startswith("addons-")]
    assert len(names) == 168
    refused: dict[str, str] = {}
    for name in names:
        live = up.until("hub", target("argoproj.io/v1alpha1", "ApplicationSet", "argocd", name), _is_reconciled)
        error = _conditions(live)["ErrorOccurred"]
        if error["status"] == "True":
            refused[name] = error["message"]
    for name in _reading_remote_repositories(files):
        assert "repository" in refused.pop(name), name
    taken = _names_taken_twice(files)
    assert len(refused) == sum(len(sets) - 1 for sets in taken.values()), refused
    for name, message in refused.items():
        assert any(
            name in sets and f"application {application} is already owned by ApplicationSet" in message
            for application, sets in taken.items()
        ), (name, message)

    generated = {
        manifests.name(one): one
        for one in up.objects("hub", "applications", "-n", "argocd")
        if manifests.name(one).startswith("addon-")
    }
    strange: dict[str, list[tuple[str, str]]] = {}
    synced: set[str] = set()
    for name, application in generated.items():
        final = up.until("hub", target("argoproj.io/v1alpha1", "Application", "argocd", name), _is_judged)
        assert final is not None
        conditions = manifests.get(final, "status", "conditions", default=[])
        said = [(one["type"], one["message"]) for one in conditions]
        if _reads_a_chart(application):
            assert [kind for kind, _ in said] == ["ComparisonError"], (name, said)
            assert "does not answer" in said[0][1] or "index.yaml" in said[0][1], (name, said)
        elif manifests.get(final, "status", "sync", "status") != "Synced":
            strange[name] = said
        else:
            synced.add(name)
    for name, said in strange.items():
        assert re.search("remote base .* is not fetched|repository cannot be read", said[0][1]), (name, said)
    assert synced == {"addon-hub-local"}, synced
    assert len(generated) > 150


def _names_taken_twice(files: list[Path]) -> dict[str, set[str]]:
    """Application name to the ApplicationSets that want it, where there are several: a defect of the real input."""
    wanted: dict[str, set[str]] = {}
    for file in files:
        text = file.read_text()
        chart = re.search(r"^ +addonChart: *(\S+)", text, re.MULTILINE)
        name = re.search(r"^  name: *(\S+)", text, re.MULTILINE)
        if chart and name and "addon-{{name}}-{{values.addonChart}}" in text:
            wanted.setdefault(f"addon-hub-{chart[1]}", set()).add(name[1])
    return {application: sets for application, sets in wanted.items() if len(sets) > 1}


def _reading_remote_repositories(files: list[Path]) -> set[str]:
    """The ApplicationSets whose git generators name a repository on the network, which no test may reach."""
    return {
        manifests.name(document.value)
        for file in files
        for document in yaml_in.load_all(file.read_bytes(), subject=file.name)
        if re.search(r"'git': \{[^}]*'repoURL': 'https://", str(document.value["spec"].get("generators")))
    }


def _conditions(live: Manifest | None) -> dict[str, Manifest]:
    return {one["type"]: one for one in manifests.get(live, "status", "conditions", default=[])}


def _is_reconciled(live: Manifest | None) -> bool:
    """Judged, and no longer by what was true before the AppProject came, which is applied among the last."""
    conditions = _conditions(live)
    is_judged = {"ResourcesUpToDate", "ErrorOccurred"} <= set(conditions)
    return is_judged and "references project addons which" not in conditions["ErrorOccurred"]["message"]


def _is_judged(live: Manifest | None) -> bool:
    return bool(
        manifests.get(live, "status", "conditions", default=[])
        or manifests.get(live, "status", "sync", "status", default="") == "Synced"
    )


def _reads_a_chart(application: Manifest) -> bool:
    sources = manifests.get(application, "spec", "sources", default=[]) or [application["spec"].get("source") or {}]
    return any(source.get("chart") for source in sources)

"""`dokaseca preview` as a pipeline runs it: real Git repositories, no platform, no network."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.harness import Ended, dokaseca

WORKLOADS = "https://git.example/workloads.git"

SETS = f"""apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: workloads}}
spec:
  goTemplate: true
  generators:
    - matrix:
        generators:
          - clusters: {{selector: {{matchLabels: {{environment: prod}}}}}}
          - git: {{repoURL: {WORKLOADS}, revision: main, directories: [{{path: apps/*}}]}}
  template:
    metadata: {{name: '{{{{.path.basename}}}}-{{{{.name}}}}'}}
    spec:
      project: default
      sources:
        - repoURL: {WORKLOADS}
          targetRevision: main
          path: '{{{{.path.path}}}}'
          helm: {{valueFiles: [$values/v.yaml]}}
        - {{repoURL: {WORKLOADS}, targetRevision: main, ref: values}}
      destination: {{name: '{{{{.name}}}}', namespace: shop}}
      syncPolicy: {{automated: {{prune: true}}}}
"""
PARENT = f"""apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: parent}}
spec:
  source: {{repoURL: {WORKLOADS}, path: plain}}
  destination: {{server: https://kubernetes.default.svc, namespace: argocd}}
"""
CLUSTERS = "".join(
    f"""apiVersion: v1
kind: Secret
metadata: {{name: {name}, labels: {{argocd.argoproj.io/secret-type: cluster, environment: prod}}}}
stringData: {{name: {name}, server: 'https://{name}.example'}}
---
"""
    for name in ("blue", "green")
)
CHART = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "templates/web.yaml": """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
""",
}
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: SECRET}\n"
CLAIM = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n"
CHILD = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: child}
spec:
  source: {repoURL: https://git.example/workloads.git, path: child}
  destination: {server: 'https://kubernetes.default.svc', namespace: kid}
  syncPolicy: {automated: {prune: true}}
"""


class Repositories:
    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.addons, self.workloads = folder / "addons", folder / "workloads"
        put(self.addons / "sets.yaml", SETS)
        put(self.addons / "parent.yaml", PARENT)
        put(self.addons / "clusters.yaml", CLUSTERS)
        for name, text in CHART.items():
            put(self.workloads / "apps/web" / name, text)
        put(self.workloads / "v.yaml", "replicas: 2\n")
        put(self.workloads / "plain/child.yaml", CHILD)
        put(self.workloads / "child/login.yaml", SECRET.replace("SECRET", "hunter2"))
        put(self.workloads / "child/claim.yaml", CLAIM)
        for repository in (self.addons, self.workloads):
            git(repository, "init", "-q", "-b", "main")
            self.commit(repository)

    def commit(self, repository: Path) -> None:
        git(repository, "add", "-A")
        git(repository, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "a")

    def preview(self, *arguments: str) -> Ended:
        given = ["--clusters", str(self.addons / "clusters.yaml"), "--repo", f"{WORKLOADS}={self.workloads}"]
        return dokaseca("preview", "--in", str(self.workloads), *given, *arguments, str(self.addons), home=self.home)

    def report(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        ended = self.preview("-o", "json", *arguments)
        assert ended.code == code, ended.err
        found: dict[str, Any] = json.loads(ended.out)
        return found


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True)


@pytest.fixture
def repositories(tmp_path: Path) -> Repositories:
    return Repositories(tmp_path)


def test_a_value_shared_by_two_clusters_is_followed_to_both(repositories: Repositories) -> None:
    put(repositories.workloads / "v.yaml", "replicas: 0\n")
    repositories.commit(repositories.workloads)
    report = repositories.report("--base", "HEAD~1", "--head", "main")
    assert report["summary"]["applications"] == {"created": 0, "changed": 2, "gone": 0}
    assert report["summary"]["clusters"] == ["blue", "green"]
    assert report["summary"]["namespaces"] == [{"cluster": one, "namespace": "shop"} for one in ("blue", "green")]
    assert report["summary"]["dangers"] == 2
    (change,) = report["applications"][0]["objects"]
    assert [one["rule"] for one in change["dangers"]] == ["replicas-zero"]
    assert "-  replicas: 2\n+  replicas: 0\n" in change["diff"]


def test_what_an_application_of_an_application_loses_is_flagged_and_secrets_are_masked(
    repositories: Repositories,
) -> None:
    (repositories.workloads / "child/claim.yaml").unlink()
    put(repositories.workloads / "child/login.yaml", SECRET.replace("SECRET", "hunter3"))
    ended = repositories.preview("-o", "markdown")  # the work tree, not committed
    assert ended.code == 0, ended.err
    assert "1 Application (1 changed); 2 objects (1 changed, 1 pruned)" in ended.out
    assert "**deleted** PersistentVolumeClaim kid/data (Application child, in-cluster)" in ended.out
    assert "hunter" not in ended.out
    assert "aHVudGVy" not in ended.out
    assert "3 unchanged" in ended.out


def test_an_application_that_is_wrong_at_head_hides_no_other(repositories: Repositories) -> None:
    put(repositories.workloads / "apps/web/templates/web.yaml", "{{ fail `not like this` }}")
    put(repositories.workloads / "child/new.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: new}\n")
    repositories.commit(repositories.workloads)
    report = repositories.report("--base", "HEAD~1", "--head", "main", code=2)
    errors = {one["name"]: one["error"] for one in report["applications"]}
    assert "not like this" in errors["web-blue"]
    assert "not like this" in errors["web-green"]
    assert errors["child"] == ""
    assert report["summary"]["objects"] == {"created": 1, "changed": 0, "gone": 0}
    back = repositories.report("--base", "main", "--head", "HEAD~1")
    assert "not like this" in {one["name"]: one["baseError"] for one in back["applications"]}["web-blue"]


def test_a_parent_that_fails_takes_no_children_away(repositories: Repositories) -> None:
    put(repositories.workloads / "plain/broken.yaml", "apiVersion: v1\nkind: [\nmetadata: argoproj.io/\n")
    report = repositories.report(code=2)
    assert [one["name"] for one in report["applications"]] == ["parent"]
    assert "broken.yaml" in report["applications"][0]["error"]


def test_nothing_is_rendered_that_is_equal(repositories: Repositories) -> None:
    put(repositories.workloads / "README.md", "words\n")
    report = repositories.report("--exit-code")
    assert report["applications"] == []
    assert report["summary"]["unchanged"] == 4
    assert report["summary"]["rendered"] == 1  # the parent, to see what it holds


def test_a_new_application_and_one_that_goes(repositories: Repositories) -> None:
    for name, text in CHART.items():
        put(repositories.workloads / "apps/api" / name, text)
    git(repositories.workloads, "rm", "-rq", "apps/web")
    repositories.commit(repositories.workloads)
    report = repositories.report("--base", "HEAD~1", "--head", "main", "--exit-code", code=1)
    actions = {one["name"]: one["action"] for one in report["applications"]}
    assert actions == {"api-blue": "create", "api-green": "create", "web-blue": "delete", "web-green": "delete"}
    gone = next(one for one in report["applications"] if one["name"] == "web-blue")
    assert [one["rule"] for one in gone["dangers"]] == ["application-deleted"]
    assert [one["action"] for one in gone["objects"]] == ["prune"]


def test_a_pinned_revision_does_not_move(repositories: Repositories) -> None:
    git(repositories.workloads, "tag", "v1")
    put(repositories.addons / "parent.yaml", PARENT.replace("path: plain", "path: child, targetRevision: v1"))
    put(repositories.workloads / "child/login.yaml", SECRET.replace("SECRET", "other"))
    report = repositories.report()
    assert report["applications"] == []


def test_a_path_without_applications_is_told(repositories: Repositories, tmp_path: Path) -> None:
    put(repositories.workloads / "nothing/a.txt", "a")
    ended = dokaseca("preview", str(repositories.workloads / "nothing"), home=tmp_path / "home")
    assert ended.code == 2
    assert "holds neither an ApplicationSet nor an Application" in ended.err

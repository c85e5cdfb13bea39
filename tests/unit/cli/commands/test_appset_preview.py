"""`dokaseca appset preview` as its user sees it: files in, a table out, and every mistake told."""

from __future__ import annotations

import subprocess
from pathlib import Path

import orjson
import pytest
import yaml
from click.testing import CliRunner, Result

from dokaseca.cli.commands import appset_options
from dokaseca.cli.main import root

SET = """apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: web, namespace: argocd}
spec:
  generators:
  - clusters:
      selector: {matchLabels: {enable_web: "true"}}
      values: {version: 1.2.0}
  template:
    metadata: {name: "web-{{name}}"}
    spec:
      project: shop
      sources:
      - {repoURL: "https://git.example/values", ref: values}
      - {repoURL: "https://charts.example", chart: web, targetRevision: "{{values.version}}"}
      destination: {name: "{{name}}", namespace: web}
"""
FILES = """apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: apps}
spec:
  goTemplate: true
  generators:
  - git: {repoURL: "https://git.example/team/apps.git", revision: main, directories: [{path: "apps/*"}]}
  template:
    metadata: {name: "{{ .path.basename }}"}
    spec:
      source: {repoURL: "https://git.example/team/apps.git", path: "{{ .path.path }}"}
      destination: {server: "https://kubernetes.default.svc"}
"""
TFVARS = 'environment = "{env}"\nregion = "europe"\naddons = {{ enable_web = true }}\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets" / "web.yaml").write_text(SET)
    for env in ("dev", "prod"):
        (tmp_path / f"{env}.tfvars").write_text(TFVARS.format(env=env))
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(root, ["appset", "preview", *arguments])


def test_a_table_of_what_is_generated(folder):
    result = call("sets", "--clusters", "dev.tfvars", "--clusters", "prod.tfvars")
    assert result.exit_code == 0
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["APPLICATIONSET", "APPLICATION", "PROJECT", "DESTINATION", "SOURCE", "REVISION"],
        ["web", "web-spoke-dev", "shop", "spoke-dev/web", "web", "1.2.0"],
        ["web", "web-spoke-prod", "shop", "spoke-prod/web", "web", "1.2.0"],
    ]
    assert "note: dev.tfvars:1: cluster_type is not set: Terraform's default 'spoke' is assumed" in result.stderr
    assert "sets/web.yaml:1" in call("sets", "--clusters", "dev.tfvars", "-o", "wide").stdout


def test_manifests_for_other_tools(folder):
    documents = list(yaml.safe_load_all(call("sets", "--clusters", "dev.tfvars", "-o", "yaml").stdout))
    assert [one["metadata"]["name"] for one in documents] == ["web-spoke-dev"]
    listed = orjson.loads(call("sets", "--clusters", "dev.tfvars", "-o", "json").stdout)
    assert (listed["kind"], listed["items"]) == ("List", documents)
    assert call("sets", "--clusters", "dev.tfvars", "-o", "name").stdout == "web-spoke-dev\n"


def test_credentials_in_generated_texts_are_masked(folder):
    text = SET.replace("https://charts.example", "https://user:hunter2@charts.example")
    (folder / "sets" / "web.yaml").write_text(text)
    for form in ("yaml", "json", "wide"):
        assert "hunter2" not in call("sets", "--clusters", "dev.tfvars", "-o", form).output


def test_one_that_would_be_refused_is_shown_with_the_reason_and_fails(folder):
    (folder / "sets" / "web.yaml").write_text(SET.replace("web-{{name}}", "web"))
    result = call("sets", "--clusters", "dev.tfvars", "--clusters", "prod.tfvars")
    assert result.exit_code == 2
    assert result.stdout.count("ApplicationSet web contains applications with duplicate name: web") == 1
    named = call("sets", "--clusters", "dev.tfvars", "--clusters", "prod.tfvars", "-o", "name")
    assert (named.exit_code, named.stdout) == (2, "web\n")
    assert "error: sets/web.yaml:1: Application web: ApplicationSet web contains" in named.stderr


def test_an_empty_answer_is_told_and_is_no_failure(folder):
    (folder / "dev.tfvars").write_text('environment = "dev"\n')
    result = call("sets", "--clusters", "dev.tfvars")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no Application is generated" in result.stderr


@pytest.fixture
def apps(folder: Path) -> Path:
    """A Git repository with one committed app, and one that is not committed."""
    found = folder / "apps"
    (found / "apps" / "web").mkdir(parents=True)
    (found / "apps" / "web" / "x.yaml").write_text("")
    (folder / "sets" / "web.yaml").write_text(FILES)
    git = ["git", "-C", str(found), "-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "One"]):
        subprocess.run([*git, *arguments], check=True)
    (found / "apps" / "new").mkdir()
    return found


def test_repositories_are_read_at_the_revision_and_with_worktree_as_they_are(apps):
    option = ("--repo", "https://git.example/team/apps=apps", "-o", "name")
    assert call("sets", *option).stdout == "web\n"
    assert call("sets", "--worktree", *option).stdout == "new\nweb\n"


def test_the_repository_around_the_application_sets_is_known_by_its_remotes(apps):
    subprocess.run(["git", "-C", str(apps), "remote", "add", "x", "git@git.example:team/apps.git"], check=True)
    (apps / "set.yaml").write_text(FILES)
    assert call("apps/set.yaml", "-o", "name").stdout == "web\n"


def test_a_repository_that_is_not_given_names_the_flag(folder):
    (folder / "sets" / "apps.yaml").write_text(FILES)
    result = call("sets", "--clusters", "dev.tfvars", "-o", "name")
    assert (result.exit_code, result.stdout) == (2, "web-spoke-dev\n")
    assert (
        "error: sets/apps.yaml:1: ApplicationSet argocd/apps: repository https://git.example/team/apps.git is not on "
        "this machine; clone it and add --repo https://git.example/team/apps.git=FOLDER"
    ) in result.stderr


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("gone",), "error: there is no file or folder gone"),
        (("dev.tfvars",), "error: dev.tfvars holds no ApplicationSet"),
        (("sets", "--clusters", "gone.yaml"), "error: gone.yaml cannot be read: No such file or directory"),
        (("sets", "--clusters", "sets/web.yaml"), "error: sets/web.yaml describes no cluster"),
        (("sets", "--repo", "https://x"), "error: --repo 'https://x' is not URL=FOLDER"),
        (("sets", "--set", "wed"), "error: there is no ApplicationSet 'wed'; there are: web"),
        (("broken.yaml",), "error: broken.yaml:3:"),
    ],
)
def test_every_mistake_is_told_in_a_line(folder, arguments, why):
    (folder / "broken.yaml").write_text("kind: ApplicationSet\na: [\n")
    result = call(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert any(line.startswith(why) for line in result.stderr.splitlines()), result.stderr


def test_many_errors_are_cut(capsys):
    assert appset_options.problems([f"error {number}" for number in range(25)])
    lines = capsys.readouterr().err.splitlines()
    assert (len(lines), lines[-1]) == (21, "... and 5 more errors")
    assert not appset_options.problems([])


def test_progress_is_told_when_work_takes_long_and_not_before(capsys):
    times = iter([100.0, 100.0, 100.9, 105.0, 106.0, 110.5])
    with appset_options.ProgressLine(is_terminal=False, now=lambda: next(times)) as line:
        for done in range(5):
            line(done, 5, 70)
    assert capsys.readouterr().err == "2/5 ApplicationSets, 70 Applications\n4/5 ApplicationSets, 70 Applications\n"


def test_progress_moves_in_one_line_where_a_person_looks_on(capsys):
    times = iter([100.0, 100.5, 102.0])
    with appset_options.ProgressLine(is_terminal=True, now=lambda: next(times)) as line:
        line(0, 2, 0)
        line(1, 2, 3)
    assert capsys.readouterr().err == "\r\x1b[K1/2 ApplicationSets, 3 Applications\r\x1b[K"

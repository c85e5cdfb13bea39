"""`dokaseca appset diff`: a repository changes, and what that does to Applications is told with the reasons."""

from __future__ import annotations

import subprocess
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from dokaseca.bridge import secret
from dokaseca.cli.commands import appset_changes
from dokaseca.cli.main import root
from dokaseca.kit import yaml_out
from dokaseca.wiring.offline.compare import Change, Comparison, FieldChange

WEB = """apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: web, namespace: argocd}
spec:
  generators:
  - clusters:
      selector:
        matchLabels:
          enable_web: "true"
      values:
        version: 1.0.0
  template:
    metadata:
      name: web-{{name}}
    spec:
      source:
        repoURL: https://charts.example
        chart: web
        targetRevision: '{{values.version}}'
        helm:
          valueFiles: [default.yaml, "clusters/{{name}}.yaml"]
          values: |
            region: {{metadata.labels.region}}
            replicas: 1
      destination: {name: '{{name}}', namespace: web}
"""
APPS = """apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: apps, namespace: argocd}
spec:
  goTemplate: true
  generators:
  - git:
      repoURL: https://git.example/team/platform.git
      revision: main
      files: [{path: "apps/*.json"}]
  template:
    metadata: {name: 'app-{{ .path.filename | trimSuffix ".json" }}'}
    spec:
      source: {repoURL: https://charts.example, chart: app, targetRevision: '{{ .version }}'}
      destination: {server: https://kubernetes.default.svc}
"""


def clusters(**labels: dict[str, str]) -> str:
    return yaml_out.dump_all(
        secret.cluster_secret(name, server=f"https://{name}", addons={"region": "eu", "enable_web": "true", **more})
        for name, more in labels.items()
    )


class Repository:
    """A Git repository with one commit; `change` edits a file of its work tree."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("sets/web.yaml", WEB)
        self.write("sets/apps.yaml", APPS)
        self.write("clusters.yaml", clusters(dev={}, prod={}))
        self.write("apps/shop.json", '{"version": "1.0.0"}')
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("remote", "add", "origin", "git@git.example:team/platform.git")
        self.commit()

    def git(self, *arguments: str) -> None:
        identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
        subprocess.run(["git", "-C", str(self.folder), *identity, *arguments], check=True, capture_output=True)

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", "Change")

    def write(self, path: str, text: str) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)

    def change(self, path: str, old: str, new: str) -> None:
        text = (self.folder / path).read_text()
        assert old in text
        self.write(path, text.replace(old, new))


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.chdir(tmp_path)
    return Repository(tmp_path)


def call(*arguments: str, path: str = "sets") -> Result:
    return CliRunner().invoke(root, ["appset", "diff", path, "--clusters", "clusters.yaml", *arguments])


def changes(*arguments: str) -> list[tuple[str, str, list[str]]]:
    """(kind and name, fields with their lines, reasons) of each change."""
    result = call(*arguments, "-o", "json")
    assert result.exit_code == 0, result.output
    return [
        (
            f"{one['kind']} {one['name']}",
            " ".join(f"{each['path']} {each['diff']}" for each in one["fields"]),
            one["why"],
        )
        for one in orjson.loads(result.stdout)["changes"]
    ]


def test_nothing_has_changed(repository):
    assert call().stdout == "no differences; 3 unchanged\n"
    assert call("--exit-code").exit_code == 0


def test_a_value_of_a_generator_has_changed(repository):
    repository.change("sets/web.yaml", "version: 1.0.0", "version: 1.1.0")
    why = ["values.version: 1.0.0 -> 1.1.0 (sets/web.yaml:11)"]
    field = "spec.source.targetRevision ['-1.0.0', '+1.1.0']"
    assert changes() == [("changes web-dev", field, why), ("changes web-prod", field, why)]


def test_a_label_of_a_cluster_that_a_template_reads_has_changed(repository):
    repository.write("clusters.yaml", clusters(dev={"region": "us"}, prod={}))
    assert changes() == [
        (
            "changes web-dev",
            "spec.source.helm.values ['@@ -1,2 +1,2 @@', '-region: eu', '+region: us', ' replicas: 1']",
            ["metadata.labels.region: eu -> us (clusters.yaml)"],
        )
    ]


def test_the_template_has_changed(repository):
    repository.change("sets/web.yaml", "replicas: 1", "replicas: 2")
    repository.change("sets/web.yaml", "[default.yaml", "[base.yaml")
    first = changes()[0]
    assert first[1] == (
        "spec.source.helm.valueFiles ['-- default.yaml', '+- base.yaml'] "
        "spec.source.helm.values ['@@ -1,2 +1,2 @@', ' region: eu', '-replicas: 1', '+replicas: 2']"
    )
    assert first[2] == [
        "spec.template.spec.source.helm.valueFiles[0]: default.yaml -> base.yaml (sets/web.yaml:21)",
        "spec.template.spec.source.helm.values: region: {{metadata.labels.region}} replicas: 1  -> region: "
        "{{metadata.labels.region}} replicas: 2  (sets/web.yaml:22)",
    ]


def test_a_file_that_a_generator_reads_has_changed_appeared_or_gone(repository):
    repository.write("apps/shop.json", '{"version": "2.0.0"}')
    repository.write("apps/blog.json", '{"version": "1.0.0"}')
    assert changes() == [
        ("appears app-blog", "", ["apps/blog.json is new or says something else"]),
        (
            "changes app-shop",
            "spec.source.targetRevision ['-1.0.0', '+2.0.0']",
            ["version: 1.0.0 -> 2.0.0 (apps/shop.json)"],
        ),
    ]
    (repository.folder / "apps" / "shop.json").unlink()
    assert changes()[1] == ("vanishes app-shop", "", ["apps/shop.json is gone or says something else"])


def test_a_flag_of_a_cluster_takes_and_brings_applications(repository):
    repository.write("clusters.yaml", clusters(dev={"enable_web": "false"}, prod={}))
    assert changes() == [
        ("vanishes web-dev", "", ["label enable_web of cluster dev: true -> false (clusters.yaml)"]),
    ]
    repository.commit()
    repository.write("clusters.yaml", clusters(dev={}, prod={}))
    assert changes() == [
        ("appears web-dev", "", ["label enable_web of cluster dev: false -> true (clusters.yaml)"]),
    ]


def test_a_cluster_comes_and_one_goes(repository):
    repository.write("clusters.yaml", clusters(prod={}, edge={}))
    assert changes() == [
        ("appears web-edge", "", ["cluster edge is new (clusters.yaml)"]),
        ("vanishes web-dev", "", ["cluster dev is gone (clusters.yaml)"]),
    ]


def test_a_selector_has_changed(repository):
    repository.change("sets/web.yaml", "enable_web: ", "enable_shop: ")
    assert changes()[0] == (
        "vanishes web-dev",
        "",
        ["spec.generators[0].clusters.selector.matchLabels changed (sets/web.yaml:8)"],
    )


def test_a_name_has_changed(repository):
    repository.change("sets/web.yaml", "name: web-{{name}}", "name: www-{{name}}")
    why = ["spec.template.metadata.name: web-{{name}} -> www-{{name}} (sets/web.yaml:14)"]
    assert [(one, reasons) for one, _, reasons in changes()] == [
        ("appears www-dev", why), ("appears www-prod", why), ("vanishes web-dev", why), ("vanishes web-prod", why)
    ]  # fmt: skip


def test_an_application_set_comes_goes_and_hands_over(repository):
    repository.change("sets/web.yaml", "{name: web, namespace: argocd}", "{name: site, namespace: argocd}")
    assert changes() == []
    (repository.folder / "sets" / "web.yaml").unlink()
    assert changes()[0][2] == ["ApplicationSet web is gone (sets/web.yaml:1)"]
    repository.commit()
    repository.write("sets/web.yaml", WEB)
    assert changes()[0][2] == ["ApplicationSet web is new (sets/web.yaml:1)"]


def test_a_name_that_is_taken_stays_whose_it_is_and_the_other_is_refused(repository):
    repository.write("sets/a.yaml", WEB.replace("{name: web,", "{name: another,"))
    result = call("-o", "markdown")
    assert result.exit_code == 2
    assert result.stdout.startswith("### Applications: no differences; 3 unchanged\n")
    assert "> **Refused:** sets/a.yaml:1: Application web-dev: application web-dev is already owned by" in result.stdout
    assert "error: sets/a.yaml:1: Application web-prod: application web-prod is already owned by" in result.stderr
    repository.commit()
    assert call().exit_code == 0


def test_an_application_that_changes_and_is_refused_says_so(repository):
    repository.change("sets/web.yaml", "destination: {name: '{{name}}',", "destination: {name: 'x-{{name}}',")
    result = call()
    assert result.exit_code == 2
    assert (
        "    refused: application destination spec is invalid: there are no clusters with this name: x-dev"
        in result.stdout
    )


def test_an_application_that_changes_hands_says_whose_it_is(repository):
    repository.git("mv", "sets/web.yaml", "sets/site.yaml")
    text = WEB.replace("{name: web,", "{name: site,").replace("replicas: 1", "replicas: 2")
    repository.write("sets/site.yaml", text)
    assert changes()[0][2][0] == "it is ApplicationSet site's now, and was web's"


def test_a_field_that_comes_goes_or_changes_its_shape(repository):
    repository.change("sets/web.yaml", "        chart: web\n", "        chart: web\n        ref: {a: 1}\n")
    assert changes()[0][1:] == (
        "spec.source.ref ['+a: 1']",
        ["spec.template.spec.source.ref is new (sets/web.yaml:19)"],
    )
    repository.commit()
    repository.change("sets/web.yaml", "        ref: {a: 1}\n", "        ref: plain\n")
    assert changes()[0][1] == "spec.source.ref ['-a: 1', '+plain']"
    repository.commit()
    repository.change("sets/web.yaml", "        ref: plain\n", "")
    assert changes()[0][1:] == (
        "spec.source.ref ['-plain']",
        ["spec.template.spec.source.ref is gone (sets/web.yaml:19)"],
    )


def test_sources_are_compared_one_by_one_and_long_differences_are_cut(repository):
    several = WEB.replace("      source:\n        repoURL", "      sources:\n      - repoURL")
    repository.write("sets/web.yaml", several)
    repository.commit()
    repository.change(
        "sets/web.yaml", "replicas: 1", "\n".join(f"            line{n}: {n}" for n in range(100)).strip()
    )
    field = changes()[0][1]
    assert field.startswith("spec.sources[0].helm.values [")
    assert field.endswith("' ... 43 more lines']")


def test_a_label_that_is_set_for_the_first_time(repository):
    repository.change("sets/web.yaml", 'enable_web: "true"', 'enable_web: "true"\n          tier: gold')
    repository.commit()
    repository.write("clusters.yaml", clusters(dev={"tier": "gold"}, prod={}))
    assert changes() == [("appears web-dev", "", ["label tier of cluster dev: (none) -> gold (clusters.yaml)"])]


def test_notes_about_clusters_are_told_once(repository):
    repository.write("dev.tfvars", 'environment = "dev"\n')
    repository.commit()
    result = call("--clusters", "dev.tfvars")
    assert result.stderr.count("note: dev.tfvars:1: region is not set: Terraform's default") == 1


def test_two_revisions_are_compared_whatever_the_work_tree_says(repository):
    repository.change("sets/web.yaml", "version: 1.0.0", "version: 1.1.0")
    repository.commit()
    repository.change("sets/web.yaml", "version: 1.1.0", "version: 9.9.9")
    assert {one[1] for one in changes("--base", "HEAD~1", "--head", "main")} == {
        "spec.source.targetRevision ['-1.0.0', '+1.1.0']"
    }
    assert call("--base", "HEAD", "--head", "HEAD").stdout.startswith("no differences")


def test_a_path_that_is_not_there_yet_has_no_application_sets_before(repository):
    repository.write(
        "more/web.yaml", WEB.replace("{name: web,", "{name: more,").replace("web-{{name}}", "more-{{name}}")
    )
    result = call(path="more")
    assert "+ 2 Applications appear (ApplicationSet more)" in result.stdout
    assert "because ApplicationSet more is new (more/web.yaml:1)" in result.stdout


def test_an_application_set_that_fails_takes_nothing_away(repository):
    repository.change("sets/web.yaml", "- clusters:", "- clusterz:")
    result = call("--exit-code")
    assert (result.exit_code, result.stdout) == (2, "no differences; 1 unchanged\n")
    assert (
        "error: sets/web.yaml:1: ApplicationSet argocd/web at the work tree: an entry of spec.generators names no "
        "known generator: clusterz; did you mean 'clusters'?"
    ) in result.stderr
    repository.commit()
    repository.write("sets/web.yaml", WEB)
    fixed = call()
    assert (fixed.exit_code, fixed.stdout) == (0, "no differences; 1 unchanged\n")
    assert "note: sets/web.yaml:1: ApplicationSet argocd/web at HEAD: an entry" in fixed.stderr


def test_alike_changes_are_told_once_and_exit_code_is_asked_for(repository):
    repository.change("sets/web.yaml", '"clusters/', '"spokes/')
    repository.change("sets/web.yaml", "version: 1.0.0", "version: 1.1.0")
    result = call()
    assert result.exit_code == 0
    assert call("--exit-code").exit_code == 1
    assert result.stdout.splitlines() == [
        "~ 2 Applications change (ApplicationSet web)",
        "    web-dev, web-prod",
        "    as web-dev:",
        "    spec.source.targetRevision",
        "      -1.0.0",
        "      +1.1.0",
        "    spec.source.helm.valueFiles",
        "      -- clusters/dev.yaml",
        "      +- spokes/dev.yaml",
        "    because spec.template.spec.source.helm.valueFiles[1]: clusters/{{name}}.yaml -> spokes/{{name}}.yaml "
        "(sets/web.yaml:21)",
        "    because values.version: 1.0.0 -> 1.1.0 (sets/web.yaml:11)",
        "",
        "2 change; 1 unchanged",
    ]


def test_markdown_is_a_comment(repository):
    repository.change("sets/web.yaml", "version: 1.0.0", "version: 1.1.0")
    text = call("-o", "markdown").stdout
    assert text.startswith("### Applications: 2 change; 1 unchanged\n\n`HEAD -> the work tree`\n")
    assert "<details><summary>~ 2 Applications change (ApplicationSet web)</summary>\n" in text
    assert "- because values.version: 1.0.0 -&gt; 1.1.0 (sets/web.yaml:11)\n" in text
    assert "```diff\n@@ spec.source.targetRevision @@\n-1.0.0\n+1.1.0\n```\n\n</details>\n" in text


def a_change(name: str, lines: tuple[str, ...] = ("-1", "+2")) -> Change:
    return Change("changes", name, name, "f:1", (FieldChange("spec.x", lines),), (f"because of *{name}* <b>",))


def test_markdown_is_cut_to_the_size_of_a_comment_and_says_so():
    found = Comparison([a_change(f"app-{number}", tuple(f"+{'x' * 90}" for _ in range(50))) for number in range(100)])
    text = appset_changes.markdown(found, "a -> b")
    assert len(text) < appset_changes.MARKDOWN_CHARS
    assert "more groups of changes; `dokaseca appset diff` shows them all" in text
    assert text.count("<details>") == text.count("</details>")
    assert text.count("```diff") * 2 == text.count("```")


def test_markdown_of_hostile_texts_stays_text():
    found = Comparison([a_change("a_b", ("+```", "+</details><script>", "+````` x"))], failed=["set <x> [y](z)"])
    text = appset_changes.markdown(found, "a -> b")
    assert "- because because of \\*a\\_b\\* &lt;b&gt;" in text
    assert "> **Not known:** set &lt;x&gt; \\[y\\](z)" in text
    assert "\n``````diff\n" in text


def test_credentials_are_masked_in_every_form(repository):
    repository.change("sets/web.yaml", "repoURL: https://charts", "repoURL: https://ada:hunter2@charts")
    for form in ("text", "markdown", "json"):
        result = call("-o", form)
        assert "hunter2" not in result.output
        assert "charts.example" in result.output


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("sets", "--base", "nowhere"), "unable to resolve 'nowhere' to a commit SHA"),
        (("sets", "--head", "nowhere"), "unable to resolve 'nowhere' to a commit SHA"),
        (("gone",), "gone holds no ApplicationSet, neither at HEAD nor at the work tree"),
        (("apps",), "apps holds no ApplicationSet, neither at HEAD nor at the work tree"),
        (("sets", "--clusters", "gone.yaml"), "gone.yaml describes no cluster, neither at HEAD nor at the work tree"),
        (("sets", "--clusters", "/nonexistent.yaml"), "/nonexistent.yaml cannot be read: No such file or directory"),
        (("sets", "--repo", "x"), "--repo 'x' is not URL=FOLDER"),
    ],
)
def test_every_mistake_is_told_in_a_line(repository, arguments, why):
    result = CliRunner().invoke(root, ["appset", "diff", *arguments])
    assert (result.exit_code, result.stdout) == (2, "")
    assert why in result.stderr
    assert "Traceback" not in result.output


def test_outside_of_git_there_is_nothing_to_compare(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "web.yaml").write_text(WEB)
    result = CliRunner().invoke(root, ["appset", "diff"])
    assert result.exit_code == 2
    assert "lies in no Git repository, so it has no revisions" in result.stderr


def test_a_broken_file_at_head_is_an_error(repository):
    repository.write("sets/broken.yaml", "kind: ApplicationSet\na: [\n")
    result = call()
    assert result.exit_code == 2
    assert "error: sets/broken.yaml:3:1: " in result.stderr


def test_without_clusters_it_says_so(repository):
    result = CliRunner().invoke(root, ["appset", "diff", "sets"])
    assert result.stderr.count("note: no --clusters are given") == 1

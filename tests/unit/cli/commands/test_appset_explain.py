"""`dokaseca appset explain`: for each value of an Application, the line, the parameter and who gave it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from dokaseca.cli.main import root

SIMPLE = """apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: web, namespace: argocd}
spec:
  generators:
  - merge:
      mergeKeys: [server]
      generators:
      - clusters:
          values:
            version: 1.0.0
            who: '{{name}}-team'
      - clusters:
          selector: {matchLabels: {environment: dev}}
          values:
            version: 2.0.0
  template:
    metadata:
      name: web-{{name}}
      labels:
        region: '{{metadata.labels.region}}'
    spec:
      project: shop
      source:
        repoURL: '{{metadata.annotations.addons_repo_url}}'
        chart: web
        targetRevision: '{{values.version}}'
        helm:
          values: |
            owner: {{values.who}}
            zone: {{metadata.labels.zone}}
      destination: {name: '{{name}}', namespace: web}
"""
GO = """apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: apps, namespace: argocd}
spec:
  goTemplate: true
  generators:
  - matrix:
      generators:
      - git:
          repoURL: https://git.example/team/apps.git
          revision: main
          files: [{path: "apps/*.json"}]
          values: {kind: '{{ .path.basename }}'}
      - list:
          template:
            metadata: {labels: {from: list}}
          elements:
          - {tier: gold, sizes: [1, 2]}
  template:
    metadata:
      name: '{{ .app.name }}-{{ .tier }}'
      labels: {'{{ .tier }}': '{{ index .sizes 1 }}'}
    spec:
      source: {repoURL: https://git.example/charts, path: '{{ .values.kind }}/{{ .path.filename }}'}
      destination: {server: https://kubernetes.default.svc}
  templatePatch: |
    spec:
      syncPolicy:
        automated: {prune: true}
"""
TFVARS = """environment = "dev"
region = "europe"
gitops_org = "https://git.example/team"
gitops_addons_repo = "addons"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets" / "web.yaml").write_text(SIMPLE)
    (tmp_path / "dev.tfvars").write_text(TFVARS)
    return tmp_path


@pytest.fixture
def go(folder: Path) -> Path:
    (folder / "sets" / "apps.yaml").write_text(GO)
    (folder / "files" / "apps").mkdir(parents=True)
    (folder / "files" / "apps" / "shop.json").write_text('{"app": {"name": "shop"}}')
    return folder


def call(*arguments: str) -> Result:
    return CliRunner().invoke(root, ["appset", "explain", *arguments, "--clusters", "dev.tfvars"])


def explained(*arguments: str) -> dict[str, Any]:
    result = call(*arguments, "-o", "json")
    assert result.exit_code == 0, result.output
    (one,) = orjson.loads(result.stdout)
    return one  # type: ignore[no-any-return]


def fields(*arguments: str) -> dict[str, tuple[str, str, str, list[tuple[str, str | None, str]]]]:
    """Path to value, template, place, and the parameters."""
    return {
        one["path"]: (
            one["value"],
            one["template"],
            one["place"],
            [(each["name"], each["value"], each["whence"]) for each in one["parameters"]],
        )
        for one in explained(*arguments)["fields"]
    }


def test_every_field_with_its_line_and_whoever_gave_its_parameters(folder):
    found = fields("web-spoke-dev", "sets")
    cluster = ("name", "spoke-dev", "cluster spoke-dev (dev.tfvars)")
    assert found["metadata.name"] == ("web-spoke-dev", "web-{{name}}", "sets/web.yaml:19", [cluster])
    assert found["metadata.labels.region"][3] == [
        ("metadata.labels.region", "europe", "label of cluster spoke-dev (dev.tfvars:2)")
    ]
    assert found["spec.source.repoURL"][3] == [
        (
            "metadata.annotations.addons_repo_url",
            "https://git.example/team/addons",
            "annotation of cluster spoke-dev (dev.tfvars:4)",
        )
    ]
    assert found["spec.project"] == ("shop", "", "sets/web.yaml:23", [])
    assert found["metadata.namespace"] == ("argocd", "", "added by the controller", [])
    assert found["metadata.finalizers[0]"][2] == "added by the controller"
    assert "kind" not in found


def test_of_a_merge_the_generator_that_prevails_is_named(folder):
    found = fields("web-spoke-dev", "sets")
    assert found["spec.source.targetRevision"] == (
        "2.0.0",
        "{{values.version}}",
        "sets/web.yaml:27",
        [("values.version", "2.0.0", "values of the clusters generator (sets/web.yaml:16)")],
    )
    local = fields("web-in-cluster", "sets")
    assert local["spec.source.targetRevision"][3] == [
        ("values.version", "1.0.0", "values of the clusters generator (sets/web.yaml:11)")
    ]
    assert local["metadata.name"][3][0] == ("name", "in-cluster", "the local cluster (sets/web.yaml:9)")


def test_a_value_that_is_a_template_itself_and_a_parameter_that_nobody_gives(folder):
    found = fields("argocd/web-spoke-dev", "sets", "--field", "spec.source.helm")
    assert list(found) == ["spec.source.helm.values"]
    assert found["spec.source.helm.values"][3] == [
        ("values.who", "spoke-dev-team", "values of the clusters generator (sets/web.yaml:12), from {{name}}-team"),
        ("metadata.labels.zone", None, "no generator gives it"),
    ]


def test_the_generators_that_took_part_and_what_of_them_prevails(folder):
    one = explained("web-spoke-dev", "sets")
    assert (one["application_set"], one["place"], one["is_go"]) == ("argocd/web", "sets/web.yaml:1", False)
    assert [(each["path"], each["place"], each["gives"]) for each in one["generators"]] == [
        ("spec.generators[0].merge.generators[0].clusters", "sets/web.yaml:9", ["values.who"]),
        ("spec.generators[0].merge.generators[1].clusters", "sets/web.yaml:13", ["values.version"]),
    ]


def test_go_templates_files_lists_keys_and_patches(go):
    found = fields("shop-gold", "sets", "--repo", "https://git.example/team/apps=files")
    repository = "https://git.example/team/apps.git"
    assert found["metadata.name"][3] == [
        ("app.name", "shop", f"apps/shop.json in {repository}"),
        ("tier", "gold", "element 0 of the list generator (sets/apps.yaml:18)"),
    ]
    assert found["metadata.labels.gold"] == (
        "2",
        "{{ .tier }}: {{ index .sizes 1 }}",
        "sets/apps.yaml:22",
        [
            ("tier", "gold", "element 0 of the list generator (sets/apps.yaml:18)"),
            ("sizes", "0=1 1=2", "element 0 of the list generator (sets/apps.yaml:18)"),
        ],
    )
    assert found["spec.source.path"][3] == [
        ("values.kind", "apps", "values of the git generator (sets/apps.yaml:13), from {{ .path.basename }}"),
        ("path.filename", "shop.json", f"the path apps/shop.json in {repository}"),
    ]
    assert found["spec.syncPolicy.automated.prune"] == ("true", "", "templatePatch (sets/apps.yaml:26)", [])


def test_what_a_patch_adds_where_nothing_is_templated_and_null(folder):
    text = SIMPLE.replace(
        "      project: shop\n", "      project: shop\n      revisionHistoryLimit: null\n      x: 1.5\n"
    )
    (folder / "sets" / "web.yaml").write_text(text)
    found = fields("web-spoke-dev", "sets")
    assert found["spec.revisionHistoryLimit"][0] == "null"
    assert found["spec.x"][0] == "1.5"


def test_a_list_that_is_written_as_text_is_told_by_its_generator(folder):
    text = SIMPLE.replace("  - merge:", "  - list: {elementsYaml: '[{name: odd, server: x}]'}\n  - merge:")
    (folder / "sets" / "web.yaml").write_text(text)
    assert fields("web-odd", "sets")["metadata.name"][3] == [("name", "odd", "list generator (sets/web.yaml:6)")]


def test_as_text_places_in_the_own_file_are_lines(folder):
    result = call("web-spoke-dev", "sets", "--field", "spec.source.targetRevision", "--field", "spec.project")
    assert result.stdout.splitlines() == [
        "Application web-spoke-dev",
        "  ApplicationSet argocd/web (sets/web.yaml:1), {{key}} substitution",
        "  spec.generators[0].merge.generators[0].clusters (line 9): values.who",
        "  spec.generators[0].merge.generators[1].clusters (line 13): values.version",
        "",
        "spec.project = shop   (line 23)",
        "spec.source.targetRevision = 2.0.0",
        "    {{values.version}}   (line 27)",
        "      values.version = 2.0.0   values of the clusters generator (line 16)",
    ]


def test_two_application_sets_that_give_it_are_both_shown(folder):
    (folder / "sets" / "z.yaml").write_text(SIMPLE.replace("{name: web,", "{name: zweb,"))
    result = call("web-spoke-dev", "sets", "--field", "spec.project")
    assert result.stdout.count("Application web-spoke-dev") == 2
    assert "note: 2 ApplicationSets give an Application of this name; only the first can have it" in result.stderr
    assert call("web-spoke-dev", "sets", "--set", "zweb").stdout.count("Application web-spoke-dev") == 1


def test_credentials_are_masked(folder):
    (folder / "sets" / "web.yaml").write_text(
        SIMPLE.replace("chart: web", "chart: web\n        x: https://a:hunter2@b/c")
    )
    for form in ("table", "json", "yaml"):
        assert "hunter2" not in call("web-spoke-dev", "sets", "-o", form).output


def test_a_set_that_fails_is_told_and_keeps_no_other_back(folder):
    (folder / "sets" / "apps.yaml").write_text(GO)
    result = call("web-spoke-dev", "sets")
    assert result.exit_code == 0
    assert "note: sets/apps.yaml:1: ApplicationSet argocd/apps: repository https://git.example" in result.stderr
    unknown = call("shop-gold", "sets")
    assert unknown.exit_code == 2
    assert "1 ApplicationSets fail and may give it: sets/apps.yaml:1" in unknown.stderr


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (
            ("web-spoke-dve", "sets"),
            "no ApplicationSet gives an Application 'web-spoke-dve'; did you mean web-spoke-dev",
        ),
        (
            ("nothing", "sets"),
            "no ApplicationSet gives an Application 'nothing'; there are: web-spoke-dev, web-in-cluster",
        ),
        (
            ("web-spoke-dev", "sets", "--field", "spec.sorce.chart"),
            "has no field 'spec.sorce.chart'; did you mean spec.source",
        ),
        (
            ("web-spoke-dev", "sets", "--field", "zzzz"),
            "has no field 'zzzz'; it has: apiVersion, kind, metadata.name, ",
        ),
        (("web-spoke-dev", "gone"), "there is no file or folder gone"),
        (("web-spoke-dev", "sets", "--set", "x"), "there is no ApplicationSet 'x'; there are: web"),
    ],
)
def test_every_mistake_is_told_in_a_line(folder, arguments, why):
    result = call(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert why in result.stderr
    assert "Traceback" not in result.output

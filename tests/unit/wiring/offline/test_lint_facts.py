"""From files to facts: lines, resolved selectors, repositories, and everything switched on."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dokaseca.bridge.lint import check
from dokaseca.bridge.lint.facts import ApplicationSet
from dokaseca.model.errors import UserError
from dokaseca.wiring.offline import lint_facts
from dokaseca.wiring.offline.lint_facts import Gathered, LintInputs

ADDON = """---
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: addons-web, namespace: argocd}
spec:
  generators:
  - merge:
      mergeKeys: [server]
      generators:
      - clusters:
          values:
            addonChart: web
            addonChartVersion: 1.0.0
          selector:
            matchExpressions:
            - key: enable_web
              operator: In
              values: ['true']
      - clusters:
          selector:
            matchLabels:
              environment: dev
          values:
            addonChartVersion: 2.0.0
  template:
    metadata:
      name: addon-{{name}}-{{values.addonChart}}
    spec:
      project: addons
      sources:
      - repoURL: '{{metadata.annotations.addons_repo_url}}'
        targetRevision: main
        ref: values
      - chart: '{{values.addonChart}}'
        repoURL: https://charts.example
        targetRevision: '{{values.addonChartVersion}}'
        helm:
          ignoreMissingValueFiles: true
          valueFiles:
          - $values/configs/default/{{values.addonChart}}/values.yaml
          - $values/configs/region//{{metadata.labels.region}}/values.yaml
          - https://files.example/x.yaml
      - repoURL: '{{metadata.annotations.addons_repo_url}}'
        path: charts/{{values.missing}}
        helm: {valueFiles: [local.yaml, /root.yaml]}
      destination: {name: '{{name}}', namespace: web}
"""
PILOT = """apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: pilot, namespace: argocd}
spec:
  goTemplate: true
  generators:
  - merge:
      mergeKeys: [server]
      generators:
      - clusters: {selector: {matchLabels: {enable_pilot: "true"}}}
      - matrix:
          generators:
          - git:
              repoURL: https://git.example/team/addons
              files: [{path: "pins/*.json"}]
          - clusters:
              selector:
                matchLabels:
                  env: '{{ .environment }}'
              values: {version: '{{ .version }}'}
  template:
    metadata: {name: 'pilot-{{ .name }}'}
    spec:
      source: {repoURL: https://charts.example, chart: pilot, targetRevision: '{{ .values.version }}'}
      destination: {name: '{{ .name }}'}
"""
TFVARS = """environment = "{env}"
region = "europe"
gitops_org = "https://git.example/team"
gitops_addons_repo = "addons"
addons = {{
  enable_odd = true
}}
"""


@pytest.fixture
def addons(tmp_path: Path) -> Path:
    root = tmp_path / "addons"
    files = {
        "argocd/appsets/web.yaml": ADDON,
        "argocd/appsets/pilot.yaml": PILOT,
        "configs/default/web/values.yaml": "",
        "configs/regions/eu/.gitkeep": "",
        "pins/dev.json": '{"environment": "dev", "version": "1.0.0"}',
        "pins/qa.json": '{"environment": "qa", "version": "1.0.0"}',
    }
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    for env in ("dev", "prod"):
        (tmp_path / f"{env}.tfvars").write_text(TFVARS.format(env=env))
    return root


async def gather(folder: Path, *clusters: Path, **more: object) -> Gathered:
    return await lint_facts.gather(LintInputs([folder], clusters, **more))  # type: ignore[arg-type]


async def both(addons: Path) -> dict[str, ApplicationSet]:
    found = await gather(addons, addons.parent / "dev.tfvars", addons.parent / "prod.tfvars")
    assert found.problems == []
    return {one.name: one for one in found.facts.sets}


async def test_selectors_with_their_lines_and_which_of_them_override(addons):
    web = (await both(addons))["addons-web"]
    assert [
        (one.place.line, one.is_override, [(each.key, each.place.line) for each in one.requirements])
        for one in web.selectors
    ] == [(14, False, [("enable_web", 16)]), (20, True, [("environment", 22)])]


async def test_selectors_that_a_matrix_fills_are_there_once_for_each_parameter_set(addons):
    pilot = (await both(addons))["pilot"]
    filled = [
        (each.key, sorted(each.values), each.place.line, one.is_override)
        for one in pilot.selectors
        for each in one.requirements
    ]
    assert filled == [
        ("enable_pilot", ["true"], 10, False),
        ("env", ["dev"], 19, True),
        ("env", ["qa"], 19, True),
    ]
    assert pilot.failure == ""


async def test_every_flag_is_on_so_that_every_set_generates(addons):
    web = (await both(addons))["addons-web"]
    assert [(one.name, one.cluster, one.environment, one.versions) for one in web.generated] == [
        ("addon-spoke-dev-web", "spoke-dev", "dev", {"web": "2.0.0"}),
        ("addon-spoke-prod-web", "spoke-prod", "prod", {"web": "1.0.0"}),
    ]
    assert (web.name_place.line, web.version_place.line) == (27, 13)


async def test_references_are_placed_and_those_of_optional_value_files_are_marked(addons):
    web = (await both(addons))["addons-web"]
    assert [(one.kind, one.name, one.place.line, one.is_optional) for one in web.references] == [
        ("annotation", "addons_repo_url", 31, False),
        ("label", "region", 41, True),
        ("annotation", "addons_repo_url", 43, False),
    ]


async def test_value_files_know_their_repository(addons):
    paths = {one.text: one for one in (await both(addons))["addons-web"].paths}
    assert list(paths) == [
        "configs/default/{{values.addonChart}}/values.yaml",
        "configs/region//{{metadata.labels.region}}/values.yaml",
        "charts/{{values.missing}}",
        "charts/{{values.missing}}/local.yaml",
        "root.yaml",
    ]
    default = paths["configs/default/{{values.addonChart}}/values.yaml"]
    assert default.rendered == dict.fromkeys(["spoke-dev", "spoke-prod"], "configs/default/web/values.yaml")
    assert default.has_file is not None
    assert [default.has_file(one) for one in ("configs/default/web/values.yaml", "configs")] == [True, False]
    assert default.children("configs") == ["default", "regions"]
    assert default.children("conf") is None
    assert default.is_optional
    assert not paths["root.yaml"].is_optional
    assert paths["charts/{{values.missing}}"].rendered["spoke-dev"] == "charts/{{values.missing}}"


async def test_what_rendering_leaves_is_placed(addons):
    sets = await both(addons)
    assert {(one.text, one.place.line) for one in sets["addons-web"].leftovers} == {("{{values.missing}}", 44)}
    assert [(one.text, one.cluster) for one in sets["pilot"].leftovers] == [("{{ .values.version }}", "spoke-prod")]


async def test_a_folder_inside_a_repository_finds_its_root_by_what_value_files_name(addons):
    found = await gather(addons / "argocd" / "appsets", addons.parent / "dev.tfvars")
    web = next(one for one in found.facts.sets if one.name == "addons-web")
    assert web.paths[0].children("configs") == ["default", "regions"]


async def test_a_set_that_cannot_be_expanded_is_told_and_still_looked_at(addons):
    (addons.parent / "dev.tfvars").write_text('environment = "dev"\n')
    found = await gather(addons, addons.parent / "dev.tfvars")
    pilot = next(one for one in found.facts.sets if one.name == "pilot")
    assert "not on this machine" in pilot.failure
    assert len(pilot.selectors) == 2
    assert any("pilot.yaml:1: not all rules can look at pilot: repository https://git" in one for one in found.notes)


@pytest.fixture
def under_git(addons: Path) -> None:
    for arguments in (["init", "-q"], ["remote", "add", "origin", "git@git.example:team/addons.git"]):
        subprocess.run(["git", "-C", str(addons), *arguments], check=True)


@pytest.mark.usefixtures("under_git")
async def test_a_folder_that_git_keeps_is_known_by_its_remotes(addons):
    found = await gather(addons / "argocd" / "appsets")
    pilot = next(one for one in found.facts.sets if one.name == "pilot")
    assert pilot.failure == ""
    assert [one.cluster for one in pilot.generated] == ["dev"]


async def test_a_set_that_generates_nothing_still_has_its_value_files_looked_at(addons):
    web = addons / "argocd" / "appsets" / "web.yaml"
    web.write_text(ADDON.replace("key: enable_web", "key: region").replace("['true']", "[mars]"))
    found = await gather(addons, addons.parent / "dev.tfvars")
    one = next(one for one in found.facts.sets if one.name == "addons-web")
    assert one.generated == ()
    assert one.paths[0].children("configs") == ["default", "regions"]
    missing = [each for each in check.run(found.facts) if each.rule == "values-never-there"]
    assert [each.place.line for each in missing] == [41, 45]


async def test_a_repository_that_is_not_here_is_not_judged(addons):
    web = addons / "argocd" / "appsets" / "web.yaml"
    web.write_text(ADDON.replace("'{{metadata.annotations.addons_repo_url}}'", "https://git.example/elsewhere"))
    found = await gather(addons, addons.parent / "dev.tfvars")
    one = next(one for one in found.facts.sets if one.name == "addons-web")
    assert [path.has_file for path in one.paths if path.is_value_file] == [None] * 4


async def test_without_clusters_there_is_one_for_each_environment_that_is_named(addons):
    found = await gather(addons)
    assert found.facts.clusters == ()
    web = next(one for one in found.facts.sets if one.name == "addons-web")
    assert [(one.cluster, one.environment) for one in web.generated] == [("dev", "dev")]


async def test_flags_that_terraform_declares(addons, tmp_path):
    (tmp_path / "tf").mkdir()
    (tmp_path / "tf" / "locals.tf").write_text(
        "locals {\n  oss = {\n    enable_web = try(var.addons.enable_web, false)\n  }\n  enable_top = 1\n}\n"
        'variable "addons" {\n  default = { enable_other = true }\n}\n'
    )
    found = await gather(addons, addons.parent / "dev.tfvars", terraform=[tmp_path / "tf"])
    assert {name: str(place) for name, place in found.facts.declared.items()} == {
        "enable_web": f"{tmp_path}/tf/locals.tf:3"
    }
    with pytest.raises(UserError, match=r"holds no \.tf file"):
        await gather(addons, terraform=[addons])
    with pytest.raises(UserError, match=r"there is no file or folder .*gone"):
        await gather(addons, terraform=[tmp_path / "gone"])


async def test_environments_are_ordered_by_their_names_unless_told(addons):
    files = [addons.parent / "prod.tfvars", addons.parent / "dev.tfvars"]
    assert (await gather(addons, *files)).facts.environments == ("dev", "prod")
    assert (await gather(addons, *files, environments=["prod", "dev"])).facts.environments == ("prod", "dev")


async def test_texts_of_all_files_are_kept_for_comments_and_progress_is_told(addons):
    seen: list[tuple[int, int, int]] = []
    given = LintInputs([addons], [addons.parent / "dev.tfvars"])
    found = await lint_facts.gather(given, lambda *counts: seen.append(counts))
    assert set(found.texts) == {
        f"{addons}/argocd/appsets/web.yaml",
        f"{addons}/argocd/appsets/pilot.yaml",
        f"{addons.parent}/dev.tfvars",
    }
    assert [done for done, _, _ in seen] == [0, 1]


async def test_rules_over_all_of_it(addons):
    found = await gather(addons, addons.parent / "dev.tfvars", addons.parent / "prod.tfvars")
    assert [(one.rule, one.place.line, one.subject) for one in check.run(found.facts)] == [
        ("literal-placeholder", 24, "pilot {{ .values.version }}"),
        ("literal-placeholder", 44, "addons-web {{values.missing}}"),
        ("unmatched-selector", 19, "env=qa"),
        ("values-never-there", 41, "configs/region"),
        ("values-never-there", 45, "charts"),
        ("values-never-there", 45, "root.yaml"),
        ("selector-without-flag", 10, "enable_pilot"),
        ("selector-without-flag", 16, "enable_web"),
        ("flag-without-set", 6, "enable_odd"),
        ("environment-falls-to-base", 20, "prod"),
        ("environment-falls-to-base", 13, "prod"),
        ("double-slash", 41, "configs/region//"),
        ("version-behind", 13, "addons-web"),
    ]

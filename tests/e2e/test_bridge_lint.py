"""The lint against a platform that none of us wrote: every defect that is known to be there is found, with its place.

The counts are of the files that are there. Of the control plane itself it is known that 70 selectors have no flag and
50 flags no selector; that counts the 147 flags of its `locals.tf`, which is not among the files. Its tfvars name 89.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.harness import Ended, dokaseca

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

LONGEST_REPORT = 280  # lines, of 168 ApplicationSets with hundreds of findings


@pytest.fixture(scope="module")
def real(shared: Path) -> Path:
    folder = shared / "realworld"
    if not (folder / "dokaseca-addons" / "argocd" / "appsets").is_dir():
        pytest.skip("the real ApplicationSets are absent")
    return folder


def options(real: Path) -> list[str]:
    files = sorted((real / "dokaseca-control-plane").rglob("*.tfvars"))
    assert len(files) == 12
    return [each for file in files for each in ("--tfvars", str(file))]


@pytest.fixture(scope="module")
def findings(real: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    home = tmp_path_factory.mktemp("home")
    ended = dokaseca("bridge", "lint", str(real / "dokaseca-addons"), *options(real), "-o", "json", home=home)
    assert ended.code == 1, ended.err
    found: list[dict[str, Any]] = json.loads(ended.out)
    return found


def of(findings: list[dict[str, Any]], rule: str) -> list[dict[str, Any]]:
    return [one for one in findings if one["rule"] == rule]


def subjects(findings: list[dict[str, Any]], rule: str) -> Counter[str]:
    return Counter(one["subject"] for one in of(findings, rule))


def test_every_finding_leads_to_a_line_that_is_there(findings: list[dict[str, Any]]) -> None:
    lines: dict[str, int] = {}
    for one in findings:
        if one["file"] not in lines:
            lines[one["file"]] = len(Path(one["file"]).read_text().splitlines())
        assert 1 <= one["line"] <= lines[one["file"]], one
        assert one["what"] and one["why"] and one["todo"], one


def test_flags_on_one_side_only(findings: list[dict[str, Any]]) -> None:
    without_flag, without_set = subjects(findings, "selector-without-flag"), subjects(findings, "flag-without-set")
    assert (len(without_flag), len(without_set)) == (95, 17)  # of 167 that are selected on, and 89 that are set
    assert {"enable_trivy_operator", "enable_policy_reporter", "enable_loki"} <= without_flag.keys()
    assert {"enable_trivy", "enable_kyverno_policy_reporter", "enable_argocd"} <= without_set.keys()


def test_flags_that_terraform_declares_close_the_count(real: Path, tmp_path: Path) -> None:
    """Were every selector's flag declared, and one more, that one would be left."""
    home = tmp_path / "home"
    arguments = ("bridge", "lint", str(real / "dokaseca-addons"), *options(real), "-o", "json")
    names = {
        one["subject"]
        for one in json.loads(dokaseca(*arguments, home=home).out)
        if one["rule"] == "selector-without-flag"
    }
    (tmp_path / "locals.tf").write_text(
        "locals {\n  all = {\n"
        + "".join(f"    {name} = try(var.{name}, false)\n" for name in [*names, "enable_more"])
        + "  }\n}\n"
    )
    found = json.loads(dokaseca(*arguments, "--terraform", str(tmp_path / "locals.tf"), home=home).out)
    assert of(found, "selector-without-flag") == []
    assert len(subjects(found, "flag-without-set")) == 18


def test_near_misses(findings: list[dict[str, Any]]) -> None:
    pairs = {one["subject"]: one["what"].split("clusters set ")[1].split(" ")[0] for one in of(findings, "near-miss")}
    assert pairs == {
        "addon_velero": "enable_velero",
        "cloud_provider": "cloud",
        "cluster_type": "type",
        "enable_certmanager": "enable_cert_manager",
        "enable_policy_reporter": "enable_kyverno_policy_reporter",
        "enable_trivy_operator": "enable_trivy",
    }


def test_labels_and_annotations_that_nobody_sets(findings: list[dict[str, Any]]) -> None:
    assert subjects(findings, "label-never-set") == {
        "cluster_type": 113,
        "domain": 5,
        "cloud_provider": 1,
        "addon_velero": 1,
    }
    assert subjects(findings, "annotation-never-set") == {"backstage_github_token": 1}


def test_vocabularies(findings: list[dict[str, Any]]) -> None:
    assert set(subjects(findings, "vocabulary")) == {
        "region in configs/addons/regions",
        "cluster_name in configs/addons/clusters",
    }
    region = next(one for one in of(findings, "vocabulary") if one["subject"].startswith("region"))
    assert "has apac, eu, local, us" in region["what"]
    assert "clusters say: asia-pacific, europe, north-america" in region["what"]
    assert {"distro=k3s", "region=apac", "region=eu", "region=local", "region=us"} <= set(
        subjects(findings, "unmatched-selector")
    )


def test_paths(findings: list[dict[str, Any]]) -> None:
    assert subjects(findings, "double-slash") == {"configs/addons/cluster_type//": 114}
    folders = subjects(findings, "values-never-there")
    assert (folders["configs/addons/cluster_name"], folders["configs/addons/cluster_type"]) == (115, 114)
    hint = next(one for one in of(findings, "values-never-there") if one["subject"] == "configs/addons/cluster_name")
    assert "did you mean configs/addons/clusters?" in hint["what"]


def test_names_versions_and_environments(findings: list[dict[str, Any]]) -> None:
    assert set(subjects(findings, "duplicate-application")) == {"addons-envoy-ai-gateway, addons-envoy"}
    assert set(subjects(findings, "duplicate-set")) == {"ApplicationSet argocd/addons-rustfs"}
    assert subjects(findings, "environment-falls-to-base") == {"stg": 167}
    assert set(subjects(findings, "version-ahead")) == {"addons-perses", "addons-rustfs"}
    assert "addons-velero" in subjects(findings, "version-behind")
    assert set(subjects(findings, "literal-placeholder")) == {
        f"addons-{name} {{{{values.addonChartName}}}}" for name in ("kai-scheduler", "kueue", "volcano", "yunikorn")
    }


def test_the_report_is_for_a_person(real: Path, tmp_path: Path) -> None:
    ended = dokaseca("bridge", "lint", str(real / "dokaseca-addons"), *options(real), home=tmp_path / "home")
    lines = ended.out.splitlines()
    assert len(lines) < LONGEST_REPORT
    assert max(len(line) for line in lines if " " in line.strip()) < 140
    assert lines[0].split() == ["SEVERITY", "RULE", "MATTERS", "PLACES", "WHAT"]
    severities = [line.split()[0] for line in lines[1 : lines.index("")]]
    assert severities == sorted(severities, key=["error", "warning", "note"].index)


def bootstrap(real: Path, home: Path, folder: str, *names: str) -> Ended:
    terraform = real / "dokaseca-control-plane" / "terraform"
    tfvars = [each for name in names for each in ("--tfvars", str(terraform / "distributed" / "workspaces" / name))]
    return dokaseca("bridge", "lint", str(terraform / folder), *tfvars, "-o", "json", home=home)


def test_bootstrap_application_sets_that_clash_as_soon_as_a_second_cluster_comes(real: Path, tmp_path: Path) -> None:
    folder = "distributed/bootstrap"
    assert json.loads(bootstrap(real, tmp_path / "home", folder, "dev.tfvars").out) == []
    both = json.loads(bootstrap(real, tmp_path / "home", folder, "dev.tfvars", "prod.tfvars").out)
    assert [(one["rule"], one["subject"], one["line"]) for one in both] == [
        ("duplicate-application", "addons", 18),
        ("duplicate-application", "workloads", 18),
    ]


def test_annotations_that_the_capi_stack_reads_and_never_sets(real: Path, tmp_path: Path) -> None:
    found = json.loads(bootstrap(real, tmp_path / "home", "hub-spoke-capi/bootstrap", "dev.tfvars").out)
    assert {one["subject"] for one in found if one["rule"] == "annotation-never-set"} == {
        f"clusters_repo_{field}" for field in ("url", "basepath", "path", "revision")
    }


@pytest.mark.parametrize(
    "topology", ["distributed", "hub-spoke/spokes", "hub-spoke-shared/spokes", "hub-spoke-agent/spokes"]
)
def test_real_tfvars_survive_the_way_through_a_platform_file(real: Path, tmp_path: Path, topology: str) -> None:
    workspaces = real / "dokaseca-control-plane" / "terraform" / topology / "workspaces"
    tfvars = [each for name in ("dev", "stg", "prod") for each in ("--tfvars", str(workspaces / f"{name}.tfvars"))]
    home, file = tmp_path / "home", tmp_path / "platform.yaml"
    assert dokaseca("bridge", "import", *tfvars, "-o", str(file), home=home).code == 0
    direct = dokaseca("bridge", "render", *tfvars, home=home)
    through = dokaseca("bridge", "render", "--platform", str(file), home=home)
    assert direct.code == through.code == 0
    assert direct.out == through.out
    assert direct.out.count("\nkind: Secret\n") == 4


def test_our_own_examples_have_no_error(tmp_path: Path) -> None:
    examples = Path(__file__).resolve().parents[2] / "examples"
    ended = dokaseca(
        *("bridge", "lint", str(examples / "addons"), "--platform", str(examples / "platform.yaml"), "-o", "json"),
        home=tmp_path / "home",
    )
    assert ended.code == 0, ended.out
    assert {one["rule"] for one in json.loads(ended.out)} <= {"environment-falls-to-base", "version-behind"}

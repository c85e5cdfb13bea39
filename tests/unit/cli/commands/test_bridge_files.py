"""`dokaseca bridge render` and `dokaseca bridge import`."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
import yaml
from click.testing import CliRunner, Result

from dokaseca.cli.main import root

DEV = """environment = "dev"
region = "europe"
kubernetes_distro = "kind"
cloud_provider = "local"
cluster_type = "spoke"
gitops_org = "https://git.example/team"
gitops_addons_repo = "addons"
addons = { enable_web = true }
odd = 1
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dev.tfvars").write_text(DEV)
    (tmp_path / "prod.tfvars").write_text(DEV.replace('"dev"', '"prod"'))
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(root, ["bridge", *arguments])


BOTH = ("--tfvars", "dev.tfvars", "--tfvars", "prod.tfvars")


def test_importing_and_rendering_is_the_same_as_rendering(folder):
    result = call("import", *BOTH, "-o", "platform.yaml")
    assert (result.exit_code, result.stdout) == (
        0,
        "wrote platform.yaml; bring it up with: dokaseca up -f platform.yaml\n",
    )
    direct, through = call("render", *BOTH), call("render", "--platform", "platform.yaml")
    assert direct.stdout == through.stdout
    assert [(one["kind"], one["metadata"]["name"]) for one in yaml.safe_load_all(direct.stdout)] == [
        ("Secret", "hub"),
        ("Secret", "spoke-dev"),
        ("Secret", "spoke-prod"),
        ("ApplicationSet", "addons"),
        ("ApplicationSet", "workloads"),
        ("ApplicationSet", "clusters"),
    ]


def test_the_secrets_of_terraform_are_another_contract(folder):
    listed = orjson.loads(call("render", *BOTH, "--contract", "terraform", "-o", "json").stdout)["items"]
    assert [one["metadata"]["name"] for one in listed] == ["spoke-dev", "spoke-prod"]
    assert "cluster_type" not in listed[0]["metadata"]["labels"]
    assert (
        call("render", *BOTH, "--contract", "terraform", "-o", "name").stdout == "secret/spoke-dev\nsecret/spoke-prod\n"
    )


def test_an_import_goes_to_stdout_and_lists_on_stderr(folder):
    result = call("import", "--tfvars", "dev.tfvars", "--name", "mine")
    assert result.stdout.startswith("# Imported from dev.tfvars by `dokaseca bridge import`.\n")
    assert yaml.safe_load(result.stdout)["metadata"] == {"name": "mine"}
    assert result.stderr == "note: dev.tfvars:9: odd: nothing is known of this variable; it is left out\n"


def test_a_file_that_is_there_is_not_written_over_unless_forced(folder):
    (folder / "platform.yaml").write_text("mine")
    refused = call("import", *BOTH, "-o", "platform.yaml")
    assert refused.exit_code == 2
    assert "platform.yaml is there already; add --force to write over it" in refused.stderr
    assert (folder / "platform.yaml").read_text() == "mine"
    assert call("import", *BOTH, "-o", "platform.yaml", "--force").exit_code == 0
    assert "spoke-dev" in (folder / "platform.yaml").read_text()


def test_a_platform_that_would_be_wrong_is_not_written(folder):
    (folder / "odd.tfvars").write_text('environment = "a.very.odd_one"\n')
    result = call("import", "--tfvars", "odd.tfvars", "-o", "p.yaml")
    assert result.exit_code == 2
    assert "p.yaml:8:5: spec.clusters[0].name is not valid" in result.stderr
    assert not (folder / "p.yaml").exists()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("render",), "give --platform, or --tfvars once or more"),
        (("render", "--platform", "p.yaml", *BOTH), "give --platform, or --tfvars once or more"),
        (("render", "--platform", "p.yaml", "--contract", "terraform"), "--contract terraform needs --tfvars"),
        (("render", "--platform", "gone.yaml"), "gone.yaml cannot be read: No such file or directory"),
        (("render", "--platform", "dev.tfvars"), "dev.tfvars:1:1: "),
        (("render", "--tfvars", "gone.tfvars"), "gone.tfvars cannot be read: No such file or directory"),
        (("import",), "Missing option '--tfvars'"),
        (("import", "--tfvars", "bad.tfvars"), "bad.tfvars:1:5: expected a value"),
        (
            ("import", "--tfvars", "dev.tfvars", "--tfvars", "dev.tfvars"),
            "describes cluster spoke-dev, which dev.tfvars",
        ),
        (("import", *BOTH, "-o", "gone/platform.yaml"), "gone/platform.yaml"),
        (("import", *BOTH, "--name", "No!"), "metadata.name is not valid"),
    ],
)
def test_every_mistake_is_told_in_a_line(folder, arguments, why):
    (folder / "bad.tfvars").write_text("a = \n")
    result = call(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert why in result.stderr
    assert "Traceback" not in result.output

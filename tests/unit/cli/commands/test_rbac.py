"""`dokaseca rbac can` and `validate`: of a platform and of files."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from dokaseca.cli.main import root

PROJECT = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "AppProject",
    "metadata": {"name": "team-a", "namespace": "argocd"},
    "spec": {
        "sourceRepos": ["https://git.test/*", "!https://git.test/secret"],
        "destinations": [{"name": "dev", "namespace": "team-a"}],
        "roles": [
            {
                "name": "deployer",
                "groups": ["oncall"],
                "policies": [
                    "p, proj:team-a:deployer, applications, sync, team-a/*, allow",
                    "p, proj:team-a:deployer, applications, sync, team-b/*, allow",
                ],
            }
        ],
    },
}
CONFIG = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "argocd-rbac-cm", "namespace": "argocd"},
    "data": {"policy.csv": "p, alice, clusters, get, *, allow\n", "policy.default": "role:readonly"},
}


def call(*arguments, code):
    result = CliRunner().invoke(root, ["rbac", *arguments], prog_name="dokaseca")
    assert result.exit_code == code, result.stdout + result.stderr
    return result


@pytest.fixture
def lines(tmp_path):
    path = tmp_path / "policy.csv"
    path.write_text(
        "p, role:dev, applications, sync, a/*, allow\n\ng, alice, role:dev\np, x, clusters, fly, *, allow\n"
    )
    return str(path)


def test_yes_and_no_are_exit_codes(lines):
    assert call("can", "alice", "sync", "app", "a/x", "--policy-file", lines, code=0).stdout == "Yes\n"
    assert call("can", "alice", "sync", "apps", "b/x", "--policy-file", lines, code=1).stdout == "No\n"
    assert call("can", "alice", "get", "repos", "--policy-file", lines, code=1).stdout == "No\n"
    more = ("--default-role", "role:readonly")
    assert call("can", "alice", "get", "repos", "--policy-file", lines, *more, code=0).stdout == "Yes\n"


@pytest.mark.parametrize(
    ("action", "resource", "message"),
    [
        ("sync", "aplications", "did you mean applications?"),
        ("sync", "zzz", "there are: clusters"),
        ("fly", "applications", "applications have no action 'fly'; there are: get, create"),
    ],
)
def test_what_there_is_not_is_wrong_usage(lines, action, resource, message):
    assert message in call("can", "alice", action, resource, "--policy-file", lines, code=2).stderr


def test_validate_names_the_line(lines, tmp_path):
    result = call("validate", "--policy-file", lines, code=1)
    assert result.stderr.startswith(f"{lines}:4: error: clusters have no action 'fly'")
    assert result.stdout == "1 error\n"
    good = tmp_path / "rbac.yaml"
    good.write_text("kind: ConfigMap\ndata:\n  policy.csv: |\n    g, alice, role:admin\n")
    assert call("validate", "--policy-file", str(good), code=0).stdout == "Policy is valid.\n"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.yaml", b"kind: ConfigMap\n", "has no `data`"),
        ("x.yaml", b"{", "x.yaml"),
        ("x.csv", b"\xff", "is no text in UTF-8"),
        ("x.csv", b"#" * (2**20 + 1), "a ConfigMap holds no more"),
    ],
)
def test_a_file_that_is_no_policy_is_told(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    assert message in call("validate", "--policy-file", str(tmp_path / name), code=2).stderr


def test_the_policy_of_a_platform_has_the_roles_of_its_projects(platform):
    platform.put(PROJECT, CONFIG)
    platform.call("rbac", "can", "alice", "get", "projects")
    platform.call("rbac", "can", "proj:team-a:deployer", "sync", "app", "team-a/shop")
    result = platform.call("rbac", "can", "eve", "sync", "app", "team-b/shop", "--group", "oncall", code=1)
    assert "AppProject team-a, role deployer:2: error: the object 'team-b/*' is outside" in result.stderr
    assert platform.call("rbac", "validate", code=1).stdout == "1 error\n"


def test_problems_name_the_file_that_was_given_in_the_order_of_its_lines(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("p, a, applications, fly, */*, allow\n\np, x\n")
    result = CliRunner().invoke(root, ["rbac", "validate", "--policy-file", str(path)])
    assert result.exit_code == 1
    assert [line.split(": error:")[0] for line in result.stderr.splitlines()] == [f"{path}:1", f"{path}:3"]

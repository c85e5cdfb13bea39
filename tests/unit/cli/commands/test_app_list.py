"""`dokaseca app list`: what is shown, what is kept, what is refused."""

from __future__ import annotations

import orjson
import pytest
import yaml
from tests.unit.cli.platform import application, status

SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="module", autouse=True)
def content(platform):
    platform.put(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team-a"}},
        application("web", labels={"team": "a"}, status=status("Synced", "Healthy", SHA)),
        application("api", labels={"team": "b"}, status=status("OutOfSync", "Degraded", "1.2.3"), project="shop"),
        application("core", cluster="hub"),
        application("other", namespace="team-a", url="https://user:s3cret@git.test/r.git"),
    )


def names(platform, *filters):
    return platform.call("app", "list", "-o", "name", *filters).stdout.split()


def test_a_row_per_application_with_commits_shortened(platform):
    lines = platform.call("app", "list").stdout.splitlines()
    assert lines[0].split() == ["NAME", "CLUSTER", "PROJECT", "SYNC", "HEALTH", "REVISION"]
    assert [line.split() for line in lines[1:]] == [
        ["api", "dev", "shop", "OutOfSync", "Degraded", "1.2.3"],
        ["core", "hub", "default", "Unknown", "Unknown"],
        ["web", "dev", "default", "Synced", "Healthy", "0123456"],
        ["team-a/other", "dev", "default", "Unknown", "Unknown"],
    ]


def test_wide_shows_where_things_come_from_and_go_to_without_credentials(platform):
    result = platform.call("app", "list", "-o", "wide")
    assert "NAMESPACE" in result.stdout
    assert "https://git.test/r.git" in result.stdout
    assert "https://********@git.test/r.git" in result.stdout
    assert "s3cret" not in result.stdout


def test_json_and_yaml_hold_whole_objects_without_credentials(platform):
    found = platform.json("app", "list")
    assert [one["metadata"]["name"] for one in found] == ["api", "core", "web", "other"]
    assert found[2]["spec"]["source"]["path"] == "app"
    assert "s3cret" not in orjson.dumps(found).decode()
    assert "managedFields" not in found[0]["metadata"]
    assert yaml.safe_load(platform.call("app", "list", "-o", "yaml").stdout) == found


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        (("--project", "shop"), ["api"]),
        (("--cluster", "hub"), ["core"]),
        (("--cluster", "https://kubernetes.default.svc"), ["core"]),
        (("-l", "team in (a,c)"), ["web"]),
        (("-l", "team,team!=a"), ["api"]),
        (("--sync", "outofsync"), ["api"]),
        (("--health", "Healthy", "--cluster", "dev"), ["web"]),
        (("--sync", "Unknown", "--health", "Unknown"), ["core", "team-a/other"]),
        (("--project", "nobody"), []),
    ],
)
def test_filters_are_all_met(platform, filters, kept):
    assert names(platform, *filters) == kept


def test_nothing_found_is_said_on_stderr_and_is_no_failure(platform):
    result = platform.call("app", "list", "--project", "nobody")
    assert (result.stdout, result.stderr) == ("", "no Application found\n")


def test_a_bad_selector_is_named_and_explained(platform):
    said = platform.refused("app", "list", "-l", "team=a b")
    assert "error: --selector 'team=a b': " in said
    assert "found 'b', expected: ',' or 'end of string'" in said
    assert "hint: a selector reads like" in said


def test_an_unknown_cluster_is_answered_with_near_ones(platform):
    assert "there is no cluster 'dve'; did you mean dev?" in platform.refused("app", "list", "--cluster", "dve")


def test_an_unknown_status_is_answered_with_the_known_ones(platform):
    said = platform.refused("app", "list", "--sync", "maybe")
    assert "'maybe' is not one of 'synced', 'outofsync', 'unknown'" in said
    assert "hint: see `dokaseca app list --help`" in said

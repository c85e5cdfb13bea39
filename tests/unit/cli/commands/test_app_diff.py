"""`dokaseca app diff`: a real repository against a real cluster, and nothing is touched."""

from __future__ import annotations

import base64
from urllib.parse import urlsplit

import pygit2
import pytest
from tests.unit.cli.platform import application, repository, status

from dokaseca.adapters import git_seed
from dokaseca.flow.sync import inventory
from dokaseca.model.identity import GroupVersionKind

CONFIG_MAP = GroupVersionKind("", "v1", "ConfigMap")
FILES = {
    "app/map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  colour: red\n",
    "app/secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata:\n  name: login\nstringData:\n  password: s3cret\n",
}


@pytest.fixture(scope="module")
def url(platform, tmp_path_factory):
    url = repository(tmp_path_factory.mktemp("git") / "r.git", FILES)
    platform.put(application("shop", url=url))
    return url


@pytest.fixture(scope="module")
def synced(platform, url):
    """The Application's objects as a sync would have left them."""

    async def put() -> None:
        map_ = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "settings", "namespace": "default"},
            "data": {"colour": "red"},
        }
        login = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "login", "namespace": "default"},
            "data": {"password": base64.b64encode(b"s3cret").decode()},
        }
        for one in (map_, login):
            await platform.spoke.apply(
                inventory.stamp(one, "shop", "default"), field_manager="argocd-controller", force=True
            )

    platform.run(put)


def test_what_is_not_there_yet_is_shown_and_exits_with_1_without_being_made(platform, url):
    platform.put(application("fresh", url=url, destination={"name": "dev", "namespace": "fresh"}))
    text = platform.call("app", "diff", "fresh", code=1).stdout
    assert "+++ target/ConfigMap fresh/settings" in text
    assert "+  colour: red" in text
    assert "+++ target/Secret fresh/login" in text
    assert "s3cret" not in text
    assert base64.b64encode(b"s3cret").decode() not in text
    assert platform.run(lambda: platform.spoke.list(CONFIG_MAP, "fresh")).items == []
    assert "status" not in platform.get("fresh")


def test_no_difference_prints_nothing_and_exits_with_0(platform, synced):
    result = platform.call("app", "diff", "shop")
    assert (result.stdout, result.stderr) == ("", "")


def test_drift_is_a_hunk(platform, synced):
    patch = {"data": {"colour": "blue"}}
    platform.run(lambda: platform.spoke.patch(CONFIG_MAP, "default", "settings", patch))
    lines = platform.call("app", "diff", "shop", code=1).stdout.splitlines()
    assert "-  colour: blue" in lines
    assert "+  colour: red" in lines
    patch = {"data": {"colour": "red"}}
    platform.run(lambda: platform.spoke.patch(CONFIG_MAP, "default", "settings", patch))


def test_what_git_no_longer_has_is_shown_as_going(platform, synced):
    old = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "old", "namespace": "default"}}
    stamped = inventory.stamp(old, "shop", "default")
    platform.run(lambda: platform.spoke.create(stamped))
    assert "--- live/ConfigMap default/old" in platform.call("app", "diff", "shop", code=1).stdout
    platform.run(lambda: platform.spoke.delete(CONFIG_MAP, "default", "old"))


def test_another_revision_can_be_looked_at(platform, synced, tmp_path, url):
    bare = pygit2.Repository(urlsplit(url).path)
    blob = bare.create_blob(FILES["app/map.yaml"].replace("red", "green").encode())
    index = pygit2.Index()
    index.read_tree(bare.head.peel(pygit2.Commit).tree)
    index.add(pygit2.IndexEntry("app/map.yaml", blob, pygit2.enums.FileMode.BLOB))
    who = pygit2.Signature(*git_seed.AUTHOR)
    bare.create_commit("refs/heads/feature", who, who, "green", index.write_tree(bare), [bare.head.target])
    assert "+  colour: green" in platform.call("app", "diff", "shop", "--revision", "feature", code=1).stdout
    assert platform.call("app", "diff", "shop", "--revision", "main").stdout == ""
    said = platform.refused("app", "diff", "shop", "--revision", "a", "--revision", "b")
    assert "has 1 source and got 2 revisions; give --revision once per source" in said


@pytest.mark.parametrize(
    ("name", "changes", "code", "message"),
    [
        ("no-repository", {"url": "file:///nowhere/r.git"}, 3, "the repository cannot be read"),
        ("no-project", {"project": "gone"}, 2, "project 'gone' does not exist"),
        ("no-cluster", {"cluster": "gone"}, 2, "there is no cluster named 'gone'; registered clusters: "),
    ],
)
def test_what_keeps_a_sync_from_working_is_said(platform, name, changes, code, message):
    platform.put(application(name, **changes, status=status()))
    assert message in platform.refused("app", "diff", name, code=code)


def test_a_file_that_is_wrong_is_named_with_its_line(platform, tmp_path):
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n  name: y\n"
    url = repository(tmp_path / "bad.git", {"app/x.yaml": text})
    platform.put(application("bad", url=url))
    assert "app/x.yaml:5:3: key 'name' is there twice" in platform.refused("app", "diff", "bad")


def test_a_cluster_secret_that_is_wrong_is_named_without_its_content(platform, url):
    broken = base64.b64encode(b'{"bearerToken": s3cret').decode()
    platform.put(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": "broken",
                "namespace": "argocd",
                "labels": {"argocd.argoproj.io/secret-type": "cluster"},
            },
            "data": {
                "name": base64.b64encode(b"broken").decode(),
                "server": base64.b64encode(b"https://broken.test").decode(),
                "config": broken,
            },
        },
        application("there", cluster="broken", url=url),
    )
    said = platform.refused("app", "diff", "there")
    assert "error: cluster broken: config is not JSON (line 1 column " in said
    assert "s3cret" not in said


def test_what_is_ignored_is_not_shown_beside_what_is_not(platform, tmp_path):
    text = FILES["app/map.yaml"].replace("settings", "paint").replace("red", "red\n  size: big")
    url = repository(tmp_path / "r.git", {"app/map.yaml": text})
    ignored = [{"kind": "ConfigMap", "jsonPointers": ["/data/colour"]}]
    platform.put(application("paint", url=url, ignoreDifferences=ignored))
    live = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "paint", "namespace": "default"},
        "data": {"colour": "blue", "size": "small"},
    }

    async def put() -> None:
        await platform.spoke.apply(
            inventory.stamp(live, "paint", "default"), field_manager="argocd-controller", force=True
        )

    platform.run(put)
    shown = platform.call("app", "diff", "paint", code=1).stdout
    assert "-  size: small\n+  size: big" in shown
    assert "blue" not in shown

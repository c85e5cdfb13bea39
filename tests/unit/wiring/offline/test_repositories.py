"""Repositories by URL on this machine: which folder, which revision, and never the network."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dokaseca.model.errors import TransientError, UserError
from dokaseca.wiring.offline import repositories
from dokaseca.wiring.offline.repositories import Repositories

URL = "https://git.example/team/apps.git"


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main")
    return subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def work_tree(tmp_path: Path) -> Path:
    """Two commits and a change that is not committed: file.yaml holds `one`, `two`, `three`."""
    folder = tmp_path / "apps"
    folder.mkdir()
    git(folder, "init", "--quiet")
    for text in ("one", "two"):
        (folder / "file.yaml").write_text(text)
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "-m", text)
        git(folder, "tag", f"v{text}")
    (folder / "file.yaml").write_text("three")
    return folder


async def content(found: Repositories, url: str, revision: str) -> str:
    return (await found.tree(url, revision)).read("file.yaml", limit_bytes=100).decode()


@pytest.mark.parametrize(
    ("revision", "expected"),
    [("", "two"), ("HEAD", "two"), ("main", "two"), ("vone", "one"), ("HEAD~1", "one"), ("refs/tags/vone", "one")],
)
async def test_a_revision_is_read_from_git_and_not_from_the_folder(work_tree, revision, expected):
    assert await content(Repositories({URL: work_tree}), URL, revision) == expected


async def test_a_commit_is_found_by_its_sha_and_by_the_beginning_of_it(work_tree):
    sha = git(work_tree, "rev-parse", "vone")
    found = Repositories({URL: work_tree})
    assert [await content(found, URL, one) for one in (sha, sha[:10])] == ["one", "one"]


async def test_a_revision_that_the_repository_lacks_is_the_folder_and_is_told_once(work_tree):
    told: list[str] = []
    found = Repositories({URL: work_tree}, note=told.append)
    assert [await content(found, URL, "release") for _ in range(2)] == ["three", "three"]
    assert told == [f"{work_tree} has no revision 'release': its files are read as they are"]


async def test_worktree_reads_what_is_not_committed(work_tree):
    assert await content(Repositories({URL: work_tree}, is_worktree=True), URL, "vone") == "three"


async def test_a_given_tree_stands_for_every_revision_even_with_worktree(work_tree):
    found = Repositories({URL: work_tree}, trees={URL: repositories.tree_at(work_tree, "vone")}, is_worktree=True)
    assert await content(found, "git@git.example:team/apps", "main") == "one"


async def test_a_plain_folder_stands_for_every_revision(tmp_path):
    (tmp_path / "file.yaml").write_text("plain")
    assert await content(Repositories({URL: tmp_path}), URL, "main") == "plain"


async def test_a_bare_repository_has_no_folder_to_fall_back_to(work_tree, tmp_path):
    git(tmp_path, "clone", "--quiet", "--bare", str(work_tree), "bare.git")
    found = Repositories({URL: tmp_path / "bare.git"})
    assert await content(found, URL, "vone") == "one"
    with pytest.raises(UserError, match=r"unable to resolve 'nowhere'.*branches and tags there: main, vone, vtwo"):
        await content(found, URL, "nowhere")


async def test_a_local_url_needs_no_option_and_a_missing_one_is_told(work_tree, tmp_path):
    found = Repositories({})
    assert await content(found, work_tree.as_uri(), "vone") == "one"
    assert await content(found, str(work_tree), "main") == "two"
    with pytest.raises(UserError, match=r"there is no folder .*gone; clone it and add --repo .*gone=FOLDER"):
        await found.tree((tmp_path / "gone").as_uri(), "main")


@pytest.mark.parametrize("url", [URL, "git@git.example:other/apps", "https://u:hunter2@git.example/x"])
async def test_a_repository_that_is_not_here_names_the_flag_and_no_password(url):
    with pytest.raises(UserError, match="not on this machine; clone it and add --repo") as caught:
        await Repositories({}).tree(url, "main")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "spelling",
    [
        "https://git.example/team/apps",
        "https://git.example/team/apps/",
        "https://GIT.example/team/apps.git",
        "https://user:token@git.example/team/apps.git",
        "git@git.example:team/apps.git",
        "git.example:team/apps",
        "ssh://git@git.example/team/apps.git",
    ],
)
def test_spellings_of_one_repository_are_one(spelling):
    assert repositories.identity(spelling) == repositories.identity(URL)


@pytest.mark.parametrize("other", ["https://git.example:8443/team/apps", "https://git.example/team/app", "/team/apps"])
def test_other_repositories_are_others(other):
    assert repositories.identity(other) != repositories.identity(URL)


def test_a_port_that_is_none_is_no_error_here():
    assert repositories.identity("https://git.example:x/team/apps") == repositories.identity(URL)


async def test_a_broken_repository_is_told(tmp_path):
    (tmp_path / ".git").mkdir()
    with pytest.raises(UserError, match="is no sound Git repository"):
        await Repositories({URL: tmp_path}).tree(URL, "main")


async def test_a_missing_object_never_looks_like_a_missing_file(work_tree):
    sha = git(work_tree, "rev-parse", "HEAD:file.yaml")
    (work_tree / ".git" / "objects" / sha[:2] / sha[2:]).unlink()
    with pytest.raises(TransientError, match="run git fsck there"):
        await content(Repositories({URL: work_tree}), URL, "main")


async def test_a_commit_that_is_not_there(work_tree):
    with pytest.raises(UserError, match="unable to resolve '0000000000000000000000000000000000000000'"):
        repositories.tree_at(work_tree, "0" * 40)


def test_options_are_pairs_whose_folder_exists(tmp_path):
    assert repositories.parse([f"https://x/a?b=c={tmp_path}"]) == {"https://x/a?b=c": tmp_path}
    for text in ("https://x/a", "=folder", "https://x/a="):
        with pytest.raises(UserError, match="is not URL=FOLDER"):
            repositories.parse([text])
    with pytest.raises(UserError, match="--repo https://x/a: there is no folder nowhere"):
        repositories.parse(["https://x/a=nowhere"])


def test_the_repository_around_a_path_and_its_remotes(work_tree, tmp_path):
    (work_tree / "deep").mkdir()
    git(work_tree, "remote", "add", "origin", URL)
    assert repositories.enclosing_or_none(work_tree / "deep") == work_tree
    assert repositories.enclosing_or_none(tmp_path) is None
    assert repositories.remote_urls(work_tree) == [URL]
    assert repositories.remote_urls(tmp_path) == []

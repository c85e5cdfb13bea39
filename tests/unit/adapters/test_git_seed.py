"""New repositories and work trees: whole or not at all, and ready for plain git."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pygit2
import pytest
from tests.fakes.repository import git

from dokaseca.adapters import git_seed
from dokaseca.model.errors import UserError

FILES = {"README.md": b"hello\n", "apps/one/a.yaml": b"x: 1\n"}


@pytest.fixture(autouse=True)
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A user who never told Git anything."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    levels = (
        pygit2.enums.ConfigLevel.GLOBAL,
        pygit2.enums.ConfigLevel.XDG,
        pygit2.enums.ConfigLevel.SYSTEM,
    )
    before = [pygit2.settings.search_path[one] for one in levels]
    for level, folder in zip(levels, (home, home / ".config/git", home / "system"), strict=True):
        pygit2.settings.search_path[level] = str(folder)
    yield home
    for level, value in zip(levels, before, strict=True):
        pygit2.settings.search_path[level] = value


def plain(folder: Path, *arguments: str) -> str:
    """Git as a user types it: no settings but those of the work tree."""
    env = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", "-C", str(folder), *arguments], env=env, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def test_a_bare_repository_holds_the_files_in_one_commit_on_main(tmp_path: Path) -> None:
    bare = tmp_path / "x.git"
    sha = git_seed.create_bare(bare, FILES, message="Start")
    assert git(bare, "rev-parse", "HEAD") == sha == git(bare, "rev-parse", "refs/heads/main")
    assert git(bare, "log", "--format=%s|%an|%ae") == "Start|DoKa Seca|platform@dokaseca.local"
    assert git(bare, "ls-tree", "-r", "--name-only", "HEAD").split() == sorted(FILES)
    assert git(bare, "show", "HEAD:apps/one/a.yaml") == "x: 1"
    git(bare, "fsck", "--strict")


def test_a_bare_repository_replaces_what_a_crash_left(tmp_path: Path) -> None:
    bare = tmp_path / "x.git"
    git_seed.create_bare(bare, {"old": b""}, message="Old")
    (bare / "HEAD").unlink()
    git_seed.create_bare(bare, FILES, message="Start")
    assert git(bare, "rev-list", "--all", "--count") == "1"
    assert git(bare, "ls-tree", "-r", "--name-only", "HEAD").split() == sorted(FILES)


def test_a_work_tree_can_be_committed_in_and_pushed_from_by_a_user_without_settings(tmp_path: Path) -> None:
    bare, work = tmp_path / "x.git", tmp_path / "deep/er/x"
    git_seed.create_bare(bare, FILES, message="Start")
    git_seed.clone_worktree(bare, work)
    assert plain(work, "status", "--porcelain", "--branch") == "## main...origin/main"
    (work / "apps/one/a.yaml").write_text("x: 2\n")
    plain(work, "commit", "-qam", "Two")
    plain(work, "push", "-q")
    assert git(bare, "log", "--format=%s|%an") == "Two|DoKa Seca\nStart|DoKa Seca"
    assert plain(work, "pull", "-q") == ""


@pytest.mark.parametrize("place", [".gitconfig", ".config/git/config"])
def test_a_work_tree_leaves_the_users_own_name_alone(place: str, tmp_path: Path, nobody: Path) -> None:
    config = nobody / place
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("[user]\n\tname = Grace\n\temail = grace@example.com\n")
    bare, work = tmp_path / "x.git", tmp_path / "x"
    git_seed.create_bare(bare, FILES, message="Start")
    git_seed.clone_worktree(bare, work)
    (work / "new").write_text("")
    plain(work, "add", "new")
    plain(work, "commit", "-qm", "Mine")
    assert plain(work, "log", "-1", "--format=%an %ae") == "Grace grace@example.com"


def test_a_work_tree_is_made_after_a_crash_left_a_part_of_it(tmp_path: Path) -> None:
    bare, work = tmp_path / "x.git", tmp_path / "x"
    git_seed.create_bare(bare, FILES, message="Start")
    (tmp_path / ".x.new/.git").mkdir(parents=True)
    (tmp_path / ".x.new/.git/HEAD").write_text("half")
    git_seed.clone_worktree(bare, work)
    assert (work / "README.md").read_bytes() == b"hello\n"
    assert not (tmp_path / ".x.new").exists()


def test_a_work_tree_never_replaces_what_is_there(tmp_path: Path) -> None:
    bare, work = tmp_path / "x.git", tmp_path / "x"
    git_seed.create_bare(bare, FILES, message="Start")
    work.mkdir()
    (work / "mine").write_text("precious")
    with pytest.raises(UserError, match=r"cannot be made here .*move away what is in the way") as caught:
        git_seed.clone_worktree(bare, work)
    assert (caught.value.reason, caught.value.subject) == ("StateUnusable", str(work))
    assert (work / "mine").read_text() == "precious"


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be made here"):
        git_seed.create_bare(tmp_path / "file/x.git", FILES, message="Start")


async def test_changes_are_committed_and_pushed(tmp_path: Path) -> None:
    bare, work = tmp_path / "x.git", tmp_path / "x"
    git_seed.create_bare(bare, FILES, message="Start")
    git_seed.clone_worktree(bare, work)
    sha = await git_seed.commit_and_push(work, write={"b/c": b"2"}, remove=["README.md"], message="Change: $HOME `id`")
    assert git(bare, "rev-parse", "main") == sha
    assert git(bare, "log", "-1", "--format=%s") == "Change: $HOME `id`"
    assert git(bare, "ls-tree", "-r", "--name-only", "main").split() == ["apps/one/a.yaml", "b/c"]


async def test_a_commit_of_nothing_and_a_rejected_push_say_so(tmp_path: Path) -> None:
    bare, work = tmp_path / "x.git", tmp_path / "x"
    git_seed.create_bare(bare, FILES, message="Start")
    git_seed.clone_worktree(bare, work)
    with pytest.raises(UserError, match=r"(?s)git commit failed: .*nothing to commit") as caught:
        await git_seed.commit_and_push(work, message="Nothing")
    assert (caught.value.reason, caught.value.subject) == ("GitFailed", str(work))
    git_seed.clone_worktree(bare, tmp_path / "y")
    await git_seed.commit_and_push(tmp_path / "y", write={"b": b"1"}, message="First")
    with pytest.raises(UserError, match=r"(?s)git push failed: .*rejected"):
        await git_seed.commit_and_push(work, write={"b": b"2"}, message="Second")

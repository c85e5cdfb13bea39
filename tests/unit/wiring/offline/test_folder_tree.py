"""A folder read as a commit: what is in it, and that nothing outside of it ever is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dokaseca.kit import bounds
from dokaseca.model.errors import NotFoundError, UserError
from dokaseca.wiring.offline.folder_tree import FolderTree


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    for path in ("a.yaml", "apps/web/values.yaml", "apps/api/values.yaml", ".git/config", "apps/.git"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)
    (tmp_path / "outside.yaml").write_text("secret")
    (root / "run.sh").write_text("")
    (root / "run.sh").chmod(0o755)
    (root / "link.yaml").symlink_to("apps/web/values.yaml")
    (root / "folder-link").symlink_to("apps")
    (root / "escape.yaml").symlink_to("../outside.yaml")
    (root / "absolute.yaml").symlink_to(tmp_path / "outside.yaml")
    (root / "loop.yaml").symlink_to("loop.yaml")
    os.mkfifo(root / "pipe.yaml")
    return root


def test_a_walk_sees_files_folders_and_links_in_order_and_nothing_of_git(folder):
    found = [(entry.path, entry.kind) for entry in FolderTree(folder).walk("")]
    assert found == [
        ("a.yaml", "blob"),
        ("absolute.yaml", "link"),
        ("apps", "tree"),
        ("apps/api", "tree"),
        ("apps/api/values.yaml", "blob"),
        ("apps/web", "tree"),
        ("apps/web/values.yaml", "blob"),
        ("escape.yaml", "link"),
        ("folder-link", "link"),
        ("link.yaml", "link"),
        ("loop.yaml", "link"),
        ("run.sh", "blob"),
    ]
    assert [entry.path for entry in FolderTree(folder).children("apps")] == ["apps/api", "apps/web"]


def test_links_inside_are_followed_when_read_and_only_then(folder):
    tree = FolderTree(folder)
    assert tree.read("link.yaml", limit_bytes=100) == b"apps/web/values.yaml"
    assert tree.read("folder-link/web/values.yaml", limit_bytes=100) == b"apps/web/values.yaml"
    assert tree.entry_or_none("folder-link/web") is None
    assert tree.children("folder-link") == []


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("escape.yaml", "the symlink escape.yaml leaves the repository"),
        ("absolute.yaml", "the symlink absolute.yaml leaves the repository"),
        ("loop.yaml", "symlinks at loop.yaml go round in a circle"),
    ],
)
def test_links_that_lead_nowhere_good_are_refused(folder, path, why):
    with pytest.raises(UserError, match=why):
        FolderTree(folder).read(path, limit_bytes=100)


@pytest.mark.parametrize("path", ["missing.yaml", "apps", "../outside.yaml", "pipe.yaml", ".git/config", "a.yaml/b"])
def test_what_is_no_file_of_the_folder_is_not_there(folder, path):
    with pytest.raises(NotFoundError, match="is not there"):
        FolderTree(folder).read(path, limit_bytes=100)


def test_a_file_beyond_the_limit_is_refused_and_so_is_an_lfs_pointer(folder):
    (folder / "large.yaml").write_text("x" * 2049)
    (folder / "lfs.yaml").write_text("version https://git-lfs.github.com/spec/v1\n")
    assert FolderTree(folder).read("large.yaml", limit_bytes=2049) == b"x" * 2049
    with pytest.raises(UserError, match=r"file large\.yaml is larger than the 2 KiB allowed here"):
        FolderTree(folder).read("large.yaml", limit_bytes=2048)
    with pytest.raises(UserError, match="Git LFS pointer"):
        FolderTree(folder).read("lfs.yaml", limit_bytes=2048)


def test_the_identity_of_a_file_changes_with_it_and_tells_what_may_run(folder):
    tree = FolderTree(folder)
    before = tree.entry_or_none("a.yaml")
    (folder / "a.yaml").write_text("longer than before")
    after = tree.entry_or_none("a.yaml")
    script = tree.entry_or_none("run.sh")
    assert before is not None and after is not None and script is not None
    assert before.id != after.id
    assert (after.executable, script.executable) == (False, True)
    assert tree.entry_or_none("") is not None


def test_a_root_that_is_a_link_is_the_folder_behind_it(folder, tmp_path):
    (tmp_path / "alias").symlink_to(folder)
    assert FolderTree(tmp_path / "alias").read("a.yaml", limit_bytes=100) == b"a.yaml"


def test_a_folder_with_more_entries_than_any_source_has_is_refused(folder, monkeypatch):
    monkeypatch.setattr(bounds, "TREE_ENTRIES", 5)
    with pytest.raises(UserError, match="holds more than 5 files and folders"):
        list(FolderTree(folder).walk(""))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_told(folder):
    (folder / "a.yaml").chmod(0)
    with pytest.raises(UserError, match=r"a\.yaml cannot be read: Permission denied"):
        FolderTree(folder).read("a.yaml", limit_bytes=100)

"""Trees that remember, and work trees with Git's ids."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dokaseca.ports.git import Tree
from dokaseca.wiring.offline import repositories
from dokaseca.wiring.offline.content_tree import ContentTree
from dokaseca.wiring.offline.memo_tree import Known, MemoTree


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True)


def _commit(folder: Path) -> None:
    _git(folder, "add", "-A")
    _git(folder, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "a")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    _git(tmp_path, "init", "-q", "-b", "main")
    for path in ("apps/a/x.yaml", "apps/a/deep/y.yaml", "apps/b/x.yaml", "apps/a-file", "run.sh"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
    (tmp_path / "run.sh").chmod(0o755)
    (tmp_path / "link").symlink_to("apps/a")
    (tmp_path / ".gitignore").write_text("*.log\nbuild/\n")
    _commit(tmp_path)
    return tmp_path


def _everything(tree: Tree) -> list[tuple[str, str, str]]:
    return [(one.path, one.kind, one.id) for one in tree.walk("")]


def test_a_clean_work_tree_has_the_ids_of_its_commit(repository: Path) -> None:
    (repository / "build").mkdir()
    (repository / "build/out").write_text("ignored")
    (repository / "apps/a/some.log").write_text("ignored")
    commit = repositories.tree_at(repository, "HEAD")
    found = ContentTree(repository)
    assert _everything(found) == _everything(commit)
    assert found.entry_or_none("") == commit.entry_or_none("")
    assert found.entry_or_none("build") is None


def test_a_change_reaches_every_folder_above_it_and_no_other(repository: Path) -> None:
    (repository / "apps/a/deep/y.yaml").write_text("changed")
    before, after = repositories.tree_at(repository, "HEAD"), ContentTree(repository)
    differing = set(_everything(after)) - set(_everything(before))
    assert sorted(path for path, _, _ in differing) == ["apps", "apps/a", "apps/a/deep", "apps/a/deep/y.yaml"]


def test_a_memo_tree_answers_like_the_tree_below(repository: Path) -> None:
    below = repositories.tree_at(repository, "HEAD")
    memo = MemoTree(below, Known())
    assert _everything(memo) == _everything(below)
    assert memo.resolve_link("link/deep/y.yaml") == "apps/a/deep/y.yaml"
    assert memo.read("link/x.yaml", limit_bytes=100) == b"apps/a/x.yaml"
    assert memo.children("apps/a") == below.children("apps/a")
    assert memo.children("run.sh") == []
    assert memo.entry_or_none("apps/none/at/all") is None


@pytest.mark.parametrize(
    ("changed", "is_same"),
    [("apps/b/x.yaml", True), ("apps/a/x.yaml", False), ("apps/a/new.yaml", False), ("apps/a/Chart.yaml", False)],
)
def test_what_was_asked_tells_whether_another_tree_answers_alike(repository: Path, changed: str, is_same: bool) -> None:
    known = Known()
    base = MemoTree(repositories.tree_at(repository, "HEAD"), known)
    asked = base.start()
    base.resolve_link("apps/a")
    base.entry_or_none("apps/a/Chart.yaml")
    base.children("apps/a")
    (repository / changed).write_text("changed")
    _commit(repository)
    head = MemoTree(repositories.tree_at(repository, "HEAD"), known)
    assert head.answers_like(asked) is is_same


def test_a_link_that_leads_elsewhere_is_another_answer(repository: Path) -> None:
    base = MemoTree(repositories.tree_at(repository, "HEAD"), Known())
    asked = base.start()
    base.resolve_link("link/x.yaml")
    (repository / "link").unlink()
    (repository / "link").symlink_to("apps/b")
    assert not MemoTree(ContentTree(repository), Known()).answers_like(asked)

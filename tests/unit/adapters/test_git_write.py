"""Writing to real repositories: commits, notes and tags, alone and against others."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.fakes.repository import Repository, git

from dokaseca.adapters.git_write import GitWriters
from dokaseca.flow.source.access import Access
from dokaseca.model.errors import ConflictError, DeniedError, TransientError, UserError
from dokaseca.ports.git import Tree
from dokaseca.ports.git_write import Author, Branch, Build, Edit, Note

WHO = Author("Ada", "ada@example.com")
MAIN = Branch("main")
SECRET = "s3cr3t-word"


class FixedClock:
    def now(self) -> datetime:
        return datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def monotonic_seconds(self) -> float:
        return 0.0


async def allowed(_url: str, _scope: str) -> Access:
    return Access(told_by="Secret argocd/write", username="ada", password=SECRET)


async def forbidden(_url: str, _scope: str) -> Access:
    return Access()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path)
    made.commit({"kept/a": "1", "b": "2"})
    return made


@pytest.fixture
def writers(tmp_path: Path) -> GitWriters:
    return GitWriters(tmp_path / "writers", allowed, FixedClock())


def putting(files: Mapping[str, bytes | None], message: str = "Put", **trailers: str) -> Build:
    return lambda _tree: Edit(files, message, trailers)


def show(repository: Repository, what: str) -> str:
    return git(repository.path, "show", what)


def listing(repository: Repository, branch: str = "main") -> list[str]:
    return git(repository.path, "ls-tree", "-r", "--name-only", branch).splitlines()


async def test_a_commit_changes_what_it_names_and_nothing_else(repository: Repository, writers: GitWriters) -> None:
    before = git(repository.path, "rev-parse", "main")
    files = {"new/c": b"3\n", "b": None, "absent": None}
    done = await writers.commit(repository.url, MAIN, putting(files, "Say so", Signed="ada\nx"), WHO)
    assert done.made
    assert git(repository.path, "rev-parse", "main", "main^") == f"{done.sha}\n{before}"
    assert listing(repository) == ["kept/a", "new/c"]
    told = git(repository.path, "log", "-1", "--format=%an %ae %ct%n%B")
    assert told == "Ada ada@example.com 1767323045\nSay so\n\nSigned: ada x"


async def test_the_same_files_make_no_commit(repository: Repository, writers: GitWriters) -> None:
    first = await writers.commit(repository.url, MAIN, putting({"c": b"3"}), WHO)
    again = await writers.commit(repository.url, MAIN, putting({"c": b"3"}), WHO)
    nothing = await writers.commit(repository.url, MAIN, lambda _tree: None, WHO)
    assert (again.sha, again.made) == (nothing.sha, nothing.made) == (first.sha, False)
    assert git(repository.path, "rev-list", "--count", "main") == "2"


async def test_the_builder_sees_the_branch(repository: Repository, writers: GitWriters) -> None:
    def add_one(tree: Tree | None) -> Edit:
        assert tree is not None
        return Edit({"b": str(int(tree.read("b", limit_bytes=10)) + 1).encode()}, "Count")

    await writers.commit(repository.url, MAIN, add_one, WHO)
    await writers.commit(repository.url, MAIN, add_one, WHO)
    assert show(repository, "main:b") == "4"


async def test_a_new_branch_begins_without_a_parent_or_from_its_base(
    repository: Repository, writers: GitWriters
) -> None:
    seen: list[bool] = []

    def build(tree: Tree | None) -> Edit:
        seen.append(tree is None)
        return Edit({"x": b"1"}, "Begin")

    await writers.commit(repository.url, Branch("env/dev"), build, WHO)
    await writers.commit(repository.url, Branch("env/next", base="env/dev"), putting({"y": b"1"}), WHO)
    await writers.commit(repository.url, Branch("env/other", base="absent"), putting({"z": b"1"}), WHO)
    assert seen == [True]
    assert listing(repository, "env/dev") == ["x"]
    assert listing(repository, "env/next") == ["x", "y"]
    assert git(repository.path, "rev-parse", "env/next^") == git(repository.path, "rev-parse", "env/dev")
    assert git(repository.path, "rev-list", "--count", "env/other") == "1"


async def test_a_new_branch_without_changes_stands_at_its_base(repository: Repository, writers: GitWriters) -> None:
    done = await writers.commit(repository.url, Branch("copy", base="main"), lambda _tree: None, WHO)
    assert done.sha == git(repository.path, "rev-parse", "copy") == git(repository.path, "rev-parse", "main")
    nowhere = await writers.commit(repository.url, Branch("none"), lambda _tree: None, WHO)
    assert (nowhere.sha, nowhere.made) == ("", False)


async def test_twenty_writers_to_one_branch_all_land(repository: Repository, tmp_path: Path) -> None:
    def count(tree: Tree | None) -> Edit:
        assert tree is not None
        return Edit({"b": str(int(tree.read("b", limit_bytes=10)) + 1).encode()}, "Count")

    writers = [GitWriters(tmp_path / f"writers-{number}", allowed, FixedClock()) for number in range(20)]
    async with asyncio.TaskGroup() as group:
        for number, one in enumerate(writers):
            author = Author(f"Writer {number}", "w@example.com")
            group.create_task(one.commit(repository.url, MAIN, count, author))
    assert show(repository, "main:b") == "22"
    authors = git(repository.path, "log", "--format=%an", "-20", "main").splitlines()
    assert sorted(authors) == sorted(f"Writer {number}" for number in range(20))
    assert git(repository.path, "rev-list", "--merges", "--count", "main") == "0"


async def test_a_push_in_between_is_built_upon(repository: Repository, writers: GitWriters) -> None:
    pushes = iter(["theirs", ""])

    def build(tree: Tree | None) -> Edit:
        name = next(pushes)
        if name:
            repository.commit({name: "1"})
        return Edit({"ours": b"1"}, "Put")

    await writers.commit(repository.url, MAIN, build, WHO)
    assert {"theirs", "ours"} <= set(listing(repository))


async def test_who_is_overtaken_each_time_is_told(repository: Repository, tmp_path: Path) -> None:
    writers = GitWriters(tmp_path / "writers", allowed, FixedClock(), attempts=2)
    count = 0

    def build(_tree: Tree | None) -> Edit:
        nonlocal count
        count += 1
        repository.commit({"theirs": str(count)})
        return Edit({"ours": b"1"}, "Put")

    with pytest.raises(ConflictError, match="2 attempts were overtaken") as raised:
        await writers.commit(repository.url, MAIN, build, WHO)
    assert raised.value.reason == "BranchMoved"
    assert "ours" not in listing(repository)


async def test_nothing_is_written_where_no_secret_allows_it(repository: Repository, tmp_path: Path) -> None:
    writers = GitWriters(tmp_path / "writers", forbidden, FixedClock())
    with pytest.raises(DeniedError, match="repository-write") as raised:
        await writers.commit(repository.url, MAIN, putting({"c": b"3"}), WHO)
    assert raised.value.reason == "NoWriteCredentials"
    assert "c" not in listing(repository)


async def test_a_hook_that_says_no_is_told(repository: Repository, writers: GitWriters) -> None:
    hook = repository.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(DeniedError, match=r"refs/heads/main \(\[remote rejected\]") as raised:
        await writers.commit(repository.url, MAIN, putting({"c": b"3"}), WHO)
    assert raised.value.reason == "PushRefused"


async def test_a_repository_that_is_not_there_is_tried_again(writers: GitWriters, tmp_path: Path) -> None:
    with pytest.raises(TransientError) as raised:
        await writers.commit(f"file://{tmp_path}/none", MAIN, putting({"c": b"3"}), WHO)
    assert raised.value.reason == "RepositoryUnreachable"


async def test_a_login_does_not_show_in_errors(writers: GitWriters) -> None:
    with pytest.raises(TransientError) as raised:
        await writers.commit("https://ada:hidden@127.0.0.1:9/x.git", MAIN, putting({"c": b"3"}), WHO)
    assert SECRET not in str(raised.value)
    assert "hidden" not in str(raised.value)


@pytest.mark.parametrize("path", ["", "/a", "../a", "a/../b", "a//b", ".git/config", "a/.GIT/x", "a\0b"])
async def test_no_file_is_written_outside_the_repository(
    path: str, repository: Repository, writers: GitWriters
) -> None:
    with pytest.raises(UserError, match="no path of a file"):
        await writers.commit(repository.url, MAIN, putting({path: b"3"}), WHO)


async def test_a_file_or_link_of_others_does_not_become_a_folder(repository: Repository, writers: GitWriters) -> None:
    repository.commit({"link": Path("/etc")})
    for path in ("b/inside", "link/passwd"):
        with pytest.raises(UserError, match="needs a folder there"):
            await writers.commit(repository.url, MAIN, putting({path: b"3"}), WHO)
    with pytest.raises(UserError, match="is a folder in the repository"):
        await writers.commit(repository.url, MAIN, putting({"kept": b"3"}), WHO)
    assert set(listing(repository)) == {"kept/a", "b", "link"}


@pytest.mark.parametrize("name", ["", "a..b", "-x", "a b", "x.lock"])
async def test_a_branch_needs_a_name_that_git_takes(name: str, repository: Repository, writers: GitWriters) -> None:
    with pytest.raises(UserError, match="no name of a branch"):
        await writers.commit(repository.url, Branch(name), putting({"c": b"3"}), WHO)


@pytest.mark.parametrize("author", [Author("", "a@b"), Author("A\nB", "a@b"), Author("A", "<a@b>")])
async def test_an_author_needs_a_name_and_an_address(
    author: Author, repository: Repository, writers: GitWriters
) -> None:
    with pytest.raises(UserError, match="needs a name and an address"):
        await writers.commit(repository.url, MAIN, putting({"c": b"3"}), author)


async def test_too_much_for_one_commit_is_refused(
    repository: Repository, writers: GitWriters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dokaseca.kit.bounds.GIT_COMMIT_BYTES", 10)
    with pytest.raises(UserError, match="is more than"):
        await writers.commit(repository.url, MAIN, putting({"c": b"x" * 11}), WHO)


async def test_a_note_is_added_and_replaced(repository: Repository, writers: GitWriters, tmp_path: Path) -> None:
    sha = git(repository.path, "rev-parse", "main")
    other = repository.commit({"c": "3"})
    assert await writers.note(repository.url, Note("facts", sha, "one"), WHO)
    assert not await writers.note(repository.url, Note("facts", sha, "one"), WHO)
    elsewhere = GitWriters(tmp_path / "elsewhere", allowed, FixedClock())
    assert await elsewhere.note(repository.url, Note("facts", other, "theirs"), WHO)
    assert await writers.note(repository.url, Note("facts", sha, "two"), WHO)
    assert git(repository.path, "notes", "--ref=facts", "show", sha) == "two"
    assert git(repository.path, "notes", "--ref=facts", "show", other) == "theirs"


async def test_a_tag_is_made_once_and_never_moved(repository: Repository, writers: GitWriters) -> None:
    sha = git(repository.path, "rev-parse", "main")
    assert await writers.tag(repository.url, "v1", sha, "First", WHO)
    assert not await writers.tag(repository.url, "v1", sha, "First", WHO)
    other = repository.commit({"c": "3"})
    with pytest.raises(ConflictError, match="tag v1 exists on commit") as raised:
        await writers.tag(repository.url, "v1", other, "Second", WHO)
    assert raised.value.reason == "TagExists"
    assert git(repository.path, "rev-parse", "v1^{commit}") == sha


async def test_a_broken_copy_of_ours_is_made_anew(repository: Repository, writers: GitWriters, tmp_path: Path) -> None:
    await writers.commit(repository.url, MAIN, putting({"c": b"3"}), WHO)
    (copy,) = (tmp_path / "writers").iterdir()
    for one in [path for path in copy.glob("objects/**/*") if path.is_file()]:
        one.unlink()
    done = await writers.commit(repository.url, MAIN, putting({"d": b"4"}), WHO)
    assert done.made
    assert {"c", "d"} <= set(listing(repository))

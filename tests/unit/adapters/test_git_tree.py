"""The files of a commit: odd names, symlinks, large and foreign content, commits that only a program would write."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pygit2
import pytest
from tests.fakes.repository import WHO, Repository, git

from dokaseca.adapters import tree_links
from dokaseca.adapters.git import GitMirrors
from dokaseca.adapters.git_tree import GitTree
from dokaseca.kit import bounds
from dokaseca.model.errors import NotFoundError, UserError

LIMIT = 1_000_000
OTHER_COMMIT = "1" * 40


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


async def tree_of(repository: Repository, sha: str = "") -> GitTree:
    found = await GitMirrors(repository.path.parent / "mirrors").tree(
        repository.url, sha or git(repository.path, "rev-parse", "HEAD")
    )
    assert isinstance(found, GitTree)
    return found


async def test_the_commit_tells_who_when_and_what(repository: Repository) -> None:
    sha = repository.commit({"a": "1"}, message="Fix Zürich\n\nbody")
    commit = (await tree_of(repository)).commit
    assert commit.sha == sha
    assert commit.tree == git(repository.path, "rev-parse", "HEAD^{tree}")
    assert (commit.author, commit.subject) == ("Ada <ada@example.com>", "Fix Zürich")
    assert commit.date is not None
    assert commit.date.isoformat() == "2026-01-02T03:04:05+00:00"


async def test_entries_children_and_walk_are_sorted_and_typed(repository: Repository) -> None:
    repository.commit({"b/c/d": "1", "b/a": "2", "a": "3", "b.yaml": "4", "link": Path("a")})
    (repository.work / "a").chmod(0o755)
    repository.commit()
    git(repository.work, "update-index", "--add", "--cacheinfo", f"160000,{OTHER_COMMIT},sub")
    git(repository.work, "commit", "-qm", "Submodule")
    git(repository.work, "push", "-q", "origin", "main")
    tree = await tree_of(repository)
    assert [(one.path, one.kind, one.executable) for one in tree.walk("")] == [
        ("a", "blob", True),
        ("b", "tree", False),
        ("b/a", "blob", False),
        ("b/c", "tree", False),
        ("b/c/d", "blob", False),
        ("b.yaml", "blob", False),
        ("link", "link", False),
        ("sub", "submodule", False),
    ]
    assert [one.path for one in tree.children("b")] == ["b/a", "b/c"]
    assert (tree.children("a"), tree.children("absent"), tree.children("sub")) == ([], [], [])
    assert tree.entry_or_none("absent") is None
    assert tree.entry_or_none("a/below-a-file") is None
    assert tree.entry_or_none("sub/x") is None
    root = tree.entry_or_none("")
    assert root is not None
    assert (root.kind, root.id) == ("tree", tree.commit.tree)
    submodule = tree.entry_or_none("sub")
    assert submodule is not None
    assert submodule.id == OTHER_COMMIT


async def test_ids_are_equal_exactly_for_equal_content(repository: Repository) -> None:
    repository.commit({"x/a": "1", "y/a": "1", "z/a": "2"})
    tree = await tree_of(repository)
    x, y, z = (tree.entry_or_none(one) for one in "xyz")
    assert x is not None
    assert y is not None
    assert z is not None
    assert x.id == y.id != z.id


async def test_file_names_may_be_anything_that_git_holds(repository: Repository) -> None:
    names = ["with blank", "ünï", "new\nline", "tab\t", 'quo"te', "-dash", "日本/語", os.fsdecode(b"not-utf8-\xff")]
    repository.commit({name: name.encode(errors="surrogateescape") for name in names})
    tree = await tree_of(repository)
    assert {one.path for one in tree.walk("") if one.kind == "blob"} == set(names)
    for name in names:
        assert tree.read(name, limit_bytes=LIMIT) == name.encode(errors="surrogateescape")


async def test_a_missing_file_a_folder_and_a_submodule_cannot_be_read(repository: Repository) -> None:
    repository.commit({"d/a": "1"})
    tree = await tree_of(repository)
    for path in ("absent", "d", "", "d/a/b"):
        with pytest.raises(NotFoundError, match=rf"file {path} is not there at [0-9a-f]{{12}}") as caught:
            tree.read(path, limit_bytes=LIMIT)
        assert caught.value.reason == "PathNotFound"


async def test_file_sizes_are_bounded(repository: Repository) -> None:
    repository.commit({"big": "x" * 2049, "fits": "x" * 2048})
    tree = await tree_of(repository)
    assert len(tree.read("fits", limit_bytes=2048)) == 2048
    with pytest.raises(UserError, match="file big is larger than the 2 KiB allowed here") as caught:
        tree.read("big", limit_bytes=2048)
    assert caught.value.reason == "TooLarge"


async def test_an_lfs_pointer_is_refused(repository: Repository) -> None:
    repository.commit({"p": "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"})
    with pytest.raises(UserError, match=r"file p is a Git LFS pointer; .*commit the file itself") as caught:
        (await tree_of(repository)).read("p", limit_bytes=LIMIT)
    assert caught.value.reason == "LfsPointer"


# --- symlinks -------------------------------------------------------------------------------------------------------


async def test_symlinks_inside_the_repository_are_followed(repository: Repository) -> None:
    repository.commit(
        {
            "base/values.yaml": "v",
            "apps/one/values.yaml": Path("../../base/values.yaml"),
            "apps/two": Path("one"),
            "apps/three": Path("./two/"),
            "root": Path("."),
        }
    )
    tree = await tree_of(repository)
    for path in ("apps/one/values.yaml", "apps/two/values.yaml", "apps/three/values.yaml", "root/apps/two/values.yaml"):
        assert tree.read(path, limit_bytes=LIMIT) == b"v"
    assert tree.resolve_link("apps/three") == "apps/one"
    assert tree.resolve_link("apps/three/absent") == "apps/one/absent"
    assert tree.resolve_link("root") == ""
    assert tree.resolve_link("") == ""
    link = tree.entry_or_none("apps/two")
    assert link is not None
    assert link.kind == "link", "entries tell the link itself"
    assert tree.children("apps/two") == [], "children do not follow"


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "a/../../outside", "x\0y", "p" * 5000])
async def test_symlinks_out_of_the_repository_are_refused(target: str, repository: Repository) -> None:
    repository.commit({"a/keep": "1"})
    blob = hash_object(repository, target.encode())
    git(repository.work, "update-index", "--add", "--cacheinfo", f"120000,{blob},link")
    git(repository.work, "commit", "-qm", "Link")
    git(repository.work, "push", "-q", "origin", "main")
    tree = await tree_of(repository)
    for path in ("link", "link/below"):
        with pytest.raises(UserError, match="the symlink link leaves the repository; links must stay inside") as caught:
            tree.read(path, limit_bytes=LIMIT)
        assert caught.value.reason == "PathEscapes"


async def test_symlinks_in_a_circle_are_refused(repository: Repository) -> None:
    repository.commit({"a": Path("b"), "b": Path("a"), "self": Path("self"), "d/in": Path("../d/in/in")})
    tree = await tree_of(repository)
    for path in ("a", "self", "d/in"):
        with pytest.raises(UserError, match="go round in a circle") as caught:
            tree.resolve_link(path)
        assert caught.value.reason == "SymlinkLoop"


async def test_as_many_links_as_linux_follows_are_followed(repository: Repository) -> None:
    chain = {f"l{number}": Path(f"l{number + 1}") for number in range(tree_links.LINKS)}
    repository.commit({**chain, f"l{tree_links.LINKS}": "end", "one-more": Path("l0")})
    tree = await tree_of(repository)
    assert tree.read("l0", limit_bytes=LIMIT) == b"end"
    with pytest.raises(UserError, match="circle"):
        tree.read("one-more", limit_bytes=LIMIT)


# --- what only a program would write --------------------------------------------------------------------------------


def hash_object(repository: Repository, content: bytes, kind: str = "blob") -> str:
    """Write an object that git itself would refuse, into both the bare repository and the work tree."""
    command = ["hash-object", "-w", "--stdin", "--literally", "-t", kind]
    (sha,) = {piped(folder, content, *command) for folder in (repository.path, repository.work)}
    return sha


def make_tree(repository: Repository, lines: str) -> str:
    return piped(repository.path, lines.encode(), "mktree")


def piped(folder: Path, stdin: bytes, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        input=stdin,
        capture_output=True,
        check=True,
        env={**os.environ, **WHO},
    )
    return done.stdout.decode().strip()


async def test_trees_that_stand_for_billions_of_files_are_refused(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit({"ok/a": "1"})
    below = git(repository.path, "rev-parse", "HEAD:ok")
    for _ in range(12):  # ten names for the same tree, twelve levels deep
        below = make_tree(repository, "".join(f"040000 tree {below}\td{number}\n" for number in range(10)))
    commit = git(repository.path, "commit-tree", "-m", "Bomb", below)
    git(repository.path, "update-ref", "refs/heads/main", commit)
    monkeypatch.setattr(bounds, "TREE_ENTRIES", 5000)
    tree = await tree_of(repository)
    with pytest.raises(
        UserError, match=r"folder \. holds more than 5000 files and folders; use a path further down"
    ) as caught:
        sum(1 for _ in tree.walk(""))
    assert caught.value.reason == "TooLarge"
    assert sum(1 for _ in tree.walk("/".join(["d0"] * 12))) == 1


async def test_a_walk_of_exactly_the_limit_is_complete(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.commit({f"f{number}": "" for number in range(20)})
    monkeypatch.setattr(bounds, "TREE_ENTRIES", 20)
    assert len(list((await tree_of(repository)).walk(""))) == 20


async def test_one_folder_with_more_entries_than_any_source_has_is_not_listed(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit({f"wide/f{number}": "" for number in range(21)})
    monkeypatch.setattr(bounds, "TREE_ENTRIES", 20)
    with pytest.raises(UserError, match="folder wide holds more than 20 files and folders") as caught:
        (await tree_of(repository)).children("wide")
    assert caught.value.subject == repository.url


def nested(repository: Repository, levels: int) -> None:
    blob = git(repository.path, "rev-parse", f"{repository.commit({'a': '1'})}:a")
    bare = pygit2.Repository(str(repository.path))
    below, name, mode = pygit2.Oid(hex=blob), "f", pygit2.enums.FileMode.BLOB
    for _ in range(levels + 1):
        builder = bare.TreeBuilder()
        builder.insert(name, below, mode)
        below, name, mode = builder.write(), "d", pygit2.enums.FileMode.TREE
    git(repository.path, "update-ref", "refs/heads/main", git(repository.path, "commit-tree", "-m", "Deep", str(below)))


async def test_folders_are_walked_down_to_the_depth_that_is_allowed(repository: Repository) -> None:
    nested(repository, bounds.TREE_DEPTH)
    deepest = "/".join(["d"] * bounds.TREE_DEPTH)
    assert [one.path for one in (await tree_of(repository)).walk("")][-1] == f"{deepest}/f"


async def test_folders_nested_deeper_are_refused(repository: Repository) -> None:
    nested(repository, 1200)
    with pytest.raises(UserError, match=r"folder \. is nested deeper than 100 levels at (d/){99}d") as caught:
        list((await tree_of(repository)).walk(""))
    assert (caught.value.reason, caught.value.subject) == ("TooLarge", repository.url)


async def test_commits_with_strange_encodings_and_dates_are_read(repository: Repository) -> None:
    repository.commit({"a": "1"})
    tree = git(repository.path, "rev-parse", "HEAD^{tree}")
    strange = (
        f"tree {tree}\nauthor \xff <a@b> 99999999999999 +0000\ncommitter x <a@b> 99999999999999 +0000\n"
        "encoding no-such-encoding\n\nS\xffbject\n"
    ).encode("latin-1")
    sha = hash_object(repository, strange, "commit")
    git(repository.path, "update-ref", "refs/heads/main", sha)
    commit = (await tree_of(repository, sha)).commit
    assert commit.sha == sha
    assert (commit.author, commit.subject) == ("\ufffd <a@b>", "S\ufffdbject")
    assert commit.date is None

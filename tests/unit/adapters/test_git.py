"""Mirrors of real repositories: when refs move, vanish, break; what may reach the git program."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.fakes.repository import Repository, git

from dokaseca.adapters import git_program, git_refs
from dokaseca.adapters.git import GitMirrors
from dokaseca.flow.source import resolve
from dokaseca.model.errors import NotFoundError, TransientError, UserError

LIMIT = 1_000_000


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


@pytest.fixture
def mirrors(tmp_path: Path) -> GitMirrors:
    return GitMirrors(tmp_path / "mirrors")


def mirror_of(tmp_path: Path) -> Path:
    (found,) = (tmp_path / "mirrors").iterdir()
    return found


async def head(mirrors: GitMirrors, url: str) -> str:
    return (await mirrors.fetch(url)).by_name["HEAD"]


async def read(mirrors: GitMirrors, url: str, sha: str, path: str) -> str:
    return (await mirrors.tree(url, sha)).read(path, limit_bytes=LIMIT).decode()


# --- refs -----------------------------------------------------------------------------------------------------------


async def test_a_probe_tells_branches_tags_and_head(repository: Repository, mirrors: GitMirrors) -> None:
    first = repository.commit({"a": "1"})
    repository.tag("v1")
    repository.tag("v1-annotated", annotated=True)
    second = repository.commit({"a": "2"}, push="topic/one")
    refs = await mirrors.probe(repository.url)
    assert refs.by_name == {
        "HEAD": first,
        "refs/heads/main": first,
        "refs/heads/topic/one": second,
        "refs/tags/v1": first,
        "refs/tags/v1-annotated": first,
    }
    assert refs.default_branch == "refs/heads/main"


async def test_the_digest_changes_exactly_when_refs_do(repository: Repository, mirrors: GitMirrors) -> None:
    async def digest() -> str:
        first, again = await mirrors.probe(repository.url), await mirrors.probe(repository.url)
        assert first == again
        return first.digest

    seen = []
    repository.commit({"a": "1"})
    seen.append(await digest())
    repository.commit({"a": "2"}, push="")  # a commit that nobody pushed
    git(repository.path, "gc", "--quiet")  # loose refs become packed ones
    git(repository.path, "update-ref", "refs/pull/1/head", "HEAD")  # neither a branch nor a tag
    assert await digest() == seen[0]
    repository.commit({"a": "3"})
    seen.append(await digest())
    repository.rewind()
    repository.commit({"a": "4"}, push="main")  # push --force
    seen.append(await digest())
    repository.tag("v1")
    seen.append(await digest())
    repository.commit({}, push="side")
    seen.append(await digest())
    git(repository.path, "symbolic-ref", "HEAD", "refs/heads/side")
    seen.append(await digest())
    repository.delete("refs/heads/main")
    seen.append(await digest())
    assert len(set(seen)) == len(seen)


async def test_every_way_to_ask_gives_the_same_refs(repository: Repository, tmp_path: Path) -> None:
    repository.commit({"a": "1"})
    repository.tag("v1", annotated=True)
    repository.commit({"a": "2"}, push="topic")
    listed = git(tmp_path, "ls-remote", "--symref", str(repository.path))
    assert git_refs.of_ls_remote(listed) == git_refs.of_local(repository.path)


async def test_file_url_path_and_work_tree_are_all_local(repository: Repository, mirrors: GitMirrors) -> None:
    sha = repository.commit({"a": "1"})
    for url in (repository.url, str(repository.path), str(repository.work), f"file://{repository.work}/.git"):
        assert git_program.local_path_or_none(url) is not None
        assert await head(mirrors, url) == sha
        assert await read(mirrors, url, sha, "a") == "1"


async def test_a_path_with_blanks_and_umlauts_works_as_a_path_and_as_a_url(tmp_path: Path, mirrors: GitMirrors) -> None:
    repository = Repository(tmp_path, "mein Räpo #1%41")
    sha = repository.commit({"a": "1"})
    for url in (str(repository.path), f"file://{quote(str(repository.path))}"):
        assert await head(mirrors, url) == sha
        assert await read(mirrors, url, sha, "a") == "1"


async def test_an_empty_repository_has_no_refs_and_no_default_branch(
    repository: Repository, mirrors: GitMirrors
) -> None:
    refs = await mirrors.fetch(repository.url)
    assert (dict(refs.by_name), refs.default_branch) == ({}, "")
    with pytest.raises(UserError, match=r"unable to resolve 'HEAD' .*branches and tags there: none"):
        resolve.resolve(refs, "", subject="x")
    sha = repository.commit({"a": "1"})
    assert await head(mirrors, repository.url) == sha
    assert await read(mirrors, repository.url, sha, "a") == "1"


async def test_a_detached_head_is_fetched_though_no_branch_leads_to_it(
    repository: Repository, mirrors: GitMirrors
) -> None:
    repository.commit({"a": "1"})
    lone = repository.commit({"a": "2"}, push="gone")
    git(repository.path, "update-ref", "--no-deref", "HEAD", lone)
    repository.delete("refs/heads/gone")
    refs = await mirrors.fetch(repository.url)
    assert (refs.by_name["HEAD"], refs.default_branch) == (lone, "")
    assert await read(mirrors, repository.url, lone, "a") == "2"


async def test_a_tag_on_something_that_is_no_commit_does_not_spoil_the_repository(
    repository: Repository, mirrors: GitMirrors
) -> None:
    sha = repository.commit({"a": "1"})
    git(repository.path, "tag", "key", git(repository.path, "rev-parse", "HEAD:a"))
    refs = await mirrors.fetch(repository.url)
    assert await read(mirrors, repository.url, sha, "a") == "1"
    with pytest.raises(NotFoundError, match=r"is not in the repository"):
        await mirrors.tree(repository.url, refs.by_name["refs/tags/key"])


# --- fetching -------------------------------------------------------------------------------------------------------


async def test_pushes_forced_pushes_and_deleted_branches_are_followed(
    repository: Repository, mirrors: GitMirrors
) -> None:
    first = repository.commit({"a": "1"})
    repository.commit({"a": "2"}, push="topic")
    await mirrors.fetch(repository.url)
    repository.rewind()
    forced = repository.commit({"a": "3"})
    repository.delete("refs/heads/topic")
    nested = repository.commit({"a": "4"}, push="topic/below")  # a folder where a file was
    refs = await mirrors.fetch(repository.url)
    assert dict(refs.by_name) == {"HEAD": forced, "refs/heads/main": forced, "refs/heads/topic/below": nested}
    for sha, text in ((first, "1"), (forced, "3"), (nested, "4")):
        assert await read(mirrors, repository.url, sha, "a") == text


async def test_fetch_without_a_change_downloads_nothing(
    repository: Repository, mirrors: GitMirrors, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit({"a": "1"})
    asked = note_calls(monkeypatch)
    first = await mirrors.fetch(repository.url)
    assert await mirrors.fetch(repository.url) == first
    assert asked == ["fetch"]


async def test_a_new_process_does_not_fetch_what_the_mirror_holds(
    repository: Repository, mirrors: GitMirrors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = repository.commit({"a": "1"})
    await mirrors.fetch(repository.url)
    asked = note_calls(monkeypatch)
    again = GitMirrors(tmp_path / "mirrors")
    assert again.refs_or_none(repository.url) is None
    assert await read(again, repository.url, sha, "a") == "1"
    assert asked == []


def note_calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the git commands that run from now on."""
    asked: list[str] = []
    real = git_program.ask

    async def ask(url: str, *arguments: str, seconds: float, **options: Any) -> object:
        asked.append(next(one for one in arguments if one in ("fetch", "ls-remote")))
        return await real(url, *arguments, seconds=seconds, **options)

    monkeypatch.setattr(git_program, "ask", ask)
    return asked


async def test_concurrent_callers_share_one_fetch(
    repository: Repository, mirrors: GitMirrors, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit({"a": "1"})
    asked = note_calls(monkeypatch)
    results = await asyncio.gather(*(mirrors.fetch(repository.url) for _ in range(20)))
    assert asked == ["fetch"]
    assert all(one == results[0] for one in results)


async def test_concurrent_callers_of_a_dead_remote_share_its_error(
    mirrors: GitMirrors, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = note_calls(monkeypatch)
    url = "http://127.0.0.1:9/nothing.git"
    errors = await asyncio.gather(*(mirrors.fetch(url) for _ in range(20)), return_exceptions=True)
    assert {type(one) for one in errors} == {TransientError}
    assert len(asked) <= 2  # the first caller's, and one for all who came while it ran


async def test_who_asks_while_a_fetch_runs_sees_what_was_pushed_before_they_asked(
    repository: Repository, mirrors: GitMirrors, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit({"a": "1"})
    real, started, go = git_program.ask, asyncio.Event(), asyncio.Event()

    async def ask(url: str, *arguments: str, seconds: float, **options: Any) -> object:
        started.set()
        await go.wait()
        return await real(url, *arguments, seconds=seconds, **options)

    monkeypatch.setattr(git_program, "ask", ask)
    first = asyncio.ensure_future(mirrors.fetch(repository.url))
    await started.wait()
    pushed = repository.commit({"a": "2"})
    second = asyncio.ensure_future(mirrors.fetch(repository.url))
    await asyncio.sleep(0)
    go.set()
    await first
    assert (await second).by_name["HEAD"] == pushed


async def test_a_cancelled_fetch_does_not_cost_those_who_wait(
    repository: Repository, mirrors: GitMirrors, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = repository.commit({"a": "1"})
    real, started, calls = git_program.ask, asyncio.Event(), []

    async def ask(url: str, *arguments: str, seconds: float, **options: Any) -> object:
        calls.append(arguments)
        if len(calls) == 1:
            started.set()
            await asyncio.Event().wait()
        return await real(url, *arguments, seconds=seconds, **options)

    monkeypatch.setattr(git_program, "ask", ask)
    first = asyncio.ensure_future(mirrors.fetch(repository.url))
    await started.wait()
    second = asyncio.ensure_future(mirrors.fetch(repository.url))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).by_name["HEAD"] == sha


async def test_a_repository_that_vanishes_keeps_its_last_good_state(
    repository: Repository, mirrors: GitMirrors, tmp_path: Path
) -> None:
    sha = repository.commit({"a": "1"})
    known = await mirrors.fetch(repository.url)
    shutil.move(repository.path, tmp_path / "aside")
    for _ in range(2):
        with pytest.raises(TransientError, match=r"no Git repository at this path.*last good state stays") as caught:
            await mirrors.fetch(repository.url)
        assert caught.value.reason == "RepositoryUnreachable"
        with pytest.raises(TransientError):
            await mirrors.tree(repository.url, "0" * 40)  # one Application's wrong SHA is nobody else's loss
        assert mirrors.refs_or_none(repository.url) == known
        assert await read(mirrors, repository.url, sha, "a") == "1"
    shutil.move(tmp_path / "aside", repository.path)
    assert await mirrors.fetch(repository.url) == known


async def test_a_repository_with_a_broken_ref_says_so(repository: Repository, mirrors: GitMirrors) -> None:
    repository.commit({"a": "1"})
    (repository.path / "refs/heads/broken").write_text("1" * 40 + "\n")
    with pytest.raises(TransientError, match=r"a ref leads nowhere: .*run git fsck there"):
        await mirrors.probe(repository.url)


async def test_a_commit_that_no_branch_leads_to_is_fetched_by_its_full_sha(
    repository: Repository, mirrors: GitMirrors
) -> None:
    repository.commit({"a": "1"})
    lone = repository.commit({"a": "2"}, push="review")
    repository.delete("refs/heads/review")
    await mirrors.fetch(repository.url)
    assert await read(mirrors, repository.url, lone, "a") == "2"


async def test_a_commit_that_is_nowhere_is_absent_in_a_typed_way(repository: Repository, mirrors: GitMirrors) -> None:
    repository.commit({"a": "1"})
    for wrong in ("0" * 40, "0123456", "main", "", "--upload-pack=touch pwned"):
        with pytest.raises(NotFoundError, match="is not in the repository") as caught:
            await mirrors.tree(repository.url, wrong)
        assert caught.value.reason == "UnknownRevision"


async def test_the_beginning_of_a_sha_finds_its_commit(repository: Repository, mirrors: GitMirrors) -> None:
    old = repository.commit({"a": "1"})
    repository.commit({"a": "2"})
    tree = await mirrors.tree(repository.url, old[:7])
    assert tree.commit.sha == old
    assert tree.read("a", limit_bytes=LIMIT) == b"1"


async def test_x_and_x_dot_git_on_disk_are_two_repositories(tmp_path: Path, mirrors: GitMirrors) -> None:
    repository = Repository(tmp_path, "twin")
    bare = repository.commit({"a": "bare"})
    other = tmp_path / "twin"
    git(tmp_path, "clone", "--quiet", str(repository.path), str(other))
    (other / "a").write_text("work tree")
    git(other, "commit", "--quiet", "-am", "Elsewhere")
    assert await head(mirrors, str(repository.path)) == bare
    assert await head(mirrors, str(other)) == git(other, "rev-parse", "HEAD") != bare
    assert len(list((tmp_path / "mirrors").iterdir())) == 2


# --- damage ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["file", "empty folder", "garbage", "no objects", "truncated pack", "dangling ref"])
async def test_a_damaged_mirror_is_made_anew(
    damage: str, repository: Repository, mirrors: GitMirrors, tmp_path: Path
) -> None:
    sha = repository.commit({f"f{number}": str(number) * 200 for number in range(150)})  # enough for a pack
    await mirrors.fetch(repository.url)
    mirror = mirror_of(tmp_path)
    if damage in ("file", "empty folder"):
        shutil.rmtree(mirror)
        mirror.write_text("x") if damage == "file" else mirror.mkdir()
    elif damage == "garbage":
        (mirror / "HEAD").write_text("garbage")
    elif damage == "no objects":
        shutil.rmtree(mirror / "objects")
    elif damage == "dangling ref":
        (mirror / "refs/heads/main").write_text("1" * 40)
    else:
        (pack,) = mirror.glob("objects/pack/*.pack")
        pack.chmod(0o600)
        pack.write_bytes(pack.read_bytes()[:1000])
    again = GitMirrors(tmp_path / "mirrors")
    for _ in range(3):  # what cannot be seen from the refs is found when it is read, and mended at the next look
        try:
            assert await read(again, repository.url, sha, "f7") == "7" * 200
            break
        except TransientError as error:
            assert error.reason == "MirrorDamaged"
    else:
        pytest.fail("the mirror was not made anew")


async def test_a_missing_object_never_looks_like_a_missing_file(
    repository: Repository, mirrors: GitMirrors, tmp_path: Path
) -> None:
    sha = repository.commit({"apps/one/a.yaml": "1", "b": "2"})
    tree = await mirrors.tree(repository.url, sha)
    folder, file = (tree.entry_or_none(one) for one in ("apps/one", "b"))
    assert folder is not None
    assert file is not None
    for entry in (folder, file):
        (mirror_of(tmp_path) / "objects" / entry.id[:2] / entry.id[2:]).unlink()
    broken = await GitMirrors(tmp_path / "mirrors").tree(repository.url, sha)
    reads = (
        lambda: broken.entry_or_none("apps/one/a.yaml"),
        lambda: broken.entry_or_none("apps/one/absent.yaml"),
        lambda: broken.children("apps/one"),
        lambda: list(broken.walk("")),
        lambda: broken.read("b", limit_bytes=LIMIT),
    )
    for one in reads:
        with pytest.raises(TransientError, match=r"the local copy is damaged .*; it is fetched anew") as caught:
            one()
        assert caught.value.reason == "MirrorDamaged"


async def test_an_interrupted_fetch_that_left_the_commit_but_not_its_files_is_completed(
    repository: Repository, mirrors: GitMirrors, tmp_path: Path
) -> None:
    repository.commit({"a": "1"})
    await mirrors.fetch(repository.url)
    sha = repository.commit({"a": "2"})
    source = repository.path / "objects" / sha[:2] / sha[2:]
    target = mirror_of(tmp_path) / "objects" / sha[:2] / sha[2:]
    target.parent.mkdir(exist_ok=True)
    shutil.copy(source, target)  # as if only the commit object had arrived
    again = GitMirrors(tmp_path / "mirrors")
    assert await head(again, repository.url) == sha
    assert await read(again, repository.url, sha, "a") == "2"


async def test_locks_of_a_killed_git_do_not_stop_the_next(
    repository: Repository, mirrors: GitMirrors, tmp_path: Path
) -> None:
    repository.commit({"a": "1"})
    await mirrors.fetch(repository.url)
    mirror = mirror_of(tmp_path)
    for name in ("refs/heads/main.lock", "packed-refs.lock", "config.lock", "objects/pack/tmp_pack_x"):
        (mirror / name).write_text("")
    sha = repository.commit({"a": "2"})
    assert await head(mirrors, repository.url) == sha
    assert not list(mirror.rglob("*.lock")) + list(mirror.rglob("tmp_*"))


async def test_a_folder_that_cannot_be_written_says_so(repository: Repository, tmp_path: Path) -> None:
    repository.commit({"a": "1"})
    (tmp_path / "in-the-way").write_text("")
    with pytest.raises(TransientError, match="the folder for Git mirrors cannot be written") as caught:
        await GitMirrors(tmp_path / "in-the-way").fetch(repository.url)
    assert caught.value.reason == "StateUnusable"


# --- safety ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "--upload-pack=touch {marker}",
        "-oProxyCommand=touch {marker}",
        "ext::sh -c touch% {marker}",
        "fd::17",
        "ssh:-oProxyCommand=touch {marker}",
        "host:-oProxyCommand",
        "-host:path",
        "git://example.com/x",
        "oci://example.com/x",
        "../relative",
        "relative/path",
        ".",
        "",
        "/path\0nul",
        "https://example.com/x\n--upload-pack=touch {marker}",
    ],
)
async def test_only_urls_of_known_forms_reach_git(url: str, mirrors: GitMirrors, tmp_path: Path) -> None:
    marker = tmp_path / "pwned"
    for call in (mirrors.probe, mirrors.fetch, lambda one: mirrors.tree(one, "0" * 40)):
        with pytest.raises(UserError, match=r"is named by an https://.*correct repoURL") as caught:
            await call(url.replace("{marker}", str(marker)))
        assert caught.value.reason == "InvalidSpecError"
    assert not marker.exists()


@pytest.mark.parametrize(
    "url",
    [
        "https://h/x",
        "HTTP://h/x",
        "ssh://git@h:22/x",
        "git@github.com:org/x.git",
        "host:x",
        "file:///x",
        "/x",
        "h:/x y",
    ],
)
def test_urls_of_known_forms_pass(url: str) -> None:
    git_program.check_url(url)


async def test_hooks_of_neither_side_run(repository: Repository, mirrors: GitMirrors, tmp_path: Path) -> None:
    repository.commit({"a": "1"})
    await mirrors.fetch(repository.url)
    marker = tmp_path / "ran"
    for root in (repository.path, mirror_of(tmp_path)):
        for name in ("post-update", "reference-transaction", "post-checkout", "post-merge", "pre-auto-gc"):
            hook = root / "hooks" / name
            hook.parent.mkdir(exist_ok=True)
            hook.write_text(f"#!/bin/sh\necho {root.name} {name} >> {marker}\n")
            hook.chmod(0o755)
    repository.commit({"a": "2"})
    assert marker.exists(), "the hooks work"
    marker.unlink()
    await mirrors.fetch(repository.url)
    assert not marker.exists()


@pytest.mark.parametrize(
    ("said", "kind", "shown"),
    [
        ("fatal: Authentication failed for 'https://u:pw@h/x'", "RepositoryDenied", "Authentication failed for"),
        ("fatal: could not read Username for 'https://h': terminal prompts disabled", "RepositoryDenied", "Username"),
        (
            "git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.\n\n"
            "Please make sure you have the correct access rights\nand the repository exists.",
            "RepositoryDenied",
            r"Permission denied \(publickey\)",
        ),
        (
            "fatal: unable to access 'https://h/x/': The requested URL returned error: 403",
            "RepositoryDenied",
            "error: 403",
        ),
        (
            "fatal: unable to access 'https://h/401/': Could not resolve host: h",
            "RepositoryUnreachable",
            "Could not resolve host",
        ),
        (
            "remote: Repository not found.\nfatal: repository 'https://h/' not found",
            "RepositoryUnreachable",
            "not found",
        ),
        ("Warning: Permanently added 'h'.\nfatal: early EOF", "RepositoryUnreachable", "early EOF"),
        ("", "RepositoryUnreachable", "git said nothing"),
    ],
)
def test_what_git_says_becomes_a_typed_error(said: str, kind: str, shown: str) -> None:
    error = git_program._error("https://u:pw@h/x", said)
    assert error.reason == kind
    assert re.search(shown, error.message)
    assert "pw" not in str(error)

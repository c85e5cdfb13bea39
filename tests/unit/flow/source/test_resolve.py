"""Revisions as people write them (Argo CD: B3)."""

from __future__ import annotations

import re

import pytest
from tests.fakes.git import refs

from dokaseca.flow.source import ref, resolve
from dokaseca.flow.source.affected import is_affected
from dokaseca.flow.source.ref import RefKind
from dokaseca.model.errors import UserError

SHAS = {
    name: digit * 40
    for name, digit in zip(("main", "topic", "old", "new", "pre", "both", "odd"), "abcdef1", strict=True)
}
REFS = refs(
    {
        "HEAD": SHAS["main"],
        "refs/heads/main": SHAS["main"],
        "refs/heads/topic/one": SHAS["topic"],
        "refs/heads/both": SHAS["both"],
        "refs/heads/release-1.x": SHAS["odd"],
        "refs/tags/both": SHAS["odd"],
        "refs/tags/v1.2.3": SHAS["old"],
        "refs/tags/1.10.0": SHAS["new"],
        "refs/tags/v2.0.0-rc.1": SHAS["pre"],
        "refs/tags/not-a-version": SHAS["odd"],
    },
    "refs/heads/main",
)


@pytest.mark.parametrize(
    ("revision", "sha"),
    [
        ("", "main"),
        ("HEAD", "main"),
        ("main", "main"),
        ("refs/heads/main", "main"),
        ("topic/one", "topic"),
        ("refs/heads/topic/one", "topic"),
        ("both", "both"),
        ("refs/tags/both", "odd"),
        ("v1.2.3", "old"),
        ("refs/tags/v1.2.3", "old"),
        ("v2.0.0-rc.1", "pre"),
        ("1.x", "new"),
        ("1.*", "new"),
        ("*", "new"),
        (">=1.0.0 <1.5.0", "old"),
        ("~1.2", "old"),
        ("^1.2.0", "new"),
        (">=2.0.0-0", "pre"),
        ("1.2.3 - 1.9.0", "old"),
        ("<1.5.0 || >=1.9.0", "new"),
        ("release-1.x", "odd"),
    ],
)
def test_names_tags_and_ranges_become_commits(revision: str, sha: str) -> None:
    assert resolve.resolve(REFS, revision, subject="repo") == SHAS[sha]


@pytest.mark.parametrize("revision", ["0" * 40, "ABCDEF" + "0" * 34])
def test_a_full_sha_is_itself(revision: str) -> None:
    assert resolve.resolve(refs({}), revision, subject="repo") == revision.lower()


@pytest.mark.parametrize("revision", ["abcdef0", "ABCDEF01", "0" * 39])
def test_what_looks_like_the_beginning_of_a_sha_is_left_to_the_repository(revision: str) -> None:
    assert resolve.resolve(REFS, revision, subject="repo") == revision.lower()


def test_a_branch_named_like_a_sha_wins() -> None:
    assert resolve.resolve(refs({"refs/heads/deadbeef": SHAS["odd"]}), "deadbeef", subject="x") == SHAS["odd"]


@pytest.mark.parametrize(
    "revision",
    ["v1.2.4", "1.2.3-rc.1", ">=3.0.0", "topic", "abc", "abcdef", "heads/main", "main ", "--upload-pack=x", "~"],
)
def test_what_is_not_there_is_told_with_what_is(revision: str) -> None:
    with pytest.raises(UserError, match=re.escape(f"unable to resolve '{revision}' to a commit SHA")) as caught:
        resolve.resolve(REFS, revision, subject="https://h/repo")
    assert caught.value.reason == "UnknownRevision"
    assert str(caught.value).startswith("https://h/repo: ")
    assert "(branches and tags there: 1.10.0, both, main, not-a-version, release-1.x, topic/one" in str(caught.value)


def test_long_lists_are_cut() -> None:
    many = refs({f"refs/heads/b{number:02}": "a" * 40 for number in range(30)})
    with pytest.raises(UserError, match="there: b00, b01, b02, b03, b04, b05, b06, b07 and 22 more"):
        resolve.resolve(many, "main", subject="x")


def test_an_empty_repository_says_so() -> None:
    with pytest.raises(UserError, match=r"unable to resolve 'HEAD' .*\(branches and tags there: none\)"):
        resolve.resolve(refs({}), "", subject="x")


@pytest.mark.parametrize(
    ("revision", "kind"),
    [
        ("", RefKind.HEAD),
        ("HEAD", RefKind.HEAD),
        ("0" * 40, RefKind.SHA),
        ("0" * 41, RefKind.NAME),
        ("v1.2.3", RefKind.NAME),
        ("1.2.3", RefKind.NAME),
        ("1.2.x", RefKind.CONSTRAINT),
        ("main", RefKind.NAME),
    ],
)
def test_kinds(revision: str, kind: RefKind) -> None:
    assert ref.classify(revision) is kind


def test_a_commit_affects_those_whose_paths_it_changed() -> None:
    before = {"a": "1", "b": "2", "gone": "3"}
    after = {"a": "1", "b": "9", "new": "4"}
    assert not is_affected([], before.get, after.get)
    assert not is_affected(["a", "never"], before.get, after.get)
    for path in ("b", "gone", "new"):
        assert is_affected(["a", path], before.get, after.get)


@pytest.mark.parametrize(
    ("revision", "name"),
    [
        ("1.x", "refs/tags/web-1.4.0"),
        ("*", "refs/tags/web-1.4.0"),
        ("1.3.0", "refs/tags/web-1.3.0"),
        ("", "HEAD"),
        ("main", "refs/heads/main"),
    ],
)
def test_a_tag_prefix_tells_one_part_of_a_monorepo_from_the_others(revision: str, name: str) -> None:
    tags = ("web-1.3.0", "web-1.4.0", "web-2.0.0-rc.1", "api-9.0.0", "9.0.0", "1.3.0")
    names = ("HEAD", "refs/heads/main", *(f"refs/tags/{one}" for one in tags))
    monorepo = refs({one: f"{number:040x}" for number, one in enumerate(names)})
    assert resolve.resolve(monorepo, revision, subject="r", tag_prefix="web-") == monorepo.by_name[name]


@pytest.mark.parametrize("revision", ["9.x", "9.0.0", "3.0.0"])
def test_a_version_that_only_others_have_is_unknown(revision: str) -> None:
    monorepo = refs({"refs/tags/web-1.0.0": "1" * 40, "refs/tags/9.0.0": "9" * 40})
    with pytest.raises(UserError, match=f"unable to resolve '{revision}'"):
        resolve.resolve(monorepo, revision, subject="r", tag_prefix="web-")

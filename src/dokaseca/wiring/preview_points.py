"""Several repositories at one point of time: what lies in those that change, and at which revision others are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pygit2

from dokaseca.adapters import git_refs
from dokaseca.kit.clock import SystemClock
from dokaseca.model.errors import UserError
from dokaseca.ports.git import Tree
from dokaseca.wiring.offline import cluster_files, repositories
from dokaseca.wiring.offline.cluster_files import Clusters
from dokaseca.wiring.offline.content_tree import ContentTree
from dokaseca.wiring.offline.memo_tree import Known, MemoTree
from dokaseca.wiring.offline.preview import World
from dokaseca.wiring.offline.repositories import Repositories

WORK_TREE = "the work tree"
_WHOLE = ("", "HEAD")  # a targetRevision that names no revision
_PREFIXES = ("refs/heads/", "refs/remotes/", "origin/")


@dataclass(frozen=True, slots=True)
class Compared:
    """What is compared.

    Attributes:
        paths: files and folders that hold ApplicationSets and Applications.
        base, head: revisions of every repository that changes; head None is the work tree as it is.
        changing: folders of these repositories; empty for the one around the first path.
        repositories: folder by URL.
        clusters: as `--clusters`.
        is_merge_base: begin where head has branched off from base.
    """

    paths: tuple[Path, ...]
    base: str
    head: str | None
    changing: tuple[Path, ...] = ()
    repositories: Mapping[str, Path] = field(default_factory=dict)
    clusters: tuple[Path, ...] = ()
    is_merge_base: bool = False


@dataclass(slots=True)
class Point:
    """One of the two.

    Attributes:
        trees: of the repositories that change, by root folder.
        note: told what is assumed.
    """

    name: str
    trees: Mapping[Path, MemoTree]
    urls: Mapping[str, Path]
    followed: Mapping[Path, frozenset[str]]
    others: Repositories
    note: Callable[[str], None]
    clusters: Clusters | None = None
    _pinned: dict[tuple[str, str], bool] = field(default_factory=dict)

    @property
    def world(self) -> World:
        return World(self.clusters, self.tree, SystemClock())

    async def tree(self, url: str, revision: str) -> Tree:
        """The files of a repository: of one that changes, those of this point, unless a revision is pinned."""
        root = self.urls.get(repositories.identity(url))
        if root is None or self.is_fixed(url, revision):
            return await self.others.tree(url, revision)
        return self.trees[root]

    def is_fixed(self, url: str, revision: str) -> bool:
        """Whether a source gives the same at both points: a repository that does not change, or a pinned revision."""
        key = (repositories.identity(url), revision)
        if key not in self._pinned:
            root = self.urls.get(key[0])
            self._pinned[key] = root is None or self._is_pinned(root, revision)
        return self._pinned[key]

    def _is_pinned(self, root: Path, revision: str) -> bool:
        if revision in _WHOLE or _plain(revision) in self.followed[root]:
            return False
        try:
            repositories.tree_at(root, revision)
        except UserError as error:
            if error.reason != "UnknownRevision":
                raise
            self.note(f"{root} has no revision {revision!r}: what changes is read in its stead")
            return False
        return True


def points(compared: Compared, note: Callable[[str], None]) -> tuple[Point, Point]:
    """Base and head.

    Raises:
        UserError: a repository, revision or input is not there.
    """
    roots = {root: Known() for root in _roots(compared)}
    base = _point(compared, roots, compared.base, note, is_base=True)
    head = _point(compared, roots, compared.head, note)
    for path in compared.clusters:
        if not _adds(base, path) + _adds(head, path):
            raise UserError(f"{path} describes no cluster, neither at {base.name} nor at {head.name}")
    if not compared.clusters:
        note("no --clusters are given: ApplicationSets see the local cluster only, and destinations are not checked")
    return base, head


def _adds(point: Point, path: Path) -> int:
    if point.clusters is None:
        point.clusters = Clusters()
    root = _root_of(path, point.trees)
    files = (
        cluster_files.files_on_disk(path)
        if root is None
        else cluster_files.files_of_tree(point.trees[root], inside(path, root), path)
    )
    return cluster_files.add(point.clusters, files)


def inside(path: Path, root: Path) -> str:
    """A path of the machine as one of a repository's tree."""
    found = path.resolve().relative_to(root).as_posix()
    return "" if found == "." else found


def _root_of(path: Path, roots: Iterable[Path]) -> Path | None:
    resolved = path.resolve()
    found = [root for root in roots if resolved.is_relative_to(root)]
    return max(found, key=lambda one: len(one.parts), default=None)


def root_or_none(path: Path, point: Point) -> Path | None:
    """The repository that changes and that holds a path."""
    return _root_of(path, point.trees)


def _roots(compared: Compared) -> tuple[Path, ...]:
    roots = []
    for path in compared.changing or compared.paths[:1]:
        found = path if repositories.is_repository(path) else repositories.enclosing_or_none(path.absolute())
        if found is None:
            raise UserError(f"{path} lies in no Git repository, so it has no revisions", reason="NoRepository")
        roots.append(found.resolve())
    return tuple(dict.fromkeys(roots))


def _point(
    compared: Compared,
    roots: Mapping[Path, Known],
    revision: str | None,
    note: Callable[[str], None],
    *,
    is_base: bool = False,
) -> Point:
    trees: dict[Path, MemoTree] = {}
    urls: dict[str, Path] = {}
    for root, known in roots.items():
        at = _merge_base(root, compared) if is_base and compared.is_merge_base else revision
        tree = ContentTree(root) if at is None else repositories.tree_at(root, at)
        trees[root] = MemoTree(tree, known)
        given = [url for url, folder in compared.repositories.items() if folder.resolve() == root]
        for url in (*given, *repositories.remote_urls(root), root.as_uri()):
            urls[repositories.identity(url)] = root
    followed = {root: _followed(root, compared) for root in roots}
    others = Repositories(compared.repositories, note=note)
    return Point(revision or WORK_TREE, trees, urls, followed, others, note)


def _merge_base(root: Path, compared: Compared) -> str:
    repository = git_refs.open_repository(root)
    base, head = (repositories.tree_at(root, one).commit.sha for one in (compared.base, compared.head or "HEAD"))
    found = repository.merge_base(pygit2.Oid(hex=base), pygit2.Oid(hex=head))
    if found is None:
        raise UserError(f"{root}: {compared.base} and {compared.head or 'HEAD'} have no common ancestor")
    return str(found)


def _followed(root: Path, compared: Compared) -> frozenset[str]:
    """The branches that the change is about: those named, the one checked out, and those that end at base or head."""
    repository = git_refs.open_repository(root)
    named = {_plain(one) for one in (compared.base, compared.head) if one}
    if not repository.head_is_unborn and not repository.head_is_detached:
        named.add(repository.head.shorthand)
    ends = {repositories.tree_at(root, one).commit.sha for one in (compared.base, compared.head or "HEAD")}
    refs = git_refs.of_local(root).by_name
    named |= {_plain(name) for name, sha in refs.items() if sha in ends and not name.startswith("refs/tags/")}
    tags = {name.removeprefix("refs/tags/") for name in refs if name.startswith("refs/tags/")}
    return frozenset(named - tags)


def _plain(revision: str) -> str:
    """A branch's name, however it is written."""
    for prefix in _PREFIXES:
        revision = revision.removeprefix(prefix)
    return revision

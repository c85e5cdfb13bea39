"""A Git repository at two points: the ApplicationSets, clusters and files of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dokaseca.kit.clock import SystemClock
from dokaseca.model.errors import UserError
from dokaseca.ports.git import Tree
from dokaseca.wiring.offline import cluster_files, marked_sets, repositories, set_files
from dokaseca.wiring.offline.cluster_files import Clusters
from dokaseca.wiring.offline.folder_tree import FolderTree
from dokaseca.wiring.offline.inputs import Given
from dokaseca.wiring.offline.marked_sets import MarkedSet
from dokaseca.wiring.offline.preview import World
from dokaseca.wiring.offline.repositories import Repositories
from dokaseca.wiring.offline.set_files import SetFiles

WORK_TREE = "the work tree"


@dataclass(slots=True)
class Point:
    """One of the two.

    Attributes:
        name: the revision as the user wrote it.
        problems: files that cannot be read; errors.
        absent: inputs that describe no cluster at this point.
    """

    name: str
    world: World
    sets: list[MarkedSet]
    problems: list[str] = field(default_factory=list)
    absent: frozenset[Path] = frozenset()

    @property
    def clusters(self) -> Clusters:
        return self.world.clusters or Clusters()


@dataclass(frozen=True, slots=True)
class Range:
    """What is compared: the ApplicationSets at `path`, from `base` to `head`; None is the work tree as it is."""

    path: Path
    base: str
    head: str | None


def points(compared: Range, given: Given, note: Callable[[str], None]) -> tuple[Point, Point]:
    """Base and head.

    Raises:
        UserError: the path is in no Git repository, a revision or input is not there, or nothing is to be compared.
    """
    root = repositories.enclosing_or_none(compared.path.absolute())
    if root is None:
        raise UserError(f"{compared.path} lies in no Git repository, so it has no revisions", reason="NoRepository")
    found = [_point(revision, compared.path, root, given) for revision in (compared.base, compared.head)]
    base, head = found
    where = f"neither at {base.name} nor at {head.name}"
    if not any(one.sets or one.problems for one in found):
        raise UserError(f"{compared.path} holds no ApplicationSet, {where}", reason="NoApplicationSets")
    for path in given.clusters:
        if path in base.absent and path in head.absent:
            raise UserError(f"{path} describes no cluster, {where}", reason="NoClusters")
    if not given.clusters:
        note("no --clusters are given: ApplicationSets see the local cluster only, and destinations are not checked")
    for message in dict.fromkeys(str(one) for one in (*base.clusters.notes, *head.clusters.notes)):
        note(message)
    return base, head


def _tree(root: Path, revision: str | None) -> Tree:
    return FolderTree(root) if revision is None else repositories.tree_at(root, revision)


def _sets(path: Path, root: Path, tree: Tree) -> tuple[SetFiles, dict[str, str]]:
    """The ApplicationSets of a tree, none where it does not have the path (yet, or any more)."""
    inside = path.resolve().relative_to(root.resolve()).as_posix()
    texts: dict[str, str] = {}
    try:
        found = set_files.of_tree(tree, "" if inside == "." else inside, shown=str(_above(path, inside)), keep=texts)
    except UserError as error:
        if error.reason not in ("FileNotReadable", "NoApplicationSets"):
            raise
        return SetFiles(), {}
    return found, texts


def _above(path: Path, inside: str) -> Path:
    """What stands before a path of the tree so that it is shown as the user wrote it."""
    levels = 0 if inside == "." else inside.count("/") + 1
    parents = [path, *path.parents]
    return parents[levels] if levels < len(parents) and ".." not in path.parts else Path()


def _point(revision: str | None, path: Path, root: Path, given: Given) -> Point:
    tree = _tree(root, revision)
    sets, texts = _sets(path, root, tree)
    clusters, absent = _clusters(given.clusters, root, tree)
    folders = repositories.parse(given.repositories)
    urls = [url for url, folder in folders.items() if folder.resolve() == root.resolve()]
    own = dict.fromkeys([*urls, *repositories.remote_urls(root), root.as_uri()], root)
    trees = Repositories({**folders, **own}, trees=dict.fromkeys(own, tree), is_worktree=given.is_worktree)
    return Point(
        name=revision or WORK_TREE,
        world=World(clusters if given.clusters else None, trees.tree, SystemClock()),
        sets=marked_sets.with_marks(sets.sets, texts),
        problems=sets.errors(),
        absent=absent,
    )


def _clusters(inputs: Sequence[Path], root: Path, tree: Tree) -> tuple[Clusters, frozenset[Path]]:
    """Clusters from files: those inside the repository as the tree has them, others as they are on disk; and the
    inputs that describe none at this point."""
    found = Clusters()
    absent = []
    for path in inputs:
        resolved = path.resolve()
        if resolved.is_relative_to(root.resolve()):
            inside = resolved.relative_to(root.resolve()).as_posix()
            files = cluster_files.files_of_tree(tree, "" if inside == "." else inside, path)
        else:
            files = cluster_files.files_on_disk(path)
        if not cluster_files.add(found, files):
            absent.append(path)
    return found, frozenset(absent)

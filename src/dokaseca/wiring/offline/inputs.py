"""What the commands are given, made into what generation reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dokaseca.kit.clock import SystemClock
from dokaseca.model.errors import UserError
from dokaseca.wiring.offline import cluster_files, repositories
from dokaseca.wiring.offline.preview import World
from dokaseca.wiring.offline.repositories import Repositories
from dokaseca.wiring.offline.set_files import SetFile

_NAMES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Given:
    """The options that say where clusters and repositories are.

    Attributes:
        clusters: files and folders.
        repositories: `URL=FOLDER` each.
        is_worktree: read the repositories' folders as they are.
    """

    clusters: Sequence[Path] = ()
    repositories: Sequence[str] = ()
    is_worktree: bool = False


def world(given: Given, sets_at: Path, note: Callable[[str], None]) -> World:
    """Clusters and repositories of a run.

    The repository that the ApplicationSets lie in is known by the URLs of its remotes.

    Args:
        sets_at: where the ApplicationSets are.
        note: told what is assumed.

    Raises:
        UserError: an input cannot be read or is wrong.
    """
    folders = repositories.parse(given.repositories)
    around = repositories.enclosing_or_none(sets_at.absolute())
    if around is not None:
        folders = {**dict.fromkeys(repositories.remote_urls(around), around), **folders}
    trees = Repositories(folders, is_worktree=given.is_worktree, note=note)
    return World(clusters(given, note), trees.tree, SystemClock())


def clusters(given: Given, note: Callable[[str], None]) -> cluster_files.Clusters | None:
    """The clusters that were given, None when none were.

    Raises:
        UserError: as `cluster_files.read`.
    """
    if not given.clusters:
        note("no --clusters are given: ApplicationSets see the local cluster only, and destinations are not checked")
        return None
    found = cluster_files.read(given.clusters)
    for each in found.notes:
        note(str(each))
    return found


def only(sets: Sequence[SetFile], names: Sequence[str]) -> list[SetFile]:
    """The ApplicationSets of these names, all when none are named.

    Raises:
        UserError: a name that none has.
    """
    known = {one.key.name for one in sets}
    for name in names:
        if name not in known:
            some = ", ".join(sorted(known)[:_NAMES_SHOWN]) + (", ..." if len(known) > _NAMES_SHOWN else "")
            raise UserError(f"there is no ApplicationSet {name!r}; there are: {some}", reason="NoApplicationSets")
    return [one for one in sets if not names or one.key.name in names]

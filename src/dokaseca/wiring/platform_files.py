"""The files of a platform's folder: platform.yaml, three repositories with work trees, kubeconfigs."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from dokaseca.adapters import git_seed, kubeconfig
from dokaseca.bridge import clusters_repo, examples
from dokaseca.bridge import platform as platforms
from dokaseca.bridge.platform import Platform
from dokaseca.model.errors import UserError
from dokaseca.ports.git import Tree
from dokaseca.wiring.layout import REPOSITORIES, Layout, replace

PLATFORM_FILE_BYTES = 1024 * 1024  # a platform of a thousand clusters stays below


def check(given: Path) -> None:
    """Read a platform file and keep nothing of it.

    Raises:
        UserError: as `read_platform`.
    """
    platforms.load(_read(given), subject=str(given))


def read_platform(layout: Layout, given: Path | None) -> Platform:
    """The platform file: the one given (kept in the folder from then on), the folder's own, or the default.

    Raises:
        UserError: it cannot be read, or is wrong; every problem with file, line and column.
    """
    if given is not None:
        content = _read(given)
        platform = platforms.load(content, subject=str(given))
        _refuse_other_hub(layout, platform)
        if layout.platform_file.exists() and _read(layout.platform_file) != content:
            replace(layout.previous_platform_file, _read(layout.platform_file), mode=0o644)
        replace(layout.platform_file, content, mode=0o644)
        return platform
    if not layout.platform_file.exists():
        replace(layout.platform_file, examples.default_platform(), mode=0o644)
    platform = kept(layout)
    _refuse_other_hub(layout, platform)
    return platform


def kept(layout: Layout) -> Platform:
    """The folder's own platform file, only read.

    Raises:
        UserError: as `read_platform`; there is none.
    """
    return platforms.load(_read(layout.platform_file), subject=str(layout.platform_file))


def _refuse_other_hub(layout: Layout, platform: Platform) -> None:
    """A hub holds everything that the platform knows: another name would begin anew, and forget it.

    Raises:
        UserError: clusters have run here, and none of them had the hub's name.
    """
    known = sorted(path.name for path in layout.clusters.iterdir())
    if known and platform.hub.name not in known:
        raise UserError(
            f"no hub of the name {platform.hub.name!r} has run here (there are: {', '.join(known)}); "
            "a hub cannot be renamed: put its name back, or choose another folder with --dir",
            reason="OtherHub",
            subject=str(layout.platform_file),
        )


async def ensure_repositories(layout: Layout, platform: Platform) -> list[str]:
    """Create what is missing of the bare repositories and their work trees; what is there is never touched.

    A repository that the platform file gives a URL lies elsewhere and is not ours to make.

    Returns:
        The names of the repositories that were created.

    Raises:
        UserError: one that was made here before is gone; made anew, it would lack what runs, and all that be pruned.
    """
    created: list[str] = []
    known = _created(layout)
    for name in REPOSITORIES:
        if platform.repositories[name].url:
            continue
        if not layout.bare(name).exists():
            if name in known:
                raise _gone(layout, name)
            await asyncio.to_thread(_create, layout, name, _seed(name, platform))
            created.append(name)
        if name not in known:
            known.append(name)
            replace(layout.created, "".join(f"{one}\n" for one in known).encode())
        if not layout.work_tree(name).exists():
            await asyncio.to_thread(git_seed.clone_worktree, layout.bare(name), layout.work_tree(name))
    return created


def _created(layout: Layout) -> list[str]:
    try:
        return layout.created.read_text().split()
    except FileNotFoundError:
        return []


def _gone(layout: Layout, name: str) -> UserError:
    bare, work_tree = layout.bare(name), layout.work_tree(name)
    return UserError(
        f"the repository that this platform syncs from is gone; put it back, or make it from the work tree: "
        f"git clone --bare {work_tree} {bare}",
        reason="RepositoryGone",
        subject=str(bare),
    )


def not_in_git(platform: Platform, tree: Tree) -> list[str]:
    """The files of clusters that the platform file names and the clusters repository lacks: Git decides, so nobody has
    brought those clusters up."""
    return [path for path in clusters_repo.cluster_files(platform) if tree.entry_or_none(path) is None]


def _create(layout: Layout, name: str, files: Mapping[str, bytes]) -> None:
    """Build the repository beside its place and move it there whole: a crash leaves none or all of it."""
    temporary = layout.state / f"new-{name}.git"
    git_seed.create_bare(temporary, files, message=f"Start the {name} repository")
    layout.bare(name).parent.mkdir(exist_ok=True)
    temporary.rename(layout.bare(name))


def _seed(name: str, platform: Platform) -> Mapping[str, bytes]:
    return clusters_repo.files(platform) if name == "clusters" else examples.files(name)


def _read(path: Path) -> bytes:
    try:
        # without O_NONBLOCK, a named pipe would hold us for ever
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UserError("is not a regular file", reason="FileNotReadable", subject=str(path))
            content = file.read(PLATFORM_FILE_BYTES + 1)
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", reason="FileNotReadable", subject=str(path)) from error
    if len(content) > PLATFORM_FILE_BYTES:
        raise UserError("is larger than 1 MiB; a platform file is not", reason="TooLarge", subject=str(path))
    return content


def write_kubeconfigs(layout: Layout, configs: Mapping[str, Mapping[str, object]]) -> None:
    """One kubeconfig per cluster, and one with a context for each; those of clusters that are gone go too."""
    for name, config in configs.items():
        kubeconfig.write(layout.kubeconfigs / f"{name}.yaml", config)
    kubeconfig.write(layout.kubeconfig, kubeconfig.merge(list(configs.values())))
    for path in layout.kubeconfigs.glob("*.yaml"):
        if path.stem not in configs:
            path.unlink(missing_ok=True)

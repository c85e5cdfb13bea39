from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pygit2
import pytest
from tests.fakes.repository import git

from dokaseca.adapters import git_seed, kubeconfig
from dokaseca.bridge import examples
from dokaseca.bridge.platform import Platform
from dokaseca.model import kubeconfig as kubeconfigs
from dokaseca.model.errors import UserError
from dokaseca.wiring import layout as layouts
from dokaseca.wiring import platform_files
from dokaseca.wiring.layout import Layout

MINE = b"""
apiVersion: dokaseca.dev/v1alpha1
kind: Platform
metadata: {name: mine}
spec:
  clusters:
  - {name: solo, environment: dev}
"""
OWN_URL = MINE + b"  repositories:\n    workloads: {url: 'https://git.test/w.git'}\n"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return layouts.prepare(tmp_path / "platform")


def given(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "given.yaml"
    path.write_bytes(content)
    return path


def mine(layout: Layout, tmp_path: Path, content: bytes = MINE) -> Platform:
    return platform_files.read_platform(layout, given(tmp_path, content))


def tree_of(folder: Path) -> dict[str, Any]:
    """Every path with its content and time."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }


# --- platform.yaml --------------------------------------------------------------------------------------------------


def test_a_new_folder_gets_the_example(layout: Layout) -> None:
    platform = platform_files.read_platform(layout, None)
    assert layout.platform_file.read_bytes() == examples.default_platform()
    assert platform_files.read_platform(layout, None) == platform


def test_a_file_that_is_given_is_kept_and_used_from_then_on(layout: Layout, tmp_path: Path) -> None:
    platform = mine(layout, tmp_path)
    assert platform.name == "mine"
    assert layout.platform_file.read_bytes() == MINE
    (tmp_path / "given.yaml").unlink()
    assert platform_files.read_platform(layout, None) == platform


def test_the_folders_own_file_may_be_given(layout: Layout, tmp_path: Path) -> None:
    platform = mine(layout, tmp_path)
    assert platform_files.read_platform(layout, layout.platform_file) == platform
    assert layout.platform_file.read_bytes() == MINE


def test_a_wrong_file_is_told_with_its_place_and_does_not_replace_the_good_one(layout: Layout, tmp_path: Path) -> None:
    mine(layout, tmp_path)
    with pytest.raises(UserError, match=r"given\.yaml:2:1: ") as raised:
        mine(layout, tmp_path, MINE.replace(b"v1alpha1", b"v9"))
    assert raised.value.reason == "InvalidPlatform"
    assert layout.platform_file.read_bytes() == MINE


def test_the_folders_own_file_is_named_when_it_is_wrong(layout: Layout) -> None:
    layout.platform_file.write_bytes(b"a: [\n")
    with pytest.raises(UserError, match=rf"^{layout.platform_file}:"):
        platform_files.read_platform(layout, None)
    assert layout.platform_file.read_bytes() == b"a: [\n"


@pytest.mark.parametrize(("name", "why"), [("missing.yaml", "No such file"), (".", "Is a directory")])
def test_a_file_that_cannot_be_read(layout: Layout, tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(UserError, match=f"cannot be read: {why}") as raised:
        platform_files.read_platform(layout, tmp_path / name)
    assert raised.value.reason == "FileNotReadable"
    assert not layout.platform_file.exists()


def test_a_named_pipe_does_not_hold_us_for_ever(layout: Layout, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match="pipe: is not a regular file"):
        platform_files.read_platform(layout, tmp_path / "pipe")


def test_a_file_that_is_far_too_large(layout: Layout, tmp_path: Path) -> None:
    mine(layout, tmp_path, MINE + b"#" * (platform_files.PLATFORM_FILE_BYTES - len(MINE)))
    with pytest.raises(UserError, match="larger than 1 MiB") as raised:
        mine(layout, tmp_path, MINE + b"#" * platform_files.PLATFORM_FILE_BYTES)
    assert raised.value.reason == "TooLarge"


# --- repositories ---------------------------------------------------------------------------------------------------


async def test_three_repositories_with_work_trees_and_what_they_begin_with(layout: Layout, tmp_path: Path) -> None:
    platform = mine(layout, tmp_path)
    assert await platform_files.ensure_repositories(layout, platform) == ["addons", "workloads", "clusters"]
    for name in ("addons", "workloads"):
        seeded = {path: (layout.work_tree(name) / path).read_bytes() for path in examples.files(name)}
        assert seeded == examples.files(name)
    assert "name: solo" in (layout.work_tree("clusters") / "argocd/clusters/solo.yaml").read_text()
    for name in ("addons", "workloads", "clusters"):
        assert git(layout.work_tree(name), "status", "--porcelain") == ""
        assert git(layout.work_tree(name), "remote", "get-url", "origin").endswith(f"repos/{name}.git")


async def test_a_second_start_touches_nothing(layout: Layout, tmp_path: Path) -> None:
    platform = mine(layout, tmp_path)
    await platform_files.ensure_repositories(layout, platform)
    (layout.work_tree("addons") / "README.md").write_text("my own words")
    (layout.work_tree("workloads") / "new").write_text("not committed")
    before = tree_of(layout.root)
    assert await platform_files.ensure_repositories(layout, platform) == []
    assert tree_of(layout.root) == before


async def test_a_repository_of_the_users_own_is_not_made(layout: Layout, tmp_path: Path) -> None:
    created = await platform_files.ensure_repositories(layout, mine(layout, tmp_path, OWN_URL))
    assert created == ["addons", "clusters"]
    assert not layout.bare("workloads").exists()
    assert not layout.work_tree("workloads").exists()


async def test_a_work_tree_that_was_deleted_comes_back_with_what_was_pushed(layout: Layout, tmp_path: Path) -> None:
    platform = mine(layout, tmp_path)
    await platform_files.ensure_repositories(layout, platform)
    await git_seed.commit_and_push(layout.work_tree("clusters"), write={"pushed": b"yes"}, message="Push")
    shutil.rmtree(layout.work_tree("clusters"))
    assert await platform_files.ensure_repositories(layout, platform) == []
    assert (layout.work_tree("clusters") / "pushed").read_text() == "yes"


async def test_a_crash_between_repository_and_work_tree_is_made_good(layout: Layout, tmp_path: Path) -> None:
    platform = mine(layout, tmp_path)
    await platform_files.ensure_repositories(layout, platform)
    shutil.rmtree(layout.work_tree("clusters"))
    (layout.work_tree("clusters").with_name(".clusters.new")).mkdir()  # half a clone
    shutil.rmtree(layout.work_tree("addons"))
    shutil.rmtree(layout.bare("addons"))
    layout.created.unlink()  # it was made first, and noted after
    (layout.state / "new-addons.git").mkdir()  # half a repository
    (layout.state / "new-addons.git" / "HEAD").write_text("garbage")
    assert await platform_files.ensure_repositories(layout, platform) == ["addons"]
    for name in ("addons", "clusters"):
        assert git(layout.work_tree(name), "status", "--porcelain") == ""
        assert git(layout.work_tree(name), "log", "--format=%s") == f"Start the {name} repository"
    assert list(layout.state.glob("new-*")) == []


async def test_a_repository_that_is_gone_is_not_made_anew(layout: Layout, tmp_path: Path) -> None:
    platform = mine(layout, tmp_path)
    await platform_files.ensure_repositories(layout, platform)
    await git_seed.commit_and_push(layout.work_tree("clusters"), write={"pushed": b"yes"}, message="Push")
    layout.bare("clusters").rename(tmp_path / "elsewhere.git")
    with pytest.raises(
        UserError, match=r"clusters\.git: the repository .* is gone; put it back, or .* git clone --bare"
    ):
        await platform_files.ensure_repositories(layout, platform)
    assert not layout.bare("clusters").exists()
    (tmp_path / "elsewhere.git").rename(layout.bare("clusters"))
    assert await platform_files.ensure_repositories(layout, platform) == []


def test_a_hub_cannot_be_renamed(layout: Layout, tmp_path: Path) -> None:
    (layout.clusters / "hub").mkdir()
    renamed = MINE.replace(b"spec:\n", b"spec:\n  hub: {name: central}\n")
    before = layout.platform_file.read_bytes() if layout.platform_file.exists() else None
    with pytest.raises(UserError, match="'central' has run here \\(there are: hub\\); a hub cannot be renamed"):
        platform_files.read_platform(layout, given(tmp_path, renamed))
    assert (layout.platform_file.read_bytes() if layout.platform_file.exists() else None) == before
    layout.platform_file.write_bytes(renamed)
    with pytest.raises(UserError, match="a hub cannot be renamed"):
        platform_files.read_platform(layout, None)


def test_a_file_that_is_replaced_is_kept_beside_it(layout: Layout, tmp_path: Path) -> None:
    platform_files.read_platform(layout, None)
    before = layout.platform_file.read_bytes()
    platform_files.read_platform(layout, given(tmp_path, MINE))
    assert layout.previous_platform_file.read_bytes() == before
    platform_files.read_platform(layout, given(tmp_path, MINE))
    assert layout.previous_platform_file.read_bytes() == before


async def test_something_else_in_a_work_trees_place_stays(layout: Layout, tmp_path: Path) -> None:
    (layout.root / "addons").write_text("mine")
    await platform_files.ensure_repositories(layout, mine(layout, tmp_path))
    assert (layout.root / "addons").read_text() == "mine"
    assert pygit2.Repository(str(layout.bare("addons"))).is_bare


# --- kubeconfigs ----------------------------------------------------------------------------------------------------


def config(name: str) -> dict[str, Any]:
    return kubeconfigs.for_certificate(name, f"https://{name}.test", "", "", "")


def test_a_kubeconfig_for_each_cluster_and_one_for_all(layout: Layout) -> None:
    platform_files.write_kubeconfigs(layout, {name: config(name) for name in ("hub", "dev")})
    for context in ("hub", "dev"):
        for path in (layout.kubeconfig, layout.kubeconfigs / f"{context}.yaml"):
            assert kubeconfig.load(path, context).server == f"https://{context}.test"
            assert path.stat().st_mode & 0o077 == 0
    assert kubeconfig.load(layout.kubeconfig).context == "hub"


def test_the_kubeconfig_of_a_cluster_that_is_gone_goes_and_other_files_stay(layout: Layout) -> None:
    platform_files.write_kubeconfigs(layout, {name: config(name) for name in ("hub", "dev")})
    (layout.kubeconfigs / "notes.txt").write_text("mine")
    platform_files.write_kubeconfigs(layout, {"hub": config("hub")})
    assert sorted(path.name for path in layout.kubeconfigs.iterdir()) == ["hub.yaml", "notes.txt"]
    with pytest.raises(UserError, match="dev"):
        kubeconfig.load(layout.kubeconfig, "dev")

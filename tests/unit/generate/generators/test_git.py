"""The git generator on repositories that are made to keep it busy for ever."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from tests.fakes import tree_bomb

from dokaseca.generate import expand
from dokaseca.generate.expand import GenerationError
from dokaseca.generate.generators.context import Inputs
from dokaseca.kit import bounds
from dokaseca.kit.clock import FakeClock
from dokaseca.ports.git import Tree


def application_set(generator: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {"name": "set", "namespace": "argocd", "uid": "u1"},
        "spec": {
            "generators": [{"git": {"repoURL": "https://eve:secret@git/bomb", **generator}}],
            "template": {"metadata": {"name": "{{path.basename}}"}, "spec": {"project": "default"}},
        },
    }


async def names(tree: Tree, **generator: Any) -> list[str]:
    async def find(url: str, revision: str) -> Tree:
        return tree

    found = await expand.expand(application_set(generator), Inputs((), find, FakeClock()))
    return [one["metadata"]["name"] for one in found.applications]


@pytest.mark.parametrize(
    "generator",
    [{"directories": [{"path": "/".join("*" * 12)}]}, {"files": [{"path": "**/x.yaml"}]}],
    ids=["dir", "file"],
)
async def test_a_bomb_of_empty_folders_is_refused_by_name(
    generator: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "TREE_ENTRIES", 5000)
    with pytest.raises(GenerationError, match=r"folder \. holds more than 5000 files and folders") as caught:
        await names(tree_bomb.tree(tmp_path), **generator)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("pattern", ["apps/*", "apps/sh?p", "ap*/shop", "*/shop"])
async def test_a_pattern_needs_only_the_folders_that_it_can_match(
    pattern: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "TREE_ENTRIES", 112)  # the root's 11, and what its folders hold directly
    assert await names(tree_bomb.tree(tmp_path, beside="shop"), directories=[{"path": pattern}]) == ["shop"]


async def test_a_literal_folder_keeps_the_walk_out_of_its_siblings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "TREE_ENTRIES", 12)  # the root's 11, and the one in apps
    assert await names(tree_bomb.tree(tmp_path, beside="shop"), directories=[{"path": "apps/*"}]) == ["shop"]


async def test_a_class_may_hold_a_slash(tmp_path: Path) -> None:
    tree = tree_bomb.tree(tmp_path, levels=2, beside="shop")
    assert await names(tree, directories=[{"path": "apps[/]sh*"}]) == ["shop"]


async def test_the_loop_goes_on_while_a_bomb_is_walked(tmp_path: Path) -> None:
    longest = 0.0

    async def tick() -> None:
        nonlocal longest
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.001)
            longest = max(longest, time.monotonic() - before)

    ticking = asyncio.create_task(tick())
    started = time.monotonic()
    with pytest.raises(GenerationError, match="holds more than 250000"):
        await names(tree_bomb.tree(tmp_path), directories=[{"path": "/".join("*" * 12)}])
    took = time.monotonic() - started
    ticking.cancel()
    assert longest < took / 2

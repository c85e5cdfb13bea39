"""The walk over a chart's folder: everything that it meets is counted, empty folders too."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes import tree_bomb
from tests.fakes.git_files import Commits, Link

from dokaseca.flow.render import files
from dokaseca.kit import bounds
from dokaseca.model.errors import UserError


def test_folders_without_files_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "TREE_ENTRIES", 5000)
    with pytest.raises(UserError, match=r"folder d0 holds more than 5000 files and folders") as caught:
        files.below(tree_bomb.tree(tmp_path), "d0", subject="https://git/bomb d0")
    assert (caught.value.reason, caught.value.subject) == ("TooLarge", "https://git/bomb d0")


def test_files_are_counted_once_for_each_link_that_leads_to_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = Commits(tmp_path).tree({**{f"app/{n}": Link("../lib") for n in range(4)}, "lib/a": "1", "lib/b": "2"})
    assert len(files.below(tree, "app", subject="app")) == 8
    monkeypatch.setattr(files, "FILES", 7)
    with pytest.raises(UserError, match="folder app holds more than 7 files"):
        files.below(tree, "app", subject="app")


def test_folders_nested_too_deep_are_refused(tmp_path: Path) -> None:
    deepest = "/".join(["d"] * (bounds.TREE_DEPTH + 1))
    tree = Commits(tmp_path).tree({f"app/{deepest}/a": "1", f"fits/{deepest[2:]}/a": "1"})
    assert len(files.below(tree, "fits", subject="app")) == 1
    with pytest.raises(UserError, match="folder app is nested deeper than 100 levels"):
        files.below(tree, "app", subject="app")

"""Where the examples are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from dokaseca.bridge import examples
from dokaseca.model.errors import UserError


def examples_in(folder: Path) -> Path:
    (folder / "examples").mkdir(parents=True)
    (folder / "examples" / "platform.yaml").touch()
    return folder / "examples"


def test_a_checkout_has_them_beside_src(tmp_path: Path) -> None:
    package = tmp_path / "src" / "dokaseca"
    assert examples_in(tmp_path) == examples.locate(package)


def test_an_installed_package_has_its_own_whatever_lies_around_it(tmp_path: Path) -> None:
    package = tmp_path / "lib" / "dokaseca"
    examples_in(tmp_path)
    assert examples_in(package) == examples.locate(package)


def test_without_them_the_installation_is_incomplete(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="install dokaseca again") as caught:
        examples.locate(tmp_path / "src" / "dokaseca")
    assert caught.value.reason == "IncompleteInstallation"


def test_a_repository_is_read_whole_in_the_order_of_its_paths() -> None:
    found = examples.files("workloads")
    assert "README.md" in found
    assert found["apps/team-c/notices/maintenance.yaml"].startswith(b"#")
    assert list(found) == sorted(found, key=lambda path: tuple(path.split("/")))

"""The example repositories, from a checkout or from the installed package."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from dokaseca.model.errors import UserError


def files(name: str) -> dict[str, bytes]:
    """Path (relative, POSIX) to content of everything below `examples/<name>`.

    Raises:
        UserError: the installation is incomplete.
    """
    base = root() / name
    return {
        path.relative_to(base).as_posix(): path.read_bytes()
        for path in sorted(base.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def default_platform() -> bytes:
    """The platform file of a new platform."""
    return (root() / "platform.yaml").read_bytes()


@cache
def root() -> Path:
    """The folder of the examples.

    Raises:
        UserError: as `files`.
    """
    return locate(Path(__file__).resolve().parents[1])


def locate(package: Path) -> Path:
    """The examples that belong to the package in this folder: inside it when installed, else in the checkout around.

    Raises:
        UserError: reason IncompleteInstallation: they are in neither place.
    """
    for candidate in (package / "examples", package.parents[1] / "examples"):
        if (candidate / "platform.yaml").is_file():
            return candidate
    raise UserError("the example repositories are missing; install dokaseca again", reason="IncompleteInstallation")

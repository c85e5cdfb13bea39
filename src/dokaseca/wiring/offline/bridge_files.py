"""The bridge from files to files: Secrets and bootstrap ApplicationSets, and tfvars made into a platform file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from dokaseca.bridge import importing, render, tfvars
from dokaseca.bridge import platform as platforms
from dokaseca.bridge.importing import Imported
from dokaseca.bridge.places import Note
from dokaseca.kit import yaml_out
from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest
from dokaseca.wiring import layout
from dokaseca.wiring.offline import cluster_files

Contract = Literal["dokaseca", "terraform"]
NAME: Final = "imported"


@dataclass(frozen=True, slots=True)
class Rendered:
    """Manifests, and what was assumed on the way."""

    manifests: tuple[Manifest, ...]
    notes: tuple[Note, ...]


def of_platform(file: Path) -> Rendered:
    """What `dokaseca up` puts on the hub for a platform file.

    Raises:
        UserError: the file cannot be read, or is wrong.
    """
    platform = platforms.load(cluster_files.read_file(file), subject=str(file))
    return Rendered(tuple(render.of_platform(platform, cluster_files.repository_urls(file, platform))), ())


def of_tfvars(files: Sequence[Path], contract: Contract) -> Rendered:
    """What tfvars yield: the Secrets that the Terraform bridge writes, or all that `dokaseca up` does after an import.

    Raises:
        UserError: a file cannot be read, or is wrong.
    """
    if contract == "terraform":
        found = [render.of_variables(_variables(file)) for file in files]
        return Rendered(tuple(manifest for manifest, _ in found), tuple(note for _, one in found for note in one.notes))
    imported = import_tfvars(files, NAME)
    platform = platforms.load(text_of(imported, files), subject=", ".join(map(str, files)))
    return Rendered(tuple(render.of_platform(platform)), imported.notes)


def import_tfvars(files: Sequence[Path], name: str) -> Imported:
    """The platform file of clusters that tfvars describe.

    Raises:
        UserError: as `importing.platform`, or a file cannot be read.
    """
    return importing.platform([_variables(file) for file in files], name=name)


def text_of(imported: Imported, files: Sequence[Path]) -> bytes:
    """The platform file as text, with where it comes from."""
    names = ", ".join(file.name for file in files)
    return f"# Imported from {names} by `dokaseca bridge import`.\n{yaml_out.dump(imported.document)}".encode()


def write(file: Path, content: bytes, *, is_forced: bool) -> None:
    """Write a platform file that is right, and over no other one.

    Raises:
        UserError: it is wrong (which names the input's mistake), it is there already, or it cannot be written.
    """
    platforms.load(content, subject=str(file))
    if not is_forced and os.path.lexists(file):
        raise UserError(f"{file} is there already; add --force to write over it", reason="Exists")
    layout.replace(file, content, mode=0o644)


def _variables(file: Path) -> tfvars.Variables:
    return tfvars.read(cluster_files.read_file(file), subject=str(file))

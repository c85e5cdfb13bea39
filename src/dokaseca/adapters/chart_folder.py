"""Packs charts into a folder of archives, as `helm package` would."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from dokaseca.kit import yaml_in

MODE = 0o644


def publish(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    """Pack every chart among `files` that `folder` does not hold yet; archives that are there are never touched.

    Args:
        files: relative POSIX path to content; a chart is a folder with a `Chart.yaml` that lies in no other chart.

    Returns:
        The names of the archives written, sorted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: list[str] = []
    for chart in charts(files):
        content = {path.removeprefix(chart + "/"): text for path, text in files.items() if path.startswith(chart + "/")}
        about = yaml_in.load(content["Chart.yaml"], subject=f"{chart}/Chart.yaml")
        target = folder / f"{about['name']}-{about['version']}.tgz"
        if not target.exists():
            temporary = target.with_name(f".{target.name}.new")
            temporary.write_bytes(pack(str(about["name"]), content))
            temporary.replace(target)
            written.append(target.name)
    return sorted(written)


def charts(files: Mapping[str, bytes]) -> Iterator[str]:
    """The folders of the charts among `files`, sorted; subcharts belong to the chart around them."""
    found: list[str] = []
    for path in sorted(files, key=lambda one: (one.count("/"), one)):
        folder, _, name = path.rpartition("/")
        if name == "Chart.yaml" and folder and not any(folder.startswith(one + "/") for one in found):
            found.append(folder)
    yield from sorted(found)


def pack(name: str, files: Mapping[str, bytes]) -> bytes:
    """A chart archive; equal files give equal bytes."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for path, content in sorted(files.items()):
            member = tarfile.TarInfo(f"{name}/{path}")
            member.size, member.mode = len(content), MODE
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(stream.getvalue(), mtime=0)

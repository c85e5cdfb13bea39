"""A Helm chart repository over a folder of `.tgz` archives: `index.yaml` is made from what lies there."""

from __future__ import annotations

import io
import logging
import re
import tarfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dokaseca.kit import bounds, digest, yaml_in, yaml_out
from dokaseca.kit.clock import rfc3339

log = logging.getLogger("dokaseca.web")

ARCHIVE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*\.tgz\Z")
CHART_FILE_BYTES = 256 * 1024  # Chart.yaml with long annotations stays far below

Stamp = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Entry:
    stamp: Stamp
    chart: dict[str, Any]


class ChartRepository:
    """Serves the archives of one folder; each is read once, and again when it changes.

    Args:
        folder: may be empty or missing; `helm package -d` into it publishes a chart.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._entries: dict[str, _Entry | None] = {}
        self._stamps: dict[str, Stamp] = {}

    def index(self) -> str:
        """The repository's `index.yaml`; archives that are no charts are left out, and logged once."""
        charts: dict[str, list[dict[str, Any]]] = {}
        for name, stamp in sorted(self._files().items()):
            if self._stamps.get(name) != stamp:
                self._entries[name] = _read_or_none(self._folder / name, stamp)
                self._stamps[name] = stamp
            entry = self._entries[name]
            if entry is not None:
                charts.setdefault(str(entry.chart["name"]), []).append(entry.chart)
        newest = max((stamp for stamp, _ in self._stamps.values()), default=0)
        return yaml_out.dump({"apiVersion": "v1", "entries": charts, "generated": _time(newest)})

    def archive_or_none(self, name: str) -> bytes | None:
        """The archive called `name`, None when there is none of that name."""
        path = self._folder / name
        if not ARCHIVE_NAME.match(name) or path.is_symlink() or not path.is_file():
            return None
        return path.read_bytes() if path.stat().st_size <= bounds.CHART_ARCHIVE_BYTES else None

    def _files(self) -> dict[str, Stamp]:
        if not self._folder.is_dir():
            return {}
        found: dict[str, Stamp] = {}
        for path in self._folder.iterdir():
            if ARCHIVE_NAME.match(path.name) and path.is_file() and not path.is_symlink():
                status = path.stat()
                found[path.name] = (status.st_mtime_ns, status.st_size)
        for name in set(self._stamps) - set(found):
            del self._stamps[name], self._entries[name]
        return found


def _read_or_none(path: Path, stamp: Stamp) -> _Entry | None:
    """What the index says of one archive: its Chart.yaml, digest, URL and time."""
    modified, size = stamp
    if size > bounds.CHART_ARCHIVE_BYTES:
        _refused(path, "it is too large")
        return None
    content = path.read_bytes()
    try:
        chart = _chart(content)
    except (tarfile.TarError, OSError, EOFError, yaml_in.InvalidYAML, ValueError) as error:
        _refused(path, str(error))
        return None
    location = {"created": _time(modified), "digest": digest.of_bytes(content), "urls": [path.name]}
    return _Entry(stamp, {**chart, **location})


def _chart(content: bytes) -> dict[str, Any]:
    """The `Chart.yaml` of an archive: the one directly in its top folder.

    Raises:
        ValueError, tarfile.TarError, InvalidYAML: this is no chart.
    """
    with tarfile.open(fileobj=io.BytesIO(content), mode="r|gz") as archive:
        for member in archive:
            if member.isfile() and re.match(r"[^/]+/Chart\.yaml\Z", member.name):
                file = archive.extractfile(member)
                text = file.read(CHART_FILE_BYTES + 1) if file is not None else b""
                if len(text) > CHART_FILE_BYTES:
                    raise ValueError("its Chart.yaml is too large")
                chart = yaml_in.load(text, subject="Chart.yaml")
                if not isinstance(chart, dict) or not chart.get("name") or not chart.get("version"):
                    raise ValueError("its Chart.yaml has no name or version")
                return chart
    raise ValueError("it has no Chart.yaml")


def _refused(path: Path, why: str) -> None:
    log.warning("archive is not a chart", extra={"fields": {"archive": path.name, "error": why}})


def _time(nanoseconds: int) -> str:
    return rfc3339(datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC))

"""A Helm chart repository over a folder of `.tgz` archives: `index.yaml` is made from what lies there."""

from __future__ import annotations

import gzip
import io
import logging
import os
import re
import stat
import tarfile
import threading
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dokaseca.kit import bounds, digest, yaml_in, yaml_out
from dokaseca.kit.clock import rfc3339

log = logging.getLogger("dokaseca.web")

ARCHIVE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*\.tgz\Z")
CHART_FILE_BYTES = 256 * 1024  # Chart.yaml with long annotations stays far below
LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z, the last that a date can say

Stamp = tuple[int, int, int]  # modified, changed (both in nanoseconds), size


@dataclass(frozen=True, slots=True)
class _Entry:
    stamp: Stamp
    chart: dict[str, Any] | None


class ChartRepository:
    """Serves the archives of one folder; each is read once, and again when it changes. May be used by many threads.

    Args:
        folder: may be empty or missing; `helm package -d` into it publishes a chart.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.Lock()

    def index(self) -> str:
        """The repository's `index.yaml`; archives that are no charts are left out, and logged once."""
        with self._lock:
            self._read_changed()
            charts: dict[str, list[dict[str, Any]]] = {}
            for _, entry in sorted(self._entries.items()):
                if entry.chart is not None:
                    charts.setdefault(entry.chart["name"], []).append(entry.chart)
            newest = max((entry.stamp[0] for entry in self._entries.values()), default=0)
        return yaml_out.dump({"apiVersion": "v1", "entries": charts, "generated": _time(newest)})

    def archive_or_none(self, name: str) -> bytes | None:
        """The archive called `name`, None when there is none of that name."""
        return _content_or_none(self._folder / name) if ARCHIVE_NAME.match(name) else None

    def _read_changed(self) -> None:
        stamps = self._stamps()
        for name in set(self._entries) - set(stamps):
            del self._entries[name]
        for name, stamp in sorted(stamps.items()):
            known = self._entries.get(name)
            if known is None or known.stamp != stamp:
                self._entries[name] = _Entry(stamp, _entry_or_none(self._folder / name, stamp))

    def _stamps(self) -> dict[str, Stamp]:
        try:
            paths = [path for path in self._folder.iterdir() if ARCHIVE_NAME.match(path.name)]
        except (FileNotFoundError, NotADirectoryError):
            return {}
        found: dict[str, Stamp] = {}
        for path in paths:
            try:
                status = path.lstat()
            except FileNotFoundError:
                continue  # it has gone meanwhile
            if stat.S_ISREG(status.st_mode):
                found[path.name] = (status.st_mtime_ns, status.st_ctime_ns, status.st_size)
        return found


def _content_or_none(path: Path) -> bytes | None:
    """A regular file's content; None for anything else, for what cannot be read, and past the limit."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_size > bounds.CHART_ARCHIVE_BYTES:
        os.close(descriptor)
        return None
    with os.fdopen(descriptor, "rb") as file:
        return file.read(status.st_size)


def _entry_or_none(path: Path, stamp: Stamp) -> dict[str, Any] | None:
    """What the index says of one archive: its Chart.yaml, digest, URL and time."""
    content = _content_or_none(path)
    if content is None:
        _refused(path, "it cannot be read, or is too large")
        return None
    try:
        chart = _chart(content)
    except (tarfile.TarError, zlib.error, OSError, EOFError, ValueError) as error:
        _refused(path, str(error))
        return None
    return {**chart, "created": _time(stamp[0]), "digest": digest.of_bytes(content), "urls": [path.name]}


def _chart(content: bytes) -> dict[str, Any]:
    """The `Chart.yaml` of an archive: the one directly in its top folder.

    Raises:
        ValueError, tarfile.TarError, OSError, EOFError, zlib.error: this is no chart.
    """
    unpacked: Any = _Bounded(gzip.GzipFile(fileobj=io.BytesIO(content)))
    with tarfile.open(fileobj=unpacked, mode="r|") as archive:
        for member in archive:
            if member.isfile() and re.match(r"[^/]+/Chart\.yaml\Z", member.name):
                file = archive.extractfile(member)
                text = file.read(CHART_FILE_BYTES + 1) if file is not None else b""
                if len(text) > CHART_FILE_BYTES:
                    raise ValueError("its Chart.yaml is too large")
                chart = yaml_in.load(text, subject="Chart.yaml")
                named = chart if isinstance(chart, dict) else {}
                if not all(isinstance(named.get(field), str) and named[field] for field in ("name", "version")):
                    raise ValueError("its Chart.yaml has no name or version, each a text")
                return named
    raise ValueError("it has no Chart.yaml")


class _Bounded:
    """A stream that ends in an error where an archive unpacks to more than a chart may."""

    def __init__(self, stream: gzip.GzipFile) -> None:
        self._stream = stream
        self._left = bounds.CHART_UNPACKED_BYTES

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise ValueError(f"it unpacks to more than {bounds.CHART_UNPACKED_BYTES // 2**20} MiB")
        return data


def _refused(path: Path, why: str) -> None:
    log.warning("archive is not a chart", extra={"fields": {"archive": path.name, "error": why}})


def _time(nanoseconds: int) -> str:
    return rfc3339(datetime.fromtimestamp(min(nanoseconds // 1_000_000_000, LAST_SECOND), UTC))

"""A packed chart, changed before Helm sees it: what its library has no option for."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Sequence
from typing import Any

from dokaseca.adapters import helm_integers
from dokaseca.flow.render import chart_archive
from dokaseca.model.errors import UserError

SCHEMA = "values.schema.json"
NESTED = 8  # packed charts inside packed charts


def with_integers(archive: bytes, values: dict[str, Any], paths: Sequence[helm_integers.Path]) -> bytes:
    """The chart with whole numbers at `paths` of its values."""
    tar = chart_archive.unpacked(archive, subject="chart")
    root = _members(tar)[0].name.partition("/")[0]
    stream = io.BytesIO(tar)
    with tarfile.open(fileobj=stream, mode="a:") as changed:
        _add(changed, f"{root}/{helm_integers.NAME}", helm_integers.template(values, paths).encode())
    return _packed(stream.getvalue())


def without_schemas(archive: bytes, *, depth: int = 0) -> bytes:
    """The chart and its subcharts without the schemas of their values.

    Raises:
        UserError: charts are packed into each other deeper than `NESTED`; one holds a sparse file.
    """
    if depth > NESTED:
        raise UserError(f"charts are packed into each other deeper than {NESTED} levels", reason="InvalidChart")
    tar = chart_archive.unpacked(archive, subject="chart")
    stream = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(tar), mode="r:") as old, tarfile.open(fileobj=stream, mode="w:") as new:
        for member in old:
            chart_archive.refuse_sparse(member, subject="chart")
            file = old.extractfile(member) if member.isfile() else None
            if file is None or member.name.rpartition("/")[2] == SCHEMA:
                continue
            is_chart = member.name.endswith(".tgz") and member.name.rpartition("/")[0].endswith("/charts")
            content = file.read()
            _add(new, member.name, without_schemas(content, depth=depth + 1) if is_chart else content)
    return _packed(stream.getvalue())


def _members(tar: bytes) -> list[tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(tar), mode="r:") as archive:
        return archive.getmembers()


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def _packed(tar: bytes) -> bytes:
    return gzip.compress(tar, compresslevel=1, mtime=0)

"""Chart archives that are not what they seem."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping

import pytest

from dokaseca.adapters import helm_archive
from dokaseca.flow.render import chart_archive
from dokaseca.kit import bounds
from dokaseca.model.errors import UserError

CHART = b"apiVersion: v2\nname: a\nversion: 1.0.0\n"
HUGE = {"GNU.sparse.map": "0,0", "GNU.sparse.size": str(2**40)}  # a tebibyte of holes


def packed(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:", format=tarfile.PAX_FORMAT) as tar:
        for member, content in (file("a/Chart.yaml", CHART), *members):
            tar.addfile(member, io.BytesIO(content))
    return gzip.compress(stream.getvalue())


def file(name: str, content: bytes = b"", headers: Mapping[str, str] | None = None) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.size, member.pax_headers = len(content), dict(headers or {})
    return member, content


def special(kind: bytes) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo("a/odd")
    member.type, member.linkname = kind, "/etc/passwd"
    return member, b""


def refused(archive: bytes) -> str:
    with pytest.raises(UserError) as caught:
        chart_archive.check(archive, subject="a-1.0.0.tgz")
    assert caught.value.reason in ("InvalidChart", "TooLarge")
    return str(caught.value)


def test_an_honest_chart_passes_and_gives_its_files() -> None:
    archive = packed(file("a/values.yaml", b"x: 1\n"))
    chart_archive.check(archive, subject="a")
    assert chart_archive.file_or_none(archive, "values.yaml", limit_bytes=9, subject="a") == b"x: 1\n"
    assert chart_archive.file_or_none(archive, "other.yaml", limit_bytes=9, subject="a") is None


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(kind: bytes) -> None:
    assert "'a/odd' is a link or device" in refused(packed(special(kind)))


@pytest.mark.parametrize("name", ["/etc/cron.d/x", "../x", "a/../../x", "a/templates/../../../x"])
def test_names_that_leave_the_chart_are_refused(name: str) -> None:
    assert "leaves the chart" in refused(packed(file(name)))


def test_a_file_with_holes_is_refused_before_they_are_filled() -> None:
    archive = packed(file("a/values.yaml", b"", HUGE))
    assert len(archive) < 10_000
    assert "'a/values.yaml' is a sparse file" in refused(archive)
    with pytest.raises(UserError, match="sparse file"):
        chart_archive.file_or_none(archive, "values.yaml", limit_bytes=2**50, subject="a")
    with pytest.raises(UserError, match="sparse file"):
        helm_archive.without_schemas(archive)
    with pytest.raises(UserError, match="sparse file"):
        helm_archive.without_schemas(packed(file("a/charts/b-1.0.0.tgz", archive)))


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "CHART_UNPACKED_BYTES", 2**20)
    assert "unpacks to more than 1 MiB" in refused(packed(file("a/zero", bytes(2**22))))


@pytest.mark.parametrize("archive", [b"", b"no archive", gzip.compress(b"no tar" * 200), packed()[:40]])
def test_what_is_broken_says_so_or_holds_nothing(archive: bytes) -> None:
    try:
        chart_archive.check(archive, subject="a-1.0.0.tgz")
    except UserError as error:
        assert error.reason == "InvalidChart"
    else:
        assert chart_archive.file_or_none(archive, "Chart.yaml", limit_bytes=999, subject="a") is None

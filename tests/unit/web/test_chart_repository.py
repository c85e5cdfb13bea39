from __future__ import annotations

import gzip
import io
import logging
import os
import random
import tarfile
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.adapters import chart_folder
from dokaseca.kit import bounds, digest, yaml_in
from dokaseca.web import chart_repository
from dokaseca.web.chart_repository import ChartRepository

CHART = b"apiVersion: v2\nname: podinfo\nversion: 1.2.0\ndescription: A small web server\n"


def packed(chart: bytes = CHART, **more: bytes) -> bytes:
    return chart_folder.pack("podinfo", {"Chart.yaml": chart, **more})


def entries(repository: ChartRepository) -> dict[str, Any]:
    found: dict[str, Any] = yaml_in.load(repository.index(), subject="index.yaml")["entries"]
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "charts").mkdir()
    return tmp_path / "charts"


@pytest.fixture
def refused(caplog: pytest.LogCaptureFixture) -> Any:
    """(archive, why) of each archive that was refused so far."""
    caplog.set_level(logging.WARNING, "dokaseca.web")

    def found() -> list[tuple[str, str]]:
        return [(one.fields["archive"], one.fields["error"]) for one in caplog.records]  # type: ignore[attr-defined]

    return found


def test_an_entry_tells_all_of_the_chart_and_where_it_is(folder: Path) -> None:
    (folder / "podinfo-1.2.0.tgz").write_bytes(packed())
    os.utime(folder / "podinfo-1.2.0.tgz", (1_767_225_600, 1_767_225_600))
    repository = ChartRepository(folder)
    assert yaml_in.load(repository.index(), subject="") == {
        "apiVersion": "v1",
        "entries": {
            "podinfo": [
                {
                    "apiVersion": "v2",
                    "name": "podinfo",
                    "version": "1.2.0",
                    "description": "A small web server",
                    "created": "2026-01-01T00:00:00Z",
                    "digest": digest.of_bytes(packed()),
                    "urls": ["podinfo-1.2.0.tgz"],
                }
            ]
        },
        "generated": "2026-01-01T00:00:00Z",
    }
    assert repository.archive_or_none("podinfo-1.2.0.tgz") == packed()


@pytest.mark.parametrize("exists", [True, False])
def test_without_archives_the_index_is_empty(folder: Path, exists: bool) -> None:
    repository = ChartRepository(folder if exists else folder / "missing")
    assert yaml_in.load(repository.index(), subject="") == {
        "apiVersion": "v1",
        "entries": {},
        "generated": "1970-01-01T00:00:00Z",
    }


def test_a_subcharts_file_is_not_the_charts(folder: Path) -> None:
    subchart = b"name: redis\nversion: 9.9.9\n"
    (folder / "a.tgz").write_bytes(packed(**{"A/Chart.yaml": subchart, "charts/redis/Chart.yaml": subchart}))
    assert list(entries(ChartRepository(folder))) == ["podinfo"]


def test_what_changes_on_disk_changes_in_the_index(folder: Path) -> None:
    repository = ChartRepository(folder)
    archive = folder / "podinfo.tgz"
    archive.write_bytes(packed())
    before = entries(repository)["podinfo"][0]
    archive.write_bytes(packed(CHART.replace(b"1.2.0", b"1.3.0")))
    after = entries(repository)["podinfo"][0]
    assert (before["version"], after["version"]) == ("1.2.0", "1.3.0")
    assert before["digest"] != after["digest"]
    archive.unlink()
    assert entries(repository) == {}


def test_an_archive_of_the_same_size_and_age_is_still_seen_to_be_another(folder: Path) -> None:
    archive, other = folder / "podinfo.tgz", folder / ".new"
    first = gzip.compress(gzip.decompress(packed()), compresslevel=0, mtime=0)
    second = gzip.compress(gzip.decompress(packed()).replace(b"1.2.0", b"1.3.0"), compresslevel=0, mtime=0)
    assert len(first) == len(second)
    archive.write_bytes(first)
    os.utime(archive, (1, 1))
    repository = ChartRepository(folder)
    assert entries(repository)["podinfo"][0]["version"] == "1.2.0"
    other.write_bytes(second)
    os.utime(other, (1, 1))
    other.replace(archive)
    assert entries(repository)["podinfo"][0]["version"] == "1.3.0"


def test_only_what_changed_is_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    real = digest.of_bytes
    monkeypatch.setattr(digest, "of_bytes", lambda content: read.append(real(content)) or real(content))
    for number in range(5):
        (folder / f"a-{number}.tgz").write_bytes(packed(CHART + b"# %d\n" % number))
    repository = ChartRepository(folder)
    repository.index()
    assert len(read) == 5
    repository.index()
    assert len(read) == 5
    changed = packed(CHART + b"# new\n")
    (folder / "a-3.tgz").write_bytes(changed)
    repository.index()
    assert read[5:] == [real(changed)]


def tar(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for member, content in members:
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def link_to_the_password_file() -> bytes:
    member = tarfile.TarInfo("podinfo/Chart.yaml")
    member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return tar((member, b""))


BROKEN = {
    "empty": (b"", "empty"),
    "text": (b"not an archive", "gzip"),
    "cut": (packed()[:60], "end"),
    "no chart": (chart_folder.pack("podinfo", {"values.yaml": b"a: 1"}), "it has no Chart.yaml"),
    "link": (link_to_the_password_file(), "it has no Chart.yaml"),
    "not yaml": (packed(b"a: [\n"), "Chart.yaml:2:1"),
    "a list": (packed(b"[1]\n"), "no name or version"),
    "no version": (packed(b"name: a\n"), "no name or version"),
    "number": (packed(b"name: a\nversion: 1.2\n"), "each a text"),
    "mapping": (packed(b"name: {a: b}\nversion: 1.2.3\n"), "each a text"),
    "large": (packed(b"#" * (chart_repository.CHART_FILE_BYTES + 1)), "its Chart.yaml is too large"),
    "binary": (packed(b"\xff\xfe\x00"), "Chart.yaml"),
}


@pytest.mark.parametrize(("content", "why"), BROKEN.values(), ids=BROKEN)
def test_an_archive_that_is_no_chart_is_left_out_and_logged_once(
    folder: Path, refused: Any, content: bytes, why: str
) -> None:
    (folder / "broken.tgz").write_bytes(content)
    (folder / "good.tgz").write_bytes(packed())
    repository = ChartRepository(folder)
    for _ in range(3):
        assert [one["urls"] for one in entries(repository)["podinfo"]] == [["good.tgz"]]
    ((archive, said),) = refused()
    assert archive == "broken.tgz"
    assert why.lower() in said.lower()


def test_an_archive_that_unpacks_to_far_too_much_costs_neither_time_nor_memory(
    folder: Path, refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "CHART_UNPACKED_BYTES", 2**20)
    padding = tarfile.TarInfo("podinfo/zeros")
    padding.size = 64 * 2**20
    (folder / "bomb.tgz").write_bytes(tar((padding, bytes(padding.size))))
    tracemalloc.start()
    assert entries(ChartRepository(folder)) == {}
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refused() == [("bomb.tgz", "it unpacks to more than 1 MiB")]
    assert peak < 8 * 2**20


def test_an_archive_over_the_limit_is_neither_listed_nor_served(
    folder: Path, refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "podinfo.tgz").write_bytes(packed())
    monkeypatch.setattr(bounds, "CHART_ARCHIVE_BYTES", len(packed()))
    assert list(entries(ChartRepository(folder))) == ["podinfo"]
    monkeypatch.setattr(bounds, "CHART_ARCHIVE_BYTES", len(packed()) - 1)
    repository = ChartRepository(folder)
    assert entries(repository) == {}
    assert repository.archive_or_none("podinfo.tgz") is None
    assert refused() == [("podinfo.tgz", "it cannot be read, or is too large")]


@pytest.mark.parametrize("second", [-1, 0, 253_402_300_800, 2**40])
def test_an_archive_of_any_age_is_listed(folder: Path, second: int) -> None:
    (folder / "podinfo.tgz").write_bytes(packed())
    try:
        os.utime(folder / "podinfo.tgz", (second, second))
    except OSError:
        pytest.skip("the file system knows no such time")
    assert list(entries(ChartRepository(folder))) == ["podinfo"]


@pytest.mark.parametrize(
    "name",
    [
        "../secret.tgz",
        "..%2fsecret.tgz",
        "a/b.tgz",
        "/etc/a.tgz",
        ".hidden.tgz",
        "-.tgz",
        "a.tgz\n",
        "a\0.tgz",
        "a.tar",
        "",
    ],
)
def test_odd_names_are_not_served(folder: Path, name: str) -> None:
    (folder.parent / "secret.tgz").write_bytes(packed())
    (folder / ".hidden.tgz").write_bytes(packed())
    assert ChartRepository(folder).archive_or_none(name) is None


def test_links_folders_and_pipes_are_neither_listed_nor_served(folder: Path) -> None:
    outside = folder.parent / "secret.tgz"
    outside.write_bytes(packed())
    (folder / "link.tgz").symlink_to(outside)
    (folder / "dangling.tgz").symlink_to(folder / "nowhere")
    (folder / "folder.tgz").mkdir()
    os.mkfifo(folder / "pipe.tgz")
    repository = ChartRepository(folder)
    assert entries(repository) == {}
    for path in folder.iterdir():
        assert repository.archive_or_none(path.name) is None


@given(seed=st.integers(0, 2**32), flips=st.integers(1, 6), inside=st.booleans())
def test_a_damaged_archive_never_breaks_the_index(seed: int, flips: int, inside: bool) -> None:
    chaos = random.Random(seed)
    damaged = bytearray(gzip.decompress(packed()) if inside else packed())
    for _ in range(flips):
        damaged[chaos.randrange(len(damaged))] = chaos.randrange(256)
    content = gzip.compress(bytes(damaged), 1) if inside else bytes(damaged)
    with tempfile.TemporaryDirectory() as name:
        Path(name, "a.tgz").write_bytes(content)
        found = entries(ChartRepository(Path(name)))
        assert all(one["urls"] == ["a.tgz"] for versions in found.values() for one in versions)

"""The content-addressed cache on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from dokaseca.adapters import object_store
from dokaseca.adapters.object_store import DiskStore


def test_what_is_put_is_got_also_by_another_process(tmp_path: Path) -> None:
    DiskStore(tmp_path).put("ab12", b"value\nwith lines\n")
    assert DiskStore(tmp_path).get_or_none("ab12") == b"value\nwith lines\n"
    assert DiskStore(tmp_path).get_or_none("cd34") is None


@pytest.mark.parametrize("content", [b"", b"no guard", b"0" * 64 + b"\nvalue", b"\n"])
def test_a_damaged_entry_is_none(tmp_path: Path, content: bytes) -> None:
    DiskStore(tmp_path).put("ab12", b"value")
    (tmp_path / "ab" / "ab12").write_bytes(content)
    assert DiskStore(tmp_path).get_or_none("ab12") is None


def test_an_entry_cut_short_is_none_and_can_be_put_again(tmp_path: Path) -> None:
    DiskStore(tmp_path).put("ab12", b"value")
    file = tmp_path / "ab" / "ab12"
    file.write_bytes(file.read_bytes()[:-1])
    assert DiskStore(tmp_path).get_or_none("ab12") is None
    DiskStore(tmp_path).put("ab12", b"value")
    assert DiskStore(tmp_path).get_or_none("ab12") == b"value"


def test_memory_is_bounded_and_the_oldest_goes_first(tmp_path: Path) -> None:
    store = DiskStore(tmp_path, memory_bytes=25)
    for name in ("k1", "k2", "k3"):
        store.put(name, b"x" * 10)
    for file in tmp_path.rglob("k*"):
        if file.is_file():
            file.unlink()
    assert [store.get_or_none(name) is not None for name in ("k1", "k2", "k3")] == [False, True, True]
    store.get_or_none("k2")
    store.put("k4", b"x" * 10)
    assert [store.get_or_none(name) is not None for name in ("k2", "k3")] == [True, False]


def test_replacing_an_entry_counts_its_size_once(tmp_path: Path) -> None:
    store = DiskStore(tmp_path, memory_bytes=25)
    for _ in range(100):
        store.put("k1", b"x" * 10)
    store.put("k2", b"x" * 10)
    for file in tmp_path.rglob("k?"):
        if file.is_file():
            file.unlink()
    assert store.get_or_none("k1") == store.get_or_none("k2") == b"x" * 10


def test_too_large_an_entry_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_store, "ENTRY_BYTES", 4)
    store = DiskStore(tmp_path)
    store.put("ab12", b"12345")
    assert store.get_or_none("ab12") is None


def test_a_disk_that_refuses_costs_only_time(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    store = DiskStore(blocked)
    store.put("ab12", b"value")
    assert store.get_or_none("ab12") == b"value"
    assert DiskStore(blocked).get_or_none("ab12") is None


def test_no_temporary_file_stays(tmp_path: Path) -> None:
    DiskStore(tmp_path).put("ab12", b"value")
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == ["ab12"]

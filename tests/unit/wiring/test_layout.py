from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.model.errors import ConflictError, TransientError, UserError
from dokaseca.wiring import layout as layouts
from dokaseca.wiring.layout import Layout


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return layouts.prepare(tmp_path / "platform")


# --- prepare --------------------------------------------------------------------------------------------------------


def test_a_folder_is_made_with_all_its_parents_and_its_secrets_closed(tmp_path: Path) -> None:
    layout = layouts.prepare(tmp_path / "a" / "b")
    assert layout.root == tmp_path / "a" / "b"
    assert sorted(path.name for path in layout.root.iterdir()) == ["kubeconfigs", "state"]
    for path in (layout.state, layout.clusters, layout.kubeconfigs):
        assert path.stat().st_mode & 0o077 == 0
    assert list(layout.state.iterdir()) == [layout.clusters]


def test_what_is_there_stays(layout: Layout) -> None:
    layout.audit.write_text("kept")
    assert layouts.prepare(layout.root) == layout
    assert layout.audit.read_text() == "kept"


def test_a_folder_of_other_files_is_no_place_for_a_platform(tmp_path: Path) -> None:
    (tmp_path / "platform.yaml").write_text("mine")
    layouts.prepare(tmp_path)  # a platform file alone may wait there
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("precious")
    with pytest.raises(UserError, match=r"holds files that are no platform's \(thesis\.txt\); choose another folder"):
        layouts.prepare(other)
    assert [path.name for path in other.iterdir()] == ["thesis.txt"]


def test_every_path_lies_inside(layout: Layout) -> None:
    paths = [getattr(layout, name) for name in dir(Layout) if isinstance(getattr(Layout, name), property)]
    assert len(paths) >= 11
    for path in [*paths, layout.bare("addons"), layout.work_tree("addons")]:
        assert path.is_relative_to(layout.root)
    assert len(set(paths)) == len(paths)


def test_a_file_is_not_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UserError, match="is not a folder; choose another folder with --dir") as raised:
            layouts.prepare(place)
        assert raised.value.reason == "FolderNotUsable"
        assert str(place) in str(raised.value)
    assert (tmp_path / "file").read_text() == "mine"


def test_the_part_that_is_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("mine")
    with pytest.raises(UserError, match=f"^{tmp_path}/state is not a folder"):
        layouts.prepare(tmp_path)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^/proc/platform cannot be written \(.+\); choose another folder"):
        layouts.prepare(Path("/proc/platform"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere; the case above is what it can meet")
def test_a_folder_that_is_read_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UserError, match="cannot be written"):
        layouts.prepare(tmp_path)


def test_links_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(UserError, match="choose another folder with --dir"):
        layouts.prepare(tmp_path / "a")


def test_the_home_of_nobody() -> None:
    with pytest.raises(UserError, match=r"^~nobody-of-that-name/p cannot be found"):
        layouts.prepare(Path("~nobody-of-that-name/p"))


def test_a_full_disk_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / ".writable").symlink_to("/dev/full")
    with pytest.raises(TransientError, match=f"no space left on the disk of {tmp_path}; free some") as raised:
        layouts.prepare(tmp_path)
    assert raised.value.reason == "DiskFull"


# --- the lock -------------------------------------------------------------------------------------------------------


def test_the_lock_tells_who_holds_it_while_it_is_held(layout: Layout) -> None:
    assert layouts.running_pid_or_none(layout) is None
    with layouts.locked(layout):
        assert layouts.running_pid_or_none(layout) == os.getpid()
    assert layouts.running_pid_or_none(layout) is None
    with layouts.locked(layout):
        assert layouts.running_pid_or_none(layout) == os.getpid()


def test_a_second_holder_is_refused_with_the_pid_of_the_first(layout: Layout) -> None:
    with layouts.locked(layout):
        told = rf"another process \(pid {os.getpid()}\) runs"
        with pytest.raises(ConflictError, match=told) as raised, layouts.locked(layout):
            raise AssertionError("two at once")
        assert "dokaseca down" in str(raised.value)
        assert layouts.running_pid_or_none(layout) == os.getpid()


def test_a_process_that_was_killed_holds_nothing(layout: Layout) -> None:
    code = (
        "import sys, pathlib; from dokaseca.wiring import layout as l\n"
        "with l.locked(l.Layout(pathlib.Path(sys.argv[1]))): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(layout.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert layouts.running_pid_or_none(layout) == holder.pid
        holder.kill()
    assert layout.lock.read_text() == str(holder.pid)  # it had no time to say good-bye
    assert layouts.running_pid_or_none(layout) is None
    with layouts.locked(layout):
        assert layouts.running_pid_or_none(layout) == os.getpid()


def test_somebody_who_only_asks_does_not_keep_a_platform_from_starting(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout.lock.touch()
    asking = layout.lock.open()
    fcntl.flock(asking, fcntl.LOCK_SH)
    monkeypatch.setattr(time, "sleep", lambda seconds: asking.close())
    with layouts.locked(layout):
        assert asking.closed


def test_a_lock_that_leads_to_another_file_is_refused_and_that_file_stays(layout: Layout, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    layout.lock.symlink_to(precious)
    with pytest.raises(UserError, match="cannot be"), layouts.locked(layout):
        pass
    assert precious.read_text() == "mine"


def test_what_stood_open_is_closed(tmp_path: Path) -> None:
    (tmp_path / "state" / "clusters").mkdir(parents=True, mode=0o755)
    layout = layouts.prepare(tmp_path)
    assert layout.state.stat().st_mode & 0o777 == layout.clusters.stat().st_mode & 0o777 == 0o700


def test_a_lock_that_is_no_file(layout: Layout) -> None:
    layout.lock.mkdir()
    with pytest.raises(UserError, match="state/lock cannot be written"), layouts.locked(layout):
        raise AssertionError("locked")
    assert layouts.running_pid_or_none(layout) is None


def test_a_disk_without_locks_is_not_taken_for_a_running_platform(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(file: Any, how: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(UserError, match="No locks available"), layouts.locked(layout):
        raise AssertionError("locked")


def test_a_pid_that_cannot_be_read_is_none(layout: Layout) -> None:
    with layout.lock.open("w") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        holder.write("?")
        holder.flush()
        assert layouts.running_pid_or_none(layout) is None


# --- files ----------------------------------------------------------------------------------------------------------


def test_ports_are_remembered(layout: Layout) -> None:
    assert layouts.read_ports(layout) == {}
    layouts.write_ports(layout, {"web": 40001, "hub": 40000})
    assert layouts.read_ports(layout) == {"hub": 40000, "web": 40001}
    assert layout.ports.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("content", "ports"),
    [
        (b"", {}),
        (b'{"hub": 400', {}),
        (b"[1, 2]", {}),
        (b"\xff\x00", {}),
        (b'{"hub": "abc", "dev": 40000}', {"dev": 40000}),
        (b'{"hub": null, "a": [], "b": {}, "c": 1.5, "d": true, "e": "40000"}', {}),
        (b'{"hub": 0, "a": -1, "b": 65536, "c": 65535}', {"c": 65535}),
    ],
)
def test_a_damaged_ports_file_has_new_ports_chosen(layout: Layout, content: bytes, ports: dict[str, int]) -> None:
    layout.ports.write_bytes(content)
    assert layouts.read_ports(layout) == ports


json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)


@given(value=json)
def test_whatever_the_file_holds_only_ports_are_read(value: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    layout = layouts.prepare(tmp_path_factory.getbasetemp() / "ports")
    layout.ports.write_bytes(orjson.dumps(value))
    assert all(0 < port < 65536 for port in layouts.read_ports(layout).values())


def test_a_file_is_replaced_whole(layout: Layout) -> None:
    path = layout.root / "file"
    layouts.replace(path, b"old", mode=0o644)
    with path.open("rb") as reader:
        layouts.replace(path, b"newer", mode=0o600)
        assert reader.read() == b"old"  # who has it open reads on in the old one
    assert path.read_bytes() == b"newer"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in layout.root.iterdir() if one.name.startswith(".")] == []


def test_a_write_that_fails_leaves_the_old_content_and_nothing_else(layout: Layout) -> None:
    path = layout.root / "file"
    layouts.replace(path, b"old")
    (layout.root / f".file.{os.getpid()}").symlink_to("/dev/full")
    with pytest.raises(TransientError, match=f"no space left on the disk of {path}"):
        layouts.replace(path, b"new" * 10_000)
    assert path.read_bytes() == b"old"
    assert sorted(one.name for one in layout.root.iterdir()) == ["file", "kubeconfigs", "state"]
    with pytest.raises(UserError, match="state cannot be written"):
        layouts.replace(layout.state, b"new")

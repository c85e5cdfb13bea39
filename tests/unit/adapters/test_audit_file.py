"""The audit trail in a file."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.flow.audit.records import record

from dokaseca.adapters import audit_file
from dokaseca.adapters.audit_file import AuditFile
from dokaseca.flow.audit import chain, write
from dokaseca.model.errors import ConflictError, IntegrityError, TransientError

WRITER = """
import sys
from pathlib import Path
from tests.unit.flow.audit.records import record
from dokaseca.adapters.audit_file import AuditFile
from dokaseca.flow.audit import write
sink = AuditFile(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    write.append(sink, record(message=f"{sys.argv[3]} {number}"))
    print(number, flush=True)
"""


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def test_records_are_chained_across_restarts(path: Path) -> None:
    for number in range(3):
        write.append(AuditFile(path), record(message=f"number {number}"))
    assert chain.verify(_lines(path)) == 3
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_new_trail_has_no_last_digest(path: Path) -> None:
    assert AuditFile(path).last_digest() == ""
    assert not path.exists()


@pytest.mark.parametrize("torn", [b"{", b'{"time":"2026', b"\x00" * 100])
def test_a_line_that_a_crash_cut_off_is_dropped_at_the_next_append(path: Path, torn: bytes) -> None:
    sink = AuditFile(path)
    write.append(sink, record())
    whole, digest = path.read_bytes(), sink.last_digest()
    with path.open("ab") as file:
        file.write(torn)
    assert sink.last_digest() == digest != ""
    write.append(AuditFile(path), record())
    assert path.read_bytes().startswith(whole)
    assert chain.verify(_lines(path)) == 2


def test_a_trail_that_was_only_begun_starts_anew(path: Path) -> None:
    path.write_bytes(b'{"ti')
    write.append(AuditFile(path), record())
    assert chain.verify(_lines(path)) == 1


@pytest.mark.parametrize("last", [b"not json\n", b"[]\n", b"{}\n", b'{"digest":1}\n', b"\n", b"x" * 200_000])
def test_nothing_is_chained_to_what_is_no_record(path: Path, last: bytes) -> None:
    write.append(AuditFile(path), record())
    with path.open("ab") as file:
        file.write(last)
    before = path.read_bytes()
    with pytest.raises(IntegrityError, match="no record; restore the file from a backup") as caught:
        write.append(AuditFile(path), record())
    assert caught.value.subject == str(path)
    assert path.read_bytes() == before


def test_a_record_chained_to_another_one_is_refused(path: Path) -> None:
    sink, other = AuditFile(path), AuditFile(path)
    stale = chain.link(record().as_json(), sink.last_digest())
    write.append(other, record())
    with pytest.raises(ConflictError, match="another process has written"):
        sink.append(stale)
    assert chain.verify(_lines(path)) == 1


def test_what_cannot_be_written_leaves_nothing_behind(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = AuditFile(path)
    write.append(sink, record())
    before = path.read_bytes()
    for name, failing in (("fdatasync", _no_space), ("write", _short_write)):
        with monkeypatch.context() as patch:
            patch.setattr(audit_file.os, name, failing)
            with pytest.raises(TransientError, match="the audit trail cannot be written") as caught:
                write.append(sink, record())
        assert caught.value.subject == str(path) and caught.value.reason == "AuditUnavailable"
        assert path.read_bytes() == before
    write.append(sink, record())
    assert chain.verify(_lines(path)) == 2


def _no_space(descriptor: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def _short_write(descriptor: int, data: bytes, real: object = os.write) -> int:
    return real(descriptor, data[:5])  # type: ignore[operator, no-any-return]


def test_a_record_is_on_the_disk_before_it_counts(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    for name in ("fdatasync", "fsync"):
        monkeypatch.setattr(audit_file.os, name, lambda descriptor, name=name: synced.append(name))
    sink = AuditFile(path)
    write.append(sink, record())
    write.append(sink, record())
    assert synced == ["fdatasync", "fsync", "fdatasync"]


@pytest.mark.parametrize("line", [b'{"previous":""}\n', b'{"previous":"","a":"' + b"x" * audit_file.LINE_BYTES + b'"}'])
def test_only_lines_of_bounded_length_are_taken(path: Path, line: bytes) -> None:
    with pytest.raises(TransientError, match="a record is one line of less than"):
        AuditFile(path).append(line)


def test_a_folder_that_is_not_there_fails_closed(tmp_path: Path) -> None:
    sink = AuditFile(tmp_path / "missing" / "audit.jsonl")
    with pytest.raises(TransientError, match="No such file or directory"):
        write.append(sink, record())
    with pytest.raises(TransientError, match=r"the audit trail cannot be read \(Is a directory\)|cannot be read"):
        AuditFile(tmp_path).last_digest()


def test_several_processes_write_one_chain(path: Path) -> None:
    writers = [_start(path, 10, f"writer {number}") for number in range(3)]
    for writer in writers:
        _, said = writer.communicate(timeout=60)
        assert (writer.returncode, said) == (0, b"")
    assert chain.verify(_lines(path)) == 30


def test_a_killed_writer_loses_nothing_that_it_was_told_is_written(path: Path) -> None:
    writer = _start(path, 1_000_000, "victim")
    assert writer.stdout is not None
    told = [writer.stdout.readline() for _ in range(5)]
    writer.send_signal(signal.SIGKILL)
    rest, _ = writer.communicate(timeout=60)
    count = len(told) + rest.count(b"\n")
    write.append(AuditFile(path), record())
    assert chain.verify(_lines(path)) >= count + 1


def _start(path: Path, count: int, name: str) -> subprocess.Popen[bytes]:
    root = Path(__file__).parents[3]
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), str(count), name],
        cwd=root,
        env={**os.environ, "PYTHONPATH": f"{root}:{root / 'src'}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )

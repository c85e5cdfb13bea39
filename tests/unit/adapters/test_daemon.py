from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil
import pytest

from dokaseca.adapters import daemon
from dokaseca.model.errors import TransientError, UserError

SAYS = """
import os, signal, sys
from dokaseca.adapters import daemon
sys.stdout.write("ready")
daemon.detach()
os.write(1, b"for the log\\n")
signal.pause()
"""


def start(log: Path, code: str, seconds: float = 20.0) -> daemon.Started:
    return daemon.start([sys.executable, "-c", code], log, os.environ, timeout_seconds=seconds)


def test_a_program_goes_on_in_a_session_of_its_own_after_its_word(tmp_path):
    started = start(tmp_path / "log", SAYS)
    try:
        process = psutil.Process(started.pid)
        assert started.word == b"ready"
        assert os.getsid(started.pid) == started.pid
        assert process.cwd() == "/"
        assert process.status() != psutil.STATUS_ZOMBIE
    finally:
        daemon.reap(started.pid)
    assert not psutil.pid_exists(started.pid)
    assert (tmp_path / "log").read_text() in ("", "for the log\n")
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


def test_one_that_ends_without_a_word_is_told_with_its_last_line(tmp_path):
    with pytest.raises(TransientError, match="ended before it was ready: what a pity"):
        start(tmp_path / "log", "import sys; sys.stderr.write('first\\nwhat a pity\\n')")
    with pytest.raises(TransientError, match="ended before it was ready: its log is empty"):
        start(tmp_path / "other", "")


def test_one_that_takes_too_long_is_stopped(tmp_path):
    code = "import os, sys, time; sys.stderr.write(str(os.getpid())); sys.stderr.flush(); time.sleep(60)"
    with pytest.raises(TransientError, match=r"was not ready after 2 s and was stopped; .*log says more"):
        start(tmp_path / "log", code, 2.0)
    assert not psutil.pid_exists(int((tmp_path / "log").read_text()))


def test_a_program_that_is_not_there_and_a_log_that_cannot_be_written(tmp_path):
    with pytest.raises(UserError, match="no-such-program: cannot be started"):
        daemon.start(["/no-such-program"], tmp_path / "log", {}, timeout_seconds=1.0)
    with pytest.raises(UserError, match=r"cannot be started .*check that .*none/log can be written"):
        start(tmp_path / "none" / "log", "")


def test_nothing_of_ours_is_left_open(tmp_path):
    before = psutil.Process().num_fds()
    daemon.reap(start(tmp_path / "log", SAYS).pid)
    assert psutil.Process().num_fds() == before

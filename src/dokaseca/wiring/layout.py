"""Where things lie in a platform's folder, and the lock that keeps two processes out of one another's state."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import orjson

from dokaseca.model.errors import ConflictError, TransientError, UserError

REPOSITORIES = ("addons", "workloads", "clusters")
WEB_PORT = "web"  # the web server's entry among the ports
LAST_PORT = 65_535
LOCK_TRIES, LOCK_SECONDS = 10, 0.02  # who asks whether the platform runs holds the lock for well under a millisecond

_ANOTHER = "choose another folder with --dir"


@dataclass(frozen=True, slots=True)
class Layout:
    """Every path of one platform; `root` is absolute."""

    root: Path

    @property
    def platform_file(self) -> Path:
        return self.root / "platform.yaml"

    @property
    def kubeconfig(self) -> Path:
        """One file with a context per cluster."""
        return self.root / "kubeconfig"

    @property
    def kubeconfigs(self) -> Path:
        """A file per cluster."""
        return self.root / "kubeconfigs"

    @property
    def state(self) -> Path:
        return self.root / "state"

    @property
    def clusters(self) -> Path:
        return self.state / "clusters"

    @property
    def mirrors(self) -> Path:
        return self.state / "mirrors"

    @property
    def cache(self) -> Path:
        return self.state / "cache"

    @property
    def charts(self) -> Path:
        """The archives that the platform's own chart repository serves."""
        return self.root / "charts"

    @property
    def audit(self) -> Path:
        return self.state / "audit.jsonl"

    @property
    def lock(self) -> Path:
        """Holds the pid of the process that runs the platform, locked while it lives."""
        return self.state / "lock"

    @property
    def ports(self) -> Path:
        return self.state / "ports.json"

    @property
    def created(self) -> Path:
        """The names of the repositories that were made here, one a line: none is ever made a second time."""
        return self.state / "repositories"

    @property
    def previous_platform_file(self) -> Path:
        """The platform file before another one was given."""
        return self.root / "platform.yaml.bak"

    def ours(self) -> list[Path]:
        """Everything in the folder that belongs to the platform; a work tree only where it is a clone."""
        work_trees = [self.work_tree(name) for name in REPOSITORIES]
        return [
            *(path for path in work_trees if (path / ".git").exists()),
            *(self.platform_file, self.previous_platform_file, self.kubeconfig, self.kubeconfigs),
            *(self.root / "repos", self.charts, self.state),
        ]

    def bare(self, repository: str) -> Path:
        """The repository that the platform syncs from."""
        return self.root / "repos" / f"{repository}.git"

    def work_tree(self, repository: str) -> Path:
        """The clone that the user edits and pushes from."""
        return self.root / repository


def prepare(folder: Path) -> Layout:
    """Make the folder and everything in it that must exist.

    Raises:
        UserError: it is a file, or cannot be written to.
        TransientError: the disk is full.
    """
    try:
        layout = Layout(folder.expanduser().resolve())
    except RuntimeError as error:  # links in a circle, or the home of nobody
        raise UserError(f"{folder} cannot be found ({error}); {_ANOTHER}", reason="FolderNotUsable") from error
    try:
        _refuse_foreign(layout)
        for path in (layout.root, layout.state, layout.clusters, layout.kubeconfigs):
            path.mkdir(mode=0o755 if path == layout.root else 0o700, parents=True, exist_ok=True)
            if path != layout.root and stat.S_IMODE(path.stat().st_mode) & 0o077:
                path.chmod(0o700)  # databases and keys lie below
        probe = layout.state / ".writable"
        probe.write_bytes(b"\0" * 4096)
        probe.unlink()
    except OSError as error:
        raise _folder_error(layout.root, error) from error
    return layout


def _refuse_foreign(layout: Layout) -> None:
    """A folder of somebody's own files is no place for a platform: its names could be taken, and be deleted with it.

    Raises:
        UserError: the folder is neither a platform's nor empty but for a platform file.
    """
    if layout.state.exists() or not layout.root.is_dir():
        return
    others = sorted(path.name for path in layout.root.iterdir() if path != layout.platform_file)
    if others:
        raise UserError(
            f"{layout.root} holds files that are no platform's ({', '.join(others[:3])}); {_ANOTHER}",
            reason="FolderNotUsable",
        )


@contextlib.contextmanager
def locked(layout: Layout) -> Iterator[None]:
    """Hold the platform's lock; the kernel frees it when the process dies, however it dies.

    Raises:
        ConflictError: another process runs this platform.
        UserError: the lock file is not one, or the disk knows no locks.
    """
    try:
        file = open(layout.lock, "a+", opener=_own_file)  # noqa: SIM115 - closed below
    except OSError as error:
        raise _folder_error(layout.root, error) from error
    with file:
        _lock(file, layout)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
        file.truncate(0)


def _own_file(name: str, flags: int) -> int:
    """Open a file of ours, never what somebody's link leads to: it is going to be emptied."""
    return os.open(name, flags | os.O_NOFOLLOW, 0o600)


def _lock(file: IO[str], layout: Layout) -> None:
    for is_last in (*[False] * LOCK_TRIES, True):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if is_last:
                raise ConflictError(
                    f"another process (pid {running_pid_or_none(layout) or 'unknown'}) runs the platform in "
                    f"{layout.root}; use `dokaseca status`, or stop it with `dokaseca down`",
                    reason="AlreadyRunning",
                ) from error
            time.sleep(LOCK_SECONDS)  # nothing runs yet that could be held up
        except OSError as error:
            raise _folder_error(layout.root, error) from error


def running_pid_or_none(layout: Layout) -> int | None:
    """The pid of the process that holds the lock, None when nobody does."""
    try:
        with layout.lock.open("r") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                text = file.read().strip()
                return int(text) if text.isdigit() else None
            return None
    except OSError:
        return None


def read_ports(layout: Layout) -> dict[str, int]:
    """The ports chosen at an earlier start, by server name; without those that a damaged file does not tell."""
    try:
        ports = orjson.loads(layout.ports.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    known = ports.items() if isinstance(ports, dict) else ()
    return {name: port for name, port in known if type(port) is int and 0 < port <= LAST_PORT}


def write_ports(layout: Layout, ports: dict[str, int]) -> None:
    """Remember the ports, so that URLs stay valid over restarts."""
    replace(layout.ports, orjson.dumps(ports, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))


def replace(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write a file so that a reader, or a crash, sees the old or the new content and nothing between.

    Raises:
        UserError: it cannot be written there.
        TransientError: the disk is full.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise _folder_error(path, error) from error


def _folder_error(root: Path, error: OSError) -> UserError | TransientError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return TransientError(
            f"no space left on the disk of {root}; free some (a platform needs about 50 MB) and run again",
            reason="DiskFull",
        )
    is_other = error.errno in (errno.ENOTDIR, errno.EEXIST)
    what = "is not a folder" if is_other else f"cannot be written ({error.strerror})"
    at = Path(os.fsdecode(error.filename)) if error.filename else root
    return UserError(f"{at if at.is_relative_to(root) else root} {what}; {_ANOTHER}", reason="FolderNotUsable")

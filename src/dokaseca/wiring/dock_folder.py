"""The folder of one dock: what it remembers, the lock of the process that runs it, and the lock of who changes it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from dokaseca.model.errors import ConflictError, NotFoundError, TransientError, UserError
from dokaseca.wiring import layout as layouts

NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\Z")  # a DNS label: it becomes part of a context's name
KIND: Final = "Dock"
NODES: Final = 100  # simulated at most: each holds a Pod of every DaemonSet
LOOK_SECONDS: Final = 0.05
CONTROL_SECONDS: Final = 60.0  # a start that takes longer has failed before
_HOLD_TRIES: Final = 10  # who asks whether a dock runs holds its lock for well under a millisecond


@dataclass(frozen=True, slots=True)
class Record:
    """What a dock remembers of itself; `server` and `version` are those of its last start."""

    name: str
    created: str
    in_memory: bool = False
    simulator: bool = True
    nodes: int = 1
    port: int = 0
    server: str = ""
    version: str = ""
    kubeconfigs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DockFolder:
    """Every path of one dock; `root` is absolute."""

    root: Path

    @property
    def name(self) -> str:
        return self.root.name

    @property
    def context(self) -> str:
        """What its context is called in every kubeconfig."""
        return f"dock-{self.name}"

    @property
    def record(self) -> Path:
        return self.root / "dock.json"

    @property
    def kubeconfig(self) -> Path:
        return self.root / "kubeconfig"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def lock(self) -> Path:
        """Holds the pid of the process that runs the dock, locked while it lives."""
        return self.root / "lock"

    @property
    def control(self) -> Path:
        """Locked by whoever starts, stops or deletes the dock."""
        return self.root / "control"

    @property
    def state(self) -> Path:
        return self.root / "state"


def default_parent() -> Path:
    """The folder of all docks (XDG base directories)."""
    home = os.environ.get("XDG_STATE_HOME", "")
    base = Path(home) if Path(home).is_absolute() else Path("~/.local/state").expanduser()
    return base / "dokaseca" / "dock"


def at(parent: Path, name: str) -> DockFolder:
    """The dock of that name; nothing is created.

    Raises:
        UserError: the name cannot be one.
    """
    if not NAME.match(name):
        raise UserError(
            f"{name!r} cannot name a dock; use at most 63 lower-case letters, digits and '-', with a letter or digit "
            "at both ends",
            reason="InvalidName",
        )
    return DockFolder(parent.expanduser().resolve() / name)


def known(parent: Path) -> list[DockFolder]:
    """The docks below `parent`, by name."""
    try:
        found = sorted(parent.expanduser().resolve().iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _not_usable(parent, error) from error
    return [DockFolder(one) for one in found if NAME.match(one.name) and DockFolder(one).record.is_file()]


def read_or_none(folder: DockFolder) -> Record | None:
    """What the dock remembers, None where there is none.

    Raises:
        UserError: reason NotADock: the folder holds something else; reason Damaged: the record cannot be read.
    """
    try:
        content = folder.record.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        _refuse_foreign(folder)
        return None
    except OSError as error:
        raise _not_usable(folder.record, error) from error
    try:
        value = orjson.loads(content)
        if value.pop("kind") != KIND or value["name"] != folder.name or folder.root.is_symlink():
            raise ValueError(KIND)
        return Record(**{**value, "kubeconfigs": tuple(value.get("kubeconfigs", ()))})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(
            "is not the record of this dock, or is damaged; put it back, or delete the folder by hand",
            reason="Damaged",
            subject=str(folder.record),
        ) from error


def read(folder: DockFolder) -> Record:
    """What the dock remembers.

    Raises:
        NotFoundError: there is none of that name; the message names those that are there.
        UserError: as `read_or_none`.
    """
    found = read_or_none(folder)
    if found is None:
        names = ", ".join(one.name for one in known(folder.root.parent)) or "none"
        raise NotFoundError(
            f"there is no dock {folder.name!r} in {folder.root.parent} (there are: {names}); "
            f"`dokaseca dock start {folder.name}` makes one"
        )
    return found


def write(folder: DockFolder, record: Record) -> None:
    """Remember; raises as `layouts.replace`."""
    value: dict[str, Any] = {"kind": KIND, **asdict(record)}
    layouts.replace(folder.record, orjson.dumps(value, option=orjson.OPT_INDENT_2))


def remove(folder: DockFolder) -> list[str]:
    """Take away what is the dock's; the names of what was not, and stays.

    Raises:
        TransientError: something cannot be deleted.
    """
    try:
        for path in (folder.state, folder.kubeconfig, folder.log, folder.lock, folder.record, folder.control):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        others = sorted(path.name for path in folder.root.iterdir())
        if not others:
            folder.root.rmdir()
        return others
    except OSError as error:
        raise TransientError(
            f"cannot be deleted ({error.strerror}); delete it by hand", reason="NotDeleted", subject=str(folder.root)
        ) from error


# --- locks ---------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def controlled(folder: DockFolder) -> Iterator[None]:
    """Start, stop and delete a dock one at a time; the folder is made.

    Raises:
        TransientError: somebody else has been at it for too long.
        UserError: the folder cannot be used.
    """
    deadline = time.monotonic() + CONTROL_SECONDS
    while True:
        try:
            folder.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(folder.control, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _not_usable(folder.root, error) from error
        try:
            _wait_for(descriptor, folder, deadline)
            if _is_at(descriptor, folder.control):  # else it was deleted while we waited: that lock is nobody's
                yield
                return
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def held(folder: DockFolder) -> Iterator[None]:
    """Be the process that runs the dock; the kernel ends it with the process, however that dies.

    Raises:
        ConflictError: another process runs it.
        UserError: the folder cannot be used.
    """
    try:
        descriptor = os.open(folder.lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _not_usable(folder.root, error) from error
    try:
        for tries_left in reversed(range(_HOLD_TRIES)):
            if _lock(descriptor, fcntl.LOCK_EX):
                break
            if not tries_left:
                raise ConflictError(f"dock {folder.name} runs already", reason="AlreadyRunning")
            time.sleep(LOOK_SECONDS)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def pid_or_none(folder: DockFolder) -> int | None:
    """The process that runs the dock, None when nobody does."""
    try:
        descriptor = os.open(folder.lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        text = b"" if _lock(descriptor, fcntl.LOCK_SH) else os.read(descriptor, 32)
        return int(text) if text.isdigit() else None
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int, folder: DockFolder, deadline: float) -> None:
    while not _lock(descriptor, fcntl.LOCK_EX):
        if time.monotonic() > deadline:
            raise TransientError(
                f"another command has been working on dock {folder.name} for {CONTROL_SECONDS:.0f} s; end it, and "
                "try again",
                reason="Busy",
            )
        time.sleep(LOOK_SECONDS)


def _lock(descriptor: int, kind: int) -> bool:
    """Whether the lock is ours now."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _refuse_foreign(folder: DockFolder) -> None:
    """A folder that somebody keeps other files in is neither used nor deleted."""
    ours = {folder.control.name, folder.lock.name, folder.log.name}  # of a start that broke off
    is_folder = folder.root.is_dir() and not folder.root.is_symlink()
    if folder.root.is_symlink() or (folder.root.exists() and not is_folder):
        others = [folder.name]
    else:
        found = {one.name for one in folder.root.iterdir()} if is_folder else set()
        others = sorted(one for one in found - ours if not one.startswith(f".{folder.record.name}."))
    if others:
        raise UserError(
            f"is not a dock's folder (it holds {', '.join(others[:3])}); choose another name, or another folder with "
            "--dir",
            reason="NotADock",
            subject=str(folder.root),
        )


def _not_usable(path: Path, error: OSError) -> UserError:
    at = os.fsdecode(error.filename) if error.filename else str(path)
    return UserError(
        f"cannot be used ({error.strerror}); correct its permissions, or choose another folder with --dir",
        reason="FolderNotUsable",
        subject=at,
    )

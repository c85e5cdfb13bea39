"""One context in a kubeconfig that belongs to somebody else: put there, and taken out, as kubectl and kind do it.

Writers lock each other out with a file `<kubeconfig>.lock` that may only be created (client-go,
tools/clientcmd/config.go), so that kubectl and we never lose each other's changes.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from dokaseca.adapters import kubeconfig
from dokaseca.kit import yaml_in
from dokaseca.model.errors import ConflictError, TransientError, UserError

LOCK_SECONDS: Final = 5.0  # a writer needs milliseconds
LOOK_SECONDS: Final = 0.02
_CONTENT: Final = {"clusters": "cluster", "users": "user", "contexts": "context"}


def put(path: Path, config: Mapping[str, Any], *, may_replace: bool) -> None:
    """Add the one context of `config`, with its cluster and user, and make it the current one.

    Args:
        may_replace: entries of these names are ours from before; else only those that trust the same authority are.

    Raises:
        ConflictError: reason NameTaken: the file has such a context already, of another cluster.
        UserError: the file is no kubeconfig, or cannot be written.
        TransientError: somebody else keeps it locked.
    """

    def change(found: dict[str, Any]) -> bool:
        if not may_replace:
            _refuse_taken(path, found, config)
        for section in _CONTENT:
            entries = {entry["name"]: entry for entry in config[section]}
            kept = [one for one in found.get(section) or () if _name(one) not in entries]
            found[section] = [*kept, *entries.values()]
        found["current-context"] = config["current-context"]
        return True

    _change(path, change)


def take_out(path: Path, config: Mapping[str, Any]) -> None:
    """Remove what `put` added; entries that were made anew for another cluster stay. Idempotent.

    Raises:
        UserError, TransientError: as `put`.
    """

    def change(found: dict[str, Any]) -> bool:
        if not _names(found, config) or _is_other(found, config):
            return False
        for section in _CONTENT:
            ours = {entry["name"] for entry in config[section]}
            found[section] = [one for one in found.get(section) or () if _name(one) not in ours]
        if found.get("current-context") == config["current-context"]:
            found["current-context"] = ""
        return True

    if path.exists():
        _change(path, change)


def check(path: Path, config: Mapping[str, Any] | None, name: str) -> None:
    """Raise now what `put` would raise later, but for a full disk.

    Args:
        config: what was put there before, None when nothing was.
        name: of the context.
    """
    found = _read(path)
    taken = any(_name(one) == name for one in found.get("contexts") or ())
    if taken and config is None:
        raise _taken(path, name)
    folder = path.resolve().parent
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        raise UserError("is in a folder that cannot be written", reason="FileNotWritable", subject=str(path))


def _change(path: Path, change: Callable[[dict[str, Any]], bool]) -> None:
    target = path.resolve()  # somebody's link stays one
    with _locked(target):
        found = _read(target)
        if change(found):
            kubeconfig.write(target, found)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    lock = path.with_name(path.name + ".lock")
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            os.close(os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            break
        except FileExistsError as error:
            if time.monotonic() > deadline:
                raise TransientError(
                    f"is locked: another program writes it, or has died doing so; if none does, delete {lock}",
                    reason="Locked",
                    subject=str(path),
                ) from error
            time.sleep(LOOK_SECONDS)
        except OSError as error:
            raise UserError(
                f"cannot be written ({error.strerror}); check that the folder exists, and its permissions",
                reason="FileNotWritable",
                subject=str(path),
            ) from error
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _read(path: Path) -> dict[str, Any]:
    """What the file holds; a file that is missing or empty holds no contexts.

    Raises:
        UserError: reason InvalidKubeconfig: it is something else, and stays as it is.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        content = b""
    except OSError as error:
        raise _invalid(path, f"cannot be read ({error.strerror})") from error
    if len(content) > kubeconfig.FILE_BYTES:
        raise _invalid(path, f"is larger than {kubeconfig.FILE_BYTES // 2**20} MiB")
    try:
        found = yaml_in.load(content, subject=str(path)) if content.strip() else {}
    except yaml_in.InvalidYAML as error:
        raise _invalid(path, f"is not YAML ({error.message}, line {error.line}); correct it") from error
    if not isinstance(found, dict) or found.get("kind", "Config") != "Config":
        raise _invalid(path, "is not a kubeconfig (kind: Config)")
    if not all(isinstance(found.get(section) or [], list) for section in _CONTENT):
        raise _invalid(path, "is not a kubeconfig: clusters, users and contexts must be lists")
    return {"apiVersion": "v1", "kind": "Config", **found}


def _invalid(path: Path, message: str) -> UserError:
    return UserError(message, reason="InvalidKubeconfig", subject=str(path))


def _refuse_taken(path: Path, found: Mapping[str, Any], config: Mapping[str, Any]) -> None:
    if _names(found, config) and _is_other(found, config):
        raise _taken(path, str(config["current-context"]))


def _taken(path: Path, name: str) -> ConflictError:
    return ConflictError(
        f"has a context {name!r} already, of another cluster; choose another name, or remove it with "
        f"`kubectl config delete-context {name}`",
        reason="NameTaken",
        subject=str(path),
    )


def _names(found: Mapping[str, Any], config: Mapping[str, Any]) -> bool:
    """Whether any entry has a name of ours."""
    return any(_name(one) == _name(config[section][0]) for section in _CONTENT for one in found.get(section) or ())


def _is_other(found: Mapping[str, Any], config: Mapping[str, Any]) -> bool:
    """Whether the cluster of that name is not ours: it trusts another authority."""
    ours = config["clusters"][0]
    theirs = [one for one in found.get("clusters") or () if _name(one) == ours["name"]]
    return any(_authority(one) != _authority(ours) for one in theirs)


def _authority(entry: Any) -> Any:
    cluster = entry.get("cluster") if isinstance(entry, dict) else None
    return cluster.get("certificate-authority-data") if isinstance(cluster, dict) else None


def _name(entry: Any) -> Any:
    return entry.get("name") if isinstance(entry, dict) else None

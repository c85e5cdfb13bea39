"""One ref of a remote, moved under a lease."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dokaseca.adapters import git_program, process
from dokaseca.flow.source.access import Access
from dokaseca.kit import bounds, redact
from dokaseca.model.errors import ConflictError, DeniedError

_OVERTAKEN: Final = re.compile(
    r"stale info|fetch first|non-fast-forward|cannot lock ref|failed to (?:update|lock)"
    r"|unable to (?:create|update|lock)|reference already exists|incorrect old value|but expected",
    re.I,
)


class Overtaken(ConflictError):
    """The ref does not stand where we saw it any more."""

    default_reason = "BranchMoved"


@dataclass(frozen=True, slots=True)
class Move:
    """A ref from `old` (empty: it must not exist) to `new`."""

    ref: str
    old: str
    new: str


async def push(url: str, repository: Path, move: Move, access: Access) -> None:
    """Have the remote move a ref.

    Raises:
        Overtaken: somebody else moved it first.
        DeniedError: reasons PushRefused (the server's own rules), RepositoryDenied, HostKeyUnknown.
        TransientError: the repository does not answer.
    """
    completed = await git_program.run(
        url,
        f"--git-dir={repository}",
        *git_program.SAFE_OPTIONS,
        *("push", "--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no"),
        f"--force-with-lease={move.ref}:{move.old}",
        "--",
        "{url}",
        f"{move.new}:{move.ref}",
        seconds=bounds.GIT_PUSH_SECONDS,
        access=access,
    )
    if completed.returncode != 0:
        _raise(url, move, completed)


def _raise(url: str, move: Move, completed: process.Completed) -> None:
    refused = next((line for line in completed.stdout.decode(errors="replace").splitlines() if line[:1] == "!"), "")
    if not refused:
        raise git_program.error_of(url, completed)
    why = redact.text(refused.rpartition("\t")[2])[:200]
    if _OVERTAKEN.search(refused):
        raise Overtaken(f"{move.ref} was moved by somebody else", subject=redact.text(url))
    raise DeniedError(
        f"the repository does not take our push to {move.ref} ({why}); allow it for this login, or use another branch",
        reason="PushRefused",
        subject=redact.text(url),
    )

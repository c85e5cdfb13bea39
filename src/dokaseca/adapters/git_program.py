"""The git program, asked about one remote: which URLs may reach it, with what environment, and what it means to say."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from dokaseca.adapters import git_login, process
from dokaseca.flow.source.access import Access
from dokaseca.kit import redact
from dokaseca.model.errors import DeniedError, DokaSecaError, TransientError, UserError

ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "file:https:http:ssh",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_SSH_COMMAND": "ssh -oBatchMode=yes -oConnectTimeout=10",
    "LC_ALL": "C",
}
NOBODY = Access()
SAFE_OPTIONS = ("-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0")

_SCHEMES = ("https://", "http://", "ssh://", "file:///", "/")
_SCP = re.compile(r"(?:[A-Za-z0-9_][\w.-]*@)?[A-Za-z0-9][\w.-]*:(?![-:]|//).+\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DENIED = re.compile(
    r"authentication failed|could not read (?:username|password)|permission denied \(|returned error: 40[13]\b", re.I
)
_HOST_KEY = re.compile(r"host key verification failed|remote host identification has changed", re.I)
_ABSENT = re.compile(r"not our ref|couldn't find remote ref|unadvertised object|unable to find [0-9a-f]{40}", re.I)
_NOISE = ("please make sure you have", "and the repository exists", "hint:", "warning:")


class UnknownObject(TransientError):
    """The remote answers and does not have what was asked for."""

    default_reason = "RepositoryUnreachable"


def local_path_or_none(url: str) -> Path | None:
    """The folder that a `file://` URL or an absolute path names, None for anything remote."""
    if url.startswith("/"):
        return Path(url)
    if url.startswith("file://"):
        return Path(unquote(urlsplit(url).path))
    return None


def check_url(url: str) -> None:
    """Let nothing reach git that it could take for an option, a helper program or a path relative to our own folder.

    Raises:
        UserError: reason InvalidSpecError.
    """
    allowed = url.lower().startswith(_SCHEMES) or ("://" not in url and _SCP.match(url))
    if not allowed or _CONTROL.search(url):
        raise UserError(
            "a Git repository is named by an https://, http://, ssh:// or file:/// URL, by user@host:path or by an "
            "absolute path; correct repoURL",
            reason="InvalidSpecError",
            subject=redact.text(url),
        )


async def ask(url: str, *arguments: str, seconds: float, access: Access = NOBODY) -> process.Completed:
    """Run `git <arguments>`, the remote's URL in the place of `{url}`; credentials stay off the command line.

    Raises:
        TransientError: reason RepositoryUnreachable.
        DeniedError: reasons RepositoryDenied, HostKeyUnknown.
        UserError: reason InvalidCredentials.
        UnknownObject: there is no such commit.
    """
    completed = await run(url, *arguments, seconds=seconds, access=access)
    if completed.returncode != 0:
        raise error_of(url, completed)
    return completed


async def run(url: str, *arguments: str, seconds: float, access: Access = NOBODY) -> process.Completed:
    """As `ask`, for who wants to read what git says when it fails."""
    with git_login.prepared(url, access) as login:
        argv = ["git", *(login.url if one == "{url}" else one for one in arguments)]
        try:
            return await process.run(argv, timeout_seconds=seconds, env={**ENVIRONMENT, **login.environment})
        except TransientError as error:
            raise unreachable(url, error.message) from error


def error_of(url: str, completed: process.Completed) -> DokaSecaError:
    """What a git that failed means to say."""
    said = completed.stderr.decode(errors="replace")
    if _ABSENT.search(said):
        return UnknownObject("the repository no longer has what it listed; it is tried again", subject=redact.text(url))
    return _error(url, said)


def _error(url: str, said: str) -> DokaSecaError:
    message = _telling_line(said)
    if _HOST_KEY.search(said):
        return DeniedError(
            "the SSH server's key is not one that is known; add its line to ssh_known_hosts in the ConfigMap "
            "argocd-ssh-known-hosts-cm once you know that it is right",
            reason="HostKeyUnknown",
            subject=redact.text(url),
        )
    if _DENIED.search(said):
        return DeniedError(
            f"the repository refused our credentials ({redact.text(message)}); check the repository Secret",
            reason="RepositoryDenied",
            subject=redact.text(url),
        )
    return unreachable(url, message)


def unreachable(url: str, why: str) -> TransientError:
    """The error of a repository that cannot be read now."""
    return TransientError(
        f"the repository cannot be read ({redact.text(why)}); the last good state stays, it is tried again",
        reason="RepositoryUnreachable",
        subject=redact.text(url),
    )


def _telling_line(said: str) -> str:
    """The line that says most: a server's or ssh's own before git's summary of it."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    lines = [line for line in lines if not line.lower().startswith(_NOISE)] or ["git said nothing"]
    return lines[0].removeprefix("fatal: ").removeprefix("remote: ")

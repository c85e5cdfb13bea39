"""Which repositories a push notification names. Pure.

Reads the bodies of GitHub, Gitea, GitLab, Bitbucket (Cloud and Data Center) and Azure DevOps, and the plain
`{"url": ...}`. A notification is a hint: the worst that a forged one can do is one early look at a repository that is
watched anyway.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dokaseca.model import manifest as manifests

_PATHS: tuple[tuple[str | int, ...], ...] = (
    ("url",),
    ("repository", "clone_url"),
    ("repository", "ssh_url"),
    ("repository", "html_url"),
    ("repository", "git_http_url"),
    ("repository", "git_ssh_url"),
    ("project", "git_http_url"),
    ("project", "git_ssh_url"),
    ("resource", "repository", "remoteUrl"),
    ("repository", "links", "html", "href"),
    ("repository", "links", "clone", 0, "href"),
    ("repository", "links", "clone", 1, "href"),
)


def repositories(body: Any, watched: Iterable[str]) -> list[str]:
    """The watched URLs that a notification is about; all of them when it names none."""
    known = list(watched)
    named = {_plain(str(url)) for path in _PATHS if isinstance(url := manifests.get(body, *path), str) and url}
    return [url for url in known if _plain(url) in named] if named else known


def _plain(url: str) -> str:
    """A URL without what its spellings differ in: scheme, user, `.git`, case."""
    text = url.strip().lower().removesuffix("/").removesuffix(".git")
    _, separator, rest = text.partition("://")
    text = rest if separator else text.replace(":", "/", 1) if "@" in text else text
    return text.rpartition("@")[2]

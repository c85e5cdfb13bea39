"""`ports.git.Git` in memory: refs that a test moves, remotes that stop answering."""

from __future__ import annotations

from collections.abc import Mapping

from tests.fakes.generate_tree import FilesTree

from dokaseca.kit import digest
from dokaseca.model.errors import DokaSecaError, NotFoundError
from dokaseca.ports.git import Refs, Tree


def refs(by_name: Mapping[str, str], default: str = "") -> Refs:
    return Refs(dict(by_name), digest.of_value(dict(by_name)), default)


class FakeGit:
    """One remote for every URL.

    Attributes:
        remote: what the remote's refs are now.
        error: raised by whoever asks the remote, while set.
        commits: what `tree` finds; other revisions are absent.
        calls: (verb, URL) of everything that asked the remote, in order.
    """

    def __init__(self, remote: Mapping[str, str], commits: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self.remote = refs(remote)
        self.error: DokaSecaError | None = None
        self.commits = dict(commits or {})
        self.calls: list[tuple[str, str]] = []
        self._mirrors: dict[str, Refs] = {}

    async def probe(self, url: str, scope: str = "") -> Refs:
        self.calls.append(("probe", url))
        if self.error is not None:
            raise self.error
        return self.remote

    async def fetch(self, url: str, scope: str = "") -> Refs:
        self.calls.append(("fetch", url))
        if self.error is not None:
            raise self.error
        self._mirrors[url] = self.remote
        return self.remote

    def refs_or_none(self, url: str, scope: str = "") -> Refs | None:
        return self._mirrors.get(url)

    async def tree(self, url: str, sha: str, scope: str = "") -> Tree:
        if sha not in self.commits:
            raise NotFoundError(f"commit {sha[:12]} is not in the repository", reason="UnknownRevision", subject=url)
        return FilesTree(self.commits[sha], sha)

"""A repository as a forge lists it, before somebody chose how to clone it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from dokaseca.model.errors import UserError
from dokaseca.ports.scm import Forge, Repository, RepositoryQuery


@dataclass(frozen=True, slots=True)
class Listed:
    """One repository.

    Attributes:
        urls: by clone protocol; empty ones are not offered.
        is_empty: it has no commit.
    """

    organization: str
    name: str
    id: int | str
    default_branch: str
    handle: str
    urls: Mapping[str, str]
    labels: tuple[str, ...] = ()
    is_archived: bool = False
    is_empty: bool = False

    def repository(self, protocol: str, forge: Forge) -> Repository:
        """What the port tells.

        Raises:
            UserError: reason NoCloneURL: the forge offers none of that protocol.
        """
        url = self.urls.get(protocol, "")
        if not url:
            raise UserError(
                f"{self.organization}/{self.name} cannot be cloned by {protocol}; set cloneProtocol to another",
                reason="NoCloneURL",
                subject=str(forge),
            )
        return Repository(self.organization, self.name, self.id, url, self.default_branch, self.handle, self.labels)


def protocol(query: RepositoryQuery, forge: Forge, known: Collection[str] = ("ssh", "https")) -> str:
    """The clone protocol to use.

    Raises:
        UserError: reason InvalidGenerator: the forge does not know it.
    """
    wanted = query.clone_protocol or "ssh"
    if wanted not in known:
        raise UserError(
            f"unknown clone protocol for {forge} {wanted!r}; there are: {', '.join(known)}", reason="InvalidGenerator"
        )
    return wanted

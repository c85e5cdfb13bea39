"""Brings clusters up and takes them down: the dock, or what stands behind a Cluster API provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ClusterEndpoint:
    """How to reach a cluster as its administrator. PEM texts; the key and the token are secrets.

    Attributes:
        token: instead of a client certificate, where the cluster gave one.
    """

    server: str
    ca_pem: str
    client_cert_pem: str
    client_key_pem: str
    version: str
    token: str = ""


class ClusterProvider(Protocol):
    async def ensure(self, name: str, version: str) -> ClusterEndpoint:
        """The running cluster of that name, started if it is not there.

        Raises:
            UserError: the name or version is not possible.
            TransientError: it cannot be started now.
        """
        ...

    async def remove(self, name: str) -> None:
        """Stop the cluster and delete what it stored; idempotent."""
        ...

"""Which destinations exist: an Application's is looked up, however many clusters are registered."""

from __future__ import annotations

from collections.abc import Iterable

from dokaseca.generate.cluster_secret import ClusterSecret
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest


class Destinations:
    """The registered clusters by name and by server; the local one needs no Secret."""

    def __init__(self, clusters: Iterable[ClusterSecret]) -> None:
        self._servers: set[str] = set()
        self._by_name: dict[str, list[str]] = {}
        for cluster in clusters:
            self._servers.add(cluster.server)
            self._by_name.setdefault(cluster.name, []).append(cluster.server)

    def problem(self, application: Manifest) -> str:
        """Why `spec.destination` names no single known cluster; empty when it does."""
        destination = manifests.get(application, "spec", "destination", default={})
        if not isinstance(destination, dict):
            return "application destination spec is invalid: it must be a mapping"
        name, server = str(destination.get("name") or ""), str(destination.get("server") or "").rstrip("/")
        if name and server:
            return f"application destination can't have both name and server defined: {name} {server}"
        if not name and not server:
            return "application destination spec is invalid: destination server or name is missing"
        return self._problem_of_name(name) if name else self._problem_of_server(server)

    def _problem_of_name(self, name: str) -> str:
        servers = self._by_name.get(name, [])
        if len(set(servers)) > 1:
            return (
                f"application destination spec is invalid: there are {len(servers)} clusters with the same name: {name}"
            )
        if servers or name == application_sets.IN_CLUSTER_NAME:
            return ""
        return f"application destination spec is invalid: there are no clusters with this name: {name}"

    def _problem_of_server(self, server: str) -> str:
        if server in self._servers or server == application_sets.IN_CLUSTER_SERVER:
            return ""
        return f"application destination spec is invalid: there are no clusters with this server: {server}"

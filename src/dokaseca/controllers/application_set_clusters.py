"""Cluster Secrets as clusters, each read once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dokaseca.generate import cluster_secret
from dokaseca.generate.cluster_secret import ClusterSecret
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest


class Clusters:
    """The clusters of each namespace, as the last reconcile saw them."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[list[Manifest], tuple[ClusterSecret, ...]]] = {}

    def of(self, namespace: str, secrets: Iterable[Manifest]) -> Sequence[ClusterSecret]:
        """Registered clusters by Secret name: the very same as the last time when nothing has changed.

        Raises:
            UserError: a Secret that cannot be read: which clusters there are is then unknown, so nothing may change.
        """
        ordered = sorted(secrets, key=manifests.name)
        before, clusters = self._last.get(namespace, ([], ()))
        if len(ordered) != len(before) or any(one is not other for one, other in zip(ordered, before, strict=True)):
            known = {id(secret): cluster for secret, cluster in zip(before, clusters, strict=True)}
            clusters = tuple(known.get(id(one)) or cluster_secret.from_secret(one) for one in ordered)
        self._last[namespace] = (ordered, clusters)
        return clusters

"""Keeps what the hub says about repositories: its repository Secrets, and the ConfigMaps of whom to believe."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from dokaseca.engine.live_state import collection_of
from dokaseca.flow.source import credentials as known
from dokaseca.flow.source import repository_secret
from dokaseca.flow.source.credentials import Credentials
from dokaseca.flow.source.repositories import Repositories
from dokaseca.model import manifest as manifests
from dokaseca.model import secret as secrets
from dokaseca.model.errors import NotFoundError, TransientError
from dokaseca.model.identity import GroupVersionKind, NamespacedName, ObjectKey
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster
from dokaseca.runtime.informer import Informer
from dokaseca.runtime.supervise import Supervisor

NAMESPACE = "argocd"
SECRETS = GroupVersionKind("", "v1", "Secret")
CONFIG_MAPS = GroupVersionKind("", "v1", "ConfigMap")
WEBHOOK_SECRET = "argocd-secret"  # noqa: S105 (a name)
START_SECONDS = 30.0  # the hub has just answered


class RepositoryWatch:
    """Feeds `Credentials`, and has every repository looked at again once they have changed."""

    def __init__(self, hub: Cluster, credentials: Credentials, sources: Repositories) -> None:
        self._credentials = credentials
        self._sources = sources
        self._secrets: Informer[ObjectKey, Manifest] = Informer(
            "hub/repositories",
            collection_of(hub, SECRETS, NAMESPACE, repository_secret.SELECTOR),
            self._secret_changed,
        )
        self._config_maps: Informer[ObjectKey, Manifest] = Informer(
            "hub/trust", collection_of(hub, CONFIG_MAPS, NAMESPACE, ""), self._config_map_changed
        )

    async def start(self, tasks: Supervisor) -> None:
        """Know all of it, then keep knowing it.

        Raises:
            TransientError: the hub does not answer.
        """
        informers = (self._secrets, self._config_maps)
        for informer in informers:
            tasks.start(informer.name, informer.run())
        try:
            async with asyncio.timeout(START_SECONDS):
                for informer in informers:
                    await informer.synced.wait()
        except TimeoutError as error:
            raise TransientError(
                f"the hub did not list its repository Secrets within {START_SECONDS:.0f} s", reason="ClusterUnreachable"
            ) from error

    def _secret_changed(self, key: ObjectKey, _old: Manifest | None, new: Manifest | None) -> None:
        if new is None:
            self._credentials.remove(NamespacedName(key.namespace, key.name))
        else:
            self._credentials.put(new)
        self._look_again()

    def _config_map_changed(self, key: ObjectKey, _old: Manifest | None, new: Manifest | None) -> None:
        if key.name in (known.KNOWN_HOSTS, known.CERTIFICATES):
            self._credentials.trust(key.name, new)
            self._look_again()

    def _look_again(self) -> None:
        for url in self._sources.watched():
            self._sources.notify(url)


async def read(hub: Cluster) -> Credentials:
    """What the hub says now, for whoever looks once.

    Raises:
        TransientError: the hub does not answer.
    """
    found = Credentials()
    for secret in (await hub.list(SECRETS, NAMESPACE, label_selector=repository_secret.SELECTOR)).items:
        found.put(secret)
    for one in (await hub.list(CONFIG_MAPS, NAMESPACE)).items:
        found.trust(manifests.name(one), one)
    return found


def webhook_secrets(hub: Cluster) -> Callable[[], Awaitable[Mapping[str, str]]]:
    """Reads the `webhook.*` keys of argocd-secret, anew each time; none where there is no such Secret."""

    async def read() -> Mapping[str, str]:
        try:
            secret = await hub.get(SECRETS, NAMESPACE, WEBHOOK_SECRET)
        except NotFoundError:
            return {}
        names = (str(name) for name in secret.get("data") or {})
        return {name: secrets.text(secret, name).strip() for name in names if name.startswith("webhook.")}

    return read

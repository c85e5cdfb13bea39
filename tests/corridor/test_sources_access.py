"""Who may read what from where: projects that ask for signed commits, and what the hub says about repositories."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from typing import Any

from tests.corridor import objects
from tests.corridor.world import World

from dokaseca.flow.source.credentials import Credentials
from dokaseca.model.identity import GroupVersionKind
from dokaseca.runtime.supervise import Supervisor
from dokaseca.wiring import repository_watch

PROJECT = GroupVersionKind("argoproj.io", "v1alpha1", "AppProject")


async def test_nothing_unsigned_gets_in_where_signatures_are_asked_for(world: World) -> None:
    demand = {"spec": {"signatureKeys": [{"keyID": "4AEE18F83AFDEB23"}]}}
    await world.hub.client.patch(PROJECT, "argocd", "default", demand)
    repository = world.repository(files={"app/a.yaml": objects.config_map("a")})
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    told = await world.until(
        lambda: next((str(one["message"]) for one in world.status().get("conditions") or ()), ""), "a condition"
    )
    assert "takes signed commits only" in told
    assert world.hub.names(objects.CONFIG_MAP) == []
    await world.hub.client.patch(PROJECT, "argocd", "default", {"spec": {"signatureKeys": None}})
    await world.settled()
    assert world.hub.names(objects.CONFIG_MAP) == ["a"]


def secret(name: str, kind: str = "", **fields: str) -> dict[str, Any]:
    labels = {"argocd.argoproj.io/secret-type": kind} if kind else {}
    data = {field: base64.b64encode(value.encode()).decode() for field, value in fields.items()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "argocd", "labels": labels},
        "data": data,
    }


class Watched:
    """One repository that somebody watches; being told to look at it is an event."""

    def __init__(self) -> None:
        self._told = asyncio.Event()

    def watched(self) -> tuple[str, ...]:
        return ("https://git.example.com/team/app",)

    def notify(self, _url: str) -> None:
        self._told.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not holds():
                self._told.clear()
                await self._told.wait()


async def test_what_the_hub_says_about_repositories_is_known_while_it_changes(world: World) -> None:
    hub, known = world.hub.engine_client, Credentials()
    url = "https://git.example.com/team/app"
    await hub.create(secret("before", "repo-creds", url="https://git.example.com", username="ada", password="x"))
    tasks = Supervisor("test")
    sources: Any = Watched()
    async with tasks:
        await repository_watch.RepositoryWatch(hub, known, sources).start(tasks)
        assert known.access(url).username == "ada"
        await hub.create(secret("after", "repository", url=url, username="own", password="y"))
        await sources.until(lambda: known.access(url).username == "own")
        await hub.create(secret("other", "cluster", url=url, username="no", password="z"))
        hosts = {"name": "argocd-ssh-known-hosts-cm", "namespace": "argocd"}
        data = {"ssh_known_hosts": "h ssh-ed25519 A"}
        await hub.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": hosts, "data": data})
        await sources.until(lambda: known.access(url).known_hosts == "h ssh-ed25519 A")
        once = await repository_watch.read(hub)
        assert once.access(url) == known.access(url)
        await hub.delete(repository_watch.SECRETS, "argocd", "after")
        await sources.until(lambda: known.access(url).username == "ada")


async def test_webhook_secrets_are_read_from_argocd_secret(world: World) -> None:
    hub = world.hub.engine_client
    read = repository_watch.webhook_secrets(hub)
    assert await read() == {}
    fields = {"webhook.github.secret": "s3cr3t\n", "admin.password": "x"}
    await hub.create(secret("argocd-secret", **fields))
    assert await read() == {"webhook.github.secret": "s3cr3t"}

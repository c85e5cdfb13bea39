"""An ApplicationSet that asks a forge, in a whole engine: generation, a webhook, and a forge that fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tests.fakes import virtual_time
from tests.fakes.forges.world import Pull, Repo, World
from tests.fakes.git import FakeGit
from tests.fakes.scm import FakeScm
from tests.unit.controllers.cluster_hub import FakeProvider
from tests.unit.wiring.test_engine import Audit, Silent, client

from dokaseca.bridge import bootstrap, secret
from dokaseca.bridge import manifests as bridge
from dokaseca.dock.api import Api
from dokaseca.dock.store.storage import MemoryStorage
from dokaseca.flow.source.repositories import Repositories
from dokaseca.model import application as applications
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import TransientError
from dokaseca.runtime.supervise import Supervisor
from dokaseca.wiring.engine import Doors, Engine

SET = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "ApplicationSet",
    "metadata": {"name": "previews", "namespace": "argocd"},
    "spec": {
        "generators": [{"pullRequest": {"github": {"owner": "acme", "repo": "web"}}}],
        "template": {
            "metadata": {"name": "pr-{{number}}"},
            "spec": {
                "project": "default",
                "destination": {"name": "hub", "namespace": "default"},
                "source": {"repoURL": "https://git.test/a.git", "path": ".", "targetRevision": "{{head_sha}}"},
            },
        },
    },
}
OPENED = {
    "action": "opened",
    "pull_request": {"number": 2},
    "repository": {"full_name": "acme/web", "html_url": "https://github.com/acme/web"},
}


class Platform:
    """An engine over a forge with one pull request."""

    def __init__(self, api: Api, tasks: Supervisor) -> None:
        self.hub = client(api)
        self.scm = FakeScm(World([Repo("web", 1)], {"web": [Pull(1)]}))
        doors = Doors(
            hub=self.hub,
            clock=virtual_time.LoopClock(),
            sources=Repositories(FakeGit({"refs/heads/main": "a" * 40}), tasks.start, lambda url: True),
            tools=Silent(),  # type: ignore[arg-type]
            audit=Audit(),
            provider=FakeProvider(),
            open_cluster=lambda registration: client(api),
            scm=self.scm,
        )
        self.engine = Engine(doors, tasks, lambda: None)

    async def names(self) -> list[str]:
        return sorted(manifests.name(one) for one in (await self.hub.list(applications.GVK, "argocd")).items)

    async def condition(self, name: str) -> dict[str, Any]:
        found = await self.hub.get(application_sets.GVK, "argocd", "previews")
        conditions = manifests.get(found, "status", "conditions", default=[])
        return next(one for one in conditions if one["type"] == name)


def run(scenario: Callable[[Platform], Awaitable[None]]) -> None:
    async def play() -> None:
        api = Api("hub", MemoryStorage(), clock=virtual_time.LoopClock(), ca_pem="CA")
        async with Supervisor("test") as tasks:
            tasks.start("lifecycle", api.run())
            platform = Platform(api, tasks)
            for crd in bridge.crds():
                await platform.hub.apply(crd, field_manager="test", force=True)
            await asyncio.sleep(0.05)
            await platform.hub.resources(refresh=True)
            await platform.hub.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}})
            for one in (bootstrap.default_project(), secret.cluster_secret("hub", environment="control-plane"), SET):
                await platform.hub.apply(one, field_manager="test", force=True)
            await platform.engine.start()
            await asyncio.sleep(2.0)
            await scenario(platform)
            assert tasks.failure is None
        api.close()

    virtual_time.run(play())


def test_a_pull_request_becomes_an_application_and_goes_with_it() -> None:
    async def scenario(platform: Platform) -> None:
        assert await platform.names() == ["pr-1"]
        platform.scm.world.pulls["web"] = [Pull(2, commit="2" * 40)]
        await asyncio.sleep(1790)
        assert await platform.names() == ["pr-1"], "the poll interval is 30 minutes"
        await asyncio.sleep(20)
        assert await platform.names() == ["pr-2"]

    run(scenario)


def test_a_webhook_does_not_wait_for_the_poll_and_wants_a_new_answer() -> None:
    async def scenario(platform: Platform) -> None:
        platform.scm.world.pulls["web"].append(Pull(2))
        platform.scm.ages.clear()
        assert await platform.engine.on_notification({"ref": "refs/heads/main"}) == 0
        assert await platform.engine.on_notification(OPENED) == 1
        await asyncio.sleep(2.0)
        assert await platform.names() == ["pr-1", "pr-2"]
        assert platform.scm.ages[0] == 0.0
        found = await platform.hub.get(application_sets.GVK, "argocd", "previews")
        assert application_sets.REFRESH_ANNOTATION not in manifests.annotations(found)

    run(scenario)


def test_a_forge_that_fails_deletes_nothing_and_is_told() -> None:
    async def scenario(platform: Platform) -> None:
        platform.scm.failure = TransientError("GitHub https://api.github.com/x: HTTP 502; it is tried again")
        await asyncio.sleep(1900)
        assert await platform.names() == ["pr-1"]
        condition = await platform.condition("ErrorOccurred")
        assert (condition["status"], condition["reason"]) == ("True", "ApplicationGenerationFromParamsError")
        assert "HTTP 502" in condition["message"]
        platform.scm.failure = None
        await asyncio.sleep(20)
        assert (await platform.condition("ErrorOccurred"))["status"] == "False"

    run(scenario)

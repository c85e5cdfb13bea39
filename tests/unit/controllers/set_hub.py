"""A hub in memory with an ApplicationSet controller on it."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from tests.fakes.cluster import FakeCluster
from tests.fakes.generate_tree import FilesGit
from tests.fakes.virtual_time import until

from dokaseca.controllers.application_set import ApplicationSetController
from dokaseca.controllers.application_set_inputs import Caches, Sources
from dokaseca.generate import reconcile_plan
from dokaseca.kit.clock import FakeClock
from dokaseca.model import application as applications
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import TransientError
from dokaseca.model.identity import GroupVersionKind, NamespacedName
from dokaseca.model.manifest import Manifest

KEY = NamespacedName("argocd", "set")
EVENT = GroupVersionKind("", "v1", "Event")
NAMESPACE = GroupVersionKind("", "v1", "Namespace")


class Hub:
    """A hub in memory with the controller's caches straight on it."""

    def __init__(self) -> None:
        self.cluster = FakeCluster([applications.GVK, application_sets.GVK, EVENT, NAMESPACE])
        self.secrets: list[Manifest] = []
        self.projects = {"default"}
        self.git = FilesGit({})
        self.clock = FakeClock()
        self.followed: set[str] = set()
        self.retiring: set[str] = set()
        self.refreshed: list[str] = []
        self.controller = ApplicationSetController(
            self.cluster,
            Caches(
                application_set=lambda key: next((one for one in self.sets() if manifests.name(one) == key.name), None),
                application_sets=self.sets,
                cluster_secrets=lambda namespace: self.secrets,
                projects=lambda namespace: self.projects,
                applications=lambda namespace: self.cluster.of_kind("Application"),
                application=self.application_or_none,
                children=lambda manifest: reconcile_plan.children(manifest, self.cluster.of_kind("Application")),
                observe=lambda manifest: None,
                is_retiring=lambda application: manifests.name(application) in self.retiring,
            ),
            Sources(self.git.tree, self.refresh, self.followed.add),
            self.clock,
        )

    async def refresh(self, url: str) -> None:
        self.refreshed.append(url)
        if url not in self.git.repositories:
            raise TransientError("no such repository", subject=url)

    def application_or_none(self, key: NamespacedName) -> Manifest | None:
        return next((one for one in self.cluster.of_kind("Application") if manifests.name(one) == key.name), None)

    def sets(self) -> list[Manifest]:
        return self.cluster.of_kind("ApplicationSet")

    def register(self, name: str, **labels: str) -> Manifest:
        secret = {
            "metadata": {"name": f"cluster-{name}", "namespace": "argocd", "labels": labels},
            "data": {
                "name": base64.b64encode(name.encode()).decode(),
                "server": base64.b64encode(f"https://{name}".encode()).decode(),
            },
        }
        self.secrets.append(secret)
        return secret

    def relabel(self, secret: Manifest, labels: dict[str, str]) -> None:
        """The Secret with other labels, as a watch would tell: another object."""
        at = next(number for number, one in enumerate(self.secrets) if one is secret)
        self.secrets[at] = {**secret, "metadata": {**secret["metadata"], "labels": labels}}

    async def create(self, **spec: Any) -> Manifest:
        return await self.cluster.create(
            {
                "apiVersion": "argoproj.io/v1alpha1",
                "kind": "ApplicationSet",
                "metadata": {"name": "set", "namespace": "argocd", **spec.pop("metadata", {})},
                "spec": {"generators": [{"clusters": {"selector": {"matchLabels": {"env": "dev"}}}}], **spec}
                | {"template": spec.get("template", TEMPLATE)},
            }
        )

    async def edit(self, patch: Manifest) -> None:
        await self.cluster.patch(application_sets.GVK, "argocd", "set", patch)

    async def annotate(self, **annotations: str) -> None:
        """Annotations of our own group, dashes written as underscores."""
        written = {f"dokaseca.dev/{name.replace('_', '-')}": value for name, value in annotations.items()}
        await self.edit({"metadata": {"annotations": written}})

    async def settle(self, key: NamespacedName = KEY) -> None:
        self.controller.controller.enqueue(key)
        await self.drain()

    async def drain(self) -> None:
        await asyncio.sleep(0)
        await until(lambda: self.controller.controller.queue.is_idle, within_seconds=20, every_seconds=0)

    def names(self) -> list[str]:
        return sorted(manifests.name(one) for one in self.cluster.of_kind("Application"))

    def condition(self, kind: str) -> dict[str, str]:
        found = self.condition_or_none(kind)
        assert found is not None, kind
        return found

    def condition_or_none(self, kind: str) -> dict[str, str] | None:
        conditions = manifests.get(self.sets()[0], "status", "conditions", default=[])
        return next((each for each in conditions if each["type"] == kind), None)

    def events(self) -> list[tuple[str, str]]:
        """(reason, message) of every Event, in order."""
        return [(one["reason"], one["message"]) for one in self.cluster.of_kind("Event")]


TEMPLATE = {
    "metadata": {"name": "addon-{{name}}"},
    "spec": {"project": "default", "destination": {"name": "{{name}}"}, "source": {"repoURL": "r"}},
}


@asynccontextmanager
async def running() -> AsyncIterator[Hub]:
    hub = Hub()
    task = asyncio.get_running_loop().create_task(hub.controller.run())
    try:
        yield hub
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

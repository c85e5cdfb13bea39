"""The whole platform rendered once: about a second, shared by all tests that only look at it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from tests.unit.examples import stage

from dokaseca.model import manifest as manifests
from dokaseca.model.application import Application, view
from dokaseca.model.manifest import Manifest

FLAGGED = {"prod": {"enable_ingress_nginx": "true"}}  # what the demo switches on


@dataclass(frozen=True)
class Rendered:
    """A platform as Git describes it.

    Attributes:
        hub_objects: what the bootstrap Applications hold, by their names.
        applications: the generated ones, in the order of their ApplicationSets.
        objects: what each Application holds, by its name.
    """

    hub_objects: dict[str, list[Manifest]]
    applications: list[Application]
    objects: dict[str, list[Manifest]]

    @property
    def projects(self) -> dict[str, Manifest]:
        found = [one for objects in self.hub_objects.values() for one in objects if one["kind"] == "AppProject"]
        return {manifests.name(one): one for one in found}

    @property
    def application_sets(self) -> list[Manifest]:
        return [one for objects in self.hub_objects.values() for one in objects if one["kind"] == "ApplicationSet"]


async def _rendered(labels: dict[str, dict[str, str]]) -> Rendered:
    async with stage.opened(labels) as platform:
        hub_objects = await platform.hub_objects()
        sets = [one for objects in hub_objects.values() for one in objects if one["kind"] == "ApplicationSet"]
        generated = await platform.expand(sets)
        objects = {manifests.name(one): await platform.render(one) for one in generated}
        return Rendered(hub_objects, [view(one) for one in generated], objects)


@pytest.fixture(scope="session")
def rendered() -> Rendered:
    """The example platform as it is seeded."""
    return asyncio.run(_rendered({}))


@pytest.fixture(scope="session")
def flagged() -> Rendered:
    """The same after the demo's flag on prod."""
    return asyncio.run(_rendered(FLAGGED))

"""Projects that ask for signed commits, along the whole corridor."""

from __future__ import annotations

from tests.corridor import objects
from tests.corridor.world import World

from dokaseca.model.identity import GroupVersionKind

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

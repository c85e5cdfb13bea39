"""ApplicationSets with a parent, from Git to the last child: what a prune may take along, and what waits."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from tests.corridor import objects
from tests.corridor.repository import Repository
from tests.corridor.world import World

from dokaseca.model import manifest as manifests
from dokaseca.model.identity import GroupVersionKind

SETS = GroupVersionKind("argoproj.io", "v1alpha1", "ApplicationSet")
EVENT = GroupVersionKind("", "v1", "Event")
TEAMS = ("a", "b", "c", "d")


def application_set(url: str, teams: tuple[str, ...] = TEAMS, **annotations: str) -> dict[str, Any]:
    """An Application for each team, each with a ConfigMap."""
    written = {f"dokaseca.dev/{name.replace('_', '-')}": value for name, value in annotations.items()}
    template = objects.application("{{team}}", url, path="teams/{{team}}", syncPolicy=objects.AUTOMATED)
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {"name": "teams", "namespace": "argocd", "annotations": written},
        "spec": {
            "generators": [{"list": {"elements": [{"team": team} for team in teams]}}],
            "template": {"metadata": {"name": "{{team}}"}, "spec": template["spec"]},
        },
    }


async def fleet(world: World, **annotations: str) -> Repository:
    """A parent whose folder holds the ApplicationSet, and all of its Applications at rest."""
    await world.hub.follow(SETS)
    files: dict[str, Any] = {f"teams/{team}/map.yaml": objects.config_map(f"map-{team}") for team in TEAMS}
    files["app/keep.yaml"] = objects.config_map("keep")
    repository = world.repository(files=files)
    repository.commit({"app/teams.yaml": application_set(repository.url, **annotations)})
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    for name in TEAMS:
        await world.settled(name)
    await world.idle()
    return repository


def the_set(world: World) -> dict[str, Any]:
    found = world.hub.find(SETS, "teams", "argocd")
    assert found is not None
    return found


def held(world: World) -> str:
    listed = manifests.get(world.hub.find(SETS, "teams", "argocd") or {}, "status", "conditions", default=[])
    return next((one["message"] for one in listed if one["type"] == "DeletionHeld"), "")


async def approve(world: World) -> None:
    """Do what the condition tells."""
    digest = re.search(r"dokaseca\.dev/(approve-deletion)=([0-9a-f]{64})", held(world))
    assert digest is not None
    patch = {"metadata": {"annotations": {f"dokaseca.dev/{digest[1]}": digest[2]}}}
    await world.hub.client.patch(SETS, "argocd", "teams", patch)


def maps(world: World) -> list[str]:
    return [name for name in world.hub.names(objects.CONFIG_MAP) if name.startswith("map-")]


ALL = [f"map-{team}" for team in TEAMS]


async def test_a_parent_that_prunes_the_set_takes_nothing_along_until_a_person_says_so(world: World) -> None:
    repository = await fleet(world)
    repository.commit(remove=("app/teams.yaml",))
    await world.until(lambda: held(world), "the deletion held")
    await asyncio.sleep(300)
    assert maps(world) == ALL
    await approve(world)
    await world.until(lambda: world.hub.find(SETS, "teams", "argocd") is None, "the set gone")
    assert maps(world) == []
    assert world.hub.names(objects.APPLICATION, "argocd") == ["web"]


async def test_a_commit_that_is_taken_back_gets_the_fleet_back_unharmed(world: World) -> None:
    repository = await fleet(world)
    before = {team: manifests.uid(world.app(team)) for team in TEAMS}
    repository.commit(remove=("app/teams.yaml",))
    await world.until(lambda: held(world), "the deletion held")
    repository.commit({"app/teams.yaml": application_set(repository.url)})
    await world.hub.client.patch(
        SETS, "argocd", "teams", {"spec": {"syncPolicy": {"applicationsSync": "create-update"}}}
    )
    old = manifests.uid(the_set(world))
    await world.until(
        lambda: manifests.uid(world.hub.find(SETS, "teams", "argocd") or {}) not in ("", old), "a new set"
    )
    await world.until(
        lambda: all(manifests.metadata(world.app(team)).get("ownerReferences") for team in TEAMS), "children adopted"
    )
    await world.settled("web")
    assert {team: manifests.uid(world.app(team)) for team in TEAMS} == before
    assert maps(world) == ALL


async def test_a_parent_that_is_deleted_with_its_objects_waits_for_the_set(world: World) -> None:
    await fleet(world)
    await world.edit("web", {"metadata": {"finalizers": ["resources-finalizer.argocd.argoproj.io"]}})
    await world.hub.client.delete(objects.APPLICATION, "argocd", "web")
    await world.until(lambda: held(world), "the deletion held")
    await asyncio.sleep(60)
    assert maps(world) == ALL
    assert world.app("web"), "a foreground deletion waits for what belongs to it"
    await approve(world)
    await world.until(lambda: not world.app("web"), "the parent gone")
    assert maps(world) == []


async def test_a_restart_neither_lets_a_held_list_go_nor_forgets_an_approval(world: World) -> None:
    repository = await fleet(world)
    repository.commit({"app/teams.yaml": application_set(repository.url, ("a",))})
    await world.until(lambda: held(world), "the deletion held")
    await world.stop_engine()
    await world.start_engine()
    await world.idle()
    await asyncio.sleep(60)
    assert maps(world) == ALL
    await world.stop_engine()
    await approve(world)
    await world.start_engine()
    await world.until(lambda: world.hub.names(objects.APPLICATION, "argocd") == ["a", "web"], "the rest gone")
    assert maps(world) == ["map-a"]
    assert not held(world)


async def test_what_happens_is_told_as_events_of_the_set(world: World) -> None:
    repository = await fleet(world)
    repository.commit({"app/teams.yaml": application_set(repository.url, ("a", "b", "c"))})
    await world.until(lambda: not world.app("d"), "d gone")
    await world.idle()
    events = (await world.hub.client.list(EVENT, "argocd")).items
    told = [one["message"] for one in events if one["involvedObject"]["kind"] == "ApplicationSet"]
    assert sorted(told[:4]) == [f'created Application "{team}"' for team in TEAMS]
    assert told[-1] == 'Deleted Application "d"'

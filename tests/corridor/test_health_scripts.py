"""The platform owner's health scripts in argocd-cm."""

from __future__ import annotations

from typing import Any

import pytest
from tests.corridor import objects
from tests.corridor.world import World

KEY = "resource.customizations.health.ConfigMap"
BY_VALUE = 'return {status = obj.data.key == "1" and "Healthy" or "Degraded", message = "value is " .. obj.data.key}'


def settings(script: str) -> dict[str, Any]:
    labels = {"app.kubernetes.io/part-of": "argocd"}
    metadata = {"name": "argocd-cm", "namespace": "argocd", "labels": labels}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {KEY: script}}


async def _say(world: World, script: str) -> None:
    await world.hub.client.apply(settings(script), field_manager="test", force=True)


def _message(world: World) -> str:
    return str(world.status()["health"].get("message", ""))


async def test_a_script_decides_and_a_change_of_it_counts_at_once(world: World) -> None:
    repository = world.repository(files={"app/map.yaml": [objects.config_map("settings", value="2")]})
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await world.settled()
    await _say(world, BY_VALUE)
    await world.until(lambda: world.health() == "Degraded", "the script's verdict")
    assert _message(world) == "Caused by ConfigMap:team/settings"
    await _say(world, "return nil")
    await world.until(lambda: world.health() == "Healthy", "no verdict of the script")


async def test_an_endless_script_is_unknown_and_the_pass_goes_on(world: World) -> None:
    await _say(world, "while true do end")
    files = {"app/map.yaml": [objects.config_map("settings"), objects.deployment("web")]}
    repository = world.repository(files=files)
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await world.until(lambda: world.sync() == "Synced" and world.health() == "Unknown", "an unknown health")
    resources = {one["name"]: one.get("health", {}) for one in world.status()["resources"]}
    assert resources["settings"] == {
        "status": "Unknown",
        "message": f"health script {KEY} of argocd-cm: takes too many steps; does it loop?",
    }
    assert resources["web"]["status"] in ("Healthy", "Progressing")


async def test_a_later_wave_waits_for_what_the_script_says(world: World) -> None:
    await _say(world, BY_VALUE.replace("Degraded", "Progressing"))
    first = objects.config_map("first", value="2")
    later = objects.config_map("later", sync_wave="1")
    repository = world.repository(files={"app/maps.yaml": [first, later]})
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await world.until(lambda: "waiting for healthy state" in world.operation().get("message", ""), "the first wave")
    assert world.hub.names(objects.CONFIG_MAP) == ["first"]
    await _say(world, 'return {status = "Healthy"}')
    await world.until(lambda: world.hub.names(objects.CONFIG_MAP) == ["first", "later"], "the second wave")
    await world.until(lambda: world.health() == "Healthy", "a healthy Application")


async def test_settings_that_cannot_be_read_leave_those_before_in_force(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    repository = world.repository(files={"app/map.yaml": [objects.config_map("settings", value="2")]})
    await _say(world, BY_VALUE)
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await world.until(lambda: world.health() == "Degraded", "the script's verdict")
    broken = {**settings(""), "data": {"resource.customizations": "- a"}}
    await world.hub.client.apply(broken, field_manager="test", force=True)
    repository.commit({"app/map.yaml": [objects.config_map("settings", value="3")]})
    await world.refresh("web")
    await world.until(lambda: world.status()["sync"]["revision"] == repository.head() and world.sync() == "Synced")
    assert world.health() == "Degraded"
    told = [
        record.fields["error"] for record in caplog.records if hasattr(record, "fields") and "settings" in record.msg
    ]
    assert told == ["argocd-cm: resource.customizations must map group/Kind to its customisations"]

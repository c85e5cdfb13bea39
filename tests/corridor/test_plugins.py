"""Applications that a config management plugin renders."""

from __future__ import annotations

import pytest
from tests.corridor import objects
from tests.corridor.world import World

from dokaseca.model.errors import UserError
from dokaseca.ports.renderer import PluginRun
from dokaseca.wiring.plugin_registry import KEY, LABEL

PLUGIN = """\
apiVersion: argoproj.io/v1alpha1
kind: ConfigManagementPlugin
metadata: {name: words}
spec:
  discover: {fileName: words.txt}
  generate:
    command: [sh, -c]
    args:
      - |
        for word in $(cat words.txt); do
          echo "---"
          echo "{apiVersion: v1, kind: ConfigMap, metadata: {name: $word}, data: {key: 'SAYS'}}"
        done
"""


def plugin(says: str) -> objects.Manifest:
    labels = {"app.kubernetes.io/part-of": "argocd", LABEL: "true"}
    metadata = {"name": "words", "namespace": "argocd", "labels": labels}
    content = PLUGIN.replace("SAYS", says)
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {KEY: content}}


def data(world: World, name: str) -> str:
    return str(((world.hub.find(objects.CONFIG_MAP, name) or {}).get("data") or {}).get("key", ""))


async def test_a_folder_that_a_plugin_knows_is_rendered_by_it_and_again_when_the_plugin_changes(world: World) -> None:
    try:
        assert world.tools.plugins is not None
        await world.tools.plugins.run(PluginRun("probe", {"generate": ("true",)}, iter(()), "", {}))
    except UserError as error:
        pytest.skip(f"this system confines nothing: {error}")
    await world.hub.client.create(plugin("one"))
    repository = world.repository(files={"app/words.txt": "a b\n"})
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    status = await world.settled()
    assert status["sourceType"] == "Plugin"
    assert world.hub.names(objects.CONFIG_MAP) == ["a", "b"]
    assert data(world, "a") == "one"
    await world.settled("web", repository.commit({"app/words.txt": "a\n"}))
    await world.until(lambda: world.hub.names(objects.CONFIG_MAP) == ["a"], "pruned")
    await world.hub.client.patch(objects.CONFIG_MAP, "argocd", "words", {"data": plugin("two")["data"]})
    await world.until(lambda: data(world, "a") == "two", "rendered by the plugin as it is now")
    await world.settled()


async def test_a_plugin_that_nobody_registered_changes_nothing(world: World) -> None:
    repository = world.repository(files={"app/a.yaml": objects.config_map("a")})
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await world.settled()
    await world.edit("web", {"spec": {"source": {"plugin": {"name": "other"}}}})
    told = await world.until(lambda: world.condition("ComparisonError"), "told")
    assert "other" in told
    assert (world.sync(), world.hub.names(objects.CONFIG_MAP)) == ("Unknown", ["a"])

"""Every kind of source, alone and together; Applications that want the same object."""

from __future__ import annotations

from typing import Any

from tests.corridor import objects
from tests.corridor.world import World

CHART = "apiVersion: v2\nname: web\nversion: 1.2.3\n"
TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}-{{ .Values.color }}"}
data: {namespace: "{{ .Release.Namespace }}", kube: "{{ .Capabilities.KubeVersion.Version }}"}
"""


def data(world: World, name: str) -> dict[str, str]:
    return dict((world.hub.find(objects.CONFIG_MAP, name) or {}).get("data") or {})


async def deployed(world: World, url: str, **spec: Any) -> dict[str, Any]:
    await world.deploy(objects.application("web", url, **{"syncPolicy": objects.AUTOMATED, **spec}))
    return await world.settled()


async def test_a_helm_chart_in_the_repository(world: World) -> None:
    files = {"app/Chart.yaml": CHART, "app/values.yaml": "color: blue\n", "app/templates/a.yaml": TEMPLATE}
    repository = world.repository(files=files)
    status = await deployed(world, repository.url)
    assert status["sourceType"] == "Helm"
    assert data(world, "web-blue")["namespace"] == "team"
    helm = {"valuesObject": {"color": "red"}, "releaseName": "shop"}
    await world.edit("web", {"spec": {"source": {"helm": helm}}})
    await world.until(lambda: world.hub.names(objects.CONFIG_MAP) == ["shop-red"])
    await world.settled()


async def test_a_kustomization(world: World) -> None:
    files = {
        "base/kustomization.yaml": "resources: [a.yaml]\n",
        "base/a.yaml": objects.config_map("a"),
        "app/kustomization.yaml": "resources: [../base]\nnamePrefix: blue-\n",
    }
    repository = world.repository(files=files)
    status = await deployed(world, repository.url)
    assert status["sourceType"] == "Kustomize"
    assert world.hub.names(objects.CONFIG_MAP) == ["blue-a"]
    changed = repository.commit({"base/a.yaml": objects.config_map("a", "2")})
    await world.settled("web", changed)
    assert data(world, "blue-a") == {"key": "2"}


async def test_what_was_rendered_once_is_rendered_again_only_when_that_is_asked_for(world: World) -> None:
    files = {"app/kustomization.yaml": "resources: [a.yaml]\n", "app/a.yaml": objects.config_map("a")}
    repository = world.repository(files=files)
    await deployed(world, repository.url)
    builds = world.tools.kustomize.calls
    assert builds["build"] == 1
    await world.settled("web", repository.commit({"other/b.yaml": "x: 1"}))
    for how, count in (("normal", 1), ("hard", 2)):
        await world.refresh("web", how)
        await world.until(lambda: not world.app()["metadata"].get("annotations"))
        assert builds["build"] == count
    await world.stop_engine()
    await world.start_engine()
    await world.idle()
    assert builds["build"] == 2


async def test_jsonnet(world: World) -> None:
    program = """
    local name = std.extVar('name');
    [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: name + i }, data: { key: '1' } } for i in ['0', '1']]
    """
    repository = world.repository(files={"app/a.jsonnet": program})
    source = {
        "repoURL": repository.url,
        "path": "app",
        "directory": {"jsonnet": {"extVars": [{"name": "name", "value": "made"}]}},
    }
    status = await deployed(world, repository.url, source=source)
    assert status["sourceType"] == "Directory"
    assert world.hub.names(objects.CONFIG_MAP) == ["made0", "made1"]


async def test_values_from_another_repository(world: World) -> None:
    chart = world.repository("charts", {"web/Chart.yaml": CHART, "web/templates/a.yaml": TEMPLATE})
    values = world.repository("values", {"teams/green.yaml": "color: green\n"})
    sources = [
        {"repoURL": chart.url, "path": "web", "helm": {"valueFiles": ["$values/teams/green.yaml"]}},
        {"repoURL": values.url, "targetRevision": "main", "ref": "values"},
    ]
    status = await deployed(world, "", source=None, sources=sources)
    assert world.hub.names(objects.CONFIG_MAP) == ["web-green"]
    assert status["sync"]["revisions"] == [chart.head(), values.head()]
    assert status["sync"]["comparedTo"]["sources"] == sources
    assert status["sourceTypes"] == ["Helm", ""]
    assert status["operationState"]["syncResult"]["revisions"] == [chart.head(), values.head()]
    assert status["history"][0]["revisions"] == [chart.head(), values.head()]
    assert "sourceType" not in status
    assert "revision" not in status["sync"]
    values.commit({"teams/green.yaml": "color: lime\n"})
    await world.until(lambda: world.hub.names(objects.CONFIG_MAP) == ["web-lime"])
    await world.settled()


async def test_the_later_of_two_sources_wins_and_that_is_told(world: World) -> None:
    one = world.repository("one", {"app/a.yaml": objects.config_map("a", "one")})
    two = world.repository("two", {"app/a.yaml": objects.config_map("a", "two")})
    sources = [{"repoURL": url, "path": "app", "targetRevision": "main"} for url in (one.url, two.url)]
    await deployed(world, "", source=None, sources=sources)
    assert data(world, "a") == {"key": "two"}
    warning = "Resource ConfigMap team/a appeared 2 times among application resources."
    assert world.condition("RepeatedResourceWarning") == warning


async def test_two_applications_that_share_an_object_are_warned(world: World) -> None:
    repository = world.repository(files={"one/a.yaml": objects.config_map("a"), "two/a.yaml": objects.config_map("a")})
    for name in ("one", "two"):
        await world.deploy(objects.application(name, repository.url, name))
    await world.until(lambda: world.sync("one") == world.sync("two") == "OutOfSync")
    await world.request("one")
    await world.until(lambda: world.condition("SharedResourceWarning", "two"))
    told = world.condition("SharedResourceWarning", "two")
    assert told == "ConfigMap/a is part of applications argocd/two and one"
    assert world.sync("one") == "Synced"
    assert world.sync("two") == "OutOfSync"
    await world.request("two", syncOptions=["FailOnSharedResource=true"])
    state = await world.ended("two", "Failed")
    assert state["message"] == "Shared resource found: ConfigMap team/a is part of Application one"
    await world.request("two")
    await world.until(lambda: world.condition("SharedResourceWarning", "one"))
    await world.until(lambda: world.sync("two") == "Synced")


async def test_an_object_that_others_deployed_is_adopted(world: World) -> None:
    await world.hub.client.create({**objects.config_map("a"), "metadata": {"name": "a", "namespace": "team"}})
    repository = world.repository(files={"app/a.yaml": objects.config_map("a", "2")})
    await deployed(world, repository.url)
    found = world.hub.find(objects.CONFIG_MAP, "a") or {}
    assert found["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"] == "web:/ConfigMap:team/a"
    assert found["data"] == {"key": "2"}


async def test_a_template_sees_the_kinds_that_a_new_definition_brings(world: World) -> None:
    template = (
        '{{ if .Capabilities.APIVersions.Has "example.com/v1/Widget" }}\n'
        "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: 1}\n{{ end }}\n"
    )
    files = {
        "app/Chart.yaml": CHART,
        "app/templates/w.yaml": template,
        "app/templates/a.yaml": objects.config_map("a"),
    }
    repository = world.repository(files=files)
    await deployed(world, repository.url)
    crds = world.repository("crds", {"app/crd.yaml": objects.widget_definition()})
    await world.deploy(objects.application("crds", crds.url, syncPolicy=objects.AUTOMATED))
    await world.settled("crds")
    await world.refresh("web")
    await world.until(lambda: len(world.status().get("resources") or ()) == 2)
    await world.settled()
    assert await world.hub.read(objects.WIDGET, "w") is not None

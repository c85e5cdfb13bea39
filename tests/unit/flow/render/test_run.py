"""The cache of rendered sources: keyed by content, never by commit; a hit is what a fresh render would give."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.charts import CHART
from tests.fakes.git_files import Content, Link
from tests.unit.flow.render.bench import Bench, MemoryStore

from dokaseca.flow.render import cache_key, post
from dokaseca.kit import bounds
from dokaseca.model.errors import TransientError, UserError

pytestmark = pytest.mark.asyncio(loop_scope="module")

Files = dict[str, Content]


def config_map(name: str, value: str = "1") -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{x: '{value}'}}\n"


TEMPLATE = config_map("{{ .Release.Name }}", "{{ .Values | toJson }}{{ .Capabilities.KubeVersion }}")

HELM: Files = {
    "app/Chart.yaml": CHART,
    "app/templates/a.yaml": TEMPLATE,
    "app/templates/_lib.tpl": Link("../../common/_lib.tpl"),
    "app/values-link.yaml": Link("../common/values.yaml"),
    "app/param.txt": Link("../common/param.txt"),
    "common/_lib.tpl": "{{/* 1 */}}",
    "common/values.yaml": "a: 1\n",
    "common/param.txt": "1",
    "envs/one.yaml": "b: 1\n",
    "elsewhere/x.yaml": "1",
}
HELM_SPEC: dict[str, Any] = {
    "helm": {
        "valueFiles": ["values-link.yaml", "/envs/*.yaml"],
        "fileParameters": [{"name": "f", "path": "param.txt"}],
        "parameters": [{"name": "p", "value": "$ARGOCD_APP_NAMESPACE"}],
    }
}
KUSTOMIZE: Files = {
    "app/kustomization.yaml": "resources: [../base, link.yaml]\n",
    "app/link.yaml": Link("../common/cm.yaml"),
    "base/kustomization.yaml": "resources: [cm.yaml]\n",
    "base/cm.yaml": config_map("base"),
    "common/cm.yaml": config_map("common"),
    "elsewhere/x.yaml": "1",
}
DIRECTORY: Files = {
    "app/a.yaml": config_map("a"),
    "app/b.yaml": Link("../common/cm.yaml"),
    "app/c.jsonnet": "import '../lib/c.libsonnet'",
    "app/README.md": "1",
    "lib/c.libsonnet": "{apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: importstr '../common/name'}}",
    "common/cm.yaml": config_map("common"),
    "common/name": "1",
    "elsewhere/x.yaml": "1",
}


@pytest.mark.parametrize(
    ("files", "spec"), [(HELM, HELM_SPEC), (KUSTOMIZE, {}), (DIRECTORY, {})], ids=["helm", "kustomize", "directory"]
)
async def test_another_commit_with_the_same_files_is_a_hit(files: Files, spec: dict[str, Any], bench: Bench) -> None:
    cache = MemoryStore()
    first = await bench.render(bench.source(files, spec), cache=cache)
    elsewhere = {**files, "elsewhere/x.yaml": "2", "new.yaml": "3"}
    again = await bench.render(bench.source(elsewhere, spec, message="Another"), cache=cache)
    assert cache.puts == 1
    assert again == first
    assert await bench.render(bench.source(elsewhere, spec)) == first, "a hit equals a fresh render"


CHANGES: list[tuple[Files, dict[str, Any], Files]] = [
    (HELM, HELM_SPEC, {"app/Chart.yaml": CHART.replace("1.2.3", "1.2.4")}),
    (HELM, HELM_SPEC, {"app/templates/a.yaml": TEMPLATE + "# changed\n"}),
    (HELM, HELM_SPEC, {"common/_lib.tpl": "{{/* 2 */}}"}),
    (HELM, HELM_SPEC, {"common/values.yaml": "a: 2\n"}),
    (HELM, HELM_SPEC, {"common/param.txt": "2"}),
    (HELM, HELM_SPEC, {"envs/one.yaml": "b: 2\n"}),
    (HELM, HELM_SPEC, {"envs/two.yaml": "c: 2\n"}),
    (HELM, HELM_SPEC, {"app/.argocd-source.yaml": "helm: {releaseName: other}\n"}),
    (KUSTOMIZE, {}, {"app/kustomization.yaml": "resources: [link.yaml]\n"}),
    (KUSTOMIZE, {}, {"base/cm.yaml": config_map("base", "2")}),
    (KUSTOMIZE, {}, {"common/cm.yaml": config_map("common", "2")}),
    (DIRECTORY, {}, {"app/a.yaml": config_map("a", "2")}),
    (DIRECTORY, {}, {"app/new.yaml": config_map("new")}),
    (DIRECTORY, {}, {"common/cm.yaml": config_map("common", "2")}),
    (DIRECTORY, {}, {"lib/c.libsonnet": "{apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'c2'}}"}),
    (DIRECTORY, {}, {"common/name": "2"}),
]


@pytest.mark.parametrize(("files", "spec", "change"), CHANGES, ids=["+".join(change) for _, _, change in CHANGES])
async def test_every_file_that_rendering_reads_is_in_the_key(
    files: Files, spec: dict[str, Any], change: Files, bench: Bench
) -> None:
    cache = MemoryStore()
    await bench.render(bench.source(files, spec), cache=cache)
    changed = bench.source({**files, **change}, spec)
    assert await bench.render(changed, cache=cache) == await bench.render(changed)
    assert cache.puts == 2


AROUND: dict[str, Any] = {
    "app_name": "other",
    "destination_namespace": "other",
    "kube_version": "v1.30.0",
    "api_versions": ("v1",),
}


@pytest.mark.parametrize("name", AROUND)
async def test_what_templates_may_ask_is_in_the_key(name: str, bench: Bench) -> None:
    cache = MemoryStore()
    source = bench.source(HELM, HELM_SPEC)
    await bench.render(source, cache=cache)
    around = {name: AROUND[name]}
    assert await bench.render(source, cache=cache, **around) == await bench.render(source, **around)
    assert cache.puts == 2


async def test_plain_files_do_not_depend_on_their_surroundings(bench: Bench) -> None:
    cache = MemoryStore()
    source = bench.source({"app/a.yaml": config_map("a")}, {})
    await bench.render(source, cache=cache)
    await bench.render(source, cache=cache, **AROUND, project="other")
    assert cache.puts == 1


SPECS: list[dict[str, Any]] = [
    {"helm": {"valuesObject": {"x": 1}}},
    {"helm": {"valuesObject": {"x": 2}}},
    {"helm": {"values": "x: 1"}},
    {"helm": {"parameters": [{"name": "x", "value": "1"}]}},
    {"helm": {"parameters": [{"name": "x", "value": "1", "forceString": True}]}},
    {"helm": {"releaseName": "r"}},
    {"helm": {"namespace": "n"}},
    {"helm": {"kubeVersion": "v1.20.0"}},
    {"helm": {"apiVersions": ["a/v1"]}},
    {"helm": {"skipCrds": True}},
    {"helm": {"skipTests": True}},
    {"helm": {"skipSchemaValidation": True}},
    {"helm": {"valueFiles": ["/envs/one.yaml"]}},
    {"helm": {"valueFiles": ["/envs/one.yaml", "values-link.yaml"]}},
    {"helm": {"valueFiles": ["values-link.yaml", "/envs/one.yaml"]}},
    {"helm": {"fileParameters": [{"name": "f", "path": "param.txt"}]}},
    {"helm": {"fileParameters": [{"name": "g", "path": "param.txt"}]}},
    {"path": "app", "directory": {"recurse": True}},
]


async def test_every_option_has_a_key_of_its_own(bench: Bench) -> None:
    cache = MemoryStore()
    for spec in SPECS[:-1]:
        await bench.render(bench.source(HELM, spec), cache=cache)
    assert len(cache.entries) == len(SPECS) - 1
    assert all(re.fullmatch(r"[0-9a-f]{64}", key) for key in cache.entries)


VARIANTS: dict[str, list[str]] = {
    "app/templates/a.yaml": [TEMPLATE, TEMPLATE + "# changed\n"],
    "app/values.yaml": ["own: 1\n", "own: 2\n"],
    "common/values.yaml": ["a: 1\n", "a: 2\n"],
    "common/param.txt": ["1", "2"],
    "envs/one.yaml": ["b: 1\n", "a: 3\n"],
    "elsewhere/x.yaml": ["1", "2"],
}

SHARED = MemoryStore()


@settings(max_examples=60)
@given(
    files=st.fixed_dictionaries({path: st.sampled_from(texts) for path, texts in VARIANTS.items()}),
    extra=st.dictionaries(st.sampled_from(["envs/two.yaml", "envs/two.txt"]), st.sampled_from(["c: 1\n", "c: 2\n"])),
    spec=st.sampled_from([*SPECS[:-1], HELM_SPEC]),
    app_name=st.sampled_from(["shop", "cart"]),
    kube_version=st.sampled_from(["v1.36.0", "v1.30.0"]),
)
async def test_with_a_shared_cache_everything_renders_as_without(
    files: Files, extra: Files, spec: dict[str, Any], app_name: str, kube_version: str, bench: Bench
) -> None:
    source = bench.source({**HELM, **files, **extra}, spec)
    around = {"app_name": app_name, "kube_version": kube_version}
    assert await bench.render(source, cache=SHARED, **around) == await bench.render(source, **around)


@pytest.mark.parametrize(
    "damage", [b"", b"garbage", b"null", b"[1]", b'[["not an object", "x"]]', b'[[{"kind": "X"}]]', b"[[{}, 1, 2]]"]
)
async def test_a_damaged_entry_is_rendered_again(damage: bytes, bench: Bench) -> None:
    cache = MemoryStore()
    source = bench.source({"app/a.yaml": config_map("a")}, {})
    fresh = await bench.render(source, cache=cache)
    (key,) = cache.entries
    cache.entries[key] = damage
    assert await bench.render(source, cache=cache) == fresh
    assert orjson.loads(cache.entries[key])[0][0]["metadata"] == {"name": "a"}


async def test_nothing_of_values_stands_in_the_names_of_the_cache(bench: Bench) -> None:
    cache = MemoryStore()
    spec = {"helm": {"valuesObject": {"password": "hunter2"}}, "repoURL": "https://u:hunter2@example.com/x"}
    await bench.render(bench.source(HELM, spec), cache=cache)
    assert "hunter2" not in "".join(cache.entries)


async def test_a_password_in_a_url_stands_in_no_message(bench: Bench) -> None:
    for spec in ({"helm": {"valueFiles": ["nope.yaml"]}}, {"path": "nope"}, {"helm": {"valueFiles": ["../../x"]}}):
        with pytest.raises(UserError) as caught:
            await bench.render(bench.source(HELM, {**spec, "repoURL": "https://u:hunter2@example.com/x"}))
        assert "hunter2" not in str(caught.value)
        assert "example.com/x" in str(caught.value)


async def test_a_failed_render_is_not_kept(bench: Bench) -> None:
    cache = MemoryStore()
    source = bench.chart({"Chart.yaml": CHART, "templates/a.yaml": TEMPLATE}, {})
    bench.charts.is_down = True
    with pytest.raises(TransientError, match="does not answer"):
        await bench.render(source, cache=cache)
    bench.charts.is_down = False
    assert len((await bench.render(source, cache=cache)).objects) == 1


async def test_a_cached_chart_needs_no_repository(bench: Bench) -> None:
    cache = MemoryStore()
    source = bench.chart({"Chart.yaml": CHART, "templates/a.yaml": TEMPLATE}, {})
    first = await bench.render(source, cache=cache)
    bench.charts.is_down = True
    assert await bench.render(source, cache=cache) == first
    bench.charts.is_down = False


async def test_equal_objects_have_equal_digests(bench: Bench) -> None:
    one = await bench.render(
        bench.source({"app/a.yaml": "apiVersion: v1\nkind: X\nmetadata: {name: a, namespace: b}"}, {})
    )
    two = await bench.render(
        bench.source({"app/b.yaml": "kind: X\nmetadata: {namespace: b, name: a}\napiVersion: v1"}, {})
    )
    other = await bench.render(bench.source({"app/a.yaml": "apiVersion: v1\nkind: X\nmetadata: {name: a}"}, {}))
    assert one.digest == two.digest != other.digest


async def test_too_many_objects_are_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MANIFESTS_PER_APPLICATION", 2)
    files: Files = {f"app/{name}.yaml": config_map(name) for name in "abc"}
    with pytest.raises(UserError, match="3 objects are more than the 2 one Application may hold") as caught:
        await bench.render(bench.source(files, {}))
    assert caught.value.reason == "TooManyManifests"
    del files["app/c.yaml"]
    assert len((await bench.render(bench.source(files, {}))).objects) == 2


async def test_too_much_data_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "DIRECTORY_SOURCE_BYTES", 2**20)
    big = config_map("big", "x" * 600_000)
    with pytest.raises(UserError, match="the manifests of this folder are larger than 1 MiB together") as caught:
        await bench.render(bench.source({"app/a.yaml": big, "app/b.yaml": big}, {}))
    assert caught.value.reason == "TooLarge"
    assert len((await bench.render(bench.source({"app/a.yaml": big}, {}))).objects) == 1


async def test_a_file_name_that_is_no_text_is_refused(bench: Bench) -> None:
    source = bench.source({"app/a.yaml": config_map("a"), "app/\udcff.yaml": config_map("b")}, {})
    with pytest.raises(UserError, match="file names must be UTF-8") as caught:
        await bench.render(source)
    assert caught.value.reason == "InvalidManifest"


async def test_a_chart_repository_holds_charts_only(bench: Bench) -> None:
    with pytest.raises(UserError, match="a chart repository holds only Helm charts"):
        await bench.render(bench.chart({"Chart.yaml": CHART}, {"kustomize": {"namePrefix": "x"}}))


async def test_keys_differ_by_tool_and_input() -> None:
    keys = {cache_key.of("Helm", {"a": 1}), cache_key.of("Helm", {"a": 2}), cache_key.of("Directory", {"a": 1})}
    assert len(keys) == 3
    assert cache_key.of("Helm", {"a": 1, "b": 2}) == cache_key.of("Helm", {"b": 2, "a": 1})


async def test_chart_output_without_marks_gives_nothing() -> None:
    assert post.parse_chart("", chart="demo") == []

"""Charts through Helm's own engine in a real worker process, shared by the tests of this module."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from typing import Any

import psutil
import pytest
import pytest_asyncio
from tests.fakes.charts import CHART, Text, encoded, pack, pack_member

from dokaseca.adapters import helm as helm_adapter
from dokaseca.adapters.helm import HelmWorkers
from dokaseca.kit import yaml_in
from dokaseca.model.errors import UserError
from dokaseca.ports.renderer import HelmRequest

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONFIG_MAP = """apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
"""
CRD = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: things.example.com\n"


class Bench:
    """Renders with a worker that all tests share."""

    def __init__(self, workers: HelmWorkers) -> None:
        self.workers = workers

    async def text(self, files: Mapping[str, Text], **options: Any) -> str:
        given: dict[str, Any] = {"release_name": "rel", "namespace": "ns", "kube_version": "v1.36.0", **options}
        content = {"Chart.yaml": CHART, **files}
        return await self.workers.render(HelmRequest(files=encoded(content), **given))

    async def objects(self, files: Mapping[str, Text], **options: Any) -> list[Any]:
        text = await self.text(files, **options)
        return [one.value for one in yaml_in.load_all(text, subject="rendered")]

    async def data(self, line: str, **options: Any) -> Any:
        """What a template makes of one expression: the value of `x` in a ConfigMap."""
        files = {"templates/a.yaml": CONFIG_MAP + f"  x: {line}\n", **options.pop("files", {})}
        (one,) = await self.objects(files, **options)
        return one["data"]["x"]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def helm() -> AsyncIterator[Bench]:
    workers = HelmWorkers(timeout_seconds=30)
    yield Bench(workers)
    await workers.close()


def sources(text: str) -> list[str]:
    return [line.removeprefix("# Source: ") for line in text.splitlines() if line.startswith("# Source: ")]


# --- what a chart gives ---------------------------------------------------------------------------------------------


async def test_crds_first_notes_and_partials_dropped_hooks_kept(helm: Bench) -> None:
    text = await helm.text(
        {
            "crds/b.yaml": CRD + "---\n" + CRD.replace("things", "others"),
            "crds/README.md": "no manifest",
            "templates/NOTES.txt": "Thank you for installing {{ .Chart.Name }}",
            "templates/sub/NOTES.txt": "more",
            "templates/_helpers.tpl": '{{ define "name" }}x{{ end }}',
            "templates/z.yaml": 'kind: Z\nname: {{ include "name" . }}\n',
            "templates/hook.yaml": "kind: Job\nmetadata:\n  annotations:\n    helm.sh/hook: pre-install\n",
            "templates/empty.yaml": "{{ if false }}x: 1{{ end }}\n",
        }
    )
    assert sources(text) == ["demo/crds/b.yaml", "demo/templates/hook.yaml", "demo/templates/z.yaml"]
    assert "helm.sh/hook: pre-install" in text
    assert "Thank you" not in text


async def test_crds_can_be_left_out(helm: Bench) -> None:
    assert sources(await helm.text({"crds/b.yaml": CRD, "templates/a.yaml": "a: 1"}, include_crds=False)) == [
        "demo/templates/a.yaml"
    ]


SUBCHARTS = {
    "Chart.yaml": CHART
    + "dependencies:\n- {name: sub, version: 0.1.0, repository: '', condition: sub.enabled}\n"
    + "- {name: sub, alias: other, version: 0.1.0, repository: ''}\n- {name: lib, version: 0.1.0, repository: ''}\n",
    "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 0.1.0\n",
    "charts/sub/values.yaml": "color: red\n",
    "charts/sub/crds/c.yaml": CRD,
    "charts/sub/templates/a.yaml": 'color: {{ .Values.color }}\nlib: {{ include "lib.name" . }}\n',
    "charts/lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 0.1.0\ntype: library\n",
    "charts/lib/templates/_lib.tpl": '{{ define "lib.name" }}{{ .Release.Name }}-{{ .Values.global.region }}{{ end }}',
    "templates/main.yaml": 'lib: {{ include "lib.name" . }}\n',
    "values.yaml": "global: {region: eu}\n",
}


async def test_subcharts_aliases_library_charts_and_globals(helm: Bench) -> None:
    text = await helm.text(SUBCHARTS, values={"sub": {"enabled": True}, "other": {"color": "blue"}})
    assert sources(text) == [
        "demo/charts/sub/crds/c.yaml",
        "demo/charts/other/crds/c.yaml",
        "demo/charts/other/templates/a.yaml",
        "demo/charts/sub/templates/a.yaml",
        "demo/templates/main.yaml",
    ]
    values = [one.value for one in yaml_in.load_all(text, subject="x")][-3:]
    assert values == [
        {"color": "blue", "lib": "rel-eu"},
        {"color": "red", "lib": "rel-eu"},
        {"lib": "rel-eu"},
    ]


async def test_a_subchart_that_is_off_gives_nothing_each_time(helm: Bench) -> None:
    for enabled in (False, True, False):
        text = await helm.text(SUBCHARTS, values={"sub": {"enabled": enabled}})
        assert ("demo/charts/sub/templates/a.yaml" in sources(text)) is enabled


async def test_packed_subcharts_and_packed_charts(helm: Bench) -> None:
    sub = pack({"Chart.yaml": "apiVersion: v2\nname: sub\nversion: 0.1.0\n", "templates/a.yaml": "a: 1"}, root="sub")
    files = {"Chart.yaml": CHART, "charts/sub-0.1.0.tgz": sub, "templates/b.yaml": "b: {{ .Release.Namespace }}"}
    text = await helm.workers.render(HelmRequest("rel", "ns", archive=pack(files)))
    assert sources(text) == ["demo/charts/sub/templates/a.yaml", "demo/templates/b.yaml"]
    assert "b: ns" in text


async def test_templates_see_their_surroundings_and_nothing_of_this_machine(helm: Bench) -> None:
    options: dict[str, Any] = {"kube_version": "v1.30.1-eks-1", "api_versions": ("foo/v1/Bar",)}
    expressions = {
        "{{ .Capabilities.KubeVersion.Version }}": "v1.30.1-eks-1",
        "{{ .Capabilities.KubeVersion.Minor | quote }}": "30",
        '{{ .Capabilities.APIVersions.Has "foo/v1/Bar" | quote }}': "true",
        '{{ .Capabilities.APIVersions.Has "foo/v1/Baz" | quote }}': "false",
        "{{ .Release.IsInstall | quote }}": "true",
        "{{ .Release.Service }}": "Helm",
        '{{ lookup "v1" "Secret" "a" "b" | toJson | quote }}': "{}",
        '{{ .Files.Get "data.txt" }}': "content",
        '{{ .Files.Get "/etc/passwd" | quote }}': "",
        '{{ .Files.Get "../../../../etc/passwd" | quote }}': "",
        '{{ getHostByName "localhost" | quote }}': "",
    }
    lines = "".join(f"  x{number}: {text}\n" for number, text in enumerate(expressions))
    (one,) = await helm.objects({"templates/a.yaml": CONFIG_MAP + lines, "data.txt": "content"}, **options)
    assert list(one["data"].values()) == list(expressions.values())
    for function in ("env", "expandenv"):
        with pytest.raises(UserError, match=f'function "{function}" not defined'):
            await helm.data(f'{{{{ {function} "HOME" }}}}')


# --- values ---------------------------------------------------------------------------------------------------------


async def test_values_are_laid_over_the_charts_own_and_null_removes(helm: Bench) -> None:
    files = {"values.yaml": "keep: 1\ndrop: {me: 1}\nmap: {a: 1, b: 2}\nlist: [1, 2]\n"}
    merged = await helm.data(
        "{{ .Values | toJson | quote }}", files=files, values={"drop": None, "map": {"b": 3, "c": 4}, "list": [9]}
    )
    assert yaml_in.load(merged, subject="x") == {"keep": 1, "map": {"a": 1, "b": 3, "c": 4}, "list": [9]}


async def test_whole_numbers_of_parameters_keep_their_form_everywhere(helm: Bench) -> None:
    values = {
        "account": 123456789012,
        "huge": 12345678901234567,
        "map": {"dotted.key": 1234567},
        "list": [{"n": 2000000}, 3000000, "x"],
        "sub": {"color": 4000000},
        "global": {"account": 5000000, "region": "eu"},
        "zero": 0,
    }
    paths = (
        ("account",),
        ("huge",),
        ("map", "dotted.key"),
        ("list", 0, "n"),
        ("list", 1),
        ("sub", "color"),
        ("global", "account"),
        ("zero",),
    )
    lines = [
        "arn:{{ .Values.account }}:x",
        "{{ .Values.huge | quote }}",
        '{{ index .Values.map "dotted.key" | quote }}',
        "n{{ (index .Values.list 0).n }} {{ index .Values.list 1 }} {{ index .Values.list 2 }}",
        "g{{ .Values.global.account }} {{ .Values.sub.color }}",
        "{{ eq .Values.zero 0 }} {{ kindOf .Values.account }} {{ typeOf .Values.zero }}",
        "{{ .Values.list | toJson | quote }}",
    ]
    template = CONFIG_MAP + "".join(f"  x{number}: {line}\n" for number, line in enumerate(lines))
    sub = {**SUBCHARTS, "charts/sub/templates/a.yaml": "num: c{{ .Values.color }} g{{ .Values.global.account }}\n"}
    files = {**sub, "templates/main.yaml": template}
    for options in ({"files": encoded(files)}, {"archive": pack(files)}):
        text = await helm.workers.render(
            HelmRequest("rel", "ns", values=values, integers=paths, kube_version="v1.36.0", **options)
        )
        objects = [one.value for one in yaml_in.load_all(text, subject="x")]
        assert list(objects[-1]["data"].values()) == [
            "arn:123456789012:x",
            "12345678901234567",
            "1234567",
            "n2000000 3000000 x",
            "g5000000 4000000",
            "true int64 int64",
            '[{"n":2000000},3000000,"x"]',
        ]
        assert objects[-2] == {"num": "c4000000 g5000000"}
        assert sources(text)[-1] == "demo/templates/main.yaml", "our own template leaves no trace"


async def test_numbers_of_value_files_look_as_helm_itself_shows_them(helm: Bench) -> None:
    line = "p{{ .Values.num }}"
    own = await helm.data(line, files={"values.yaml": "num: 12345678\n"})
    given = await helm.data(line, values={"num": 12345678})
    assert own == given == "p1.2345678e+07"
    assert await helm.data("{{ .Values.num }}", values={"num": 12345678}) == 12345678, "as a number it is what it was"


# --- errors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"Chart.yaml": CHART + "kubeVersion: '>=1.99.0'\n"}, "requires kubeVersion: >=1.99.0 .* Kubernetes v1.36.0"),
        ({"Chart.yaml": CHART + "kubeVersion: 'not a range'\n"}, "kubeVersion 'not a range' is not a version range"),
        (
            {"Chart.yaml": CHART + "dependencies:\n- {name: a, version: 1.0.0}\n- {name: b, version: 1.0.0}\n"},
            r"dependencies are missing: a, b; vendor them into charts/ \(helm dependency build\)",
        ),
        ({"Chart.yaml": CHART + "type: library\n"}, "chart demo is a library chart"),
        ({"Chart.yaml": "{{{"}, "cannot load Chart.yaml"),
        ({"Chart.yaml": "name: x\n"}, "chart.metadata|apiVersion|version"),
        ({"values.yaml": "a: [\n"}, "cannot load values.yaml: .*line 1"),
        ({"templates/a.yaml": "ok: 1\nbad: {{ .Values.a.b.c }}\n"}, r"demo/templates/a.yaml:2:\d+(?s:.*)nil pointer"),
        ({"templates/a.yaml": 'a: 1\n\nb: {{ fail "no way" }}\n'}, r"\(demo/templates/a.yaml:3:\d+\): no way"),
        ({"templates/a.yaml": 'b: {{ required "need x" .Values.x }}\n'}, r"a.yaml:1:\d+\): need x"),
        ({"templates/a.yaml": "a: 1\nbad: {{ if }}\n"}, r"demo/templates/a.yaml:2\): missing value for if"),
        ({"templates/a.yaml": "{{ nothing }}\n"}, r"a.yaml:1\): function .nothing. not defined"),
        (
            {
                "templates/_x.tpl": '{{ define "x" }}\n{{ fail "deep" }}{{ end }}',
                "templates/a.yaml": '{{ include "x" . }}',
            },
            "deep",
        ),
    ],
)
async def test_errors_name_file_line_and_what_to_do(files: dict[str, str], message: str, helm: Bench) -> None:
    with pytest.raises(UserError, match=message) as caught:
        await helm.text(files)
    assert caught.value.reason == "HelmTemplateFailed"
    assert caught.value.message.startswith("Helm: ")
    assert tempfile.gettempdir() not in caught.value.message


SCHEMA = '{"type": "object", "required": ["num"], "properties": {"num": {"type": "integer"}}}'


async def test_values_are_held_to_the_schema_with_the_charts_own_included(helm: Bench) -> None:
    files = {"values.schema.json": SCHEMA, "values.yaml": "num: 3\n", "templates/a.yaml": "num: {{ .Values.num }}\n"}
    assert await helm.objects(files) == [{"num": 3}]
    with pytest.raises(UserError, match=r"schema(?s:.*)demo:(?s:.*)'/num': got string, want integer"):
        await helm.text(files, values={"num": "many"})
    with pytest.raises(UserError, match=r"missing property 'num'"):
        await helm.text({**files, "values.yaml": ""})


async def test_validation_can_be_skipped_for_subcharts_too(helm: Bench) -> None:
    sub = {"Chart.yaml": "apiVersion: v2\nname: sub\nversion: 0.1.0\n", "values.schema.json": SCHEMA}
    other = {**sub, "Chart.yaml": sub["Chart.yaml"].replace("sub", "packed")}
    files = {
        "values.schema.json": SCHEMA,
        "templates/a.yaml": "num: {{ .Values.num }}\n",
        **{f"charts/sub/{name}": content for name, content in sub.items()},
        "charts/packed-0.1.0.tgz": pack(other, root="packed"),
    }
    with pytest.raises(UserError, match="schema"):
        await helm.text(files, values={"num": "many"})
    assert await helm.objects(files, values={"num": "many"}, skip_schema_validation=True) == [{"num": "many"}]


async def test_an_include_that_includes_itself_is_told_briefly(helm: Bench) -> None:
    await helm.text({"templates/a.yaml": "a: 1"})
    pid = helm.workers.pids()
    with pytest.raises(UserError, match=r"demo/templates/a.yaml:1(?s:.*) … (?s:.*)nested reference name: x") as caught:
        await helm.text({"templates/a.yaml": '{{ define "x" }}{{ include "x" . }}{{ end }}{{ include "x" . }}'})
    assert len(caught.value.message) < 1000
    assert helm.workers.pids() == pid, "Helm noticed by itself"


async def test_a_chart_that_kills_its_worker_is_told_and_kills_nothing_else(helm: Bench) -> None:
    await helm.text({"templates/a.yaml": "a: 1"})
    (before,) = helm.workers.pids()
    with pytest.raises(UserError, match="made the tool crash; look for templates that include themselves") as caught:
        await helm.text({"templates/a.yaml": '{{ repeat 9999999999 "x" }}'})
    assert caught.value.reason == "HelmTemplateFailed"
    assert not psutil.pid_exists(before)
    assert await helm.objects({"templates/a.yaml": "a: 1"}) == [{"a": 1}]


async def test_a_chart_that_never_ends_is_stopped() -> None:
    workers = HelmWorkers(timeout_seconds=1.5)
    bench = Bench(workers)
    await bench.text({"templates/a.yaml": "a: 1"})
    endless = {"templates/a.yaml": "{{ range until 30000 }}{{ range until 30000 }}{{ end }}{{ end }}"}
    with pytest.raises(UserError, match=r"Helm took longer than 1\.5 s for this chart and was stopped") as caught:
        await bench.text(endless)
    assert caught.value.reason == "RenderTimeout"
    assert await bench.objects({"templates/a.yaml": "a: 1"}) == [{"a": 1}]
    await workers.close()
    assert workers.pids() == []


async def test_a_chart_that_never_ends_holds_up_no_other_and_one_worker_is_enough_else(monkeypatch) -> None:
    monkeypatch.setattr(helm_adapter, "PATIENCE_SECONDS", 0.05)
    workers = HelmWorkers(timeout_seconds=30)
    bench = Bench(workers)
    for number in range(5):
        await bench.text({"templates/a.yaml": f"a: {number}"})
    assert len(workers.pids()) == 1
    endless = {"templates/a.yaml": "{{ range until 30000 }}{{ range until 30000 }}{{ end }}{{ end }}"}
    stuck = asyncio.ensure_future(bench.text(endless))
    await asyncio.sleep(0)  # it takes the free worker
    assert await bench.objects({"templates/a.yaml": "a: 1"}) == [{"a": 1}]
    assert not stuck.done()
    assert len(workers.pids()) == 2
    stuck.cancel()
    await asyncio.wait([stuck])
    await workers.close()


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        (b"", "length must be"),
        (b"no archive", "."),
        (pack({"templates/a.yaml": "a: 1"}), "Chart.yaml file is missing"),
        (pack_member("demo/../../x", content=b"x"), "illegally references parent directory"),
        (pack_member("demo/big", content=b"\0" * (6 * 2**20)), "larger than the maximum file size"),
    ],
)
async def test_broken_and_hostile_archives_are_refused(archive: bytes, message: str, helm: Bench) -> None:
    with pytest.raises(UserError, match=message) as caught:
        await helm.workers.render(HelmRequest("rel", "ns", archive=archive))
    assert caught.value.reason == "HelmTemplateFailed"


async def test_an_archive_that_unpacks_to_very_much_is_refused(helm: Bench) -> None:
    bomb = pack({"Chart.yaml": CHART, **{f"f{number}": b"\0" * (4 * 2**20) for number in range(30)}})
    assert len(bomb) < 300_000
    with pytest.raises(UserError, match="decompressed chart is larger than the maximum size"):
        await helm.workers.render(HelmRequest("rel", "ns", archive=bomb))


async def test_concurrent_renders_do_not_mix(helm: Bench) -> None:
    files = {"templates/a.yaml": "num: {{ .Values.num }}\nrelease: {{ .Release.Name }}\n"}
    names = [f"r{number}" for number in range(20)]
    found = await asyncio.gather(
        *(helm.objects(files, release_name=name, values={"num": number}) for number, name in enumerate(names))
    )
    assert found == [[{"num": number, "release": name}] for number, name in enumerate(names)]

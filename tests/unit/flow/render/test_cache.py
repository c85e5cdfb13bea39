"""Whatever is edited: a cached answer is what rendering afresh gives, and what was not read makes nothing render again.

The tools stand aside for doubles that answer with a fingerprint of all that they were handed. So a cache key that lacks
any input gives another object here, even where the real tool would have made the same of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fakes.charts import CHART
from tests.fakes.git_files import Commits, Content, Link
from tests.unit.flow.render.bench import URL, MemoryCharts, MemoryStore, request

from dokaseca.flow.render import run
from dokaseca.flow.render.request import ResolvedSource, Tools
from dokaseca.kit import digest
from dokaseca.model.errors import UserError
from dokaseca.model.rendered import RenderedSet
from dokaseca.model.revision import Commit
from dokaseca.ports.git import Entry, Tree
from dokaseca.ports.renderer import Files, HelmRequest

pytestmark = pytest.mark.asyncio(loop_scope="module")

Spec = dict[str, Any]


def config_map(name: str, value: str = "1") -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{x: '{value}'}}\n"


def fingerprint(files: Files, *rest: Any) -> str:
    return digest.of_value([[[path, digest.of_bytes(content)] for path, content in sorted(files.items())], *rest])


class Helm:
    """`ports.renderer.Helm`."""

    async def render(self, request: HelmRequest) -> str:
        asked = {name: getattr(request, name) for name in HelmRequest.__slots__ if name not in ("files", "archive")}
        seen = fingerprint(request.files, asked, digest.of_bytes(request.archive or b""))
        return f"---\n# Source: demo/templates/a.yaml\n{config_map('helm', seen)}"


class Kustomize:
    """`ports.renderer.Kustomize`."""

    async def build(self, files: Files, path: str, options: tuple[str, ...] = ()) -> str:
        return config_map("kustomize", fingerprint(files, path, options))


class Jsonnet:
    """`ports.renderer.Jsonnet`."""

    async def evaluate(self, files: Files, path: str, **variables: Any) -> Any:
        data = {"x": fingerprint(files, path, variables)}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "jsonnet"}, "data": data}


class ReadingTree:
    """A tree that notes which blobs were read."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.read_paths: set[str] = set()

    @property
    def commit(self) -> Commit:
        return self._tree.commit

    def entry_or_none(self, path: str) -> Entry | None:
        return self._tree.entry_or_none(path)

    def children(self, path: str) -> list[Entry]:
        return self._tree.children(path)

    def walk(self, path: str) -> Iterator[Entry]:
        return self._tree.walk(path)

    def resolve_link(self, path: str) -> str:
        return self._tree.resolve_link(path)

    def read(self, path: str, *, limit_bytes: int) -> bytes:
        self.read_paths.add(self._tree.resolve_link(path))
        return self._tree.read(path, limit_bytes=limit_bytes)


class Room:
    """Renders commits of two repositories with the doubles."""

    def __init__(self, commits: Commits) -> None:
        self._commits = commits
        self._charts = MemoryCharts()
        self._chart = self._charts.add({"Chart.yaml": CHART, "templates/a.yaml": "x", "prod.yaml": "p: 1\n"})

    def sources(self, files: Mapping[str, Content], specs: list[Spec]) -> tuple[ResolvedSource, ...]:
        tree = self._commits.tree(files)
        return tuple(self._source(ReadingTree(tree), spec) for spec in specs)

    def _source(self, tree: Tree, spec: Spec) -> ResolvedSource:
        spec = {"repoURL": URL, **spec}
        if "chart" in spec:
            return ResolvedSource(spec, self._chart.version, None, self._chart)
        return ResolvedSource(spec, tree.commit.sha, tree, None)

    async def render(
        self, sources: tuple[ResolvedSource, ...], cache: MemoryStore, **around: Any
    ) -> RenderedSet | tuple[str, str]:
        """The rendered set, or reason and place of the error (the revision stands in some messages)."""
        tools = Tools(Helm(), Kustomize(), Jsonnet(), self._charts, cache)
        try:
            return await run.render(request(*sources, **around), tools)
        except UserError as error:
            return error.reason, error.subject.partition(" at ")[0]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    yield Room(Commits(tmp_path_factory.mktemp("commits") / "repo.git"))


LABELS = "commonLabels: {{a: b}}\nresources: [{}]\n"

FILES: dict[str, Content] = {
    "plain/a.yaml": config_map("a"),
    "plain/b.json": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}}',
    "plain/link.yaml": Link("../common/cm.yaml"),
    "plain/sub/c.yml": config_map("c"),
    "plain/README.md": "1",
    "plain/values.yaml": "no: manifest\n",
    "jsonnet/main.jsonnet": "import 'one.libsonnet'",
    "jsonnet/one.libsonnet": "import 'lib.libsonnet'",
    "jsonnet/unused.libsonnet": "1",
    "jsonnet/text": "1",
    "lib-a/lib.libsonnet": "importstr 'text'",
    "lib-b/lib.libsonnet": "{}",
    "lib-b/other.libsonnet": "{}",
    "chart/Chart.yaml": CHART,
    "chart/.helmignore": "*.bak\n",
    "chart/old.bak": "1",
    "chart/templates/a.yaml": "x",
    "chart/templates/_link.tpl": Link("../../common/_lib.tpl"),
    "chart/values.yaml": "a: 1\n",
    "chart/prod.yaml": "b: 1\n",
    "envs/one.yaml": "c: 1\n",
    "envs/two.yaml": "c: 2\n",
    "envs/param.txt": "1",
    "overlay/kustomization.yaml": "resources: [../base, link.yaml]\n"
    "configMapGenerator: [{name: g, files: [f=../envs/param.txt]}]\n",
    "overlay/link.yaml": Link("../common/cm.yaml"),
    "overlay/patch.yaml": config_map("base", "2"),
    "overlay/unused.yaml": config_map("unused"),
    "base/kustomization.yaml": LABELS.format("cm.yaml"),
    "base/cm.yaml": config_map("base"),
    "comp/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: comp-\n",
    "common/cm.yaml": config_map("common"),
    "common/_lib.tpl": "{{/* 1 */}}",
}
ADDED: dict[str, Content] = {
    "plain/new.yaml": config_map("new"),
    "plain/.argocd-source.yaml": "directory: {recurse: true}\n",
    "jsonnet/lib.libsonnet": "{nearer: true}",
    "lib-b/one.libsonnet": "{}",
    "lib-b/text": "2",
    "chart/.argocd-source.yaml": "helm: {releaseName: from-repo}\n",
    "chart/.argocd-source-shop.yaml": "helm: {valueFiles: [/envs/two.yaml]}\n",
    "chart/.argocd-source-cart.yaml": "helm: {namespace: cart}\n",
    "chart/maybe.yaml": "m: 1\n",
    "envs/three.yaml": "d: 3\n",
    "overlay/.argocd-source.yaml": "kustomize: {namePrefix: from-repo-}\n",
    "base/extra.yaml": config_map("extra"),
    "later/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n",
}

BUILD = ["fixed", "$ARGOCD_APP_NAME", "${ARGOCD_APP_REVISION}", "$$ARGOCD_APP_NAMESPACE", "$ARGOCD_APP_PROJECT_NAME"]
texts = st.sampled_from(BUILD)


def options(required: dict[str, Any] | None = None, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Spec]:
    return st.fixed_dictionaries(dict(required or {}), optional=fields)


variables = st.lists(options({"name": st.sampled_from("ab"), "value": texts}, code=st.booleans()), max_size=2)
directories = options(
    {"path": st.sampled_from(["plain", "jsonnet", "."])},
    directory=options(
        recurse=st.booleans(),
        include=st.sampled_from(["", "*.yaml", "{a,b}.*"]),
        exclude=st.sampled_from(["", "b.*", "values.yaml"]),
        jsonnet=options(
            extVars=variables,
            tlas=variables,
            libs=st.lists(st.sampled_from(["lib-a", "lib-b"]), unique=True, max_size=2),
        ),
    ),
)
helm_fields: dict[str, st.SearchStrategy[Any]] = {
    "parameters": st.lists(
        options({"name": st.sampled_from(["p", "q.r[0]"]), "value": texts}, forceString=st.booleans()), max_size=2
    ),
    "values": st.sampled_from(["", "v: 1", "v: 2"]),
    "valuesObject": st.sampled_from([{}, {"o": 1}, {"o": 1.5}]),
    "releaseName": st.sampled_from(["", "rel"]),
    "namespace": st.sampled_from(["", "space"]),
    "ignoreMissingValueFiles": st.booleans(),
    "skipCrds": st.booleans(),
    "skipTests": st.booleans(),
    "skipSchemaValidation": st.booleans(),
    "kubeVersion": st.sampled_from(["", "v1.30.0"]),
    "apiVersions": st.lists(texts, max_size=1),
}
files_given = st.lists(
    st.sampled_from(
        [
            "prod.yaml",
            "maybe.yaml",
            "/envs/*.yaml",
            "/envs/$ARGOCD_APP_NAME.yaml",
            "$values/envs/two.yaml",
            "$values/envs/t*.yaml",
        ]
    ),
    max_size=3,
)
parameters_from_files = st.lists(
    options(
        {
            "name": st.sampled_from("fg"),
            "path": st.sampled_from(["prod.yaml", "/envs/param.txt", "$values/envs/param.txt"]),
        }
    ),
    max_size=2,
)
charts = options(
    {"path": st.just("chart")},
    helm=options(valueFiles=files_given, fileParameters=parameters_from_files, **helm_fields),
)
packed = options(
    {"chart": st.just("demo")},
    helm=options(
        valueFiles=st.lists(st.sampled_from(["prod.yaml", "maybe.yaml", "$values/envs/two.yaml"])), **helm_fields
    ),
)
pairs = st.dictionaries(st.sampled_from("ab"), texts, max_size=2)
overlays = options(
    {"path": st.sampled_from(["overlay", "base"])},
    kustomize=options(
        namePrefix=st.sampled_from(["", "a-"]),
        nameSuffix=st.sampled_from(["", "-z"]),
        namespace=st.sampled_from(["", "space"]),
        images=st.lists(st.sampled_from(["a:1", "a=b:$ARGOCD_APP_REVISION", "*:2"]), max_size=2),
        replicas=st.lists(st.just({"name": "web", "count": 2}), max_size=1),
        commonLabels=pairs,
        forceCommonLabels=st.booleans(),
        labelWithoutSelector=st.booleans(),
        labelIncludeTemplates=st.booleans(),
        commonAnnotations=pairs,
        forceCommonAnnotations=st.booleans(),
        commonAnnotationsEnvsubst=st.booleans(),
        patches=st.lists(st.sampled_from([{"path": "patch.yaml"}, {"patch": "{kind: X}"}]), max_size=1),
        components=st.lists(st.sampled_from(["../comp", "../later"]), unique=True, max_size=2),
        ignoreMissingComponents=st.booleans(),
    ),
)
sources = st.lists(st.one_of(directories, charts, packed, overlays), min_size=1, max_size=2)
REF: Spec = {"ref": "values"}

changed = {path: [content, f"{content}# changed\n"] for path, content in FILES.items() if isinstance(content, str)}
trees = st.builds(
    lambda edits, more, fewer: {
        path: content for path, content in {**FILES, **edits, **more}.items() if path not in fewer
    },
    st.fixed_dictionaries({}, optional={path: st.sampled_from(both) for path, both in changed.items()}),
    st.dictionaries(st.sampled_from(sorted(ADDED)), st.none()).map(lambda names: {name: ADDED[name] for name in names}),
    st.sets(st.sampled_from(sorted(FILES)), max_size=2),
)
surroundings = options(
    app_name=st.sampled_from(["shop", "cart", "one"]),
    destination_namespace=st.sampled_from(["prod", "test"]),
    project=st.sampled_from(["team-a", "team-b"]),
    kube_version=st.sampled_from(["v1.36.0", "v1.31.0"]),
    api_versions=st.sampled_from([("v1",), ("v1", "apps/v1")]),
)

BLOCKS = ("directory", "helm", "kustomize")


def read_by(found: tuple[ResolvedSource, ...]) -> set[str]:
    return {path for source in found if isinstance(source.tree, ReadingTree) for path in source.tree.read_paths}


def with_other_field(draw: Callable[..., Any], spec: Spec) -> Spec:
    """`spec` with one field as another source of the same kind has it."""
    kind = next(one for one in (packed, charts, overlays, directories) if is_of(one, spec))
    other = draw(kind, label="other source")
    block = next((one for one in BLOCKS if one in {**spec, **other}), "path")
    ours, theirs = spec.get(block), other.get(block)
    if not isinstance(ours, dict) or not isinstance(theirs, dict):
        return {**spec, **other}
    field = draw(st.sampled_from(sorted({*ours, *theirs}) or [""]), label="field")
    changed = {name: value for name, value in ours.items() if name != field}
    return {**spec, block: {**changed, **{name: value for name, value in theirs.items() if name == field}}}


def is_of(kind: st.SearchStrategy[Spec], spec: Spec) -> bool:
    if "chart" in spec:
        return kind is packed
    folder = spec["path"]
    return kind is (charts if folder == "chart" else overlays if folder in ("overlay", "base") else directories)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(specs=sources, files=trees, around=surroundings, data=st.data())
async def test_after_any_edit_a_hit_equals_a_fresh_render(
    specs: list[Spec], files: dict[str, Content], around: Spec, data: st.DataObject, room: Room
) -> None:
    cache = MemoryStore()
    for _ in range(4):
        found = room.sources(files, [*specs, REF])
        fresh = await room.render(found, MemoryStore(), **around)
        assert await room.render(found, cache, **around) == fresh, "with what was rendered before the edit"
        match data.draw(st.sampled_from(["read", "add", "remove", "field", "around"]), label="edit"):
            case "read":
                path = data.draw(st.sampled_from(sorted(read_by(found)) or ["new"]), label="path")
                files = {**files, path: f"{files.get(path, '')}# edited\n"}
            case "add":
                path = data.draw(st.sampled_from(sorted(ADDED)), label="path")
                files = {**files, path: ADDED[path]}
            case "remove":
                path = data.draw(st.sampled_from(sorted(files)), label="path")
                files = {name: content for name, content in files.items() if name != path}
            case "field":
                specs = [with_other_field(data.draw, specs[0]), *specs[1:]]
            case "around":
                around = {**around, **data.draw(surroundings, label="surroundings")}


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(specs=sources, files=trees, around=surroundings, data=st.data())
async def test_an_edit_of_what_was_not_read_renders_nothing_again(
    specs: list[Spec], files: dict[str, Content], around: Spec, data: st.DataObject, room: Room
) -> None:
    cache = MemoryStore()
    found = room.sources(files, [*specs, REF])
    first = await room.render(found, cache, **around)
    if not isinstance(first, RenderedSet) or "ARGOCD_APP_REVISION" in str([*specs, files.get(".argocd-source.yaml")]):
        return
    read = read_by(found)
    unread = sorted(path for path, content in files.items() if isinstance(content, str) and path not in read)
    edited = data.draw(st.sampled_from(unread), label="edited") if unread else "new-folder/x"
    puts = cache.puts
    again = room.sources({**files, edited: f"{files.get(edited, '')}# another\n"}, [*specs, REF])
    assert await room.render(again, cache, **around) == first
    assert cache.puts == puts


def jsonnet(**fields: Any) -> Spec:
    return {"path": "jsonnet", "directory": {"jsonnet": fields}}


VARIABLE = {"name": "a", "value": "1"}
PROJECT = {"name": "p", "value": "$ARGOCD_APP_PROJECT_NAME"}
ONE_BY_ONE: dict[str, tuple[Spec, Spec, Spec]] = {
    "extVars": (jsonnet(extVars=[VARIABLE]), jsonnet(extVars=[{**VARIABLE, "value": "2"}]), {}),
    "extVars as code": (jsonnet(extVars=[VARIABLE]), jsonnet(extVars=[{**VARIABLE, "code": True}]), {}),
    "tlas": (jsonnet(extVars=[VARIABLE]), jsonnet(tlas=[VARIABLE]), {}),
    "libs": (jsonnet(libs=["lib-a", "lib-b"]), jsonnet(libs=["lib-b", "lib-a"]), {}),
    "project in jsonnet": (jsonnet(tlas=[PROJECT]), jsonnet(tlas=[PROJECT]), {"project": "team-b"}),
    "project in helm": (
        {"path": "chart", "helm": {"parameters": [PROJECT]}},
        {"path": "chart", "helm": {"parameters": [PROJECT]}},
        {"project": "team-b"},
    ),
    "project in kustomize": (
        {"path": "overlay", "kustomize": {"images": ["a:$ARGOCD_APP_PROJECT_NAME"]}},
        {"path": "overlay", "kustomize": {"images": ["a:$ARGOCD_APP_PROJECT_NAME"]}},
        {"project": "team-b"},
    ),
}


@pytest.mark.parametrize(("before", "after", "around"), ONE_BY_ONE.values(), ids=ONE_BY_ONE)
async def test_what_a_tool_is_handed_otherwise_renders_again(
    before: Spec, after: Spec, around: Spec, room: Room
) -> None:
    cache = MemoryStore()
    first = await room.render(room.sources(FILES, [before]), cache)
    again = await room.render(room.sources(FILES, [after]), cache, **around)
    assert isinstance(first, RenderedSet) and isinstance(again, RenderedSet)
    assert again.objects != first.objects
    assert cache.puts == 2

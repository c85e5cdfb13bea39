"""What ApplicationSets may look like, right more often than not, and the clusters, trees and forges around them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson
from hypothesis import strategies as st

from dokaseca.generate.cluster_secret import ClusterSecret
from dokaseca.generate.templates.gotemplate.values import StringMap
from dokaseca.model.manifest import Manifest

URL = "https://git.test/a.git"
PARAMETERS = [
    "name", "nameNormalized", "server", "project", "values.a", "values.b", "metadata.labels.env", "metadata.labels",
    "path", "path.basename", "path.path", "path[0]", "p.path", "path.filename", "number", "branch", "branch_slug",
    "labels", "repository", "repository_id", "sha", "clusters", "a", "b", "a.b", "cluster", "generator.input", "env",
]  # fmt: skip
GO_TEXTS = [
    "{{ .name | upper }}", '{{ index .metadata.labels "env" }}', "{{ index .path.segments 0 }}", "{{ . | toJson }}",
    "{{ range .clusters }}{{ .name }},{{ end }}", "{{ if .a }}{{ .a }}{{ else }}x{{ end }}", "{{ .a | toYaml }}",
    "{{ with .b }}{{ . }}{{ end }}", '{{ default "d" .a | quote }}', "{{ slugify .name }}", "{{ normalize .branch }}",
    '{{ dig "a" "b" "none" . }}', "{{ .a | fromYaml }}", "{{ len .labels }}", '{{ set . "a" "changed" }}{{ .a }}',
    "{{ .name", "{{ nothing }}", "{{ range $i, $e := . }}{{ $i }}{{ end }}", "{{ .a.b.c.d }}", "{{ add .a 1 }}",
    '{{ printf "%d %v" .a .b }}', "{{ .clusters | toJson }}", "{{ .name | trunc 3 }}", "{{ fail .name }}",
    "{{ tpl .a . }}", "{{ splitList \".\" .name | first }}", "{{ until 3 | toJson }}", "{{- end -}}", "{{}}",
]  # fmt: skip
PATCHES = [
    "spec:\n  project: other\n  a: {{name}}", '{"metadata": {"labels": {"a": "{{.name}}"}}}', "- a", "", "spec: {}",
    "metadata:\n  finalizers: [a]", "$patch: delete", "spec:\n  $patch: replace\n  b: 1", "a: {", "spec: 3",
    "metadata:\n  $deleteFromPrimitiveList/finalizers: [a]\n  name: 3", "spec:\n  $deleteFromPrimitiveList/a: [a]",
    "spec: null\nmetadata: null", "1: 2", "spec:\n  1: {2: 3}", "kind: Secret\napiVersion: v1", "spec:\n  $patch: [a]",
    "{{ toYaml . }}", "spec:\n{{ range .clusters }}  - {{ .name }}\n{{ end }}", "\tx: 1",
]  # fmt: skip
FILES = [
    "a: 1\nb: {b: two}",
    "- a: x\n- a: y\n  b: [1, {c: 2}]",
    "",
    "path: mine\nname: n",
    "a: 1e300\nb: 9223372036854775807",
    '{"a": "{{ .name }}"}',
    "a: 2026-01-01",
    "a: &x [1]\nb: *x",
    "values: {a: 1}\nmetadata: {labels: {env: dev}}",
    "a: !!binary aGk=",
    "---\na: 1\n---\nb: 2",
]
BROKEN_FILES = [
    "text", "[1, 2]", "\ta", "a: .nan", "2: y", "a: 1e400\nb: 99999999999999999999", "a: [", "a: *b", "\x00",
]  # fmt: skip


def mostly(usual: st.SearchStrategy[Any], other: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """`usual`, and one time in sixteen `other`."""
    return st.integers(0, 15).flatmap(lambda drawn: other if drawn == 7 else usual)


NAMES = st.sampled_from(["a", "b", "env", "name", "values", "path", "cluster", "a.b", "a/b", "{{name}}", "{{ .a }}"])
TEXTS = st.one_of(
    st.sampled_from(["", "a", "b", "dev", "prod", "true", "0", "main", "web", "x" * 300, "A_b/C", "{{", "}}", "ü"]),
    st.sampled_from(PARAMETERS).map(lambda name: "{{" + name + "}}"),
    st.sampled_from(PARAMETERS).map(lambda name: "{{ ." + name + " }}"),
    st.sampled_from(GO_TEXTS),
    st.text(max_size=8),
)
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False, allow_infinity=False), TEXTS
)
VALUES = st.recursive(
    LEAVES,
    lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(NAMES, below, max_size=3)),
    max_leaves=8,
)
MAPS = st.dictionaries(NAMES, TEXTS, max_size=3)
ELEMENTS = st.dictionaries(st.sampled_from(["a", "b", "env", "name", "cluster"]), TEXTS, min_size=1, max_size=3)
LABELS = [name for name in PARAMETERS if "[" not in name]
KEYS = mostly(st.sampled_from(LABELS), TEXTS)
EXPRESSIONS = st.one_of(
    st.fixed_dictionaries({"key": KEYS, "operator": st.sampled_from(["Exists", "DoesNotExist"])}),
    st.fixed_dictionaries(
        {"key": KEYS, "operator": st.sampled_from(["In", "NotIn"]), "values": st.lists(TEXTS, min_size=1, max_size=2)}
    ),
)
SELECTORS = st.fixed_dictionaries(
    {},
    optional={
        "matchLabels": st.dictionaries(KEYS, TEXTS, max_size=2),
        "matchExpressions": st.lists(EXPRESSIONS, max_size=2),
    },
)
PATTERNS = mostly(
    st.sampled_from(["*", "apps/*", "**", "apps/**/b.yaml", "apps/[a-b]*", "*.yaml", "{a,b}.yaml"]),
    st.sampled_from(["[", "", "/", "\\", "../*", "{a,"]),
)
ENTRIES = st.lists(
    st.fixed_dictionaries({"path": mostly(PATTERNS, TEXTS)}, optional={"exclude": st.booleans()}),
    min_size=1,
    max_size=3,
)
REGEXES = mostly(st.sampled_from(["a", "^web$", "(a|a)*b", ".*"]), st.sampled_from(["(", "(?=a)", "[a-z]{1,2000}"]))
REFERENCE = st.just({"secretName": "token", "key": "token"})
LOGIN = st.fixed_dictionaries({}, optional={"tokenRef": REFERENCE, "labels": st.lists(TEXTS, max_size=1)})


def _over(made: st.SearchStrategy[Any], **fixed: Any) -> st.SearchStrategy[Any]:
    return made.map(lambda one: {**fixed, **one})


SCM_FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "repositoryMatch": REGEXES,
        "labelMatch": REGEXES,
        "branchMatch": REGEXES,
        "pathsExist": st.lists(TEXTS, max_size=2),
    },
)
PROVIDERS = {
    "github": _over(st.fixed_dictionaries({}, optional={"allBranches": st.booleans()}), organization="acme"),
    "gitlab": _over(st.fixed_dictionaries({}, optional={"topic": TEXTS}), group="acme"),
    "awsCodeCommit": st.just({"allBranches": True}),
}
FORGES = st.sampled_from(sorted(PROVIDERS)).flatmap(
    lambda name: st.fixed_dictionaries(
        {name: PROVIDERS[name]},
        optional={
            "cloneProtocol": st.sampled_from(["ssh", "https", "x"]),
            "values": MAPS,
            "filters": st.lists(SCM_FILTERS, max_size=2),
        },
    )
)
PULL_REQUESTS = st.fixed_dictionaries(
    {"github": _over(LOGIN, owner="acme", repo="web")},
    optional={
        "values": MAPS,
        "continueOnRepoNotFoundError": st.booleans(),
        "filters": st.lists(
            st.fixed_dictionaries({}, optional={"branchMatch": REGEXES, "titleMatch": REGEXES}), max_size=2
        ),
    },
)
TEMPLATES = st.fixed_dictionaries(
    {
        "metadata": st.fixed_dictionaries(
            {"name": TEXTS}, optional={"labels": MAPS, "annotations": MAPS, "finalizers": st.lists(TEXTS, max_size=2)}
        ),
        "spec": st.fixed_dictionaries(
            {"project": TEXTS},
            optional={
                "source": st.fixed_dictionaries({"repoURL": TEXTS, "helm": VALUES}),
                "sources": st.lists(VALUES, max_size=2),
                "destination": st.fixed_dictionaries({}, optional={"server": TEXTS, "name": TEXTS, "namespace": TEXTS}),
                "syncPolicy": VALUES,
            },
        ),
    }
)
TERMINALS = {
    "list": st.fixed_dictionaries(
        {"elements": st.lists(mostly(ELEMENTS, st.dictionaries(NAMES, VALUES, max_size=3)), max_size=3)},
        optional={
            "elementsYaml": mostly(st.just("- a: x\n  b: {c: 1}"), st.one_of(st.sampled_from(BROKEN_FILES), TEXTS))
        },
    ),
    "clusters": st.fixed_dictionaries(
        {},
        optional={
            "selector": SELECTORS,
            "values": MAPS,
            "flatList": st.booleans(),
            "template": mostly(TEMPLATES, VALUES),
        },
    ),
    "git": st.one_of(
        *(
            st.fixed_dictionaries(
                {"repoURL": mostly(st.just(URL), TEXTS), kind: ENTRIES},
                optional={
                    "revision": TEXTS,
                    "values": MAPS,
                    "pathParamPrefix": TEXTS,
                    "requeueAfterSeconds": st.integers(0, 10**12),
                },
            )
            for kind in ("files", "directories")
        )
    ),
    "scmProvider": FORGES,
    "pullRequest": PULL_REQUESTS,
    "clusterDecisionResource": st.fixed_dictionaries(
        {"configMapRef": st.just("decisions"), "name": st.just("placement")}, optional={"values": MAPS}
    ),
    "plugin": st.fixed_dictionaries(
        {"configMapRef": st.just({"name": "plugin"})},
        optional={"input": st.fixed_dictionaries({"parameters": MAPS}), "values": MAPS},
    ),
}
SPECS = st.sampled_from(sorted(TERMINALS)).flatmap(lambda kind: st.fixed_dictionaries({kind: TERMINALS[kind]}))


@st.composite
def entries(draw: st.DrawFn, depth: int = 0) -> dict[str, Any]:
    """One entry of `generators`: a generator, sometimes two, sometimes a combination of others, often a selector."""
    combined = st.sampled_from(["terminal", "terminal", "matrix", "merge"])
    plain = st.just("terminal")
    kind = draw([combined, combined, mostly(plain, combined), plain][depth])
    if kind == "terminal":
        made = draw(SPECS)
        if draw(mostly(st.just(False), st.just(True))):
            made = {**made, **draw(SPECS)}
    else:
        count = draw(mostly(st.just(2), st.sampled_from([1, 3])))
        below: dict[str, Any] = {"generators": [draw(entries(depth + 1)) for _ in range(count)]}
        if kind == "merge":
            below["mergeKeys"] = draw(st.lists(st.sampled_from(PARAMETERS), min_size=1, max_size=2))
        made = {kind: below}
    if draw(st.integers(0, 3)) == 0:
        made = {**made, "selector": draw(SELECTORS)}
    return made


STEPS = st.fixed_dictionaries(
    {"matchExpressions": st.lists(EXPRESSIONS, max_size=2)},
    optional={"maxUpdate": mostly(st.sampled_from([0, 1, "50%"]), st.one_of(TEXTS, st.integers()))},
)
STRATEGIES = st.fixed_dictionaries(
    {"type": mostly(st.sampled_from(["RollingSync", "AllAtOnce"]), TEXTS)},
    optional={
        "rollingSync": st.fixed_dictionaries({"steps": st.lists(STEPS, max_size=3)}),
        "deletionOrder": mostly(st.sampled_from(["Reverse", "AllAtOnce"]), TEXTS),
    },
)
SETS = st.fixed_dictionaries(
    {"generators": st.lists(entries(), min_size=1, max_size=2), "template": TEMPLATES},
    optional={
        "goTemplate": st.booleans(),
        "goTemplateOptions": st.lists(
            st.sampled_from(["missingkey=error", "missingkey=zero", "missingkey=default"]), max_size=2
        ),
        "templatePatch": mostly(st.sampled_from(PATCHES), TEXTS),
        "syncPolicy": st.fixed_dictionaries(
            {}, optional={"preserveResourcesOnDeletion": st.booleans(), "applicationsSync": st.sampled_from(["sync"])}
        ),
        "strategy": STRATEGIES,
        "ignoreApplicationDifferences": st.lists(
            st.fixed_dictionaries({}, optional={"jsonPointers": st.just(["/spec/project"]), "name": TEXTS}), max_size=1
        ),
    },
)


@dataclass
class World:
    """Everything outside of an ApplicationSet: `answers` are the plugin's, `labels` those of every repository."""

    clusters: list[ClusterSecret] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    decisions: Any = None
    answers: list[dict[str, Any]] = field(default_factory=list)
    labels: tuple[str, ...] = ()
    new_globbing: bool = False
    forge_fails: bool = False


@st.composite
def surroundings(draw: st.DrawFn) -> World:
    clusters = [
        ClusterSecret(
            draw(st.sampled_from(["dev", "prod", "", "Big_One", "in-cluster"])),
            draw(st.sampled_from(["https://a.test", "https://kubernetes.default.svc", ""])),
            labels=StringMap(draw(MAPS)),
            annotations=StringMap(draw(MAPS)),
        )
        for _ in range(draw(st.integers(0, 3)))
    ]
    paths = ["a.yaml", "apps/a/b.yaml", "apps/b/c.json", ".hidden/d.yaml", "apps/ü/e.yaml", "apps/[x]/f.yaml"]
    contents = mostly(st.sampled_from(FILES), st.sampled_from(BROKEN_FILES))
    files = {path: draw(contents) for path in draw(st.lists(st.sampled_from(paths), unique=True))}
    decided = st.lists(st.fixed_dictionaries({"clusterName": st.sampled_from(["dev", "prod"])}), max_size=2)
    return World(
        clusters,
        files,
        draw(mostly(decided, VALUES)),
        draw(st.lists(st.dictionaries(NAMES, VALUES, max_size=3), max_size=2)),
        tuple(draw(st.lists(TEXTS, max_size=2))),
        draw(st.booleans()),
        draw(mostly(st.just(False), st.just(True))),
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[Manifest, World]:
    """An ApplicationSet that is right more often than not, and its world."""
    spec = orjson.loads(orjson.dumps(draw(SETS)))  # nothing in it is shared
    for _ in range(draw(st.sampled_from([0, 0, 0, 0, 0, 1, 2]))):
        _spoil(draw, spec)
    return application_set(spec), draw(surroundings())


def application_set(spec: dict[str, Any]) -> Manifest:
    metadata = {"name": "set", "namespace": "argocd", "uid": "u1"}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "metadata": metadata, "spec": spec}


def _spoil(draw: st.DrawFn, value: Any) -> None:
    """Put something random in some place of `value`, take the place away, or give it another name."""
    while True:
        keys: list[Any] = sorted(value) if isinstance(value, dict) else list(range(len(value)))
        key = draw(st.sampled_from(keys))
        below = value[key]
        if not isinstance(below, dict | list) or not below or draw(st.integers(0, 3)) == 0:
            break
        value = below
    what = draw(st.integers(0, 5))
    if what == 0:
        del value[key]
    elif what == 1 and isinstance(value, dict):
        value[key + "x"] = value.pop(key)
    else:
        value[key] = draw(VALUES)

"""Platform files: what is read, and what is refused with file, line, column and what to do."""

from __future__ import annotations

import textwrap

import pytest

from dokaseca.bridge import platform
from dokaseca.bridge.platform import ClusterSpec, Platform, RepositorySpec
from dokaseca.model.errors import UserError

HEAD = "apiVersion: dokaseca.dev/v1alpha1\nkind: Platform\nmetadata: {name: demo}\n"


def load(text: str) -> Platform:
    return platform.load(textwrap.dedent(text).lstrip("\n").encode(), subject="platform.yaml")


def load_spec(spec: str) -> Platform:
    """A platform whose `spec` (from line 4 on) is this block."""
    return platform.load((HEAD + "spec:\n" + textwrap.indent(textwrap.dedent(spec), "  ")).encode(), subject="p.yaml")


def problems(text: str | bytes, subject: str = "p.yaml") -> list[str]:
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(UserError) as raised:
        platform.load(data, subject=subject)
    assert raised.value.reason == "InvalidPlatform"
    return str(raised.value).splitlines()


def spec_problems(spec: str) -> list[str]:
    return problems(HEAD + "spec:\n" + textwrap.indent(textwrap.dedent(spec), "  "))


def test_the_least_platform_is_a_hub_with_three_repositories_in_the_folder():
    assert load(HEAD + "spec: {}") == Platform(
        name="demo",
        hub=ClusterSpec("hub", "control-plane"),
        clusters=(),
        repositories={
            "addons": RepositorySpec(path="appsets"),
            "workloads": RepositorySpec(path="workloads"),
            "clusters": RepositorySpec(path="clusters"),
        },
    )


def test_everything_that_a_file_may_say_is_read():
    found = load_spec("""
        engine: dokaseca
        hub:
          name: control
          region: us
        clusters:
        - name: dev
          environment: dev
          region: asia-pacific
          cloud: aws
          distro: kind
          kubernetesVersion: v1.35.2
          labels: {domain: example.org, tier: 1, spot: true}
          annotations: {owner: me, count: 3, on: off}
          teams: {team-a: true, team-b: false}
          addons: {metrics-server: true, enable_velero: false}
        repositories:
          addons: {url: https://git.test/addons.git, basepath: "", path: sets, revision: v1}
    """)
    assert found.hub == ClusterSpec("control", "control-plane", region="us")
    assert found.clusters == (
        ClusterSpec(
            name="dev",
            environment="dev",
            region="asia-pacific",
            cloud="aws",
            distro="kind",
            kubernetes_version="v1.35.2",
            labels={"domain": "example.org", "tier": "1", "spot": "true"},
            annotations={"owner": "me", "count": "3", "true": "false"},
            teams={"team-a": True, "team-b": False},
            addons={"metrics-server": True, "enable_velero": False},
        ),
    )
    assert found.repositories["addons"] == RepositorySpec("https://git.test/addons.git", "", "sets", "v1")


@pytest.mark.parametrize(
    ("basepath", "path", "folder"),
    [
        ("argocd", "appsets", "argocd/appsets"),
        ("", "appsets", "appsets"),
        ("argocd", "", "argocd"),
        ("", "", ""),
        ("argocd/", "appsets/", "argocd/appsets"),
        ("/", "/appsets", "appsets"),
        ("a/b", "c/d", "a/b/c/d"),
    ],
)
def test_a_repository_folder_has_one_slash_between_its_parts(basepath, path, folder):
    assert RepositorySpec(basepath=basepath, path=path).folder == folder


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "p.yaml:1:1: the file is empty; a platform file needs apiVersion, kind, metadata, spec"),
        ("# nothing\n---\n", "p.yaml:1:1: the file is empty; a platform file needs apiVersion, kind, metadata, spec"),
        ("- a\n- b\n", "p.yaml:1:1: the file must be a mapping, not a list"),
        ("hello", "p.yaml:1:1: the file must be a mapping, not text"),
        ("a: [1, 2\nb: 3\n", "p.yaml:2:2: did not find expected ',' or ']'"),
        ("spec:\n\thub: {}\n", "p.yaml:2:1: a tab is used for indentation, which YAML forbids; use spaces"),
        ("kind: Platform\nspec: {}\nkind: Platform\n", "p.yaml:3:1: key 'kind' is there twice in one mapping; keep"),
        (HEAD + "spec: {}\n---\n" + HEAD, "p.yaml:6:1: holds several documents where one is expected"),
        (b"\xff\xfe", "p.yaml:1:1: is not UTF-8 text"),
    ],
)
def test_what_is_no_platform_file_is_refused_where_it_goes_wrong(text, line):
    (found,) = problems(text)
    assert found.startswith(line)


def test_each_missing_part_is_named():
    assert problems("kind: Platform\n") == [
        "p.yaml:1:1: the file needs the field 'apiVersion'",
        "p.yaml:1:1: the file needs the field 'metadata'",
        "p.yaml:1:1: the file needs the field 'spec'",
    ]
    assert problems(HEAD.replace("{name: demo}", "{}") + "spec: {}") == [
        "p.yaml:3:1: metadata needs the field 'name'",
    ]


def test_another_version_or_kind_is_refused():
    text = "apiVersion: dokaseca.dev/v2\nkind: Plattform\nmetadata: {name: demo}\nspec: {engine: argocd}\n"
    assert problems(text) == [
        'p.yaml:1:1: apiVersion must be dokaseca.dev/v1alpha1, not "dokaseca.dev/v2"',
        'p.yaml:2:1: kind must be Platform, not "Plattform"',
        'p.yaml:4:8: spec.engine must be dokaseca, not "argocd"',
    ]


def test_an_unknown_field_is_answered_with_the_nearest_one_or_with_all():
    assert spec_problems("clustres: []\nhub:\n  enviroment: x\n  zzz: 1\n") == [
        "p.yaml:5:3: unknown field \"clustres\"; did you mean 'clusters'?",
        "p.yaml:7:5: unknown field \"enviroment\"; did you mean 'environment'?",
        'p.yaml:8:5: unknown field "zzz"; known here: name, environment, region, cloud, distro, kubernetesVersion, '
        "labels, annotations, teams, addons",
    ]


@pytest.mark.parametrize(
    ("spec", "line"),
    [
        ("hub:\n", "p.yaml:5:3: spec.hub must be a mapping, not empty"),
        ("hub: {name: 5}", "p.yaml:5:9: spec.hub.name must be text, not the number 5"),
        ("hub: {name: true}", "p.yaml:5:9: spec.hub.name must be text, not the boolean true"),
        ("clusters: {dev: {}}", "p.yaml:5:3: spec.clusters must be a list, not a mapping"),
        ("clusters: [dev]", "p.yaml:5:14: spec.clusters[0] must be a mapping, not text"),
        ("clusters:\n- {name: dev}", "p.yaml:6:5: spec.clusters[0] needs the field 'environment'"),
        ("hub: {addons: {velero: 'true'}}", "p.yaml:5:18: spec.hub.addons.velero must be true or false, not text"),
        ("hub: {teams: [a]}", "p.yaml:5:9: spec.hub.teams must be a mapping, not a list"),
        (
            "hub: {labels: {a: 1.5}}",
            "p.yaml:5:18: spec.hub.labels.a must be text or true or false or a whole number, not the number 1.5",
        ),
        ("hub: {annotations: {a: {b: c}}}", "p.yaml:5:23: spec.hub.annotations.a must be text or true or false or"),
        ("repositories: {addons: https://git.test/a}", "p.yaml:5:18: spec.repositories.addons must be a mapping, not"),
        ("repositories: {addons: {url: ''}}", "p.yaml:5:27: spec.repositories.addons.url must not be empty"),
        ("repositories: {addon: {}}", "p.yaml:5:18: unknown field \"addon\"; did you mean 'addons'?"),
    ],
)
def test_wrong_types_are_named_with_their_place(spec, line):
    (found,) = spec_problems(spec)
    assert found.startswith(line)


@pytest.mark.parametrize(
    ("spec", "line"),
    [
        (
            "hub: {name: Hub}",
            'p.yaml:5:9: spec.hub.name is not valid: "Hub"; use lower-case letters, digits and dashes',
        ),
        ("hub: {name: -hub}", 'p.yaml:5:9: spec.hub.name is not valid: "-hub"; use lower-case letters'),
        ('hub: {name: "hub\\n"}', 'p.yaml:5:9: spec.hub.name is not valid: "hub\\n"; use lower-case letters'),
        (f"hub: {{name: {'a' * 54}}}", "p.yaml:5:9: spec.hub.name is longer than 53 characters"),
        ("hub: {name: in-cluster}", "p.yaml:5:9: cluster name 'in-cluster' is reserved by Argo CD; choose another"),
        ("hub: {environment: a b}", 'p.yaml:5:9: spec.hub.environment is not valid: "a b"; use letters, digits'),
        ("hub: {region: eu/west}", 'p.yaml:5:9: spec.hub.region is not valid: "eu/west"; use letters, digits'),
        (f"hub: {{cloud: {'a' * 64}}}", "p.yaml:5:9: spec.hub.cloud is longer than 63 characters"),
        ("hub: {kubernetesVersion: '1.36'}", 'p.yaml:5:9: spec.hub.kubernetesVersion is not valid: "1.36"; use a Kube'),
        ("hub: {labels: {a: -x}}", 'p.yaml:5:18: spec.hub.labels.a is not valid: "-x"; use letters, digits'),
        ("hub: {labels: {a: -5}}", "p.yaml:5:18: label 'a': -5 is no number that a label can hold"),
        (f"hub: {{labels: {{a: {'x' * 64}}}}}", "p.yaml:5:18: spec.hub.labels.a is longer than 63 characters"),
        (
            f"hub: {{labels: {{a: 1{'0' * 63}}}}}",
            "p.yaml:5:18: label 'a': 1e+63 is no number that a label can hold",
        ),
        ("hub: {labels: {a b: x}}", 'p.yaml:5:18: spec.hub.labels.a b is not valid: "a b"; use at most 63 letters'),
        (f"hub: {{labels: {{{'x' * 64}: x}}}}", "p.yaml:5:18: spec.hub.labels.xxx"),
        ("hub: {labels: {A_B/c: x}}", 'p.yaml:5:18: spec.hub.labels.A_B/c is not valid: "A_B/c"; use at most 63'),
        ("hub: {annotations: {a/b/c: x}}", 'p.yaml:5:23: spec.hub.annotations.a/b/c is not valid: "a/b/c"; use at'),
        ("hub: {teams: {a/b: true}}", 'p.yaml:5:17: spec.hub.teams.a/b is not valid: "a/b"; use letters, digits'),
        ("hub: {addons: {'': true}}", "p.yaml:5:18: spec.hub.addons. must not be empty"),
        (
            f"hub: {{addons: {{{'x' * 60}: true}}}}",
            f"p.yaml:5:18: addon '{'x' * 60}' makes a label that is longer than",
        ),
    ],
)
def test_names_and_values_that_kubernetes_would_refuse_are_refused_here(spec, line):
    found = spec_problems(spec)
    assert found[0].startswith(line)


def test_two_clusters_cannot_have_one_name():
    clusters = "clusters:\n- {name: dev, environment: dev}\n- {name: hub, environment: dev}\n"
    assert spec_problems(clusters + "- {name: dev, environment: stg}\n") == [
        "p.yaml:7:6: cluster name 'hub' is taken already; names must be unique",
        "p.yaml:8:6: cluster name 'dev' is taken already; names must be unique",
    ]


def test_the_labels_that_decide_what_a_cluster_is_have_fields_of_their_own():
    labels = "hub: {labels: {cluster_name: x, environment: x, argocd.argoproj.io/secret-type: x}}"
    assert spec_problems(labels) == [
        "p.yaml:5:18: label 'cluster_name' decides what the cluster is; set the field 'name' instead",
        "p.yaml:5:35: label 'environment' decides what the cluster is; set the field 'environment' instead",
        "p.yaml:5:51: label 'argocd.argoproj.io/secret-type' decides what the cluster is; remove it",
    ]
    assert spec_problems("hub: {teams: {region: true, enable_x: true}}") == [
        "p.yaml:5:17: team 'region' would overwrite the label of that name; choose another name",
        "p.yaml:5:31: team 'enable_x' would overwrite the label of that name; choose another name",
    ]


def test_one_addon_cannot_be_spelt_twice():
    spec = "hub: {addons: {metrics-server: true, metrics_server: false}}"
    assert spec_problems(spec) == [
        "p.yaml:5:40: addon 'metrics_server' is there already as 'metrics-server'; keep one of them",
    ]


def test_annotations_have_a_limit_together():
    spec = f"hub: {{annotations: {{a: {'x' * 200_000}, b: {'y' * 62_142}}}}}"
    load_spec(spec)
    (found,) = spec_problems(spec.replace("b: y", "b: yy"))
    assert found == "p.yaml:5:9: annotations are larger than 256 KiB together, which Kubernetes refuses"


def test_a_password_in_a_url_is_refused_and_never_shown():
    (found,) = spec_problems("repositories: {addons: {url: 'https://me:hunter2@git.test/a.git'}}")
    assert found.startswith("p.yaml:5:27: a repository's url must not hold a password")
    assert "hunter2" not in found
    for url in (
        "https://me@git.test/a.git",
        "git@git.test:me/a.git",
        "ssh://git@git.test/a",
        "/srv/git/a",
        "http://[x",
    ):
        assert load_spec(f"repositories: {{addons: {{url: '{url}'}}}}").repositories["addons"].url == url


def test_a_folder_stays_inside_its_repository():
    assert spec_problems("repositories: {clusters: {basepath: ../../etc, path: a/./b}}") == [
        "p.yaml:5:29: basepath must be a folder inside the repository, without '.' or '..'",
        "p.yaml:5:50: path must be a folder inside the repository, without '.' or '..'",
    ]


def test_problems_come_in_the_order_of_the_file_and_are_bounded():
    clusters = "".join(f"- {{name: c{number}, environment: ''}}\n" for number in range(60))
    found = spec_problems("clusters:\n" + clusters)
    assert [line.split(":")[1] for line in found[:50]] == [str(number) for number in range(6, 56)]
    assert found[50:] == ["p.yaml: and 10 more problems"]


def test_long_values_are_cut_in_messages():
    (found,) = spec_problems(f"hub: {{kubernetesVersion: {'x' * 63}}}\nengine: dokaseca")
    assert len(found) < 220
    assert spec_problems(f"engine: {'x' * 5000}")[0].endswith("x" * 79 + "...")


def test_a_text_that_is_too_long_is_not_matched():
    (found,) = spec_problems(f"hub: {{labels: {{{'a.' * 500}a: x}}}}")
    assert found.startswith("p.yaml:5:18: spec.hub.labels.a.a.")
    assert found.endswith("... is longer than 317 characters")

"""Each rule: what it finds, and what it leaves alone."""

from __future__ import annotations

import dataclasses

import pytest
from tests.unit.bridge.lint.build import (
    a_set,
    annotation,
    at,
    cluster,
    facts,
    found,
    generated,
    label,
    leftover,
    selector,
    told,
    value_file,
)

from dokaseca.bridge.lint.facts import Facts, PathText, Requirement, Selector
from dokaseca.bridge.lint.rules import (
    annotation_never_set,
    double_slash,
    duplicate_application,
    duplicate_set,
    environment_base,
    flag_without_set,
    label_never_set,
    literal_placeholder,
    near_miss,
    selector_without_flag,
    unmatched_selector,
    values_never_there,
    version_ahead,
    version_behind,
    vocabulary,
)

ON = ("enable_web", "true")


# --- flags ------------------------------------------------------------------------------------------------------------


def test_a_selector_without_flag():
    given = facts(
        a_set("web", selectors=(selector(ON),)),
        a_set("db", selectors=(selector(("enable_db", "true"), ("enable_argocd", "true"), ("team", "a")),)),
        clusters=[cluster(enable_web="false")],
    )
    assert told(selector_without_flag.RULE, given) == [
        "warning sets/web.yaml:10 ApplicationSet db selects on enable_db, which no cluster sets"
    ]


def test_a_flag_that_terraform_declares_is_there_although_no_cluster_sets_it():
    given = facts(
        a_set(selectors=(selector(("enable_db", "true")),)),
        clusters=[cluster()],
        declared={"enable_db": at(7, "locals.tf"), "enable_odd": at(8, "locals.tf")},
    )
    assert told(selector_without_flag.RULE, given) == []
    assert told(flag_without_set.RULE, given) == [
        "warning locals.tf:8 enable_odd is set and no ApplicationSet selects on it or reads it"
    ]


def test_a_flag_without_application_set_tells_where_it_is_on():
    given = facts(
        a_set(selectors=(selector(ON),), references=(label("enable_read"),)),
        clusters=[
            cluster("dev", enable_web="true", enable_read="true", enable_odd="true", enable_off="false"),
            cluster("prod", enable_odd="true", enable_argocd="true"),
        ],
    )
    assert told(flag_without_set.RULE, given) == [
        "warning dev.tfvars:5 enable_odd is set and no ApplicationSet selects on it or reads it; it is on for dev, "
        "prod",
        "warning dev.tfvars:5 enable_off is set and no ApplicationSet selects on it or reads it",
        "warning prod.tfvars:5 enable_argocd is set and no ApplicationSet selects on it or reads it; it is on for prod",
    ]


def test_a_flag_that_every_secret_has_is_nobodys_and_bootstrap_sets_read_no_flags():
    base = cluster()
    with_base = dataclasses.replace(base, labels={**base.labels, "enable_argocd": "true"})
    assert told(flag_without_set.RULE, facts(a_set(selectors=(selector(ON),)), clusters=[with_base])) == []
    assert told(flag_without_set.RULE, facts(a_set(), clusters=[cluster(enable_odd="true")])) == []


def test_near_misses_pair_what_is_read_with_what_is_set_and_not_read():
    given = facts(
        a_set(selectors=(selector(("enable_trivy_operator", "true")),), references=(label("cluster_type", 20),)),
        a_set(selectors=(selector(("enable_velero_ui", "true"), ("enable_velero", "true"), ("addon_velero", "true")),)),
        a_set(references=(label("cluster_type", 25), label("domain", 26))),
        clusters=[cluster(enable_trivy="true", enable_velero="true", type="hub")],
    )
    assert dict(given.meant) == {
        "addon_velero": "enable_velero",
        "cluster_type": "type",
        "enable_trivy_operator": "enable_trivy",
    }
    assert [(one.subject, str(one.place), one.places_count) for one in found(near_miss.RULE, given)] == [
        ("addon_velero", "sets/web.yaml:12", 1),
        ("cluster_type", "sets/web.yaml:20", 2),
        ("enable_trivy_operator", "sets/web.yaml:10", 1),
    ]
    assert found(near_miss.RULE, given)[1].what == (
        "label cluster_type is read in 2 places and never set; clusters set type (dev.tfvars:5)"
    )
    assert found(near_miss.RULE, given)[1].todo == "write type here, or cluster_type there"
    assert told(selector_without_flag.RULE, given)[0].endswith("which no cluster sets; did you mean enable_trivy?")
    assert "did you mean enable_trivy_operator?" in told(flag_without_set.RULE, given)[0]


# --- labels, annotations, placeholders --------------------------------------------------------------------------------


def test_labels_that_are_read_and_never_set_weigh_less_in_optional_value_files():
    given = facts(
        a_set(
            references=(label("domain"), label("zone", 21, is_optional=True), label("region"), label("environment")),
            selectors=(selector(("tier", "gold"), ON),),
        ),
        clusters=[cluster(region="eu")],
    )
    assert told(label_never_set.RULE, given) == [
        "error sets/web.yaml:20 {{metadata.labels.domain}} reads label domain, which no cluster sets",
        "warning sets/web.yaml:21 {{metadata.labels.zone}} reads label zone, which no cluster sets",
        "error sets/web.yaml:10 ApplicationSet web selects on label tier, which no cluster sets",
    ]


def test_annotations_that_are_read_and_never_set():
    url = dataclasses.replace(cluster(), annotations={"addons_repo_url": "x", "clusters_repo_ulr": "y"})
    given = facts(
        a_set(references=(annotation("clusters_repo_url"), annotation("addons_repo_url"), annotation("cluster_name"))),
        clusters=[url],
    )
    assert told(annotation_never_set.RULE, given) == [
        "error sets/web.yaml:20 {{metadata.annotations.clusters_repo_url}} reads annotation clusters_repo_url, which "
        "no cluster sets; did you mean clusters_repo_ulr?"
    ]


def test_placeholders_that_are_left_name_the_clusters_when_it_is_not_all():
    several = (generated("a", "dev"), generated("b", "prod"))
    given = facts(
        a_set(
            generated=several,
            leftovers=(leftover("{{x}}", "dev"), leftover("{{x}}", "prod"), leftover("{{y}}", "prod", 41)),
        ),
        clusters=[cluster()],
    )
    assert told(literal_placeholder.RULE, given) == [
        "error sets/web.yaml:40 {{x}} of ApplicationSet web is still there after rendering",
        "error sets/web.yaml:41 {{y}} of ApplicationSet web is still there after rendering for prod",
    ]


# --- selectors and vocabularies ---------------------------------------------------------------------------------------


def test_selectors_that_no_cluster_can_match():
    known = dataclasses.replace(cluster(distro="kind", region="eu"), vocabulary={"distro": ("kind", "k0s")})
    given = facts(
        a_set(selectors=(selector(("distro", "k3s,rke"), ("region", "eu,us"), ("nobody", "x"), ON),)),
        a_set("db", selectors=(selector(("region", "us"), is_override=True), selector(("distro", "k0s")))),
        clusters=[known],
    )
    assert told(unmatched_selector.RULE, given) == [
        "error sets/web.yaml:10 ApplicationSet web wants distro to be k3s, rke, which no cluster can have (there are: "
        "k0s, kind): nothing is ever generated",
        "warning sets/web.yaml:10 ApplicationSet db wants region to be us, which no cluster can have (there are: eu): "
        "the override never applies",
    ]


def test_selectors_that_leave_every_cluster_out():
    def wants(operator: str, *values: str) -> Selector:
        return Selector((Requirement("region", operator, frozenset(values), at(10)),), False, at(9))

    both = [cluster("dev", region="eu"), cluster("prod", region="us")]
    for selectors, clusters, expected in (
        (
            wants("NotIn", "eu", "us", "x"),
            both,
            "wants region to be none of eu, us, x, and every cluster has one of these",
        ),
        (wants("NotIn", "eu"), both, ""),
        (wants("NotIn", "eu", "us"), [*both, cluster("edge")], ""),
        (wants("DoesNotExist"), both, "wants clusters without label region, and every cluster has it"),
        (wants("DoesNotExist"), [*both, cluster("edge")], ""),
        (wants("Exists"), both, ""),
    ):
        said = told(unmatched_selector.RULE, facts(a_set(selectors=(selectors,)), clusters=clusters))
        assert said == (
            [f"error sets/web.yaml:10 ApplicationSet web {expected}: nothing is ever generated"] if expected else []
        )


REGIONS = ["configs/regions/eu/web/v.yaml", "configs/regions/us/.gitkeep", "configs/regions/.hidden/x"]


def layer(variable: str, files: list[str] | None) -> PathText:
    return value_file(f"configs/{variable}/v.yaml", files)


@pytest.mark.parametrize(
    "text", ["{{metadata.labels.region}}", "{{ .metadata.labels.region }}", "{{- .metadata.labels.region -}}"]
)
def test_a_vocabulary_that_differs_altogether_is_an_error(text):
    given = facts(a_set(paths=(layer(f"regions/{text}", REGIONS),)), clusters=[cluster(region="europe")])
    assert told(vocabulary.RULE, given) == [
        "error sets/web.yaml:30 configs/regions has eu, us, and no region is called that (clusters say: europe); no "
        "folder is there for europe"
    ]


def test_a_vocabulary_that_has_words_to_spare_is_a_warning_and_is_told_once():
    paths = (layer("regions/{{metadata.labels.region}}", REGIONS), layer("regions/{{metadata.labels.region}}", REGIONS))
    given = facts(a_set(paths=paths), clusters=[cluster(region="eu")])
    assert told(vocabulary.RULE, given) == [
        "warning sets/web.yaml:30 configs/regions has us, and no region is called that (clusters say: eu)"
    ]


def test_folders_of_clusters_are_compared_with_their_names():
    given = facts(a_set(paths=(value_file("clusters/{{name}}/v.yaml", ["clusters/old/v.yaml"]),)), clusters=[cluster()])
    assert "clusters has old, and no cluster is called that (clusters say: dev)" in told(vocabulary.RULE, given)[0]


def test_a_folder_that_another_path_names_is_no_word_of_the_vocabulary():
    files = ["environments/default/v.yaml", "environments/dev/v.yaml"]
    paths = (
        value_file("environments/default/v.yaml", files),
        value_file("environments/{{metadata.labels.environment}}/v.yaml", files),
    )
    assert told(vocabulary.RULE, facts(a_set(paths=paths), clusters=[cluster()])) == []


@pytest.mark.parametrize(
    "text",
    [
        "regions/x-{{metadata.labels.region}}/v",
        "{{values.chart}}/{{metadata.labels.region}}/v",
        "regions/{{path.basename}}/v",
    ],
)
def test_segments_that_are_more_than_a_label_are_no_vocabulary(text):
    given = facts(a_set(paths=(value_file(text, ["regions/us/x"]),)), clusters=[cluster(region="eu")])
    assert told(vocabulary.RULE, given) == []


def test_an_unknown_repository_has_no_vocabulary():
    given = facts(a_set(paths=(layer("regions/{{metadata.labels.region}}", None),)), clusters=[cluster(region="eu")])
    assert told(vocabulary.RULE, given) == []


# --- names ------------------------------------------------------------------------------------------------------------


def test_one_name_from_two_application_sets():
    given = facts(
        a_set("one", generated=(generated("a-dev", "dev"), generated("a-prod", "prod"))),
        a_set("two", generated=(generated("a-dev", "dev"), generated("a-prod", "prod"))),
        a_set("three", generated=(generated("b-dev", "dev"),)),
    )
    assert told(duplicate_application.RULE, given) == [
        "error sets/web.yaml:2 ApplicationSets one (sets/web.yaml:2) and two both generate a-dev and 1 more"
    ]


def test_one_name_for_two_clusters():
    given = facts(a_set("all", generated=(generated("all", "prod"), generated("all", "dev"))))
    assert told(duplicate_application.RULE, given) == [
        "error sets/web.yaml:2 ApplicationSet all gives the name all to 2 Applications as soon as dev, prod are "
        "registered in one place"
    ]


def test_one_name_for_two_application_sets_files():
    given = Facts((), (), taken_twice=((at(9), "ApplicationSet argocd/x is in a.yaml:1 too; rename one"),))
    assert told(duplicate_set.RULE, given) == [
        "error sets/web.yaml:9 ApplicationSet argocd/x is in a.yaml:1 too; rename one"
    ]
    assert found(duplicate_set.RULE, given)[0].subject == "ApplicationSet argocd/x"


# --- paths ------------------------------------------------------------------------------------------------------------

FILES = ["configs/clusters/dev/web/values.yaml", "configs/default/web/values.yaml"]


def test_value_files_below_a_folder_that_is_not_there():
    given = facts(
        a_set(
            paths=(
                value_file("configs/cluster_name/{{name}}/values.yaml", FILES),
                value_file("conf/{{name}}/values.yaml", FILES, line=31, is_optional=False),
                value_file("configs/clusters//{{name}}/values.yaml", FILES, line=32),
                value_file("configs/{{name}}/values.yaml", FILES, line=33),
                value_file("nowhere/{{name}}/values.yaml", None, line=34),
            )
        )
    )
    assert told(values_never_there.RULE, given) == [
        "warning sets/web.yaml:30 value file configs/cluster_name/{{name}}/values.yaml can never exist: the repository "
        "has no folder configs/cluster_name; did you mean configs/clusters?",
        "error sets/web.yaml:31 value file conf/{{name}}/values.yaml can never exist: the repository has no "
        "folder conf",
    ]


def test_value_files_that_must_exist_and_do_not():
    rendered = {"dev": "configs/clusters/dev/web/values.yaml", "prod": "configs/clusters/prod/web/values.yaml"}
    text = "configs/clusters/{{name}}/web/values.yaml"
    given = facts(
        a_set(paths=(value_file(text, FILES, rendered=rendered, is_optional=False),)),
        a_set(paths=(value_file(text, FILES, rendered=rendered),)),
    )
    assert told(values_never_there.RULE, given) == [
        "error sets/web.yaml:30 value file configs/clusters/prod/web/values.yaml does not exist, and "
        "ignoreMissingValueFiles is not set (for prod)"
    ]


def test_two_slashes_as_written_and_as_rendered():
    given = facts(
        a_set(
            paths=(
                PathText("a//{{x}}/b", at(30)),
                PathText("{{base}}/{{path}}", at(31), {"dev": "argocd/sets", "prod": "argocd//sets"}),
                PathText("https://git.example/x", at(32), {"dev": "https://git.example/x"}),
                PathText("a/{{ x // y }}/b", at(33), {"dev": "a/1/b"}),
            )
        )
    )
    assert told(double_slash.RULE, given) == [
        "warning sets/web.yaml:30 path a//{{x}}/b holds two slashes in a row",
        "warning sets/web.yaml:31 path {{base}}/{{path}} becomes argocd//sets for prod: a parameter is empty, or "
        "brings a slash of its own",
    ]


# --- versions ---------------------------------------------------------------------------------------------------------


def test_environments_without_an_entry_fall_to_the_base_and_the_hub_may():
    overrides = (
        selector(ON),
        selector(("environment", "dev"), is_override=True),
        selector(("env", "prod"), is_override=True),
    )
    given = facts(
        a_set(selectors=overrides, generated=(generated("a", "stg", web="1.2.3"),)),
        a_set("flat", selectors=(selector(ON),)),
        clusters=[cluster("dev"), cluster("stg"), cluster("prod"), cluster("hub", is_hub=True)],
    )
    assert told(environment_base.RULE, given) == [
        "warning sets/web.yaml:3 ApplicationSet web says what dev and prod get; stg has no entry and gets 1.2.3 of the "
        "base"
    ]


def pins(**versions: str) -> Facts:
    return facts(a_set(generated=tuple(generated(f"a-{env}", env, web=text) for env, text in versions.items())))


@pytest.mark.parametrize(
    ("versions", "ahead", "behind"),
    [
        ({"dev": "1.2.0", "stg": "1.2.0", "prod": "1.2.0"}, [], []),
        ({"dev": "1.2.0", "stg": "1.1.0", "prod": "1.1.0"}, [], [("note", "stg runs web 1.1.0, dev 1.2.0 ")]),
        (
            {"dev": "3.0.0", "prod": "1.1.0"},
            [],
            [("warning", "prod runs web 1.1.0, dev 3.0.0, 2 major versions behind ")],
        ),
        ({"dev": "v2", "prod": "v1"}, [], [("warning", "prod runs web v1, dev v2, 1 major version behind ")]),
        ({"dev": "0.0.92", "stg": "0.0.93"}, ["stg runs web 0.0.93, dev still 0.0.92 "], []),
        ({"dev": "main", "stg": "1.0.0", "prod": "1.x"}, [], []),
        ({"edge": "1.0.0", "prod": "2.0.0"}, [], []),
    ],
)
def test_versions_from_environment_to_environment(versions, ahead, behind):
    given = pins(**versions)
    tail = "(ApplicationSet web)"
    assert told(version_ahead.RULE, given) == [f"warning sets/web.yaml:3 {text}{tail}" for text in ahead]
    assert told(version_behind.RULE, given) == [f"{severity} sets/web.yaml:3 {text}{tail}" for severity, text in behind]


def test_the_newest_of_an_environment_counts():
    several = (generated("a", "d1", "dev", web="1.0.0"), generated("b", "d2", "dev", web="1.3.0"))
    given = facts(a_set(generated=(*several, generated("c", "p", "prod", web="1.2.0"))))
    assert "prod runs web 1.2.0, dev 1.3.0 " in told(version_behind.RULE, given)[0]

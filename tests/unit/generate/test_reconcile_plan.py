from __future__ import annotations

import copy
from typing import Any

import pytest

from dokaseca.generate import reconcile_plan
from dokaseca.generate.cluster_secret import ClusterSecret
from dokaseca.generate.reconcile_plan import Surroundings
from dokaseca.kit import json_merge
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.application_set import View
from dokaseca.model.errors import UserError

AROUND = Surroundings({"default", "addons"}, [ClusterSecret("dev", "https://dev")])


def application_set(**spec: Any) -> View:
    return application_sets.view({"metadata": {"name": "set", "namespace": "argocd", "uid": "u1"}, "spec": spec})


def application(name: str, **more: Any) -> dict[str, Any]:
    spec = {"project": "default", "destination": {"name": "dev", "namespace": "x"}, "source": {"repoURL": "r"}}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name, "namespace": "argocd", **more.pop("metadata", {})},
        "spec": {**spec, **more},
    }


def child(name: str, *, owner: str = "u1", **more: Any) -> dict[str, Any]:
    made = application(name, **more)
    made["metadata"] |= {
        "uid": f"uid-{name}",
        "resourceVersion": "5",
        "ownerReferences": [
            {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "name": "set", "uid": owner}
            | {"controller": True, "blockOwnerDeletion": True}
        ],
    }
    return made


def names(items: Any) -> list[str]:
    return [manifests.name(item) for item in items]


def test_new_applications_are_created_with_an_owner_reference() -> None:
    plan = reconcile_plan.plan(application_set(), [application("a")], [], AROUND)
    (created,) = plan.create
    assert created["metadata"]["ownerReferences"] == [
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "ApplicationSet",
            "name": "set",
            "uid": "u1",
            "controller": True,
            "blockOwnerDeletion": True,
        }
    ]


def test_equal_applications_are_left_alone_whatever_their_written_form() -> None:
    live = child(
        "a", project="", syncPolicy={"retry": {}}, source={"repoURL": "r", "helm": {}, "directory": {"recurse": False}}
    )
    plan = reconcile_plan.plan(application_set(), [application("a")], [live], AROUND)
    assert plan.unchanged == ("a",)
    assert not plan.update


def test_an_empty_automated_block_is_a_difference() -> None:
    plan = reconcile_plan.plan(
        application_set(), [application("a", syncPolicy={"automated": {}})], [child("a")], AROUND
    )
    assert plan.update[0].patch == {"spec": {"syncPolicy": {"automated": {}}}}


def test_an_update_replaces_the_spec_and_touches_nothing_else() -> None:
    live = child("a", source={"repoURL": "old", "path": "gone"}, metadata={"labels": {"l": "old"}})
    live["status"] = {"sync": {"status": "Synced"}}
    live["operation"] = {"sync": {}}
    plan = reconcile_plan.plan(application_set(), [application("a", metadata={"labels": {"n": "new"}})], [live], AROUND)
    (update,) = plan.update
    assert update.patch == {
        "metadata": {"labels": {"l": None, "n": "new"}},
        "spec": {"source": {"repoURL": "r", "path": None}},
    }
    patched = json_merge.apply(live, update.patch)
    assert patched["status"] == live["status"]
    assert patched["operation"] == live["operation"]


def test_preserved_fields_and_the_built_in_ones_stay() -> None:
    view = application_set(preservedFields={"annotations": ["mine"], "labels": ["team"]})
    metadata = {
        "annotations": {"mine": "1", "other": "2", "argocd.argoproj.io/refresh": "hard"},
        "labels": {"team": "a", "gone": "b"},
        "finalizers": ["post-delete-finalizer.argocd.argoproj.io/cleanup", "other"],
    }
    plan = reconcile_plan.plan(
        view, [application("a", source={"repoURL": "n"})], [child("a", metadata=metadata)], AROUND
    )
    after = plan.update[0].application["metadata"]
    assert after["annotations"] == {"mine": "1", "argocd.argoproj.io/refresh": "hard"}
    assert after["labels"] == {"team": "a"}
    assert after["finalizers"] == ["post-delete-finalizer.argocd.argoproj.io/cleanup"]


def test_children_that_are_no_longer_generated_are_deleted_and_nobody_elses() -> None:
    live = [child("a"), child("b"), child("c", owner="another"), application("d")]
    plan = reconcile_plan.plan(application_set(), [application("a")], live, AROUND)
    assert names(plan.delete) == ["b"]


def test_a_child_that_is_going_already_is_not_deleted_again() -> None:
    gone = child("b", metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"})
    assert reconcile_plan.plan(application_set(), [], [gone], AROUND).delete == ()


def test_invalid_applications_protect_their_children() -> None:
    generated = [application("a", project="none")]
    plan = reconcile_plan.plan(application_set(), generated, [child("a")], AROUND)
    assert plan.delete == plan.update == ()
    assert plan.invalid[0].message == "application references project none which does not exist"


def test_of_two_applications_with_one_name_the_first_counts() -> None:
    generated = [application("a"), application("a", project="addons")]
    plan = reconcile_plan.plan(application_set(), generated, [], AROUND)
    assert [each["spec"]["project"] for each in plan.create] == ["default"]
    assert plan.invalid[0].message == "ApplicationSet set contains applications with duplicate name: a"


@pytest.mark.parametrize(
    ("destination", "problem"),
    [
        ({"name": "dev"}, ""),
        ({"server": "https://dev/"}, ""),
        ({"name": "in-cluster"}, ""),
        ({"server": "https://kubernetes.default.svc"}, ""),
        ({"name": "no"}, "there are no clusters with this name: no"),
        ({"server": "https://no"}, "there are no clusters with this server: https://no"),
        ({"name": "dev", "server": "https://dev"}, "can't have both name and server defined"),
        ({"namespace": "x"}, "destination server or name is missing"),
    ],
)
def test_a_destination_names_one_known_cluster(destination: dict[str, str], problem: str) -> None:
    plan = reconcile_plan.plan(application_set(), [application("a", destination=destination)], [], AROUND)
    assert problem in (plan.invalid[0].message if plan.invalid else "")
    assert bool(plan.create) is not bool(problem)


def test_two_clusters_of_one_name_are_no_destination() -> None:
    around = Surroundings({"default"}, [ClusterSecret("dev", "https://1"), ClusterSecret("dev", "https://2")])
    plan = reconcile_plan.plan(application_set(), [application("a")], [], around)
    assert "there are 2 clusters with the same name: dev" in plan.invalid[0].message


def test_an_application_without_a_name_is_invalid() -> None:
    plan = reconcile_plan.plan(application_set(), [application("")], [], AROUND)
    assert "contains an application with no name" in plan.invalid[0].message


def test_an_application_of_another_set_is_not_taken() -> None:
    plan = reconcile_plan.plan(application_set(), [application("a")], [child("a", owner="another")], AROUND)
    assert plan.invalid[0].message == "application a is already owned by ApplicationSet set"
    assert not plan.update


def test_an_application_without_an_owner_is_adopted() -> None:
    live = application("a", metadata={"uid": "x"})
    plan = reconcile_plan.plan(application_set(), [application("a")], [live], AROUND)
    assert plan.update[0].patch["metadata"]["ownerReferences"][0]["uid"] == "u1"


@pytest.mark.parametrize(
    ("policy", "updates", "deletes"),
    [("sync", 1, 1), ("create-only", 0, 0), ("create-update", 1, 0), ("create-delete", 0, 1)],
)
def test_policies_limit_what_may_happen(policy: str, updates: int, deletes: int) -> None:
    view = application_set(syncPolicy={"applicationsSync": policy})
    generated = [application("new"), application("a", source={"repoURL": "changed"})]
    plan = reconcile_plan.plan(view, generated, [child("a"), child("b")], AROUND)
    assert (len(plan.create), len(plan.update), len(plan.delete)) == (1, updates, deletes)


def test_a_child_whose_cluster_is_gone_loses_its_cascade() -> None:
    live = [child("a", destination={"name": "gone"}), child("b")]
    plan = reconcile_plan.plan(application_set(), [], live, AROUND)
    assert plan.strip_finalizer == {"a"}


@pytest.mark.parametrize(
    "rule",
    [
        {"jsonPointers": ["/spec/source/targetRevision"]},
        {"jqPathExpressions": [".spec.source.targetRevision"]},
        {"name": "a", "jsonPointers": ["/spec/source/targetRevision"]},
    ],
)
def test_ignored_differences_are_neither_compared_nor_written(rule: dict[str, Any]) -> None:
    view = application_set(ignoreApplicationDifferences=[rule])
    live = child("a", source={"repoURL": "r", "targetRevision": "by-hand"})
    assert reconcile_plan.plan(view, [application("a")], [live], AROUND).unchanged == ("a",)
    changed = application("a", source={"repoURL": "new", "targetRevision": "main"})
    (update,) = reconcile_plan.plan(view, [changed], [live], AROUND).update
    assert update.application["spec"]["source"] == {"repoURL": "new", "targetRevision": "by-hand"}


def test_an_ignored_element_of_a_list_is_restored_in_its_list() -> None:
    view = application_set(ignoreApplicationDifferences=[{"jsonPointers": ["/spec/sources/0/targetRevision"]}])
    live = child("a", sources=[{"repoURL": "r", "targetRevision": "by-hand"}, {"repoURL": "s"}])
    changed = application("a", sources=[{"repoURL": "r", "targetRevision": "main"}, {"repoURL": "t"}])
    (update,) = reconcile_plan.plan(view, [changed], [live], AROUND).update
    assert update.patch["spec"]["sources"] == [{"repoURL": "r", "targetRevision": "by-hand"}, {"repoURL": "t"}]


def test_an_ignore_rule_for_another_application_does_not_count() -> None:
    view = application_set(ignoreApplicationDifferences=[{"name": "b", "jsonPointers": ["/spec/source"]}])
    assert reconcile_plan.plan(view, [application("a", source={})], [child("a")], AROUND).update


@pytest.mark.parametrize(
    "rule", [{"jsonPointers": ["spec"]}, {"jqPathExpressions": ["env.HOME"]}, {"jqPathExpressions": [".spec["]}]
)
def test_a_broken_ignore_rule_is_an_error(rule: dict[str, Any]) -> None:
    view = application_set(ignoreApplicationDifferences=[rule])
    with pytest.raises(UserError) as caught:
        reconcile_plan.plan(view, [application("a")], [child("a")], AROUND)
    assert caught.value.reason == "InvalidIgnoreRule"


def test_the_plan_changes_none_of_its_inputs() -> None:
    view = application_set(ignoreApplicationDifferences=[{"jsonPointers": ["/spec/source/path"]}])
    generated, live = [application("a", source={"repoURL": "n"})], [child("a", source={"path": "p"}), child("b")]
    before = copy.deepcopy((generated, live))
    reconcile_plan.plan(view, generated, live, AROUND)
    assert (generated, live) == before


def test_the_message_for_several_invalid_applications_names_one() -> None:
    plan = reconcile_plan.plan(
        application_set(), [application("b", project="n"), application("a", project="m")], [], AROUND
    )
    assert (
        reconcile_plan.first_message(plan.invalid)
        == "application references project m which does not exist (and 1 more)"
    )


@pytest.mark.parametrize("generated", [["shop", "shop"], ["a", ""]])
def test_nothing_is_deleted_while_names_are_missing_or_ambiguous(generated: list[str]) -> None:
    existing = [child("shop-dev"), child("shop-prod")]
    plan = reconcile_plan.plan(application_set(), [application(name) for name in generated], existing, AROUND)
    assert plan.delete == ()
    assert plan.invalid
    fixed = reconcile_plan.plan(application_set(), [application("shop-dev")], existing, AROUND)
    assert names(fixed.delete) == ["shop-prod"]

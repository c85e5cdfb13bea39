"""The difference as people read it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from tests.unit.flow.diff import objects

from dokaseca.flow.diff import compare, text
from dokaseca.model import manifest as manifests
from dokaseca.model.change import ChangeSet


def _changes(target: dict[str, Any] | None, live: dict[str, Any] | None, **options: Any) -> ChangeSet:
    targets = {manifests.key(target): target} if target else {}
    return compare.compare(targets, {manifests.key(live): live} if live else {}, compare.CompareOptions(**options))


def _deployment(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "n"}, "spec": spec}


def test_only_what_differs_is_a_line() -> None:
    live = _deployment(
        replicas=3,
        progressDeadlineSeconds=600,
        template={
            "spec": {
                "containers": [
                    {"name": "injected"},
                    {"name": "c", "image": "a:1", "resources": {"limits": {"cpu": "1"}}, "env": []},
                ]
            }
        },
    )
    target = _deployment(
        replicas=2,
        template={
            "spec": {
                "hostNetwork": False,
                "containers": [{"name": "c", "image": "a:1", "resources": {"limits": {"cpu": "1000m"}}}],
            }
        },
    )
    assert text.unified(_changes(target, live)) == (
        "--- live/Deployment.apps n/web\n"
        "+++ target/Deployment.apps n/web\n"
        "@@ -4,7 +4,7 @@\n"
        "   name: web\n"
        '   namespace: "n"\n'
        " spec:\n"
        "-  replicas: 3\n"
        "+  replicas: 2\n"
        "   template:\n"
        "     spec:\n"
        "       hostNetwork: false\n"
    )


def test_nothing_is_printed_when_nothing_differs() -> None:
    assert text.unified(_changes(_deployment(replicas=1), _deployment(replicas=1, paused=False))) == ""


def test_a_new_object_is_all_plus_and_one_to_prune_all_minus() -> None:
    added = text.unified(_changes(_deployment(replicas=1), None))
    removed = text.unified(_changes(None, _deployment(replicas=1)))
    assert {line[0] for line in added.splitlines()[3:]} == {"+"}
    assert {line[0] for line in removed.splitlines()[3:]} == {"-"}


def test_a_field_that_git_dropped_is_shown() -> None:
    live = _deployment(replicas=1)
    live["metadata"] |= {
        "labels": {"gone": "1", "theirs": "1"},
        "managedFields": [
            {
                "manager": compare.FIELD_MANAGER,
                "operation": "Apply",
                "fieldsV1": {"f:metadata": {"f:labels": {"f:gone": {}}}},
            }
        ],
    }
    target = _deployment(replicas=1)
    target["metadata"]["labels"] = {}
    shown = text.unified(_changes(target, live))
    assert '-    gone: "1"' in shown
    assert "theirs" not in shown


def test_a_container_that_git_dropped_is_shown_and_an_injected_one_is_not() -> None:
    live = _deployment(template={"spec": {"containers": [{"name": "a"}, {"name": "old"}, {"name": "injected"}]}})
    item = {".": {}, "f:name": {}}
    containers = {'k:{"name":"a"}': item, 'k:{"name":"old"}': item}
    tree = {"f:spec": {"f:template": {"f:spec": {"f:containers": containers}}}}
    live["metadata"]["managedFields"] = [{"manager": compare.FIELD_MANAGER, "operation": "Apply", "fieldsV1": tree}]
    shown = text.unified(_changes(_deployment(template={"spec": {"containers": [{"name": "a"}]}}), live))
    assert "-      - name: old" in shown
    assert "injected" not in shown


def test_ignored_fields_are_not_shown() -> None:
    ignored = ({"group": "apps", "kind": "Deployment", "jsonPointers": ["/spec/replicas"]},)
    changes = _changes(_deployment(replicas=1, paused=True), _deployment(replicas=9), ignore_differences=ignored)
    shown = text.unified(changes, compare.CompareOptions(ignored))
    assert "+  paused: true" in shown
    assert "replicas" not in shown


def test_hooks_are_not_shown() -> None:
    target = _deployment(replicas=1)
    target["metadata"]["annotations"] = {"argocd.argoproj.io/hook": "PreSync"}
    assert text.unified(_changes(target, None)) == ""


def test_an_endless_object_is_named_but_not_compared_line_by_line() -> None:
    target = _deployment(args=[str(number) for number in range(text.LINES_COMPARED)])
    shown = text.unified(_changes(target, _deployment(args=[])))
    assert shown.startswith("--- live/Deployment.apps n/web\n+++ target/Deployment.apps n/web\n# ")
    assert "too long to compare line by line" in shown


@given(objects.manifests(), objects.manifests())
def test_what_is_out_of_sync_is_shown_and_what_is_not_is_not(target: dict[str, Any], live: dict[str, Any]) -> None:
    live = {**live, "apiVersion": target["apiVersion"], "kind": target["kind"]}
    changes = _changes(target, live)
    assert bool(text.unified(changes)) == (changes.changes[0].status.value == "OutOfSync")


@given(objects.manifests())
def test_what_the_server_added_is_not_shown_beside_a_difference(target: dict[str, Any]) -> None:
    live = objects.completed(target)
    target = {**target, "metadata": {**target["metadata"], "labels": {**target["metadata"]["labels"], "new": "x"}}}
    shown = text.unified(_changes(target, live))
    assert "+    new: x" in shown
    assert "addedByServer" not in shown

"""Server-side apply: ownership, conflicts, removal, and updates by others."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.dock.patching import apply, list_types
from dokaseca.model.errors import UserError
from dokaseca.model.identity import GroupVersionKind

TYPES = list_types.for_builtin(GroupVersionKind("apps", "v1", "Deployment"))
EARLY, LATE = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
Object = dict[str, Any]


def applied(
    live: Object | None, config: Object, manager: str = "one", *, force: bool = False, time: str = EARLY
) -> Object:
    return apply.apply(live, config, manager=manager, force=force, api_version="apps/v1", schema=TYPES, time=time)


def updated(
    old: Object | None, new: Object, manager: str = "edit", *, time: str = LATE, subresource: str = ""
) -> Object:
    return apply.track_update(
        old, new, manager=manager, operation_time=time, api_version="apps/v1", schema=TYPES, subresource=subresource
    )


def deployment(spec: Object | None = None, **metadata: Any) -> Object:
    whole: Object = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", **metadata}}
    return whole if spec is None else {**whole, "spec": spec}


def with_containers(*containers: Object, **spec: Any) -> Object:
    return deployment({**spec, "template": {"spec": {"containers": list(containers)}}})


def containers(live: Object) -> list[Object]:
    found: list[Object] = live["spec"]["template"]["spec"]["containers"]
    return found


def owners(live: Object) -> dict[str, Object]:
    return {entry["manager"]: entry["fieldsV1"] for entry in live["metadata"].get("managedFields", [])}


def test_an_apply_creates_and_owns_what_it_says() -> None:
    made = applied(None, deployment({"replicas": 2}, labels={"app": "web"}, uid="ignored"))
    assert made["spec"] == {"replicas": 2}
    assert "uid" not in made["metadata"]
    assert made["metadata"]["managedFields"] == [
        {
            "apiVersion": "apps/v1",
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:metadata": {"f:labels": {"f:app": {}}}, "f:spec": {"f:replicas": {}}},
            "manager": "one",
            "operation": "Apply",
            "time": EARLY,
        }
    ]


def test_a_repeated_apply_returns_the_very_object() -> None:
    config = with_containers({"name": "a", "image": "a:1", "ports": [{"containerPort": 80}]}, replicas=1)
    made = applied(None, config)
    assert applied(made, config, time=LATE) is made


def test_defaults_that_the_server_adds_do_not_disturb_a_repetition() -> None:
    config = with_containers({"name": "a", "image": "a:1", "ports": [{"containerPort": 80}]})
    made = copy.deepcopy(applied(None, config))
    containers(made)[0]["ports"][0]["protocol"] = "TCP"
    containers(made)[0]["imagePullPolicy"] = "Always"
    made["spec"]["replicas"] = 1
    assert applied(made, config, time=LATE) is made


def test_what_is_no_longer_applied_goes() -> None:
    made = applied(None, deployment({"replicas": 2, "paused": True}, labels={"a": "1", "b": "2"}))
    again = applied(made, deployment({"replicas": 2}, labels={"a": "1"}), time=LATE)
    assert again["spec"] == {"replicas": 2}
    assert again["metadata"]["labels"] == {"a": "1"}
    assert again["metadata"]["managedFields"][0]["time"] == LATE


def test_what_another_manager_also_applies_stays() -> None:
    made = applied(applied(None, deployment(labels={"a": "1", "b": "2"})), deployment(labels={"a": "1"}), "two")
    again = applied(made, deployment(labels={"b": "2"}))
    assert again["metadata"]["labels"] == {"a": "1", "b": "2"}
    assert owners(again)["two"] == {"f:metadata": {"f:labels": {"f:a": {}}}}


def test_a_container_no_longer_applied_goes_with_its_defaults() -> None:
    made = copy.deepcopy(applied(None, with_containers({"name": "a", "image": "a"}, {"name": "b", "image": "b"})))
    containers(made)[1]["imagePullPolicy"] = "Always"
    again = applied(made, with_containers({"name": "a", "image": "a"}))
    assert [one["name"] for one in containers(again)] == ["a"]


def test_a_container_in_which_another_owns_a_field_stays() -> None:
    made = applied(None, with_containers({"name": "a", "image": "a"}, {"name": "b", "image": "b"}))
    shared = applied(made, with_containers({"name": "b", "tty": True}), "two")
    again = applied(shared, with_containers({"name": "a", "image": "a"}))
    assert containers(again) == [{"name": "a", "image": "a"}, {"name": "b", "tty": True}]


def test_a_struct_no_longer_applied_goes_with_its_defaults() -> None:
    made = copy.deepcopy(applied(None, deployment({"replicas": 1, "strategy": {"type": "RollingUpdate"}})))
    made["spec"]["strategy"]["rollingUpdate"] = {"maxSurge": "25%"}
    assert applied(made, deployment({"replicas": 1}))["spec"] == {"replicas": 1}


def test_an_object_keeps_its_name_when_its_manager_applies_nothing() -> None:
    made = applied(None, deployment(labels={"a": "1"}))
    assert applied(made, deployment()) == deployment()


def test_a_changed_value_of_another_manager_is_a_conflict_with_its_path() -> None:
    made = applied(None, with_containers({"name": "x", "image": "x:1"}, replicas=1))
    with pytest.raises(apply.Conflicts) as caught:
        applied(made, with_containers({"name": "x", "image": "x:2"}, replicas=2), "two")
    assert [(one.manager, one.field) for one in caught.value.conflicts] == [
        ("one", ".spec.replicas"),
        ("one", '.spec.template.spec.containers[name="x"].image'),
    ]
    assert str(caught.value) == (
        'Apply failed with 2 conflicts: conflicts with "one":\n'
        '- .spec.replicas\n- .spec.template.spec.containers[name="x"].image'
    )


def test_a_conflict_with_an_updater_names_its_version() -> None:
    made = updated(None, deployment({"replicas": 1}), "kubectl-edit")
    with pytest.raises(apply.Conflicts) as caught:
        applied(made, deployment({"replicas": 2}))
    message = 'Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas'
    assert str(caught.value) == message
    assert caught.value.conflicts[0].message == 'conflict with "kubectl-edit" using apps/v1'


def test_a_conflict_with_a_status_writer_names_the_subresource() -> None:
    made = updated(None, deployment({"replicas": 1}), "scaler", subresource="scale")
    with pytest.raises(apply.Conflicts, match=r'"scaler" with subresource "scale" using apps/v1: \.spec\.replicas'):
        applied(made, deployment({"replicas": 2}))


def test_force_takes_the_field_from_its_owner() -> None:
    made = applied(None, deployment({"replicas": 1, "paused": True}))
    taken = applied(made, deployment({"replicas": 2}), "two", force=True, time=LATE)
    assert taken["spec"] == {"replicas": 2, "paused": True}
    assert owners(taken) == {"one": {"f:spec": {"f:paused": {}}}, "two": {"f:spec": {"f:replicas": {}}}}
    assert [entry["time"] for entry in taken["metadata"]["managedFields"]] == [EARLY, LATE]


def test_the_same_value_is_shared_without_a_conflict() -> None:
    shared = applied(applied(None, deployment({"replicas": 1})), deployment({"replicas": 1}), "two")
    assert owners(shared) == {"one": {"f:spec": {"f:replicas": {}}}, "two": {"f:spec": {"f:replicas": {}}}}


def test_items_that_others_added_keep_their_place() -> None:
    made = updated(None, with_containers({"name": "a"}, {"name": "side"}, {"name": "b"}))
    merged = applied(made, with_containers({"name": "a", "image": "a"}, {"name": "b"}, {"name": "c"}))
    assert [one["name"] for one in containers(merged)] == ["a", "side", "b", "c"]


def test_an_atomic_selector_is_one_field() -> None:
    made = applied(None, deployment({"selector": {"matchLabels": {"a": "1"}}}))
    with pytest.raises(apply.Conflicts, match=r"\.spec\.selector"):
        applied(made, deployment({"selector": {"matchLabels": {"b": "1"}}}), "two")
    forced = applied(made, deployment({"selector": {"matchLabels": {"b": "1"}}}), "two", force=True)
    assert forced["spec"]["selector"] == {"matchLabels": {"b": "1"}}
    assert list(owners(forced)) == ["two"]


def test_finalizers_are_merged_as_a_set() -> None:
    made = applied(None, deployment(finalizers=["x/a"]))
    merged = applied(made, deployment(finalizers=["x/b"]), "two")
    assert sorted(merged["metadata"]["finalizers"]) == ["x/a", "x/b"]
    assert applied(merged, deployment())["metadata"]["finalizers"] == ["x/b"]


def test_true_is_not_one() -> None:
    made = applied(None, deployment({"paused": True}))
    assert applied(made, deployment({"paused": 1}))["spec"]["paused"] == 1
    with pytest.raises(apply.Conflicts):
        applied(made, deployment({"paused": 1}), "two")


def test_an_untracked_object_belongs_to_before_first_apply() -> None:
    with pytest.raises(apply.Conflicts, match=r'"before-first-apply" using apps/v1: \.spec\.replicas'):
        applied(deployment({"replicas": 1}), deployment({"replicas": 2}))


def test_managed_fields_in_an_apply_are_refused() -> None:
    with pytest.raises(UserError, match="managedFields must be nil"):
        applied(None, deployment(managedFields=[{}]))


def test_two_items_with_one_key_are_refused() -> None:
    with pytest.raises(UserError, match="two items with the same name"):
        applied(None, with_containers({"name": "a"}, {"name": "a"}))


def test_nulls_are_not_stored() -> None:
    made = applied(None, deployment({"replicas": None, "paused": True}, annotations=None))
    assert made["spec"] == {"paused": True}
    assert "annotations" not in made["metadata"]


def test_kubectl_takes_over_what_its_client_side_apply_made() -> None:
    last = deployment({"replicas": 1})
    note = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(last)}
    made = updated(None, deployment({"replicas": 1, "paused": True}, annotations=note), "kubectl-client-side-apply")
    with pytest.raises(apply.Conflicts, match="replicas"):
        applied(made, deployment({"replicas": 2}), "argocd-controller")
    with pytest.raises(apply.Conflicts, match="paused"):
        applied(made, deployment({"replicas": 2, "paused": False}), "kubectl")
    taken = applied(made, deployment({"replicas": 2}), "kubectl")
    assert taken["spec"] == {"replicas": 2, "paused": True}
    assert json.loads(taken["metadata"]["annotations"].popitem()[1])["spec"] == {"replicas": 2}


def test_a_create_owns_all_that_it_wrote() -> None:
    made = updated(
        None, deployment({"replicas": 1, "template": {"metadata": {"labels": {"a": "1"}}}}), "kubectl-create"
    )
    assert made["metadata"]["managedFields"] == [
        {
            "apiVersion": "apps/v1",
            "fieldsType": "FieldsV1",
            "fieldsV1": {
                "f:spec": {"f:replicas": {}, "f:template": {"f:metadata": {"f:labels": {".": {}, "f:a": {}}}}},
            },
            "manager": "kubectl-create",
            "operation": "Update",
            "time": LATE,
        }
    ]


def test_an_update_takes_what_it_changes_from_appliers() -> None:
    made = applied(None, deployment({"replicas": 1, "paused": True}))
    new = {**made, "spec": {"replicas": 3, "paused": True}}
    assert owners(updated(made, new)) == {"one": {"f:spec": {"f:paused": {}}}, "edit": {"f:spec": {"f:replicas": {}}}}


def test_an_update_that_removes_a_field_frees_it() -> None:
    made = applied(None, deployment({"replicas": 1, "paused": True}))
    freed = updated(made, {**made, "spec": {"replicas": 1}})
    assert owners(freed) == {"one": {"f:spec": {"f:replicas": {}}}}


def test_an_update_that_changes_nothing_returns_the_old_object() -> None:
    made = updated(None, deployment({"replicas": 1}), time=EARLY)
    assert updated(made, copy.deepcopy(made)) is made


def test_an_update_without_managed_fields_keeps_them() -> None:
    made = applied(None, deployment({"replicas": 1}))
    assert owners(updated(made, deployment({"replicas": 1}, labels={"a": "1"})))["one"] == {
        "f:spec": {"f:replicas": {}}
    }


def test_an_update_may_move_or_reset_ownership_by_hand() -> None:
    made = applied(None, deployment({"replicas": 1}))
    moved = [{**made["metadata"]["managedFields"][0], "manager": "two"}]
    assert list(owners(updated(made, deployment({"replicas": 1}, managedFields=moved)))) == ["two"]
    assert owners(updated(made, deployment({"replicas": 1}, managedFields=[{}]))) == {}
    assert list(owners(updated(made, deployment({"replicas": 1}, managedFields=moved), subresource="status"))) == [
        "one"
    ]


def test_a_status_writer_has_its_own_entry() -> None:
    made = applied(None, deployment({"replicas": 1}))
    new = {**made, "status": {"conditions": [{"type": "Available", "status": "True"}]}}
    entry = updated(made, new, "kubelet", subresource="status")["metadata"]["managedFields"][1]
    assert entry["subresource"] == "status"
    assert entry["fieldsV1"] == {
        "f:status": {
            "f:conditions": {".": {}, 'k:{"type":"Available"}': {".": {}, "f:status": {}, "f:type": {}}},
        }
    }


def test_too_many_updaters_are_joined() -> None:
    live = deployment()
    for number in range(15):
        labels = {**live["metadata"].get("labels", {}), f"l{number}": "x"}
        new = {**live, "metadata": {**live["metadata"], "labels": labels}}
        live = updated(live, new, f"m{number:02}", time=f"2026-01-01T00:00:{number:02}Z")
    names = [entry["manager"] for entry in live["metadata"]["managedFields"]]
    assert len(names) == 10
    assert "ancient-changes" in names
    assert "m14" in names
    assert "m00" not in names
    assert "f:l0" in owners(live)["ancient-changes"]["f:metadata"]["f:labels"]


def test_a_write_that_only_brings_times_is_recognised() -> None:
    early = applied(None, deployment({"replicas": 1}))
    late = applied(None, deployment({"replicas": 1}), time=LATE)
    assert early != late
    assert apply.is_same_but_for_times(early, late)
    assert not apply.is_same_but_for_times(early, {**late, "spec": {"replicas": True}})
    assert not apply.is_same_but_for_times(early, applied(None, deployment({"replicas": 1}), "two"))


NAMES = st.sampled_from(["a", "b", "c", "d"])
VALUES = st.sampled_from(["1", "2"])
ENV = st.dictionaries(NAMES, VALUES, max_size=3).map(lambda env: [{"name": key, "value": env[key]} for key in env])
CONTAINER = st.fixed_dictionaries({}, optional={"image": VALUES, "env": ENV, "args": st.lists(VALUES, max_size=2)})
CONTAINERS = st.dictionaries(NAMES, CONTAINER, max_size=3).map(
    lambda found: [{"name": key, **found[key]} for key in found]
)
CONFIGS = st.builds(
    lambda labels, replicas, found: deployment(
        {**replicas, "template": {"spec": {"containers": found}}}, **({"labels": labels} if labels else {})
    ),
    st.dictionaries(NAMES, VALUES, max_size=3),
    st.fixed_dictionaries({}, optional={"replicas": st.integers(0, 2)}),
    CONTAINERS,
)


@given(st.one_of(st.none(), CONFIGS), CONFIGS, CONFIGS)
def test_apply_is_idempotent(other: Object | None, first: Object, second: Object) -> None:
    live = applied(applied(None, other), first, "two", force=True) if other else applied(None, first, "two")
    before = copy.deepcopy((live, second))
    once = applied(live, second, "two", force=True)
    assert (live, second) == before
    assert applied(once, second, "two", force=True, time=LATE) is once


@given(CONFIGS, CONFIGS)
def test_alone_a_manager_gets_exactly_what_it_applied_last(first: Object, second: Object) -> None:
    live = applied(applied(None, first), second)
    assert content(live) == content(applied(None, second))


def content(value: Any) -> Any:
    """`value` without bookkeeping and empty maps, the order of named items left out."""
    if isinstance(value, dict):
        return {key: content(one) for key, one in value.items() if key != "managedFields" and one != {}}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return sorted((content(one) for one in value), key=lambda one: one["name"])
    return value


@given(CONFIGS, CONFIGS)
def test_managers_of_disjoint_fields_commute(first: Object, second: Object) -> None:
    mine = {**first, "spec": {**first["spec"]}}
    mine["spec"]["template"] = {
        "spec": {"containers": [{**one, "name": f"x-{one['name']}"} for one in containers(first)]}
    }
    theirs = {**second, "spec": {"template": second["spec"]["template"]}, "metadata": {"name": "web"}}
    one_way = applied(applied(None, mine), theirs, "two")
    other_way = applied(applied(None, theirs, "two"), mine)
    for live in (one_way, other_way):
        containers(live).sort(key=lambda one: one["name"])
    assert one_way == other_way


@given(CONFIGS, CONFIGS, CONFIGS)
def test_removing_takes_only_what_nobody_else_owns(first: Object, second: Object, third: Object) -> None:
    shared = applied(applied(None, first), second, "two", force=True)
    reduced = applied(shared, third, "one", force=True)
    try:
        again = applied(reduced, second, "two")
    except apply.Conflicts as conflicts:  # only where the third configuration says otherwise
        assert {one.manager for one in conflicts.conflicts} == {"one"}
        return
    assert content(again["spec"]) == content(reduced["spec"])


@given(CONFIGS, CONFIGS)
def test_every_field_of_an_update_has_exactly_one_owner(first: Object, second: Object) -> None:
    made = updated(None, first, "a", time=EARLY)
    new = updated(made, second, "b")
    taken = owners(new).get("b", {})
    kept = owners(new).get("a", {})
    assert not list(apply.fields_v1.paths(apply.fields_v1.intersection(taken, kept)))

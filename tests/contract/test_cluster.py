"""What `ports.cluster.Cluster` promises, held against the real client over both wires and against the fake."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, cast

import pytest
from tests.contract.conftest import CLUSTER_ROLE, CONFIG_MAP, DEPLOYMENT, NAMESPACE, SECRET, Door

from dokaseca.model import manifest as manifests
from dokaseca.model.errors import ConflictError, DokaSecaError, ExpiredError, NotFoundError, UserError
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster, PatchType, WatchEvent

UNKNOWN = GroupVersionKind("example.com", "v1", "Thing")
Watch = AsyncGenerator[WatchEvent, None]


def config_map(
    name: str = "a", *, labels: dict[str, str] | None = None, namespace: str = "default", **data: str
) -> Manifest:
    metadata: Manifest = {"name": name, "namespace": namespace}
    if labels:
        metadata["labels"] = labels
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def deployment(name: str = "web", replicas: int = 1) -> Manifest:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "main", "image": "nginx:1"}]},
            },
        },
    }


def names(items: list[Manifest]) -> set[str]:
    return {manifests.name(one) for one in items} - {"kube-root-ca.crt"}


async def data(cluster: Cluster, name: str = "a") -> Any:
    return (await cluster.get(CONFIG_MAP, "default", name)).get("data")


# --- who and what ---------------------------------------------------------------------------------------------------


async def test_name_server_and_version(cluster: Cluster) -> None:
    assert cluster.name == "test"
    assert cluster.server.startswith("https://")
    assert (await cluster.version()).startswith("v1.")


async def test_resources_tell_plural_scope_and_verbs(cluster: Cluster) -> None:
    by_kind = {one.gvk: one for one in await cluster.resources()}
    config_maps, roles = by_kind[CONFIG_MAP], by_kind[CLUSTER_ROLE]
    assert (config_maps.plural, config_maps.namespaced, config_maps.preferred) == ("configmaps", True, True)
    assert (roles.plural, roles.namespaced) == ("clusterroles", False)
    assert {"create", "delete", "get", "list", "patch", "update", "watch"} <= config_maps.verbs
    assert await cluster.resource(CONFIG_MAP) == config_maps
    assert {one.gvk for one in await cluster.resources(refresh=True)} >= {CONFIG_MAP, DEPLOYMENT}


async def test_an_unknown_kind_is_the_users_error_everywhere(cluster: Cluster) -> None:
    thing: Manifest = {
        "apiVersion": "example.com/v1",
        "kind": "Thing",
        "metadata": {"name": "t", "namespace": "default"},
    }
    calls = (
        lambda: cluster.resource(UNKNOWN),
        lambda: cluster.get(UNKNOWN, "default", "t"),
        lambda: cluster.list(UNKNOWN),
        lambda: cluster.create(thing),
        lambda: cluster.update(thing),
        lambda: cluster.patch(UNKNOWN, "default", "t", {}),
        lambda: cluster.apply(thing, field_manager="m", force=True),
        lambda: cluster.delete(UNKNOWN, "default", "t"),
        lambda: anext(cluster.watch(UNKNOWN, resource_version="1")),
    )
    for call in calls:
        with pytest.raises(UserError, match="no matches for kind 'Thing'") as caught:
            await call()
        assert caught.value.reason == "NoKindMatch"


# --- create, get, list ----------------------------------------------------------------------------------------------


async def test_what_is_created_can_be_read_and_the_argument_stays_as_it_was(cluster: Cluster) -> None:
    given = config_map(x="1")
    made = await cluster.create(given)
    assert given == config_map(x="1")
    assert (manifests.gvk(made), made["data"]) == (CONFIG_MAP, {"x": "1"})
    assert manifests.uid(made)
    assert manifests.resource_version(made)
    assert manifests.metadata(made)["creationTimestamp"].endswith("Z")
    assert await cluster.get(CONFIG_MAP, "default", "a") == made


async def test_names_are_generated(cluster: Cluster) -> None:
    given = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "job-", "namespace": "default"}}
    made = [await cluster.create(given) for _ in range(2)]
    assert all(manifests.name(one).startswith("job-") for one in made)
    assert manifests.name(made[0]) != manifests.name(made[1])


async def test_what_exists_cannot_be_created(cluster: Cluster) -> None:
    await cluster.create(config_map())
    with pytest.raises(ConflictError, match="already exists") as caught:
        await cluster.create(config_map())
    assert caught.value.reason == "AlreadyExists"
    assert not isinstance(caught.value, ExpiredError)


async def test_what_is_not_there_is_absent_in_a_typed_way(cluster: Cluster) -> None:
    calls = (
        lambda: cluster.get(CONFIG_MAP, "default", "nope"),
        lambda: cluster.get(CONFIG_MAP, "nowhere", "nope"),
        lambda: cluster.get(NAMESPACE, "", "nope"),
        lambda: cluster.update(config_map("nope")),
        lambda: cluster.patch(CONFIG_MAP, "default", "nope", {"data": {}}),
        lambda: cluster.delete(CONFIG_MAP, "default", "nope"),
    )
    for call in calls:
        with pytest.raises(NotFoundError, match="not found") as caught:
            await call()
        assert caught.value.reason == "NotFound"


async def test_cluster_scoped_objects_need_no_namespace(cluster: Cluster) -> None:
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "ops"},
        "rules": [],
    }
    await cluster.create(role)
    assert manifests.name(await cluster.get(CLUSTER_ROLE, "", "ops")) == "ops"
    assert manifests.name(await cluster.get(CLUSTER_ROLE, "ignored", "ops")) == "ops"
    await cluster.delete(CLUSTER_ROLE, "ignored", "ops")
    with pytest.raises(NotFoundError):
        await cluster.get(CLUSTER_ROLE, "", "ops")


async def test_names_with_colons_and_blanks_and_signs_are_names(cluster: Cluster) -> None:
    for name in ("system:thing:ops", "Ada Lovelace", "a@b.c", "ü", "x+y&z=1", "q?x#y"):
        role = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": name},
            "rules": [],
        }
        await cluster.create(role)
        assert manifests.name(await cluster.get(CLUSTER_ROLE, "", name)) == name
        patched = await cluster.patch(CLUSTER_ROLE, "", name, {"metadata": {"labels": {"x": "1"}}})
        assert manifests.labels(patched) == {"x": "1"}
        await cluster.delete(CLUSTER_ROLE, "", name)


async def test_lists_are_by_namespace_and_selectors(cluster: Cluster) -> None:
    await cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other"}})
    await cluster.create(config_map("a", labels={"env": "dev", "tier": "web"}))
    await cluster.create(config_map("b", labels={"env": "prod"}))
    await cluster.create(config_map("c", namespace="other"))
    assert names((await cluster.list(CONFIG_MAP)).items) >= {"a", "b", "c"}
    assert names((await cluster.list(CONFIG_MAP, "default")).items) == {"a", "b"}
    assert names((await cluster.list(CONFIG_MAP, "other")).items) == {"c"}
    assert (await cluster.list(CONFIG_MAP, "nowhere")).items == []
    expected = {
        "env=dev": {"a"},
        "env==dev,tier=web": {"a"},
        "env": {"a", "b"},
        "!env": set(),
        "env!=dev": {"b"},
        "env in (dev,prod)": {"a", "b"},
        "env notin (dev)": {"b"},
        "env=dev,env=prod": set(),
    }
    for selector, found in expected.items():
        assert names((await cluster.list(CONFIG_MAP, "default", label_selector=selector)).items) == found, selector
    one = await cluster.list(CONFIG_MAP, "default", field_selector="metadata.name=a")
    assert names(one.items) == {"a"}
    both = await cluster.list(CONFIG_MAP, "default", field_selector="metadata.name!=a", label_selector="env")
    assert names(both.items) == {"b"}


async def test_listed_objects_carry_their_kind_and_a_position_to_watch_from(cluster: Cluster) -> None:
    made = await cluster.create(config_map())
    listing = await cluster.list(CONFIG_MAP, "default", field_selector="metadata.name=a")
    assert listing.items == [made]
    assert int(listing.resource_version) >= int(manifests.resource_version(made))


# --- update, patch --------------------------------------------------------------------------------------------------


async def test_an_update_replaces(cluster: Cluster) -> None:
    made = await cluster.create(config_map(x="1", y="2"))
    updated = await cluster.update({**made, "data": {"x": "9"}})
    assert updated["data"] == {"x": "9"}
    assert manifests.uid(updated) == manifests.uid(made)
    assert manifests.resource_version(updated) != manifests.resource_version(made)
    assert await cluster.get(CONFIG_MAP, "default", "a") == updated


async def test_an_update_without_position_is_unconditional(cluster: Cluster) -> None:
    made = await cluster.create(config_map(x="1"))
    updated = await cluster.update(config_map(x="2"))
    assert (updated["data"], manifests.uid(updated)) == ({"x": "2"}, manifests.uid(made))


async def test_an_update_from_an_old_position_conflicts(cluster: Cluster) -> None:
    made = await cluster.create(config_map(x="1"))
    await cluster.update({**made, "data": {"x": "2"}})
    with pytest.raises(ConflictError, match="modified"):
        await cluster.update({**made, "data": {"x": "3"}})
    assert await data(cluster) == {"x": "2"}


PATCHES: list[tuple[PatchType, Any, Any]] = [
    ("application/merge-patch+json", {"data": {"x": "9", "y": None}}, {"x": "9"}),
    ("application/merge-patch+json", {"data": None}, None),
    ("application/strategic-merge-patch+json", {"data": {"x": "9"}}, {"x": "9", "y": "2"}),
    ("application/json-patch+json", [{"op": "replace", "path": "/data/x", "value": "9"}], {"x": "9", "y": "2"}),
    (
        "application/json-patch+json",
        [{"op": "test", "path": "/data/x", "value": "1"}, {"op": "remove", "path": "/data/y"}],
        {"x": "1"},
    ),
]


@pytest.mark.parametrize(("patch_type", "patch", "result"), PATCHES)
async def test_patches(patch_type: PatchType, patch: Any, result: Any, cluster: Cluster) -> None:
    await cluster.create(config_map(x="1", y="2"))
    patched = await cluster.patch(CONFIG_MAP, "default", "a", patch, patch_type=patch_type)
    assert patched.get("data") == result
    assert await cluster.get(CONFIG_MAP, "default", "a") == patched


async def test_strategic_patches_merge_lists_by_key(cluster: Cluster) -> None:
    await cluster.create(deployment())
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "busybox:1"}]}}}}
    patched = await cluster.patch(
        DEPLOYMENT, "default", "web", patch, patch_type="application/strategic-merge-patch+json"
    )
    containers = patched["spec"]["template"]["spec"]["containers"]
    assert {one["name"] for one in containers} == {"main", "side"}


async def test_a_patch_with_an_old_position_conflicts(cluster: Cluster) -> None:
    made = await cluster.create(config_map(x="1"))
    await cluster.update({**made, "data": {"x": "2"}})
    old = {"metadata": {"resourceVersion": manifests.resource_version(made)}, "data": {"x": "3"}}
    with pytest.raises(ConflictError):
        await cluster.patch(CONFIG_MAP, "default", "a", old)
    assert await data(cluster) == {"x": "2"}


async def test_a_json_patch_whose_test_fails_changes_nothing(cluster: Cluster) -> None:
    await cluster.create(config_map(x="1"))
    patch = [{"op": "test", "path": "/data/x", "value": "2"}, {"op": "remove", "path": "/data/x"}]
    with pytest.raises(DokaSecaError) as caught:
        await cluster.patch(CONFIG_MAP, "default", "a", patch, patch_type="application/json-patch+json")
    assert isinstance(caught.value, ConflictError | UserError)
    assert await data(cluster) == {"x": "1"}


async def test_a_write_that_changes_nothing_moves_nothing(cluster: Cluster) -> None:
    made = await cluster.create(config_map(x="1"))
    again = await cluster.patch(CONFIG_MAP, "default", "a", {"data": {"x": "1"}})
    assert manifests.resource_version(again) == manifests.resource_version(made)


async def test_status_and_spec_are_written_apart(cluster: Cluster) -> None:
    made = await cluster.create(deployment(replicas=1))
    status = await cluster.patch(
        DEPLOYMENT,
        "default",
        "web",
        {"status": {"observedGeneration": 1}, "spec": {"replicas": 7}},
        subresource="status",
    )
    assert (status["status"]["observedGeneration"], status["spec"]["replicas"]) == (1, 1)
    assert manifests.metadata(status)["generation"] == manifests.metadata(made)["generation"] == 1
    spec = await cluster.patch(
        DEPLOYMENT, "default", "web", {"status": {"observedGeneration": 9}, "spec": {"replicas": 2}}
    )
    assert (spec["status"]["observedGeneration"], spec["spec"]["replicas"]) == (1, 2)
    assert manifests.metadata(spec)["generation"] == 2
    updated = await cluster.update({**spec, "status": {"observedGeneration": 2}}, subresource="status")
    assert updated["status"]["observedGeneration"] == 2


# --- server-side apply ----------------------------------------------------------------------------------------------


async def test_apply_creates_then_changes_and_removes_what_its_manager_no_longer_wants(cluster: Cluster) -> None:
    await cluster.apply(config_map(x="1", y="2"), field_manager="one", force=False)
    applied = await cluster.apply(config_map(x="3"), field_manager="one", force=False)
    assert applied["data"] == {"x": "3"}
    managers = {(one["manager"], one["operation"]) for one in manifests.metadata(applied)["managedFields"]}
    assert managers == {("one", "Apply")}


async def test_managers_share_an_object(cluster: Cluster) -> None:
    await cluster.apply(config_map(x="1"), field_manager="one", force=False)
    applied = await cluster.apply(config_map(y="2"), field_manager="two", force=False)
    assert applied["data"] == {"x": "1", "y": "2"}
    applied = await cluster.apply(config_map(), field_manager="one", force=False)
    assert applied["data"] == {"y": "2"}


async def test_a_field_of_another_manager_conflicts_unless_forced(cluster: Cluster) -> None:
    await cluster.apply(config_map(x="1"), field_manager="one", force=False)
    with pytest.raises(ConflictError, match='conflict with "one"'):
        await cluster.apply(config_map(x="2"), field_manager="two", force=False)
    assert await data(cluster) == {"x": "1"}
    assert (await cluster.apply(config_map(x="2"), field_manager="two", force=True))["data"] == {"x": "2"}


# --- dry run --------------------------------------------------------------------------------------------------------


async def test_dry_runs_answer_as_if_and_change_nothing(cluster: Cluster) -> None:
    assert (await cluster.create(config_map(x="1"), dry_run=True))["data"] == {"x": "1"}
    assert (await cluster.apply(config_map(x="1"), field_manager="m", force=True, dry_run=True))["data"] == {"x": "1"}
    with pytest.raises(NotFoundError):
        await cluster.get(CONFIG_MAP, "default", "a")
    made = await cluster.create(config_map(x="1"))
    assert (await cluster.update({**made, "data": {"x": "2"}}, dry_run=True))["data"] == {"x": "2"}
    assert (await cluster.patch(CONFIG_MAP, "default", "a", {"data": {"x": "3"}}, dry_run=True))["data"] == {"x": "3"}
    applied = await cluster.apply(config_map(y="4"), field_manager="m", force=True, dry_run=True)
    assert applied["data"] == {"x": "1", "y": "4"}
    await cluster.delete(CONFIG_MAP, "default", "a", dry_run=True)
    assert await cluster.get(CONFIG_MAP, "default", "a") == made


# --- delete ---------------------------------------------------------------------------------------------------------


async def test_delete_removes(cluster: Cluster) -> None:
    await cluster.create(config_map())
    await cluster.delete(CONFIG_MAP, "default", "a")
    with pytest.raises(NotFoundError):
        await cluster.get(CONFIG_MAP, "default", "a")


async def test_delete_of_another_uid_conflicts(cluster: Cluster) -> None:
    made = await cluster.create(config_map())
    with pytest.raises(ConflictError):
        await cluster.delete(CONFIG_MAP, "default", "a", uid="another")
    assert await cluster.get(CONFIG_MAP, "default", "a") == made
    await cluster.delete(CONFIG_MAP, "default", "a", uid=manifests.uid(made))
    with pytest.raises(NotFoundError):
        await cluster.get(CONFIG_MAP, "default", "a")


async def test_finalizers_keep_an_object_until_they_are_gone(cluster: Cluster) -> None:
    given = config_map()
    given["metadata"]["finalizers"] = ["example.com/hold"]
    await cluster.create(given)
    await cluster.delete(CONFIG_MAP, "default", "a")
    waiting = await cluster.get(CONFIG_MAP, "default", "a")
    assert manifests.is_deleting(waiting)
    await cluster.delete(CONFIG_MAP, "default", "a")
    assert manifests.is_deleting(await cluster.get(CONFIG_MAP, "default", "a"))
    await cluster.patch(CONFIG_MAP, "default", "a", {"metadata": {"finalizers": None}})
    with pytest.raises(NotFoundError):
        await cluster.get(CONFIG_MAP, "default", "a")


async def test_owned_objects_go_with_their_owner(cluster: Cluster) -> None:
    owner = await cluster.create(config_map("owner"))
    owned = config_map("owned")
    owned["metadata"]["ownerReferences"] = [
        {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": manifests.uid(owner)}
    ]
    await cluster.create(owned)
    await cluster.delete(CONFIG_MAP, "default", "owner", propagation="Background")
    position = (await cluster.list(CONFIG_MAP, "default")).resource_version
    if "owned" in names((await cluster.list(CONFIG_MAP, "default")).items):
        async with aclosing(watch(cluster, position)) as events:
            assert await following(events, 1) == [("DELETED", "owned")]
    with pytest.raises(NotFoundError):
        await cluster.get(CONFIG_MAP, "default", "owned")


# --- watch ----------------------------------------------------------------------------------------------------------


def watch(cluster: Cluster, position: str, label_selector: str = "", namespace: str = "default") -> Watch:
    found = cluster.watch(CONFIG_MAP, namespace, resource_version=position, label_selector=label_selector)
    return cast(Watch, found)


async def following(events: Watch, count: int) -> list[tuple[str, str]]:
    """The next events but bookmarks, as (type, name)."""
    found: list[tuple[str, str]] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            event = await anext(events)
            if event.type != "BOOKMARK":
                found.append((event.type, manifests.name(event.object)))
    return found


async def test_a_watch_tells_what_changes_after_a_position(cluster: Cluster) -> None:
    await cluster.create(config_map("before"))
    position = (await cluster.list(CONFIG_MAP, "default")).resource_version
    made = await cluster.create(config_map("between"))
    async with aclosing(watch(cluster, position)) as events:
        async with asyncio.timeout(10):
            first = await anext(events)
        assert (first.type, first.object) == ("ADDED", made)
        await cluster.patch(CONFIG_MAP, "default", "before", {"data": {"x": "1"}})
        await cluster.create(config_map("elsewhere", namespace="kube-system"))
        await cluster.create(config_map("after"))
        await cluster.delete(CONFIG_MAP, "default", "before")
        assert await following(events, 3) == [("MODIFIED", "before"), ("ADDED", "after"), ("DELETED", "before")]


async def test_a_watch_of_all_namespaces(cluster: Cluster) -> None:
    position = (await cluster.list(CONFIG_MAP)).resource_version
    async with aclosing(watch(cluster, position, namespace="")) as events:
        await cluster.create(config_map("a"))
        await cluster.create(config_map("b", namespace="kube-system"))
        assert await following(events, 2) == [("ADDED", "a"), ("ADDED", "b")]


async def test_a_watch_with_a_selector_sees_objects_come_and_go(cluster: Cluster) -> None:
    position = (await cluster.list(CONFIG_MAP)).resource_version
    async with aclosing(watch(cluster, position, "env=dev")) as events:
        pending = asyncio.ensure_future(following(events, 4))
        await asyncio.sleep(0.05)
        await cluster.create(config_map("other", labels={"env": "prod"}))
        await cluster.create(config_map("a", labels={"env": "dev"}))
        await cluster.patch(CONFIG_MAP, "default", "a", {"data": {"x": "1"}})
        await cluster.patch(CONFIG_MAP, "default", "a", {"metadata": {"labels": {"env": "prod"}}})
        await cluster.patch(CONFIG_MAP, "default", "a", {"metadata": {"labels": {"env": "dev"}}})
        assert await pending == [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a"), ("ADDED", "a")]


async def test_a_watch_stops_when_the_server_ends_it(door: Door) -> None:
    position = (await door.cluster.list(CONFIG_MAP, "default")).resource_version
    async with aclosing(watch(door.cluster, position)) as events:
        await door.cluster.create(config_map("a"))
        assert await following(events, 1) == [("ADDED", "a")]
        rest = asyncio.ensure_future(following(events, 1))
        await asyncio.sleep(0.05)
        door.end_watches()
        with pytest.raises(StopAsyncIteration):
            await rest


async def test_a_position_that_is_gone_is_expired(door: Door) -> None:
    position = (await door.cluster.list(CONFIG_MAP, "default")).resource_version
    await door.forget()
    with pytest.raises(ExpiredError, match="too old resource version") as caught:
        async with aclosing(watch(door.cluster, position)) as events:
            await anext(events)
    assert caught.value.reason == "Expired"


async def test_a_watch_that_nobody_reads_any_more_is_let_go(door: Door) -> None:
    position = (await door.cluster.list(CONFIG_MAP, "default")).resource_version
    async with aclosing(watch(door.cluster, position)) as events:
        await door.cluster.create(config_map("a"))
        await following(events, 1)
    with pytest.raises(StopAsyncIteration):
        await anext(events)
    await door.cluster.create(config_map("b"))


# --- errors ---------------------------------------------------------------------------------------------------------


async def test_secrets_are_plain_objects_to_the_client(cluster: Cluster) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": "default"},
        "data": {"a": "Yg=="},
    }
    await cluster.create(secret)
    assert (await cluster.get(SECRET, "default", "s"))["data"] == {"a": "Yg=="}


async def test_close_may_be_called_twice(cluster: Cluster) -> None:
    await cluster.resources()
    await cluster.close()
    await cluster.close()


async def test_fields_that_a_kind_does_not_have_are_refused_where_writes_are_strict(door: Door) -> None:
    if door.name == "fake":
        pytest.skip("the fake validates nothing")
    misspelt = {**config_map(x="1"), "dat": {"y": "2"}}
    for write in (door.cluster.create, door.cluster.update):
        if write == door.cluster.update:
            await door.cluster.create(config_map(x="1"))
        with pytest.raises(UserError, match='unknown field "dat"'):
            await write(misspelt, validation="Strict")
        assert "dat" not in await write(misspelt, dry_run=True, validation="Ignore")

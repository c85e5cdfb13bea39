"""A project's ServiceAccount syncs and deletes: what it may not do, the platform does not do for it."""

from __future__ import annotations

from typing import Any

import pytest_asyncio
from tests.corridor import objects
from tests.corridor.world import World

ACCOUNTS = [{"server": "*", "namespace": "team", "defaultServiceAccount": "deployer"}]
FINALIZER = "resources-finalizer.argocd.argoproj.io"
WHO = 'User "system:serviceaccount:team:deployer" cannot'


@pytest_asyncio.fixture(autouse=True)
async def impersonating(world: World) -> None:
    await configure(world)
    await world.hub.client.create(_meta("v1", "ServiceAccount", "deployer"))


async def configure(world: World, **more: str) -> None:
    data = {"application.sync.impersonation.enabled": "true", **more}
    config = _meta("v1", "ConfigMap", "argocd-cm", "argocd")
    config["metadata"]["labels"] = {"app.kubernetes.io/part-of": "argocd"}
    await world.hub.client.apply({**config, "data": data}, field_manager="test", force=True)
    await world.idle()


async def allow(world: World, *verbs: str) -> None:
    rbac = "rbac.authorization.k8s.io"
    rules = [{"apiGroups": ["", "batch"], "resources": ["configmaps", "jobs"], "verbs": list(verbs)}]
    role = {**_meta(f"{rbac}/v1", "Role", "deployer"), "rules": rules}
    binding = {
        **_meta(f"{rbac}/v1", "RoleBinding", "deployer"),
        "roleRef": {"apiGroup": rbac, "kind": "Role", "name": "deployer"},
        "subjects": [{"kind": "ServiceAccount", "name": "deployer", "namespace": "team"}],
    }
    for one in (role, binding):
        await world.hub.client.apply(one, field_manager="test", force=True)


async def deploy(world: World, *accounts: Any, **files: Any) -> None:
    project = objects.project("tenant", destinationServiceAccounts=list(accounts))
    await world.hub.client.create(project)
    repository = world.repository(files={f"app/{name}.yaml": one for name, one in files.items()})
    policy = {**objects.AUTOMATED, "retry": {"limit": 0}}
    application = objects.application("web", repository.url, project="tenant", syncPolicy=policy)
    application["metadata"]["finalizers"] = [FINALIZER]
    await world.deploy(application)


async def test_what_the_account_may_not_do_fails_with_the_servers_words(world: World) -> None:
    await deploy(world, *ACCOUNTS, a=objects.config_map("a"))
    state = await world.ended("web", "Failed")
    assert f"{WHO} create resource" in state["message"] or f"{WHO} patch resource" in state["message"]
    assert "app/a.yaml:1" in state["message"]
    assert world.hub.names(objects.CONFIG_MAP) == []


async def test_with_rights_it_syncs_heals_and_prunes(world: World) -> None:
    await allow(world, "create", "patch", "delete")
    pre = objects.job("pre", hook="PreSync", hook_delete_policy="HookSucceeded")
    await deploy(world, *ACCOUNTS, a=objects.config_map("a"), pre=pre)
    await world.settled()
    assert world.hub.names(objects.CONFIG_MAP) == ["a"]
    await world.hub.client.delete(objects.CONFIG_MAP, "team", "a")
    await world.until(lambda: world.hub.events.count(("added", "ConfigMap", "a")) == 2)


async def test_the_deletion_runs_as_the_account_too(world: World) -> None:
    await allow(world, "create", "patch")
    await deploy(world, *ACCOUNTS, a=objects.config_map("a"))
    await world.settled()
    await world.hub.client.delete(objects.APPLICATION, "argocd", "web")
    told = await world.until(lambda: world.condition("DeletionError"))
    assert f"{WHO} delete resource" in told
    assert world.hub.names(objects.CONFIG_MAP) == ["a"]
    await allow(world, "create", "patch", "delete")
    await world.until(lambda: not world.app(), "the Application gone", within_seconds=600)
    assert world.hub.names(objects.CONFIG_MAP) == []


async def test_no_account_for_the_destination_refuses_the_sync(world: World) -> None:
    elsewhere = {"server": "*", "namespace": "other", "defaultServiceAccount": "deployer"}
    await deploy(world, elsewhere, a=objects.config_map("a"))
    told = await world.until(lambda: world.condition("SyncError"))
    assert told == (
        "no matching service account found for destination server 'https://hub.example.com' and namespace 'team'; add "
        "one to spec.destinationServiceAccounts of project 'tenant'"
    )
    assert world.hub.names(objects.CONFIG_MAP) == []
    await world.request("web", revision="main")
    state = await world.ended("web", "Failed")
    assert state["message"] == told


async def test_an_account_that_is_none_refuses_the_sync(world: World) -> None:
    wrong = {"server": "*", "namespace": "*", "defaultServiceAccount": "*"}
    await deploy(world, wrong, a=objects.config_map("a"))
    told = await world.until(lambda: world.condition("SyncError"))
    assert told == (
        "spec.destinationServiceAccounts of project 'tenant': defaultServiceAccount '*' is neither NAME nor "
        "NAMESPACE:NAME; correct it"
    )


async def test_where_it_is_not_enforced_the_platform_syncs_itself(world: World) -> None:
    await configure(world, **{"application.sync.impersonation.enforced": "false"})
    await deploy(world, a=objects.config_map("a"))
    await world.settled()
    assert world.hub.names(objects.CONFIG_MAP) == ["a"]


def _meta(api_version: str, kind: str, name: str, namespace: str = "team") -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": namespace}}

"""Writers of roles and bindings give away what they hold, and no more."""

from dataclasses import replace

import pytest
from tests.unit.dock.authz.test_gate import grant, rule

RBAC = "/apis/rbac.authorization.k8s.io/v1"
IN = f"{RBAC}/namespaces/default"
GROUP = "rbac.authorization.k8s.io"
HEAD = (
    'user "jane" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n'
)
WRITE = ["create", "update", "patch"]
ALL = ["roles", "clusterroles", "rolebindings", "clusterrolebindings"]


@pytest.fixture
async def jane(client):
    """She writes roles and bindings, and reads pods."""
    await grant(client, [rule(WRITE, ALL, GROUP), rule(["get", "list"], ["pods"])])
    return replace(client, user="jane", groups=("dev", "system:authenticated"))


def role(*rules, name="new", **rest):
    return {"metadata": {"name": name}, "rules": list(rules), **rest}


def binding(name, kind="ClusterRole"):
    subjects = [{"kind": "User", "name": "joe"}]
    return {"metadata": {"name": "new"}, "roleRef": {"kind": kind, "name": name}, "subjects": subjects}


async def test_roles_within_ones_rights_may_be_written(jane):
    await jane.post(f"{IN}/roles", role(rule(["get"], ["pods"])))
    await jane.post(f"{RBAC}/clusterroles", role(rule(["list"], ["pods"], resourceNames=["x"])))


async def test_roles_beyond_ones_rights_are_refused(jane):
    status = await jane.refused("POST", f"{IN}/roles", role(rule(["get", "delete"], ["pods", "secrets"])), code=403)
    lacking = '{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}\n'
    lacking += '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "delete"]}'
    assert status["message"] == f'roles.{GROUP} "new" is forbidden: {HEAD}{lacking}'
    assert status["details"] == {"name": "new", "group": GROUP, "kind": "roles"}


async def test_a_change_is_held_to_the_same_and_labels_are_free(client, jane):
    await client.post(f"{IN}/roles", role(rule(["*"], ["secrets"])))
    path = f"{IN}/roles/new"
    assert (await jane.patch(path, {"metadata": {"labels": {"a": "b"}}}))["metadata"]["labels"] == {"a": "b"}
    wider = role(rule(["*"], ["secrets", "pods"]))
    assert HEAD in (await jane.refused("PUT", path, wider, code=403))["message"]
    assert (await jane.patch(path, {"rules": [rule(["get"], ["pods"])]}))["rules"] == [rule(["get"], ["pods"])]


async def test_whoever_may_escalate_is_not_held_to_it(client, jane):
    await grant(client, [rule(["escalate"], ["roles"], GROUP)], name="escalates", namespace="default")
    await jane.post(f"{IN}/roles", role(rule(["*"], ["*"])))
    await jane.refused("POST", f"{RBAC}/clusterroles", role(rule(["*"], ["*"])), code=403)


async def test_gathering_rules_takes_all_rights(client, jane):
    gathers = {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}
    status = await jane.refused("POST", f"{RBAC}/clusterroles", role(aggregationRule=gathers), code=403)
    assert "must have cluster-admin privileges to use the aggregationRule" in status["message"]
    await client.post(f"{RBAC}/clusterroles", role(aggregationRule=gathers))
    body = {"aggregationRule": None}
    await jane.refused("PATCH", f"{RBAC}/clusterroles/new", body, code=403, content="application/merge-patch+json")


async def test_roles_are_handed_out_by_those_who_hold_them(client, jane):
    await client.post(f"{RBAC}/clusterroles", role(rule(["get"], ["pods"]), name="reader"))
    await jane.post(f"{IN}/rolebindings", binding("reader"))
    await jane.post(f"{RBAC}/clusterrolebindings", binding("reader"))


async def test_other_roles_are_handed_out_by_those_who_may_bind_them(client, jane):
    status = await jane.refused("POST", f"{IN}/rolebindings", binding("system:auth-delegator"), code=403)
    lacking = [f'APIGroups:["auth{group}.k8s.io"]' for group in ("entication", "orization")]
    assert status["message"].startswith(f'rolebindings.{GROUP} "new" is forbidden: {HEAD}')
    assert all(text in status["message"] for text in lacking)
    bind = rule(["bind"], ["clusterroles"], GROUP, resourceNames=["system:auth-delegator"])
    await grant(client, [bind], name="binds", namespace="default")
    await jane.post(f"{IN}/rolebindings", binding("system:auth-delegator"))
    await jane.refused("POST", f"{RBAC}/clusterrolebindings", binding("system:auth-delegator"), code=403)


async def test_a_role_that_is_not_there_is_not_handed_out(jane):
    status = await jane.refused("POST", f"{IN}/rolebindings", binding("gone", "Role"), code=404)
    assert status["message"] == f'roles.{GROUP} "gone" not found'


async def test_administrators_may_bind_what_is_yet_to_come(client):
    await client.post(f"{IN}/rolebindings", binding("gone", "Role"))


async def test_bindings_that_are_no_good_are_still_explained(jane):
    status = await jane.refused("POST", f"{IN}/rolebindings", binding("x", "Deployment"), code=422)
    assert 'roleRef.kind: Unsupported value: "Deployment"' in status["message"]


async def test_what_is_wrong_with_ones_own_bindings_is_said(client, jane):
    subjects = [{"kind": "User", "name": "jane"}]
    dangling = {"metadata": {"name": "dangling"}, "roleRef": {"kind": "ClusterRole", "name": "gone"}}
    await client.post(f"{RBAC}/clusterrolebindings", {**dangling, "subjects": subjects})
    status = await jane.refused("POST", f"{IN}/roles", role(rule(["get"], ["secrets"])), code=403)
    assert status["message"].endswith(f'; resolution errors: [clusterrole.{GROUP} "gone" not found]')

"""What users get to hear who are not administrators, and acting as somebody else."""

from dataclasses import replace

import pytest
from tests.unit.dock.client import APPLY, CONFIG_MAPS, Client, config_map

from dokaseca.dock.authn import Identity
from dokaseca.dock.authz.attributes import Attributes
from dokaseca.ports.wire import WireRequest

RBAC = "/apis/rbac.authorization.k8s.io/v1"
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


@pytest.fixture
def jane(client):
    return replace(client, user="jane", groups=("dev", "system:authenticated"))


async def grant(client, rules, *, to=None, namespace="", name="jane"):
    """Give somebody rules of a role of its own."""
    subjects = [to or {"kind": "User", "name": "jane"}]
    place, kind = (f"{RBAC}/namespaces/{namespace}/", "Role") if namespace else (f"{RBAC}/cluster", "ClusterRole")
    await client.post(f"{place}roles", {"metadata": {"name": name}, "rules": rules})
    binding = {"metadata": {"name": name}, "roleRef": {"kind": kind, "name": name}, "subjects": subjects}
    await client.post(f"{place}rolebindings", binding)


def rule(verbs, resources, group="", **rest):
    return {"verbs": verbs, "apiGroups": [group], "resources": resources, **rest}


async def send_as(client: Client, **headers: str):
    """The status of a whoami, with headers for acting as another."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    request = WireRequest("POST", WHO, headers=names, body=b"{}", user=client.user, groups=client.groups)
    return await client.api.handle(request)


@pytest.mark.parametrize(
    ("method", "path", "message", "details"),
    [
        (
            "GET",
            "/api/v1/namespaces/default/pods",
            'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"',
            {"kind": "pods"},
        ),
        (
            "DELETE",
            "/apis/apps/v1/namespaces/default/deployments/web",
            'deployments.apps "web" is forbidden: User "jane" cannot delete resource "deployments" in API group "apps" '
            'in the namespace "default"',
            {"kind": "deployments", "group": "apps", "name": "web"},
        ),
        (
            "GET",
            "/api/v1/nodes",
            'nodes is forbidden: User "jane" cannot list resource "nodes" in API group "" at the cluster scope',
            {"kind": "nodes"},
        ),
        (
            "GET",
            "/api/v1/namespaces/default",
            'namespaces "default" is forbidden: User "jane" cannot get resource "namespaces" in API group "" in the '
            'namespace "default"',
            {"kind": "namespaces", "name": "default"},
        ),
        (
            "GET",
            "/api/v1/namespaces/default/pods/x/log",
            'pods "x" is forbidden: User "jane" cannot get resource "pods/log" in API group "" in the namespace '
            '"default"',
            {"kind": "pods", "name": "x"},
        ),
        (
            "GET",
            "/apis/none.example/v1/things",
            'things.none.example is forbidden: User "jane" cannot list resource "things" in API group "none.example" '
            "at the cluster scope",
            {"kind": "things", "group": "none.example"},
        ),
        ("GET", "/metrics", 'forbidden: User "jane" cannot get path "/metrics"', {}),
    ],
)
async def test_refusals_are_in_the_servers_words(jane, method, path, message, details):
    status = await jane.refused(method, path, code=403)
    assert (status["reason"], status["message"], status.get("details")) == ("Forbidden", message, details)


async def test_everybody_known_may_discover_and_nobody_else(client, jane):
    for path in ("/api", "/apis", "/apis/apps/v1", "/openapi/v3", "/version", "/healthz"):
        assert (await jane.send("GET", path)).status == 200
    nobody = replace(client, user="", groups=())
    assert (await nobody.send("GET", "/version")).status == 200
    assert (await nobody.refused("GET", "/api", code=401))["message"] == "Unauthorized"


async def test_roles_open_what_they_name(client, jane):
    await grant(client, [rule(["get", "list", "watch"], ["configmaps"])], namespace="default")
    assert (await jane.get(CONFIG_MAPS))["items"]
    await (await jane.watch(CONFIG_MAPS)).close()
    await jane.refused("POST", CONFIG_MAPS, config_map("a"), code=403)
    await jane.refused("GET", "/api/v1/configmaps", code=403)
    await jane.refused("GET", "/api/v1/namespaces/kube-system/configmaps", code=403)


async def test_names_hold_for_lists_of_one_object(client, jane):
    await client.post(CONFIG_MAPS, config_map("mine"))
    rules = [rule(["get", "list", "watch"], ["configmaps"], resourceNames=["mine"])]
    await grant(client, rules, namespace="default")
    assert (await jane.get(f"{CONFIG_MAPS}/mine"))["metadata"]["name"] == "mine"
    found = await jane.get(CONFIG_MAPS, fieldSelector="metadata.name=mine")
    assert [item["metadata"]["name"] for item in found["items"]] == ["mine"]
    await jane.refused("GET", CONFIG_MAPS, code=403)
    await jane.refused("GET", f"{CONFIG_MAPS}/kube-root-ca.crt", code=403)


async def test_an_apply_that_creates_needs_both_verbs(client, jane):
    await grant(client, [rule(["patch"], ["configmaps"])], namespace="default")
    path, options = f"{CONFIG_MAPS}/a", {"content": APPLY, "fieldManager": "test"}
    status = await jane.refused("PATCH", path, config_map("a"), code=403, **options)
    assert 'cannot create resource "configmaps"' in status["message"]
    await client.post(CONFIG_MAPS, config_map("a"))
    assert (await jane.apply(path, config_map("a", key="value")))["data"] == {"key": "value"}


async def test_acting_as_another_needs_the_verb_for_every_part(client, jane):
    who = {"impersonate_user": "joe", "impersonate_group": "ops\nqa", "impersonate_uid": "7"}
    who["impersonate_extra_scopes.example%2fa"] = "x"
    wanted = [
        ('users "joe" is forbidden', rule(["impersonate"], ["users"], resourceNames=["joe"])),
        ('groups "ops" is forbidden', rule(["impersonate"], ["groups"], resourceNames=["ops"])),
        ('groups "qa" is forbidden', rule(["impersonate"], ["groups"], resourceNames=["qa"])),
        (
            'cannot impersonate resource "userextras/scopes.example/a" in API group "authentication.k8s.io"',
            rule(["impersonate"], ["userextras/scopes.example/a"], "authentication.k8s.io"),
        ),
        ('uids.authentication.k8s.io "7" is forbidden', rule(["impersonate"], ["uids"], "authentication.k8s.io")),
    ]
    for number, (message, needed) in enumerate(wanted):
        refused = await send_as(jane, **who)
        assert refused.status == 403
        assert message in refused.body.decode().replace('\\"', '"')
        await grant(client, [needed], name=f"step{number}")
    assert await user_of(send_as(jane, **who)) == {
        "username": "joe",
        "uid": "7",
        "groups": ["ops", "qa", "system:authenticated"],
        "extra": {"scopes.example/a": ["x"]},
    }


async def user_of(sent):
    import orjson

    response = await sent
    assert response.status == 201, response.body
    return orjson.loads(response.body)["status"]["userInfo"]


async def test_accounts_are_acted_as_with_their_groups(client, jane):
    account = "system:serviceaccount:default:ci"
    refused = await send_as(jane, impersonate_user=account)
    assert b'serviceaccounts \\"ci\\" is forbidden' in refused.body
    groups = ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"]
    assert await user_of(send_as(client, impersonate_user=account)) == {"username": account, "groups": groups}


async def test_nobody_can_be_acted_as_and_may_nothing(client):
    refused = await send_as(client, impersonate_user="system:anonymous")
    assert b'User \\"system:anonymous\\" cannot create' in refused.body


async def test_whoever_is_acted_as_is_held_to_its_own_rights(client):
    request = WireRequest("GET", CONFIG_MAPS, headers={"impersonate-user": "joe"}, user="a", groups=client.groups)
    assert (await client.api.handle(request)).status == 403
    masters = {"impersonate-user": "joe", "impersonate-group": "system:masters"}
    request = WireRequest("GET", CONFIG_MAPS, headers=masters, user="a", groups=client.groups)
    assert (await client.api.handle(request)).status == 200


async def test_groups_without_a_user_are_an_error(client):
    refused = await send_as(client, impersonate_group="ops")
    assert refused.status == 500
    assert b"requested impersonate-group without impersonating a user" in refused.body


async def test_the_default_roles_are_those_of_a_server(client):
    listed = (await client.get(f"{RBAC}/clusterroles"))["items"]
    names = {item["metadata"]["name"] for item in listed}
    assert {"cluster-admin", "admin", "edit", "view", "system:discovery", "system:basic-user"} <= names
    roles = client.api.state.roles
    for name, may, may_not in (
        ("view", Attributes("list", "", "pods"), Attributes("get", "", "secrets")),
        ("edit", Attributes("get", "", "secrets"), Attributes("create", roles_group(), "roles")),
        ("admin", Attributes("create", roles_group(), "roles"), Attributes("update", "", "resourcequotas")),
        ("cluster-admin", Attributes("get", path="/metrics"), None),
    ):
        reference = {"kind": "ClusterRole", "name": name}
        subject = {"kind": "User", "name": name}
        body = {"metadata": {"name": f"is-{name}"}, "roleRef": reference, "subjects": [subject]}
        await client.post(f"{RBAC}/clusterrolebindings", body)
        assert roles.authorize(Identity(name), may).allowed
        assert may_not is None or not roles.authorize(Identity(name), may_not).allowed


def roles_group():
    return "rbac.authorization.k8s.io"

"""Tokens of ServiceAccounts: what is asked for, and how long it is good."""

from dataclasses import replace

import pytest
from tests.unit.dock.client import CONFIG_MAPS

from dokaseca.dock import accounts
from dokaseca.dock.accounts import AUDIENCE

ACCOUNTS = "/api/v1/namespaces/default/serviceaccounts"
TOKEN = f"{ACCOUNTS}/ci/token"
PODS = "/api/v1/namespaces/default/pods"
USER = "system:serviceaccount:default:ci"
JTI = "authentication.kubernetes.io/credential-id"


@pytest.fixture
async def account(client):
    return await client.post(ACCOUNTS, {"metadata": {"name": "ci"}})


def identity(client, token):
    return client.api.state.accounts.identity_or_none(token)


def why(client, token, *audiences):
    with pytest.raises(accounts.BadToken) as raised:
        client.api.state.accounts.verify(token, audiences or (AUDIENCE,))
    return str(raised.value)


def pod(account="ci"):
    spec = {"serviceAccountName": account, "containers": [{"name": "a", "image": "a"}]}
    return {"metadata": {"name": "web"}, "spec": spec}


async def test_a_token_speaks_for_its_account_until_it_ends(client, account):
    made = await client.post(TOKEN, {"spec": {"expirationSeconds": 600}})
    assert made["spec"] == {"audiences": [AUDIENCE], "expirationSeconds": 600}
    assert made["status"]["expirationTimestamp"] == "2026-01-01T00:10:00Z"
    assert made["metadata"] == {"name": "ci", "namespace": "default", "creationTimestamp": "2026-01-01T00:00:00Z"}
    token = made["status"]["token"]
    found = identity(client, token)
    assert (found.user, found.uid) == (USER, account["metadata"]["uid"])
    assert found.groups == ("system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated")
    assert found.extra[JTI][0].startswith("JTI=")
    client.clock.advance(599)
    assert identity(client, token) is not None
    client.clock.advance(1)
    assert identity(client, token) is None
    assert why(client, token) == "service account token has expired"


async def test_without_wishes_a_token_lasts_an_hour(client, account):
    assert (await client.post(TOKEN, {}))["status"]["expirationTimestamp"] == "2026-01-01T01:00:00Z"


async def test_tokens_for_others_are_not_for_the_server(client, account):
    token = (await client.post(TOKEN, {"spec": {"audiences": ["vault"]}}))["status"]["token"]
    assert identity(client, token) is None
    assert client.api.state.accounts.verify(token, ("vault",)).audiences == ("vault",)
    assert why(client, token) == f'token audiences ["vault"] is invalid for the target audiences ["{AUDIENCE}"]'


async def test_a_token_ends_with_its_account_even_when_that_comes_back(client, account):
    token = (await client.post(TOKEN, {}))["status"]["token"]
    await client.ask("DELETE", f"{ACCOUNTS}/ci")
    assert why(client, token) == "service account token has been invalidated"
    await client.post(ACCOUNTS, {"metadata": {"name": "ci"}})
    assert identity(client, token) is None


async def test_an_account_that_is_going_speaks_no_more(client):
    await client.post(ACCOUNTS, {"metadata": {"name": "ci", "finalizers": ["example.com/wait"]}})
    token = (await client.post(TOKEN, {}))["status"]["token"]
    await client.ask("DELETE", f"{ACCOUNTS}/ci")
    assert identity(client, token) is None


async def test_a_token_bound_to_a_pod_ends_with_it(client, account):
    made = await client.post(PODS, pod())
    reference = {"kind": "Pod", "apiVersion": "v1", "name": "web"}
    asked = await client.post(TOKEN, {"spec": {"boundObjectRef": reference}})
    assert asked["spec"]["boundObjectRef"] == {**reference, "uid": made["metadata"]["uid"]}
    token = asked["status"]["token"]
    extra = identity(client, token).extra
    assert extra["authentication.kubernetes.io/pod-name"] == ("web",)
    assert extra["authentication.kubernetes.io/pod-uid"] == (made["metadata"]["uid"],)
    await client.ask("DELETE", f"{PODS}/web", gracePeriodSeconds="0")
    assert identity(client, token) is None


async def test_a_token_bound_to_a_secret_does_not_name_it(client, account):
    await client.post("/api/v1/namespaces/default/secrets", {"metadata": {"name": "s"}})
    asked = await client.post(TOKEN, {"spec": {"boundObjectRef": {"kind": "Secret", "name": "s"}}})
    assert list(identity(client, asked["status"]["token"]).extra) == [JTI]


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (
            {"spec": {"expirationSeconds": 599}},
            422,
            "spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes",
        ),
        ({"spec": {"expirationSeconds": 2**33}}, 422, "may not specify a duration larger than 2^32 seconds"),
        ({"spec": {"audiences": ["a"] * 101}}, 422, "Too many: 101: must have at most 100 items"),
        ({"spec": {"expirationSeconds": "1h"}}, 400, "spec.expirationSeconds of a TokenRequest must be an integer"),
        ({"spec": {"audiences": "a"}}, 400, "spec.audiences of a TokenRequest must be a list of strings"),
        ({"spec": []}, 400, None),
        ({"spec": "x"}, 400, "spec of a TokenRequest must be an object"),
        ({"spec": {"boundObjectRef": "x"}}, 400, "spec.boundObjectRef of a TokenRequest must be an object"),
        ({"kind": "Pod"}, 400, "Pod cannot be handled as a TokenRequest"),
        ({"spec": {"boundObjectRef": {"kind": "Deployment", "name": "a"}}}, 400, "cannot bind token"),
        ({"spec": {"boundObjectRef": {"kind": "Pod", "name": "gone"}}}, 404, 'pods "gone" not found'),
        (
            {"spec": {"boundObjectRef": {"kind": "Pod", "name": "web", "uid": "other"}}},
            409,
            "the UID in the bound object reference (other) does not match the UID in record",
        ),
        (
            {"spec": {"boundObjectRef": {"kind": "Pod", "name": "web"}}},
            400,
            'cannot bind token for serviceaccount "ci" to pod running with different serviceaccount name.',
        ),
    ],
)
async def test_what_cannot_be_issued_is_explained(client, account, body, code, message):
    await client.post(PODS, pod("default"))
    status, document = await client.ask("POST", TOKEN, body)
    if message is None:
        assert status == 201, "an empty list is read as nothing"
        return
    assert status == code
    assert message in document["message"]


async def test_accounts_that_are_not_there_get_none(client):
    status = await client.refused("POST", TOKEN, {"spec": {}}, code=404)
    assert status["message"] == 'serviceaccounts "ci" not found'


async def test_a_token_is_a_right_of_its_own(client, account):
    editor = replace(client, user="jane", groups=("system:authenticated",))
    status = await editor.refused("POST", TOKEN, {}, code=403)
    assert 'cannot create resource "serviceaccounts/token"' in status["message"]


async def test_an_account_does_what_it_is_bound_to(client, account):
    found = identity(client, (await client.post(TOKEN, {}))["status"]["token"])
    user = replace(client, user=found.user, groups=found.groups)
    await user.refused("GET", CONFIG_MAPS, code=403)
    binding = {
        "metadata": {"name": "ci"},
        "roleRef": {"kind": "ClusterRole", "name": "view"},
        "subjects": [{"kind": "ServiceAccount", "name": "ci", "namespace": "default"}],
    }
    await client.post("/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings", binding)
    await user.get(CONFIG_MAPS)

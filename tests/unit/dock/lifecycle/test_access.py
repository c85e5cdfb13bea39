"""ClusterRoles that gather rules, and Secrets that hold tokens."""

import asyncio
import base64

import pytest
from tests.unit.dock.client import Client

from dokaseca.dock.accounts import BadToken
from dokaseca.dock.api import Api
from dokaseca.dock.store.sqlite import SqliteStorage

RBAC = "/apis/rbac.authorization.k8s.io/v1"
ROLES = f"{RBAC}/clusterroles"
ACCOUNTS = "/api/v1/namespaces/default/serviceaccounts"
SECRETS = "/api/v1/namespaces/default/secrets"
UID = "kubernetes.io/service-account.uid"


def role(name, resource="", gathered_by="", gathers=""):
    labels = {f"example.com/to-{gathered_by}": "true"} if gathered_by else {}
    body = {"metadata": {"name": name, "labels": labels}}
    if resource:
        body["rules"] = [{"verbs": ["get"], "apiGroups": ["example.com"], "resources": [resource]}]
    if gathers:
        body["aggregationRule"] = {"clusterRoleSelectors": [{"matchLabels": {f"example.com/to-{gathers}": "true"}}]}
    return body


async def resources(client, name):
    await client.settle()
    return [one for rule in (await client.get(f"{ROLES}/{name}"))["rules"] for one in rule["resources"]]


async def test_rules_are_gathered_through_roles_that_gather(client):
    await client.post(ROLES, role("outer", gathers="outer"))
    await client.post(ROLES, role("inner", gathers="inner", gathered_by="outer"))
    await client.post(ROLES, role("b", "boats", "inner"))
    await client.post(ROLES, role("a", "apples", "inner"))
    assert await resources(client, "outer") == ["apples", "boats"]
    await client.patch(f"{ROLES}/b", {"metadata": {"labels": None}})
    assert await resources(client, "outer") == ["apples"]
    await client.ask("DELETE", f"{ROLES}/a")
    assert await resources(client, "inner") == []
    assert await resources(client, "outer") == []


async def test_the_same_rule_is_gathered_once_and_nothing_is_written_without_need(client):
    await client.post(ROLES, role("whole", gathers="whole"))
    await client.post(ROLES, role("a", "apples", "whole"))
    await client.post(ROLES, role("b", "apples", "whole"))
    assert await resources(client, "whole") == ["apples"]
    before = client.api.state.store.revision
    await client.patch(f"{ROLES}/b", {"metadata": {"annotations": {"x": "y"}}})
    await client.settle()
    assert client.api.state.store.revision == before + 1


async def test_two_roles_that_gather_each_other_come_to_rest(client):
    await client.post(ROLES, role("one", gathers="one", gathered_by="two"))
    await client.post(ROLES, role("two", gathers="two", gathered_by="one"))
    await client.post(ROLES, role("a", "apples", "one"))
    assert await resources(client, "one") == ["apples"]
    assert await resources(client, "two") == ["apples"]


async def test_custom_rules_reach_the_roles_that_users_have(client):
    body = role("crd-view", "widgets")
    body["metadata"]["labels"] = {"rbac.authorization.k8s.io/aggregate-to-view": "true"}
    await client.post(ROLES, body)
    for name in ("view", "edit", "admin"):
        assert "widgets" in await resources(client, name)


def token_secret(name="token", account="ci", **annotations):
    annotations = {"kubernetes.io/service-account.name": account, **annotations}
    return {"metadata": {"name": name, "annotations": annotations}, "type": "kubernetes.io/service-account-token"}


async def filled(client, name="token"):
    await client.settle()
    return await client.get(f"{SECRETS}/{name}")


def decoded(secret, key):
    return base64.b64decode(secret["data"][key]).decode()


async def test_a_secret_is_filled_with_a_token_that_lasts(client):
    account = await client.post(ACCOUNTS, {"metadata": {"name": "ci"}})
    await client.post(SECRETS, token_secret())
    secret = await filled(client)
    assert (decoded(secret, "ca.crt"), decoded(secret, "namespace")) == ("CA", "default")
    assert secret["metadata"]["annotations"][UID] == account["metadata"]["uid"]
    token = decoded(secret, "token")
    client.clock.advance(10 * 365 * 86_400)
    assert client.api.authenticator.of_token_or_none(token).user == "system:serviceaccount:default:ci"
    with pytest.raises(BadToken, match="is invalid for the target audiences"):
        client.api.state.accounts.verify(token, ("vault",))
    version = secret["metadata"]["resourceVersion"]
    assert (await filled(client))["metadata"]["resourceVersion"] == version


async def test_the_token_ends_with_its_secret_and_the_secret_with_its_account(client):
    await client.post(ACCOUNTS, {"metadata": {"name": "ci"}})
    for name in ("token", "other"):
        await client.post(SECRETS, token_secret(name))
    first, second = decoded(await filled(client), "token"), decoded(await filled(client, "other"), "token")
    who = client.api.authenticator.of_token_or_none
    await client.ask("DELETE", f"{SECRETS}/token")
    assert who(first) is None
    assert who(second) is not None
    assert client.api.state.accounts.identity_or_none(second) is not None
    await client.ask("DELETE", f"{ACCOUNTS}/ci")
    await client.settle()
    await client.refused("GET", f"{SECRETS}/other", code=404)
    assert who(second) is None


async def test_a_token_that_is_taken_out_is_made_anew_and_the_old_one_ends(client):
    await client.post(ACCOUNTS, {"metadata": {"name": "ci"}})
    await client.post(SECRETS, token_secret())
    old = decoded(await filled(client), "token")
    await client.ask("DELETE", f"{SECRETS}/token")
    await client.post(SECRETS, token_secret())
    new = decoded(await filled(client), "token")
    assert client.api.authenticator.of_token_or_none(new) is not None
    assert client.api.authenticator.of_token_or_none(old) is None


async def test_secrets_for_accounts_that_are_not_there_go(client):
    await client.post(SECRETS, token_secret(account="gone"))
    await client.settle()
    await client.refused("GET", f"{SECRETS}/token", code=404)
    await client.post(ACCOUNTS, {"metadata": {"name": "ci"}})
    await client.post(SECRETS, token_secret(**{UID: "another"}))
    await client.settle()
    await client.refused("GET", f"{SECRETS}/token", code=404)


async def test_a_secret_names_its_account(client):
    body = {"metadata": {"name": "token"}, "type": "kubernetes.io/service-account-token"}
    status = await client.refused("POST", SECRETS, body, code=422)
    assert "metadata.annotations[kubernetes.io/service-account.name]: Required value" in status["message"]


async def test_other_secrets_that_mention_the_type_are_left_alone(client):
    body = {"metadata": {"name": "x", "annotations": {"see": "kubernetes.io/service-account-token"}}}
    made = await client.post(SECRETS, body)
    await client.settle()
    assert await client.get(f"{SECRETS}/x") == made


async def test_what_an_earlier_process_left_is_finished(tmp_path, clock):
    api = Api("test", SqliteStorage(tmp_path / "state.db"), clock=clock, ca_pem="CA")
    client = Client(api, clock)
    await client.post(ACCOUNTS, {"metadata": {"name": "ci"}})
    await client.post(SECRETS, token_secret())  # nothing runs that would fill it
    await client.ask("DELETE", f"{ROLES}/view")
    api.close()
    again = Client(Api("test", SqliteStorage(tmp_path / "state.db"), clock=clock, ca_pem="CA"), clock)
    running = asyncio.get_running_loop().create_task(again.api.run())
    await asyncio.sleep(0)
    assert "token" in (await filled(again))["data"]
    assert "pods" in await resources(again, "view")
    running.cancel()
    await asyncio.wait([running])
    again.api.close()

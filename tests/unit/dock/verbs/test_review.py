"""Reviews: what the server says of users, tokens and rights."""

from dataclasses import replace

import pytest

from dokaseca.dock.accounts import AUDIENCE
from dokaseca.dock.authn import Identity

GROUP = "/apis/authorization.k8s.io/v1"
ACCESS = f"{GROUP}/selfsubjectaccessreviews"
OTHERS = f"{GROUP}/subjectaccessreviews"
RULES = f"{GROUP}/selfsubjectrulesreviews"
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
TOKENS = "/apis/authentication.k8s.io/v1/tokenreviews"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
PODS = {"verb": "list", "resource": "pods", "namespace": "default"}


@pytest.fixture
def jane(client):
    return replace(client, user="jane", groups=("dev", "system:authenticated"))


async def bind(client, name="view", subject=None):
    subject = subject or {"kind": "User", "name": "jane"}
    reference = {"kind": "ClusterRole", "name": name}
    body = {"metadata": {"name": f"jane-{name}"}, "roleRef": reference, "subjects": [subject]}
    await client.post(f"{RBAC}/namespaces/default/rolebindings", body)


async def test_administrators_may_everything_and_are_told_who_they_are(client):
    review = {"spec": {"resourceAttributes": {"verb": "create", "resource": "pods"}}}
    assert (await client.post(ACCESS, review))["status"] == {"allowed": True}
    who = await client.post(WHO, {})
    assert who["status"]["userInfo"] == {"username": "admin", "groups": ["system:masters"]}
    assert who["metadata"]["creationTimestamp"] == "2026-01-01T00:00:00Z"


async def test_rights_are_explained(client, jane):
    assert (await jane.post(ACCESS, {"spec": {"resourceAttributes": PODS}}))["status"] == {"allowed": False}
    await bind(client)
    status = (await jane.post(ACCESS, {"spec": {"resourceAttributes": PODS}}))["status"]
    reason = 'RBAC: allowed by RoleBinding "jane-view/default" of ClusterRole "view" to User "jane"'
    assert status == {"allowed": True, "reason": reason}
    path = {"spec": {"nonResourceAttributes": {"verb": "get", "path": "/apis/apps"}}}
    assert (await jane.post(ACCESS, path))["status"]["allowed"] is True


async def test_rights_of_others_are_told_to_those_who_may_ask(client, jane):
    await bind(client)
    body = {"spec": {"resourceAttributes": PODS, "user": "jane"}}
    assert (await client.post(OTHERS, body))["status"]["allowed"] is True
    assert (await client.post(OTHERS, {"spec": {**body["spec"], "user": "joe"}}))["status"] == {"allowed": False}
    masters = {"spec": {"resourceAttributes": PODS, "user": "joe", "groups": ["system:masters"]}}
    assert (await client.post(OTHERS, masters))["status"] == {"allowed": True}
    await jane.refused("POST", OTHERS, body, code=403)
    local = f"{GROUP}/namespaces/default/localsubjectaccessreviews"
    assert (await client.post(local, body))["status"]["allowed"] is True


@pytest.mark.parametrize(
    ("path", "spec", "code", "message"),
    [
        (ACCESS, {}, 422, "spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes"),
        (
            ACCESS,
            {"resourceAttributes": PODS, "nonResourceAttributes": {"path": "/"}},
            422,
            "cannot be specified in combination with resourceAttributes",
        ),
        (OTHERS, {"resourceAttributes": PODS}, 422, 'spec.user: Invalid value: "": at least one of user or group'),
        (
            f"{GROUP}/namespaces/default/localsubjectaccessreviews",
            {"user": "x", "nonResourceAttributes": {"path": "/"}},
            422,
            "disallowed on this kind of request",
        ),
        (
            f"{GROUP}/namespaces/default/localsubjectaccessreviews",
            {"user": "x", "resourceAttributes": {**PODS, "namespace": "other"}},
            400,
            "spec.resourceAttributes.namespace must match namespace: default",
        ),
        (ACCESS, {"resourceAttributes": "pods"}, 400, "cannot be handled as a SelfSubjectAccessReview"),
        (RULES, {}, 400, "no namespace on request"),
        (TOKENS, {}, 400, "token is required for TokenReview in authentication"),
    ],
)
async def test_reviews_that_make_no_sense_are_refused(client, path, spec, code, message):
    assert message in (await client.refused("POST", path, {"spec": spec}, code=code))["message"]


async def test_reviews_are_only_created(client):
    await client.refused("GET", ACCESS, code=405)


async def test_rules_are_listed_with_what_is_wrong_with_bindings(client, jane):
    await bind(client, "missing")
    status = (await jane.post(RULES, {"spec": {"namespace": "default"}}))["status"]
    own = ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]
    assert own in [rule["resources"] for rule in status["resourceRules"]]
    assert any("/api/*" in rule["nonResourceURLs"] for rule in status["nonResourceRules"])
    assert status["incomplete"] is True
    assert status["evaluationError"] == 'clusterrole.rbac.authorization.k8s.io "missing" not found'
    whole = (await client.post(RULES, {"spec": {"namespace": "default"}}))["status"]
    assert whole["resourceRules"][0] == {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
    assert whole["incomplete"] is False


async def test_tokens_are_reviewed(client):
    path = "/api/v1/namespaces/default/serviceaccounts/default/token"
    token = (await client.post(path, {"spec": {}}))["status"]["token"]
    status = (await client.post(TOKENS, {"spec": {"token": token}}))["status"]
    assert status["authenticated"] is True
    assert status["audiences"] == [AUDIENCE]
    assert status["user"]["username"] == "system:serviceaccount:default:default"
    groups = ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"]
    assert status["user"]["groups"] == groups
    wrong = (await client.post(TOKENS, {"spec": {"token": token, "audiences": ["vault"]}}))["status"]
    assert wrong["user"] == {}
    assert "is invalid for the target audiences" in wrong["error"]
    assert "authenticated" not in wrong
    vault = (await client.post(path, {"spec": {"audiences": ["vault"]}}))["status"]["token"]
    meant = (await client.post(TOKENS, {"spec": {"token": vault, "audiences": ["vault", "x"]}}))["status"]
    assert (meant["authenticated"], meant["audiences"]) == (True, ["vault"])


async def test_static_tokens_are_for_the_server_only(client):
    client.api.authenticator.add_token("t0ken", Identity("robot"))
    good = (await client.post(TOKENS, {"spec": {"token": "t0ken"}}))["status"]
    assert (good["authenticated"], good["user"]["username"]) == (True, "robot")
    for spec in ({"token": "t0ken", "audiences": ["vault"]}, {"token": "s3cret"}):
        assert (await client.post(TOKENS, {"spec": spec}))["status"] == {"user": {}, "error": "invalid bearer token"}

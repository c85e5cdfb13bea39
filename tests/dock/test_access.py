"""Real kubectl as somebody else than the administrator: certificates, tokens, impersonation, roles."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from dokaseca.dock.accounts import AUDIENCE, Bound
from dokaseca.dock.dock import Dock

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOKEN_SECRET = """
apiVersion: v1
kind: Secret
metadata:
  name: lasting
  annotations: {kubernetes.io/service-account.name: ci}
type: kubernetes.io/service-account-token
"""


@pytest_asyncio.fixture(loop_scope="module")
async def space(kubectl):
    """A new namespace."""
    name = f"access{space.counter}"
    space.counter += 1
    await kubectl.ok("create", "namespace", name)
    return name


space.counter = 0


def certified(user, *groups, authority=None, usage=ExtendedKeyUsageOID.CLIENT_AUTH):
    """Options of kubectl with a certificate for a user, signed by the authority in a folder, or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    subject = x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, user)])
    issuer_key, issuer = key, subject
    if authority is not None:
        issuer_key = serialization.load_pem_private_key((authority / "ca.key").read_bytes(), None)
        issuer = x509.load_pem_x509_certificate((authority / "ca.crt").read_bytes()).subject
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(minutes=5)).not_valid_after(now + timedelta(hours=1))
    builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    certificate = builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    encoding = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return {"client-certificate-data": certificate, "client-key-data": key.private_bytes(*encoding)}


def as_user(kubectl, tmp_path, **user):
    """An option by which kubectl asks as `user`: values as a kubeconfig holds them, bytes are encoded."""
    config = kubectl.cluster.kubeconfig()
    encoded = {
        key: base64.b64encode(value).decode() if isinstance(value, bytes) else value for key, value in user.items()
    }
    config["users"][0]["user"] = encoded
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    return f"--kubeconfig={path}"


@pytest.fixture
def pki(kubectl):
    return kubectl.cluster.folder / "pki"


async def test_a_certificate_is_a_user_with_groups(kubectl, tmp_path, pki, space):
    jane = as_user(kubectl, tmp_path, **certified("jane", "dev", authority=pki))
    who = json.loads(await kubectl.ok(jane, "auth", "whoami", "-o", "json"))["status"]["userInfo"]
    assert (who["username"], who["groups"]) == ("jane", ["dev", "system:authenticated"])
    assert who["extra"]["authentication.kubernetes.io/credential-id"][0].startswith("X509SHA256=")
    refused = await kubectl(jane, "get", "pods")
    sentence = 'User "jane" cannot list resource "pods" in API group "" in the namespace "default"'
    assert refused.err == f"Error from server (Forbidden): pods is forbidden: {sentence}\n"
    await kubectl.ok("create", "rolebinding", "dev", "--clusterrole=view", "--group=dev", "-n", space)
    await kubectl.ok(jane, "get", "pods", "-n", space)
    assert (await kubectl(jane, "create", "configmap", "a", "-n", space)).code == 1


async def test_certificates_of_others_and_for_servers_are_nobodys(kubectl, tmp_path, pki):
    ask = ("get", "--raw", "/api/v1/pods", "--request-timeout=3s")  # kubectl tries long where a handshake fails
    foreign = as_user(kubectl, tmp_path, **certified("root", "system:masters"))
    assert (await kubectl(foreign, *ask)).code == 1
    server = certified("root", "system:masters", authority=pki, usage=ExtendedKeyUsageOID.SERVER_AUTH)
    assert (await kubectl(as_user(kubectl, tmp_path, **server), *ask)).code == 1


async def test_nobody_and_bad_tokens_are_told_to_log_in(kubectl, tmp_path):
    login = "error: You must be logged in to the server ("
    await kubectl.ok("get", "pods")  # what the server serves is known from now on, and is not asked again
    for command in (("get", "pods"), ("version",)):
        answer = await kubectl(as_user(kubectl, tmp_path, token="s3cret"), *command)
        assert answer.code == 1
        assert "s3cret" not in answer.out + answer.err
        assert login in answer.err
    answer = await kubectl(as_user(kubectl, tmp_path, username="jane", password="s3cret"), "get", "pods")
    assert answer.err.startswith(login)


async def test_a_token_is_an_account_until_that_goes(kubectl, tmp_path, space):
    await kubectl.ok("create", "serviceaccount", "ci", "-n", space)
    token = (await kubectl.ok("create", "token", "ci", "-n", space, "--duration=10m")).strip()
    ci = as_user(kubectl, tmp_path, token=token)
    listed = await kubectl.ok(ci, "auth", "whoami")
    user = f"system:serviceaccount:{space}:ci"
    assert ["Username", user] in [line.split() for line in listed.splitlines()]
    assert f"[system:serviceaccounts system:serviceaccounts:{space} system:authenticated]" in listed
    assert f'User "{user}" cannot list resource "pods"' in (await kubectl(ci, "get", "pods", "-n", space)).err
    await kubectl.ok("create", "rolebinding", "ci", "--clusterrole=edit", f"--serviceaccount={space}:ci", "-n", space)
    await kubectl.ok(ci, "create", "configmap", "made", "-n", space)
    await kubectl.ok("delete", "serviceaccount", "ci", "-n", space)
    assert "You must be logged in" in (await kubectl(ci, "get", "pods", "-n", space)).err
    await kubectl.ok("create", "serviceaccount", "ci", "-n", space)
    assert "You must be logged in" in (await kubectl(ci, "get", "pods", "-n", space)).err


async def test_tokens_are_asked_for_within_limits(kubectl, space):
    short = await kubectl("create", "token", "default", "-n", space, "--duration=1m")
    assert "may not specify a duration less than 10 minutes" in short.err
    gone = await kubectl("create", "token", "gone", "-n", space)
    assert gone.err == 'error: failed to create token: serviceaccounts "gone" not found\n'
    document = await kubectl.ok("create", "token", "default", "-n", space, "--audience=vault", "-o", "json")
    assert json.loads(document)["spec"]["audiences"] == ["vault"]


async def test_a_secret_of_an_account_holds_its_token(kubectl, tmp_path, space):
    await kubectl.ok("create", "serviceaccount", "ci", "-n", space)
    await kubectl.ok("apply", "-n", space, "-f", "-", stdin=TOKEN_SECRET)
    await kubectl.ok("wait", "secret/lasting", "-n", space, "--for=jsonpath={.data.token}", "--timeout=10s")
    token = await kubectl.ok("get", "secret", "lasting", "-n", space, "-o", "jsonpath={.data.token}")
    lasting = as_user(kubectl, tmp_path, token=base64.b64decode(token).decode())
    assert f"system:serviceaccount:{space}:ci" in await kubectl.ok(lasting, "auth", "whoami")
    described = await kubectl.ok("describe", "secret", "lasting", "-n", space)
    assert "namespace:  " in described
    await kubectl.ok("delete", "secret", "lasting", "-n", space)
    assert (await kubectl(lasting, "auth", "whoami")).code == 1


async def test_as_another_one_has_his_rights(kubectl, space):
    await kubectl.ok("create", "rolebinding", "team", "--clusterrole=view", "--group=team-b", "-n", space)
    joe = ("--as=joe", "--as-group=team-a", "--as-group=team-b", "--as-uid=42")
    who = json.loads(await kubectl.ok(*joe, "auth", "whoami", "-o", "json"))["status"]["userInfo"]
    groups = ["team-a", "team-b", "system:authenticated"]
    assert who == {"username": "joe", "uid": "42", "groups": groups}
    await kubectl.ok(*joe, "get", "pods", "-n", space)
    assert (await kubectl("--as=joe", "get", "pods", "-n", space)).code == 1
    account = f"--as=system:serviceaccount:{space}:default"
    assert await kubectl.ok(account, "auth", "whoami", "-o", "jsonpath={.status.userInfo.groups[1]}") == (
        f"system:serviceaccounts:{space}"
    )


async def test_acting_as_another_is_a_right(kubectl, tmp_path, pki):
    jane = as_user(kubectl, tmp_path, **certified("jane", authority=pki))
    await kubectl.ok("get", "pods")  # what the server serves is known from now on, and is not asked again
    refused = await kubectl(jane, "--as=root", "get", "pods")
    sentence = 'User "jane" cannot impersonate resource "users" in API group "" at the cluster scope'
    assert refused.err == f'Error from server (Forbidden): users "root" is forbidden: {sentence}\n'
    masters = await kubectl(jane, "--as=jane", "--as-group=system:masters", "get", "pods")
    assert masters.code == 1


async def test_can_i_says_what_one_may(kubectl, space):
    assert await kubectl.ok("auth", "can-i", "delete", "nodes") == "yes\n"
    no = await kubectl("--as=joe", "auth", "can-i", "list", "pods", "-n", space)
    assert (no.code, no.out) == (1, "no\n")
    await kubectl.ok("create", "role", "logs", "--verb=get,list", "--resource=pods,pods/log", "-n", space)
    await kubectl.ok("create", "rolebinding", "joe", "--role=logs", "--user=joe", "-n", space)
    assert await kubectl.ok("--as=joe", "auth", "can-i", "get", "pods", "--subresource=log", "-n", space) == "yes\n"
    assert (await kubectl("--as=joe", "auth", "can-i", "*", "*", "-n", space)).code == 1
    assert (await kubectl("--as=joe", "auth", "can-i", "get", "/apis")).out == "yes\n"
    listed = await kubectl.ok("--as=joe", "auth", "can-i", "--list", "-n", space)
    rows = [line.split("  ") for line in listed.splitlines()]
    assert any(row[0] == "pods/log" and row[-1].strip() == "[get list]" for row in rows)
    assert any("[/api/*]" in line for line in listed.splitlines())


async def test_nobody_makes_himself_stronger(kubectl, space):
    await kubectl.ok("create", "rolebinding", "joe", "--clusterrole=admin", "--user=joe", "-n", space)
    weak = ("create", "role", "weak", "--verb=get", "--resource=configmaps", "-n", space)
    await kubectl.ok("--as=joe", *weak)
    strong = ("create", "role", "strong", "--verb=update", "--resource=resourcequotas", "-n", space)
    refused = await kubectl("--as=joe", *strong)
    assert 'roles.rbac.authorization.k8s.io "strong" is forbidden: user "joe"' in refused.err
    assert '{APIGroups:[""], Resources:["resourcequotas"], Verbs:["update"]}' in refused.err
    own = ("create", "rolebinding", "more", "--clusterrole=cluster-admin", "--user=joe", "-n", space)
    assert "is attempting to grant RBAC permissions not currently held" in (await kubectl("--as=joe", *own)).err
    await kubectl.ok("--as=joe", "create", "rolebinding", "same", "--clusterrole=view", "--user=ann", "-n", space)


async def test_default_roles_are_there_and_say_what_they_are(kubectl):
    listed = await kubectl.ok("get", "clusterroles", "-l", "kubernetes.io/bootstrapping=rbac-defaults", "-o", "name")
    names = {line.rpartition("/")[2] for line in listed.splitlines()}
    assert {"cluster-admin", "admin", "edit", "view", "system:discovery", "system:basic-user"} <= names
    described = await kubectl.ok("describe", "clusterrole", "cluster-admin")
    assert "*.*" in described
    assert "pods/log" in await kubectl.ok("describe", "clusterrole", "view")


async def test_tokens_outlive_a_restart_of_the_cluster(tmp_path):
    dock = Dock()
    try:
        cluster = await dock.start("kept", folder=tmp_path / "kept")
        accounts = cluster.api.state.accounts
        account = cluster.api.state.store.get_or_none("serviceaccounts", "default", "default")
        token, _ = accounts.issue(account, (AUDIENCE,), 600, Bound())
        await dock.stop("kept")
        again = await dock.start("kept", folder=tmp_path / "kept")
        user = again.authenticator.identify(None, f"Bearer {token}").user
        assert user == "system:serviceaccount:default:default"
        assert (tmp_path / "kept" / "pki" / "sa.key").stat().st_mode & 0o077 == 0
    finally:
        await dock.close()

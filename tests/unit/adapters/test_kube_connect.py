"""Cluster Secrets as connections: what they may say, and how a wrong one is answered without telling a secret."""

from __future__ import annotations

import base64

import pytest

from dokaseca.adapters import kube_connect
from dokaseca.bridge import secret
from dokaseca.dock import pki
from dokaseca.dock.dock import Dock
from dokaseca.model.errors import DeniedError, UserError

SERVER = "https://127.0.0.1:6443"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    made = pki.ensure(tmp_path_factory.mktemp("pki"))
    return secret.remote_config(
        made.ca_certificate.read_text(), made.admin_certificate.read_text(), made.admin_key.read_text()
    )


def changed(config, **tls):
    return {"tlsClientConfig": {**config["tlsClientConfig"], **tls}}


async def test_a_cluster_is_reached_with_what_its_secret_says_and_leaves_no_key_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dock = Dock()
    cluster = await dock.start("dev", folder=None)
    config = secret.remote_config(cluster.ca_pem, cluster.client_cert_pem, cluster.client_key_pem)
    client = kube_connect.connect("dev", cluster.server_url, config)
    try:
        assert (client.name, client.server) == ("dev", cluster.server_url)
        assert (await client.version()).startswith("v1.")
        assert list(tmp_path.iterdir()) == []
    finally:
        await client.close()
        await dock.close()


async def test_a_wrong_token_is_denied(tmp_path):
    dock = Dock()
    cluster = await dock.start("dev", folder=None)
    config = {"bearerToken": "wrong", "tlsClientConfig": {"caData": encoded(cluster.ca_pem)}}
    client = kube_connect.connect("dev", cluster.server_url, config)
    try:
        with pytest.raises(DeniedError):
            await client.resources()
    finally:
        await client.close()
        await dock.close()


def test_every_field_is_read(config):
    found = kube_connect.credentials(
        {"bearerToken": "t", "username": "u", "password": "p", **changed(config, serverName="k")}, subject="x"
    )
    assert (found.token, found.username, found.password, found.server_name) == ("t", "u", "p", "k")
    assert found.client_key_pem.startswith("-----BEGIN")
    assert kube_connect.credentials({"tlsClientConfig": {"insecure": True}}, subject="x").insecure
    assert not kube_connect.credentials({}, subject="x").insecure


def test_base64_may_be_wrapped_into_lines(config):
    wrapped = changed(config, caData=base64.encodebytes(base64.b64decode(config["tlsClientConfig"]["caData"])).decode())
    assert kube_connect.credentials(wrapped, subject="x").ca_pem.startswith("-----BEGIN CERTIFICATE-----")


@pytest.mark.parametrize(
    ("tls", "message"),
    [
        ({"caData": "%s3cret%"}, "config.tlsClientConfig.caData is not base64 of a PEM text; encode it"),
        ({"caData": encoded("s3cret")}, "config.tlsClientConfig.caData is not a certificate in PEM; put the whole"),
        ({"caData": encoded("-----BEGIN CERTIFICATE-----\ns3cret")}, "caData is not a certificate in PEM"),
        ({"keyData": encoded("s3cret")}, "config.tlsClientConfig.keyData is not a private key in PEM"),
        ({"keyData": ""}, "needs both certData and keyData, or neither"),
        ({"insecure": True}, "has caData and insecure: true; keep one of them"),
    ],
)
def test_a_wrong_tls_field_is_named_and_never_shown(config, tls, message):
    with pytest.raises(UserError) as raised:
        kube_connect.connect("dev", SERVER, changed(config, **tls))
    assert raised.value.reason == "InvalidCredentials"
    assert str(raised.value).startswith("cluster dev: ")
    assert message in str(raised.value)
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"awsAuthConfig": {"clusterName": "x"}}, "config.awsAuthConfig is not supported; use bearerToken"),
        ({"execProviderConfig": {"command": "x"}}, "config.execProviderConfig is not supported"),
        ({"tlsClientConfig": "yes"}, "config.tlsClientConfig is not an object"),
    ],
)
def test_a_config_that_cannot_be_used_says_so(config, message):
    with pytest.raises(UserError, match=message):
        kube_connect.connect("dev", SERVER, config)


def test_a_server_must_be_a_url():
    with pytest.raises(UserError, match=r"server '127\.0\.0\.1:6443' is not an https:// URL"):
        kube_connect.connect("dev", "127.0.0.1:6443", {})


def test_a_config_is_a_json_object():
    assert kube_connect.read_config("", subject="x") == {}
    assert kube_connect.read_config('{"bearerToken": "t"}', subject="x") == {"bearerToken": "t"}
    with pytest.raises(UserError, match=r"cluster dev: config is not JSON \(line 2 column 1\)"):
        kube_connect.read_config('{"bearerToken":\n s3cret}'.replace(" s3", "s3"), subject="cluster dev")
    with pytest.raises(UserError, match="config is not a JSON object"):
        kube_connect.read_config("[]", subject="x")

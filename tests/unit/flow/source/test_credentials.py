"""Which Secret is for which repository, and what it may hold."""

from __future__ import annotations

from typing import Any

import pytest

from dokaseca.flow.source import credentials
from dokaseca.flow.source.access import Access
from dokaseca.flow.source.credentials import Credentials
from dokaseca.model.errors import UserError
from dokaseca.model.identity import NamespacedName

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----"
REPO = "https://git.example.com/team/app.git"


def secret(name: str, kind: str = "repository", **fields: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "argocd", "labels": {"argocd.argoproj.io/secret-type": kind}},
        "stringData": fields,
    }


def known(*secrets: dict[str, Any]) -> Credentials:
    found = Credentials()
    for one in secrets:
        found.put(one)
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://Git.Example.com/Team/App.git", "https://git.example.com/team/app"),
        ("https://git.example.com:443/a/", "https://git.example.com/a"),
        ("https://ada@git.example.com/a", "https://git.example.com/a"),
        ("git@git.example.com:a/b.git", "ssh://git@git.example.com/a/b"),
        ("ssh://git@git.example.com:22/a", "git@git.example.com:/a"),
        ("oci://registry.example.com/charts", "registry.example.com/charts"),
    ],
)
def test_spellings_of_one_url_are_one(one: str, other: str) -> None:
    assert credentials.normalized(one) == credentials.normalized(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://git.example.com/a", "http://git.example.com/a"),
        ("https://git.example.com:8443/a", "https://git.example.com/a"),
        ("https://git.example.com/a", "ssh://git.example.com/a"),
    ],
)
def test_what_is_reached_differently_is_another_repository(one: str, other: str) -> None:
    assert credentials.normalized(one) != credentials.normalized(other)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        (REPO, "git.example.com"),
        ("git@git.example.com:a/b", "git.example.com"),
        ("oci://r.example.com:5000/x", "r.example.com"),
        ("https://[::1]:8443/x", "::1"),
        ("/srv/repo", ""),
    ],
)
def test_the_host_of_a_url(url: str, host: str) -> None:
    assert credentials.host(url) == host


def test_the_longest_template_counts_and_only_where_the_repository_has_no_login() -> None:
    found = known(
        secret("wide", "repo-creds", url="https://git.example.com", username="wide", password="1"),
        secret("narrow", "repo-creds", url="https://git.example.com/team", username="narrow", password="2"),
        secret("bare", url=REPO, insecure="true"),
        secret("own", url="https://git.example.com/team/own", username="own", password="3"),
    )
    assert found.access("https://git.example.com/x").username == "wide"
    assert found.access("https://git.example.com/team/other").username == "narrow"
    assert found.access(REPO).username == "narrow"
    assert found.access(REPO).insecure
    assert found.access("https://git.example.com/team/own").username == "own"


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.com.evil.com/team/app",
        "https://git.example.com@evil.com/team/app",
        "https://git.example.com:8443/team/app",
        "http://git.example.com/team/app",
    ],
)
@pytest.mark.parametrize("template", ["https://git.example.com", "https://git.example.com/"])
def test_a_template_is_for_its_own_server_only(url: str, template: str) -> None:
    found = known(secret("wide", "repo-creds", url=template, username="wide", password="1"))
    assert not found.access(url).has_login


def test_a_secret_of_a_project_is_for_that_project_only() -> None:
    found = known(
        secret("everybody", url=REPO, username="all", password="1"),
        secret("team", url=REPO, username="team", password="2", project="blue"),
    )
    assert found.scope(REPO, "blue") == "blue"
    assert found.scope(REPO, "red") == ""
    assert found.scope("https://git.example.com/x", "blue") == ""
    assert found.access(REPO, "blue").username == "team"
    assert found.access(REPO).username == "all"
    found.remove(NamespacedName("argocd", "everybody"))
    assert not found.access(REPO, "red").has_login


def test_nothing_is_secret_in_a_repr() -> None:
    found = known(secret("a", url=REPO, username="ada", password="s3cr3t", proxy="http://u:s3cr3t@p:1"))
    access = found.access(REPO)
    assert access.password == "s3cr3t"
    assert "s3cr3t" not in repr(access)
    assert "s3cr3t" not in access.identity


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"type": "svn"}, "type 'svn' is none of git, helm and oci"),
        ({"insecure": "yes"}, "insecure must be true or false"),
        ({"password": "a\nhost=evil"}, "password holds a line break"),
        ({"sshPrivateKey": "ssh-ed25519 AAAA"}, "sshPrivateKey is no private key in PEM form"),
        ({"tlsClientCertData": "x"}, "one of them is missing"),
        ({"githubAppID": "1"}, "a GitHub App needs"),
        ({"githubAppID": "1", "githubAppInstallationID": "../x", "githubAppPrivateKey": KEY}, "which are numbers"),
        ({"gcpServiceAccountKey": "{}"}, "gcpServiceAccountKey is not supported"),
        ({"useAzureWorkloadIdentity": "true"}, "useAzureWorkloadIdentity is not supported"),
    ],
)
def test_a_secret_that_cannot_be_used_is_an_error_and_never_an_anonymous_request(
    fields: dict[str, str], message: str
) -> None:
    with pytest.raises(UserError, match=message) as caught:
        known(secret("a", url=REPO, **fields)).access(REPO)
    assert caught.value.reason == "InvalidCredentials"
    assert caught.value.subject == "Secret argocd/a"


def test_the_line_break_that_echo_leaves_is_dropped_and_a_key_gets_its_own() -> None:
    found = known(secret("a", url=f"{REPO}\n", username="ada\n", password="x\r\n", sshPrivateKey=KEY))
    access = found.access(REPO)
    assert (access.username, access.password) == ("ada", "x")
    assert access.ssh_private_key == KEY + "\n"


def test_an_app_has_githubs_api_or_its_own() -> None:
    app = {"githubAppID": "1", "githubAppInstallationID": "2", "githubAppPrivateKey": KEY}
    assert known(secret("a", url=REPO, **app)).access(REPO).app_api == "https://api.github.com"
    own = known(secret("a", url=REPO, **app, githubAppEnterpriseBaseUrl="https://ghe.example.com/api/v3/"))
    assert own.access(REPO).app_api == "https://ghe.example.com/api/v3"


def test_known_hosts_and_authorities_come_from_their_config_maps() -> None:
    found = Credentials()
    found.trust(credentials.KNOWN_HOSTS, {"data": {"ssh_known_hosts": "h ssh-ed25519 A"}})
    found.trust(credentials.CERTIFICATES, {"data": {"Git.example.com": "PEM"}})
    access = found.access(REPO)
    assert (access.known_hosts, access.ca_pem) == ("h ssh-ed25519 A", "PEM")
    assert found.access("https://other.example.com/x").ca_pem == ""
    found.trust(credentials.CERTIFICATES, None)
    assert found.access(REPO).ca_pem == ""


def test_a_proxy_is_passed_by_for_what_no_proxy_names() -> None:
    access = Access(proxy="http://p:1", no_proxy="internal.example.com, .corp ,10.0.0.0/8,*.x.org")
    assert access.proxy_or_none("git.example.com") == "http://p:1"
    for host in ("internal.example.com", "a.internal.example.com", "a.corp", "10.1.2.3", "y.x.org"):
        assert access.proxy_or_none(host) is None
    assert Access(proxy="http://p:1", no_proxy="*").proxy_or_none("a") is None

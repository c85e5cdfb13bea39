"""Where an ApplicationSet may not lead us."""

from __future__ import annotations

import re
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.adapters.scm import egress
from dokaseca.model.errors import DeniedError, UserError

PRIVATE = (
    *("127.0.0.1", "127.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "192.0.2.1", "240.0.0.1"),
    *("255.255.255.255", "0.1.2.3", "198.18.0.1"),
    *("::1", "fc00::1", "fd12:3456::1", "fec0::1", "2001:db8::1", "64:ff9b:1::1", "100::1"),
    *("::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::7f00:1", "::10.0.0.1"),
    *("2002:0a00:0001::1", "2001:0:4136:e378:8000:63bf:f5ff:fffe"),  # 6to4 and Teredo of 10.0.0.1
)
NEVER = (
    *("169.254.169.254", "169.254.1.1", "224.0.0.1", "239.1.1.1", "0.0.0.0", "100.100.100.200", "168.63.129.16"),
    *("192.0.0.192", "fe80::1", "fe80::1%eth0", "ff02::1", "::", "fd00:ec2::254"),
    *("::ffff:169.254.169.254", "64:ff9b::169.254.169.254", "2002:a9fe:a9fe::1"),
)
PUBLIC = ("140.82.121.4", "8.8.8.8", "2606:50c0:8000::153", "::ffff:140.82.121.4", "64:ff9b::140.82.121.4")


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_inside_the_house_are_for_hosts_that_may_be_there(address: str) -> None:
    assert egress.refusal_or_none(address, may_be_private=False) == "is not on the public internet"
    assert egress.refusal_or_none(address, may_be_private=True) is None


@pytest.mark.parametrize("address", NEVER)
@pytest.mark.parametrize("may_be_private", [False, True])
def test_metadata_services_and_their_like_are_for_nobody(address: str, may_be_private: bool) -> None:
    assert egress.refusal_or_none(address, may_be_private=may_be_private) == (
        "is link-local, multicast or a cloud's metadata service"
    )


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_for_everybody(address: str) -> None:
    assert egress.refusal_or_none(address, may_be_private=False) is None


@given(
    st.ip_addresses(network="10.0.0.0/8") | st.ip_addresses(network="fc00::/7") | st.ip_addresses(network="127.0.0.0/8")
)
def test_no_address_of_a_private_network_is_public(address: object) -> None:
    assert egress.refusal_or_none(str(address), may_be_private=False) is not None


def test_a_socket_is_made_only_for_an_address_that_may_be_connected_to() -> None:
    make = egress.socket_factory("rebound.test", may_be_private=False)
    with pytest.raises(DeniedError, match=r"rebound\.test stands for an address that is not on the public") as caught:
        make((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("10.0.0.1", 443)))
    assert caught.value.reason == "AddressRefused"
    assert "10.0.0.1" not in str(caught.value), "who writes ApplicationSets may not learn our network by it"
    with make((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("8.8.8.8", 443))) as made:
        assert made.family == socket.AF_INET


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://git.test", "must begin with https:// and a host"),
        ("file:///etc/passwd", "must begin with https://"),
        ("https://", "must begin with https:// and a host"),
        ("git.test", "must begin with https://"),
        ("https://ann:secret@git.test", "neither a login nor a query"),
        ("https://git.test/?token=secret-value", "neither a login nor a query"),
        ("https://git.test/#x", "neither a login nor a query"),
        ("https://git.test:port", "it is no URL"),
        ("https://[::1", "it is no URL"),
        ("https://git.test/a b", "holds blanks"),
        ("https://git.test/\r\nX: y", "holds blanks"),
        ("https://git.test/" + "x" * 3000, "too long"),
        ("http://git.test", "http would show the token to the network"),
    ],
)
def test_a_url_that_is_no_plain_https_is_refused(url: str, why: str) -> None:
    with pytest.raises(UserError, match=re.escape(why)) as caught:
        egress.checked_url(url, frozenset(("other.test",)), subject="GitHub")
    assert "secret" not in str(caught.value)
    assert str(caught.value).startswith("GitHub: api: ")


@pytest.mark.parametrize(
    ("url", "private", "checked"),
    [
        ("https://git.test/", (), "https://git.test"),
        ("https://git.test:8443/base/", (), "https://git.test:8443/base"),
        ("http://git.test", ("git.test",), "http://git.test"),
        ("http://GIT.test.", ("git.test",), "http://GIT.test."),
        ("http://[fd00::1]:3000", ("fd00::1",), "http://[fd00::1]:3000"),
    ],
)
def test_a_plain_url_is_taken(url: str, private: tuple[str, ...], checked: str) -> None:
    assert egress.checked_url(url, frozenset(private), subject="Gitea") == checked

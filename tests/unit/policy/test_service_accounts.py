"""The first entry that covers the destination says as whom its objects are written."""

from __future__ import annotations

from typing import Any

import pytest

from dokaseca.policy import service_accounts

SERVER = "https://kubernetes.default.svc"


def user(*entries: Any, namespace: str = "team-a") -> str | None:
    project = {"spec": {"destinationServiceAccounts": list(entries)}}
    return service_accounts.user_or_none(project, server=SERVER, namespace=namespace, home="argocd")


def entry(account: str, server: str = "*", namespace: str = "*") -> dict[str, str]:
    return {"server": server, "namespace": namespace, "defaultServiceAccount": account}


def test_the_first_entry_that_covers_server_and_namespace_counts() -> None:
    entries = entry("a", server="https://other"), entry("b", namespace="team-?"), entry("c")
    assert user(*entries) == "system:serviceaccount:team-a:b"
    assert user(*entries, namespace="shop") == "system:serviceaccount:shop:c"


def test_an_account_may_live_in_a_namespace_of_its_own() -> None:
    assert user(entry("deployers:shop")) == "system:serviceaccount:deployers:shop"


def test_a_destination_without_a_namespace_takes_that_of_the_application() -> None:
    assert user(entry("deployer"), namespace="") == "system:serviceaccount:argocd:deployer"


def test_nobody_where_nothing_covers_the_destination() -> None:
    assert user() is None
    assert user(entry("a", namespace="shop")) is None
    assert service_accounts.user_or_none({}, server=SERVER, namespace="team", home="argocd") is None


@pytest.mark.parametrize("account", ["", "*", "a:b:c", "a/b", ":a", "a:", "Ups\nImpersonate-Group: system:masters"])
def test_a_name_that_is_none_is_refused_and_no_later_entry_taken(account: str) -> None:
    with pytest.raises(ValueError, match="is neither NAME nor NAMESPACE:NAME"):
        user(entry(account), entry("good"))


def test_an_entry_that_is_no_mapping_is_refused() -> None:
    with pytest.raises(ValueError, match="an entry is not a mapping"):
        user("deployer")

"""The clusters that Applications may name."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from tests.fakes.cluster import FakeCluster

from dokaseca.engine.destinations import Destinations, Registration
from dokaseca.engine.live_state import LiveState
from dokaseca.flow.sync import inventory
from dokaseca.model.application import IN_CLUSTER_SERVER, Destination
from dokaseca.model.errors import UserError
from dokaseca.model.identity import ObjectKey
from dokaseca.runtime.supervise import Supervisor


def secret(name: str, *, cluster: str, server: str, **more: str) -> dict[str, Any]:
    fields = {"name": cluster, "server": server, **more}
    data = {key: base64.b64encode(value.encode()).decode() for key, value in fields.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "argocd"}, "data": data}


def by_name(name: str) -> Destination:
    return Destination("", name, "team")


def by_server(server: str) -> Destination:
    return Destination(server, "", "team")


class Connections:
    """Opens a fake cluster for every registration, and remembers for which."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.closed: list[str] = []
        self.tasks = Supervisor("test")

    def connect(self, registration: Registration) -> LiveState:
        self.opened.append(registration.server)
        cluster = FakeCluster([], name=registration.name)
        state = LiveState(cluster, self.tasks, inventory.owner_or_none, lambda key, old, new: None)
        state.close = lambda: self.closed.append(registration.server)  # type: ignore[method-assign]
        return state


@pytest.fixture
def connections() -> Connections:
    return Connections()


@pytest.fixture
def destinations(connections: Connections) -> Destinations:
    return Destinations(connections.connect)


def test_a_cluster_is_found_by_name_and_by_server(destinations: Destinations) -> None:
    destinations.put(secret("a", cluster="prod", server="https://prod/"))
    assert destinations.find(by_name("prod")).server == "https://prod"
    assert destinations.find(by_server("https://prod")).name == "prod"


def test_the_engines_own_cluster_needs_no_secret(destinations: Destinations) -> None:
    own = Registration("in-cluster", IN_CLUSTER_SERVER, None)
    assert destinations.find(by_server(IN_CLUSTER_SERVER)) == destinations.find(by_name("in-cluster")) == own
    assert destinations.registered() == ()


def test_a_secret_may_name_the_engines_own_cluster(destinations: Destinations) -> None:
    destinations.put(secret("hub", cluster="hub", server=IN_CLUSTER_SERVER))
    assert destinations.find(by_server(IN_CLUSTER_SERVER)).name == "hub"
    assert destinations.find(by_name("in-cluster")).server == IN_CLUSTER_SERVER


@pytest.mark.parametrize(
    ("destination", "message"),
    [
        (by_name("nope"), "there is no cluster named 'nope'; registered clusters: prod, test"),
        (by_server("https://nope"), "there is no cluster with server https://nope; registered clusters: prod, test"),
        (by_name("twin"), "there are 2 clusters named 'twin'"),
    ],
)
def test_what_cannot_be_found_is_told_with_what_there_is(
    destinations: Destinations, destination: Destination, message: str
) -> None:
    twins = ("one", "two") if destination.name == "twin" else ()
    for number in twins:
        destinations.put(secret(number, cluster="twin", server=f"https://{number}"))
    destinations.put(secret("a", cluster="prod", server="https://prod"))
    destinations.put(secret("b", cluster="test", server="https://test"))
    with pytest.raises(UserError) as caught:
        destinations.find(destination)
    assert caught.value.message.startswith(message)
    assert caught.value.reason == "InvalidSpecError"
    assert destinations.is_known(destination) is bool(twins)


def test_the_second_secret_of_a_server_keeps_it_when_the_first_goes(destinations: Destinations) -> None:
    destinations.put(secret("a", cluster="prod", server="https://prod"))
    destinations.put(secret("b", cluster="also-prod", server="https://prod"))
    assert [one.name for one in destinations.registered()] == ["prod"]
    destinations.remove_named("a")
    assert [one.name for one in destinations.registered()] == ["also-prod"]
    destinations.remove_named("b")
    assert not destinations.is_known(by_server("https://prod"))


def test_a_secret_without_a_server_registers_nothing(destinations: Destinations) -> None:
    destinations.put(secret("a", cluster="prod", server="https://prod"))
    destinations.put(secret("a", cluster="prod", server=""))
    assert destinations.registered() == ()


def test_one_connection_serves_all_until_the_credentials_change(
    destinations: Destinations, connections: Connections
) -> None:
    destinations.put(secret("a", cluster="prod", server="https://prod", config="one"))
    first = destinations.live(destinations.find(by_name("prod")))
    labelled = secret("a", cluster="prod", server="https://prod", config="one")
    labelled["metadata"]["labels"] = {"environment": "prod"}
    destinations.put(labelled)
    assert destinations.live(destinations.find(by_name("prod"))) is first
    destinations.put(secret("a", cluster="prod", server="https://prod", config="two"))
    assert connections.closed == ["https://prod"]
    assert destinations.live(destinations.find(by_name("prod"))) is not first
    assert connections.opened == ["https://prod", "https://prod"]


def test_a_cluster_that_moves_is_connected_anew(destinations: Destinations, connections: Connections) -> None:
    destinations.put(secret("a", cluster="prod", server="https://old"))
    destinations.live(destinations.find(by_name("prod")))
    destinations.put(secret("a", cluster="prod", server="https://new"))
    assert connections.closed == ["https://old"]
    assert destinations.find(by_name("prod")).server == "https://new"
    assert not destinations.is_known(by_server("https://old"))


def test_removing_what_is_not_there_does_nothing(destinations: Destinations, connections: Connections) -> None:
    destinations.remove_named("nobody")
    assert connections.closed == []


def test_an_application_that_is_gone_waits_for_nothing(destinations: Destinations) -> None:
    destinations.put(secret("a", cluster="prod", server="https://prod"))
    woken: list[str] = []
    destinations.listen(woken.extend)
    live = destinations.live(destinations.find(by_name("prod")))
    key = ObjectKey("", "ConfigMap", "team", "a")
    live.claim("web", [key], [])
    live.claim("shop", [key], [])
    destinations.forget("web")
    live._claims.tell(key)
    assert woken == ["shop"]

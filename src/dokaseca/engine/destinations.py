"""The clusters that Applications may name: registered by Secrets, connected on first use."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dokaseca.engine.live_state import LiveState
from dokaseca.model import manifest as manifests
from dokaseca.model import secret as secrets
from dokaseca.model.application import IN_CLUSTER_SERVER, Destination
from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest

SECRET_SELECTOR = "argocd.argoproj.io/secret-type=cluster"  # noqa: S105 - a label selector


@dataclass(frozen=True, slots=True)
class Registration:
    """What a cluster Secret says; `secret` is None for the cluster that the engine itself runs in."""

    name: str
    server: str
    secret: Manifest | None


class Destinations:
    """Resolves `spec.destination` to a cluster's live state.

    Args:
        connect: opens a registered cluster; called once per registration and again when its Secret changes.
    """

    def __init__(self, connect: Callable[[Registration], LiveState]) -> None:
        self._connect = connect
        self._by_server: dict[str, Registration] = {}
        self._live: dict[str, LiveState] = {}
        self._claimed: Callable[[Iterable[str]], None] = lambda instances: None

    def listen(self, claimed: Callable[[Iterable[str]], None]) -> None:
        """Call `claimed` with the Application instances that wait for an object of others, when that changes."""
        self._claimed = claimed

    def registered(self) -> tuple[Registration, ...]:
        """All registrations, sorted by server; the implicit in-cluster one only where a Secret names it."""
        return tuple(self._by_server[server] for server in sorted(self._by_server))

    def put(self, secret: Manifest) -> None:
        """A cluster Secret appeared or changed; one without a server is ignored."""
        registration = decode(secret)
        if not registration.server:
            return
        self.remove_named(manifests.name(secret), unless_server=registration.server)
        known = self._by_server.get(registration.server)
        if known is not None and _data(known.secret) != _data(secret):
            self._disconnect(registration.server)
        self._by_server[registration.server] = registration

    def remove_named(self, secret_name: str, *, unless_server: str = "") -> None:
        """The Secret of that name is gone (or now names another server)."""
        for server, registration in list(self._by_server.items()):
            if server != unless_server and registration.secret and manifests.name(registration.secret) == secret_name:
                del self._by_server[server]
                self._disconnect(server)

    def find(self, destination: Destination) -> Registration:
        """The registration that a destination names.

        Raises:
            UserError: reason InvalidSpecError: no such cluster, or a name that several share.
        """
        if destination.server:
            found = self._by_server.get(destination.server)
            if found is None and destination.server == IN_CLUSTER_SERVER:
                return Registration("in-cluster", IN_CLUSTER_SERVER, None)
            if found is None:
                raise _unknown(f"there is no cluster with server {destination.server}", self._names())
            return found
        named = [one for one in self._by_server.values() if one.name == destination.name]
        if not named and destination.name == "in-cluster":
            return Registration("in-cluster", IN_CLUSTER_SERVER, None)
        if len(named) != 1:
            what = "there is no cluster" if not named else f"there are {len(named)} clusters"
            raise _unknown(f"{what} named {destination.name!r}", self._names())
        return named[0]

    def live(self, registration: Registration) -> LiveState:
        """The cluster's live state, connecting on first use."""
        state = self._live.get(registration.server)
        if state is None:
            state = self._live[registration.server] = self._connect(registration)
            state.listen(self._claimed)
        return state

    def _names(self) -> str:
        return ", ".join(sorted(one.name for one in self._by_server.values())) or "none"

    def _disconnect(self, server: str) -> None:
        state = self._live.pop(server, None)
        if state is not None:
            state.close()


def decode(secret: Manifest) -> Registration:
    """Name and server of a cluster Secret."""
    return Registration(secrets.text(secret, "name"), secrets.text(secret, "server").rstrip("/"), secret)


def _data(secret: Manifest | None) -> dict[str, str]:
    value = (secret or {}).get("data")
    return value if isinstance(value, dict) else {}


def _unknown(message: str, names: str) -> UserError:
    return UserError(f"{message}; registered clusters: {names}", reason="InvalidSpecError")

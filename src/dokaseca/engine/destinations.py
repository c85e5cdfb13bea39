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
        self._by_secret: dict[str, Registration] = {}
        self._live: dict[str, LiveState] = {}
        self._claimed: Callable[[Iterable[str]], None] = lambda instances: None

    def listen(self, claimed: Callable[[Iterable[str]], None]) -> None:
        """Call `claimed` with the Application instances that wait for an object of others, when that changes."""
        self._claimed = claimed

    def registered(self) -> tuple[Registration, ...]:
        """One registration per server, sorted by server; the implicit in-cluster one only where a Secret names it."""
        by_server = {one.server: one for _, one in sorted(self._by_secret.items(), reverse=True)}
        return tuple(by_server[server] for server in sorted(by_server))

    def put(self, secret: Manifest) -> None:
        """A cluster Secret appeared or changed; one without a server registers nothing."""
        name, new = manifests.name(secret), decode(secret)
        old = self._by_secret.pop(name, None)
        if new.server:
            self._by_secret[name] = new
        if old is not None and (old.server != new.server or _data(old.secret) != _data(secret)):
            self._disconnect(old.server)

    def remove_named(self, secret_name: str) -> None:
        """The Secret of that name is gone."""
        old = self._by_secret.pop(secret_name, None)
        if old is not None:
            self._disconnect(old.server)

    def is_known(self, destination: Destination) -> bool:
        """Whether any cluster goes by the destination's server or name."""
        return bool(self._matches(destination))

    def find(self, destination: Destination) -> Registration:
        """The registration that a destination names.

        Raises:
            UserError: reason InvalidSpecError: no such cluster, or a name that several share.
        """
        found = self._matches(destination)
        if len(found) == 1:
            return found[0]
        what = f"with server {destination.server}" if destination.server else f"named {destination.name!r}"
        count = "there is no cluster" if not found else f"there are {len(found)} clusters"
        names = ", ".join(sorted(one.name for one in self.registered())) or "none"
        raise UserError(f"{count} {what}; registered clusters: {names}", reason="InvalidSpecError")

    def forget(self, instance: str) -> None:
        """An Application is gone: it waits for nothing any more."""
        for state in self._live.values():
            state.claim(instance, (), ())

    def _matches(self, destination: Destination) -> list[Registration]:
        if destination.server:
            named = [one for one in self.registered() if one.server == destination.server]
            is_own = destination.server == IN_CLUSTER_SERVER
        else:
            named = [one for one in self.registered() if one.name == destination.name]
            is_own = destination.name == "in-cluster"
        return named or ([Registration("in-cluster", IN_CLUSTER_SERVER, None)] if is_own else [])

    def live(self, registration: Registration) -> LiveState:
        """The cluster's live state, connecting on first use."""
        state = self._live.get(registration.server)
        if state is None:
            state = self._live[registration.server] = self._connect(registration)
            state.listen(self._claimed)
        return state

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

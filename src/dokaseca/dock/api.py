"""The API of one cluster: one request in, one answer out, whatever carried it."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any, Final

from dokaseca.dock import discovery, negotiation, openapi, openapi_v2, routes, status_error
from dokaseca.dock.authn import MASTERS, Authenticator, Identity
from dokaseca.dock.authz import attributes, gate
from dokaseca.dock.jwt import Signer
from dokaseca.dock.lifecycle import bootstrap
from dokaseca.dock.lifecycle.collector import Collector
from dokaseca.dock.state import ClusterState
from dokaseca.dock.store.objects import Store
from dokaseca.dock.store.storage import Storage
from dokaseca.dock.verbs import answer, delete, patch, pods, read, review, scale, tokens, watch, write
from dokaseca.dock.verbs.call import Call
from dokaseca.kit.clock import Clock, SystemClock
from dokaseca.ports.wire import WireRequest, WireResponse

log = logging.getLogger("dokaseca.dock")

_OPEN_PATHS: Final = frozenset({"/healthz", "/readyz", "/livez", "/version"})  # answered to anybody
_TEXT_HEADERS: Final = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
_BY_METHOD: Final = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class Api:
    """One cluster's API server, without the network.

    Args:
        name: the cluster's, for messages and logs.
        storage: where its objects survive.
        clock: the time that objects are stamped with.
        ca_pem: the authority that every namespace's `kube-root-ca.crt` publishes.
        address: `host:port` that `/api` tells clients.
        signer: of ServiceAccount tokens; without one, tokens end with the process.

    Attributes:
        authenticator: whom bearer tokens speak for.

    Raises:
        IntegrityError: what the storage holds is damaged.
        StatusError: 500, the storage refuses the first objects.
    """

    def __init__(
        self,
        name: str,
        storage: Storage,
        *,
        clock: Clock | None = None,
        ca_pem: str = "",
        address: str = "",
        signer: Signer | None = None,
    ) -> None:
        self.name = name
        self.address = address
        self.state = ClusterState(name, Store(storage), clock=clock or SystemClock(), ca_pem=ca_pem, signer=signer)
        self.authenticator = Authenticator(accounts=self.state.accounts.identity_or_none)
        self.collector = Collector(self.state)
        bootstrap.prepare(self.state)
        self.state.store.flush()

    async def run(self) -> None:
        """Do what happens behind requests (namespaces and definitions that end, garbage collection) until cancelled."""
        await self.collector.run()

    def close(self) -> None:
        """End all watches and give the storage back."""
        self.end_watches()
        self.state.store.close()

    def end_watches(self) -> None:
        """End all watches soon, and refuse new ones."""
        self.state.closing.set()
        self.state.store.wake_all()

    async def handle(self, request: WireRequest) -> WireResponse:
        """The answer to one request, once all that it tells is durable; never raises but for cancellation.

        `request.user` and `request.groups` are who the carrier says is asking: an empty user is nobody, and gets 401.
        """
        losses = self.state.store.losses
        response = await self._answer_or_status(request)
        try:
            await self.state.store.settled(losses)
        except status_error.StatusError as error:
            return answer.document(error.document(), error.code)
        return response

    async def _answer_or_status(self, request: WireRequest) -> WireResponse:
        try:
            return await self._answer(request)
        except status_error.NothingServed as error:
            return WireResponse(error.code, _TEXT_HEADERS, error.text)
        except status_error.StatusError as error:
            return answer.document(error.document(), error.code, error.headers)
        except RecursionError:
            nested = status_error.bad_request("the request body is nested too deep")
            return answer.document(nested.document(), nested.code)
        except Exception:  # a defect of ours must not take the server down: the client learns that it was not its fault
            log.exception("request failed", extra={"fields": {"cluster": self.name, "path": request.path}})
            broken = status_error.internal("the request could not be served; the server's log says why")
            return answer.document(broken.document(), broken.code)

    async def _answer(self, request: WireRequest) -> WireResponse:
        path = request.path
        if request.user:
            request = gate.impersonated(self.state.roles, request)
            if MASTERS not in request.groups:
                self._authorize(request)
        elif path not in _OPEN_PATHS and not path.startswith(("/healthz/", "/readyz/", "/livez/")):
            raise status_error.unauthorized()
        if path.startswith(("/api/v1/", "/apis/")) and path.rstrip("/").count("/") > (
            2 if path.startswith("/api/") else 3
        ):
            return await self._resource(request)
        return self._other(request)

    def _authorize(self, request: WireRequest) -> None:
        """Refuse what the user may not do; an apply that creates needs both verbs."""
        asked = attributes.of_request(request)
        identity = Identity.of(request)
        gate.require(self.state.roles, identity, asked)
        if asked.verb == "patch" and not asked.subresource and asked.name and _is_apply(request):
            target = routes.target(self.state.registry, request.path)
            if self.state.store.get_or_none(target.of.table, target.namespace, target.name) is None:
                gate.require(self.state.roles, identity, replace(asked, verb="create"))

    def _other(self, request: WireRequest) -> WireResponse:
        """Discovery, OpenAPI, version, health: everything that is not a resource."""
        path = request.path.rstrip("/") or "/"
        if path.startswith(("/healthz", "/readyz", "/livez")):
            return WireResponse(200, {"Content-Type": "text/plain; charset=utf-8"}, b"ok")
        if request.method not in ("GET", "HEAD"):
            raise status_error.method_not_allowed()
        if path in ("/api", "/apis") and discovery.AGGREGATED in request.headers.get("accept", ""):
            document = discovery.aggregated(self.state.registry, core=path == "/api")
            return answer.document(document, headers={"Content-Type": discovery.AGGREGATED_TYPE})
        if path == "/openapi/v2" and openapi_v2.PROTOBUF in request.headers.get("accept", ""):
            return WireResponse(
                200, {"Content-Type": openapi_v2.PROTOBUF_TYPE}, openapi_v2.protobuf(self.state.registry)
            )
        return answer.document(self._document(path))

    def _document(self, path: str) -> dict[str, Any]:
        registry, served = self.state.registry, self.state.served
        parts = path.strip("/").split("/")
        match parts:
            case ["version"]:
                return discovery.version()
            case ["api"]:
                return discovery.core_versions(self.address)
            case ["apis"]:
                return discovery.groups(registry)
            case ["apis", group]:
                return discovery.group(registry, group)
            case ["api", "v1"]:
                return discovery.resources(registry, "", "v1")
            case ["apis", group, version]:
                return discovery.resources(registry, group, version)
            case ["openapi", "v3"]:
                return openapi.index(registry, served)
            case ["openapi", "v3", *rest]:
                return openapi.document(registry, served, "/".join(rest))
            case ["openapi", "v2"]:
                return openapi_v2.document(registry)
            case [""]:
                return {
                    "paths": [
                        "/api",
                        "/apis",
                        "/healthz",
                        "/livez",
                        "/openapi/v2",
                        "/openapi/v3",
                        "/readyz",
                        "/version",
                    ]
                }
        raise routes.nothing_at(path)

    async def _resource(self, request: WireRequest) -> WireResponse:
        target = routes.target(self.state.registry, request.path)
        query = dict(request.query)
        output = negotiation.output(request.headers.get("accept", ""))
        call = Call(request, target.of, target.namespace, target.name, target.subresource, query, output)
        if target.of.kind in review.KINDS and not target.of.is_persisted:
            return review.handle(self.state, self.authenticator, call)
        if target.subresource:
            return self._subresource(call)
        if target.name and not (target.is_watch or call.flag("watch")):
            return self._object(call)
        return await self._collection(call, is_watch=target.is_watch or call.flag("watch"))

    def _object(self, call: Call) -> WireResponse:
        method = call.request.method
        _check_verb(call, _BY_METHOD.get(method, ""))
        if method == "GET":
            return read.get(self.state, call)
        if method == "PUT":
            return self._written(call, write.update(self.state, call))
        if method == "PATCH":
            return self._written(call, patch.patch(self.state, call))
        if method == "DELETE":
            return delete.delete(self.state, call)
        raise status_error.method_not_allowed()

    async def _collection(self, call: Call, *, is_watch: bool) -> WireResponse:
        method = call.request.method
        if method == "GET":
            _check_verb(call, "watch" if is_watch else "list")
            return watch.watch(self.state, call) if is_watch else await read.list_all(self.state, call)
        if method == "POST":
            _check_verb(call, "create")
            if call.of.namespaced and not call.namespace:
                raise status_error.method_not_allowed()
            return self._written(call, write.create(self.state, call))
        if method == "DELETE":
            _check_verb(call, "deletecollection")
            return delete.delete_collection(self.state, call)
        raise status_error.method_not_allowed()

    def _subresource(self, call: Call) -> WireResponse:
        name, method = call.subresource, call.request.method
        if name in pods.REFUSED:
            return pods.refuse(call)
        if name == "scale":
            return scale.handle(self.state, call)
        if name == "log" and method == "GET":
            return pods.log(self.state, call)
        if name == "token" and method == "POST":
            return tokens.request(self.state, call)
        if name in ("binding", "eviction") and method == "POST":
            return pods.bind(self.state, call) if name == "binding" else pods.evict(self.state, call)
        if method == "GET" and name != "token":
            return read.get(self.state, call)
        if method == "PUT" and name != "token":
            return self._written(call, write.update(self.state, call))
        if method == "PATCH":
            return self._written(call, patch.patch(self.state, call))
        raise status_error.method_not_allowed()

    def _written(self, call: Call, written: write.Written) -> WireResponse:
        status = 201 if written.created else 200
        headers = answer.warning_headers(written.warnings)
        if written.stored is not None and call.output.form == "object":
            return answer.raw(answer.encoded(self.state, call, written.stored), status, headers)
        return answer.one(self.state, call, written.manifest, status, headers=headers)


def _is_apply(request: WireRequest) -> bool:
    return request.headers.get("content-type", "").lstrip().lower().startswith("application/apply-patch")


def _check_verb(call: Call, verb: str) -> None:
    if verb not in call.of.verbs:
        raise status_error.method_not_allowed()

"""The roles and bindings that every cluster has from the start, as a Kubernetes 1.36 server makes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dokaseca.dock import authn
from dokaseca.dock.authz import components, roles
from dokaseca.model.manifest import Manifest

_READ: Final = ("get", "list", "watch")
_CHANGE: Final = ("create", "delete", "deletecollection", "patch", "update")
_ALL: Final = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
_APPS: Final = ("daemonsets", "deployments", "replicasets", "statefulsets")
_SCALED: Final = ("deployments", "replicasets", "statefulsets")
_PROXIES: Final = ("pods/attach", "pods/exec", "pods/portforward", "pods/proxy")
_VIEWED_CORE: Final = (
    "configmaps", "endpoints", "persistentvolumeclaims", "persistentvolumeclaims/status", "pods",
    "replicationcontrollers", "replicationcontrollers/scale", "serviceaccounts", "services", "services/status",
)  # fmt: skip
_VIEWED_RARELY: Final = (
    "bindings", "events", "limitranges", "namespaces/status", "pods/log", "pods/status",
    "replicationcontrollers/status", "resourcequotas", "resourcequotas/status",
)  # fmt: skip
_EDITED_CORE: Final = (
    "configmaps", "events", "persistentvolumeclaims", "replicationcontrollers", "replicationcontrollers/scale",
    "secrets", "serviceaccounts", "services", "services/proxy",
)  # fmt: skip
_DISCOVERY: Final = (
    "/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version",
    "/version/",
)  # fmt: skip
_METRICS: Final = ("/healthz", "/healthz/*", "/livez", "/livez/*", "/metrics", "/metrics/slis", "/readyz", "/readyz/*")
_KEYS: Final = ("/.well-known/openid-configuration", "/.well-known/openid-configuration/", "/openid/v1/jwks",
                "/openid/v1/jwks/")  # fmt: skip

_Rules = Sequence[Mapping[str, Any]]


def _on(verbs: Sequence[str], group: str, *resources: str, names: Sequence[str] = ()) -> dict[str, list[str]]:
    rule = {"apiGroups": [group], "resources": sorted(resources), "verbs": list(verbs)}
    return {**rule, "resourceNames": list(names)} if names else rule


def _with(suffixes: Sequence[str], plurals: Sequence[str]) -> list[str]:
    return [f"{plural}{suffix}" for plural in plurals for suffix in suffixes]


def _at(*urls: str) -> dict[str, list[str]]:
    return {"nonResourceURLs": list(urls), "verbs": ["get"]}


def _view() -> _Rules:
    apps = [*_with(("", "/status"), _APPS), *_with(("/scale",), _SCALED)]
    network = (*_with(("", "/status"), ("ingresses",)), "networkpolicies")
    old = [*_with(("", "/status"), ("daemonsets", "deployments", "replicasets")), *network]
    return (
        _on(_READ, "", *_VIEWED_CORE),
        _on(_READ, "", *_VIEWED_RARELY),
        _on(_READ, "", "namespaces"),
        _on(_READ, "discovery.k8s.io", "endpointslices"),
        _on(_READ, "apps", "controllerrevisions", *apps),
        _on(_READ, "autoscaling", "horizontalpodautoscalers", "horizontalpodautoscalers/status"),
        _on(_READ, "batch", *_with(("", "/status"), ("cronjobs", "jobs"))),
        _on(_READ, "extensions", *old, "deployments/scale", "replicasets/scale", "replicationcontrollers/scale"),
        _on(_READ, "policy", "poddisruptionbudgets", "poddisruptionbudgets/status"),
        _on(_READ, "networking.k8s.io", *network),
        _on(_READ, "resource.k8s.io", "resourceclaims", "resourceclaims/status", "resourceclaimtemplates"),
    )


def _edit() -> _Rules:
    old = ("daemonsets", "deployments", "deployments/rollback", "deployments/scale", "ingresses", "networkpolicies")
    apps = (*_APPS, "deployments/rollback", *_with(("/scale",), _SCALED))
    return (
        _on(_READ, "", *_PROXIES, "secrets", "services/proxy"),
        _on(("impersonate",), "", "serviceaccounts"),
        _on(_CHANGE, "", "pods", *_PROXIES),
        _on(("create",), "", "pods/eviction"),
        _on(_CHANGE, "", *_EDITED_CORE),
        _on(("create",), "", "serviceaccounts/token"),
        _on(_CHANGE, "apps", *apps),
        _on(_CHANGE, "autoscaling", "horizontalpodautoscalers"),
        _on(_CHANGE, "batch", "cronjobs", "jobs"),
        _on(_CHANGE, "extensions", *old, "replicasets", "replicasets/scale", "replicationcontrollers/scale"),
        _on(_CHANGE, "policy", "poddisruptionbudgets"),
        _on(_CHANGE, "networking.k8s.io", "ingresses", "networkpolicies"),
        _on(_ALL, "coordination.k8s.io", "leases"),
        _on(_CHANGE, "resource.k8s.io", "resourceclaims", "resourceclaimtemplates"),
    )


def _admin() -> _Rules:
    return (
        _on(("create",), "authorization.k8s.io", "localsubjectaccessreviews"),
        _on(_ALL, roles.GROUP, "rolebindings", "roles"),
    )


def _plain_roles() -> Iterator[tuple[str, _Rules, str]]:
    """Name, rules, and which role gathers them."""
    everything = _on(("*",), "*", "*")
    yield "cluster-admin", (everything, {"nonResourceURLs": ["*"], "verbs": ["*"]}), ""
    yield "system:aggregate-to-admin", _admin(), "admin"
    yield "system:aggregate-to-edit", _edit(), "edit"
    yield "system:aggregate-to-view", _view(), "view"
    reviews = _on(("create",), "authentication.k8s.io", "tokenreviews")
    yield "system:auth-delegator", (reviews, _on(("create",), "authorization.k8s.io", "subjectaccessreviews")), ""
    own = _on(("create",), "authorization.k8s.io", "selfsubjectaccessreviews", "selfsubjectrulesreviews")
    yield "system:basic-user", (own, _on(("create",), "authentication.k8s.io", "selfsubjectreviews")), ""
    yield "system:discovery", (_at(*_DISCOVERY),), ""
    yield "system:monitoring", (_at(*_METRICS),), ""
    yield "system:public-info-viewer", (_at("/healthz", "/livez", "/readyz", "/version", "/version/"),), ""
    yield "system:service-account-issuer-discovery", (_at(*_KEYS),), ""


def _metadata(name: str, namespace: str = "", gathered_by: str = "") -> dict[str, Any]:
    labels = {"kubernetes.io/bootstrapping": "rbac-defaults"}
    if gathered_by:
        labels[_gathers(gathered_by)] = "true"
    annotations = {"rbac.authorization.kubernetes.io/autoupdate": "true"}
    metadata = {"name": name, "labels": labels, "annotations": annotations}
    return {**metadata, "namespace": namespace} if namespace else metadata


def _gathers(role: str) -> str:
    return f"{roles.GROUP}/aggregate-to-{role}"


def _object(kind: str, metadata: Mapping[str, Any], **rest: Any) -> Manifest:
    return {"apiVersion": f"{roles.GROUP}/v1", "kind": kind, "metadata": dict(metadata), **rest}


def _bindings() -> Iterator[tuple[str, tuple[str, ...]]]:
    """The role, which the binding is named like, and the groups that have it."""
    yield "cluster-admin", (authn.MASTERS,)
    yield "system:basic-user", (authn.AUTHENTICATED,)
    yield "system:discovery", (authn.AUTHENTICATED,)
    yield "system:monitoring", ("system:monitoring",)
    yield "system:public-info-viewer", (authn.AUTHENTICATED, authn.UNAUTHENTICATED)
    yield "system:service-account-issuer-discovery", ("system:serviceaccounts",)


def objects() -> Iterator[tuple[str, Manifest]]:
    """(table, object) of everything; what gathers rules of others comes without rules, from the inside out."""
    for name, rules, gathered_by in _plain_roles():
        yield roles.CLUSTER_ROLES, _object("ClusterRole", _metadata(name, gathered_by=gathered_by), rules=list(rules))
    for name, above in (("view", "edit"), ("edit", "admin"), ("admin", "")):
        chosen = {"clusterRoleSelectors": [{"matchLabels": {_gathers(name): "true"}}]}
        yield roles.CLUSTER_ROLES, _object("ClusterRole", _metadata(name, gathered_by=above), aggregationRule=chosen)
    for role, groups in _bindings():
        reference = {"apiGroup": roles.GROUP, "kind": "ClusterRole", "name": role}
        subjects = [{"apiGroup": roles.GROUP, "kind": "Group", "name": group} for group in groups]
        named = _object("ClusterRoleBinding", _metadata(role), roleRef=reference, subjects=subjects)
        yield roles.CLUSTER_ROLE_BINDINGS, named
    for own in components.component_roles():
        yield roles.CLUSTER_ROLES, _object("ClusterRole", _metadata(own.name), rules=list(own.rules))
    for role_name, holders in components.bindings():
        reference = {"apiGroup": roles.GROUP, "kind": "ClusterRole", "name": role_name}
        held = {"subjects": holders} if holders else {}
        named = _object("ClusterRoleBinding", _metadata(role_name), roleRef=reference, **held)
        yield roles.CLUSTER_ROLE_BINDINGS, named
    reader = "extension-apiserver-authentication-reader"
    rule = _on(_READ, "", "configmaps", names=("extension-apiserver-authentication",))
    yield roles.ROLES, _object("Role", _metadata(reader, "kube-system"), rules=[rule])

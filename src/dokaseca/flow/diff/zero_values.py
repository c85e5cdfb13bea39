"""What an API server leaves out or fills in by itself, so that its absence is no drift. Pure.

Manifests say `hostNetwork: false` or `value: ""`; the server's types drop such zero values when they write the object
out, and give a few empty fields a default of their own. A pointer keeps its zero value: there `false` and "absent"
differ (`automountServiceAccountToken`), so whatever is not listed here counts. Custom resources are stored as they were
sent: of them only null, empty lists and empty maps may be missing.
"""

from __future__ import annotations

from typing import Any

BUILT_IN_GROUPS = frozenset(
    {"", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "apps", "autoscaling"}
    | {"batch", "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "extensions", "networking.k8s.io"}
    | {"flowcontrol.apiserver.k8s.io", "node.k8s.io", "policy", "rbac.authorization.k8s.io", "scheduling.k8s.io"}
    | {"resource.k8s.io", "storage.k8s.io"}
)
# maps with keys of the user's choice: an entry never vanishes because its value is empty
FREE_MAPS = frozenset(
    {"labels", "annotations", "matchLabels", "nodeSelector", "selector", "data", "binaryData", "stringData"}
    | {"parameters", "limits", "requests", "hard", "capacity", "volumeAttributes", "options", "properties"}
    | {"patternProperties", "definitions", "podFixed"}
)
# empty here means something else than absent
MEANT_WHEN_EMPTY = frozenset(
    {"emptyDir", "podSelector", "namespaceSelector", "labelSelector", "objectSelector", "default", "selfSigned"}
    | {"const", "example"}
)
_FALSE_LEFT_OUT = frozenset(
    {"hostNetwork", "hostPID", "hostIPC", "paused", "readOnly", "stdin", "stdinOnce", "tty", "unschedulable"}
    | {"publishNotReadyAddresses", "preserveUnknownFields", "nullable", "uniqueItems", "deprecated", "exclusiveMaximum"}
    | {"exclusiveMinimum", "x-kubernetes-embedded-resource", "x-kubernetes-int-or-string", "globalDefault", "isCA"}
    | {"insecureSkipTLSVerify"}
)
_NUMBERS_LEFT_OUT = frozenset(
    {"minReadySeconds", "initialDelaySeconds", "hostPort", "nodePort", "healthCheckNodePort", "priority"}
)
# strings behind pointers: "" is kept by the server, and differs from nothing
_TEXT_KEPT = frozenset(
    {"storageClassName", "ingressClassName", "loadBalancerClass", "runtimeClassName", "volumeAttributesClassName"}
    | {"name", "key", "operator", "kind", "topologyKey", "metricName"}
)
# an empty value gets a default of the server's
_FILLED_IN = frozenset(
    {"clusterIP", "type", "imagePullPolicy", "restartPolicy", "dnsPolicy", "schedulerName", "sessionAffinity"}
    | {"protocol", "terminationMessagePath", "terminationMessagePolicy", "concurrencyPolicy", "podManagementPolicy"}
    | {"volumeBindingMode", "reclaimPolicy", "persistentVolumeReclaimPolicy", "completionMode", "failurePolicy"}
    | {"matchPolicy", "externalTrafficPolicy", "apiGroup", "scheme", "nodePort", "healthCheckNodePort", "targetPort"}
    | {"periodSeconds", "timeoutSeconds", "successThreshold", "failureThreshold"}
)


def is_empty(value: Any) -> bool:
    """Null, and containers that hold nothing."""
    return value is None or value == {} or value == []


def may_be_absent(value: Any, name: str, parent: str, *, built_in: bool) -> bool:
    """Whether a live object without the field is what `value` asks for.

    Args:
        name: of the field.
        parent: the name of the mapping's field that holds it, empty for list items and the root.
        built_in: whether the kind is one of Kubernetes' own.
    """
    if value is None or value == []:
        return name not in MEANT_WHEN_EMPTY or value is None
    if value == {}:
        return name not in MEANT_WHEN_EMPTY and (built_in or name in FREE_MAPS)
    if not built_in or parent in FREE_MAPS:
        return False
    if value is False:
        return name in _FALSE_LEFT_OUT
    if value == "":
        return name not in _TEXT_KEPT
    return type(value) is int and value == 0 and name in _NUMBERS_LEFT_OUT


def is_filled_in(value: Any, name: str, parent: str, *, built_in: bool) -> bool:
    """Whether `value` leaves the choice to the server, so that anything it chose is right."""
    is_zero = value == "" or (type(value) is int and value == 0)
    return built_in and is_zero and parent not in FREE_MAPS and name in _FILLED_IN

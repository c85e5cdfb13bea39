"""Pods and pod templates: defaults of pkg/apis/core/v1/defaults.go and the rules that users hit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dokaseca.dock.admission import quantities
from dokaseca.dock.admission.fields import LABEL_NAME, Errors
from dokaseca.model.manifest import Manifest

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_MODES = ("secret", "configMap", "downwardAPI", "projected")
_TOLERATED = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
# what an update of a Pod may change; the name of its node is set by binding
_MUTABLE = frozenset(
    {"activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "ephemeralContainers", "schedulingGates",
     "nodeName"}
)  # fmt: skip
_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


def containers(spec: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(path below the pod spec, container) of all containers, init containers first."""
    for field in _CONTAINERS:
        for index, container in enumerate(spec.get(field) or ()):
            if isinstance(container, dict):
                yield f"{field}[{index}]", container


def default_spec(spec: dict[str, Any]) -> None:
    """Complete a pod spec, of a Pod or a template."""
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("securityContext", {})
    spec.setdefault("schedulerName", "default-scheduler")
    account = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if account:
        spec["serviceAccountName"] = spec["serviceAccount"] = account
    for _, container in containers(spec):
        _default_container(container, bool(spec.get("hostNetwork")))
    for volume in spec.get("volumes") or ():
        _default_volume(volume)


def _default_container(container: dict[str, Any], host_network: bool) -> None:
    container.setdefault("resources", {})
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    if "imagePullPolicy" not in container:
        container["imagePullPolicy"] = "Always" if _is_latest(container.get("image") or "") else "IfNotPresent"
    for port in container.get("ports") or ():
        port.setdefault("protocol", "TCP")
        if host_network and "containerPort" in port:
            port.setdefault("hostPort", port["containerPort"])
    for variable in container.get("env") or ():
        _default_field_ref((variable.get("valueFrom") or {}).get("fieldRef"))
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if isinstance(container.get(probe), dict):
            _default_probe(container[probe])
    for hook in (container.get("lifecycle") or {}).values():
        if isinstance(hook, dict):
            _default_http_get(hook.get("httpGet"))


def _is_latest(image: str) -> bool:
    if "@" in image:
        return False
    _, colon, tag = image.rpartition("/")[2].partition(":")
    return not colon or tag == "latest"


def _default_probe(probe: dict[str, Any]) -> None:
    for field, value in (
        ("timeoutSeconds", 1),
        ("periodSeconds", 10),
        ("successThreshold", 1),
        ("failureThreshold", 3),
    ):
        if not probe.get(field):
            probe[field] = value
    _default_http_get(probe.get("httpGet"))
    if isinstance(probe.get("grpc"), dict):
        probe["grpc"].setdefault("service", "")


def _default_http_get(action: dict[str, Any] | None) -> None:
    if action is not None:
        action.setdefault("path", "/")
        action.setdefault("scheme", "HTTP")


def _default_field_ref(reference: dict[str, Any] | None) -> None:
    if reference is not None:
        reference.setdefault("apiVersion", "v1")


def _default_volume(volume: dict[str, Any]) -> None:
    if len(volume) == 1:
        volume["emptyDir"] = {}
    for field in _MODES:
        if isinstance(volume.get(field), dict):
            volume[field].setdefault("defaultMode", 420)
    if isinstance(volume.get("hostPath"), dict):
        volume["hostPath"].setdefault("type", "")
    sources = [volume.get("downwardAPI") or {}]
    for source in (volume.get("projected") or {}).get("sources") or ():
        if isinstance(source.get("serviceAccountToken"), dict):
            source["serviceAccountToken"].setdefault("expirationSeconds", 3600)
        sources.append(source.get("downwardAPI") or {})
    for source in sources:
        for item in source.get("items") or ():
            _default_field_ref(item.get("fieldRef"))


def default_pod(pod: Manifest) -> None:
    """Complete a Pod: what defaulting and the built-in admission plugins add to templates' defaults."""
    spec = pod.setdefault("spec", {})
    spec.setdefault("serviceAccountName", "default")
    default_spec(spec)
    spec.setdefault("enableServiceLinks", True)
    spec.setdefault("priority", 0)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    tolerations = spec.setdefault("tolerations", [])
    for key in _TOLERATED:
        if not any(toleration.get("key") in (key, None) for toleration in tolerations):
            tolerations.append({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300})
    for _, container in containers(spec):
        resources = container["resources"]
        for name, limit in (resources.get("limits") or {}).items():
            resources.setdefault("requests", {}).setdefault(name, limit)
    pod.setdefault("status", {}).setdefault("phase", "Pending")
    pod["status"].setdefault("qosClass", qos_class(spec))


def qos_class(spec: dict[str, Any]) -> str:
    """pkg/apis/core/helper/qos: by requests and limits of cpu and memory."""
    guaranteed, best_effort = True, True
    for _, container in containers(spec):
        requests, limits = (container["resources"].get(part) or {} for part in ("requests", "limits"))
        for name in ("cpu", "memory"):
            best_effort = best_effort and name not in requests and name not in limits
            guaranteed = guaranteed and name in limits and requests.get(name) == limits[name]
    return "BestEffort" if best_effort else "Guaranteed" if guaranteed else "Burstable"


def check_spec(
    spec: Any, path: str, errors: Errors, restart: tuple[str, ...] = (), claimed: frozenset[str] = frozenset()
) -> None:
    """Rules of a pod spec at `path`; `restart` are the restart policies that its owner allows (empty: all)."""
    spec = spec if isinstance(spec, dict) else {}
    if not spec.get("containers"):
        errors.required(f"{path}.containers")
    names: set[str] = set()
    volumes = {volume.get("name") for volume in spec.get("volumes") or ()} | claimed
    for below, container in containers(spec):
        _check_container(container, f"{path}.{below}", volumes, errors)
        if container.get("name") in names:
            errors.duplicate(f"{path}.{below}.name", container["name"])
        names.add(container.get("name") or "")
    _check_volumes(spec, path, errors)
    policy = spec.get("restartPolicy")
    if policy and restart and policy not in restart:
        errors.unsupported(f"{path}.restartPolicy", policy, restart)


def _check_volumes(spec: dict[str, Any], path: str, errors: Errors) -> None:
    seen: set[str] = set()
    for index, volume in enumerate(spec.get("volumes") or ()):
        where = f"{path}.volumes[{index}]"
        name = volume.get("name") or ""
        if not name:
            errors.required(f"{where}.name")
        elif name in seen:
            errors.duplicate(f"{where}.name", name)
        seen.add(name)
        if len(volume) > 2:
            second = list(volume)[2]
            errors.forbidden(f"{where}.{second}", "may not specify more than 1 volume type")


def _check_container(container: dict[str, Any], path: str, volumes: set[Any], errors: Errors) -> None:
    name = container.get("name") or ""
    if not name:
        errors.required(f"{path}.name")
    elif len(name) > 63 or not _LABEL.fullmatch(name):
        errors.invalid(f"{path}.name", name, LABEL_NAME)
    image = container.get("image") or ""
    if not image:
        errors.required(f"{path}.image")
    elif image != image.strip():
        errors.invalid(f"{path}.image", image, "must not have leading or trailing whitespace")
    _check_ports(container, path, errors)
    for index, mount in enumerate(container.get("volumeMounts") or ()):
        if not mount.get("mountPath"):
            errors.required(f"{path}.volumeMounts[{index}].mountPath")
        if mount.get("name") not in volumes:
            errors.not_found(f"{path}.volumeMounts[{index}].name", mount.get("name") or "")
    for index, variable in enumerate(container.get("env") or ()):
        if not variable.get("name"):
            errors.required(f"{path}.env[{index}].name")
    quantities.check_resources(container.get("resources"), f"{path}.resources", errors)


def _check_ports(container: dict[str, Any], path: str, errors: Errors) -> None:
    seen: set[tuple[Any, ...]] = set()
    for index, port in enumerate(container.get("ports") or ()):
        where = f"{path}.ports[{index}]"
        number = port.get("containerPort")
        if number is None:
            errors.required(f"{where}.containerPort")
        elif not 0 < number < 65536:
            errors.invalid(f"{where}.containerPort", number, "must be between 1 and 65535, inclusive")
        if port.get("protocol", "TCP") not in ("TCP", "UDP", "SCTP"):
            errors.unsupported(f"{where}.protocol", port["protocol"], ("SCTP", "TCP", "UDP"))
        if port.get("name"):
            if ("name", port["name"]) in seen:
                errors.duplicate(f"{where}.name", port["name"])
            seen.add(("name", port["name"]))


def check_pod_update(pod: Manifest, old: Manifest, errors: Errors) -> None:
    """Of a Pod's spec only images, deadline, tolerations (additions) and grace period may change."""

    def frozen(of: Manifest) -> dict[str, Any]:
        spec = {key: value for key, value in (of.get("spec") or {}).items() if key not in _MUTABLE}
        for field in _CONTAINERS[:2]:
            spec[field] = [{**item, "image": "", "resources": {}} for item in spec.get(field) or ()]
        return spec

    if frozen(pod) != frozen(old):
        detail = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"  # noqa: E501 - the server's sentence
        errors.forbidden("spec", detail)

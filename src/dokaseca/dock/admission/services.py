"""Service: defaults, rules, and the addresses and ports that a cluster hands out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from dokaseca.dock.admission.fields import Errors
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

_NETWORK: Final = (10 << 24) + (96 << 16)  # 10.96.0.0/16, kubeadm's default service range is a /12 of it
_FIRST, _LAST = 10, 65_000  # host numbers: the first few are kept for kubernetes (1) and DNS (10)
_NODE_PORTS = range(30_000, 32_768)
_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")


def default(manifest: Manifest) -> None:
    spec = manifest.setdefault("spec", {})
    spec.setdefault("sessionAffinity", "None")
    kind = spec.setdefault("type", "ClusterIP")
    if spec["sessionAffinity"] == "ClientIP":
        spec.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {}).setdefault("timeoutSeconds", 10800)
    for port in spec.get("ports") or ():
        port.setdefault("protocol", "TCP")
        if port.get("targetPort") in (None, 0, ""):
            port["targetPort"] = port.get("port")
    if kind in ("NodePort", "LoadBalancer"):
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if kind == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    if kind != "ExternalName":
        spec.setdefault("internalTrafficPolicy", "Cluster")
    manifest.setdefault("status", {}).setdefault("loadBalancer", {})


def check(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    spec = manifest.get("spec") or {}
    kind = spec.get("type")
    if kind not in _TYPES:
        errors.unsupported("spec.type", kind, _TYPES)
    if spec.get("sessionAffinity") not in ("ClientIP", "None"):
        errors.unsupported("spec.sessionAffinity", spec.get("sessionAffinity"), ("ClientIP", "None"))
    if kind == "ExternalName":
        if not spec.get("externalName"):
            errors.required("spec.externalName")
    elif not spec.get("ports") and spec.get("clusterIP") != "None":
        errors.required("spec.ports")
    _check_ports(spec.get("ports") or [], errors)
    if old is not None and kind != "ExternalName":
        was, now = manifests.get(old, "spec", "clusterIP"), spec.get("clusterIP")
        if was and now and was != now and manifests.get(old, "spec", "type") != "ExternalName":
            errors.invalid("spec.clusterIPs[0]", [now], "may not change once set")


def _check_ports(ports: list[dict[str, Any]], errors: Errors) -> None:
    names: set[str] = set()
    numbers: set[tuple[Any, Any]] = set()
    for index, port in enumerate(ports):
        path = f"spec.ports[{index}]"
        name, number = port.get("name") or "", port.get("port")
        if not name and len(ports) > 1:
            errors.required(f"{path}.name")
        if name and name in names:
            errors.duplicate(f"{path}.name", name)
        names.add(name)
        if number is None or not 0 < number < 65536:
            errors.invalid(f"{path}.port", number or 0, "must be between 1 and 65535, inclusive")
        target = port.get("targetPort")
        if isinstance(target, int) and not 0 < target < 65536:
            errors.invalid(f"{path}.targetPort", target, "must be between 1 and 65535, inclusive")
        if port.get("protocol") not in ("SCTP", "TCP", "UDP"):
            errors.unsupported(f"{path}.protocol", port.get("protocol"), ("SCTP", "TCP", "UDP"))
        if (port.get("protocol"), number) in numbers:
            errors.duplicate(path, {"protocol": port.get("protocol"), "port": number})
        numbers.add((port.get("protocol"), number))


@dataclass(slots=True)
class Allocator:
    """Which cluster addresses and node ports are taken."""

    addresses: set[str] = field(default_factory=set)
    node_ports: set[int] = field(default_factory=set)
    _next_host: int = _FIRST

    def take(self, services: Iterable[Manifest]) -> None:
        """Remember what living Services hold."""
        for service in services:
            self._hold(service.get("spec") or {})

    def release(self, service: Manifest) -> None:
        """Forget what a deleted Service held."""
        spec = service.get("spec") or {}
        self.addresses.difference_update(spec.get("clusterIPs") or ())
        self.node_ports.difference_update(port.get("nodePort", 0) for port in spec.get("ports") or ())

    def allocate(self, service: Manifest, old: Manifest | None, errors: Errors) -> None:
        """Give `service` the address and node ports it asks for or lacks; it keeps what `old` had."""
        spec = service["spec"]
        if spec["type"] == "ExternalName":
            return
        before = (old or {}).get("spec") or {}
        self._allocate_address(spec, before, errors)
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")
        if spec["type"] in ("NodePort", "LoadBalancer") and spec.get("allocateLoadBalancerNodePorts", True):
            self._allocate_node_ports(spec, before, errors)

    def _allocate_address(self, spec: dict[str, Any], before: dict[str, Any], errors: Errors) -> None:
        address = spec.get("clusterIP") or before.get("clusterIP") or ""
        if not address:
            address = self._free_address()
        elif address not in ("None", before.get("clusterIP")) and address in self.addresses:
            detail = "failed to allocate IP " + address + ": provided IP is already allocated"
            errors.invalid("spec.clusterIPs", [address], detail)
            return
        spec["clusterIP"] = address
        spec["clusterIPs"] = [address]

    def _allocate_node_ports(self, spec: dict[str, Any], before: dict[str, Any], errors: Errors) -> None:
        held = {(port.get("protocol"), port.get("port")): port.get("nodePort") for port in before.get("ports") or ()}
        taken = self.node_ports - {port for port in held.values() if port}
        for index, port in enumerate(spec.get("ports") or ()):
            wanted = port.get("nodePort") or held.get((port.get("protocol"), port.get("port")))
            if not wanted:
                wanted = next(number for number in _NODE_PORTS if number not in taken)
            elif wanted not in _NODE_PORTS:
                detail = "provided port is not in the valid range. The range of valid ports is 30000-32767"
                errors.invalid(f"spec.ports[{index}].nodePort", wanted, detail)
            elif wanted in taken:
                detail = "provided port is already allocated"
                errors.invalid(f"spec.ports[{index}].nodePort", wanted, detail)
            port["nodePort"] = wanted
            taken.add(wanted)

    def _free_address(self) -> str:
        while True:
            host = self._next_host
            self._next_host = _FIRST if host >= _LAST else host + 1
            number = _NETWORK + host
            address = ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))
            if address not in self.addresses:
                return address

    def _hold(self, spec: dict[str, Any]) -> None:
        self.addresses.update(address for address in spec.get("clusterIPs") or () if address != "None")
        self.node_ports.update(port["nodePort"] for port in spec.get("ports") or () if port.get("nodePort"))

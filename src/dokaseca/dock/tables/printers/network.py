"""The cells of Services, Endpoints, Ingresses and policies of the network."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dokaseca.dock.tables.printers.cells import NONE, UNSET, age, pairs, selector
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest


def _addresses(manifest: Manifest) -> list[str]:
    found = manifests.get(manifest, "status", "loadBalancer", "ingress", default=[])
    return [str(one.get("ip") or one.get("hostname") or "") for one in found]


def service(manifest: Manifest, now: datetime) -> list[Any]:
    spec = manifest.get("spec") or {}
    return [
        manifests.name(manifest),
        spec.get("type") or "",
        spec.get("clusterIP") or NONE,
        _external(manifest, spec),
        ",".join(_port(port) for port in spec.get("ports") or ()) or NONE,
        age(manifest, now),
        pairs(spec.get("selector")),
    ]


def _external(manifest: Manifest, spec: dict[str, Any]) -> str:
    listed = ",".join(spec.get("externalIPs") or ())
    kind = spec.get("type")
    if kind == "ExternalName":
        return spec.get("externalName") or ""
    if kind == "LoadBalancer":
        return ",".join(part for part in (*_addresses(manifest), listed) if part) or "<pending>"
    return listed or NONE


def _port(port: dict[str, Any]) -> str:
    node = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port.get('port')}{node}/{port.get('protocol', 'TCP')}"


def endpoints(manifest: Manifest, now: datetime) -> list[Any]:
    found = []
    for subset in manifest.get("subsets") or ():
        for address in subset.get("addresses") or ():
            ports = subset.get("ports") or [{}]
            found += [f"{address.get('ip')}:{port['port']}" if port else str(address.get("ip")) for port in ports]
    return [manifests.name(manifest), _few(found), age(manifest, now)]


def endpoint_slice(manifest: Manifest, now: datetime) -> list[Any]:
    ports = [str(port.get("port") or "*") for port in manifest.get("ports") or ()]
    addresses = [text for endpoint in manifest.get("endpoints") or () for text in endpoint.get("addresses") or ()]
    return [
        manifests.name(manifest),
        manifest.get("addressType") or "",
        _few(ports) if ports else UNSET,
        _few(addresses) if addresses else UNSET,
        age(manifest, now),
    ]


def _few(texts: list[str]) -> str:
    rest = f" + {len(texts) - 3} more..." if len(texts) > 3 else ""
    return (",".join(texts[:3]) + rest) or NONE


def ingress(manifest: Manifest, now: datetime) -> list[Any]:
    spec = manifest.get("spec") or {}
    hosts = [str(rule["host"]) for rule in spec.get("rules") or () if rule.get("host")]
    return [
        manifests.name(manifest),
        spec.get("ingressClassName") or NONE,
        _few(hosts) if hosts else "*",
        ",".join(_addresses(manifest)),
        "80, 443" if spec.get("tls") else "80",
        age(manifest, now),
    ]


def ingress_class(manifest: Manifest, now: datetime) -> list[Any]:
    parameters = manifests.get(manifest, "spec", "parameters")
    shown = NONE
    if parameters:
        group = f".{parameters['apiGroup']}" if parameters.get("apiGroup") else ""
        shown = f"{parameters.get('kind')}{group}/{parameters.get('name')}"
    return [
        manifests.name(manifest),
        manifests.get(manifest, "spec", "controller", default=""),
        shown,
        age(manifest, now),
    ]


def network_policy(manifest: Manifest, now: datetime) -> list[Any]:
    return [manifests.name(manifest), selector(manifests.get(manifest, "spec", "podSelector")), age(manifest, now)]

"""The child process that renders charts with Helm's own engine; a chart that kills it kills nothing else.

Reads requests from standard input, answers on standard output, each a 4-byte length and JSON. Imports as little as it
can: its memory is Helm's.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import sys
from typing import Any, BinaryIO

from dokaseca.adapters import helm_archive, orphan
from dokaseca.kit import semver

MESSAGE_END = 400  # characters: the place and the reason stand at the two ends
MEMORY_BYTES = 2**30  # the largest charts take a tenth; `repeat` and recursion take all there is

_NOTES = "NOTES.txt"


def render(request: dict[str, Any]) -> str:
    """The YAML stream of one chart.

    Raises:
        ValueError: the chart, its values or its templates are wrong.
    """
    from helm_python.chart import Chart

    chart = Chart.load_archive(_archive(request))
    try:
        metadata = chart.metadata
        _check_type(metadata)
        _check_kube_version(metadata, request["kube_version"])
        _check_dependencies(metadata, chart.dependencies)
        rendered = _rendered(chart, request)
        crds = chart.crds if request["include_crds"] else []
        parts = [_part(_crd_name(one, metadata), _text(one)) for one in crds]
        parts += [_part(name, text) for name, text in sorted(rendered.items()) if _is_manifest(name, text)]
        return "".join(parts)
    finally:
        chart.close()


def _archive(request: dict[str, Any]) -> bytes:
    archive = base64.b64decode(request["archive"])
    if request["skip_schema_validation"]:
        archive = helm_archive.without_schemas(archive)
    if request["integers"]:
        archive = helm_archive.with_integers(archive, request["values"], request["integers"])
    return archive


def _rendered(chart: Any, request: dict[str, Any]) -> dict[str, str]:
    """Template name to text; subcharts that are off are dropped, the values of the others are held to their schemas."""
    from helm_python import _native

    options = {
        "name": request["release_name"],
        "namespace": request["namespace"],
        "kube_version": request["kube_version"],
        "api_versions": request["api_versions"],
    }
    given = json.dumps({name: value for name, value in options.items() if value})
    answer = _native.call_string("helm_render", chart._raw(), json.dumps(request["values"]), given)
    rendered: dict[str, str] = json.loads(answer)
    return rendered


def _check_type(metadata: dict[str, Any]) -> None:
    if metadata.get("type") == "library":
        raise ValueError(f"chart {metadata.get('name')} is a library chart; it is for other charts to depend on")


def _part(name: str, text: str) -> str:
    return f"---\n# Source: {name}\n{text.rstrip()}\n"


def _crd_name(crd: dict[str, str], metadata: dict[str, Any]) -> str:
    name = str(crd.get("filename") or crd.get("name") or "crds")
    chart = str(metadata.get("name") or "chart")
    return name if name.startswith(f"{chart}/") else f"{chart}/{name}"


def _text(crd: dict[str, str]) -> str:
    data = crd.get("data") or crd.get("content") or ""
    try:
        return base64.b64decode(data, validate=True).decode()
    except ValueError:
        return data


def _is_manifest(name: str, text: str) -> bool:
    base = name.rpartition("/")[2]
    return bool(text.strip()) and not base.startswith("_") and base != _NOTES


def _check_kube_version(metadata: dict[str, Any], kube_version: str) -> None:
    constraint = str(metadata.get("kubeVersion") or "")
    version = semver.parse_or_none(kube_version)
    if not constraint or version is None:
        return
    try:
        fits = semver.matches(constraint, version)
    except ValueError as error:
        raise ValueError(f"chart's kubeVersion {constraint!r} is not a version range") from error
    if not fits:
        raise ValueError(
            f"chart requires kubeVersion: {constraint} which is incompatible with Kubernetes {kube_version}"
        )


def _check_dependencies(metadata: dict[str, Any], vendored: list[dict[str, Any]]) -> None:
    names = {str(one.get("name")) for one in vendored} | {
        str((one.get("metadata") or {}).get("name")) for one in vendored
    }
    missing = [str(one.get("name")) for one in metadata.get("dependencies") or () if one.get("name") not in names]
    if missing:
        raise ValueError(
            f"chart dependencies are missing: {', '.join(missing)}; vendor them into charts/ (helm dependency build)"
        )


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer requests until the input ends."""
    while len(header := source.read(4)) == 4:
        request = json.loads(source.read(int.from_bytes(header, "big")))
        try:
            answer = {"rendered": render(request)}
        except Exception as error:  # whatever Helm says is the answer; the worker lives on
            answer = {"error": _short(str(error)) or type(error).__name__}
        body = json.dumps(answer).encode()
        sink.write(len(body).to_bytes(4, "big") + body)
        sink.flush()


def _short(message: str) -> str:
    """A message without its middle: an include that includes itself is told a thousand times."""
    if len(message) <= 2 * MESSAGE_END:
        return message
    return f"{message[:MESSAGE_END]} … {message[-MESSAGE_END:]}"


def main() -> None:
    """Take over the standard streams; what Helm's library prints goes nowhere."""
    orphan.end_with_parent()
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, sink)


if __name__ == "__main__":
    main()

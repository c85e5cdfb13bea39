"""The child process that renders charts with Helm's own engine; a chart that kills it kills nothing else.

Reads requests from standard input, answers on standard output, each a 4-byte length and JSON. Imports as little as it
can: its memory is Helm's.
"""

from __future__ import annotations

import base64
import json
import os
import re
import sys
from typing import Any, BinaryIO

from dokaseca.kit import semver

_NOTES = "NOTES.txt"


def render(request: dict[str, Any]) -> str:
    """The YAML stream of one chart.

    Raises:
        ValueError: the chart, its values or its templates are wrong.
    """
    from helm_python import _native
    from helm_python.chart import Chart

    chart = Chart.load_archive(base64.b64decode(request["archive"]))
    try:
        metadata = chart.metadata
        _check_kube_version(metadata, request["kube_version"])
        _check_dependencies(metadata, chart.dependencies)
        if not request["skip_schema_validation"]:
            chart.validate_schema(request["values"])
        options = {
            "name": request["release_name"],
            "namespace": request["namespace"],
            "kube_version": request["kube_version"],
            "api_versions": request["api_versions"],
        }
        rendered: dict[str, str] = json.loads(
            _native.call_string(
                "helm_render",
                chart._raw(),
                json.dumps(request["values"]),
                json.dumps({name: value for name, value in options.items() if value}),
            )
        )
        crds = chart.crds if request["include_crds"] else []
        parts = [_part(str(one.get("name") or "crds"), _text(one)) for one in crds]
        parts += [_part(name, text) for name, text in sorted(rendered.items()) if _is_manifest(name, text)]
        return "".join(parts)
    finally:
        chart.close()


def _part(name: str, text: str) -> str:
    return f"---\n# Source: {name}\n{text.rstrip()}\n"


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
            answer = {"error": re.sub(r"/tmp/[^\s:]*/", "", str(error)) or type(error).__name__}  # noqa: S108
        body = json.dumps(answer).encode()
        sink.write(len(body).to_bytes(4, "big") + body)
        sink.flush()


def main() -> None:
    """Take over the standard streams; what Helm's library prints goes nowhere."""
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, sink)


if __name__ == "__main__":
    main()

"""What a plugin finds in its environment: the build environment, `source.plugin.env` and its parameters. Pure.

Names and forms are Argo CD's (B2), so that a plugin written for it runs unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from dokaseca.flow.render import environment
from dokaseca.flow.render.request import RenderRequest, ResolvedSource
from dokaseca.model.errors import UserError

PREFIX = "ARGOCD_ENV_"  # of what the Application sets, so that it cannot replace PATH or LD_PRELOAD
_NOT_IN_A_NAME = re.compile(r"[^A-Z0-9_]")


def of(source: ResolvedSource, around: RenderRequest) -> dict[str, str]:
    """All variables of a source's plugin.

    Raises:
        UserError: reason InvalidSpecError: an entry of `env` or `parameters` is not of its form.
    """
    block = source.spec.get("plugin") or {}
    build = {
        **around.environment(source),
        "KUBE_VERSION": around.kube_version,
        "KUBE_API_VERSIONS": ",".join(around.api_versions),
    }
    parameters = [_parameter(one, source) for one in _listed(block, "parameters", source)]
    found = dict(build)
    for one in _listed(block, "env", source):
        name, value = str(one["name"]), str(one.get("value") or "")
        found[f"{PREFIX}{name}"] = environment.substituted(value, build)
    found["ARGOCD_APP_PARAMETERS"] = orjson.dumps(parameters or None).decode()
    for one in parameters:
        found.update(_variables(one))
    wrong = next((name for name, value in found.items() if "=" in name or "\0" in name + value), None)
    if wrong is not None:
        raise _invalid(f"{wrong!r} cannot be an environment variable", source)
    return found


def _listed(block: Mapping[str, Any], field: str, source: ResolvedSource) -> list[dict[str, Any]]:
    listed = block.get(field) or []
    if not isinstance(listed, list) or not all(isinstance(one, dict) and one.get("name") for one in listed):
        raise _invalid(f"plugin.{field} must be a list of mappings with a name", source)
    return listed


def _parameter(one: Mapping[str, Any], source: ResolvedSource) -> dict[str, Any]:
    """A parameter with the fields that Argo CD knows, in its order."""
    found: dict[str, Any] = {"name": str(one["name"])}
    if one.get("string") is not None:
        found["string"] = str(one["string"])
    if one.get("map") is not None:
        if not isinstance(one["map"], dict):
            raise _invalid(f"plugin parameter {one['name']}: map must be a mapping", source)
        found["map"] = {str(key): str(value) for key, value in one["map"].items()}
    if one.get("array") is not None:
        if not isinstance(one["array"], list):
            raise _invalid(f"plugin parameter {one['name']}: array must be a list", source)
        found["array"] = [str(value) for value in one["array"]]
    return found


def _variables(one: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    name = f"PARAM_{_escaped(one['name'])}"
    if "string" in one:
        yield name, one["string"]
    for key, value in one.get("map", {}).items():
        yield f"{name}_{_escaped(key)}", value
    for index, value in enumerate(one.get("array", ())):
        yield f"{name}_{index}", value


def _escaped(name: str) -> str:
    return _NOT_IN_A_NAME.sub("_", name.upper())


def _invalid(message: str, source: ResolvedSource) -> UserError:
    return UserError(message, reason="InvalidSpecError", subject=source.subject)

"""The published schema of platform files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dokaseca.bridge import platform, platform_rules


def parts(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema inside the schema."""
    yield path, schema
    for holder in ("properties", "$defs"):
        for name, below in (schema.get(holder) or {}).items():
            yield from parts(below, f"{path}.{name}")
    for name in ("items", "additionalProperties", "propertyNames"):
        if isinstance(schema.get(name), dict):
            yield from parts(schema[name], f"{path}.{name}")


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    return {**(platform.schema()["$defs"][name] if name else {}), **schema}


def test_it_is_a_valid_schema_of_its_dialect():
    assert platform.schema()["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(platform.schema())


@pytest.mark.parametrize("path, part", list(parts(platform.schema())))
def test_every_part_is_described(path, part):
    assert resolved(part).get("description"), path


@pytest.mark.parametrize("path, part", list(parts(platform.schema())))
def test_every_rule_has_words(path, part):
    """A keyword that `platform_rules` has no sentence for would be an error without an explanation.

    A pattern without a length would be matched against a text of any length.
    """
    annotations = {"$schema", "$id", "$ref", "$defs", "title", "description", "default", "properties", "items"}
    assert "maxLength" in part or "pattern" not in part, path
    rules = set(part) - annotations - {"propertyNames"}
    if part.get("additionalProperties") is not False:
        rules -= {"additionalProperties"}
    assert rules <= set(platform_rules._SENTENCES), path


def test_defaults_are_those_of_the_code():
    found = {path.rpartition(".")[2]: resolved(part).get("default") for path, part in parts(platform.schema())}
    cluster, repository = platform.ClusterSpec("dev", "dev"), platform.RepositorySpec()
    assert (found["region"], found["cloud"], found["distro"]) == (cluster.region, cluster.cloud, cluster.distro)
    assert found["kubernetesVersion"] == cluster.kubernetes_version
    assert (found["basepath"], found["revision"]) == (repository.basepath, repository.revision)
    hub = platform.schema()["$defs"]["hub"]["properties"]
    assert (hub["name"]["default"], hub["environment"]["default"]) == ("hub", "control-plane")

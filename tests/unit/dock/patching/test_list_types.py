"""List types: the table of built-in kinds, and what custom resources declare."""

from __future__ import annotations

import gzip
import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from dokaseca.dock.patching import list_types
from dokaseca.model.errors import NotFoundError
from dokaseca.model.identity import GroupVersionKind

ROOT = Path(__file__).parents[4]
SCHEMAS = ROOT.parent / "shared" / "data" / "openapi-schemas-1.36.json.gz"
DEPLOYMENT = GroupVersionKind("apps", "v1", "Deployment")


def derive_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("derive_list_types", ROOT / "tools" / "derive_list_types.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not SCHEMAS.exists(), reason="the API server's schemas are not beside this repository")
def test_the_committed_table_is_what_the_script_derives() -> None:
    schemas = json.loads(gzip.decompress(SCHEMAS.read_bytes()))["schemas"]
    committed = json.loads((ROOT / "src/dokaseca/dock/data/list_types.json").read_text(encoding="utf-8"))
    assert derive_script().derive(schemas) == committed


@pytest.mark.parametrize(
    ("path", "list_kind", "keys"),
    [
        (("spec", "template", "spec", "containers"), "map", ("name",)),
        (("spec", "template", "spec", "containers", 0, "ports"), "map", ("containerPort", "protocol")),
        (("spec", "template", "spec", "containers", 0, "args"), "atomic", ()),
        (("spec", "template", "spec", "tolerations"), "atomic", ()),
        (("metadata", "finalizers"), "set", ()),
        (("metadata", "ownerReferences"), "map", ("uid",)),
        (("status", "conditions"), "map", ("type",)),
    ],
)
def test_lists_of_a_deployment_are_what_the_server_says(path: Any, list_kind: str, keys: tuple[str, ...]) -> None:
    types = list_types.for_builtin(DEPLOYMENT).at(path)
    assert (types.list_kind, types.keys) == (list_kind, keys)


def test_a_selector_is_atomic_and_labels_are_not() -> None:
    types = list_types.for_builtin(DEPLOYMENT)
    assert types.at(("spec", "selector")).is_atomic
    assert not types.at(("metadata", "labels")).is_atomic


def test_a_ports_protocol_has_its_default_as_a_key() -> None:
    types = list_types.for_builtin(GroupVersionKind("", "v1", "Service")).at(("spec", "ports"))
    assert types.key_defaults == {"protocol": "TCP"}


def test_a_type_that_contains_itself_expands_as_deep_as_asked() -> None:
    types = list_types.for_builtin(GroupVersionKind("apiextensions.k8s.io", "v1", "CustomResourceDefinition"))
    schema = types.at(("spec", "versions", 0, "schema", "openAPIV3Schema"))
    assert schema.at(("properties", "a", "properties", "b", "x-kubernetes-list-map-keys")).list_kind == "atomic"


def test_every_kind_of_the_table_expands() -> None:
    kinds = json.loads((ROOT / "src/dokaseca/dock/data/list_types.json").read_text(encoding="utf-8"))["kinds"]
    for name in kinds:
        group, version, kind = name.split("/")
        assert (
            list_types.for_builtin(GroupVersionKind(group, version, kind)).at(("metadata", "labels")).list_kind
            == "atomic"
        )


def test_an_unknown_kind_is_not_found() -> None:
    with pytest.raises(NotFoundError, match="not a built-in kind"):
        list_types.for_builtin(GroupVersionKind("example.org", "v1", "Thing"))


def test_a_custom_resources_schema_says_what_its_lists_are() -> None:
    types = list_types.for_crd(
        {
            "type": "object",
            "properties": {
                "spec": {
                    "type": "object",
                    "properties": {
                        "ports": {
                            "type": "array",
                            "x-kubernetes-list-type": "map",
                            "x-kubernetes-list-map-keys": ["port", "protocol"],
                            "items": {
                                "type": "object",
                                "properties": {
                                    "port": {"type": "integer"},
                                    "protocol": {"type": "string", "default": "TCP"},
                                },
                            },
                        },
                        "names": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
                        "steps": {"type": "array", "items": {"type": "object"}},
                        "target": {
                            "type": "object",
                            "x-kubernetes-map-type": "atomic",
                            "properties": {"name": {"type": "string"}},
                        },
                        "values": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                        "embedded": {
                            "type": "object",
                            "x-kubernetes-embedded-resource": True,
                            "properties": {"metadata": {"type": "object"}},
                        },
                    },
                }
            },
        }
    )
    spec = types.child("spec")
    assert spec.is_struct
    assert (spec.child("ports").keys, spec.child("ports").key_defaults) == (("port", "protocol"), {"protocol": "TCP"})
    assert spec.child("names").list_kind == "set"
    assert spec.child("steps").list_kind == "atomic"
    assert spec.child("target").is_atomic
    assert not spec.at(("values", "deep")).is_atomic
    assert not spec.child("labels").is_struct
    assert spec.at(("embedded", "metadata", "finalizers")).list_kind == "set"
    assert types.at(("metadata", "finalizers")).list_kind == "set"


def test_without_a_schema_lists_are_atomic_and_maps_are_not() -> None:
    types = list_types.deduced()
    assert types.at(("spec", "anything")).list_kind == "atomic"
    assert not types.at(("spec", "anything")).is_atomic
    assert types.at(("metadata", "finalizers")).list_kind == "set"

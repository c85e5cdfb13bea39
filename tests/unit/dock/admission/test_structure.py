import pytest

from dokaseca.dock.admission import structure
from dokaseca.dock.data import tables


def conform(kind, value, group="apps", version="v1"):
    shape = structure.of_kind_or_none(group, version, kind)
    return structure.conform(value, shape)


def test_unknown_fields_and_nulls_are_dropped():
    value = {
        "kind": "Deployment",
        "spec": {"replicas": None, "nope": 1, "template": {"spec": {"containers": [{"x": 1}]}}},
    }
    findings = conform("Deployment", value)
    assert findings.unknown == ["spec.nope", "spec.template.spec.containers[0].x"]
    assert value == {"kind": "Deployment", "spec": {"template": {"spec": {"containers": [{}]}}}}


def test_the_first_wrong_type_is_named_as_go_names_it():
    assert conform("Deployment", {"spec": {"replicas": "2"}}).mistyped == (
        "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
    )
    mistyped = conform("ConfigMap", {"data": {"key": 1}}, "").mistyped
    assert mistyped == "json: cannot unmarshal number into Go struct field ConfigMap.data of type string"
    containers = {"spec": {"template": {"spec": {"containers": [{"name": 1}]}}}}
    assert (
        "Go struct field Container.spec.template.spec.containers.name of" in conform("Deployment", containers).mistyped
    )
    assert "cannot unmarshal bool" in conform("Deployment", {"spec": {"replicas": True}}).mistyped
    assert "cannot unmarshal array" in conform("Deployment", {"spec": []}).mistyped


def test_free_parts_are_left_alone():
    value = {"spec": {"versions": [{"schema": {"openAPIV3Schema": {"default": {"any": [None]}, "x": 1}}}]}}
    findings = conform("CustomResourceDefinition", value, "apiextensions.k8s.io")
    assert value["spec"]["versions"][0]["schema"]["openAPIV3Schema"] == {"default": {"any": [None]}}
    assert findings.unknown == ["spec.versions[0].schema.openAPIV3Schema.x"]


def test_numbers_and_texts_pass_where_both_are_allowed():
    value = {"spec": {"strategy": {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}}}}
    assert not conform("Deployment", value).mistyped


def test_every_schema_compiles():
    for group, version, kind in tables.schema_names():
        assert structure.of_kind_or_none(group, version, kind) is not None
    assert structure.of_kind_or_none("no", "v1", "Such") is None


@pytest.mark.parametrize(
    ("schema", "mistyped"),
    [
        ({"items": {"type": "string"}}, ""),
        ({"items": [{"type": "string"}]}, ""),
        ({"items": 5}, "cannot unmarshal number"),
        ({"items": [None]}, "cannot unmarshal null"),
        ({"items": {"type": 5}}, "cannot unmarshal number"),
        ({"additionalProperties": True}, ""),
        ({"additionalProperties": {"type": []}}, "cannot unmarshal array"),
        ({"additionalProperties": "x"}, "cannot unmarshal string"),
    ],
)
def test_schemas_are_read_where_something_else_may_stand_too(schema, mistyped):
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    shape = structure.of_kind_or_none("apiextensions.k8s.io", "v1", "CustomResourceDefinition")
    found = structure.conform({"spec": {"versions": [version]}}, shape).mistyped
    assert mistyped in found if mistyped else found == ""

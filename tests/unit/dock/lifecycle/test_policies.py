"""What is found in the expressions of a ValidatingAdmissionPolicy, and stands in its status."""

import pytest
from tests.unit.dock.client import CRDS, definition

POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"


def rule(resource, group="apps", version="v1"):
    return {"apiGroups": [group], "apiVersions": [version], "resources": [resource], "operations": ["CREATE"]}


def policy(*validations, rules=None, **spec):
    return {
        "metadata": {"name": "demo"},
        "spec": {
            "matchConstraints": {"resourceRules": rules or [rule("deployments")]},
            "validations": [one if isinstance(one, dict) else {"expression": one} for one in validations],
            **spec,
        },
    }


async def status(client, body):
    await client.post(POLICIES, body)
    await client.settle()
    return (await client.get(POLICIES + "/demo"))["status"]


async def warnings(client, body):
    found = (await status(client, body))["typeChecking"].get("expressionWarnings", [])
    return {one["fieldRef"]: one["warning"] for one in found}


async def test_a_policy_without_fault_is_observed_and_says_so_in_the_controller_s_name(client):
    assert await status(client, policy("object.spec.replicas > 1")) == {"observedGeneration": 1, "typeChecking": {}}
    managers = (await client.get(POLICIES + "/demo"))["metadata"]["managedFields"]
    assert [(one["manager"], one["operation"], one.get("subresource")) for one in managers] == [
        ("validatingadmissionpolicy-status", "Apply", "status"),
        ("test", "Update", None),
    ]
    await client.patch(POLICIES + "/demo", {"spec": {"validations": [{"expression": "object.spec.nope == 1"}]}})
    await client.settle()
    found = (await client.get(POLICIES + "/demo"))["status"]
    assert found["observedGeneration"] == 2
    assert [one["fieldRef"] for one in found["typeChecking"]["expressionWarnings"]] == [
        "spec.validations[0].expression"
    ]


async def test_every_matched_kind_is_named_with_what_it_lacks(client):
    body = policy(
        {"expression": "object.replicas > 1", "messageExpression": "'at ' + object.nope"},
        rules=[rule("replicasets"), rule("deployments")],
    )
    found = await warnings(client, body)
    place = "ERROR: <input>:1:7: undefined field 'replicas'\n | object.replicas > 1\n | ......^"
    assert found["spec.validations[0].expression"] == (
        f"apps/v1, Kind=Deployment: {place}\n\napps/v1, Kind=ReplicaSet: {place}\n"
    )
    assert "undefined field 'nope'" in found["spec.validations[0].messageExpression"]


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        ("object.spec.template.spec.containers.all(c, c.image.startsWith('x') && !c.privileged)", "'privileged'"),
        ("object.spec.template.spec.containers[0].nope == 1", "'nope'"),
        ("has(oldObject.spec.nope)", "'nope'"),
        ("object.metadata.labels.anything == 'x' && object.metadata.annotations['y'] == 'z'", ""),
        ("object.spec.template.spec.containers.all(c, c.resources.limits.memory == '1Gi')", ""),
        ("object.spec.replicas > 'x'", "found no matching overload for '_>_' applied to '(int, string)'"),
        ("object.spec.replicas.nope == 1", "type 'int' does not support field selection"),
        ("object.spec.strategy.rollingUpdate.maxSurge == '25%'", ""),
        ("variables.spec.nope == 1 && variables.spec.replicas == 1", "'nope'"),
        ("params.data.x == '1' && params.nope == '1'", "'nope'"),
        ("object.metadata.name == request.name && object.metadata.namespace == 'default'", ""),
    ],
)
async def test_what_a_schema_lacks_is_found(client, expression, what):
    spec = {
        "variables": [{"name": "spec", "expression": "object.spec"}],
        "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
    }
    found = (await warnings(client, policy(expression, **spec))).get("spec.validations[0].expression", "")
    assert what in found
    assert bool(found) == bool(what)


async def test_custom_kinds_are_checked_by_their_schema_and_wildcards_by_none(client):
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}}
    await client.post(CRDS, definition(schema))
    found = await warnings(
        client, policy("object.spec.size > object.spec.nope", rules=[rule("widgets", "example.com")])
    )
    assert "example.com/v1, Kind=Widget: ERROR: <input>:1:31: undefined field 'nope'" in str(found)
    await client.ask("DELETE", POLICIES + "/demo")
    assert await warnings(client, policy("object.nope == 1", rules=[rule("*", "*", "*")])) == {}

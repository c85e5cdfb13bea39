"""Custom kinds and admission policies through real kubectl."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")

CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: boats.harbour.example.com}
spec:
  group: harbour.example.com
  scope: Namespaced
  names: {kind: Boat, plural: boats, shortNames: [bt]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources:
      status: {}
      scale: {specReplicasPath: .spec.crew, statusReplicasPath: .status.crew}
    selectableFields: [{jsonPath: .spec.flag}]
    additionalPrinterColumns: [{name: Crew, type: integer, jsonPath: .spec.crew}]
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            description: What the boat is.
            required: [flag]
            x-kubernetes-validations:
            - rule: self.crew <= self.berths
              messageExpression: "'no berth for ' + string(self.crew - self.berths)"
              fieldPath: .crew
            properties:
              flag:
                type: string
                description: Under which it sails.
                x-kubernetes-validations: [{rule: self == oldSelf, message: a boat keeps its flag}]
              crew: {type: integer, default: 1}
              berths: {type: integer, default: 4}
          status: {type: object, properties: {crew: {type: integer}}}
"""

BOAT = """
apiVersion: harbour.example.com/v1
kind: Boat
metadata: {name: %s}
spec: {flag: %s, crew: %d}
"""

POLICY = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: limit}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}
  validations:
  - {expression: object.spec.replicas <= 2, message: at most two}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: limit}
spec:
  policyName: limit
  validationActions: [%s]
  matchResources:
    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: limited}}
"""


async def apply(kubectl, text, *arguments):
    return await kubectl("apply", "-f", "-", *arguments, stdin=text)


async def test_the_life_of_a_custom_kind(kubectl):
    await kubectl.ok("apply", "-f", "-", stdin=CRD)
    await kubectl.ok("wait", "--for=condition=Established", "crd/boats.harbour.example.com", "--timeout=10s")
    assert "Under which it sails." in await kubectl.ok("explain", "boats.spec.flag")
    assert "-required-" in await kubectl.ok("explain", "boat.spec")

    await kubectl.ok("apply", "-f", "-", stdin=BOAT % ("one", "red", 2))
    await kubectl.ok("apply", "-f", "-", stdin=BOAT % ("two", "blue", 1))
    refused = await apply(kubectl, BOAT % ("three", "red", 9))
    assert refused.code == 1
    assert refused.err == 'The Boat "three" is invalid: spec.crew: Invalid value: "object": no berth for 5\n'
    changed = await apply(kubectl, BOAT % ("one", "green", 2))
    assert 'The Boat "one" is invalid: spec.flag: Invalid value: "string": a boat keeps its flag' in changed.err
    mistyped = await apply(kubectl, (BOAT % ("four", "red", 1)).replace("crew: 1", "crew: many"))
    assert 'spec.crew: Invalid value: "string": spec.crew in body must be of type integer: "string"' in mistyped.err
    assert "<nil>: Invalid value: null: some validation rules were not checked" in mistyped.err

    assert (await kubectl.ok("get", "bt", "--field-selector=spec.flag=blue", "-o", "name")).split() == [
        "boat.harbour.example.com/two"
    ]
    await kubectl.ok("scale", "boat/one", "--replicas=3")
    assert (await kubectl.ok("get", "boat", "one", "--no-headers")).split() == ["one", "3"]
    too_many = await kubectl("scale", "boat/one", "--replicas=5")
    assert "no berth for 1" in too_many.err


async def test_a_definition_whose_rules_do_not_compile_is_refused(kubectl):
    broken = (
        CRD.replace("boats", "ships").replace("Boat", "Ship").replace("bt", "sp").replace("self.berths", "self.nope")
    )
    answer = await apply(kubectl, broken)
    assert answer.code == 1
    assert "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule" in answer.err
    assert "compilation failed: ERROR: <input>:1:18: undefined field 'nope'" in answer.err


async def test_a_deleted_definition_takes_its_objects_with_it(kubectl):
    text = CRD.replace("boats", "rafts").replace("Boat", "Raft").replace("bt", "rf")
    await kubectl.ok("apply", "-f", "-", stdin=text)
    held = (
        (BOAT % ("held", "red", 1)).replace("Boat", "Raft").replace("{name: held}", "{name: held, finalizers: [a.b/c]}")
    )
    await kubectl.ok("apply", "-f", "-", stdin=held)
    await kubectl.ok("delete", "crd", "rafts.harbour.example.com", "--wait=false")
    found = json.loads(await kubectl.ok("get", "crd", "rafts.harbour.example.com", "-o", "json"))
    assert {"Terminating"} <= {one["type"] for one in found["status"]["conditions"] if one["status"] == "True"}
    await kubectl.ok("patch", "raft", "held", "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    await kubectl.ok("wait", "--for=delete", "crd/rafts.harbour.example.com", "--timeout=10s")
    assert (await kubectl("get", "rafts")).code == 1


async def test_a_policy_denies_and_warns(kubectl):
    await kubectl.ok("create", "namespace", "limited")
    await kubectl.ok("apply", "-f", "-", stdin=POLICY % "Deny")
    create = ("create", "deployment", "web", "--image=nginx", "--replicas=3")
    denied = await kubectl(*create, "-n", "limited")
    assert denied.code == 1
    assert "ValidatingAdmissionPolicy 'limit' with binding 'limit' denied request: at most two" in denied.err
    await kubectl.ok(*create, "-n", "default")
    await kubectl.ok("apply", "-f", "-", stdin=POLICY % "Warn")
    warned = await kubectl(*create, "-n", "limited")
    assert warned.code == 0
    assert (
        "Warning: Validation failed for ValidatingAdmissionPolicy 'limit' with binding 'limit': at most two"
        in warned.err
    )
    await kubectl.ok("delete", "validatingadmissionpolicy,validatingadmissionpolicybinding", "limit")

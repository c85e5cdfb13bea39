"""Admission policies under real kubectl: who asks matters, and every way of writing meets them."""

from __future__ import annotations

import json

import pytest
import pytest_asyncio

pytestmark = pytest.mark.asyncio(loop_scope="module")

STAMP = """
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: stamp}
spec:
  reinvocationPolicy: Never
  paramKind: {apiVersion: v1, kind: ConfigMap}
  matchConstraints:
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], resources: [deployments], operations: [CREATE, UPDATE]}
  matchConditions:
  - {name: not-a-robot, expression: "!request.userInfo.username.startsWith('system:')"}
  variables:
  - {name: cost, expression: "params.?data[?'cost-center']"}
  mutations:
  - patchType: ApplyConfiguration
    applyConfiguration:
      expression: |
        Object{
          metadata: Object.metadata{
            annotations: {
              "example.com/by": request.userInfo.username,
              "example.com/cost": variables.cost.orValue("none")
            }
          }
        }
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {name: stamp}
spec: {policyName: stamp, paramRef: {name: stamp, namespace: default, parameterNotFoundAction: Allow}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: stamp, namespace: default}
data: {cost-center: "42"}
"""
GUARD = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: guard}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [""], apiVersions: [v1], resources: [configmaps], operations: [DELETE, UPDATE]}
  matchConditions:
  - {name: guarded, expression: "has(oldObject.metadata.labels) && 'guarded' in oldObject.metadata.labels"}
  validations:
  - expression: authorizer.group('example.com').resource('guards').name(oldObject.metadata.name).check('open').allowed()
    message: ask a guard
    reason: Forbidden
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: guard}
spec: {policyName: guard, validationActions: [Deny]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: opener}
rules: [{verbs: [open], apiGroups: [example.com], resources: [guards], resourceNames: [gold]}]
"""
WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: nginx}]}
"""


@pytest_asyncio.fixture(loop_scope="module")
async def stamp(kubectl):
    """A policy that says on every Deployment who wrote it last."""
    await kubectl.ok("apply", "-f", "-", stdin=STAMP)
    yield
    await kubectl.ok("delete", "deployment", "--all")
    await kubectl.ok("delete", "--ignore-not-found", "-f", "-", stdin=STAMP)


async def annotations(kubectl):
    found = json.loads(await kubectl.ok("get", "deployment", "web", "-o", "json"))["metadata"].get("annotations", {})
    return {key.removeprefix("example.com/"): value for key, value in found.items() if key.startswith("example.com/")}


@pytest.mark.parametrize("flags", [(), ("--server-side",), ("--server-side", "--field-manager=ci")])
async def test_every_apply_is_mutated(kubectl, stamp, flags):
    dry = await kubectl.ok("apply", *flags, "--dry-run=server", "-o", "json", "-f", "-", stdin=WEB)
    assert json.loads(dry)["metadata"]["annotations"]["example.com/cost"] == "42"
    await kubectl.ok("apply", *flags, "-f", "-", stdin=WEB)
    assert await annotations(kubectl) == {"by": "kubernetes-admin", "cost": "42"}
    again = await kubectl.ok("apply", *flags, "-f", "-", stdin=WEB)
    assert "deployment.apps/web" in again
    owned = await kubectl.ok(
        "get", "deployment", "web", "--show-managed-fields", "-o", "jsonpath={.metadata.managedFields}"
    )
    assert "example.com" not in owned


async def test_every_other_write_is_mutated_by_whom_it_was_made(kubectl, stamp):
    await kubectl.ok("create", "-f", "-", stdin=WEB)
    jane = ("--as=jane", "--as-group=system:masters")
    for command in (
        ("patch", "deployment", "web", "-p", '{"spec":{"replicas":2}}'),
        ("patch", "deployment", "web", "--type=json", "-p", '[{"op":"replace","path":"/spec/replicas","value":3}]'),
        ("patch", "deployment", "web", "--type=merge", "-p", '{"spec":{"replicas":4}}'),
        ("set", "image", "deployment/web", "app=nginx:2"),
        ("label", "deployment", "web", "x=y"),
        ("rollout", "restart", "deployment/web"),
    ):
        await kubectl.ok(*command, *jane)
        assert (await annotations(kubectl))["by"] == "jane", command
        await kubectl.ok("annotate", "deployment", "web", "reset=1", "--overwrite")
        assert (await annotations(kubectl))["by"] == "kubernetes-admin"
        await kubectl.ok("annotate", "deployment", "web", "reset-")
    await kubectl.ok("label", "deployment", "web", "z=1", "--as=system:robot", "--as-group=system:masters")
    assert (await annotations(kubectl))["by"] == "kubernetes-admin"


async def test_a_missing_parameter_leaves_objects_alone_where_that_is_allowed(kubectl, stamp):
    await kubectl.ok("delete", "configmap", "stamp")
    await kubectl.ok("create", "-f", "-", stdin=WEB)
    assert await annotations(kubectl) == {}
    await kubectl.ok("create", "configmap", "stamp")
    await kubectl.ok("label", "deployment", "web", "x=y")
    assert await annotations(kubectl) == {"by": "kubernetes-admin", "cost": "none"}


async def test_a_guard_lets_those_pass_who_may_open(kubectl):
    await kubectl.ok("apply", "-f", "-", stdin=GUARD)
    for user in ("jane", "joe"):
        await kubectl.ok("create", "rolebinding", f"{user}-edits", "--clusterrole=edit", f"--user={user}")
    await kubectl.ok("create", "clusterrolebinding", "jane-opens", "--clusterrole=opener", "--user=jane")
    await kubectl.ok("create", "configmap", "gold")
    await kubectl.ok("label", "configmap", "gold", "guarded=yes")
    refused = await kubectl("delete", "configmap", "gold", "--as=joe")
    why = "ValidatingAdmissionPolicy 'guard' with binding 'guard' denied request: ask a guard"
    assert (refused.code, refused.err) == (
        1,
        f'Error from server (Forbidden): configmaps "gold" is forbidden: {why}\n',
    )
    refused = await kubectl("patch", "configmap", "gold", "-p", '{"data":{"a":"b"}}', "--as=joe")
    assert f'configmaps "gold" is forbidden: {why}' in refused.err
    await kubectl.ok("delete", "configmap", "gold", "--as=jane")
    await kubectl.ok("delete", "-f", "-", stdin=GUARD)


async def test_kubectl_explains_and_lists_mutating_policies(kubectl, stamp):
    explained = await kubectl.ok("explain", "mutatingadmissionpolicy.spec.mutations")
    for field in ("applyConfiguration", "jsonPatch", "patchType"):
        assert field in explained
    listed = await kubectl.ok("get", "mutatingadmissionpolicies,mutatingadmissionpolicybindings", "-o", "name")
    assert listed.split() == [
        "mutatingadmissionpolicy.admissionregistration.k8s.io/stamp",
        "mutatingadmissionpolicybinding.admissionregistration.k8s.io/stamp",
    ]

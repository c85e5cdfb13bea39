"""Real kubectl against the dock over HTTPS; every test has a namespace of its own."""

from __future__ import annotations

import asyncio
import json

import pytest
import pytest_asyncio

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: app
        image: nginx:1.25
        ports: [{containerPort: 80}]
"""

CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: applications.argoproj.io}
spec:
  group: argoproj.io
  scope: Namespaced
  names: {kind: Application, plural: applications, shortNames: [app, apps]}
  versions:
  - name: v1alpha1
    served: true
    storage: true
    additionalPrinterColumns:
    - {name: Sync Status, type: string, jsonPath: .status.sync.status}
    - {name: Health Status, type: string, jsonPath: .status.health.status}
    - {name: Revision, type: string, jsonPath: .status.sync.revision, priority: 10}
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          spec:
            type: object
            required: [project]
            properties:
              project: {type: string}
              replicas: {type: integer, minimum: 0, default: 1}
              mode: {type: string, enum: [fast, slow]}
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
"""


@pytest_asyncio.fixture(loop_scope="module")
async def space(kubectl):
    """A new namespace, set as kubectl's `-n` option."""
    name = f"t{space.counter}"
    space.counter += 1
    await kubectl.ok("create", "namespace", name)
    yield f"--namespace={name}"


space.counter = 0


async def test_versions_and_kinds_are_those_of_a_1_36_server(kubectl):
    version = json.loads(await kubectl.ok("version", "-o", "json"))
    assert version["serverVersion"]["minor"] == "36"
    listed = await kubectl.ok("api-resources", "--no-headers")
    assert len(listed.splitlines()) > 60
    assert any(line.split()[:3] == ["deployments", "deploy", "apps/v1"] for line in listed.splitlines())


async def test_a_new_cluster_has_the_namespaces_and_the_service_of_every_cluster(kubectl):
    names = (await kubectl.ok("get", "namespaces", "-o", "name")).split()
    assert {"namespace/default", "namespace/kube-system", "namespace/kube-public"} <= set(names)
    assert "10.96.0.1" in await kubectl.ok("get", "service", "kubernetes")


async def test_apply_creates_then_changes_then_finds_nothing_to_do(kubectl, space):
    assert "created" in await kubectl.ok("apply", space, "-f", "-", stdin=DEPLOYMENT)
    assert "unchanged" in await kubectl.ok("apply", space, "-f", "-", stdin=DEPLOYMENT)
    changed = DEPLOYMENT.replace("1.25", "1.26")
    assert "configured" in await kubectl.ok("apply", space, "-f", "-", stdin=changed)
    assert (await kubectl(*("diff", space, "-f", "-"), stdin=changed)).code == 0
    assert (await kubectl(*("diff", space, "-f", "-"), stdin=DEPLOYMENT)).code == 1
    wide = await kubectl.ok("get", "deployment", space, "-o", "wide", "--no-headers")
    assert wide.split()[:4] == ["web", "0/2", "0", "0"]
    assert wide.split()[5:] == ["app", "nginx:1.26", "app=web"]


async def test_server_side_apply_reports_conflicts_and_can_be_forced(kubectl, space):
    await kubectl.ok("apply", space, "--server-side", "--field-manager=one", "-f", "-", stdin=DEPLOYMENT)
    other = DEPLOYMENT.replace("replicas: 2", "replicas: 5")
    refused = await kubectl("apply", space, "--server-side", "--field-manager=two", "-f", "-", stdin=other)
    assert refused.code == 1
    assert 'conflict with "one": .spec.replicas' in refused.err
    await kubectl.ok(
        "apply", space, "--server-side", "--field-manager=two", "--force-conflicts", "-f", "-", stdin=other
    )
    assert await kubectl.ok("get", "deployment", "web", space, "-o", "jsonpath={.spec.replicas}") == "5"


async def test_the_three_patch_types_edit_and_set_change_an_object(kubectl, space):
    await kubectl.ok("apply", space, "-f", "-", stdin=DEPLOYMENT)
    image = "jsonpath={.spec.template.spec.containers[*].image}"
    strategic = '{"spec":{"template":{"spec":{"containers":[{"name":"app","image":"nginx:2"}]}}}}'
    await kubectl.ok("patch", "deployment", "web", space, "-p", strategic)
    assert await kubectl.ok("get", "deployment", "web", space, "-o", image) == "nginx:2"
    await kubectl.ok("patch", "deployment", "web", space, "--type=merge", "-p", '{"spec":{"replicas":7}}')
    operations = '[{"op":"test","path":"/spec/replicas","value":7},{"op":"replace","path":"/spec/replicas","value":1}]'
    await kubectl.ok("patch", "deployment", "web", space, "--type=json", "-p", operations)
    await kubectl.ok("edit", "deployment", "web", space, EDITOR="sed -i s/nginx:2/nginx:3/")
    assert await kubectl.ok("get", "deployment", "web", space, "-o", image) == "nginx:3"
    await kubectl.ok("set", "image", "deployment/web", space, "app=nginx:4")
    assert await kubectl.ok("get", "deployment", "web", space, "-o", image) == "nginx:4"


async def test_label_annotate_scale_and_restart_work(kubectl, space):
    await kubectl.ok("apply", space, "-f", "-", stdin=DEPLOYMENT)
    await kubectl.ok("label", "deployment", "web", space, "tier=front")
    await kubectl.ok("annotate", "deployment", "web", space, "note=x")
    await kubectl.ok("scale", "deployment", "web", space, "--replicas=4")
    await kubectl.ok("rollout", "restart", "deployment/web", space)
    found = json.loads(await kubectl.ok("get", "deployment", space, "-l", "tier=front", "-o", "json"))["items"][0]
    assert found["spec"]["replicas"] == 4
    assert found["metadata"]["annotations"]["note"] == "x"
    assert found["metadata"]["generation"] == 3
    assert "Replicas:" in await kubectl.ok("describe", "deployment", "web", space)


async def test_typed_commands_that_send_protobuf_create_what_they_say(kubectl, space):
    await kubectl.ok("create", "deployment", "made", "--image=nginx", "--replicas=0", space)
    await kubectl.ok("create", "configmap", "cm", "--from-literal=a=b", space)
    await kubectl.ok("create", "secret", "generic", "s", "--from-literal=a=b", space)
    await kubectl.ok("run", "pod", "--image=busybox", space)
    await kubectl.ok("expose", "deployment", "made", "--port=80", space)
    await kubectl.ok("create", "ingress", "i", "--rule=a.example/*=made:80", space)
    assert await kubectl.ok("get", "deployment", "made", space, "-o", "jsonpath={.spec.replicas}") == "0"
    assert await kubectl.ok("get", "secret", "s", space, "-o", "jsonpath={.data.a}") == "Yg=="
    assert await kubectl.ok("auth", "can-i", "create", "pods") == "yes\n"


async def test_get_watch_streams_changes_as_rows(kubectl, space):
    process = await kubectl.start("get", "configmaps", space, "--watch")
    assert process.stdout is not None
    assert b"NAME" in await asyncio.wait_for(process.stdout.readline(), 10)
    assert b"kube-root-ca.crt" in await asyncio.wait_for(process.stdout.readline(), 10)
    await kubectl.ok("create", "configmap", "seen", space)
    assert (await asyncio.wait_for(process.stdout.readline(), 10)).split()[:2] == [b"seen", b"0"]
    process.kill()
    await process.wait()


async def test_wait_sees_a_condition_and_a_deletion(kubectl, space):
    await kubectl.ok("create", "configmap", "held", space)
    store = kubectl.cluster.api.state.store
    waiting = asyncio.create_task(kubectl.ok("wait", "configmap/held", space, "--for=delete", "--timeout=20s"))
    while not store.watchers():  # noqa: ASYNC110 - kubectl does not say when its watch has begun
        await asyncio.sleep(0.01)
    await kubectl.ok("delete", "configmap", "held", space)
    assert "condition met" in await waiting
    await kubectl.ok("apply", space, "-f", "-", stdin=DEPLOYMENT)
    await kubectl.ok("wait", "deployment/web", space, "--for=jsonpath={.spec.replicas}=2", "--timeout=10s")


async def test_a_definition_serves_its_kind_with_its_columns_and_rules(kubectl, space):
    await kubectl.ok("apply", "-f", "-", stdin=CRD)
    await kubectl.ok("wait", "crd/applications.argoproj.io", "--for=condition=Established", "--timeout=10s")
    item = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "guestbook"},
        "spec": {"project": "default", "mode": "fast"},
        "status": {"sync": {"status": "Synced", "revision": "abc"}, "health": {"status": "Healthy"}},
    }
    await kubectl.ok("apply", space, "-f", "-", stdin=json.dumps(item))
    head, row = (await kubectl.ok("get", "applications", space)).splitlines()
    assert head.split("   ")[0] == "NAME"
    assert [part.strip() for part in head.split("  ") if part.strip()] == ["NAME", "SYNC STATUS", "HEALTH STATUS"]
    assert row.split() == ["guestbook", "Synced", "Healthy"]
    assert await kubectl.ok("get", "app", "guestbook", space, "-o", "jsonpath={.spec.replicas}") == "1"
    item["spec"]["mode"] = "medium"
    refused = await kubectl("apply", space, "-f", "-", stdin=json.dumps(item))
    assert 'spec.mode: Unsupported value: "medium": supported values: "fast", "slow"' in refused.err
    assert "project" in await kubectl.ok("explain", "application.spec")
    await kubectl.ok("delete", "crd", "applications.argoproj.io")
    gone = await kubectl("get", "applications.argoproj.io", space)
    assert 'the server doesn\'t have a resource type "applications"' in gone.err


async def test_explain_names_the_fields_of_a_built_in_kind(kubectl):
    explained = await kubectl.ok("explain", "deployment.spec.strategy.rollingUpdate")
    assert "maxSurge" in explained
    assert "maxUnavailable" in explained


async def test_a_typing_error_is_refused_with_the_field(kubectl, space):
    wrong = DEPLOYMENT.replace("replicas: 2", "replica: 2")
    refused = await kubectl("apply", space, "-f", "-", stdin=wrong)
    assert refused.code == 1
    assert 'unknown field "spec.replica"' in refused.err


async def test_a_broken_deployment_is_refused_with_its_causes(kubectl, space):
    wrong = DEPLOYMENT.replace("image: nginx:1.25", "command: [x]").replace(
        "{app: web}\n  template", "{app: other}\n  template"
    )
    refused = await kubectl("apply", space, "-f", "-", stdin=wrong)
    assert 'The Deployment "web" is invalid' in refused.err
    assert "spec.template.spec.containers[0].image: Required value" in refused.err


async def test_pages_and_field_selectors_list_everything_once(kubectl, space):
    for name in "abcde":
        await kubectl.ok("create", "configmap", name, space)
    listed = await kubectl.ok("get", "configmaps", space, "--chunk-size=2", "-o", "name")
    assert listed.split() == [f"configmap/{name}" for name in ("a", "b", "c", "d", "e", "kube-root-ca.crt")]
    one = await kubectl.ok("get", "configmaps", space, "--field-selector=metadata.name=c", "-o", "name")
    assert one == "configmap/c\n"


@pytest.mark.parametrize("cascade", ["background", "foreground", "orphan"])
async def test_each_cascade_does_to_dependents_what_it_says(kubectl, space, cascade):
    owner = json.loads(await kubectl.ok("create", "configmap", "owner", space, "-o", "json"))
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    child = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "child", "ownerReferences": [reference]}}
    await kubectl.ok("create", space, "-f", "-", stdin=json.dumps(child))
    await kubectl.ok("delete", "configmap", "owner", space, f"--cascade={cascade}")
    if cascade == "orphan":
        left = json.loads(await kubectl.ok("get", "secret", "child", space, "-o", "json"))
        assert "ownerReferences" not in left["metadata"]
    else:
        await kubectl.ok("wait", "secret/child", space, "--for=delete", "--timeout=10s")


async def test_a_deleted_namespace_takes_its_content_along(kubectl, space):
    await kubectl.ok("apply", space, "-f", "-", stdin=DEPLOYMENT)
    await kubectl.ok("delete", "namespace", space.removeprefix("--namespace="))
    assert (await kubectl("get", "deployment", "web", space)).code == 1


async def test_what_needs_a_container_is_refused_clearly(kubectl, space):
    await kubectl.ok("run", "pod", "--image=busybox", space)
    refused = await kubectl("exec", "pod", space, "--", "ls")
    assert "simulated" in refused.err


async def test_replace_and_dry_run_behave(kubectl, space):
    await kubectl.ok("create", "configmap", "a", space, "--from-literal=k=1")
    await kubectl.ok("create", "configmap", "b", space, "--dry-run=server")
    assert (await kubectl("get", "configmap", "b", space)).code == 1
    found = json.loads(await kubectl.ok("get", "configmap", "a", space, "-o", "json"))
    found["data"]["k"] = "2"
    await kubectl.ok("replace", "-f", "-", stdin=json.dumps(found))
    stale = await kubectl("replace", "-f", "-", stdin=json.dumps(found))
    assert "the object has been modified" in stale.err


async def test_a_list_is_applied_and_a_wrong_field_in_it_is_told(kubectl):
    item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "listed"}, "data": {"k": "v"}}
    objects = {"apiVersion": "v1", "kind": "List", "items": [item]}
    assert "configmap/listed created" in await kubectl.ok("apply", "-f", "-", stdin=json.dumps(objects))
    printed = await kubectl.ok("get", "configmap", "listed", "-o", "yaml")
    assert "configmap/listed" in await kubectl.ok("apply", "-f", "-", stdin=printed)
    item["dta"] = {"k": "v"}
    refused = await kubectl("apply", "-f", "-", stdin=json.dumps(objects))
    assert refused.code == 1
    assert 'unknown field "dta"' in refused.err

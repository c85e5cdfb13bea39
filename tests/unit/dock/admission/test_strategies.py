"""Defaults and rules as users meet them: through the API."""

import pytest
from tests.unit.dock.client import DEPLOYMENTS, STRATEGIC, deployment

CORE = "/api/v1/namespaces/default"
SERVICES = CORE + "/services"
CONTAINER = {"name": "app", "image": "nginx"}
TEMPLATE = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [CONTAINER]}}


def service(name="s", **spec):
    return {"metadata": {"name": name}, "spec": {"ports": [{"port": 80}], **spec}}


async def test_a_deployment_gets_the_defaults_of_a_real_server(client):
    probe = {"httpGet": {"port": 80}}
    body = deployment()
    body["spec"]["template"]["spec"]["containers"][0] |= {"readinessProbe": probe, "image": "nginx"}
    body["spec"]["template"]["spec"]["volumes"] = [{"name": "c", "configMap": {"name": "x"}}, {"name": "e"}]
    spec = (await client.post(DEPLOYMENTS, body))["spec"]
    assert spec["replicas"] == 1
    assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}}
    assert (spec["revisionHistoryLimit"], spec["progressDeadlineSeconds"]) == (10, 600)
    pod = spec["template"]["spec"]
    assert {
        key: pod[key] for key in ("restartPolicy", "dnsPolicy", "schedulerName", "terminationGracePeriodSeconds")
    } == {
        "restartPolicy": "Always",
        "dnsPolicy": "ClusterFirst",
        "schedulerName": "default-scheduler",
        "terminationGracePeriodSeconds": 30,
    }
    assert pod["volumes"] == [
        {"name": "c", "configMap": {"name": "x", "defaultMode": 420}},
        {"name": "e", "emptyDir": {}},
    ]
    container = pod["containers"][0]
    assert container["imagePullPolicy"] == "Always"
    assert container["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
    assert container["readinessProbe"] == {
        "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("a:5000/nginx", "Always"),
        ("nginx:1", "IfNotPresent"),
        ("a@sha256:0", "IfNotPresent"),
    ],
)
async def test_the_pull_policy_follows_the_tag(client, image, policy):
    body = deployment()
    body["spec"]["template"]["spec"]["containers"][0]["image"] = image
    created = await client.post(DEPLOYMENTS, body)
    assert created["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] == policy


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("apps/v1/deployments", {"template": TEMPLATE}, "spec.selector: Required value"),
        ("apps/v1/deployments", {"selector": {}, "template": TEMPLATE}, "empty selector is invalid"),
        (
            "apps/v1/deployments",
            {"selector": {"matchLabels": {"a": "b"}}, "template": TEMPLATE},
            'spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`',
        ),
        (
            "apps/v1/deployments",
            {"selector": {"matchLabels": {"app": "x"}}, "template": {**TEMPLATE, "spec": {}}},
            "spec.template.spec.containers: Required value",
        ),
        (
            "apps/v1/deployments",
            {"selector": {"matchLabels": {"app": "x"}}, "template": TEMPLATE, "replicas": -1},
            "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
        ),
        (
            "apps/v1/deployments",
            {
                "selector": {"matchLabels": {"app": "x"}},
                "template": TEMPLATE,
                "strategy": {"type": "Recreate", "rollingUpdate": {}},
            },
            "spec.strategy.rollingUpdate: Forbidden",
        ),
        (
            "batch/v1/jobs",
            {"template": {"spec": {"containers": [CONTAINER]}}},
            "spec.template.spec.restartPolicy: Required value",
        ),
        (
            "batch/v1/cronjobs",
            {"schedule": "x", "jobTemplate": {"spec": {"template": {"spec": {"containers": [CONTAINER]}}}}},
            "spec.schedule: Invalid value",
        ),
        ("networking.k8s.io/v1/ingresses", {}, "either `defaultBackend` or `rules` must be specified"),
        (
            "networking.k8s.io/v1/ingresses",
            {"rules": [{"http": {"paths": [{"path": "x", "pathType": "Prefix", "backend": {}}]}}]},
            "must be an absolute path",
        ),
        (
            "autoscaling/v2/horizontalpodautoscalers",
            {"scaleTargetRef": {"kind": "Deployment"}, "maxReplicas": 1},
            "spec.scaleTargetRef.name: Required value",
        ),
        ("policy/v1/poddisruptionbudgets", {"minAvailable": 1, "maxUnavailable": 1}, "cannot be both set"),
    ],
)
async def test_broken_objects_are_refused_with_the_field(client, path, body, words):
    group, version, plural = path.split("/")
    target = f"/apis/{group}/{version}/namespaces/default/{plural}"
    status = await client.refused("POST", target, {"metadata": {"name": "x"}, "spec": body}, code=422)
    assert words in status["message"]
    assert status["reason"] == "Invalid"
    assert status["details"]["causes"][0]["field"]


@pytest.mark.parametrize(
    ("container", "words"),
    [
        ({"name": "app"}, "spec.containers[0].image: Required value"),
        ({"name": "A", "image": "x"}, 'spec.containers[0].name: Invalid value: "A"'),
        (
            {**CONTAINER, "ports": [{"containerPort": 70000}]},
            "spec.containers[0].ports[0].containerPort: Invalid value: 70000",
        ),
        (
            {**CONTAINER, "resources": {"limits": {"cpu": "a lot"}}},
            "spec.containers[0].resources.limits[cpu]: Invalid value",
        ),
        (
            {**CONTAINER, "resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "1500m"}}},
            "must be less than or equal to cpu limit of 1",
        ),
        (
            {**CONTAINER, "volumeMounts": [{"name": "no", "mountPath": "/x"}]},
            'spec.containers[0].volumeMounts[0].name: Not found: "no"',
        ),
    ],
)
async def test_broken_pods_are_refused_with_the_field(client, container, words):
    status = await client.refused(
        "POST", CORE + "/pods", {"metadata": {"name": "x"}, "spec": {"containers": [container]}}, code=422
    )
    assert words in status["message"]


async def test_a_pod_gets_what_admission_adds(client):
    limits = {"resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}
    pod = await client.post(
        CORE + "/pods", {"metadata": {"name": "p"}, "spec": {"containers": [{**CONTAINER, **limits}]}}
    )
    assert pod["status"] == {"phase": "Pending", "qosClass": "Guaranteed"}
    assert pod["spec"]["serviceAccountName"] == "default"
    assert pod["spec"]["containers"][0]["resources"]["requests"] == {"cpu": "1", "memory": "1Gi"}
    assert len(pod["spec"]["tolerations"]) == 2
    await client.patch(
        CORE + "/pods/p", {"spec": {"containers": [{"name": "app", "image": "nginx:2"}]}}, content=STRATEGIC
    )
    status = await client.refused(
        "PATCH", CORE + "/pods/p", {"spec": {"dnsPolicy": "Default"}}, code=422, content="application/merge-patch+json"
    )
    assert "pod updates may not change fields other than" in status["message"]


async def test_selectors_and_what_else_is_immutable_cannot_change(client):
    await client.post(DEPLOYMENTS, deployment())
    body = {"spec": {"selector": {"matchLabels": {"x": "y"}}, "template": {"metadata": {"labels": {"x": "y"}}}}}
    status = await client.refused("PATCH", DEPLOYMENTS + "/web", body, code=422, content="application/merge-patch+json")
    assert "spec.selector: Invalid value" in status["message"]
    assert "field is immutable" in status["message"]
    frozen = {"metadata": {"name": "f"}, "immutable": True, "data": {"a": "b"}}
    await client.post(CORE + "/configmaps", frozen)
    changed = {"data": {"a": "c"}}
    refused = await client.refused(
        "PATCH", CORE + "/configmaps/f", changed, code=422, content="application/merge-patch+json"
    )
    assert "field is immutable when `immutable` is set" in refused["message"]


async def test_services_get_addresses_that_nobody_else_has(client):
    first = (await client.post(SERVICES, service("a")))["spec"]
    second = (await client.post(SERVICES, service("b", type="LoadBalancer")))["spec"]
    assert first["clusterIP"].startswith("10.96.")
    assert first["clusterIPs"] == [first["clusterIP"]]
    assert first["clusterIP"] != second["clusterIP"]
    assert first["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]
    assert 30_000 <= second["ports"][0]["nodePort"] < 32_768
    assert second["externalTrafficPolicy"] == "Cluster"
    taken = await client.refused("POST", SERVICES, service("c", clusterIP=first["clusterIP"]), code=422)
    assert "provided IP is already allocated" in taken["message"]
    await client.ask("DELETE", SERVICES + "/a")
    assert (await client.post(SERVICES, service("c", clusterIP=first["clusterIP"])))["spec"]["clusterIP"] == first[
        "clusterIP"
    ]
    headless = (await client.post(SERVICES, service("h", clusterIP="None")))["spec"]
    assert headless["clusterIPs"] == ["None"]


async def test_an_apply_without_address_keeps_the_one_it_has(client):
    body = service("a", selector={"app": "x"}) | {"apiVersion": "v1", "kind": "Service"}
    created = await client.apply(SERVICES + "/a", body)
    body["spec"]["ports"] = [{"port": 81}]
    changed = await client.apply(SERVICES + "/a", body)
    assert changed["spec"]["clusterIP"] == created["spec"]["clusterIP"]
    assert [port["port"] for port in changed["spec"]["ports"]] == [81]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"ports": []}, "spec.ports: Required value"),
        ({"type": "Magic"}, 'spec.type: Unsupported value: "Magic"'),
        ({"ports": [{"port": 0}]}, "spec.ports[0].port: Invalid value"),
        ({"ports": [{"port": 1}, {"port": 2}]}, "spec.ports[0].name: Required value"),
        ({"type": "ExternalName"}, "spec.externalName: Required value"),
        ({"type": "NodePort", "ports": [{"port": 80, "nodePort": 80}]}, "The range of valid ports is 30000-32767"),
    ],
)
async def test_broken_services_are_refused(client, spec, words):
    assert words in (await client.refused("POST", SERVICES, service("x", **spec), code=422))["message"]


async def test_a_service_may_not_change_its_address(client):
    await client.post(SERVICES, service("a"))
    refused = await client.refused(
        "PATCH", SERVICES + "/a", {"spec": {"clusterIP": "10.96.9.9"}}, code=422, content="application/merge-patch+json"
    )
    assert "may not change once set" in refused["message"]


async def test_a_job_gets_a_selector_of_its_uid(client):
    template = {"spec": {"containers": [CONTAINER], "restartPolicy": "Never"}}
    job = await client.post(
        "/apis/batch/v1/namespaces/default/jobs", {"metadata": {"name": "j"}, "spec": {"template": template}}
    )
    uid = job["metadata"]["uid"]
    assert job["spec"]["selector"] == {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
    assert job["spec"]["template"]["metadata"]["labels"]["job-name"] == "j"
    assert (job["spec"]["completions"], job["spec"]["parallelism"], job["spec"]["backoffLimit"]) == (1, 1, 6)


async def test_claims_roles_and_bindings_follow_their_rules(client):
    claims = CORE + "/persistentvolumeclaims"
    refused = await client.refused("POST", claims, {"metadata": {"name": "c"}, "spec": {}}, code=422)
    assert "at least 1 access mode is required" in refused["message"]
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    claim = await client.post(claims, {"metadata": {"name": "c"}, "spec": spec})
    assert claim["status"] == {"phase": "Pending"}
    await client.patch(claims + "/c", {"spec": {"volumeName": "v"}})
    moved = {"spec": {"volumeName": "w"}}
    await client.refused("PATCH", claims + "/c", moved, code=422, content="application/merge-patch+json")
    rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/"
    await client.refused(
        "POST",
        rbac + "roles",
        {"metadata": {"name": "r"}, "rules": [{"apiGroups": [""], "resources": ["pods"]}]},
        code=422,
    )
    body = {
        "metadata": {"name": "b:x"},
        "roleRef": {"kind": "Role", "name": "r"},
        "subjects": [{"kind": "User", "name": "u"}],
    }
    created = await client.post(rbac + "rolebindings", body)
    assert created["roleRef"]["apiGroup"] == "rbac.authorization.k8s.io"
    other = {"roleRef": {"kind": "Role", "name": "other"}}
    refused = await client.refused(
        "PATCH", rbac + "rolebindings/b:x", other, code=422, content="application/merge-patch+json"
    )
    assert "cannot change roleRef" in refused["message"]

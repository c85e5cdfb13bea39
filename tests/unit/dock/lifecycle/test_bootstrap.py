"""What a new cluster holds."""

from __future__ import annotations

from tests.unit.dock.client import Client

RBAC = "/apis/rbac.authorization.k8s.io/v1"


async def test_the_components_have_their_roles_and_bindings(client: Client):
    names = [one["metadata"]["name"] for one in (await client.get(f"{RBAC}/clusterroles"))["items"]]
    expected = {"admin", "cluster-admin", "edit", "view", "system:node", "system:kube-scheduler", "system:discovery",
                "system:kube-controller-manager", "system:controller:deployment-controller"}  # fmt: skip
    assert expected <= set(names)
    assert len(names) == len(set(names)) > 55
    scheduler = await client.get(f"{RBAC}/clusterroles/system:kube-scheduler")
    assert {"apiGroups": [""], "resources": ["bindings", "pods/binding"], "verbs": ["create"]} in scheduler["rules"]
    assert scheduler["metadata"]["labels"] == {"kubernetes.io/bootstrapping": "rbac-defaults"}
    everything = await client.get(f"{RBAC}/clusterroles/system:controller:generic-garbage-collector")
    assert everything["rules"][0]["apiGroups"] == everything["rules"][0]["resources"] == ["*"]
    bound = await client.get(f"{RBAC}/clusterrolebindings/system:controller:job-controller")
    assert bound["subjects"] == [{"kind": "ServiceAccount", "name": "job-controller", "namespace": "kube-system"}]
    assert "subjects" not in await client.get(f"{RBAC}/clusterrolebindings/system:node")


async def test_the_scheduler_may_bind_pods_and_not_read_secrets(client: Client):
    scheduler = Client(client.api, user="system:kube-scheduler", groups=("system:authenticated",))
    await scheduler.get("/api/v1/pods")
    await scheduler.refused("GET", "/api/v1/secrets", code=403)


async def test_the_api_servers_service_has_endpoints(client: Client):
    endpoints = await client.get("/api/v1/namespaces/default/endpoints/kubernetes")
    assert endpoints["subsets"][0]["ports"] == [{"name": "https", "port": 6443, "protocol": "TCP"}]
    slices = await client.get("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes")
    assert slices["metadata"]["labels"]["kubernetes.io/service-name"] == "kubernetes"
    assert slices["endpoints"][0]["addresses"] == [endpoints["subsets"][0]["addresses"][0]["ip"]]

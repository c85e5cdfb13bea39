import pytest

PODS = "/api/v1/namespaces/default/pods"
POD = {"metadata": {"name": "p", "labels": {"app": "x"}}, "spec": {"containers": [{"name": "c", "image": "busybox"}]}}


@pytest.mark.parametrize("name", ["exec", "attach", "portforward", "proxy"])
async def test_what_needs_a_container_is_refused_in_plain_words(client, name):
    await client.post(PODS, POD)
    assert "simulated" in (await client.refused("POST", f"{PODS}/p/{name}", code=400))["message"]


async def test_binding_gives_a_pod_its_node_once(client):
    await client.post(PODS, POD)
    await client.post(PODS + "/p/binding", {"target": {"kind": "Node", "name": "n1"}})
    found = await client.get(PODS + "/p")
    assert found["spec"]["nodeName"] == "n1"
    assert found["status"]["conditions"][0]["type"] == "PodScheduled"
    await client.refused("POST", PODS + "/p/binding", {"target": {"name": "n2"}}, code=409)
    await client.refused("POST", PODS + "/p/binding", {}, code=400)


async def test_two_budgets_for_one_pod_are_too_many(client):
    await client.post(PODS, POD)
    await client.patch(PODS + "/p/status", {"status": {"phase": "Running"}})
    for name in "ab":
        budget = {"metadata": {"name": name}, "spec": {"selector": {"matchLabels": {"app": "x"}}}}
        await client.post("/apis/policy/v1/namespaces/default/poddisruptionbudgets", budget)
    refused = await client.refused("POST", PODS + "/p/eviction", {"metadata": {"name": "p"}}, code=500)
    assert "more than one PodDisruptionBudget" in refused["message"]


async def test_eviction_respects_budgets(client):
    await client.post(PODS, POD)
    budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
    await client.post(budgets, {"metadata": {"name": "b"}, "spec": {"selector": {"matchLabels": {"app": "x"}}}})
    await client.patch(PODS + "/p/status", {"status": {"phase": "Running"}})
    await client.patch(budgets + "/b/status", {"status": {"desiredHealthy": 1, "currentHealthy": 1}})
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}}
    refused = await client.refused("POST", PODS + "/p/eviction", eviction, code=429)
    assert refused["message"] == "Cannot evict pod as it would violate the pod's disruption budget."
    why = "The disruption budget b needs 1 healthy pods and has 1 currently"
    assert refused["details"] == {"causes": [{"reason": "DisruptionBudget", "message": why}]}
    await client.patch(budgets + "/b/status", {"status": {"disruptionsAllowed": 1}})
    await client.post(PODS + "/p/eviction", {**eviction, "deleteOptions": {"dryRun": ["All"]}})
    assert (await client.get(budgets + "/b"))["status"]["disruptionsAllowed"] == 1
    await client.get(PODS + "/p")
    await client.post(PODS + "/p/eviction", eviction)
    found = (await client.get(budgets + "/b"))["status"]
    assert (found["disruptionsAllowed"], list(found["disruptedPods"])) == (0, ["p"])
    await client.refused("GET", PODS + "/p", code=404)


async def test_logs_are_simulated_lines_of_started_containers(client):
    await client.post(PODS, POD)
    assert "waiting to start" in (await client.refused("GET", PODS + "/p/log", code=400))["message"]
    await client.patch(PODS + "/p/status", {"status": {"startTime": "2026-01-01T00:00:00Z"}})
    lines = (await client.send("GET", PODS + "/p/log")).body.decode().splitlines()
    assert "container c of pod p started (simulated)" in lines[0]
    assert (await client.send("GET", PODS + "/p/log", tailLines="1")).body.decode().splitlines() == lines[-1:]
    await client.refused("GET", PODS + "/p/log", code=400, container="other")


async def test_a_log_of_several_containers_wants_a_name(client):
    inits = [{"name": "i", "image": "busybox"}]
    containers = [{"name": "a", "image": "busybox"}, {"name": "b", "image": "busybox"}]
    await client.post(PODS, {**POD, "spec": {"containers": containers, "initContainers": inits}})
    await client.patch(PODS + "/p/status", {"status": {"startTime": "2026-01-01T00:00:00Z"}})
    refused = await client.refused("GET", PODS + "/p/log", code=400)
    choice = "choose one of: [a b] or one of the init containers: [i]"
    assert refused["message"] == f"a container name must be specified for pod p, {choice}"
    assert (await client.send("GET", PODS + "/p/log", container="i")).status == 200


async def test_the_log_before_a_restart_is_there_only_after_one(client):
    await client.post(PODS, POD)
    await client.patch(PODS + "/p/status", {"status": {"startTime": "2026-01-01T00:00:00Z"}})
    refused = await client.refused("GET", PODS + "/p/log", code=400, previous="true")
    assert refused["message"] == 'previous terminated container "c" in pod "p" not found'
    await client.patch(PODS + "/p/status", {"status": {"containerStatuses": [{"name": "c", "restartCount": 1}]}})
    stamped = (await client.send("GET", PODS + "/p/log", previous="true", timestamps="true")).body.decode()
    assert all(line.startswith("2026-01-01T00:00:00Z 2026-01-01T00:00:00Z ") for line in stamped.splitlines())

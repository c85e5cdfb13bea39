"""The simulator as a client of a cluster: what users see come true, under virtual time."""

from __future__ import annotations

import asyncio

import pytest
from tests.fakes import virtual_time
from tests.fakes.cluster import FakeCluster
from tests.fakes.virtual_time import until
from tests.unit.dock.simulator.scene import (
    Object,
    conditions,
    images,
    made,
    one,
    play,
    ready,
    status,
    template,
    workload,
)

from dokaseca.dock.simulator import kinds
from dokaseca.dock.simulator.simulator import Simulator
from dokaseca.model import manifest as manifests


def test_a_deployment_becomes_available_within_a_fifth_of_a_second() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(workload(kinds.DEPLOYMENT, replicas=3))
        assert await until(lambda: status(cluster, kinds.DEPLOYMENT).get("availableReplicas") == 3) < 0.2
        found = status(cluster, kinds.DEPLOYMENT)
        counts = {name: found[name] for name in ("replicas", "updatedReplicas", "readyReplicas", "observedGeneration")}
        assert counts == {"replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "observedGeneration": 1}
        assert "unavailableReplicas" not in found
        assert conditions(found) == {
            "Available": ("True", "MinimumReplicasAvailable"),
            "Progressing": ("True", "NewReplicaSetAvailable"),
        }
        replica_set, pods = cluster.of_kind("ReplicaSet")[0], cluster.of_kind("Pod")
        mark = replica_set["metadata"]["labels"]["pod-template-hash"]
        assert manifests.name(replica_set) == f"web-{mark}"
        assert replica_set["spec"]["selector"]["matchLabels"] == {"app": "web", "pod-template-hash": mark}
        assert manifests.annotations(replica_set)["deployment.kubernetes.io/revision"] == "1"
        assert manifests.annotations(replica_set)["deployment.kubernetes.io/max-replicas"] == "4"
        assert {pod["metadata"]["labels"]["pod-template-hash"] for pod in pods} == {mark}
        assert {pod["spec"]["nodeName"] for pod in pods} == {"dock-node"}
        assert len({pod["status"]["podIP"] for pod in pods}) == 3

    play(story)


def test_a_new_template_rolls_over_without_dropping_below_its_limit() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(workload(kinds.DEPLOYMENT, replicas=4))
        await ready(cluster, kinds.DEPLOYMENT, 4)
        lowest = 4

        def is_over() -> bool:
            nonlocal lowest
            pods = cluster.of_kind("Pod")
            lowest = min(lowest, sum(conditions(pod["status"]).get("Ready", ("",))[0] == "True" for pod in pods))
            return {pod["spec"]["containers"][0]["image"] for pod in pods} == {"a:2"} and len(pods) == 4

        await cluster.patch(kinds.DEPLOYMENT, "x", "web", {"spec": {"template": template("a:2")}})
        await until(is_over, every_seconds=0.001)
        assert lowest >= 3
        await until(lambda: conditions(status(cluster, kinds.DEPLOYMENT))["Progressing"][1] == "NewReplicaSetAvailable")
        sets = {
            manifests.annotations(found)["deployment.kubernetes.io/revision"]: found
            for found in cluster.of_kind("ReplicaSet")
        }
        assert {revision: found["spec"]["replicas"] for revision, found in sets.items()} == {"1": 0, "2": 4}
        await cluster.patch(kinds.DEPLOYMENT, "x", "web", {"spec": {"template": template("a:1")}})
        await until(lambda: images(cluster) == {"a:1"})
        assert manifests.annotations(one(cluster, kinds.DEPLOYMENT))["deployment.kubernetes.io/revision"] == "3"
        assert len(cluster.of_kind("ReplicaSet")) == 2

    play(story)


def test_the_current_replica_set_follows_the_annotations_and_size_of_its_deployment():
    async def story(cluster):
        await cluster.create(workload(kinds.DEPLOYMENT, replicas=2))
        await until(lambda: status(cluster, kinds.DEPLOYMENT).get("readyReplicas") == 2)
        cause = {"kubernetes.io/change-cause": "why"}
        await cluster.patch(kinds.DEPLOYMENT, "x", "web", {"metadata": {"annotations": cause}, "spec": {"replicas": 4}})
        await until(lambda: status(cluster, kinds.DEPLOYMENT).get("readyReplicas") == 4)
        told = manifests.annotations(cluster.of_kind("ReplicaSet")[0])
        sizes = {
            f"deployment.kubernetes.io/{name}": size
            for name, size in (("desired-replicas", "4"), ("max-replicas", "5"))
        }
        assert (cause | sizes).items() <= told.items()

    play(story)


def test_a_deployment_keeps_the_count_of_collisions():
    async def story(cluster):
        await cluster.create(workload(kinds.DEPLOYMENT, replicas=1))
        await until(lambda: status(cluster, kinds.DEPLOYMENT).get("readyReplicas") == 1)
        await cluster.patch(kinds.DEPLOYMENT, "x", "web", {"status": {"collisionCount": 3}}, subresource="status")
        await cluster.patch(kinds.DEPLOYMENT, "x", "web", {"spec": {"replicas": 2}})
        await until(lambda: status(cluster, kinds.DEPLOYMENT).get("readyReplicas") == 2)
        assert status(cluster, kinds.DEPLOYMENT)["collisionCount"] == 3

    play(story)


def test_recreate_stops_the_old_pods_before_the_new_ones_start() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(workload(kinds.DEPLOYMENT, replicas=2, strategy={"type": "Recreate"}))
        await ready(cluster, kinds.DEPLOYMENT, 2)
        seen: set[frozenset[str]] = set()

        def is_over() -> bool:
            images = frozenset(pod["spec"]["containers"][0]["image"] for pod in cluster.of_kind("Pod"))
            seen.add(images)
            return images == {"a:2"}

        await cluster.patch(kinds.DEPLOYMENT, "x", "web", {"spec": {"template": template("a:2")}})
        await until(is_over, every_seconds=0.001)
        assert frozenset({"a:1", "a:2"}) not in seen

    play(story)


def test_old_replica_sets_beyond_the_limit_go() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(workload(kinds.DEPLOYMENT, replicas=1, revisionHistoryLimit=1))
        for number in range(2, 5):
            await until(
                lambda: (
                    conditions(status(cluster, kinds.DEPLOYMENT)).get("Progressing", ("", ""))[1]
                    == "NewReplicaSetAvailable"
                )
            )
            await cluster.patch(kinds.DEPLOYMENT, "x", "web", {"spec": {"template": template(f"a:{number}")}})
            await asyncio.sleep(1)
        await until(lambda: len(cluster.of_kind("ReplicaSet")) == 2)

    play(story)


def test_a_deployment_scales_both_ways_and_to_nothing() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(workload(kinds.DEPLOYMENT, replicas=1))
        for count in (1, 5, 2, 0):
            await cluster.patch(kinds.DEPLOYMENT, "x", "web", {"spec": {"replicas": count}})
            await until(lambda: len(cluster.of_kind("Pod")) == count)  # noqa: B023 - called before the next turn
        await until(lambda: "replicas" not in status(cluster, kinds.DEPLOYMENT))

    play(story)


def test_a_deleted_pod_is_replaced() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(workload(kinds.DEPLOYMENT, replicas=2))
        await ready(cluster, kinds.DEPLOYMENT, 2)
        gone = manifests.name(cluster.of_kind("Pod")[0])
        await cluster.delete(kinds.POD, "x", gone)
        await until(lambda: status(cluster, kinds.DEPLOYMENT).get("readyReplicas") == 1)
        await ready(cluster, kinds.DEPLOYMENT, 2)
        assert gone not in {manifests.name(pod) for pod in cluster.of_kind("Pod")}

    play(story)


def test_nothing_comes_back_after_a_deployment_is_deleted() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(workload(kinds.DEPLOYMENT, replicas=3))
        await ready(cluster, kinds.DEPLOYMENT, 3)
        await cluster.delete(kinds.DEPLOYMENT, "x", "web")
        await asyncio.sleep(5)
        assert cluster.of_kind("Pod") == []
        assert cluster.of_kind("ReplicaSet") == []

    play(story)


@pytest.mark.parametrize(
    ("pod_template", "phase", "reason"),
    [
        (template(fault="image-pull-back-off"), "Pending", "ImagePullBackOff"),
        (template("a:broken"), "Pending", "ImagePullBackOff"),
        (template(fault="crash-loop"), "Running", "CrashLoopBackOff"),
        (template("h:5000/a:crash-loop"), "Running", "CrashLoopBackOff"),
        (template(fault="oom"), "Running", "CrashLoopBackOff"),
        (template(fault="never-ready"), "Running", ""),
    ],
)
def test_a_fault_shows_in_the_pod_and_ends_the_deployments_progress(
    pod_template: Object, phase: str, reason: str
) -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(workload(kinds.DEPLOYMENT, pod_template, replicas=1, progressDeadlineSeconds=30))
        await asyncio.sleep(5)
        pod = cluster.of_kind("Pod")[0]["status"]
        state = pod["containerStatuses"][0]["state"]
        assert (pod["phase"], state.get("waiting", {}).get("reason", "")) == (phase, reason)
        assert conditions(pod)["Ready"] == ("False", "ContainersNotReady")
        assert conditions(status(cluster, kinds.DEPLOYMENT)) == {
            "Available": ("False", "MinimumReplicasUnavailable"),
            "Progressing": ("True", "ReplicaSetUpdated"),
        }
        late = ("False", "ProgressDeadlineExceeded")
        took = await until(lambda: conditions(status(cluster, kinds.DEPLOYMENT))["Progressing"] == late)
        assert 20 < took < 30
        if reason == "CrashLoopBackOff":
            await until(
                lambda: cluster.of_kind("Pod")[0]["status"]["containerStatuses"][0]["restartCount"] == 4,
                within_seconds=90,
            )

    play(story)


def test_a_fixed_image_heals_a_failed_rollout() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(workload(kinds.DEPLOYMENT, template("a:broken"), replicas=2))
        await asyncio.sleep(2)
        await cluster.patch(kinds.DEPLOYMENT, "x", "web", {"spec": {"template": template("a:2")}})
        await ready(cluster, kinds.DEPLOYMENT, 2)
        await until(lambda: len(cluster.of_kind("Pod")) == 2)

    play(story)


def test_a_slow_pod_takes_its_time() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(workload(kinds.DEPLOYMENT, template(fault="slow"), replicas=1))
        assert 5 <= await ready(cluster, kinds.DEPLOYMENT, 1) < 6

    play(story)


def test_min_ready_seconds_delay_availability() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(workload(kinds.DEPLOYMENT, replicas=1, minReadySeconds=10))
        assert await ready(cluster, kinds.DEPLOYMENT, 1) < 1
        assert 9 < await until(lambda: status(cluster, kinds.DEPLOYMENT).get("availableReplicas") == 1) < 12

    play(story)


def test_a_stateful_sets_pods_come_in_order_each_with_its_claim() -> None:
    async def story(cluster: FakeCluster) -> None:
        claim = {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "2Gi"}}}}
        await cluster.create(workload(kinds.STATEFUL_SET, replicas=3, serviceName="web", volumeClaimTemplates=[claim]))
        await ready(cluster, kinds.STATEFUL_SET, 3)
        created = [name for verb, kind, name in cluster.writes if (verb, kind) == ("create", "Pod")]
        assert created == ["web-0", "web-1", "web-2"]
        first = one(cluster, kinds.POD, "web-0")
        assert first["spec"]["volumes"] == [{"name": "data", "persistentVolumeClaim": {"claimName": "data-web-0"}}]
        assert first["spec"]["hostname"] == "web-0"
        await until(lambda: status(cluster, kinds.CLAIM, "data-web-2").get("phase") == "Bound")
        assert status(cluster, kinds.CLAIM, "data-web-0")["capacity"] == {"storage": "2Gi"}
        volumes = cluster.of_kind("PersistentVolume")
        await until(lambda: [found["status"]["phase"] for found in volumes] == ["Bound"] * 3)
        await cluster.patch(kinds.STATEFUL_SET, "x", "web", {"spec": {"template": template("a:2")}})
        await until(
            lambda: images(cluster) == {"a:2"} and status(cluster, kinds.STATEFUL_SET).get("updatedReplicas") == 3
        )
        await until(
            lambda: (
                status(cluster, kinds.STATEFUL_SET)["currentRevision"]
                == status(cluster, kinds.STATEFUL_SET)["updateRevision"]
            )
        )
        deleted = [name for verb, kind, name in cluster.writes if (verb, kind) == ("delete", "Pod")]
        assert deleted == ["web-2", "web-1", "web-0"]
        await cluster.patch(kinds.STATEFUL_SET, "x", "web", {"spec": {"replicas": 1}})
        await until(lambda: len(cluster.of_kind("Pod")) == 1)
        assert len(cluster.of_kind("PersistentVolumeClaim")) == 3

    play(story)


def test_a_daemon_set_runs_on_the_node_and_follows_its_template() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(workload(kinds.DAEMON_SET))
        await ready(cluster, kinds.DAEMON_SET, 1)
        assert status(cluster, kinds.DAEMON_SET)["desiredNumberScheduled"] == 1
        await cluster.patch(kinds.DAEMON_SET, "x", "web", {"spec": {"template": template("a:2")}})
        await until(
            lambda: (
                cluster.of_kind("Pod")[:1] != []
                and cluster.of_kind("Pod")[0]["spec"]["containers"][0]["image"] == "a:2"
            )
        )
        await until(lambda: status(cluster, kinds.DAEMON_SET).get("numberAvailable") == 1)
        elsewhere = template("a:2", nodeSelector={"gpu": "yes"})
        await cluster.patch(kinds.DAEMON_SET, "x", "web", {"spec": {"template": elsewhere}})
        await until(
            lambda: status(cluster, kinds.DAEMON_SET)["desiredNumberScheduled"] == 0 and not cluster.of_kind("Pod")
        )

    play(story)


def test_a_job_completes() -> None:
    async def story(cluster: FakeCluster) -> None:
        job = template(restartPolicy="Never")
        await cluster.create(made(kinds.JOB, "web", {"completions": 3, "parallelism": 2, "template": job}))
        await until(lambda: conditions(status(cluster, kinds.JOB)).get("Complete") == ("True", "CompletionsReached"))
        found = status(cluster, kinds.JOB)
        assert found["succeeded"] == 3
        assert "active" not in found
        assert found["completionTime"] >= found["startTime"]
        assert [pod["status"]["phase"] for pod in cluster.of_kind("Pod")] == ["Succeeded"] * 3

    play(story)


def test_a_container_out_of_memory_says_so() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(workload(kinds.DEPLOYMENT, template("a:oom"), replicas=1))
        await until(lambda: cluster.of_kind("Pod") and "containerStatuses" in cluster.of_kind("Pod")[0]["status"])
        last = cluster.of_kind("Pod")[0]["status"]["containerStatuses"][0]["lastState"]["terminated"]
        assert (last["reason"], last["exitCode"]) == ("OOMKilled", 137)

    play(story)


def test_a_job_that_keeps_failing_fails() -> None:
    async def story(cluster: FakeCluster) -> None:
        job = template(fault="crash-loop", restartPolicy="Never")
        await cluster.create(made(kinds.JOB, "web", {"completions": 1, "backoffLimit": 2, "template": job}))
        await until(lambda: conditions(status(cluster, kinds.JOB)).get("Failed") == ("True", "BackoffLimitExceeded"))
        assert status(cluster, kinds.JOB)["failed"] == 3

    play(story)


def test_a_job_over_its_deadline_fails_and_goes_after_its_time_to_live() -> None:
    async def story(cluster: FakeCluster) -> None:
        job = template(fault="never-ready", restartPolicy="Never")
        spec = {"completions": 1, "activeDeadlineSeconds": 5, "ttlSecondsAfterFinished": 10, "template": job}
        await cluster.create(made(kinds.JOB, "web", spec))
        await until(lambda: conditions(status(cluster, kinds.JOB)).get("Failed") == ("True", "DeadlineExceeded"))
        assert 8 < await until(lambda: not cluster.of_kind("Job")) < 12

    play(story)


def test_a_suspended_job_waits() -> None:
    async def story(cluster: FakeCluster) -> None:
        spec = {"completions": 1, "suspend": True, "template": template(restartPolicy="Never")}
        await cluster.create(made(kinds.JOB, "web", spec))
        await until(lambda: conditions(status(cluster, kinds.JOB)).get("Suspended") == ("True", "JobSuspended"))
        assert cluster.of_kind("Pod") == []
        await cluster.patch(kinds.JOB, "x", "web", {"spec": {"suspend": False}})
        await until(lambda: "Complete" in conditions(status(cluster, kinds.JOB)))

    play(story)


def test_a_cron_job_starts_jobs_on_time_and_keeps_the_last_ones() -> None:
    async def story(cluster: FakeCluster) -> None:
        job = {"spec": {"completions": 1, "template": template(restartPolicy="Never")}}
        spec = {"schedule": "*/2 * * * *", "successfulJobsHistoryLimit": 2, "jobTemplate": job}
        await cluster.create(made(kinds.CRON_JOB, "web", spec))
        await asyncio.sleep(605)
        created = [name for verb, kind, name in cluster.writes if (verb, kind) == ("create", "Job")]
        assert len(created) == 5
        assert len(cluster.of_kind("Job")) == 2
        found = status(cluster, kinds.CRON_JOB)
        assert found["lastScheduleTime"] == "2026-01-01T00:10:00Z"
        assert found["lastSuccessfulTime"] >= found["lastScheduleTime"]
        await cluster.patch(kinds.CRON_JOB, "x", "web", {"spec": {"suspend": True}})
        await asyncio.sleep(600)
        assert len([name for verb, kind, name in cluster.writes if (verb, kind) == ("create", "Job")]) == 5

    play(story)


def test_a_bare_pod_is_bound_and_runs() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(made(kinds.POD, "web", template()["spec"]))
        await until(lambda: status(cluster, kinds.POD)["phase"] == "Running")
        assert one(cluster, kinds.POD)["spec"]["nodeName"] == "dock-node"
        await cluster.patch(kinds.POD, "x", "web", {"spec": {"containers": [{"name": "c", "image": "a:2"}]}})
        await until(lambda: status(cluster, kinds.POD)["containerStatuses"][0]["image"] == "a:2")

    play(story)


def test_a_service_leads_to_its_ready_pods() -> None:
    async def story(cluster: FakeCluster) -> None:
        ports = [{"name": "web", "port": 80, "targetPort": "http", "protocol": "TCP"}]
        await cluster.create(
            made(kinds.SERVICE, "web", {"selector": {"app": "web"}, "ports": ports, "type": "LoadBalancer"})
        )
        await cluster.create(workload(kinds.DEPLOYMENT, replicas=2))
        await until(lambda: len((cluster.of_kind("EndpointSlice") or [{}])[0].get("endpoints", [])) == 2)
        slice_ = cluster.of_kind("EndpointSlice")[0]
        assert slice_["metadata"]["labels"]["kubernetes.io/service-name"] == "web"
        assert slice_["ports"] == [{"name": "web", "port": 8080, "protocol": "TCP"}]
        assert all(found["conditions"]["ready"] for found in slice_["endpoints"])
        assert status(cluster, kinds.SERVICE)["loadBalancer"]["ingress"][0]["ip"].startswith("198.51.100.")
        await cluster.patch(kinds.DEPLOYMENT, "x", "web", {"spec": {"replicas": 0}})
        await until(lambda: cluster.of_kind("EndpointSlice")[0]["endpoints"] == [])

    play(story)


def test_the_node_ingresses_and_apis_report_well() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(made(kinds.INGRESS, "web", {"ingressClassName": "nginx"}))
        await cluster.create(made(kinds.API_SERVICE, "v1.apps", {}, ""))
        await cluster.create(made(kinds.API_SERVICE, "v1.metrics", {"service": {"name": "m"}}, ""))
        await until(lambda: status(cluster, kinds.INGRESS) != {})
        assert status(cluster, kinds.INGRESS)["loadBalancer"]["ingress"][0]["ip"].startswith("198.51.100.")
        await until(
            lambda: conditions(status(cluster, kinds.API_SERVICE, "v1.apps", "")) == {"Available": ("True", "Local")}
        )
        await until(
            lambda: (
                conditions(status(cluster, kinds.API_SERVICE, "v1.metrics", "")) == {"Available": ("True", "Passed")}
            )
        )
        await until(
            lambda: conditions(status(cluster, kinds.NODE, "dock-node", "")).get("Ready") == ("True", "KubeletReady")
        )

    play(story)


def test_a_volume_goes_with_its_claim() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(made(kinds.CLAIM, "web", {"accessModes": ["ReadWriteOnce"]}))
        await until(lambda: status(cluster, kinds.CLAIM).get("phase") == "Bound")
        await cluster.delete(kinds.CLAIM, "x", "web")
        await until(lambda: not cluster.of_kind("PersistentVolume"))

    play(story)


def test_an_autoscaler_keeps_its_target_within_bounds() -> None:
    async def story(cluster: FakeCluster) -> None:
        target = {"kind": "Deployment", "name": "web"}
        await cluster.create(
            made(kinds.AUTOSCALER, "web", {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 3})
        )
        await until(
            lambda: conditions(status(cluster, kinds.AUTOSCALER)).get("AbleToScale") == ("False", "FailedGetScale")
        )
        await cluster.create(workload(kinds.DEPLOYMENT, replicas=1))
        await ready(cluster, kinds.DEPLOYMENT, 2)
        await until(
            lambda: conditions(status(cluster, kinds.AUTOSCALER)).get("ScalingActive") == ("True", "ValidMetricFound")
        )
        await until(lambda: status(cluster, kinds.AUTOSCALER)["currentReplicas"] == 2)

    play(story)


def test_a_budget_counts_its_pods() -> None:
    async def story(cluster: FakeCluster) -> None:
        selector = {"matchLabels": {"app": "web"}}
        await cluster.create(made(kinds.BUDGET, "web", {"selector": selector, "minAvailable": "50%"}))
        await cluster.create(workload(kinds.DEPLOYMENT, replicas=3))
        await until(lambda: status(cluster, kinds.BUDGET).get("disruptionsAllowed") == 1)
        assert status(cluster, kinds.BUDGET)["desiredHealthy"] == 2

    play(story)


def test_a_restarted_simulator_changes_nothing() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(workload(kinds.DEPLOYMENT, replicas=2))
        await cluster.create(made(kinds.SERVICE, "web", {"selector": {"app": "web"}, "ports": [{"port": 80}]}))
        await ready(cluster, kinds.DEPLOYMENT, 2)
        await asyncio.sleep(1)
        before = len(cluster.writes)
        second = asyncio.create_task(Simulator(cluster, virtual_time.LoopClock()).run())
        await asyncio.sleep(10)
        second.cancel()
        await asyncio.wait([second])
        assert cluster.writes[before:] == []

    play(story)


@pytest.mark.parametrize("gvk", [kinds.STATEFUL_SET, kinds.DAEMON_SET], ids=lambda gvk: gvk.kind)
def test_every_template_of_a_stateful_or_daemon_set_is_a_numbered_revision(gvk):
    def numbers(cluster):
        return {
            found["data"]["spec"]["template"]["spec"]["containers"][0]["image"]: found["revision"]
            for found in cluster.of_kind("ControllerRevision")
        }

    async def story(cluster):
        await cluster.create(workload(gvk, revisionHistoryLimit=1))
        await until(lambda: numbers(cluster) == {"a:1": 1})
        await cluster.patch(gvk, "x", "web", {"spec": {"template": template("a:2")}})
        await until(lambda: numbers(cluster) == {"a:1": 1, "a:2": 2})
        await cluster.patch(gvk, "x", "web", {"spec": {"template": template("a:1")}})
        await until(lambda: numbers(cluster) == {"a:1": 3, "a:2": 2})
        await cluster.patch(gvk, "x", "web", {"spec": {"template": template("a:3")}})
        await until(lambda: numbers(cluster) == {"a:1": 3, "a:3": 4})
        assert all(
            found["data"]["spec"]["template"]["$patch"] == "replace" for found in cluster.of_kind("ControllerRevision")
        )

    play(story)

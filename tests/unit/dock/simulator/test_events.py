"""Events: what `kubectl describe` shows below an object, in the words of the components."""

from __future__ import annotations

import asyncio

import pytest
from tests.fakes.cluster import FakeCluster
from tests.fakes.virtual_time import until
from tests.unit.dock.simulator import scene
from tests.unit.dock.simulator.scene import Story, made, template, told, workload

from dokaseca.dock.simulator import kinds
from dokaseca.dock.simulator.options import UTILIZATION
from dokaseca.model import manifest as manifests

SERVED = (*kinds.WATCHED, kinds.EVENT)


def play(story: Story) -> None:
    async def and_rest(cluster: FakeCluster) -> None:
        await story(cluster)
        await asyncio.sleep(1)  # until the last Events are written

    scene.play(and_rest, served=SERVED)


def test_a_deployment_tells_how_it_scales_and_its_pods_how_they_start() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(workload(kinds.DEPLOYMENT, replicas=2))
        await scene.ready(cluster, kinds.DEPLOYMENT, 2)
        await cluster.patch(kinds.DEPLOYMENT, "x", "web", {"spec": {"replicas": 1}})
        await scene.ready(cluster, kinds.DEPLOYMENT, 1)
        await asyncio.sleep(1)
        replica_set = manifests.name(cluster.of_kind("ReplicaSet")[0])
        assert told(cluster, "Deployment") == [
            ("Normal", "ScalingReplicaSet", f"Scaled up replica set {replica_set} from 0 to 2"),
            ("Normal", "ScalingReplicaSet", f"Scaled down replica set {replica_set} from 2 to 1"),
        ]
        assert [reason for _, reason, _ in told(cluster, "ReplicaSet")] == [
            *["SuccessfulCreate"] * 2,
            "SuccessfulDelete",
        ]
        stays = manifests.name(cluster.of_kind("Pod")[0])
        story_of_pod = told(cluster, "Pod", stays)
        assert story_of_pod[0] == ("Normal", "Scheduled", f"Successfully assigned x/{stays} to dock-node")
        assert story_of_pod[-2:] == [
            ("Normal", "Created", "Container created"),
            ("Normal", "Started", "Container started"),
        ]
        assert ("Normal", "Killing", "Stopping container c") in told(cluster, "Pod")

    play(story)


def test_an_event_names_its_object_its_reporter_and_its_time() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(made(kinds.POD, "web", template()["spec"]))
        await until(lambda: len(told(cluster, "Pod")) == 5)
        scheduled, pulling, *_ = [one for one in cluster.of_kind("Event") if one["involvedObject"]["kind"] == "Pod"]
        uid = scene.one(cluster, kinds.POD)["metadata"]["uid"]
        assert pulling["involvedObject"]["uid"] == scheduled["involvedObject"]["uid"] == uid
        assert pulling["involvedObject"]["fieldPath"] == "spec.containers{c}"
        assert pulling["source"] == {"component": "kubelet", "host": "dock-node"}
        assert (pulling["reportingComponent"], pulling["reportingInstance"]) == ("kubelet", "dock-node")
        assert (pulling["count"], pulling["eventTime"]) == (1, None)
        assert pulling["firstTimestamp"] == pulling["lastTimestamp"] == "2026-01-01T00:00:00Z"
        assert (scheduled["reportingComponent"], scheduled["action"]) == ("default-scheduler", "Binding")
        assert (scheduled["source"], scheduled["firstTimestamp"]) == ({}, None)
        assert scheduled["eventTime"].startswith("2026-01-01T00:00:00.")
        assert pulling["metadata"]["name"].startswith("web.")

    play(story)


def test_an_image_is_pulled_once_unless_it_is_to_be_pulled_always() -> None:
    async def story(cluster: FakeCluster) -> None:
        for number, policy in enumerate(("IfNotPresent", "IfNotPresent", "Always")):
            container = {"name": "c", "image": "a:1", "imagePullPolicy": policy}
            await cluster.create(made(kinds.POD, f"web-{number}", {"containers": [container]}))
            await until(lambda: ("Normal", "Started", "Container started") in told(cluster, "Pod", f"web-{number}"))  # noqa: B023
        pulls = [[reason for _, reason, _ in told(cluster, "Pod", f"web-{number}")][1:3] for number in range(3)]
        assert pulls == [["Pulling", "Pulled"], ["Pulled", "Created"], ["Pulling", "Pulled"]]

    play(story)


def test_a_repeated_event_is_counted() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(made(kinds.POD, "web", template("a:broken")["spec"]))
        await asyncio.sleep(75)  # tried again after 10, 20 and 40 seconds
        events = {one["message"]: one for one in cluster.of_kind("Event") if one["involvedObject"]["kind"] == "Pod"}
        back_off = events['Back-off pulling image "a:broken"']
        assert (back_off["reason"], back_off["type"], back_off["count"]) == ("BackOff", "Normal", 4)
        assert back_off["lastTimestamp"] == "2026-01-01T00:01:10Z"
        assert events["Error: ErrImagePull"]["count"] == 1
        assert events["Error: ImagePullBackOff"]["count"] == 4

    play(story)


def test_one_object_that_keeps_failing_does_not_flood_the_cluster() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(made(kinds.POD, "web", template("a:broken")["spec"]))
        await asyncio.sleep(3600 * 10)  # every five minutes two more, of which one may be told
        counts = [one["count"] for one in cluster.of_kind("Event") if one["source"].get("component") == "kubelet"]
        assert sum(counts) < 25 + 12 * 10 + 10

    play(story)


def test_a_crash_loop_and_a_failing_probe_are_warnings() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(workload(kinds.DEPLOYMENT, template(fault="crash-loop"), replicas=1))
        await asyncio.sleep(15)
        pod = cluster.of_kind("Pod")[0]
        who = f"{manifests.name(pod)}_x({manifests.uid(pod)})"
        expected = ("Warning", "BackOff", f"Back-off restarting failed container c in pod {who}")
        assert expected in told(cluster, "Pod")
        bad = made(kinds.POD, "bad", template()["spec"], annotations={"dokaseca.dev/simulate": "never-ready"})
        await cluster.create(bad)
        await until(lambda: "Unhealthy" in {reason for _, reason, _ in told(cluster, "Pod", "bad")})
        assert told(cluster, "Pod", "bad")[-1] == (
            "Warning",
            "Unhealthy",
            "Readiness probe failed: HTTP probe failed with statuscode: 503",
        )

    play(story)


def test_another_image_restarts_the_container() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(made(kinds.POD, "web", template()["spec"]))
        await until(lambda: len(told(cluster, "Pod")) == 5)
        await cluster.patch(kinds.POD, "x", "web", {"spec": {"containers": [{"name": "c", "image": "a:2"}]}})
        await until(lambda: len(told(cluster, "Pod")) == 8)  # created and started are counted again
        assert told(cluster, "Pod")[5] == ("Normal", "Killing", "Container c definition changed, will be restarted")

    play(story)


@pytest.mark.parametrize(
    ("spec", "fault", "expected"),
    [
        ({"completions": 1}, "", ("Normal", "Completed", "Job completed")),
        ({"completions": 1, "suspend": True}, "", ("Normal", "Suspended", "Job suspended")),
        (
            {"completions": 1, "backoffLimit": 0},
            "crash-loop",
            ("Warning", "BackoffLimitExceeded", "Job has reached the specified backoff limit"),
        ),
        (
            {"completions": 1, "activeDeadlineSeconds": 1},
            "never-ready",
            ("Warning", "DeadlineExceeded", "Job was active longer than specified deadline"),
        ),
    ],
)
def test_a_job_tells_how_it_ends(spec: scene.Object, fault: str, expected: tuple[str, str, str]) -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(made(kinds.JOB, "web", {"template": template(fault=fault, restartPolicy="Never"), **spec}))
        await until(lambda: expected in told(cluster, "Job"))

    play(story)


def test_a_cron_job_tells_of_its_jobs() -> None:
    async def story(cluster: FakeCluster) -> None:
        job = {"spec": {"completions": 1, "template": template(restartPolicy="Never")}}
        spec = {"schedule": "* * * * *", "successfulJobsHistoryLimit": 0, "jobTemplate": job}
        await cluster.create(made(kinds.CRON_JOB, "web", spec))
        await asyncio.sleep(65)
        name = "web-29453761"
        assert told(cluster, "CronJob") == [
            ("Normal", "SuccessfulCreate", f"Created job {name}"),
            ("Normal", "SawCompletedJob", f"Saw completed job: {name}, condition: Complete"),
            ("Normal", "SuccessfulDelete", f"Deleted job {name}"),
        ]

    play(story)


def test_stateful_sets_claims_and_load_balancers_tell_what_is_made_for_them() -> None:
    async def story(cluster: FakeCluster) -> None:
        claim = {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "2Gi"}}}}
        await cluster.create(workload(kinds.STATEFUL_SET, replicas=1, serviceName="web", volumeClaimTemplates=[claim]))
        await cluster.create(made(kinds.SERVICE, "web", {"type": "LoadBalancer"}))
        await scene.ready(cluster, kinds.STATEFUL_SET, 1)
        await cluster.patch(kinds.SERVICE, "x", "web", {"spec": {"type": "ClusterIP"}})
        await asyncio.sleep(1)
        assert told(cluster, "StatefulSet") == [
            ("Normal", "SuccessfulCreate", "create Claim data-web-0 Pod web-0 in StatefulSet web success"),
            ("Normal", "SuccessfulCreate", "create Pod web-0 in StatefulSet web successful"),
        ]
        assert [reason for _, reason, _ in told(cluster, "PersistentVolumeClaim")] == [
            "ExternalProvisioning",
            "Provisioning",
            "ProvisioningSucceeded",
        ]
        assert [message for *_, message in told(cluster, "Service")] == [
            "Ensuring load balancer",
            "Ensured load balancer",
            "Deleting load balancer",
            "Deleted load balancer",
        ]

    play(story)


def test_many_messages_that_differ_become_one_event() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(workload(kinds.DEPLOYMENT, replicas=1))
        for size in range(2, 16):
            await cluster.patch(kinds.DEPLOYMENT, "x", "web", {"spec": {"replicas": size}})
            await until(lambda: len(cluster.of_kind("Pod")) == size)  # noqa: B023 - called before the next turn
        await asyncio.sleep(1)
        events = [one for one in cluster.of_kind("Event") if one["involvedObject"]["kind"] == "Deployment"]
        messages = [one["message"] for one in events]
        assert len([one for one in messages if one.startswith("Scaled up")]) == 10
        assert all(one.startswith("(combined from similar events): Scaled up") for one in messages[10:])

    play(story)


def test_an_autoscaler_follows_its_load_up_at_once_and_down_after_a_while() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(workload(kinds.DEPLOYMENT, replicas=2))
        reference = {"kind": "Deployment", "name": "web"}
        load = {UTILIZATION: "160"}
        spec = {"scaleTargetRef": reference, "minReplicas": 2, "maxReplicas": 5}
        await cluster.create(made(kinds.AUTOSCALER, "web", spec, annotations=load))
        await until(lambda: scene.one(cluster, kinds.DEPLOYMENT)["spec"]["replicas"] == 5)
        await until(
            lambda: scene.conditions(scene.status(cluster, kinds.AUTOSCALER))["ScalingLimited"][1] == "TooManyReplicas"
        )
        used = scene.status(cluster, kinds.AUTOSCALER)["currentMetrics"][0]["resource"]["current"]
        assert used["averageUtilization"] == 160
        change = {"metadata": {"annotations": {UTILIZATION: "10"}}}
        await cluster.patch(kinds.AUTOSCALER, "x", "web", change)
        took = await until(lambda: scene.one(cluster, kinds.DEPLOYMENT)["spec"]["replicas"] == 2, within_seconds=400)
        assert took > 250
        await asyncio.sleep(1)
        assert [message for *_, message in told(cluster, "HorizontalPodAutoscaler")] == [
            "New size: 4; reason: cpu resource utilization (percentage of request) above target",
            "New size: 5; reason: cpu resource utilization (percentage of request) above target",
            "New size: 2; reason: All metrics below target",
        ]

    play(story)

"""Taking clusters down: in order, over restarts, and never what is another's."""

from __future__ import annotations

import pytest
from tests.unit.controllers.cluster_hub import CLUSTER, SECRET, Hub, run, step_of

from dokaseca.bridge import retirement
from dokaseca.controllers.cluster import FINALIZER
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import TransientError

LABELS = {"type": "workload", "team-a": "true", "enable_kyverno": "true"}


async def furnished(hub: Hub) -> None:
    """A cluster with a workload and an addon on it."""
    await hub.create(labels=LABELS)
    await hub.settle()
    await hub.application("shop")
    await hub.application("kyverno", project="addons")
    await hub.application("elsewhere", cluster="hub")
    await hub.settle()


async def phase_and_message(hub: Hub) -> tuple[str, str]:
    return (await hub.get())["status"]["phase"], (await hub.condition())["message"]


def test_workloads_go_first_then_addons_then_the_registration_then_the_cluster() -> None:
    async def scenario(hub: Hub) -> None:
        await furnished(hub)
        await hub.delete()
        labels = manifests.labels(await hub.registration())
        assert (labels["team-a"], labels["type"], labels["enable_kyverno"]) == ("false", "retiring", "true")
        assert await phase_and_message(hub) == ("Deleting", "waiting for applications shop to be deleted")

        await hub.application_goes("shop")
        await hub.settle()
        labels = manifests.labels(await hub.registration())
        assert (labels["enable_kyverno"], labels["enable_argocd"]) == ("false", "true")
        assert await phase_and_message(hub) == ("Deleting", "waiting for applications kyverno to be deleted")
        assert hub.provider.running == {"dev"}

        await hub.application_goes("kyverno")
        await hub.settle()
        assert hub.provider.running == set()
        assert not await hub.exists(SECRET, "argocd", "dev")
        assert not await hub.exists(SECRET, "clusters", "dev-kubeconfig")
        assert not await hub.exists(CLUSTER, "clusters", "dev")
        assert await hub.exists(SECRET, "argocd", "hub")

    run(scenario)


def test_labels_that_were_withdrawn_stay_withdrawn() -> None:
    async def scenario(hub: Hub) -> None:
        await furnished(hub)
        await hub.delete()
        await hub.edit(SECRET, "argocd", "hub", {"metadata": {"annotations": {"addons_repo_url": "https://moved"}}})
        assert manifests.labels(await hub.registration())["team-a"] == "false"

    run(scenario)


def test_an_empty_cluster_goes_at_once_even_if_its_registration_is_gone_already() -> None:
    async def scenario(hub: Hub) -> None:
        await hub.create(paused=True, finalizers=[FINALIZER])
        await hub.delete()
        assert await hub.exists(CLUSTER, "clusters", "dev")  # paused: it stays although it is deleted
        await hub.edit(CLUSTER, "clusters", "dev", {"spec": {"paused": None}})
        assert not await hub.exists(CLUSTER, "clusters", "dev")
        assert hub.provider.calls == [("remove", "dev")]

    run(scenario)


@pytest.mark.parametrize("gone", [(), ("shop",), ("shop", "kyverno")])
def test_a_restart_at_any_point_goes_on_from_there(gone: tuple[str, ...]) -> None:
    async def scenario(hub: Hub) -> None:
        await furnished(hub)
        hub.provider.error = TransientError("busy")
        await hub.delete()
        for name in gone:
            await hub.application_goes(name)
            await hub.settle()
        hub = await hub.restart()
        hub.provider.error = None
        for name in {"shop", "kyverno"} - set(gone):
            assert await hub.exists(CLUSTER, "clusters", "dev")
            await hub.application_goes(name)
        await hub.settle(10.0)
        assert not await hub.exists(CLUSTER, "clusters", "dev")
        assert not await hub.exists(SECRET, "argocd", "dev")
        assert hub.provider.running == set()

    run(scenario)


def test_a_cluster_that_cannot_be_removed_says_so_and_stays_until_it_can() -> None:
    async def scenario(hub: Hub) -> None:
        await hub.create()
        await hub.settle()
        hub.provider.error = TransientError("the disk is busy")
        await hub.delete()
        assert await phase_and_message(hub) == ("Failed", "the disk is busy")
        assert manifests.metadata(await hub.get())["finalizers"] == [FINALIZER]
        hub.provider.error = None
        await hub.settle(6.0)
        assert not await hub.exists(CLUSTER, "clusters", "dev")

    run(scenario)


def test_applications_that_follow_no_flag_are_taken_back_after_a_while() -> None:
    async def scenario(hub: Hub) -> None:
        await furnished(hub)
        await hub.delete()
        await hub.settle(retirement.PATIENCE_SECONDS - 5)
        assert step_of(await hub.registration()) == "workloads"
        await hub.settle(10.0)
        secret = await hub.registration()
        assert step_of(secret) == "everything"
        assert retirement.is_hidden(secret)
        assert manifests.get(secret, "metadata", "labels", "argocd.argoproj.io/secret-type") == "cluster"
        assert hub.provider.running == {"dev"}
        await hub.settle(60.0)
        _, message = await phase_and_message(hub)
        assert message == (
            "waiting for applications kyverno, shop to be deleted; delete those that no ApplicationSet takes back"
        )
        for name in ("shop", "kyverno"):
            await hub.application_goes(name)
        await hub.settle(5.0)
        assert not await hub.exists(CLUSTER, "clusters", "dev")

    run(scenario)


def test_waiting_writes_nothing() -> None:
    async def scenario(hub: Hub) -> None:
        await furnished(hub)
        await hub.delete()

        async def wait() -> None:
            await hub.settle(20.0)

        assert await hub.writes_of(wait) == 0

    run(scenario)


def test_finalizers_of_others_stay() -> None:
    async def scenario(hub: Hub) -> None:
        await hub.create()
        await hub.settle()

        async def add() -> None:
            await hub.cluster.patch(
                CLUSTER, "clusters", "dev", {"metadata": {"finalizers": [FINALIZER, "a.test/b", "c.test/d"]}}
            )

        await add()
        await hub.settle()

        async def change() -> None:  # so that what the controller has read is not the newest
            await hub.cluster.patch(CLUSTER, "clusters", "dev", {"metadata": {"finalizers": [FINALIZER, "c.test/d"]}})

        hub.provider.meanwhile = change
        await hub.delete()
        await hub.settle(5.0)
        assert manifests.metadata(await hub.get())["finalizers"] == ["c.test/d"]
        assert hub.provider.running == set()

    run(scenario)


def test_a_finalizer_of_ours_on_the_hubs_name_harms_nobody() -> None:
    async def scenario(hub: Hub) -> None:
        before = await hub.registration("hub")
        await hub.create("hub", finalizers=[FINALIZER])
        await hub.settle()
        await hub.delete("hub")
        assert not await hub.exists(CLUSTER, "clusters", "hub")
        assert await hub.registration("hub") == before
        assert hub.provider.calls == []

    run(scenario)


def test_other_infrastructure_chosen_later_still_lets_it_go() -> None:
    async def scenario(hub: Hub) -> None:
        await hub.create()
        await hub.settle()
        await hub.edit(CLUSTER, "clusters", "dev", {"spec": {"infrastructureRef": {"kind": "DockerCluster"}}})
        await hub.delete()
        await hub.settle()
        assert not await hub.exists(CLUSTER, "clusters", "dev")
        assert hub.provider.running == set()

    run(scenario)


def test_a_retirement_that_was_cut_short_by_hand_is_called_off_when_the_cluster_is_back() -> None:
    async def scenario(hub: Hub) -> None:
        await furnished(hub)
        await hub.delete()
        await hub.edit(CLUSTER, "clusters", "dev", {"metadata": {"finalizers": None}})
        await hub.create(labels=LABELS, finalizers=[FINALIZER])
        await hub.settle()
        secret = await hub.registration()
        assert not retirement.is_retiring(secret)
        assert LABELS.items() <= manifests.labels(secret).items()

    run(scenario)

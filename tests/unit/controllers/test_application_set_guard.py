"""Every way to lose a fleet that is known, and what happens here."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.unit.controllers.set_hub import KEY, NAMESPACE, TEMPLATE, Hub, running

from dokaseca.controllers.application_set_guard import Guard, PlatformBudget
from dokaseca.generate import deletion_guard
from dokaseca.kit.clock import FakeClock
from dokaseca.model import application as applications
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.identity import NamespacedName
from dokaseca.model.manifest import Manifest

FLEET = [f"c{number:02}" for number in range(10)]
NAMES = [f"addon-{name}" for name in FLEET]
URL = "/repos/addons.git"
GIT = {"metadata": {"name": "{{path.basename}}"}, "spec": {**TEMPLATE["spec"], "destination": {"name": "c00"}}}
TRACKED = {"annotations": {"argocd.argoproj.io/tracking-id": "parent:argoproj.io/ApplicationSet:argocd/set"}}
AT_ONCE = {"preserveResourcesOnDeletion": True}  # no cascade of their own: what is deleted is gone
KEEP = {"spec": {"syncPolicy": {"applicationsSync": "create-update"}}}


async def fleet(hub: Hub, **spec: Any) -> None:
    """Ten clusters with an Application each."""
    for name in FLEET:
        hub.register(name, env="dev")
    await hub.create(**{"syncPolicy": AT_ONCE, **spec})
    await hub.settle()
    assert hub.names() == NAMES


async def folders(hub: Hub, files: dict[str, str]) -> None:
    """An Application for each folder of a repository."""
    hub.register("c00", env="dev")
    hub.git.repositories[URL] = files
    generators = [{"git": {"repoURL": URL, "directories": [{"path": "apps/*"}]}}]
    await hub.create(generators=generators, template=GIT, syncPolicy=AT_ONCE)
    await hub.settle()
    assert hub.names() == [path.split("/")[1] for path in files]


def relabel(hub: Hub, *names: str) -> None:
    for secret in hub.secrets:
        if secret["metadata"]["name"].removeprefix("cluster-") in names:
            hub.relabel(secret, {"environment": "dev"})


def approval(hub: Hub) -> str:
    """What the condition tells to approve."""
    found = re.search(r"approve-deletion=([0-9a-f]{64})", hub.condition("DeletionHeld")["message"])
    assert found is not None
    return found[1]


async def test_a_renamed_label_deletes_nothing_and_says_what_to_do() -> None:
    async with running() as hub:
        await fleet(hub)
        relabel(hub, *FLEET)
        await hub.settle()
        assert hub.names() == NAMES
        held = hub.condition("DeletionHeld")
        assert (held["status"], held["reason"]) == ("True", "DeletionBudgetExceeded")
        assert "10 Applications are kept that would be deleted: addon-c00, addon-c01," in held["message"]
        assert hub.condition("ErrorOccurred")["reason"] == "DeleteApplicationError"
        assert hub.condition("ResourcesUpToDate")["status"] == "False"
        assert hub.sets()[0]["status"]["health"]["status"] == "Degraded"


async def test_holding_is_told_once_by_a_warning() -> None:
    async with running() as hub:
        await fleet(hub)
        relabel(hub, *FLEET)
        await hub.settle()
        await hub.settle()
        told = [one for one in hub.cluster.of_kind("Event") if one["reason"] == "DeletionHeld"]
        (event,) = told
        assert event["type"] == "Warning"
        assert event["message"].startswith("10 Applications are kept that would be deleted: addon-c00, ")
        assert approval(hub) in event["message"]
        assert len(event["message"]) <= 1024
        assert event["involvedObject"]["uid"] == manifests.uid(hub.sets()[0])


async def test_the_label_comes_back_and_all_is_well() -> None:
    async with running() as hub:
        await fleet(hub)
        relabel(hub, *FLEET)
        await hub.settle()
        for secret in hub.secrets:
            hub.relabel(secret, {"env": "dev"})
        await hub.settle()
        assert hub.names() == NAMES
        assert hub.condition_or_none("DeletionHeld") is None
        assert hub.condition("ErrorOccurred")["status"] == "False"


async def test_creations_and_updates_go_on_while_deletions_wait() -> None:
    async with running() as hub:
        await fleet(hub)
        relabel(hub, *FLEET[1:])
        hub.register("new", env="dev")
        await hub.edit({"spec": {"template": {"spec": {"source": {"repoURL": "moved"}}}}})
        await hub.settle()
        assert hub.names() == [*NAMES, "addon-new"]
        by_name = {manifests.name(one): one["spec"]["source"]["repoURL"] for one in hub.cluster.of_kind("Application")}
        assert (by_name["addon-c00"], by_name["addon-c01"], by_name["addon-new"]) == ("moved", "r", "moved")


async def test_an_approval_lets_exactly_the_held_list_go() -> None:
    async with running() as hub:
        await fleet(hub)
        relabel(hub, *FLEET[:5])
        await hub.settle()
        await hub.annotate(approve_deletion=approval(hub))
        relabel(hub, *FLEET[:6])
        await hub.settle()
        assert hub.names() == NAMES, "another list than the one that was approved"
        await hub.annotate(approve_deletion=approval(hub))
        await hub.settle()
        assert hub.names() == NAMES[6:]
        assert hub.condition_or_none("DeletionHeld") is None


async def test_an_approval_is_good_once() -> None:
    async with running() as hub:
        await fleet(hub)
        relabel(hub, *FLEET)
        await hub.settle()
        await hub.annotate(approve_deletion=approval(hub))
        await hub.settle()
        assert hub.names() == []
        for secret in hub.secrets:
            hub.relabel(secret, {"env": "dev"})
        await hub.settle()
        assert hub.names() == NAMES
        relabel(hub, *FLEET)
        await hub.settle()
        assert hub.names() == NAMES, "the same names, but other objects"


async def test_within_the_budget_nobody_is_asked() -> None:
    async with running() as hub:
        await fleet(hub)
        relabel(hub, "c03", "c07")
        await hub.settle()
        assert hub.names() == [name for name in NAMES if name not in ("addon-c03", "addon-c07")]
        assert hub.condition_or_none("DeletionHeld") is None
        told = [message for reason, message in hub.events() if reason == "Deleted"]
        assert told == ['Deleted Application "addon-c03"', 'Deleted Application "addon-c07"']


async def test_a_flag_on_the_only_cluster_can_be_turned_off() -> None:
    async with running() as hub:
        hub.register("only", env="dev")
        await hub.create(syncPolicy=AT_ONCE)
        await hub.settle()
        hub.relabel(hub.secrets[0], {"env": "off"})
        await hub.settle()
        assert hub.names() == []


@pytest.mark.parametrize(("budget", "left"), [("0", 10), ("5", 5), ("50%", 5), ("unlimited", 5), ("4", 10)])
async def test_the_annotation_sets_the_budget(budget: str, left: int) -> None:
    async with running() as hub:
        await fleet(hub, metadata={"annotations": {deletion_guard.BUDGET_ANNOTATION: budget}})
        relabel(hub, *FLEET[:5])
        await hub.settle()
        assert len(hub.names()) == left


async def test_a_budget_that_does_not_parse_stops_everything_and_says_so() -> None:
    async with running() as hub:
        await fleet(hub)
        await hub.annotate(deletion_budget="many")
        relabel(hub, "c00")
        hub.register("new", env="dev")
        await hub.settle()
        assert hub.names() == NAMES
        assert "'many' is no budget" in hub.condition("ErrorOccurred")["message"]


async def test_a_source_that_is_down_deletes_nothing() -> None:
    async with running() as hub:
        await folders(hub, {"apps/a/f": "", "apps/b/f": ""})
        del hub.git.repositories[URL]
        await hub.settle()
        assert hub.names() == ["a", "b"]


@pytest.mark.parametrize("files", [{"moved/a/f": ""}, {}], ids=["folder moved", "wrong revision"])
async def test_a_source_that_answers_with_nothing_deletes_nothing_however_small_the_fleet(
    files: dict[str, str],
) -> None:
    async with running() as hub:
        await folders(hub, {"apps/a/f": ""})
        hub.git.repositories[URL] = files
        await hub.settle()
        assert hub.names() == ["a"]
        assert hub.condition("DeletionHeld")["reason"] == "EmptySource"
        assert "generators[0].git gave nothing at all" in hub.condition("DeletionHeld")["message"]
        await hub.annotate(approve_deletion=approval(hub))
        await hub.settle()
        assert hub.names() == []


async def test_an_answer_with_most_of_the_folders_gone_is_held_by_the_budget() -> None:
    async with running() as hub:
        await folders(hub, {f"apps/{name}/f": "" for name in "abcdef"})
        hub.git.repositories[URL] = {"apps/a/f": ""}
        await hub.settle()
        assert hub.names() == list("abcdef")
        assert hub.condition("DeletionHeld")["reason"] == "DeletionBudgetExceeded"


async def test_a_deleted_registration_takes_its_own_application_only() -> None:
    async with running() as hub:
        await fleet(hub)
        hub.secrets.pop(0)
        await hub.settle()
        assert hub.names() == NAMES[1:]


async def test_all_registrations_gone_take_nothing() -> None:
    async with running() as hub:
        hub.register("a", env="dev")
        await hub.create(syncPolicy=AT_ONCE)
        await hub.settle()
        hub.secrets.clear()
        await hub.settle()
        assert hub.names() == ["addon-a"]
        assert hub.condition("DeletionHeld")["reason"] == "EmptySource"


async def test_another_order_of_the_generators_deletes_nothing() -> None:
    async with running() as hub:
        hub.register("a", env="dev")
        hub.register("b", env="prod")
        entries = [{"clusters": {"selector": {"matchLabels": {"env": env}}}} for env in ("dev", "prod")]
        await hub.create(generators=entries)
        await hub.settle()
        uids = {manifests.uid(one) for one in hub.cluster.of_kind("Application")}
        await hub.edit({"spec": {"generators": entries[::-1]}})
        await hub.settle()
        assert {manifests.uid(one) for one in hub.cluster.of_kind("Application")} == uids


async def test_two_sets_that_claim_one_name_leave_each_other_alone() -> None:
    async with running() as hub:
        hub.register("a", env="dev")
        first = await hub.create()
        await hub.settle()
        rival = {**first, "metadata": {"name": "rival", "namespace": "argocd"}}
        await hub.cluster.create(rival)
        for key in (NamespacedName("argocd", "rival"), KEY, NamespacedName("argocd", "rival")):
            await hub.settle(key)
        (child,) = hub.cluster.of_kind("Application")
        assert manifests.metadata(child)["ownerReferences"][0]["uid"] == manifests.uid(first)
        told = {manifests.name(one): one["status"]["conditions"][0] for one in hub.sets()}
        assert told["set"]["status"] == "False"
        assert told["rival"]["message"] == "application addon-a is already owned by ApplicationSet set"


async def test_a_template_that_lost_what_tells_names_apart_deletes_nothing() -> None:
    async with running() as hub:
        await fleet(hub)
        await hub.edit({"spec": {"template": {"metadata": {"name": "addon"}}}})
        await hub.settle()
        assert set(NAMES) <= set(hub.names())


async def test_new_names_for_the_whole_fleet_leave_the_old_ones_until_approved() -> None:
    async with running() as hub:
        await fleet(hub)
        await hub.edit({"spec": {"template": {"metadata": {"name": "v2-{{name}}"}}}})
        await hub.settle()
        assert hub.names() == [*NAMES, *(f"v2-{name}" for name in FLEET)]
        await hub.annotate(approve_deletion=approval(hub))
        await hub.settle()
        assert hub.names() == [f"v2-{name}" for name in FLEET]


async def test_a_retirement_is_an_approval_of_its_own_and_of_nothing_else() -> None:
    async with running() as hub:
        elements = [{"name": "c00", "app": app} for app in "abcdef"]
        template = {"metadata": {"name": "{{app}}"}, "spec": TEMPLATE["spec"]}
        hub.register("c00", env="dev")
        await hub.create(generators=[{"list": {"elements": elements}}], template=template, syncPolicy=AT_ONCE)
        await hub.settle()
        hub.retiring |= {"a", "b", "c", "d"}
        await hub.edit({"spec": {"generators": [{"list": {"elements": elements[5:]}}]}})
        await hub.settle()
        assert hub.names() == ["f"], "four went with their cluster, the fifth is within the budget"

        await hub.edit({"spec": {"generators": [{"list": {"elements": elements}}]}})
        await hub.settle()
        hub.retiring = {"a", "b"}
        await hub.edit({"spec": {"generators": [{"list": {"elements": elements[5:]}}]}})
        await hub.settle()
        assert hub.names() == ["c", "d", "e", "f"], "the rest of the list is judged by itself"


# --- the platform's budget -------------------------------------------------------------------------------------------


def children(*names: str) -> list[Manifest]:
    return [{"metadata": {"name": name, "namespace": "argocd", "uid": name}} for name in names]


def waiting(reason: str) -> Manifest:
    condition = {"type": "DeletionHeld", "status": "True", "reason": reason}
    return {"metadata": {"name": "s", "namespace": "argocd"}, "status": {"conditions": [condition]}}


def test_many_small_losses_add_up_and_time_frees_only_those_that_were_not_held() -> None:
    clock = FakeClock()
    guard = Guard(clock, lambda one: False, lambda namespace: 16)
    plain: Manifest = {"metadata": {"name": "s", "namespace": "argocd"}}
    for number in range(10):
        assert guard.admit(plain, children(f"a{number}"), 1).held is None
    held = guard.admit(plain, children("b"), 1).held
    assert held is not None
    assert held.reason == "PlatformDeletionBudgetExceeded"
    assert held.why == "all ApplicationSets together may lose 10 within 10 minutes, and with these it were more"
    clock.advance(601)
    assert guard.admit(waiting(held.reason), children("b"), 1).held is not None, "it waits for a person"
    assert guard.admit(plain, children("c"), 1).held is None


def test_an_approval_and_an_unlimited_set_need_nothing_of_the_platform() -> None:
    guard = Guard(FakeClock(), lambda one: False, lambda namespace: 0, PlatformBudget(at_least=0, at_most=0))
    approved = waiting("PlatformDeletionBudgetExceeded")
    approved["metadata"]["annotations"] = {
        deletion_guard.APPROVAL_ANNOTATION: deletion_guard.list_digest(children("a"))
    }
    assert guard.admit(approved, children("a"), 1).held is None
    unlimited = {"metadata": {"name": "s", "annotations": {deletion_guard.BUDGET_ANNOTATION: "unlimited"}}}
    assert guard.admit(unlimited, children("a", "b"), 2).held is None
    assert guard.admit(waiting("x"), children("a"), 1).held is not None


@pytest.mark.parametrize(("applications_count", "allowed"), [(0, 10), (16, 10), (100, 20), (1000, 50)])
def test_the_platform_may_lose_a_fifth_ten_at_least_and_fifty_at_most(applications_count: int, allowed: int) -> None:
    assert PlatformBudget().allows(applications_count) == allowed


# --- the ApplicationSet itself is deleted ----------------------------------------------------------------------------


async def test_a_set_with_a_parent_carries_argo_cds_finalizer_and_one_without_does_not() -> None:
    async with running() as hub:
        await fleet(hub)
        assert "finalizers" not in manifests.metadata(hub.sets()[0])
        await hub.edit({"metadata": TRACKED})
        await hub.settle()
        assert manifests.metadata(hub.sets()[0])["finalizers"] == [application_sets.FINALIZER]
        writes = len(hub.cluster.writes)
        await hub.settle()
        assert len(hub.cluster.writes) == writes


async def test_a_set_that_a_person_deletes_takes_its_children_along() -> None:
    async with running() as hub:
        await fleet(hub, syncPolicy=AT_ONCE)
        await hub.cluster.delete(application_sets.GVK, "argocd", "set")
        await hub.settle()
        assert hub.names() == []


async def deleted_by_its_parent(hub: Hub, **spec: Any) -> None:
    await fleet(hub, metadata=dict(TRACKED), **spec)
    await hub.cluster.delete(application_sets.GVK, "argocd", "set")
    await hub.settle()


async def test_a_set_that_its_parent_prunes_waits_with_all_its_children() -> None:
    async with running() as hub:
        await deleted_by_its_parent(hub, syncPolicy={})
        assert hub.names() == NAMES
        assert hub.condition("DeletionHeld")["reason"] == "DeletionBudgetExceeded"
        assert (
            "To keep them without it: kubectl -n argocd patch applicationset"
            in hub.condition("DeletionHeld")["message"]
        )
        await hub.annotate(approve_deletion=approval(hub))
        await hub.settle()
        assert all(manifests.is_deleting(one) for one in hub.cluster.of_kind("Application")), "the cascade has begun"
        assert hub.sets(), "it goes when they are gone"
        for name in NAMES:
            await hub.cluster.patch(applications.GVK, "argocd", name, {"metadata": {"finalizers": None}})
        await hub.settle()
        assert hub.names() == []
        assert hub.sets() == []


async def test_the_children_of_a_set_that_is_to_be_kept_stay_without_it() -> None:
    async with running() as hub:
        await deleted_by_its_parent(hub)
        await hub.edit(KEEP)
        await hub.settle()
        assert hub.sets() == []
        assert hub.names() == NAMES
        assert not any("ownerReferences" in one["metadata"] for one in hub.cluster.of_kind("Application"))


async def test_a_small_set_goes_with_its_parent() -> None:
    async with running() as hub:
        hub.register("a", env="dev")
        await hub.create(metadata=dict(TRACKED), syncPolicy=AT_ONCE)
        await hub.settle()
        await hub.cluster.delete(application_sets.GVK, "argocd", "set")
        await hub.settle()
        assert hub.names() == []
        await hub.settle()
        assert hub.sets() == []


async def test_an_unlimited_set_goes_with_its_parent() -> None:
    async with running() as hub:
        tracked = {"annotations": {**TRACKED["annotations"], deletion_guard.BUDGET_ANNOTATION: "unlimited"}}
        await fleet(hub, metadata=tracked, syncPolicy=AT_ONCE)
        assert "finalizers" not in manifests.metadata(hub.sets()[0])
        await hub.cluster.delete(application_sets.GVK, "argocd", "set")
        await hub.settle()
        assert hub.names() == []
        await hub.settle()
        assert hub.sets() == []


@pytest.mark.parametrize("broken", [{"deletion_budget": "many"}, {}])
async def test_a_set_that_cannot_be_read_any_more_keeps_its_children(broken: dict[str, str]) -> None:
    async with running() as hub:
        await fleet(hub, metadata=dict(TRACKED))
        if broken:
            await hub.annotate(**broken)
        else:
            await hub.edit({"spec": {"syncPolicy": {"applicationsSync": "sometimes"}}})
        await hub.cluster.delete(application_sets.GVK, "argocd", "set")
        await hub.settle()
        assert hub.names() == NAMES
        assert bool(hub.sets()) is bool(broken), "a policy that cannot be read forbids deletion, so the set can go"


async def test_an_orphaning_deletion_is_not_held() -> None:
    async with running() as hub:
        await fleet(hub, metadata=dict(TRACKED))
        finalizers = [application_sets.FINALIZER, "orphan"]
        await hub.edit({"metadata": {"finalizers": finalizers}})
        await hub.cluster.delete(application_sets.GVK, "argocd", "set")
        await hub.settle()
        assert manifests.metadata(hub.sets()[0])["finalizers"] == ["orphan"]


async def test_a_namespace_that_goes_is_not_held_up() -> None:
    async with running() as hub:
        namespace = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": "argocd", "finalizers": ["kubernetes"]},
        }
        await hub.cluster.create(namespace)
        await fleet(hub, metadata=dict(TRACKED))
        await hub.cluster.delete(NAMESPACE, "", "argocd")
        await hub.cluster.delete(application_sets.GVK, "argocd", "set")
        await hub.settle()
        assert hub.sets() == []


async def test_children_on_clusters_that_retire_do_not_hold_their_set() -> None:
    async with running() as hub:
        hub.retiring |= set(NAMES[1:])
        await deleted_by_its_parent(hub)
        assert hub.names() == []
        await hub.settle()
        assert hub.sets() == []

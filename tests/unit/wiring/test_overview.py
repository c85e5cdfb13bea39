from __future__ import annotations

from typing import Any

import pytest
from tests.unit.wiring.views import DEV, HUB, application, application_set, cluster, snapshot

from dokaseca.bridge import secret
from dokaseca.model.manifest import Manifest
from dokaseca.wiring import overview
from dokaseca.wiring.overview import REASONS_SHOWN, ClusterRow


def reasons(*applications: Manifest, **parts: Any) -> tuple[str, ...]:
    return overview.assess(snapshot(*applications, **parts), ["hub"], {}).reasons


# --- converged or not -----------------------------------------------------------------------------------------------


def test_all_synced_and_healthy_is_converged() -> None:
    outcome = overview.assess(snapshot(application("a"), clusters=[cluster()]), ["hub"], {})
    assert outcome.converged
    assert outcome.reasons == ()


@pytest.mark.parametrize("parts", [{"sets": []}, {}], ids=["no sets", "no applications"])
def test_a_hub_that_has_not_generated_anything_is_not_converged(parts: dict[str, Any]) -> None:
    assert reasons(**parts) == ("no Application has been generated yet",)


def test_an_expected_cluster_must_be_registered() -> None:
    assert reasons(application("a"), secrets=[DEV]) == ("cluster hub is not registered yet",)


@pytest.mark.parametrize(
    ("sync", "health"),
    [("OutOfSync", "Healthy"), ("Synced", "Progressing"), ("Unknown", "Healthy"), ("Synced", "Unknown"), ("", "")],
)
def test_an_application_that_is_not_both_is_a_reason(sync: str, health: str) -> None:
    shown = health or "Unknown"
    assert reasons(application("a", sync, health)) == (f"application a is {sync} and {shown}",)


def test_an_application_without_a_status_is_a_reason() -> None:
    assert reasons({"metadata": {"name": "a"}}) == ("application a is Unknown and Unknown",)


def test_a_health_that_nobody_knows_is_unknown() -> None:
    assert reasons(application("a", health="Splendid")) == ("application a is Synced and Unknown",)


def test_an_application_says_why() -> None:
    condition = [{"type": "ComparisonError", "message": "no such chart"}]
    assert reasons(application("a", "Unknown", conditions=condition)) == (
        "application a is Unknown and Healthy: no such chart",
    )
    assert reasons(application("a", health="Degraded", said={"message": "pod crashes"})) == (
        "application a is Synced and Degraded: pod crashes",
    )


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        ({}, "application set addons has not been reconciled yet"),
        ({"ResourcesUpToDate": "False"}, "application set addons has not been reconciled yet"),
        ({"ErrorOccurred": ("True", "no repository")}, "application set addons failed: no repository"),
        ({"ErrorOccurred": ("True", "x"), "ResourcesUpToDate": "True"}, "application set addons failed: x"),
    ],
)
def test_an_application_set_that_is_not_done_is_a_reason(conditions: dict[str, Any], reason: str) -> None:
    assert reasons(application("a"), sets=[application_set(**conditions)]) == (reason,)


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (cluster(phase=None), "cluster dev is Pending"),
        (cluster(phase="Failed", message="port 1 is in use"), "cluster dev is Failed: port 1 is in use"),
        (
            cluster(phase="Deleting", message="waiting for applications a"),
            "cluster dev is Deleting: waiting for applications a",
        ),
    ],
)
def test_a_cluster_that_is_not_up_is_a_reason_and_says_why(one: Manifest, reason: str) -> None:
    assert reasons(application("a"), clusters=[one]) == (reason,)


def test_reasons_come_worst_first_and_end_with_how_many_more_there_are() -> None:
    many = [application(f"progressing-{number:02}", health="Progressing") for number in range(REASONS_SHOWN)]
    found = reasons(*many, application("broken", health="Degraded"), clusters=[cluster(phase="Failed")])
    assert len(found) == REASONS_SHOWN + 1
    assert found[:3] == (
        "cluster dev is Failed",
        "application broken is Synced and Degraded",
        "application progressing-00 is Synced and Progressing",
    )
    assert found[-1] == "and 2 more"
    assert len(reasons(*many)) == REASONS_SHOWN


# --- rows -----------------------------------------------------------------------------------------------------------


def test_a_row_per_cluster_with_the_hub_first() -> None:
    found = snapshot(
        application("bootstrap-addons", owner="addons"),
        application("addon-hub-kyverno", project="addons"),
        application("addon-dev-kyverno", project="addons", cluster="dev"),
        application("addon-dev-metallb", "OutOfSync", project="addons", cluster="dev"),
        application("shop", health="Progressing", cluster="dev"),
        application("blog", destination={"server": "https://dev.test/"}),
        secrets=[secret.cluster_secret("alpha", server="https://alpha.test"), DEV, HUB],
    )
    assert overview.assess(found, [], {"hub": 1.25}).rows == (
        ClusterRow("hub", 2, "control-plane", "1/1", "0/0", "Synced", "Healthy", "1.2s"),
        ClusterRow("alpha", 0, "dev", "0/0", "0/0", "Synced", "Healthy", ""),
        ClusterRow("dev", 4, "dev", "1/2", "1/2", "OutOfSync", "Progressing", ""),
    )


@pytest.mark.parametrize(
    "destination", [{"name": "in-cluster"}, {"name": "hub"}, {"server": "https://kubernetes.default.svc"}]
)
def test_the_hub_is_reached_by_each_of_its_names(destination: dict[str, str]) -> None:
    (row,) = overview.assess(snapshot(application("a", destination=destination)), [], {}).rows
    assert row.workloads == "1/1"


def test_a_project_that_is_not_said_is_no_addons_project() -> None:
    (row,) = overview.assess(snapshot(application("a", project="")), [], {}).rows
    assert (row.addons, row.workloads) == ("0/0", "1/1")


def test_the_worst_health_is_shown() -> None:
    found = snapshot(*(application(name, health=name) for name in ("Healthy", "Missing", "Degraded", "Suspended")))
    (row,) = overview.assess(found, [], {}).rows
    assert row.health == "Degraded"


def test_a_cluster_is_ready_once_all_that_it_has_is() -> None:
    def ready(*applications: Manifest) -> frozenset[str]:
        return overview.ready_clusters(overview.assess(snapshot(*applications), [], {}))

    assert ready() == frozenset()
    assert ready(application("a"), application("b", "OutOfSync")) == frozenset()
    assert ready(application("a"), application("b", health="Progressing")) == frozenset()
    assert ready(application("a"), application("b")) == {"hub"}

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.bridge import retirement, secret
from dokaseca.bridge.retirement import ADDONS_PROJECT, Deregister, Wait, Withdraw
from dokaseca.generate import label_selector
from dokaseca.kit import json_merge
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROUND = timedelta(seconds=2)
LABELS = {
    "type": "workload",
    "cluster_type": "workload",
    "team-a": "true",
    "team-b": "false",
    "enable_kyverno": "true",
    "enable_velero": "false",
    "env": "dev",
}


def registration(**labels: str) -> Manifest:
    return secret.cluster_secret("dev", environment="dev", addons=labels or LABELS, server="https://dev.test:6443")


def application(app: str, *, project: str = "default", **destination: str) -> Manifest:
    where = destination or {"name": "dev"}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": app, "namespace": "argocd"},
        "spec": {"project": project, "destination": where},
    }


def after(one: Manifest, step: Any) -> Manifest:
    assert isinstance(step, Withdraw)
    changed: Manifest = json_merge.apply(one, step.patch)
    return changed


def test_only_what_is_on_a_leaving_cluster_was_decided_along_with_it() -> None:
    staying = registration()
    leaving = after(staying, retirement.next_step(staying, [application("shop")], NOW))
    assert retirement.takes(application("shop"), [leaving])
    assert retirement.takes(application("shop", server="https://dev.test:6443/"), [leaving])
    assert not retirement.takes(application("shop"), [staying])
    assert not retirement.takes(application("shop", name="prod"), [leaving])
    assert not retirement.takes(application("shop"), [json_merge.apply(leaving, retirement.CALLED_OFF)])


# --- one step at a time ---------------------------------------------------------------------------------------------


def test_first_the_labels_that_select_workloads() -> None:
    changed = after(registration(), retirement.next_step(registration(), [application("a")], NOW))
    assert manifests.labels(changed) == {
        **manifests.labels(registration()),
        "type": "retiring",
        "cluster_type": "retiring",
        "team-a": "false",
    }
    assert retirement.is_retiring(changed)
    assert not retirement.is_hidden(changed)


def test_a_type_that_was_never_set_is_not_invented() -> None:
    step = retirement.next_step(registration(enable_x="true"), [], NOW)
    assert isinstance(step, Withdraw)
    assert step.patch["metadata"]["labels"] == {}


def test_then_the_flags_of_addons_but_not_the_bridges_own() -> None:
    first = after(registration(), retirement.next_step(registration(), [], NOW))
    second = after(first, retirement.next_step(first, [application("k", project=ADDONS_PROJECT)], NOW))
    changed = {name for name, value in manifests.labels(second).items() if manifests.labels(first)[name] != value}
    assert changed == {"enable_kyverno"}


def test_waiting_names_who_is_waited_for() -> None:
    first = after(registration(), retirement.next_step(registration(), [], NOW))
    there = [application(f"app-{number}") for number in range(7)]
    step = retirement.next_step(first, there, NOW)
    assert step == Wait("waiting for applications app-0, app-1, app-2, app-3, app-4 and 2 more to be deleted")


def test_applications_that_are_on_their_way_out_are_given_all_the_time_they_need() -> None:
    first = after(registration(), retirement.next_step(registration(), [], NOW))
    leaving = application("a")
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:01Z"
    step = retirement.next_step(first, [leaving], NOW + timedelta(days=1))
    assert step == Wait("waiting for applications a to be deleted")


@pytest.mark.parametrize(
    "destination",
    [{"name": "dev"}, {"server": "https://dev.test:6443"}, {"server": "https://dev.test:6443/", "name": ""}],
    ids=["name", "server", "trailing slash"],
)
def test_an_application_is_on_the_cluster_by_name_or_by_server(destination: dict[str, str]) -> None:
    one = registration()
    for _ in range(2):
        one = after(one, retirement.next_step(one, [], NOW))
    assert isinstance(retirement.next_step(one, [application("a", **destination)], NOW), Wait)


@pytest.mark.parametrize(
    "destination", [{"name": "prod"}, {"server": "https://prod.test"}, {"name": ""}, {"server": ""}]
)
def test_applications_elsewhere_do_not_matter(destination: dict[str, str]) -> None:
    one = registration()
    for _ in range(2):
        one = after(one, retirement.next_step(one, [], NOW))
    assert retirement.next_step(one, [application("a", **destination)], NOW) == Deregister()


def test_a_registration_that_lost_its_data_is_still_known_by_its_own_name() -> None:
    one = registration()
    for _ in range(2):
        one = after(one, retirement.next_step(one, [], NOW))
    one = {**one, "data": {}}
    assert isinstance(retirement.next_step(one, [application("a")], NOW), Wait)


@pytest.mark.parametrize(
    "annotations",
    [{"dokaseca.dev/retiring": "workloads"}, {"dokaseca.dev/retiring": "addons", "dokaseca.dev/retiring-since": "?"}],
)
def test_a_step_that_cannot_be_read_is_begun_again(annotations: dict[str, str]) -> None:
    one = registration()
    one["metadata"]["annotations"] |= annotations
    changed = after(one, retirement.next_step(one, [], NOW))
    assert manifests.annotations(changed)["dokaseca.dev/retiring"] == "workloads"
    assert manifests.annotations(changed)["dokaseca.dev/retiring-since"] == "2026-01-01T00:00:00Z"


def test_calling_it_off_leaves_no_trace() -> None:
    one = after(registration(), retirement.next_step(registration(), [], NOW))
    back = json_merge.apply(one, retirement.CALLED_OFF)
    assert manifests.annotations(back) == manifests.annotations(registration())


# --- with ApplicationSets -------------------------------------------------------------------------------------------

NAMES = st.sampled_from([*LABELS, "environment", "cluster_name", "enable_argocd", "absent"])
VALUES = st.sampled_from(["true", "false", "workload", "retiring", "dev", ""])
EXPRESSIONS = st.one_of(
    st.builds(
        lambda key, operator, values: {"key": key, "operator": operator, "values": values},
        NAMES,
        st.sampled_from(["In", "NotIn"]),
        st.lists(VALUES, min_size=1, max_size=3),
    ),
    st.builds(lambda key, operator: {"key": key, "operator": operator}, NAMES, st.sampled_from(["Exists"])),
    st.builds(lambda key, operator: {"key": key, "operator": operator}, NAMES, st.sampled_from(["DoesNotExist"])),
)
SELECTORS = st.fixed_dictionaries(
    {},
    optional={
        "matchLabels": st.dictionaries(NAMES, VALUES, max_size=2),
        "matchExpressions": st.lists(EXPRESSIONS, max_size=2),
    },
)
SETS = st.lists(st.tuples(SELECTORS, st.sampled_from([ADDONS_PROJECT, "default", "team-a"])), max_size=6)


class Hub:
    """ApplicationSets that follow the Secret's labels, each `delay_rounds` late, with deletions that take two more."""

    def __init__(self, sets: list[tuple[Manifest, str]], delay_rounds: int) -> None:
        self.sets = sets
        self.delay_rounds = delay_rounds
        self.secret = registration()
        self.seen = [self.secret] * (delay_rounds + 1)
        self.applications: dict[int, Manifest] = {}
        self.leaving: dict[int, int] = {}
        self.went: list[str] = []

    def turn(self) -> None:
        self.seen = [*self.seen[1:], self.secret]
        for number, (selector, project) in enumerate(self.sets):
            if self._selects(selector, self.seen[0]):
                if number not in self.leaving:
                    self.applications.setdefault(number, application(f"app-{number}", project=project))
            elif number in self.applications:
                self.leaving.setdefault(number, 2)
                self.applications[number]["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        for number in list(self.leaving):
            self.leaving[number] -= 1
            if not self.leaving[number]:
                del self.leaving[number]
                self.went.append(manifests.get(self.applications.pop(number), "spec", "project"))

    def retire(self) -> int:
        """The rounds until the registration may go."""
        for rounds in range(200):
            self.turn()
            step = retirement.next_step(self.secret, self.applications.values(), NOW + rounds * ROUND)
            if isinstance(step, Withdraw):
                self.secret = json_merge.apply(self.secret, step.patch)
            elif isinstance(step, Deregister):
                assert not self.applications, "an application would lose its cluster"
                return rounds
        raise AssertionError(f"still there: {[*self.applications]}")

    @staticmethod
    def _selects(selector: Manifest, one: Manifest) -> bool:
        return not retirement.is_hidden(one) and label_selector.parse(selector).matches(manifests.labels(one))


@given(sets=SETS, delay_rounds=st.integers(0, 3))
def test_whatever_application_sets_select_on_it_ends_and_no_application_loses_its_cluster(
    sets: list[tuple[Manifest, str]], delay_rounds: int
) -> None:
    hub = Hub(sets, delay_rounds)
    for _ in range(delay_rounds + 1):
        hub.turn()
    hub.retire()
    assert not hub.applications


@given(
    workloads=st.lists(st.sampled_from([{"type": "workload"}, {"cluster_type": "workload"}, {"team-a": "true"}])),
    addons=st.lists(st.sampled_from([{"enable_kyverno": "true"}, {"enable_kyverno": "true", "env": "dev"}])),
    delay_rounds=st.integers(0, 3),
)
def test_selected_as_documented_workloads_go_before_addons(
    workloads: list[Manifest], addons: list[Manifest], delay_rounds: int
) -> None:
    sets = [({"matchLabels": one}, "default") for one in workloads]
    sets += [({"matchLabels": one}, ADDONS_PROJECT) for one in addons]
    hub = Hub(sets, delay_rounds)
    for _ in range(delay_rounds + 1):
        hub.turn()
    rounds = hub.retire()
    assert hub.went == ["default"] * len(workloads) + [ADDONS_PROJECT] * len(addons)
    assert rounds * ROUND.total_seconds() < retirement.PATIENCE_SECONDS

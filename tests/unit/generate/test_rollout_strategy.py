from __future__ import annotations

from typing import Any

import pytest

from dokaseca.generate import rollout_strategy
from dokaseca.model.errors import UserError

Manifest = dict[str, Any]


def application_set(strategy: Any) -> Manifest:
    return {"metadata": {"name": "s", "namespace": "argocd"}, "spec": {"strategy": strategy}}


def rolling(*steps: Any, **more: Any) -> Manifest:
    return application_set({"type": "RollingSync", "rollingSync": {"steps": list(steps)}, **more})


def step(*expressions: Any, **more: Any) -> Manifest:
    fields = ("key", "operator", "values")
    return {"matchExpressions": [dict(zip(fields, one, strict=True)) for one in expressions], **more}


def application(name: str, **labels: str) -> Manifest:
    return {"metadata": {"name": name, "labels": labels}}


def read(manifest: Manifest) -> rollout_strategy.Strategy:
    found = rollout_strategy.of(manifest)
    assert found is not None
    return found


APPLICATIONS = [application("dev", env="dev"), application("prod", env="prod"), application("plain")]


@pytest.mark.parametrize(
    "strategy",
    [None, {}, {"type": "AllAtOnce"}, {"type": "", "rollingSync": {"steps": [{}]}}, {"deletionOrder": "Reverse"}],
)
def test_only_a_rolling_sync_rolls(strategy: Any) -> None:
    assert rollout_strategy.of(application_set(strategy)) is None


@pytest.mark.parametrize(
    ("expression", "selected"),
    [
        (("env", "In", ["dev", "qa"]), ["dev"]),
        (("env", "In", []), []),
        (("env", "NotIn", ["dev"]), ["prod", "plain"]),
        (("env", "NotIn", []), ["dev", "prod", "plain"]),
        (("env", "Exists", []), []),
        (("env", "in", ["dev"]), []),
    ],
)
def test_expressions_look_at_labels_as_argo_cd_does(expression: Any, selected: list[str]) -> None:
    members = rollout_strategy.membership(read(rolling(step(expression))), APPLICATIONS)
    assert members.steps == [selected]


def test_all_expressions_of_a_step_must_hold_and_none_selects_all() -> None:
    strategy = read(rolling(step(("env", "NotIn", ["dev"]), ("env", "In", ["prod"])), step()))
    members = rollout_strategy.membership(strategy, APPLICATIONS)
    assert members.steps == [["prod"], ["dev", "prod", "plain"]]


def test_the_first_step_counts_of_several_and_minus_one_is_no_step() -> None:
    strategy = read(rolling(step(("env", "In", ["dev"])), step(("env", "NotIn", ["prod"]))))
    members = rollout_strategy.membership(strategy, APPLICATIONS)
    assert [members.shown(name) for name in ("dev", "prod", "plain")] == ["1", "-1", "2"]
    assert members.several == {"dev": [0, 1]}


@pytest.mark.parametrize(
    ("written", "total", "room"),
    [
        (None, 5, None),
        (0, 5, 0),
        (3, 5, 3),
        (-2, 5, 0),
        ("0%", 5, 0),
        ("10%", 5, 1),
        ("50%", 5, 2),
        ("100%", 5, 5),
        ("200%", 5, 10),
        ("many", 5, 1),
        ("1.5%", 5, 1),
        ("3", 5, 1),
    ],
)
def test_max_update_is_a_number_or_a_share_rounded_down(written: Any, total: int, room: int | None) -> None:
    (found,) = read(rolling(step(maxUpdate=written))).steps
    assert found.room(total) == room


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([step(("env", "In", ["dev", "prod"]))], ""),
        (
            [step(("env", "Exists", []))],
            "Step 1 has invalid matchExpression operator 'Exists' (must be 'In' or 'NotIn')",
        ),
        (
            [step(("a", "x", []), ("b", "y", []))],
            "Found 2 steps with invalid matchExpression operators (must be 'In' or 'NotIn')",
        ),
        (
            [step(("env", "In", ["dev"])), step(("env", "In", ["dev"]), maxUpdate="x")],
            "Application 'dev' is selected by multiple steps (1 and 2)",
        ),
        ([step(), step()], "Found 3 applications selected by multiple steps"),
        (
            [step(("env", "In", ["dev"]), maxUpdate="x"), step(("env", "In", ["none"]))],
            "Step 1 has invalid maxUpdate value 'x': it must be a number or a percentage",
        ),
        (
            [step(("env", "In", ["dev"]), maxUpdate="x"), step(("env", "In", ["prod"]), maxUpdate="y")],
            "Found 2 steps with invalid maxUpdate values",
        ),
        ([step(("env", "In", ["none"]))], "Step 1 has no applications matching its criteria"),
        (
            [step(("env", "In", ["none"])), step(), step(("env", "In", ["no"]))],
            "Steps 1, 3 have no applications matching their criteria",
        ),
    ],
)
def test_the_worst_problem_of_the_steps_is_told(steps: list[Any], told: str) -> None:
    strategy = read(rolling(*steps))
    assert rollout_strategy.problem(strategy, rollout_strategy.membership(strategy, APPLICATIONS)) == told


@pytest.mark.parametrize("order", ["Reverse", "reverse", "REVERSE"])
def test_the_order_of_deletion_is_read_whatever_its_case(order: str) -> None:
    assert read(rolling(step(), deletionOrder=order)).is_deleted_in_reverse
    assert not read(rolling(step(), deletionOrder="AllAtOnce")).is_deleted_in_reverse


@pytest.mark.parametrize(
    ("strategy", "told"),
    [
        ("x", "spec.strategy must be a mapping"),
        ({"type": "rollingSync"}, "spec.strategy.type must be AllAtOnce or RollingSync, not 'rollingSync'"),
        ({"type": "RollingSync", "deletionOrder": "Backwards"}, "deletionOrder must be AllAtOnce or Reverse"),
        ({"type": "RollingSync", "rollingSync": {"steps": {}}}, "steps must be a list of at most 100"),
        ({"type": "RollingSync", "rollingSync": {"steps": [{}] * 101}}, "steps must be a list of at most 100"),
        ({"type": "RollingSync", "rollingSync": {"steps": ["x"]}}, "steps must be a mapping"),
        ({"type": "RollingSync", "rollingSync": {"steps": [{"matchExpressions": {}}]}}, "matchExpressions a list"),
        ({"type": "RollingSync", "rollingSync": {"steps": [{"matchExpressions": ["x"]}]}}, "values a list"),
        ({"type": "RollingSync", "rollingSync": {"steps": [{"maxUpdate": [1]}]}}, "maxUpdate must be a number"),
        ({"type": "RollingSync", "rollingSync": {"steps": [{"maxUpdate": True}]}}, "maxUpdate must be a number"),
    ],
)
def test_a_strategy_of_another_shape_is_an_error(strategy: Any, told: str) -> None:
    with pytest.raises(UserError) as caught:
        rollout_strategy.of(application_set(strategy))
    assert told in caught.value.message


@pytest.mark.parametrize("strategy", [{"type": "RollingSync"}, {"type": "RollingSync", "rollingSync": {"steps": []}}])
def test_a_rolling_sync_without_steps_is_one_all_the_same(strategy: Any) -> None:
    assert read(application_set(strategy)).steps == ()

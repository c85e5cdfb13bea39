"""What may move on, and what may not."""

from __future__ import annotations

import pytest

from dokaseca.flow.promote import gates, plan
from dokaseca.flow.promote.freight import Freight, Standing
from dokaseca.model.health import Health

OLD, NEW = Freight((("https://r", "a" * 40),)), Freight((("https://r", "b" * 40),))


def _standing(name: str, freight: Freight, *, synced: bool = True, health: Health = Health.HEALTHY) -> Standing:
    return Standing(name, freight, synced, health)


def test_equal_revisions_are_equal_freight_in_any_order() -> None:
    pairs = (("https://b", "2"), ("https://a", "1"))
    one, other = Freight(pairs), Freight(tuple(reversed(pairs)))
    assert one == other and one.id == other.id and hash(one) == hash(other)
    assert one.revisions == (("https://a", "1"), ("https://b", "2"))
    assert len(one.id) == 40 and one.id != NEW.id


def test_freight_moves_on_from_a_synced_and_healthy_environment() -> None:
    assert gates.upstream_is_healthy(NEW, _standing("dev", NEW)) == gates.Verdict(True)


@pytest.mark.parametrize("health", [one for one in Health if one is not Health.HEALTHY])
def test_no_other_health_lets_it_pass(health: Health) -> None:
    assert gates.upstream_is_healthy(NEW, _standing("dev", NEW, health=health)) == gates.Verdict(
        False, f"dev is {health.value}"
    )


def test_a_gate_that_cannot_tell_denies() -> None:
    assert gates.upstream_is_healthy(NEW, None) == gates.Verdict(False, "nothing is known of the environment before")
    assert gates.upstream_is_healthy(NEW, _standing("dev", NEW, synced=False)).reason == "dev is not synced"
    other = gates.upstream_is_healthy(NEW, _standing("dev", OLD))
    assert not other.allowed and other.reason == f"dev runs other freight ({OLD.id[:12]})"


def test_every_step_whose_ends_differ_is_planned_in_order() -> None:
    line = [_standing("dev", NEW), _standing("staging", NEW, health=Health.DEGRADED), _standing("prod", OLD)]
    (step,) = plan.plan(line)
    assert (step.freight, step.source, step.target) == (NEW, "staging", "prod")
    assert step.verdict == gates.Verdict(False, "staging is Degraded")


def test_a_short_or_even_line_has_no_steps() -> None:
    assert plan.plan([]) == ()
    assert plan.plan([_standing("dev", NEW)]) == ()
    assert plan.plan([_standing("dev", NEW), _standing("prod", NEW)]) == ()

"""From generated Applications to everything that one reconcile does. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dokaseca.generate import reconcile_plan, rollout, rollout_strategy
from dokaseca.generate.reconcile_plan import ReconcilePlan, Settled, Surroundings
from dokaseca.generate.rollout import Rollout
from dokaseca.model.application_set import Reason, View
from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Planned:
    """One reconcile, as data.

    Attributes:
        plan: what to create, update and delete; the guard has not judged the deletions yet.
        rollout: the RollingSync's next move, None without one.
        children_count: how many Applications the ApplicationSet owns now.
    """

    plan: ReconcilePlan
    rollout: Rollout | None
    children_count: int


def plan(
    view: View,
    generated: Sequence[Manifest],
    existing: Sequence[Manifest],
    around: Surroundings,
    now: str,
    settled: Settled | None = None,
) -> Planned:
    """What to do so that the Applications are what was generated, each when its turn has come.

    Args:
        existing: the children, and every Application of the namespace that has the name of a generated one.
        now: RFC 3339.
        settled: as `reconcile_plan.plan` has it.

    Raises:
        UserError: the strategy or an ignoreApplicationDifferences rule is wrong; a RollingSync without steps has reason
            ApplicationSetRolloutError.
    """
    children = reconcile_plan.children(view.manifest, existing)
    strategy = rollout_strategy.of(view.manifest)
    rolled = None
    if strategy is not None:
        if not strategy.steps:
            raise UserError(rollout_strategy.NO_STEPS, reason=str(Reason.ROLLOUT_ERROR))
        rolled = rollout.advance(view, strategy, generated, children, now)
        generated = rolled.applications
    return Planned(reconcile_plan.plan(view, generated, existing, around, settled), rolled, len(children))

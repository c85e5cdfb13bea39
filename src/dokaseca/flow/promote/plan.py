"""Which environment may take what the one before it runs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from dokaseca.flow.promote import gates
from dokaseca.flow.promote.freight import Freight, Standing
from dokaseca.flow.promote.gates import Verdict


@dataclass(frozen=True, slots=True)
class Promotion:
    """One possible step, and whether its gate lets it pass."""

    freight: Freight
    source: str
    target: str
    verdict: Verdict


def plan(line: Sequence[Standing]) -> tuple[Promotion, ...]:
    """Every step along `line` (first environment first) whose two ends differ, in order."""
    return tuple(
        Promotion(
            upstream.freight,
            upstream.environment,
            downstream.environment,
            gates.upstream_is_healthy(upstream.freight, upstream),
        )
        for upstream, downstream in pairwise(line)
        if upstream.freight != downstream.freight
    )

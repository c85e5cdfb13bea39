"""jq expressions of `ignoreDifferences`: read before they run, so that none can read the process or never end. Pure."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from dokaseca.flow.diff import jq_tokens
from dokaseca.flow.diff.jq_tokens import Cost
from dokaseca.kit import bounds

PROGRAMS_KEPT = 256  # compiled, in memory: compiling takes 2 ms, running 0.1 ms
WORK_BYTES = 50_000_000  # that one run may look at or copy: half a second; real ones stay below a tenth


def delete(manifest: Any, expression: str) -> Any:
    """`manifest` without what `expression` leads to; unchanged where the path does not fit it, as in Argo CD.

    Raises:
        UserError: reason InvalidJq: the expression does not compile, does more than lead to fields, or would have to
            look at too much of this object.
    """
    program, cost = _program(expression)
    encoded = json.dumps(manifest)
    if len(encoded) > bounds.REQUEST_BODY_BYTES or _work_bytes(manifest, len(encoded), cost) > WORK_BYTES:
        raise jq_tokens.refused(expression, "looks at too much of an object this large; lead to the fields directly")
    try:
        return next(iter(program.input_text(encoded)), manifest)
    except ValueError:
        return manifest


@lru_cache(maxsize=PROGRAMS_KEPT)
def _program(expression: str) -> tuple[Any, Cost]:
    import jq

    cost = jq_tokens.cost(expression)
    try:
        return jq.compile(f"del({expression})"), cost
    except ValueError as error:
        why = str(error).splitlines()[0] if str(error) else "syntax error"
        raise jq_tokens.refused(expression, f"does not compile: {why}") from error


def _work_bytes(manifest: Any, size_bytes: int, cost: Cost) -> int:
    """The most that a run may look at: the whole object each time that it may do anything."""
    if cost == Cost():
        return size_bytes
    values, widest = _measured(manifest)
    return size_bytes * cost.copies * int(widest**cost.spreads) * int(values**cost.walks)


def _measured(manifest: Any) -> tuple[int, int]:
    """How many values there are, and how many items the largest list or mapping has."""
    values, widest, left = 0, 1, [manifest]
    while left:
        one = left.pop()
        values += 1
        if isinstance(one, (dict, list)) and one:
            widest = max(widest, len(one))
            left += one.values() if isinstance(one, dict) else one
    return values, widest

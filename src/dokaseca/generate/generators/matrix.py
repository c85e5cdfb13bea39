"""The matrix generator: every set of the first child with every set of the second, which sees the first's."""

from __future__ import annotations

from typing import Any, Final

from dokaseca.generate import interpolate, params
from dokaseca.generate.generators import forge_fields
from dokaseca.generate.generators.children import Child, children
from dokaseca.generate.generators.context import Context
from dokaseca.generate.templates.engine import Params
from dokaseca.model.errors import UserError

_FIELDS: Final = ("generators", "template")


async def generate(spec: dict[str, Any], around: Context, run_child: Child) -> list[Params]:
    """The combinations, the first child's order outermost.

    With goTemplate the first child wins where both set a key; without, differing values are an error.

    Raises:
        UserError: not exactly two children, or one key with two values.
    """
    forge_fields.known(spec, _FIELDS, "matrix generator")
    entries = children(spec, "matrix")
    if len(entries) != 2:
        problem = "found less than two generators" if len(entries) < 2 else "found more than two generators"
        raise UserError(f"{problem}, Matrix support only two", reason="InvalidGenerator")
    found: list[Params] = []
    for first in await run_child(entries[0], around.at("matrix", 0)):
        second_spec = interpolate.generator(entries[1], first, around.engine) if first else entries[1]
        for second in await run_child(second_spec, around.at("matrix", 1)):
            combined = params.merged(second, first) if around.engine.is_go else params.combined_flat(first, second)
            found.append(combined)
            await around.ledger.breathe()
    return found

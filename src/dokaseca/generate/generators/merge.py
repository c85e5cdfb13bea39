"""The merge generator: the first child's sets, overridden by later children's sets of the same key."""

from __future__ import annotations

from typing import Any, Final

from dokaseca.generate import params
from dokaseca.generate.generators import forge_fields
from dokaseca.generate.generators.children import Child, children
from dokaseca.generate.generators.context import Context
from dokaseca.generate.templates.engine import Params
from dokaseca.generate.templates.gotemplate import json_out
from dokaseca.model.errors import UserError

_FIELDS: Final = ("generators", "mergeKeys", "template")


async def generate(spec: dict[str, Any], around: Context, run_child: Child) -> list[Params]:
    """The base sets in their order, each with its overrides; overrides without a base partner are dropped.

    A merge key is a top-level key of a set; a missing one counts as null.

    Raises:
        UserError: fewer than two children, no merge keys, or two sets of one child with equal keys.
    """
    forge_fields.known(spec, _FIELDS, "merge generator")
    entries = children(spec, "merge")
    if len(entries) < 2:
        raise UserError("found less than two generators, Merge requires two or more", reason="InvalidGenerator")
    keys = forge_fields.texts(spec, "mergeKeys", "merge")
    if not keys:
        raise UserError("no merge keys were specified, Merge requires at least one", reason="InvalidGenerator")
    base = _by_key(await run_child(entries[0], around.at("merge", 0)), keys)
    for number, entry in enumerate(entries[1:], start=1):
        below = around.at("merge", number, is_override=True)
        for key, override in _by_key(await run_child(entry, below), keys).items():
            await around.ledger.breathe()
            if key in base:
                present = base[key]
                base[key] = params.merged(present, override) if around.engine.is_go else {**present, **override}
    return list(base.values())


def _by_key(sets: list[Params], keys: tuple[str, ...]) -> dict[str | tuple[str, ...], Params]:
    wanted = sorted(set(keys))
    found: dict[str | tuple[str, ...], Params] = {}
    for each in sets:
        key = _key({key: each.get(key) for key in wanted})
        if key in found:
            raise UserError(
                "the parameters from a generator were not unique by the given mergeKeys, Merge requires all param "
                f"sets to be unique. Duplicate key was {json_out.dumps({key: each.get(key) for key in wanted})[:200]}",
                reason="DuplicateMergeKey",
            )
        found[key] = each
    return found


def _key(values: Params) -> str | tuple[str, ...]:
    """What equal merge keys share: texts themselves, which is quick, anything else as Go's JSON."""
    texts = tuple(values.values())
    if all(type(one) is str and one.isascii() for one in texts):
        return texts
    return json_out.dumps(values)  # an id 11 and a number 11.0 are one

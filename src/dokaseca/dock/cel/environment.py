"""The CEL runtime, set up as Kubernetes sets up its own; loaded when the first expression is compiled."""

from __future__ import annotations

from functools import cache
from itertools import groupby
from typing import Any, Final

from dokaseca.dock.cel.functions import table

_EXTENSIONS: Final = ("optional", "sets", "strings", "two-var-comprehensions")


@cache
def of(variables: frozenset[str], *, has_bindings: bool = False) -> Any:
    """The environment in which `variables`, of any type, are known.

    Args:
        has_bindings: with `cel.bind`, which Kubernetes does not offer and we use ourselves.
    """
    from cel_expr_python import cel

    names = (*_EXTENSIONS, *(("bindings",) if has_bindings else ()))
    config = cel.NewEnvConfigFromYaml("extensions:\n" + "".join(f"- name: {name}\n" for name in names))
    return cel.NewEnv(config=config, variables=dict.fromkeys(variables, cel.Type.DYN), extensions=[_kubernetes()])


@cache
def _kubernetes() -> Any:
    from cel_expr_python import cel

    types = {
        table.TEXT: cel.Type.STRING,
        table.LIST: cel.Type.LIST,
        table.MAP: cel.Type.MAP,
        table.ANY: cel.Type.DYN,
        table.FLAG: cel.Type.BOOL,
        table.NUMBER: cel.Type.INT,
        table.TIME: cel.Type.TIMESTAMP,
        "double": cel.Type.DOUBLE,
    }
    declared = []
    for name, group in groupby(sorted(table.FUNCTIONS, key=lambda one: one.name), key=lambda one: one.name):
        overloads = [
            cel.Overload(
                f"kubernetes_{name}_{'_'.join(one.operands)}_{one.is_member}",
                types[one.result],
                [types[kind] for kind in one.operands],
                one.is_member,
                one.call,
            )
            for one in group
        ]
        declared.append(cel.FunctionDecl(name, overloads))
    return cel.CelExtension("kubernetes", declared)

"""The CEL runtime, set up as Kubernetes sets up its own; loaded when the first expression is compiled."""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import groupby
from typing import Any, Final

from dokaseca.dock.cel import construct
from dokaseca.dock.cel.functions import table

_EXTENSIONS: Final = ("optional", "sets", "strings", "two-var-comprehensions")


@lru_cache(maxsize=256)
def of(variables: frozenset[tuple[str, str]], *, has_bindings: bool = False) -> Any:
    """The environment in which `variables` are known.

    Args:
        variables: (name, type); the type is DYN for anything; TIMESTAMP, DURATION and OPTIONAL must be declared.
        has_bindings: with `cel.bind`, which Kubernetes does not offer and we use ourselves.
    """
    from cel_expr_python import cel

    names = (*_EXTENSIONS, *(("bindings",) if has_bindings else ()))
    config = cel.NewEnvConfigFromYaml("extensions:\n" + "".join(f"- name: {name}\n" for name in names))
    types = {"DYN": cel.Type.DYN, "TIMESTAMP": cel.Type.TIMESTAMP, "DURATION": cel.Type.DURATION}
    types[construct.OPTIONAL] = cel.Type.LIST
    declared = {name: types[kind] for name, kind in variables}
    return cel.NewEnv(config=config, variables=declared, extensions=[_kubernetes()])


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

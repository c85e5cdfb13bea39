"""Templates inside whole structures: an Application template, or a generator's own spec."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dokaseca.generate.templates.engine import Engine, Params
from dokaseca.generate.templates.gotemplate.template import MissingKeyError
from dokaseca.kit import bounds
from dokaseca.model.errors import UserError

Filler = Callable[[Mapping[str, Any]], Any]


def compile_value(value: Any, engine: Engine, depth: int = 0) -> Filler | None:
    """A function that fills every string (values and keys) of `value`; None when there is nothing to fill.

    What the function returns shares unfilled parts with `value`: treat both as immutable.

    Raises:
        UserError: a string is no template, or the value is nested too deep.
    """
    if depth > bounds.JSON_DEPTH // 2:
        raise UserError("the template is nested too deep", reason="TemplateParseError")
    if isinstance(value, str):
        return engine.compile(value)
    if isinstance(value, dict):
        return _compile_mapping(value, engine, depth)
    if isinstance(value, list):
        return _compile_list(value, engine, depth)
    return None


def _compile_mapping(value: dict[str, Any], engine: Engine, depth: int) -> Filler | None:
    keys = {key: engine.compile(key) for key in value if isinstance(key, str)}
    fillers = {key: compile_value(item, engine, depth + 1) for key, item in value.items()}
    if not any(keys.values()) and not any(fillers.values()):
        return None
    if not any(keys.values()):
        moving = [(key, filler) for key, filler in fillers.items() if filler is not None]

        def fill(params: Mapping[str, Any]) -> Any:
            filled = dict(value)
            for key, filler in moving:
                filled[key] = filler(params)
            return filled

        return fill

    def fill_keys(params: Mapping[str, Any]) -> Any:
        filled = {}
        for key, item in value.items():
            name, filler = keys.get(key), fillers[key]
            filled[name(params) if name else key] = filler(params) if filler else item
        return filled

    return fill_keys


def _compile_list(value: list[Any], engine: Engine, depth: int) -> Filler | None:
    fillers = [compile_value(item, engine, depth + 1) for item in value]
    if not any(fillers):
        return None
    pairs = list(zip(value, fillers, strict=True))
    return lambda params: [filler(params) if filler else item for item, filler in pairs]


def generator(entry: dict[str, Any], params: Params, engine: Engine) -> dict[str, Any]:
    """A matrix's second child with the first child's parameters filled in.

    With goTemplate, an entry of a `values` mapping that names an unknown parameter stays as written: the child's own
    parameters answer it later.

    Raises:
        UserError: a string is no template or cannot be executed.
    """
    filled = _fill(entry, params, engine, is_values=False)
    assert isinstance(filled, dict)
    return filled


def _fill(value: Any, params: Params, engine: Engine, *, is_values: bool) -> Any:
    if isinstance(value, str):
        return _fill_or_leave(value, params, engine) if is_values and engine.is_go else engine.render(value, params)
    if isinstance(value, dict):
        return {
            engine.render(key, params): _fill(item, params, engine, is_values=is_values or _is_values(key, item))
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_fill(item, params, engine, is_values=is_values) for item in value]
    return value


def _is_values(key: str, item: Any) -> bool:
    """Whether it is a `values` mapping; the list of that name in a selector is none, and waits for nothing."""
    return key == "values" and isinstance(item, dict)


def _fill_or_leave(text: str, params: Params, engine: Engine) -> str:
    try:
        return engine.with_missing_key("error").render(text, params)
    except MissingKeyError:
        return text

"""Parameter sets: from JSON, flattened, combined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dokaseca.generate.templates.engine import Engine, Params, Renderer
from dokaseca.generate.templates.gotemplate import values
from dokaseca.model.errors import UserError


def from_json(value: Any) -> Any:
    """A JSON value as Go's encoding/json decodes it: every number a float64, so that 1000000 prints as 1e+06."""
    if isinstance(value, dict):
        return {str(key): from_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [from_json(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def flatten(value: Mapping[str, Any]) -> dict[str, str]:
    """Nested maps and lists as dotted keys (`a.b.0`), every value as `%v` prints it; empty ones vanish."""
    flat: dict[str, str] = {}
    _flatten(value, "", flat)
    return flat


def _flatten(value: Any, prefix: str, flat: dict[str, str]) -> None:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in pairs:
        name = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(item, dict | list):
            _flatten(item, name, flat)
        else:
            flat[name] = values.text_of(item)


def merged(base: Mapping[str, Any], override: Mapping[str, Any]) -> Params:
    """`override` deeply over `base` (mergo.WithOverride on maps); neither is changed.

    Maps recurse; scalars override even when empty; null sets null; lists are replaced whole; a map does not replace a
    scalar that is not empty.
    """
    result = dict(base)
    for key, value in override.items():
        present = result.get(key)
        if isinstance(value, dict) and isinstance(present, dict):
            combined = merged(present, value)
            both_text = isinstance(present, values.StringMap) and isinstance(value, values.StringMap)
            result[key] = values.StringMap(combined) if both_text else combined
        elif not (isinstance(value, dict) and present and not isinstance(present, dict | list)):
            result[key] = value
    return result


def combined_flat(first: Mapping[str, Any], second: Mapping[str, Any]) -> Params:
    """Both sets with texts as values.

    Raises:
        UserError: one key has two different values.
    """
    result: Params = {key: values.text_of(value) for key, value in first.items()}
    for key, value in second.items():
        text = values.text_of(value)
        if result.setdefault(key, text) != text:
            raise UserError(
                f"found duplicate key {key} with different value, a: {values.short(result[key])}, "
                f"b: {values.short(text)}; set pathParamPrefix on one git generator, or rename the key",
                reason="DuplicateParameter",
            )
    return result


def with_values(params: Params, templates: Mapping[str, Any] | None, engine: Engine) -> Params:
    """`params` plus the generator's `values`, each rendered against `params` as they were before any was added.

    Raises:
        UserError: a value is no string or cannot be rendered.
    """
    return adder(templates, engine)(params)


def adder(templates: Mapping[str, Any] | None, engine: Engine) -> Callable[[Params], Params]:
    """`with_values` for many parameter sets; the templates are looked at once.

    Raises:
        UserError: a value is no string or no template; the function raises it when one cannot be rendered.
    """
    if not templates:
        return lambda params: params
    fixed: dict[str, str] = {}
    moving: list[tuple[str, Renderer]] = []
    for name, text in templates.items():
        if not isinstance(text, str):
            raise UserError(f"values.{name} must be a string", reason="InvalidGenerator")
        key, render = name if engine.is_go else f"values.{name}", engine.compile(text)
        fixed[key] = text
        if render is not None:
            moving.append((key, render))

    def add(params: Params) -> Params:
        rendered = {**fixed, **{key: render(params) for key, render in moving}} if moving else fixed
        return {**params, "values": values.StringMap(rendered)} if engine.is_go else {**params, **rendered}

    return add

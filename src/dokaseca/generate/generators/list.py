"""The list generator: parameter sets written out."""

from __future__ import annotations

from typing import Any, Final

from dokaseca.generate import params, yaml_text
from dokaseca.generate.generators import context, forge_fields
from dokaseca.generate.generators.context import Context
from dokaseca.generate.templates.engine import Params
from dokaseca.model.errors import UserError

_FIELDS: Final = ("elements", "elementsYaml", "template")


async def generate(spec: dict[str, Any], around: Context) -> list[Params]:
    """`elements`, then the list in the YAML text `elementsYaml`.

    Raises:
        UserError: an element is no mapping, or (without goTemplate) holds something that is no string.
    """
    forge_fields.known(spec, _FIELDS, "list generator")
    read = _as_is if around.engine.is_go else _flat
    found = [read(element) for element in context.list_field(spec, "elements", "list")]
    text = context.text_field(spec, "elementsYaml", "list")
    if text:
        found.extend(_as_is(element) for element in _elements_of(text))
    return found


def _as_is(element: Any) -> Params:
    if not isinstance(element, dict):
        raise UserError("list generator: each element must be a mapping", reason="InvalidGenerator")
    decoded: Params = params.from_json(element)
    return decoded


def _flat(element: Any) -> Params:
    if not isinstance(element, dict):
        raise UserError("list generator: each element must be a mapping", reason="InvalidGenerator")
    flat: Params = {}
    for key, value in element.items():
        if key == "values":
            flat.update(_flat_values(value))
        elif isinstance(value, str):
            flat[key] = value
        else:
            raise UserError(
                f"list generator: error parsing value as string: {key}; quote it, or set goTemplate: true",
                reason="InvalidGenerator",
            )
    return flat


def _flat_values(value: Any) -> Params:
    if not isinstance(value, dict):
        raise UserError("list generator: error parsing values map: it must be a mapping", reason="InvalidGenerator")
    for name, text in value.items():
        if not isinstance(text, str):
            raise UserError(
                f"list generator: error parsing value as string: values.{name}; quote it, or set goTemplate: true",
                reason="InvalidGenerator",
            )
    return {f"values.{name}": text for name, text in value.items()}


def _elements_of(text: str) -> list[Any]:
    value = yaml_text.first(text, subject="list generator: elementsYaml")
    if value is None:
        return []
    if not isinstance(value, list):
        raise UserError("list generator: elementsYaml must hold a YAML list", reason="InvalidGenerator")
    return value

"""What Argo CD adds to sprig: names, YAML, and templates within templates."""

from __future__ import annotations

from typing import Any, Final

from dokaseca.generate.templates import slug
from dokaseca.generate.templates.gotemplate import octets, to_yaml, values
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import DEEP, Function, Traits, fn
from dokaseca.generate.templates.gotemplate.run import Run
from dokaseca.kit import yaml_in


def _slugify(*arguments: Any) -> str:
    """`slugify [max] [smart] name`: the last argument is the name; Argo CD takes no other types than these."""
    max_length: Any = 50
    smart: Any = True
    if not arguments:
        return ""
    if len(arguments) > 1:
        max_length = arguments[0]
    if len(arguments) > 2:
        smart = arguments[1]
    for value, wanted, name in ((arguments[-1], str, "string"), (max_length, int, "int"), (smart, bool, "bool")):
        if type(value) is not wanted:
            actual = "nil" if value is None else values.type_name(value)
            raise CallError(f"interface conversion: interface {{}} is {actual}, not {name}")
    if max_length < 0 and not smart:
        raise CallError(f"runtime error: slice bounds out of range [:{max_length}]")
    return slug.slugify(octets.clean(arguments[-1]), max_length, smart)


def _as_float64(value: Any) -> Any:
    """A decoded document with every integer a float64, as encoding/json decodes into `interface{}`."""
    if isinstance(value, dict):
        return {str(key): _as_float64(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_float64(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _yaml(text: str) -> Any:
    try:
        documents = yaml_in.load_all(octets.clean(text), subject="the text")
    except yaml_in.InvalidYAML as error:
        raise CallError(f"error converting YAML to JSON: {error}") from error
    return _as_float64(documents[0].value) if documents else None


def _from_yaml(text: str) -> dict[str, Any]:
    value = _yaml(text)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _cannot_unmarshal(value, "map[string]interface {}")
    return value


def _from_yaml_array(text: str) -> list[Any]:
    value = _yaml(text)
    if value is None:
        return []
    if not isinstance(value, list):
        raise _cannot_unmarshal(value, "[]interface {}")
    return value


_JSON_KINDS: Final = {"map": "object", "slice": "array", "float64": "number"}


def _cannot_unmarshal(value: Any, wanted: str) -> CallError:
    kind = values.kind(value)
    return CallError(
        "error unmarshaling JSON: while decoding JSON: "
        f"json: cannot unmarshal {_JSON_KINDS.get(kind, kind)} into Go value of type {wanted}"
    )


def _tpl(run: Run, text: str, data: Any) -> str:
    return run.nested(run, text, data)


FUNCTIONS: Final[dict[str, Function]] = {
    "normalize": fn("s", lambda text: slug.normalize(octets.clean(text))),
    "slugify": fn("a*", _slugify),
    "toYaml": fn("a", to_yaml.dumps, DEEP),
    "fromYaml": fn("s", _from_yaml),
    "fromYamlArray": fn("s", _from_yaml_array),
    "tpl": fn("sa", _tpl, Traits(takes_run=True, weight="light")),
}

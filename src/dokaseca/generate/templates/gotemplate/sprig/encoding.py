"""Sprig: base32, base64, JSON; and Argo CD's YAML functions."""

from __future__ import annotations

import base64
import binascii
import json
import string
from typing import Any, Final

from dokaseca.generate.templates.gotemplate import to_yaml, values
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import Function, fn
from dokaseca.kit import bounds, yaml_in

_DEPTH: Final = bounds.JSON_DEPTH
_BASE64: Final = string.ascii_letters + string.digits + "+/="
_BASE32: Final = string.ascii_uppercase + "234567="
_HTML: Final = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def _decoder(name: str, alphabet: str, decode: Any) -> Any:
    """A decoder that gives Go's complaint as its result, as sprig does."""

    def decoded(text: str) -> str:
        compact = text.replace("\n", "").replace("\r", "")
        try:
            return str(decode(compact.encode()).decode(errors="replace"))
        except (binascii.Error, ValueError):
            bad = next((at for at, character in enumerate(compact) if character not in alphabet), len(compact))
            return f"illegal {name} data at input byte {bad}"

    return decoded


def to_json(value: Any, *, indent: int = 0, escape_html: bool = True) -> str:
    """encoding/json's form: sorted keys, integral floats without a point.

    Raises:
        CallError: too large, nested too deep, or no JSON value.
    """
    values.require_bounded(value)
    return _encoded(value, indent, escape_html, 0)


def _encoded(value: Any, indent: int, escape_html: bool, depth: int) -> str:
    if depth > _DEPTH:
        raise CallError(f"value is nested deeper than {_DEPTH}")
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        return text.translate(_HTML) if escape_html else text
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, dict):
        colon = ": " if indent else ":"
        parts = [
            _encoded(key, 0, escape_html, depth) + colon + _encoded(value[key], indent, escape_html, depth + 1)
            for key in sorted(value)
        ]
        return _bracketed("{", parts, "}", indent, depth)
    if isinstance(value, list):
        return _bracketed("[", [_encoded(item, indent, escape_html, depth + 1) for item in value], "]", indent, depth)
    if value is None or value is values.MISSING:
        return "null"
    if isinstance(value, bool | int):
        return values.text_of(value)
    return _encoded(values.text_of(value), indent, escape_html, depth)


def _bracketed(opening: str, parts: list[str], closing: str, indent: int, depth: int) -> str:
    if not indent or not parts:
        return opening + ",".join(parts) + closing
    pad = "\n" + " " * indent * (depth + 1)
    return opening + pad + f",{pad}".join(parts) + "\n" + " " * indent * depth + closing


def _number(number: float) -> str:
    if number != number or number in (float("inf"), float("-inf")):
        raise CallError(f"json: unsupported value: {values.float_text(number)}")
    small = number != 0 and (abs(number) < 1e-6 or abs(number) >= 1e21)
    return values.float_text(number, "e" if small else "f").replace("e-0", "e-")


def from_json(text: str) -> Any:
    """A JSON value; numbers become float64.

    Raises:
        CallError: not JSON.
    """
    try:
        return json.loads(text, parse_int=_float, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise CallError(
            f"invalid JSON: {error}" if isinstance(error, ValueError) else "JSON is nested too deep"
        ) from error


def _float(text: str) -> float:
    return float(text)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"invalid literal {name}")


def _from_json_or_nil(text: str) -> Any:
    try:
        return from_json(text)
    except CallError:
        return None


def as_float64(value: Any) -> Any:
    """A decoded document with every integer a float64, as encoding/json decodes into `interface{}`."""
    if isinstance(value, dict):
        return {str(key): as_float64(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_float64(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _yaml(text: str) -> Any:
    try:
        documents = yaml_in.load_all(text, subject="fromYaml")
    except yaml_in.InvalidYAML as error:
        raise CallError(f"error converting YAML to JSON: {error}") from error
    return as_float64(documents[0].value) if documents else None


def _from_yaml(text: str) -> dict[str, Any]:
    value = _yaml(text)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise CallError(f"error unmarshaling JSON: cannot unmarshal {values.kind(value)} into a map")
    return value


def _from_yaml_array(text: str) -> list[Any]:
    value = _yaml(text)
    if value is None:
        return []
    if not isinstance(value, list):
        raise CallError(f"error unmarshaling JSON: cannot unmarshal {values.kind(value)} into a list")
    return value


FUNCTIONS: Final[dict[str, Function]] = {
    "b64enc": fn("s", lambda text: base64.b64encode(text.encode()).decode()),
    "b64dec": fn("s", _decoder("base64", _BASE64, lambda data: base64.b64decode(data, validate=True))),
    "b32enc": fn("s", lambda text: base64.b32encode(text.encode()).decode()),
    "b32dec": fn("s", _decoder("base32", _BASE32, base64.b32decode)),
    "fromJson": fn("s", _from_json_or_nil),
    "mustFromJson": fn("s", from_json),
    "toJson": fn("a", to_json),
    "mustToJson": fn("a", to_json),
    "toPrettyJson": fn("a", lambda value: to_json(value, indent=2)),
    "mustToPrettyJson": fn("a", lambda value: to_json(value, indent=2)),
    "toRawJson": fn("a", lambda value: to_json(value, escape_html=False)),
    "mustToRawJson": fn("a", lambda value: to_json(value, escape_html=False)),
    "toYaml": fn("a", to_yaml.dumps),
    "fromYaml": fn("s", _from_yaml),
    "fromYamlArray": fn("s", _from_yaml_array),
}

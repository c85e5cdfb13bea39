"""The plugin generator: parameter sets from a service of somebody's own."""

from __future__ import annotations

from typing import Any, Final

from dokaseca.generate import params
from dokaseca.generate.generators import context, forge_fields, hub_access
from dokaseca.generate.generators.context import Context
from dokaseca.generate.templates.engine import Params
from dokaseca.model.errors import UserError
from dokaseca.ports.plugin_generator import PluginCall

REQUEUE_SECONDS: Final = 1800.0  # Argo CD: DefaultPluginRequeueAfter
TIMEOUT_SECONDS: Final = 30  # Argo CD: of its HTTP client
MOST_SECONDS: Final = 240  # a plugin that takes longer holds a worker for too long

_WHERE: Final = "plugin"
_FIELDS: Final = ("configMapRef", "input", "requeueAfterSeconds", "template", "values")


async def generate(spec: dict[str, Any], around: Context) -> list[Params]:
    """One set for each object of the plugin's answer, which sees the question as `generator.input.parameters`.

    Raises:
        UserError: a field, its ConfigMap or Secret is wrong, or the plugin does not accept the question.
        DeniedError: the Secret is not for plugins, the plugin refuses the token, or is where we do not go.
        TransientError: the plugin gave no whole answer.
    """
    inputs = hub_access.hub(around, _WHERE)
    plugins = inputs.plugins
    if plugins is None:
        raise UserError("plugin generator: plugins cannot be asked here", reason="UnsupportedGenerator")
    forge_fields.known(spec, _FIELDS, f"{_WHERE} generator")
    interval = hub_access.interval_seconds(spec, _WHERE, REQUEUE_SECONDS)
    around.ledger.requeue(interval)
    asked = context.mapping_field(context.mapping_field(spec, "input", _WHERE), "parameters", _WHERE)
    call = await _call(spec, asked, around)
    found = await plugins.parameters(call, max_age_seconds=forge_fields.max_age_seconds(around, interval))
    values = context.mapping_field(spec, "values", _WHERE)
    echo = {"input": {"parameters": params.from_json(asked)}}
    sets = [_params(each, echo, is_go=around.engine.is_go) for each in found]
    return [params.with_values(each, values, around.engine) for each in sets]


def _params(output: dict[str, Any], echo: dict[str, Any], *, is_go: bool) -> Params:
    decoded = params.from_json(output)
    return {**(decoded if is_go else params.flatten(decoded)), "generator": echo}


async def _call(spec: dict[str, Any], asked: dict[str, Any], around: Context) -> PluginCall:
    inputs = hub_access.hub(around, _WHERE)
    name = context.text_field(context.mapping_field(spec, "configMapRef", _WHERE), "name", _WHERE)
    if not name:
        raise UserError("plugin generator: configMapRef.name is missing", reason="InvalidGenerator")
    config = await hub_access.config(name, around, inputs, _WHERE)
    for key in ("baseUrl", "token"):
        if not isinstance(config.get(key), str) or not config[key]:
            raise UserError(f"plugin generator: {key} not found in ConfigMap {name}", reason="InvalidReference")
    token = await hub_access.token(config["token"], around, inputs, _WHERE)
    timeout = _timeout_seconds(config.get("requestTimeout"), name)
    return PluginCall(config["baseUrl"], token, around.view.name, asked, timeout)


def _timeout_seconds(value: Any, name: str) -> float:
    """`requestTimeout` of the ConfigMap; 0 is the default, as in Argo CD."""
    text = str(value or "0")
    if not text.isascii() or not text.isdecimal() or len(text) > 9 or int(text) > MOST_SECONDS:
        raise UserError(
            f"plugin generator: requestTimeout of ConfigMap {name} must be a whole number of seconds up to "
            f"{MOST_SECONDS}, not {text[:20]!r}",
            reason="InvalidReference",
        )
    return float(int(text) or TIMEOUT_SECONDS)

"""Plugins over HTTP: `ports.plugin_generator.PluginGenerator`, behind the same guard as forges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import orjson

from dokaseca.adapters.scm import egress
from dokaseca.adapters.scm.answers import Answers
from dokaseca.adapters.scm.http import Call, Http, Reply, Trust
from dokaseca.kit import digest, redact
from dokaseca.kit.clock import Clock
from dokaseca.model.errors import DeniedError, TransientError, UserError
from dokaseca.ports.plugin_generator import PluginCall

PATH: Final = "/api/v1/getparams.execute"


class HttpPlugins:
    """Asks plugins, and remembers what they said.

    Args:
        private_hosts: names in lower case of plugins that are inside the house, where http is allowed too.
    """

    def __init__(self, clock: Clock, private_hosts: frozenset[str] = frozenset()) -> None:
        self._http = Http(private_hosts)
        self._answers = Answers(clock)

    async def parameters(self, call: PluginCall, *, max_age_seconds: float) -> Sequence[dict[str, Any]]:
        base = egress.checked_url(call.base_url, self._http.private_hosts, subject="plugin", field="baseUrl")
        body = orjson.dumps({"applicationSetName": call.application_set, "input": {"parameters": call.parameters}})
        key = digest.of_value([base, digest.of_bytes(call.token.encode()), digest.of_bytes(body)])

        async def ask() -> Sequence[dict[str, Any]]:
            return await self._ask(base, call, body)

        return await self._answers.ask(key, max_age_seconds, ask)

    async def close(self) -> None:
        """Give back connections; idempotent."""
        await self._http.close()

    async def _ask(self, base: str, call: PluginCall, body: bytes) -> Sequence[dict[str, Any]]:
        subject = f"plugin {redact.text(base)}"
        headers = {"Authorization": f"Bearer {call.token}", "Content-Type": "application/json"}
        request = Call(f"{base}{PATH}", headers, subject, body, timeout_seconds=call.timeout_seconds)
        reply = await self._http.send(request, Trust())
        _check(reply, subject)
        return _parameters(reply.body, subject)


def _check(reply: Reply, subject: str) -> None:
    told = f"HTTP {reply.status}"
    if 200 <= reply.status < 300:
        return
    if reply.status in (401, 403):
        raise DeniedError(
            f"{told}: the plugin refuses the token; check the Secret that its ConfigMap names",
            reason="PluginDenied",
            subject=subject,
        )
    if reply.status in (408, 429) or reply.status >= 500:
        raise TransientError(f"{told}; it is tried again", reason="PluginUnreachable", subject=subject)
    raise UserError(
        f"{told}: the plugin does not accept the request; check baseUrl and input.parameters",
        reason="PluginRefused",
        subject=subject,
    )


def _parameters(body: bytes, subject: str) -> list[dict[str, Any]]:
    """`output.parameters`; where there is no such list, nothing is known, which is not the same as nothing."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _makes_no_sense("it is not JSON", subject) from error
    output = answer.get("output") if isinstance(answer, dict) else None
    found = output.get("parameters") if isinstance(output, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise _makes_no_sense("output.parameters is no list of objects", subject)
    return found


def _makes_no_sense(why: str, subject: str) -> TransientError:
    return TransientError(
        f"an answer that makes no sense ({why}); it is tried again", reason="BadAnswer", subject=subject
    )

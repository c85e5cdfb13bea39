"""Services that generate parameters: the plugin generator's other end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class PluginCall:
    """One question to a plugin. The token does not show in its `repr`.

    Attributes:
        base_url: as its ConfigMap says; the adapter checks it.
        application_set: who asks.
        parameters: the generator's `input.parameters`.
        timeout_seconds: for the whole answer.
    """

    base_url: str
    token: str = field(repr=False)
    application_set: str
    parameters: Mapping[str, Any]
    timeout_seconds: float


class PluginGenerator(Protocol):
    """Asks plugins."""

    async def parameters(self, call: PluginCall, *, max_age_seconds: float) -> Sequence[dict[str, Any]]:
        """The parameter sets of the plugin's answer, in its order.

        Args:
            max_age_seconds: how old an answer to the same question may be; 0 asks the plugin.

        Raises:
            DeniedError: it refuses the token, or is where we do not go.
            TransientError: no answer in time, an error of its own, or an answer that makes no sense.
            UserError: the URL cannot be used, or the plugin does not accept the question.
        """
        ...

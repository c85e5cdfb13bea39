"""Plugins that answer what a test says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dokaseca.model.errors import TransientError
from dokaseca.ports.plugin_generator import PluginCall


class FakePlugins:
    """`ports.plugin_generator.PluginGenerator` from a mapping: base URL to parameter sets; any other does not answer.

    Attributes:
        calls: every question with how old its answer might have been.
    """

    def __init__(self, answers: Mapping[str, Sequence[dict[str, Any]]]) -> None:
        self.answers = dict(answers)
        self.calls: list[tuple[PluginCall, float]] = []

    async def parameters(self, call: PluginCall, *, max_age_seconds: float) -> Sequence[dict[str, Any]]:
        self.calls.append((call, max_age_seconds))
        if call.base_url not in self.answers:
            raise TransientError("no answer", reason="PluginUnreachable", subject=f"plugin {call.base_url}")
        return self.answers[call.base_url]

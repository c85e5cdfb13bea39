"""Everything that one pass may touch, handed down by the composition root."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dokaseca.engine.custom_health import CustomHealth
from dokaseca.engine.destinations import Destinations
from dokaseca.engine.timing import Timings
from dokaseca.flow.render.plugin_definition import Plugin
from dokaseca.flow.render.request import Tools
from dokaseca.flow.source.repositories import Repositories
from dokaseca.kit.clock import Clock
from dokaseca.model.identity import NamespacedName
from dokaseca.model.manifest import Manifest
from dokaseca.model.plan import SyncReport
from dokaseca.model.settings import Settings
from dokaseca.ports.audit_sink import AuditSink


@dataclass(frozen=True, slots=True)
class Context:
    """The doors and memories of the engine.

    Attributes:
        projects: the AppProject of a name, None when there is none.
        begin: durably records that an operation starts (`status.operationState`) and what it may touch
            (`status.resources`), before anything is touched.
        health: how objects are assessed.
        applications: the Application of a name, None when there is none.
        plugins: the config management plugins that are registered.
        settings: what the platform owner set, as it is now; one pass asks once for what must not change within it.
        timings: where the time of every Application's last pass went.
        progress: what running operations have done so far; a new process reads it back from the statuses.
    """

    clock: Clock
    sources: Repositories
    tools: Tools
    destinations: Destinations
    audit: AuditSink
    projects: Callable[[str], Manifest | None]
    begin: Callable[[NamespacedName, Mapping[str, Any], Sequence[Mapping[str, Any]]], Awaitable[None]]
    health: CustomHealth = field(default_factory=CustomHealth)
    applications: Callable[[NamespacedName], Manifest | None] = lambda key: None
    settings: Callable[[], Settings] = Settings
    plugins: Callable[[], tuple[Plugin, ...]] = tuple
    progress: dict[NamespacedName, SyncReport] = field(default_factory=dict)
    timings: Timings = field(default_factory=Timings)

"""What the generators that ask the hub or a plugin work with."""

from __future__ import annotations

from dataclasses import dataclass

from dokaseca.ports.cluster import Cluster
from dokaseca.ports.plugin_generator import PluginGenerator


@dataclass(frozen=True, slots=True)
class HubInputs:
    """The hub, and plugins.

    Attributes:
        cluster: where ConfigMaps, Secrets and cluster decisions are.
        plugins: None where plugins cannot be asked.
    """

    cluster: Cluster
    plugins: PluginGenerator | None = None

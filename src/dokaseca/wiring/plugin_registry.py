"""The config management plugins of a platform: those of the platform file, and those of ConfigMaps where it allows."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from dokaseca.bridge.platform import Platform
from dokaseca.flow.render import plugin_definition
from dokaseca.flow.render.plugin_definition import Plugin
from dokaseca.kit import bounds
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest

LABEL = "dokaseca.dev/config-management-plugin"  # on a ConfigMap that Argo CD's own label marks too
KEY = "plugin.yaml"  # what Argo CD's documentation calls the key of a sidecar's ConfigMap

log = logging.getLogger("dokaseca.wiring")


class PluginRegistry:
    """All registered plugins, as they are now.

    Args:
        fixed: those of the platform file; a ConfigMap never takes their place.
        takes_config_maps: whether ConfigMaps may register more. These never reach the network.
    """

    def __init__(self, fixed: Iterable[Plugin] = (), *, takes_config_maps: bool = False) -> None:
        self._fixed = {one.name: one for one in fixed}
        self._takes_config_maps = takes_config_maps
        self._found: dict[str, Plugin] = {}
        self._all = tuple(self._fixed.values())

    def all(self) -> tuple[Plugin, ...]:
        """Every plugin; names are unique."""
        return self._all

    def on_config_map(self, name: str, config_map: Manifest | None) -> bool:
        """Take note of a ConfigMap, None when it is gone; whether the plugins are others now.

        One that cannot be read leaves what it said before.
        """
        before = self._all
        if config_map is None or manifests.labels(config_map).get(LABEL) != "true":
            self._found.pop(name, None)
        elif not self._takes_config_maps:
            log.warning(
                "a plugin of a ConfigMap is not registered; set spec.pluginsFromConfigMaps in the platform file",
                extra={"fields": {"config_map": name}},
            )
        else:
            self._take(name, config_map)
        taken = {one.name: one for _, one in sorted(self._found.items())}
        self._all = tuple({**taken, **self._fixed}.values())
        return self._all != before

    def _take(self, name: str, config_map: Manifest) -> None:
        content = manifests.get(config_map, "data", KEY, default="")
        if name not in self._found and len(self._found) >= bounds.PLUGINS:
            log.warning("more plugins than are kept", extra={"fields": {"config_map": name, "limit": bounds.PLUGINS}})
            return
        try:
            self._found[name] = _parsed(str(content).encode(), f"ConfigMap {name}: {KEY}")
        except UserError as error:
            log.warning("a plugin cannot be read; what was there before stays", extra={"fields": {"error": str(error)}})


def of(platform: Platform, folder: Path) -> PluginRegistry:
    """The registry of a platform whose folder is `folder`: its paths are relative to it.

    Raises:
        UserError: a file cannot be read, or is no plugin; two have the same name.
    """
    fixed: dict[str, Plugin] = {}
    for one in platform.plugins:
        path = folder / one.path
        try:
            content = path.read_bytes()
        except OSError as error:
            raise UserError(
                f"cannot be read ({error.strerror}); correct spec.plugins in the platform file",
                reason="InvalidPlugin",
                subject=str(path),
            ) from error
        plugin = _parsed(content, str(path), network=one.network)
        if plugin.name in fixed:
            raise UserError(
                f"another file registers plugin {plugin.name!r} already; give one of them another name or version",
                reason="InvalidPlugin",
                subject=str(path),
            )
        fixed[plugin.name] = plugin
    return PluginRegistry(fixed.values(), takes_config_maps=platform.plugins_from_config_maps)


def _parsed(content: bytes, subject: str, *, network: bool = False) -> Plugin:
    if len(content) > bounds.PLUGIN_DEFINITION_BYTES:
        raise UserError(
            f"is larger than {bounds.PLUGIN_DEFINITION_BYTES // 1024} KiB; a plugin.yaml is not",
            reason="InvalidPlugin",
            subject=subject,
        )
    return plugin_definition.parse(content, subject=subject, network=network)

"""What a platform owner sets in Argo CD's ConfigMaps: `argocd-cm` and `argocd-cmd-params-cm` (Argo CD: C5).

Every room reads the keys that it honours by their Argo CD names, with Argo CD's defaults; what a key means stands
where it is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dokaseca.model import manifest as manifests
from dokaseca.model.errors import UserError

CONFIG = "argocd-cm"
PARAMETERS = "argocd-cmd-params-cm"
NAMES = (CONFIG, PARAMETERS)
SELECTOR = "app.kubernetes.io/part-of=argocd"  # which Argo CD asks its ConfigMaps to carry
SECONDS_DIGITS = 9  # thirty years
ON, OFF = ("true", "1", "t"), ("false", "0", "f")  # the spellings that Go's ParseBool takes, in any case


@dataclass(frozen=True, slots=True)
class Settings:
    """Two ConfigMaps' `data`; a key stands in one of them only, so that one look-up serves both."""

    config: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)

    def text(self, key: str, default: str = "") -> str:
        """The value of a key; `default` where it is absent or empty."""
        return self.config.get(key) or self.parameters.get(key) or default

    def flag(self, key: str, *, default: bool = False) -> bool:
        """The value of a key that is true or false.

        Raises:
            UserError: it is neither.
        """
        value = self.text(key).strip()
        if not value:
            return default
        if value.casefold() not in ON + OFF:
            raise UserError(f'{self._place(key)}: {key} is "{value}"; write "true" or "false"', reason="WrongSetting")
        return value.casefold() in ON

    def seconds(self, key: str, *, default: int = 0) -> int:
        """The value of a key that is a whole number of seconds.

        Raises:
            UserError: it is none, or negative.
        """
        value = self.text(key).strip()
        if not value:
            return default
        if not (value.isascii() and value.isdigit() and len(value) <= SECONDS_DIGITS):
            raise UserError(f'{self._place(key)}: {key} is "{value}"; write whole seconds', reason="WrongSetting")
        return int(value)

    def _place(self, key: str) -> str:
        return CONFIG if self.config.get(key) else PARAMETERS

    def replaced(self, name: str, config_map: Mapping[str, Any] | None) -> Settings:
        """These settings with another version of the ConfigMap of that name; None when it is gone."""
        data = {
            str(key): str(value) for key, value in (manifests.get(config_map or {}, "data", default=None) or {}).items()
        }
        return Settings(data, self.parameters) if name == CONFIG else Settings(self.config, data)

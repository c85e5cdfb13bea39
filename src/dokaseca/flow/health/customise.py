"""The health scripts in `argocd-cm`: which one is for a kind. Pure; running them is another's.

Keys (Argo CD: B13): `resource.customizations.health.<group>_<kind>`, with
`resource.customizations.useOpenLibs.<group>_<kind>`; and the older map `resource.customizations`, whose names may hold
wildcards (`*.crossplane.io/*`). A kind's own script comes before a wildcard, and a key of its own before the map.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from dokaseca.kit import yaml_in
from dokaseca.model.identity import GroupKind

MAP = "resource.customizations"
HEALTH = f"{MAP}.health."
OPEN_LIBS = f"{MAP}.useOpenLibs."
SCRIPT_BYTES = 64 * 1024  # a long one in the wild has a twentieth of that


class WrongCustomisation(ValueError):
    """A key of argocd-cm cannot be read; names it."""


@dataclass(frozen=True, slots=True)
class Script:
    """One script, and the key that holds it."""

    key: str
    source: str
    open_libs: bool = False


@dataclass(frozen=True, slots=True)
class Customisations:
    """Name (`group/Kind`, `Kind` in the core group, wildcards allowed) to script, in order of precedence."""

    scripts: Mapping[str, Script]

    def script_or_none(self, kind: GroupKind) -> Script | None:
        """The script for a kind."""
        name = f"{kind.group}/{kind.kind}" if kind.group else kind.kind
        if name in self.scripts:
            return self.scripts[name]
        return next((one for pattern, one in self.scripts.items() if "*" in pattern and _fits(name, pattern)), None)


def _fits(name: str, pattern: str) -> bool:
    """A `*` may stand for dots, not for the slash between group and kind."""
    return name.count("/") == pattern.count("/") and all(
        fnmatchcase(part, wanted) for part, wanted in zip(name.split("/"), pattern.split("/"), strict=True)
    )


def parse(data: Mapping[str, Any]) -> Customisations:
    """What `data` of argocd-cm says.

    Raises:
        WrongCustomisation: a key cannot be read.
    """
    scripts: dict[str, Script] = {}
    for name, script in [*_single(data), *_mapped(data)]:
        if len(script.source.encode()) > SCRIPT_BYTES:
            raise WrongCustomisation(f"argocd-cm: {script.key} has more than {SCRIPT_BYTES} bytes; make it shorter")
        scripts.setdefault(name, script)
    return Customisations(scripts)


def _single(data: Mapping[str, Any]) -> Iterator[tuple[str, Script]]:
    for key, source in sorted(data.items()):
        if key.startswith(HEALTH):
            kind = key.removeprefix(HEALTH)
            open_libs = str(data.get(OPEN_LIBS + kind, "")).lower() == "true"
            yield kind.replace("_", "/", 1), Script(key, str(source), open_libs)


def _mapped(data: Mapping[str, Any]) -> Iterator[tuple[str, Script]]:
    try:
        found = yaml_in.load(str(data.get(MAP) or "{}"), subject=f"argocd-cm: {MAP}")
    except yaml_in.InvalidYAML as error:
        raise WrongCustomisation(str(error)) from error
    if not isinstance(found, dict):
        raise WrongCustomisation(f"argocd-cm: {MAP} must map group/Kind to its customisations")
    for name, spec in found.items():
        if not isinstance(spec, dict):
            raise WrongCustomisation(f"argocd-cm: {MAP}: {name} must be a mapping such as `health.lua: ...`")
        if spec.get("health.lua"):
            open_libs = spec.get("health.lua.useOpenLibs") is True
            yield str(name), Script(f"{MAP} {name}", str(spec["health.lua"]), open_libs)

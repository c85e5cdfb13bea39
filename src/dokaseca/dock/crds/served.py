"""The definitions of one cluster, compiled: schema, list types, columns and paths per version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dokaseca.dock.crds import definition
from dokaseca.dock.patching import list_types
from dokaseca.dock.resources import Registry, ResourceType
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a custom kind.

    Attributes:
        schema: its structural schema.
        lists: how server-side apply merges it.
        columns: what `kubectl get` shows beside name and age.
        selectable: field paths that one may select by.
        scale: paths of the scale subresource (specReplicasPath and so on), or empty.
    """

    schema: dict[str, Any]
    lists: list_types.ListTypes
    columns: tuple[dict[str, Any], ...]
    selectable: frozenset[str]
    scale: dict[str, str]


class Served:
    """What definitions serve; keeps the registry in step.

    Args:
        registry: where the resource types are registered.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._versions: dict[str, Version] = {}
        self._paths: dict[str, list[str]] = {}

    def of_path_or_none(self, path: str) -> Version | None:
        """The version served at `group/version/plural`."""
        return self._versions.get(path)

    def of(self, of: ResourceType) -> Version:
        """The compiled version of a custom kind."""
        return self._versions[of.path]

    def accept(self, manifest: Manifest) -> None:
        """Serve what an established definition declares."""
        self.forget(manifests.name(manifest))
        if not definition.is_established(manifest):
            return
        types = definition.resource_types(manifest)
        declared = {version["name"]: version for version in manifest["spec"]["versions"]}
        for of in types:
            self._versions[of.path] = _compiled(declared[of.version])
        self._paths[manifests.name(manifest)] = [of.path for of in types]
        self._registry.register(manifests.name(manifest), types)

    def forget(self, name: str) -> None:
        """Serve nothing of definition `name`."""
        for path in self._paths.pop(name, ()):
            del self._versions[path]
        self._registry.unregister(name)


def _compiled(version: dict[str, Any]) -> Version:
    schema = manifests.get(version, "schema", "openAPIV3Schema", default={})
    fields = version.get("selectableFields") or ()
    return Version(
        schema=schema,
        lists=list_types.for_crd(schema),
        columns=tuple(version.get("additionalPrinterColumns") or ()),
        selectable=frozenset(field["jsonPath"].lstrip(".") for field in fields if field.get("jsonPath")),
        scale=manifests.get(version, "subresources", "scale", default={}),
    )

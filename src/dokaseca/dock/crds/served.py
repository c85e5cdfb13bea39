"""The definitions of one cluster, compiled: schema, list types, columns and paths per version."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import orjson

from dokaseca.dock.crds import definition, pruning, rules
from dokaseca.dock.patching import list_types
from dokaseca.dock.resources import Registry, ResourceType
from dokaseca.kit import digest
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest


class Version:
    """One version of a custom kind. Its schema is decoded when first needed: many kinds are served and never written.

    Args:
        definition: the CustomResourceDefinition's JSON.
        version: the entry of `spec.versions` that this is.

    Attributes:
        columns: what `kubectl get` shows beside name and age.
        selectable: field paths that one may select by.
        scale: paths of the scale subresource (specReplicasPath and so on), or empty.
        digest: changes exactly when the version does.
    """

    def __init__(self, definition: bytes, version: dict[str, Any]) -> None:
        self._definition = definition
        self._name = version["name"]
        fields = version.get("selectableFields") or ()
        self.columns: tuple[dict[str, Any], ...] = tuple(version.get("additionalPrinterColumns") or ())
        self.selectable = frozenset(field["jsonPath"].lstrip(".") for field in fields if field.get("jsonPath"))
        self.scale: dict[str, str] = manifests.get(version, "subresources", "scale", default={})
        self.digest = digest.of_value(version)

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The structural schema."""
        versions = orjson.loads(self._definition)["spec"]["versions"]
        declared = next(version for version in versions if version["name"] == self._name)
        found: dict[str, Any] = manifests.get(declared, "schema", "openAPIV3Schema", default={})
        return found

    @cached_property
    def rules(self) -> rules.Node | None:
        """The rules that its objects keep (`x-kubernetes-validations`), None for none."""
        return rules.compile_schema(self.schema) if b'"x-kubernetes-validations"' in self._definition else None

    @cached_property
    def has_defaults(self) -> bool:
        """Whether its schema completes objects: stored ones, too, when they are read."""
        return b'"default"' in self._definition and pruning.has_defaults(self.schema)

    @cached_property
    def lists(self) -> list_types.ListTypes:
        """How server-side apply merges objects of this version."""
        return list_types.for_crd(self.schema)


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

    def accept(self, data: bytes) -> None:
        """Serve what a definition (its JSON) declares, once it is established."""
        manifest: Manifest = orjson.loads(data)
        self.forget(manifests.name(manifest))
        if not definition.is_established(manifest):
            return
        types = definition.resource_types(manifest)
        declared = {version["name"]: version for version in manifest["spec"]["versions"]}
        for of in types:
            self._versions[of.path] = Version(data, declared[of.version])
        self._paths[manifests.name(manifest)] = [of.path for of in types]
        self._registry.register(manifests.name(manifest), types)

    def forget(self, name: str) -> None:
        """Serve nothing of definition `name`."""
        for path in self._paths.pop(name, ()):
            del self._versions[path]
        self._registry.unregister(name)

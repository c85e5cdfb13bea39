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
        since: the revision at which the version became what it is; older objects may lack its defaults.
    """

    def __init__(self, definition: bytes, version: dict[str, Any], since: int = 0) -> None:
        self._definition = definition
        self._name = version["name"]
        fields = version.get("selectableFields") or ()
        self.columns: tuple[dict[str, Any], ...] = tuple(version.get("additionalPrinterColumns") or ())
        self.selectable = frozenset(field["jsonPath"].lstrip(".") for field in fields if field.get("jsonPath"))
        self.scale: dict[str, str] = manifests.get(version, "subresources", "scale", default={})
        self.digest = digest.of_value(version)
        self.since = since

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

    def refresh(self, manifest: Manifest) -> None:
        """Make of a stored object, in place, what the schema of today makes of it when it is read."""
        pruning.prune(manifest, self.schema)
        pruning.default(manifest, self.schema)

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

    def accept(self, data: bytes, revision: int = 0) -> None:
        """Serve what a definition (its JSON) declares, once it is established.

        Args:
            revision: at which the definition came to be as it is.
        """
        manifest: Manifest = orjson.loads(data)
        before = {path: self._versions[path] for path in self._paths.get(manifests.name(manifest), ())}
        self.forget(manifests.name(manifest))
        if not definition.is_established(manifest):
            return
        types = definition.resource_types(manifest)
        declared = {version["name"]: version for version in manifest["spec"]["versions"]}
        for of in types:
            version, known = Version(data, declared[of.version], revision), before.get(of.path)
            if known is not None and known.digest == version.digest:
                version.since = known.since
            self._versions[of.path] = version
        self._paths[manifests.name(manifest)] = [of.path for of in types]
        self._registry.register(manifests.name(manifest), types)

    def forget(self, name: str) -> None:
        """Serve nothing of definition `name`."""
        for path in self._paths.pop(name, ()):
            del self._versions[path]
        self._registry.unregister(name)

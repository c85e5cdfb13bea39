"""Where in a platform file each label and annotation of a cluster comes from. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dokaseca.bridge import platform_rules
from dokaseca.bridge.places import Place
from dokaseca.kit import yaml_in
from dokaseca.model import manifest as manifests

_LABELS_OF = {
    "environment": ("environment", "env"),
    "region": ("region",),
    "cloud": ("cloud", "cloud_provider"),
    "distro": ("distro",),
    "kubernetesVersion": ("version",),
}


def of(content: bytes, *, subject: str) -> dict[str, dict[str, Place]]:
    """Cluster name to (label or annotation to place), of a file that has been read without complaint."""
    value, marks = yaml_in.load_with_marks(content, subject=subject)
    spec = manifests.get(value, "spec", default={})
    described: list[tuple[yaml_in.Path, Any]] = [(("spec", "hub"), {"name": "hub", **(spec.get("hub") or {})})]
    described += [(("spec", "clusters", index), one) for index, one in enumerate(spec.get("clusters") or ())]
    return {
        str(one["name"]): {
            name: Place(subject, marks[where][0]) for name, where in _sources(path, one) if where in marks
        }
        for path, one in described
    }


def _sources(path: yaml_in.Path, one: dict[str, Any]) -> Iterator[tuple[str, yaml_in.Path]]:
    for field, labels in _LABELS_OF.items():
        for label in labels:
            yield label, (*path, field)
    for team in one.get("teams") or {}:
        yield team, (*path, "teams", team)
    for addon in one.get("addons") or {}:
        yield platform_rules.flag(addon), (*path, "addons", addon)
    for group in ("labels", "annotations"):
        for name in one.get(group) or {}:
            yield name, (*path, group, name)

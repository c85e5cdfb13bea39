"""Which plugins are registered, by whom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dokaseca.bridge import platform
from dokaseca.kit import bounds
from dokaseca.model.errors import UserError
from dokaseca.wiring import plugin_registry
from dokaseca.wiring.plugin_registry import KEY, LABEL, PluginRegistry

PLUGIN = """\
apiVersion: argoproj.io/v1alpha1
kind: ConfigManagementPlugin
metadata: {{name: {name}}}
spec: {{generate: {{command: [{command}]}}}}
"""
HEAD = "apiVersion: dokaseca.dev/v1alpha1\nkind: Platform\nmetadata: {name: p}\nspec: "


def given(spec: str) -> platform.Platform:
    return platform.load((HEAD + spec).encode(), subject="platform.yaml")


def config_map(name: str = "one", command: str = "cat", label: str = "true") -> dict[str, Any]:
    data = {KEY: PLUGIN.format(name=name, command=command)}
    return {"metadata": {"name": name, "labels": {LABEL: label}}, "data": data}


def names(registry: PluginRegistry) -> list[tuple[str, tuple[str, ...], bool]]:
    return [(one.name, one.generate, one.network) for one in registry.all()]


def test_paths_of_the_platform_file_are_relative_to_its_folder(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(PLUGIN.format(name="one", command="cat"))
    registry = plugin_registry.of(given("{plugins: [{path: one.yaml, network: true}]}"), tmp_path)
    assert names(registry) == [("one", ("cat",), True)]


def test_a_missing_file_and_a_second_of_a_name_are_errors(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"one\.yaml: cannot be read .*correct spec\.plugins"):
        plugin_registry.of(given("{plugins: [{path: one.yaml}]}"), tmp_path)
    for file in ("one.yaml", "two.yaml"):
        (tmp_path / file).write_text(PLUGIN.format(name="one", command="cat"))
    with pytest.raises(UserError, match="registers plugin 'one' already"):
        plugin_registry.of(given("{plugins: [{path: one.yaml}, {path: two.yaml}]}"), tmp_path)


def test_a_large_file_is_no_plugin(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("#" * (bounds.PLUGIN_DEFINITION_BYTES + 1))
    with pytest.raises(UserError, match="larger than 64 KiB"):
        plugin_registry.of(given("{plugins: [{path: one.yaml}]}"), tmp_path)


def test_config_maps_register_only_where_the_platform_file_says_so() -> None:
    closed = plugin_registry.of(given("{}"), Path())
    assert not closed.on_config_map("one", config_map())
    assert closed.all() == ()
    opened = plugin_registry.of(given("{pluginsFromConfigMaps: true}"), Path())
    assert opened.on_config_map("one", config_map())
    assert names(opened) == [("one", ("cat",), False)]
    assert not opened.on_config_map("one", config_map())
    assert opened.on_config_map("one", config_map(label="false"))
    assert opened.all() == ()


def test_a_config_map_never_takes_the_place_of_the_platform_files(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(PLUGIN.format(name="one", command="cat"))
    registry = plugin_registry.of(given("{plugins: [{path: one.yaml}], pluginsFromConfigMaps: true}"), tmp_path)
    assert not registry.on_config_map("other", config_map(command="evil"))
    assert names(registry) == [("one", ("cat",), False)]


def test_one_that_cannot_be_read_leaves_what_it_said_before() -> None:
    registry = PluginRegistry(takes_config_maps=True)
    registry.on_config_map("one", config_map())
    assert not registry.on_config_map("one", {**config_map(), "data": {KEY: "kind: Other"}})
    assert names(registry) == [("one", ("cat",), False)]
    assert registry.on_config_map("one", None)
    assert registry.all() == ()


def test_their_number_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "PLUGINS", 1)
    registry = PluginRegistry(takes_config_maps=True)
    assert registry.on_config_map("one", config_map("one"))
    assert not registry.on_config_map("two", config_map("two"))
    assert registry.on_config_map("one", config_map("one", "other"))

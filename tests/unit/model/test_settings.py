"""Settings: keys of two ConfigMaps, Argo CD's defaults, and what is neither true nor false."""

from __future__ import annotations

import pytest

from dokaseca.model.errors import UserError
from dokaseca.model.settings import CONFIG, PARAMETERS, Settings


def test_an_absent_or_empty_key_is_the_default() -> None:
    settings = Settings({"empty": ""})
    assert (settings.text("absent", "annotation"), settings.text("empty", "x")) == ("annotation", "x")
    assert settings.flag("absent", default=True)
    assert not settings.flag("absent")


@pytest.mark.parametrize(
    ("written", "meant"), [("true", True), ("True", True), ("1", True), ("FALSE", False), ("f", False)]
)
def test_a_flag_is_read_as_go_reads_it(written: str, meant: bool) -> None:
    assert Settings({"key": written}).flag("key", default=not meant) is meant


def test_what_is_neither_names_the_config_map_and_the_key() -> None:
    with pytest.raises(UserError, match=r'argocd-cmd-params-cm: hydrator\.enabled is "yes"'):
        Settings(parameters={"hydrator.enabled": "yes"}).flag("hydrator.enabled")


def test_one_config_map_changes_without_the_other() -> None:
    settings = Settings({"a": "1"}, {"b": "2"})
    assert settings.replaced(CONFIG, {"data": {"a": "3"}}) == Settings({"a": "3"}, {"b": "2"})
    assert settings.replaced(PARAMETERS, None) == Settings({"a": "1"}, {})
    assert settings.replaced(CONFIG, {"data": None}) == Settings({}, {"b": "2"})


def test_seconds_are_whole_numbers() -> None:
    assert Settings({"a": "60"}).seconds("a") == 60
    assert Settings().seconds("a", default=5) == 5
    for wrong in ("1.5", "-1", "1m", "9" * 10):
        with pytest.raises(UserError, match=r"argocd-cm: a is .*; write whole seconds"):
            Settings({"a": wrong}).seconds("a")

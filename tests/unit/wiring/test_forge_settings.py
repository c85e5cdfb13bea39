"""Settings of forges in the environment."""

from __future__ import annotations

import pytest

from dokaseca.generate.forge_inputs import ForgeRules
from dokaseca.model.errors import UserError
from dokaseca.wiring import forge_settings


def test_without_any_all_public_forges_may_be_asked() -> None:
    assert forge_settings.rules({}) == ForgeRules(True, (), False)
    assert forge_settings.private_hosts({}) == frozenset()


def test_each_variable_has_its_rule() -> None:
    environment = {
        forge_settings.ENABLE: "False",
        forge_settings.ALLOWED: " https://git.example.com/ , https://b.example.com,,",
        forge_settings.STRICT: "true",
    }
    allowed = ("https://git.example.com/", "https://b.example.com")
    assert forge_settings.rules(environment) == ForgeRules(False, allowed, True)


def test_private_hosts_are_names_and_addresses() -> None:
    text = "Git.Corp.Test, 10.0.0.5 ,[fd00::1],fd00::2,dotted.test."
    assert forge_settings.private_hosts({forge_settings.PRIVATE_HOSTS: text}) == {
        "git.corp.test",
        "10.0.0.5",
        "fd00::1",
        "fd00::2",
        "dotted.test",
    }


@pytest.mark.parametrize(
    "text", ["https://git.test", "git.test:8443", "*.test", "a b", "ann@git.test", "git.test/x", "."]
)
def test_what_is_no_host_is_told(text: str) -> None:
    with pytest.raises(
        UserError, match=r"DOKASECA_SCM_PRIVATE_HOSTS: .* is no host; write names or addresses"
    ) as caught:
        forge_settings.private_hosts({forge_settings.PRIVATE_HOSTS: text})
    assert caught.value.reason == "InvalidSetting"


def test_what_is_neither_true_nor_false_is_told() -> None:
    with pytest.raises(UserError, match=r"TOKENREF_STRICT_MODE must be true or false, not 'yes'"):
        forge_settings.rules({forge_settings.STRICT: "yes"})

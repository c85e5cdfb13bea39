"""Which script of argocd-cm is for a kind."""

from __future__ import annotations

import pytest

from dokaseca.flow.health import customise
from dokaseca.flow.health.customise import Script
from dokaseca.model.identity import GroupKind

MAP = """
argoproj.io/Application:
  health.lua: return map
  health.lua.useOpenLibs: true
"*.crossplane.io/*":
  health.lua: return wild
Service:
  health.lua: return service
apps/Deployment:
  ignoreDifferences: ""
"""
DATA = {
    "resource.customizations": MAP,
    "resource.customizations.health.cert-manager.io_Certificate": "return certificate",
    "resource.customizations.useOpenLibs.cert-manager.io_Certificate": "true",
    "resource.customizations.health.s3.crossplane.io_Bucket": "return bucket",
    "resource.customizations.actions.apps_Deployment": "no health",
    "timeout.reconciliation": "180s",
}


@pytest.mark.parametrize(
    ("group", "kind", "source", "open_libs"),
    [
        ("cert-manager.io", "Certificate", "return certificate", True),
        ("argoproj.io", "Application", "return map", True),
        ("s3.crossplane.io", "Bucket", "return bucket", False),
        ("s3.crossplane.io", "Policy", "return wild", False),
        ("a.b.crossplane.io", "Policy", "return wild", False),
        ("", "Service", "return service", False),
    ],
)
def test_the_nearest_script_is_found(group: str, kind: str, source: str, open_libs: bool) -> None:
    found = customise.parse(DATA).script_or_none(GroupKind(group, kind))
    assert found is not None
    assert (found.source, found.open_libs) == (source, open_libs)


@pytest.mark.parametrize(("group", "kind"), [("apps", "Deployment"), ("crossplane.io", "X"), ("x", "Service")])
def test_other_kinds_have_none(group: str, kind: str) -> None:
    assert customise.parse(DATA).script_or_none(GroupKind(group, kind)) is None


def test_a_key_of_its_own_comes_before_the_map_and_a_script_knows_its_key() -> None:
    data = {**DATA, "resource.customizations.health.argoproj.io_Application": "return own"}
    found = customise.parse(data).script_or_none(GroupKind("argoproj.io", "Application"))
    assert found == Script("resource.customizations.health.argoproj.io_Application", "return own")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"resource.customizations": "a: [b"}, "argocd-cm: resource.customizations:"),
        ({"resource.customizations": "- a"}, "must map group/Kind to its customisations"),
        ({"resource.customizations": "apps/Deployment: x"}, "apps/Deployment must be a mapping"),
        ({"resource.customizations.health.a_B": "x" * 65537}, "resource.customizations.health.a_B has more than 65536"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_key(data: dict[str, str], message: str) -> None:
    with pytest.raises(customise.WrongCustomisation) as caught:
        customise.parse(data)
    assert message in str(caught.value)


def test_no_data_is_no_script() -> None:
    assert customise.parse({}).script_or_none(GroupKind("apps", "Deployment")) is None

"""A demand for signatures is never passed over."""

from __future__ import annotations

from typing import Any

import pytest

from dokaseca.flow.source import verify
from dokaseca.model.errors import DeniedError


def project(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "blue"}, "spec": spec}


def policies(*modes: str) -> dict[str, Any]:
    return {"git": {"policies": [{"repos": [{"url": "*"}], "gpg": {"mode": one}} for one in modes]}}


@pytest.mark.parametrize(
    "spec",
    [
        {"signatureKeys": [{"keyID": "4AEE18F83AFDEB23"}]},
        {"sourceIntegrity": policies("head")},
        {"sourceIntegrity": policies("none", "strict")},
        {"sourceIntegrity": policies("Head")},
        {"sourceIntegrity": {"git": {"policies": ["x"]}}},
        {"sourceIntegrity": {"git": {}}},
        {"sourceIntegrity": {"helm": {}}},
        {"sourceIntegrity": "x"},
    ],
)
def test_a_project_that_asks_for_signatures_gets_nothing_from_git(spec: dict[str, Any]) -> None:
    with pytest.raises(DeniedError, match="takes signed commits only") as caught:
        verify.check(project(**spec))
    assert caught.value.reason == "SignatureRequired"
    assert caught.value.subject == "AppProject blue"


@pytest.mark.parametrize("spec", [{}, {"signatureKeys": []}, {"sourceIntegrity": policies("none")}])
def test_other_projects_are_let_be(spec: dict[str, Any]) -> None:
    verify.check(project(**spec))

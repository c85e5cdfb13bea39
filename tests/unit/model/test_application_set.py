"""An ApplicationSet, read."""

from __future__ import annotations

from typing import Any

import pytest

from dokaseca.model import application_set
from dokaseca.model.application_set import IgnoreRule, Policy
from dokaseca.model.errors import UserError


def _set(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "s", "namespace": "argocd"}, "spec": spec}


def test_defaults() -> None:
    found = application_set.view(_set())
    assert (found.policy, found.go_template, found.generators, found.template) == (Policy.SYNC, False, (), {})
    assert not found.preserve_resources_on_deletion
    assert (found.subject, str(found.key)) == ("ApplicationSet argocd/s", "argocd/s")
    assert application_set.view({"metadata": {"name": "s"}}).generators == ()


@pytest.mark.parametrize(
    ("text", "may_update", "may_delete"),
    [
        ("sync", True, True),
        ("create-only", False, False),
        ("create-update", True, False),
        ("create-delete", False, True),
    ],
)
def test_what_a_policy_allows(text: str, may_update: bool, may_delete: bool) -> None:
    policy = application_set.view(_set(syncPolicy={"applicationsSync": text})).policy
    assert (policy.may_update, policy.may_delete) == (may_update, may_delete)


def test_rules_and_preserved_fields_are_read() -> None:
    found = application_set.view(
        _set(
            ignoreApplicationDifferences=[{"name": "a", "jsonPointers": ["/spec"]}, {"jqPathExpressions": [".x"]}],
            preservedFields={"annotations": ["a"], "labels": ["l"]},
            syncPolicy={"preserveResourcesOnDeletion": True},
        )
    )
    assert found.ignore_rules == (IgnoreRule("a", ("/spec",), ()), IgnoreRule("", (), (".x",)))
    assert (found.preserved_annotations, found.preserved_labels) == ({"a"}, {"l"})
    assert found.preserve_resources_on_deletion


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"generators": {}}, "spec.generators must be a list"),
        ({"generators": ["x"]}, "spec.generators[0] must be a mapping"),
        ({"template": []}, "spec.template must be a mapping"),
        ({"templatePatch": {}}, "spec.templatePatch must be a string"),
        (
            {"syncPolicy": {"applicationsSync": "never"}},
            "spec.syncPolicy.applicationsSync must be one of sync, create-only,",
        ),
        ({"goTemplateOptions": "x"}, "spec.goTemplateOptions must be a list"),
        ({"ignoreApplicationDifferences": [1]}, "spec.ignoreApplicationDifferences must be a mapping"),
        ({"preservedFields": {"labels": 1}}, "preservedFields must be a list"),
    ],
)
def test_what_is_wrong_is_told(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as caught:
        application_set.view(_set(**spec))
    assert message in str(caught.value)
    assert caught.value.subject == "ApplicationSet argocd/s"

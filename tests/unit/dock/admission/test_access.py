"""Roles and bindings that break the rules of their kinds."""

import pytest

from dokaseca.dock.admission import access
from dokaseca.dock.admission.fields import Errors

RBAC = "rbac.authorization.k8s.io"


def found(check, manifest, old=None):
    errors = Errors()
    check(manifest, old, errors)
    return [(cause.field, cause.message) for cause in errors.causes]


def role(*rules, kind="ClusterRole", **rest):
    return {"kind": kind, "rules": list(rules), **rest}


def binding(*subjects, group=RBAC, name="view"):
    return {
        "kind": "RoleBinding",
        "roleRef": {"apiGroup": group, "kind": "Role", "name": name},
        "subjects": [*subjects],
    }


@pytest.mark.parametrize(
    ("manifest", "field", "message"),
    [
        (role({"nonResourceURLs": ["/x"]}), "rules[0].verbs", "Required value: verbs must contain at least one value"),
        (
            role({"verbs": ["get"], "nonResourceURLs": ["/x"]}, kind="Role"),
            "rules[0].nonResourceURLs",
            'Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
        ),
        (
            role({"verbs": ["get"], "nonResourceURLs": ["/x"], "resources": ["pods"]}),
            "rules[0].nonResourceURLs",
            'Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs',
        ),
        (
            role(aggregationRule={}),
            "aggregationRule.clusterRoleSelectors",
            "Required value: at least one clusterRoleSelector required if aggregationRule is non-nil",
        ),
    ],
)
def test_rules_of_roles(manifest, field, message):
    assert found(access.check_role, manifest) == [(field, message)]


@pytest.mark.parametrize(
    ("manifest", "field", "message"),
    [
        (binding(group="x"), "roleRef.apiGroup", f'Unsupported value: "x": supported values: "{RBAC}"'),
        (binding(name=""), "roleRef.name", "Required value"),
        (binding({"kind": "User", "apiGroup": RBAC}), "subjects[0].name", "Required value"),
        (
            binding({"kind": "User", "name": "jane"}),
            "subjects[0].apiGroup",
            f'Unsupported value: "": supported values: "{RBAC}"',
        ),
        (
            binding({"kind": "ServiceAccount", "name": "a", "namespace": "b", "apiGroup": "x"}),
            "subjects[0].apiGroup",
            'Unsupported value: "x": supported values: ""',
        ),
        (binding({"kind": "ServiceAccount", "name": "a"}), "subjects[0].namespace", "Required value"),
        (
            binding({"kind": "Team", "name": "a"}),
            "subjects[0].kind",
            'Unsupported value: "Team": supported values: "ServiceAccount", "User", "Group"',
        ),
    ],
)
def test_rules_of_bindings(manifest, field, message):
    assert found(access.check_binding, manifest) == [(field, message)]


def test_a_binding_keeps_its_role():
    new = binding(name="edit")
    assert found(access.check_binding, new, binding())[0][1].endswith("cannot change roleRef")
    assert found(access.check_binding, binding(), binding()) == []

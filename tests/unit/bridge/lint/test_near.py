"""Which name was meant."""

from __future__ import annotations

import pytest

from dokaseca.bridge.lint import near

KNOWN = [
    *("enable_trivy", "enable_k8s_replicator", "enable_argo_cd_rbac_operator", "enable_kyverno_policy_reporter"),
    *("enable_velero", "enable_cert_manager", "enable_calico", "enable_ray_operator", "enable_cortex", "enable_kro"),
    *("type", "cloud", "region", "version", "clusters"),
]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("enable_trivy_operator", "enable_trivy"),
        ("enable_kubernetes_replicator", "enable_k8s_replicator"),
        ("enable_argocd_rbac_operator", "enable_argo_cd_rbac_operator"),
        ("enable_policy_reporter", "enable_kyverno_policy_reporter"),
        ("enable_certmanager", "enable_cert_manager"),
        ("enable_cert_manger", "enable_cert_manager"),
        ("addon_velero", "enable_velero"),
        ("cluster_type", "type"),
        ("cloud_provider", "cloud"),
        ("cluster_name", "clusters"),
        ("Region", "region"),
    ],
)
def test_names_that_were_meant(name, meant):
    assert near.nearest_or_none(name, KNOWN) == meant


@pytest.mark.parametrize(
    "name",
    [
        "enable_falco",
        "enable_loki",
        "enable_kor",
        "enable_spark_operator",
        "enable_rbac_manager",
        "domain",
        "enable",
        "",
    ],
)
def test_names_that_are_others(name):
    assert near.nearest_or_none(name, KNOWN) is None


def test_only_other_spellings_of_the_same_words_are_the_same():
    assert near.likeness("addon_velero", "enable_velero") == near.likeness("argo_cd", "argocd") == 1.0
    assert 0.9 < near.likeness("enable_litellm_operator", "enable_litellm") < 0.999


def test_the_best_of_several_is_taken_whatever_their_order():
    for candidates in (["policy_reporter_ui", "policy_report"], ["policy_report", "policy_reporter_ui"]):
        assert near.nearest_or_none("policy_reporter", candidates) == "policy_report"
    assert near.nearest_or_none("x", []) is None

from typing import Any

from dokaseca.flow.sync import migration

KUBECTL, OURS = "kubectl-client-side-apply", "argocd-controller"


def entry(manager: str, operation: str, *names: str, subresource: str = "") -> dict[str, Any]:
    fields = {f"f:{name}": {} for name in names}
    made = {"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsV1": {"f:data": fields}}
    return {**made, "subresource": subresource} if subresource else made


def patched(*entries: dict[str, Any]) -> Any:
    live = {"metadata": {"name": "a", "resourceVersion": "7", "managedFields": list(entries)}}
    return migration.patch_or_none(live, KUBECTL, OURS)


def test_what_kubectl_applied_becomes_ours() -> None:
    patch = patched(entry(KUBECTL, "Update", "a"), entry("other", "Update", "b"))
    assert patch["metadata"] == {
        "resourceVersion": "7",
        "managedFields": [entry("other", "Update", "b"), entry(OURS, "Apply", "a")],
    }


def test_it_is_united_with_what_we_applied() -> None:
    patch = patched(entry(OURS, "Apply", "a"), entry(KUBECTL, "Update", "a", "b"))
    assert patch["metadata"]["managedFields"] == [entry(OURS, "Apply", "a", "b")]


def test_there_is_nothing_to_do_without_such_fields() -> None:
    assert patched(entry(OURS, "Apply", "a"), entry(KUBECTL, "Update", "b", subresource="status")) is None
    assert patched(entry(KUBECTL, "Apply", "a")) is None

from typing import Any

import pytest

from dokaseca.engine import dependencies
from dokaseca.model.identity import NamespacedName

SHA = "a" * 40
READY = {"sync": {"status": "Synced", "revision": SHA}, "health": {"status": "Healthy"}}


def application(name: str, *needs: str, repository: str = "", **status: Any) -> dict[str, Any]:
    annotations = {dependencies.ANNOTATION: ", ".join(needs)} if needs else {}
    source = {"repoURL": repository or f"https://git.test/{name}", "targetRevision": "main"}
    metadata = {"name": name, "namespace": "argocd", "annotations": annotations}
    return {"metadata": metadata, "spec": {"source": source}, "status": {**READY, **status}}


def why_not(first: dict[str, Any], *others: dict[str, Any], revision: str = SHA) -> str:
    known = {NamespacedName("argocd", one["metadata"]["name"]): one for one in (first, *others)}
    return dependencies.why_not(first, [revision], known.get)


def test_who_depends_on_nobody_waits_for_nobody() -> None:
    assert why_not(application("web")) == ""


def test_names_are_of_the_own_namespace_unless_they_say_so() -> None:
    names = dependencies.names(application("web", "db", "team/cache", "db", ""))
    assert names == (NamespacedName("argocd", "db"), NamespacedName("team", "cache"))


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({}, ""),
        ({"sync": {"status": "OutOfSync"}}, "is OutOfSync and Healthy"),
        ({"health": {"status": "Progressing"}}, "is Synced and Progressing"),
        ({"operationState": {"phase": "Running"}}, "is Synced and Healthy"),
        ({"sync": {}, "health": {}}, "is Unknown and Unknown"),
    ],
)
def test_a_dependency_must_be_in_sync_healthy_and_at_rest(status: dict[str, Any], said: str) -> None:
    found = why_not(application("web", "db"), application("db", **status))
    assert (found == "") if not said else found.endswith(said)


def test_one_that_does_not_exist_is_waited_for() -> None:
    assert "argocd/db, which does not exist" in why_not(application("web", "db"))


def test_of_one_commit_the_dependency_must_have_seen_it() -> None:
    web, db = (
        application(name, *needs, repository="https://git.test/r") for name, needs in (("web", ["db"]), ("db", ()))
    )
    assert why_not(web, db) == ""
    assert why_not(web, db, revision="b" * 40).endswith("has not seen the newest commit yet")


@pytest.mark.parametrize("others", [[("db", "web")], [("db", "cache"), ("cache", "web")], []])
def test_a_circle_is_refused(others: list[tuple[str, str]]) -> None:
    first = application("web", "db" if others else "web")
    assert "makes a circle (argocd/web -> " in why_not(first, *[application(*one) for one in others])

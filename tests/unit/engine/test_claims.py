"""Who is woken when an object of others changes."""

from __future__ import annotations

from collections.abc import Iterable

from dokaseca.engine.claims import Claims
from dokaseca.model.identity import ObjectKey

A, B = (ObjectKey("", "ConfigMap", "team", name) for name in "ab")
CRD = ObjectKey("apiextensions.k8s.io", "CustomResourceDefinition", "", "widgets.example.com")


class Woken:
    def __init__(self) -> None:
        self.claims = Claims()
        self.claims.changed = self._changed
        self.instances: list[str] = []

    def by(self, key: ObjectKey) -> list[str]:
        self.instances = []
        self.claims.tell(key)
        return self.instances

    def _changed(self, instances: Iterable[str]) -> None:
        self.instances = list(instances)


def test_all_who_wait_for_an_object_are_woken() -> None:
    woken = Woken()
    woken.claims.replace("one", frozenset({A}), frozenset())
    woken.claims.replace("two", frozenset({A, B}), frozenset())
    assert woken.by(A) == ["one", "two"]
    assert woken.by(B) == ["two"]


def test_the_last_word_counts() -> None:
    woken = Woken()
    woken.claims.replace("one", frozenset({A}), frozenset({"example.com"}))
    woken.claims.replace("one", frozenset({B}), frozenset())
    assert (woken.by(A), woken.by(B), woken.by(CRD)) == ([], ["one"], [])
    woken.claims.replace("one", frozenset(), frozenset())
    assert woken.by(B) == []


def test_a_definition_wakes_who_waits_for_a_kind_of_its_group() -> None:
    woken = Woken()
    woken.claims.replace("one", frozenset(), frozenset({"example.com"}))
    assert woken.by(CRD) == ["one"]
    assert woken.by(CRD._replace(name="widgets.other.com")) == []
    assert woken.by(A._replace(name="widgets.example.com")) == []

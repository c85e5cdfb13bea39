"""Health scripts: run once per version of an object, never in the middle of a step."""

from __future__ import annotations

from typing import Any

from dokaseca.engine import custom_health
from dokaseca.engine.custom_health import NOT_YET, CustomHealth
from dokaseca.flow.health import customise
from dokaseca.model.errors import TransientError, UserError
from dokaseca.model.health import Health, Verdict
from dokaseca.model.manifest import Manifest

KEY = "resource.customizations.health.x.io_Thing"


class Scripts:
    """Says what it was told to."""

    def __init__(self, answer: Verdict | Exception | None) -> None:
        self.answer = answer
        self.ran: list[str] = []

    async def run(self, script: str, live: Manifest, *, open_libs: bool) -> Verdict | None:
        self.ran.append(f"{script} on {live['metadata']['uid']}@{live['metadata']['resourceVersion']}")
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def _thing(version: str = "1", uid: str = "u", **more: Any) -> Manifest:
    metadata = {"name": "a", "uid": uid, "resourceVersion": version}
    return {"apiVersion": "x.io/v1", "kind": "Thing", "metadata": metadata, **more}


def _health(scripts: Scripts | None, seconds: Any = lambda: 0.0, source: str = "s") -> CustomHealth:
    health = CustomHealth(scripts, seconds)
    health.replace(customise.parse({KEY: source}))
    return health


async def test_a_script_runs_once_per_version() -> None:
    scripts = Scripts(Verdict(Health.DEGRADED, "bad"))
    health = _health(scripts)
    await health.prepare([_thing(), _thing(), _thing("2")])
    await health.prepare([_thing()])
    assert scripts.ran == ["s on u@1", "s on u@2"]
    assert health.assess(_thing()) == Verdict(Health.DEGRADED, "bad")


async def test_another_script_runs_anew() -> None:
    scripts = Scripts(Verdict(Health.HEALTHY))
    health = _health(scripts)
    await health.prepare([_thing()])
    health.replace(customise.parse({KEY: "t"}))
    assert health.assess(_thing()) == NOT_YET
    await health.prepare([_thing()])
    assert scripts.ran == ["s on u@1", "t on u@1"]


async def test_what_has_not_run_is_progressing_and_told() -> None:
    health = _health(Scripts(None))
    missed: list[Manifest] = []
    assert health.assess(_thing(), missed) == NOT_YET
    assert missed == [_thing()]
    await health.prepare(missed)
    assert health.assess(_thing(), missed) is None
    assert len(missed) == 1


async def test_a_wrong_script_is_unknown_and_names_its_key() -> None:
    health = _health(Scripts(UserError("script:1: boom")))
    await health.prepare([_thing()])
    assert health.assess(_thing()) == Verdict(Health.UNKNOWN, f"health script {KEY} of argocd-cm: script:1: boom")


async def test_a_script_that_never_ends_is_left_alone_for_a_while() -> None:
    now = [0.0]
    scripts = Scripts(TransientError("took longer than 4 s"))
    health = _health(scripts, lambda: now[0])
    await health.prepare([_thing(uid=str(number)) for number in range(50)])
    assert len(scripts.ran) == 1
    assert health.assess(_thing(uid="49")) == Verdict(
        Health.UNKNOWN, f"health script {KEY} of argocd-cm: took longer than 4 s"
    )
    now[0] = custom_health.REST_SECONDS
    await health.prepare([_thing()])
    assert len(scripts.ran) == 2


async def test_other_kinds_and_objects_that_go_are_judged_as_ever() -> None:
    scripts = Scripts(Verdict(Health.HEALTHY))
    health = _health(scripts)
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {}, "status": {"phase": "Lost"}}
    await health.prepare([claim])
    assert scripts.ran == []
    verdict = health.assess(claim)
    assert verdict is not None
    assert verdict.status is Health.DEGRADED
    gone = {**_thing(), "metadata": {**_thing()["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}}
    assert health.assess(gone) == Verdict(Health.PROGRESSING, "Pending deletion")


async def test_without_anything_to_run_them_scripts_do_not_count() -> None:
    health = _health(None)
    await health.prepare([_thing()])
    assert health.assess(_thing()) is None


async def test_memory_is_bounded(monkeypatch: Any) -> None:
    monkeypatch.setattr(custom_health, "VERDICTS_KEPT", 3)
    scripts = Scripts(Verdict(Health.HEALTHY))
    health = _health(scripts)
    await health.prepare([_thing(str(number)) for number in range(5)])
    assert health.assess(_thing("4")) == Verdict(Health.HEALTHY)
    assert health.assess(_thing("0")) == NOT_YET

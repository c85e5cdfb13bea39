"""Every operation leaves a record before it begins and one when it has ended; without the first it does not begin."""

from __future__ import annotations

from typing import Any

import orjson
from tests.corridor import objects
from tests.corridor.world import World

from dokaseca.flow.audit import chain


def trail(world: World) -> list[dict[str, Any]]:
    lines = (world.folder / "audit.jsonl").read_bytes().splitlines()
    assert chain.verify(lines) == len(lines)
    return [orjson.loads(line) for line in lines]


async def test_who_changed_what_from_which_commit_is_recorded(world: World) -> None:
    repository = world.repository(files={"app/a.yaml": objects.config_map("a"), "app/b.yaml": objects.config_map("b")})
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await world.settled()
    first = repository.head()
    second = repository.commit({"app/a.yaml": objects.config_map("a", "2")}, remove=("app/b.yaml",))
    await world.settled("web", second)
    await world.request("web")
    await world.ended("web", "Succeeded")
    await world.idle()
    told = [(one["actor"], one["revisions"], one["outcome"], one["counts"]) for one in trail(world)]
    nothing = {"created": 0, "changed": 0, "pruned": 0, "failed": 0}
    assert told == [
        ("automated", [first], "Running", {}),
        ("automated", [first], "Succeeded", {**nothing, "created": 2}),
        ("automated", [second], "Running", {}),
        ("automated", [second], "Succeeded", {**nothing, "changed": 1, "pruned": 1}),
        ("jo", [second], "Running", {}),
        ("jo", [second], "Succeeded", nothing),
    ]
    assert {(one["verb"], one["subject"]) for one in trail(world)} == {("sync", "Application argocd/web")}


async def test_a_failure_is_recorded_with_its_reason_and_no_secret(world: World) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"password": "hunter2"}}
    wrong = {**secret, "type": "kubernetes.io/tls"}
    repository = world.repository(files={"app/s.yaml": wrong})
    policy = {**objects.AUTOMATED, "retry": {"limit": 0}}
    await world.deploy(objects.application("web", repository.url, syncPolicy=policy))
    await world.ended("web", "Failed")
    [begun, record] = trail(world)
    assert begun["outcome"] == "Running"
    assert record["outcome"] == "Failed"
    assert "Secret team/s" in record["message"]
    assert "hunter2" not in str(record) + str(world.app())


async def test_without_its_record_an_operation_does_not_begin(world: World) -> None:
    repository = world.repository(files={"app/a.yaml": objects.config_map("a")})
    obstacle = world.folder / "audit.jsonl"
    obstacle.mkdir()
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await world.until(lambda: world.condition("ComparisonError"))
    assert "the audit trail cannot be" in world.condition("ComparisonError")
    assert str(obstacle) in world.condition("ComparisonError")
    assert "operationState" not in world.status()
    assert world.hub.names(objects.CONFIG_MAP) == []
    obstacle.rmdir()
    status = await world.settled()
    assert [one["id"] for one in status["history"]] == [0]
    assert [one["outcome"] for one in trail(world)] == ["Running", "Succeeded"]


async def test_an_operation_whose_last_record_cannot_be_written_has_not_ended(world: World) -> None:
    """The trail is lost between the two records: the work is done, and reported only once it is recorded."""
    repository = world.repository(files={"app/a.yaml": objects.config_map("a")})
    path = world.folder / "audit.jsonl"
    slow = objects.job("slow", hook="PreSync")
    repository.commit({"app/slow.yaml": slow})
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await world.until(lambda: world.operation().get("phase") == "Running")
    kept = path.read_bytes()
    path.unlink()
    path.mkdir()
    await world.until(lambda: world.condition("ComparisonError"))
    assert world.operation()["phase"] == "Running"
    assert "history" not in world.status()
    path.rmdir()
    path.write_bytes(kept)
    await world.settled()
    assert [one["outcome"] for one in trail(world)] == ["Running", "Succeeded"]

"""What a Job may say, and what of it may change."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.dock.client import Client

JOBS = "/apis/batch/v1/namespaces/default/jobs"
MERGE = "application/merge-patch+json"


def job(restart: str = "Never", **spec: Any) -> dict[str, Any]:
    template = {"spec": {"restartPolicy": restart, "containers": [{"name": "c", "image": "a:1"}]}}
    return {"metadata": {"name": "once"}, "spec": {"template": template, **spec}}


async def change(client: Client, **spec: Any) -> list[tuple[str, str]]:
    """(field, message) of what the change is refused for; empty where it is not."""
    status, answer = await client.ask("PATCH", f"{JOBS}/once", {"spec": spec}, content=MERGE)
    assert status in (200, 422), answer
    causes = answer.get("details", {}).get("causes", [])
    return [(one["field"], one["message"].rpartition(": ")[2]) for one in causes]


async def test_completions_never_change_but_of_an_indexed_job_together_with_parallelism(client: Client):
    await client.post(JOBS, job(completions=2))
    assert await change(client, completions=3) == [("spec.completions", "field is immutable")]
    assert await change(client, parallelism=5) == []


async def test_an_elastic_indexed_job_grows(client: Client):
    await client.post(JOBS, job(completions=2, parallelism=2, completionMode="Indexed"))
    assert await change(client, completions=3, parallelism=3) == []
    found = await change(client, completions=4)
    assert found == [("spec.completions", "can only be modified in tandem with parallelism")]


async def test_a_template_changes_where_pods_go_only_before_a_suspended_job_has_run(client: Client):
    await client.post(JOBS, job(suspend=True))
    aimed = {"spec": {"nodeSelector": {"disk": "ssd"}}}
    assert await change(client, template=aimed) == []
    other = {"spec": {"containers": [{"name": "c", "image": "a:2"}]}}
    assert [field for field, _ in await change(client, template=other)] == ["spec.template"]
    await client.patch(f"{JOBS}/once", {"spec": {"suspend": False}})
    assert [field for field, _ in await change(client, template={"spec": {"nodeSelector": None}})] == ["spec.template"]


@pytest.mark.parametrize(
    ("restart", "spec", "field", "why"),
    [
        ("Never", {"completionMode": "Indexed"}, "spec.completions", "when completion mode is Indexed"),
        ("Never", {"completionMode": "Odd"}, "spec.completionMode", '"Indexed", "NonIndexed"'),
        ("Never", {"backoffLimitPerIndex": 1}, "spec.backoffLimitPerIndex", "requires indexed completion mode"),
        (
            "OnFailure",
            {
                "podFailurePolicy": {
                    "rules": [{"action": "Ignore", "onPodConditions": [{"type": "A", "status": "True"}]}]
                }
            },
            "spec.template.spec.restartPolicy",
            'only "Never" is supported when podFailurePolicy is specified',
        ),
        (
            "Never",
            {"podFailurePolicy": {"rules": [{"action": "Ignore"}]}},
            "spec.podFailurePolicy.rules[0]",
            "specifying one of OnExitCodes and OnPodConditions is required",
        ),
    ],
)
async def test_rules_that_contradict_each_other_are_refused(
    client: Client, restart: str, spec: dict[str, Any], field: str, why: str
):
    if spec.get("completionMode") == "Indexed":
        spec = {**spec, "parallelism": 1}
    refused = await client.refused("POST", JOBS, job(restart, **spec), code=422)
    [cause] = refused["details"]["causes"]
    assert cause["field"] == field
    assert cause["message"].endswith(why)

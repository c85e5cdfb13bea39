"""A report as a comment."""

from __future__ import annotations

import pytest

from dokaseca.flow.diff import markdown, rendered, summary
from dokaseca.flow.diff.summary import ApplicationChange, Report
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest


def _object(kind: str, name: str, **more: object) -> Manifest:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "a"}, **more}


def _report(count: int = 1, lines: int = 1) -> Report:
    changes = []
    for number in range(count):
        old = _object("ConfigMap", "a", data={f"k{line}": "1" for line in range(lines)})
        new = _object("ConfigMap", "a", data={f"k{line}": "2" for line in range(lines)})
        objects = tuple(rendered.compare({manifests.key(old): old}, {manifests.key(new): new}))
        changes.append(ApplicationChange(f"app-{number:03}", "change", "dev", "a", "ApplicationSet s", objects=objects))
    return Report(changes, unchanged_count=7)


def test_a_small_report_is_complete() -> None:
    text = markdown.render(_report(), "main -> feature")
    assert "1 Application (1 changed); 1 object (1 changed); 1 cluster, 1 namespace; 7 unchanged" in text
    assert "`main -> feature`" in text
    assert '-  k0: "1"\n+  k0: "2"' in text
    assert "Left out" not in text


@pytest.mark.parametrize("size", [1_000, 2_000, 5_000, 20_000])
def test_the_size_is_kept_and_details_go_before_summaries(size: int) -> None:
    text = markdown.render(_report(40, 30), "main -> feature", size)
    assert len(text.encode()) <= size
    assert "40 Applications (40 changed)" in text
    assert "details; `dokaseca preview` shows everything." in text
    if size >= 5_000:
        assert all(f"| app-{number:03} |" in text for number in range(40))


def test_what_is_left_out_is_counted() -> None:
    text = markdown.render(_report(40, 30), "main -> feature", 5_000)
    shown = text.count("<details>")
    assert f"**Left out for length:** {40 - shown} details;" in text
    assert text.count("</details>") == shown


def test_errors_and_dangers_come_before_details() -> None:
    gone = _object("PersistentVolumeClaim", "data")
    objects = tuple(rendered.compare({manifests.key(gone): gone}, {}))
    report = Report(
        [
            ApplicationChange("web", "change", "dev", "a", "s", objects=objects),
            ApplicationChange("bad", "change", "dev", "a", "s", error="no such chart @everybody"),
        ],
        errors=["sets.yaml:1: wrong"],
    )
    text = markdown.render(report, "a -> b")
    order = [
        text.index(one) for one in ("sets.yaml:1: wrong", "Application bad", "**deleted**", "| ~ | web", "<details>")
    ]
    assert order == sorted(order)
    assert "@everybody" not in text
    assert report.is_failed
    assert summary.blast(report).error_count == 2


def test_a_diff_cannot_end_its_block() -> None:
    new = _object("ConfigMap", "a", data={"a": "```\n</details>\n````\n"})
    objects = tuple(rendered.compare({}, {manifests.key(new): new}))
    text = markdown.render(Report([ApplicationChange("web", "create", "dev", "a", "s", objects=objects)]), "a -> b")
    assert "\n`````diff\n" in text


def test_values_of_secrets_are_masked_and_still_differ() -> None:
    old, new = (_object("Secret", "a", stringData={"password": one}) for one in ("hunter2", "hunter3"))
    (change,) = rendered.compare({manifests.key(old): old}, {manifests.key(new): new})
    assert change.action == "change"
    assert "hunter" not in change.diff
    assert "aHVudGVy" not in change.diff
    assert '-  password: "++++++++++++"\n+  password: "++++++++"\n' in change.diff


def test_an_object_that_stays_is_no_danger() -> None:
    gone = _object("PersistentVolumeClaim", "data")
    (change,) = rendered.compare({manifests.key(gone): gone}, {}, lambda _: "stays: Prune=false")
    assert (change.note, change.dangers) == ("stays: Prune=false", ())


def test_a_hook_is_made_anew_and_never_immutable() -> None:
    old, new = (
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": "a", "annotations": {"helm.sh/hook": "pre-install"}},
            "spec": {"template": one},
        }
        for one in ("1", "2")
    )
    (change,) = rendered.compare({manifests.key(old): old}, {manifests.key(new): new})
    assert (change.note, change.dangers) == ("hook", ())


def test_removed_definitions_are_counted_whether_or_not_they_are_kept() -> None:
    gone: Manifest = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "backups.example.org"},
    }
    objects = tuple(rendered.compare({manifests.key(gone): gone}, {}, lambda _: "stays"))
    report = Report([ApplicationChange("web", "change", "dev", "a", "s", objects=objects)])
    assert summary.blast(report).crds_removed == ("backups.example.org",)
    assert "CRD removed: `backups.example.org`" in markdown.render(report, "a -> b")


def test_an_object_that_changes_its_application_is_told_and_stays_dangerous() -> None:
    claim = _object("PersistentVolumeClaim", "data")
    lost = tuple(rendered.compare({manifests.key(claim): claim}, {}))
    won = tuple(rendered.compare({}, {manifests.key(claim): claim}))
    changes = [
        ApplicationChange("old", "change", "dev", "a", "s", objects=lost),
        ApplicationChange("new", "change", "dev", "a", "s", objects=won),
        ApplicationChange("elsewhere", "change", "prod", "a", "s", objects=lost),
    ]
    old, new, elsewhere = summary.with_moves(changes)
    assert old.objects[0].note == "Application new has it now: sync that one first"
    assert [one.rule for _, one in old.every_danger()] == ["deleted"]
    assert (new, elsewhere) == (changes[1], changes[2])

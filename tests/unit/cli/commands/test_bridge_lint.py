"""`dokaseca bridge lint` as its user sees it."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from dokaseca.cli.main import root

SET = """apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: web, namespace: argocd}
spec:
  generators:
  - clusters:
      selector:
        matchLabels:
          enable_web: "true"
  template:
    metadata:
      name: web-{{name}}
      labels:
        zone: '{{metadata.labels.zone}}'
    spec:
      source: {repoURL: https://charts.example, chart: web, targetRevision: 1.0.0}
      destination: {name: '{{name}}', namespace: web}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two defects: a flag that no cluster sets (line 9), a label that no cluster has (line 14)."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "addons").mkdir()
    (tmp_path / "addons" / "web.yaml").write_text(SET)
    (tmp_path / "dev.tfvars").write_text('environment = "dev"\nregion = "europe"\nkubernetes_distro = "kind"\n')
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(root, ["bridge", "lint", *arguments])


def lint(*arguments: str) -> Result:
    return call("addons", "--tfvars", "dev.tfvars", *arguments)


def found(*arguments: str) -> list[tuple[str, str, int]]:
    return [(one["rule"], one["file"], one["line"]) for one in orjson.loads(lint("-o", "json", *arguments).stdout)]


def test_a_report_begins_with_a_summary_and_ends_with_a_count(folder):
    result = lint()
    lines = result.stdout.splitlines()
    assert result.exit_code == 1
    assert [line.split()[:4] for line in lines[:3]] == [
        ["SEVERITY", "RULE", "MATTERS", "PLACES"],
        ["error", "label-never-set", "1", "1"],
        ["warning", "selector-without-flag", "1", "1"],
    ]
    assert "error label-never-set: labels that are read and never set (1)" in lines
    assert "  - {{metadata.labels.zone}} reads label zone, which no cluster sets" in lines
    assert "    addons/web.yaml:14" in lines
    assert lines[-1] == "1 error, 1 warning"


def test_what_fails_is_chosen(folder):
    codes = {level: lint("--fail-on", level).exit_code for level in ("error", "warning", "note", "never")}
    assert codes == {"error": 1, "warning": 1, "note": 1, "never": 0}
    only = ("--rule", "selector-without-flag")
    assert [lint(*only).exit_code, lint(*only, "--fail-on", "warning").exit_code] == [0, 1]


def test_nothing_found(folder):
    result = lint("--rule", "vocabulary", "--fail-on", "note")
    assert (result.exit_code, result.stdout) == (0, "nothing found\n")


def test_json_tells_all_about_a_finding(folder):
    assert found() == [("label-never-set", "addons/web.yaml", 14), ("selector-without-flag", "addons/web.yaml", 9)]
    first = orjson.loads(lint("-o", "json").stdout)[0]
    assert set(first) == {"rule", "severity", "file", "line", "subject", "what", "why", "todo"}
    assert (first["severity"], first["subject"]) == ("error", "zone")
    assert first["todo"] == "set the label in the clusters' files, or read one that is set"


def test_a_comment_suppresses_and_one_without_a_reason_is_told(folder):
    text = SET.replace(
        "'{{metadata.labels.zone}}'", "'{{metadata.labels.zone}}' # dokaseca-lint: ignore=label-never-set soon"
    )
    text = text.replace(
        '          enable_web: "true"',
        '          # dokaseca-lint: ignore=selector-without-flag\n          enable_web: "true"',
    )
    (folder / "addons" / "web.yaml").write_text(text)
    result = lint()
    assert result.stdout.splitlines()[-1] == "1 warning; 1 suppressed"
    assert "note: addons/web.yaml:9: a suppression needs a reason" in result.stderr


def test_a_baseline_is_written_and_lets_only_new_findings_through(folder):
    written = lint("--baseline", "known.json", "--write-baseline")
    assert (written.exit_code, written.stdout) == (0, "nothing found; 2 suppressed\n")
    assert lint("--baseline", "known.json", "--fail-on", "note").exit_code == 0
    (folder / "addons" / "web.yaml").write_text(SET.replace("metadata.labels.zone", "metadata.labels.area"))
    assert found("--baseline", "known.json") == [("label-never-set", "addons/web.yaml", 14)]


def test_a_baseline_is_the_same_from_another_folder(folder, monkeypatch):
    lint("--baseline", "known.json", "--write-baseline")
    monkeypatch.chdir(folder / "addons")
    result = call(".", "--tfvars", "../dev.tfvars", "--baseline", "../known.json")
    assert (result.exit_code, result.stdout) == (0, "nothing found; 2 suppressed\n")


def test_sarif_has_relative_paths_and_what_is_suppressed(folder):
    (folder / "addons" / "web.yaml").write_text(
        SET.replace("    metadata:\n", "    # dokaseca-lint: ignore-file=label-never-set soon\n    metadata:\n", 1)
    )
    (run,) = orjson.loads(lint("-o", "sarif").stdout)["runs"]
    assert [(one["ruleId"], one["level"], "suppressions" in one) for one in run["results"]] == [
        ("selector-without-flag", "warning", False),
        ("label-never-set", "error", True),
    ]
    uris = {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in run["results"]}
    assert uris == {"addons/web.yaml"}


def test_many_matters_are_cut_unless_all_are_asked_for(folder):
    labels = "\n".join(f"        l{number}: '{{{{metadata.labels.x{number}}}}}'" for number in range(9))
    (folder / "addons" / "web.yaml").write_text(SET.replace("        zone: '{{metadata.labels.zone}}'", labels))
    short, whole = lint().stdout, lint("--all").stdout
    assert short.count("reads label") == 5
    assert "  and 4 more: x5, x6, x7, x8" in short
    assert whole.count("reads label") == 9
    assert "more: x5" not in whole


def test_many_places_are_cut_unless_all_are_asked_for(folder):
    labels = "\n".join(f"        l{number}: '{{{{metadata.labels.zone}}}}'" for number in range(5))
    (folder / "addons" / "web.yaml").write_text(SET.replace("        zone: '{{metadata.labels.zone}}'", labels))
    assert "    addons/web.yaml:15\n    and 3 more places\n" in lint().stdout
    assert lint("--all").stdout.count("    addons/web.yaml:1") == 5


def test_without_clusters_it_says_what_rests(folder):
    result = call("addons")
    assert (result.exit_code, result.stdout) == (0, "nothing found\n")
    assert (
        "note: no clusters are given (--tfvars, --platform, --clusters): rules that compare with them rest"
        in result.stderr
    )


def test_flags_of_terraform_count(folder):
    (folder / "locals.tf").write_text("locals {\n  a = { enable_web = try(x, false) }\n}\n")
    assert found("--terraform", "locals.tf") == [("label-never-set", "addons/web.yaml", 14)]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "Missing argument 'FOLDERS...'"),
        (("gone",), "there is no file or folder gone"),
        (("dev.tfvars",), "dev.tfvars holds no ApplicationSet"),
        (("addons", "--tfvars", "gone.tfvars"), "gone.tfvars cannot be read: No such file or directory"),
        (("addons", "--tfvars", "bad.tfvars"), "bad.tfvars:1:5: expected a value, not the end of the line"),
        (("addons", "--rule", "nonsense"), "there is no rule 'nonsense'; there are: duplicate-set, "),
        (("addons", "--write-baseline"), "--write-baseline needs --baseline FILE"),
        (("addons", "--baseline", "gone.json"), "gone.json cannot be read: No such file or directory"),
        (("addons", "--baseline", "dev.tfvars"), "dev.tfvars is no baseline: "),
        (("addons", "--baseline", "gone/x.json", "--write-baseline"), "gone/x.json"),
        (("bad.yaml",), "bad.yaml:3:1: "),
    ],
)
def test_every_mistake_is_told_in_a_line(folder, arguments, why):
    (folder / "bad.tfvars").write_text("a = \n")
    (folder / "bad.yaml").write_text("kind: ApplicationSet\na: [\n")
    result = call(*arguments)
    assert result.exit_code == 2
    assert why in result.stderr
    assert "Traceback" not in result.output

"""Running all rules, putting findings together, and taking out what is accepted."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import pytest
from tests.unit.bridge.lint.build import a_set, at, cluster, facts, generated, label, selector

from dokaseca.bridge.lint import check, sarif, suppress
from dokaseca.bridge.lint.finding import Finding, Severity
from dokaseca.bridge.lint.suppress import Ignore, Suppressed
from dokaseca.model.errors import UserError

ROOT = Path(__file__).resolve().parents[4]


def finding(rule: str = "near-miss", line: int = 1, subject: str = "x", severity: Severity = Severity.ERROR) -> Finding:
    return Finding(rule, severity, at(line), subject, f"{subject} is wrong", "correct it")


GIVEN = facts(
    a_set("one", selectors=(selector(("enable_x", "true")),), generated=(generated("a", "dev"),)),
    a_set("two", references=(label("domain"), label("domain")), generated=(generated("a", "dev"),)),
    clusters=[cluster()],
)


def test_every_finding_comes_once_in_the_order_of_the_rules():
    assert [(one.rule, one.subject) for one in check.run(GIVEN)] == [
        ("duplicate-application", "one, two"),
        ("label-never-set", "domain"),
        ("selector-without-flag", "enable_x"),
    ]


def test_without_clusters_only_rules_that_need_none_run():
    alone = facts(*GIVEN.sets)
    assert {one.rule for one in check.run(alone)} == {"duplicate-application"}


def test_one_rule_alone():
    assert {one.rule for one in check.run(GIVEN, [check.BY_ID["label-never-set"]])} == {"label-never-set"}


def test_groups_have_the_worst_first_then_the_rules_then_the_most_places():
    several = [
        finding("double-slash", 1, "a", Severity.WARNING),
        finding("near-miss", 2, "few"),
        finding("near-miss", 3, "many"),
        finding("near-miss", 4, "many", Severity.NOTE),
        finding("duplicate-set", 5, "z"),
    ]
    assert [(one.rule.id, one.subject, one.severity.word, one.places_count) for one in check.groups(several)] == [
        ("duplicate-set", "z", "error", 1),
        ("near-miss", "many", "error", 2),
        ("near-miss", "few", "error", 1),
        ("double-slash", "a", "warning", 1),
    ]


def test_every_rule_is_documented_and_no_other():
    headings = re.findall(r"^## `?([a-z-]+)`?$", (ROOT / "docs/reference/lint-rules.md").read_text(), re.MULTILINE)
    assert headings == [rule.id for rule in check.RULES]


# --- comments ---------------------------------------------------------------------------------------------------------

TEXT = """# dokaseca-lint: ignore-file=vocabulary our folders are older
a: 1  # dokaseca-lint: ignore=near-miss,double-slash known to team-a
   # dokaseca-lint: ignore=label-never-set comes later
b: 2
// dokaseca-lint: ignore=near-miss HCL has these too
"""


def test_comments_cover_their_line_or_the_next_or_the_file():
    found, wrong = suppress.ignores("f", TEXT, check.BY_ID)
    assert found == [
        Ignore(frozenset({"vocabulary"}), "f", 0, "our folders are older"),
        Ignore(frozenset({"near-miss", "double-slash"}), "f", 2, "known to team-a"),
        Ignore(frozenset({"label-never-set"}), "f", 4, "comes later"),
        Ignore(frozenset({"near-miss"}), "f", 6, "HCL has these too"),
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("comment", "why"),
    [
        ("ignore=near-miss", "a suppression needs a reason; write # dokaseca-lint: ignore=RULE reason"),
        ("ignore=near-mis why", "there is no rule 'near-mis'; this comment suppresses nothing"),
        ("ingore=near-miss why", "this comment suppresses nothing; write # dokaseca-lint: ignore=RULE reason"),
        ("ignore near-miss", "this comment suppresses nothing; write # dokaseca-lint: ignore=RULE reason"),
    ],
)
def test_comments_that_were_meant_to_suppress_are_told(comment, why):
    found, wrong = suppress.ignores("f", f"\n# dokaseca-lint: {comment}\n", check.BY_ID)
    assert (found, [str(one) for one in wrong]) == ([], [f"f:2: {why}"])


def test_what_a_comment_covers_is_kept_with_its_reason():
    comments = [
        Ignore(frozenset({"near-miss"}), "sets/web.yaml", 2, "old"),
        Ignore(frozenset({"vocabulary"}), "x", 0, "y"),
    ]
    covered, other_line, other_rule = finding(line=2), finding(line=3), finding("vocabulary", 2)
    assert suppress.apply([covered, other_line, other_rule], comments) == (
        [other_line, other_rule],
        [Suppressed(covered, "old")],
    )
    whole = [Ignore(frozenset({"near-miss"}), "sets/web.yaml", 0, "all")]
    assert suppress.apply([covered, other_line], whole)[0] == []


# --- baseline ---------------------------------------------------------------------------------------------------------


def test_a_baseline_outlives_moved_lines_and_lets_new_findings_through():
    baseline = suppress.baseline_of([finding(line=1), finding(line=2), finding(subject="y")], str.upper)
    assert baseline == {
        "version": 1,
        "findings": {"near-miss | SETS/WEB.YAML | x": 2, "near-miss | SETS/WEB.YAML | y": 1},
    }
    now = [finding(line=7), finding(line=8), finding(line=9), finding("vocabulary")]
    kept, gone = suppress.apply_baseline(now, baseline, str.upper, subject="b.json")
    assert kept == [now[2], now[3]]
    assert [one.reason for one in gone] == ["known to b.json", "known to b.json"]


@pytest.mark.parametrize("value", [[], {}, {"version": 2, "findings": {}}, {"version": 1, "findings": {"x": "y"}}])
def test_what_is_no_baseline_is_refused(value):
    with pytest.raises(UserError, match=r"b\.json is no baseline of this version"):
        suppress.apply_baseline([], value, str, subject="b.json")


# --- SARIF ------------------------------------------------------------------------------------------------------------

TEXT_OBJECT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
SARIF_2_1_0 = {  # the part of the OASIS schema that a log of ours can touch; closed where the standard's is closed
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "items": {"$ref": "#/$defs/run"}},
    },
    "$defs": {
        "run": {
            "type": "object",
            "required": ["tool"],
            "additionalProperties": False,
            "properties": {
                "tool": {
                    "type": "object",
                    "required": ["driver"],
                    "additionalProperties": False,
                    "properties": {"driver": {"$ref": "#/$defs/driver"}},
                },
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
            },
        },
        "driver": {
            "type": "object",
            "required": ["name"],
            "additionalProperties": False,
            "properties": {
                "name": {"type": "string"},
                "semanticVersion": {"type": "string"},
                "informationUri": {"type": "string", "format": "uri"},
                "rules": {
                    "type": "array",
                    "uniqueItems": True,
                    "items": {
                        "type": "object",
                        "required": ["id"],
                        "additionalProperties": False,
                        "properties": {
                            "id": {"type": "string"},
                            "shortDescription": TEXT_OBJECT,
                            "fullDescription": TEXT_OBJECT,
                            "help": TEXT_OBJECT,
                            "helpUri": {"type": "string", "format": "uri"},
                        },
                    },
                },
            },
        },
        "result": {
            "type": "object",
            "required": ["message"],
            "additionalProperties": False,
            "properties": {
                "ruleId": {"type": "string"},
                "ruleIndex": {"type": "integer", "minimum": -1},
                "level": {"enum": ["none", "note", "warning", "error"]},
                "message": TEXT_OBJECT,
                "locations": {"type": "array", "items": {"$ref": "#/$defs/location"}},
                "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
                "suppressions": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["kind"],
                        "additionalProperties": False,
                        "properties": {"kind": {"enum": ["inSource", "external"]}, "justification": {"type": "string"}},
                    },
                },
            },
        },
        "location": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "physicalLocation": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "artifactLocation": {
                            "type": "object",
                            "additionalProperties": False,
                            "properties": {
                                "uri": {"type": "string", "format": "uri-reference", "pattern": "^[^ {}]+$"}
                            },
                        },
                        "region": {
                            "type": "object",
                            "additionalProperties": False,
                            "properties": {"startLine": {"type": "integer", "minimum": 1}},
                        },
                    },
                }
            },
        },
    },
}


def test_a_log_is_sarif():
    findings = [*check.run(GIVEN), finding(line=3), finding(line=4)]
    gone = [Suppressed(finding("vocabulary", 9), "old folders"), Suppressed(finding("vocabulary"), "known to b.json")]
    log = sarif.log(findings, gone, lambda file: f"a b/{file}", version="1.2.3")
    jsonschema.Draft202012Validator(SARIF_2_1_0).validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.id for rule in check.RULES]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])
    assert run["results"][0]["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "a%20b/sets/web.yaml"},
                "region": {"startLine": 2},
            }
        }
    ]
    assert run["results"][-3]["message"]["text"] == "x is wrong; correct it"
    assert [one.get("suppressions") for one in run["results"][-2:]] == [
        [{"kind": "inSource", "justification": "old folders"}],
        [{"kind": "external", "justification": "known to b.json"}],
    ]
    marks = [one["partialFingerprints"]["dokasecaLint/v1"] for one in run["results"]]
    assert len(set(marks)) == len(marks)
    moved = sarif.log([finding(line=30)], [], lambda file: f"a b/{file}", version="1.2.3")
    assert moved["runs"][0]["results"][0]["partialFingerprints"]["dokasecaLint/v1"] == marks[-4]

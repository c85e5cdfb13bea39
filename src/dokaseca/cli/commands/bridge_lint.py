"""`dokaseca bridge lint`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

import dokaseca
from dokaseca.bridge.lint import check, sarif, suppress
from dokaseca.bridge.lint.finding import Finding, Rule, Severity
from dokaseca.bridge.lint.suppress import Suppressed
from dokaseca.cli import exit_codes, output
from dokaseca.cli.commands import appset_options, bridge_report
from dokaseca.wiring.offline import lint_baseline, lint_facts
from dokaseca.wiring.offline.lint_facts import Gathered, LintInputs

FAIL_ON = {"note": Severity.NOTE, "warning": Severity.WARNING, "error": Severity.ERROR}

_HELP = """Find what does not fit between clusters and the ApplicationSets that select on them.

Clusters are described by tfvars of the Terraform control plane, by a platform file, or by Secrets; FOLDERS hold the
ApplicationSets, and the repository around them the value files. Findings have file and line; those of one matter
are shown together, what matters most first.

A comment `# dokaseca-lint: ignore=RULE reason` on a line or above it suppresses a finding there; with ignore-file it
covers the file. A baseline keeps what is known from being reported again. Exits with 1 when a finding is as bad as
--fail-on says.

\b
Examples:
  dokaseca bridge lint --tfvars dev.tfvars --tfvars prod.tfvars ../addons
  dokaseca bridge lint --tfvars dev.tfvars --terraform terraform/distributed ../addons --rule near-miss --all
  dokaseca bridge lint --platform platform.yaml addons --fail-on warning -o sarif > lint.sarif
  dokaseca bridge lint --platform platform.yaml addons --baseline lint.json --write-baseline
"""


@dataclass(frozen=True, slots=True)
class _Result:
    """What there is to report."""

    findings: list[Finding]
    suppressed: list[Suppressed]


@click.command("lint", help=_HELP)
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--tfvars", multiple=True, type=click.Path(path_type=Path), help="Variables of a cluster; may be repeated."
)
@click.option("--platform", multiple=True, type=click.Path(path_type=Path), help="A platform file.")
@click.option(
    "--clusters",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE|FOLDER",
    help="Cluster Secrets, or files of a clusters repository; may be repeated.",
)
@click.option(
    "--terraform",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE|FOLDER",
    help="Terraform code whose locals declare flags (enable_*) that tfvars may leave out; may be repeated.",
)
@click.option("--repo", multiple=True, metavar="URL=FOLDER", help="Where a repository lies on this machine.")
@click.option("--environments", metavar="A,B,C", help="Environments in the order in which versions reach them.")
@click.option("--rule", "rules", multiple=True, help="Only this rule; may be repeated.")
@click.option("--all", "is_all", is_flag=True, help="Show every matter and every place.")
@click.option(
    "--fail-on", type=click.Choice(("error", "warning", "note", "never")), default="error", show_default=True,
    help="How bad a finding must be to exit with 1.",
)  # fmt: skip
@click.option("--baseline", type=click.Path(path_type=Path), metavar="FILE", help="Findings that are known already.")
@click.option("--write-baseline", is_flag=True, help="Write all findings of now into --baseline, and report none.")
@click.option(
    "-o", "--output", "form", type=click.Choice(("table", "json", "sarif")), default="table", show_default=True,
    help="How to print.",
)  # fmt: skip
def command(**options: Any) -> int:
    """Gather, check, take out what is accepted, print."""
    chosen = _rules(options["rules"])
    given = LintInputs(
        options["folders"],
        (*options["tfvars"], *options["platform"], *options["clusters"]),
        options["terraform"],
        options["repo"],
        [name.strip() for name in (options["environments"] or "").split(",") if name.strip()],
    )
    with appset_options.ProgressLine() as progress:
        gathered = asyncio.run(lint_facts.gather(given, progress))
    result = _accepted(check.run(gathered.facts, chosen), gathered, options["baseline"], options["write_baseline"])
    _print(result, options["form"], is_all=options["is_all"])
    _tell(gathered)
    if gathered.problems:
        return exit_codes.USAGE
    threshold = FAIL_ON.get(options["fail_on"])
    is_failed = threshold is not None and any(one.severity >= threshold for one in result.findings)
    return exit_codes.NO if is_failed else exit_codes.OK


def _rules(names: Sequence[str]) -> list[Rule]:
    for name in names:
        if name not in check.BY_ID:
            raise click.UsageError(f"there is no rule {name!r}; there are: {', '.join(check.BY_ID)}")
    return [rule for rule in check.RULES if not names or rule.id in names]


def _accepted(findings: list[Finding], gathered: Gathered, baseline: Path | None, write: bool) -> _Result:
    """Without what comments and the baseline cover."""
    comments = []
    for file, text in gathered.texts.items():
        found, wrong = suppress.ignores(file, text, check.BY_ID)
        comments += found
        gathered.notes += [str(one) for one in wrong]
    kept, gone = suppress.apply(findings, comments)
    if write:
        if baseline is None:
            raise click.UsageError("--write-baseline needs --baseline FILE")
        lint_baseline.write(baseline, kept)
        return _Result([], [*gone, *(Suppressed(one, f"known to {baseline}") for one in kept)])
    if baseline is not None:
        kept, known = lint_baseline.apply(baseline, kept)
        gone += known
    return _Result(kept, gone)


def _print(result: _Result, form: str, *, is_all: bool) -> None:
    if form == "sarif":
        output.print_json(sarif.log(result.findings, result.suppressed, _from_here, version=dokaseca.__version__))
    elif form == "json":
        output.print_json([_as_json(one) for one in result.findings])
    else:
        if result.findings:
            click.echo(bridge_report.summary(result.findings) + "\n")
            click.echo(bridge_report.details(result.findings, is_all=is_all) + "\n")
        click.echo(bridge_report.counted(result.findings, len(result.suppressed)))


def _as_json(finding: Finding) -> dict[str, Any]:
    rule = check.BY_ID[finding.rule]
    return {
        "rule": finding.rule,
        "severity": finding.severity.word,
        "file": finding.place.file,
        "line": finding.place.line,
        "subject": finding.subject,
        "what": finding.what,
        "why": rule.why,
        "todo": finding.todo or rule.todo,
    }


def _tell(gathered: Gathered) -> None:
    appset_options.problems(gathered.problems)
    if not gathered.facts.clusters:
        appset_options.note(
            "no clusters are given (--tfvars, --platform, --clusters): rules that compare with them rest"
        )
    for message in dict.fromkeys(gathered.notes):
        appset_options.note(message)


def _from_here(file: str) -> str:
    """A path as code hosts want it: relative to the folder in which the command runs."""
    return Path(os.path.relpath(file)).as_posix()

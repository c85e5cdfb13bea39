"""Findings for a person: what matters most first, one line for a matter however many places it shows at."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import groupby

import click

from dokaseca.bridge.lint import check
from dokaseca.bridge.lint.check import Group
from dokaseca.bridge.lint.finding import Finding, Rule, Severity
from dokaseca.cli import shown
from dokaseca.cli.output import Table, text

GROUPS_SHOWN = 5  # of one rule, unless all are asked for
PLACES_SHOWN = 2  # of one matter
_WIDTH = 110
_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}


def summary(findings: Sequence[Finding]) -> str:
    """How many matters and places each rule has found, worst first."""
    rows = [
        (groups[0].severity.word, rule.id, str(len(groups)), str(sum(one.places_count for one in groups)), rule.title)
        for rule, groups in _by_rule(findings)
    ]
    return text(Table(("SEVERITY", "RULE", "MATTERS", "PLACES", "WHAT"), rows))


def details(findings: Sequence[Finding], *, is_all: bool) -> str:
    """Each rule with why it matters, what to do, and its matters with their places."""
    return "\n\n".join(_section(rule, groups, is_all=is_all) for rule, groups in _by_rule(findings))


def counted(findings: Sequence[Finding], suppressed_count: int) -> str:
    """The last line: all in numbers."""
    words = [
        f"{count} {severity.word}{'s' * (count != 1)}"
        for severity in sorted(Severity, reverse=True)
        if (count := sum(one.severity == severity for one in findings))
    ]
    more = f"; {suppressed_count} suppressed" if suppressed_count else ""
    return f"{', '.join(words) or 'nothing found'}{more}"


def _by_rule(findings: Sequence[Finding]) -> list[tuple[Rule, list[Group]]]:
    """The groups of each rule, rules with the worst finding first."""
    ordered = check.groups(findings)
    first: dict[str, int] = {}
    for number, group in enumerate(ordered):
        first.setdefault(group.rule.id, number)
    ordered.sort(key=lambda one: first[one.rule.id])
    return [(check.BY_ID[rule], list(groups)) for rule, groups in groupby(ordered, key=lambda one: one.rule.id)]


def _section(rule: Rule, groups: list[Group], *, is_all: bool) -> str:
    severity = groups[0].severity
    head = f"{click.style(severity.word, fg=_COLOURS[severity], bold=True)} {rule.id}: {rule.title} ({len(groups)})"
    lines = [head, *_wrapped(f"{rule.why}; {rule.todo}", "  ")]
    limit = len(groups) if is_all else GROUPS_SHOWN
    for group in groups[:limit]:
        lines += _matter(group, is_all=is_all)
    if len(groups) > limit:
        rest = ", ".join(one.subject for one in groups[limit:])
        lines += _wrapped(f"and {len(groups) - limit} more: {rest}", "  ")
    return "\n".join(lines)


def _matter(group: Group, *, is_all: bool) -> list[str]:
    first = group.findings[0]
    advice = f"; {first.todo}" if first.todo else ""
    lines = _wrapped(f"- {first.what}{advice}", "  ", later="    ")
    places = list(dict.fromkeys(str(one.place) for one in group.findings))
    told = places if is_all else places[:PLACES_SHOWN]
    more = len(places) - len(told)
    lines += [f"    {shown.line(one)}" for one in told]
    if more > 0:
        lines.append(f"    and {more} more place{'s' * (more != 1)}")
    return lines


def _wrapped(value: str, indent: str, later: str | None = None) -> list[str]:
    return textwrap.wrap(
        shown.line(value),
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if later is None else later,
        break_long_words=False,
        break_on_hyphens=False,
    )

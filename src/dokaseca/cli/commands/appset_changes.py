"""Changes of Applications as text and as Markdown: what is alike is shown once."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import click

from dokaseca.cli import output, shown
from dokaseca.wiring.offline.compare import Change, Comparison

NAMES_SHOWN: Final = 8  # of Applications that change alike
PROBLEMS_SHOWN: Final = 10  # of a kind, in a comment
MARKDOWN_CHARS: Final = 60_000  # a comment on GitHub may have 65,536
_SIGNS: Final = {"appears": "+", "changes": "~", "vanishes": "-"}
_COLOURS: Final = {"+": "green", "~": "yellow", "-": "red"}
_VERBS: Final = {"appears": ("appears", "appear"), "changes": ("changes", "change"), "vanishes": ("vanishes", "vanish")}


@dataclass(frozen=True, slots=True)
class _Group:
    """Applications that differ in the same fields for the same reasons."""

    first: Change
    names: tuple[str, ...]
    sets: tuple[str, ...]

    @property
    def title(self) -> str:
        """How many, of which ApplicationSets."""
        verb = _VERBS[self.first.kind][len(self.names) > 1]
        who = self.names[0] if len(self.names) == 1 else f"{len(self.names)} Applications"
        whose = self.sets[0] if len(self.sets) == 1 else f"{len(self.sets)} ApplicationSets"
        return f"{who} {verb} (ApplicationSet {whose})" if len(self.sets) == 1 else f"{who} {verb} ({whose})"


def groups(changes: Sequence[Change]) -> list[_Group]:
    """Alike is what changes the same fields of one ApplicationSet for the same reasons, but for the cluster's name; and
    what appears or vanishes for the same reasons."""
    found: dict[object, list[Change]] = {}
    for one in changes:
        found.setdefault(_likeness(one), []).append(one)
    return [
        _Group(
            several[0],
            tuple(one.name for one in several),
            tuple(dict.fromkeys(one.application_set for one in several)),
        )
        for several in found.values()
    ]


def _likeness(one: Change) -> object:
    if one.kind != "changes":
        return one.kind, one.why, bool(one.problem)
    told = repr((one.fields, one.why, one.problem))
    if one.cluster:
        told = re.sub(rf"(?<![A-Za-z0-9]){re.escape(one.cluster)}(?![A-Za-z0-9])", "{cluster}", told)
    return one.kind, one.application_set, told


def summary(found: Comparison) -> str:
    """All in numbers."""
    counts = {kind: sum(one.kind == kind for one in found.changes) for kind in _VERBS}
    told = [f"{count} {_VERBS[kind][count != 1]}" for kind, count in counts.items() if count]
    return f"{', '.join(told) or 'no differences'}; {found.unchanged_count} unchanged"


def text(found: Comparison) -> str:
    """For a terminal."""
    lines: list[str] = []
    for group in groups(found.changes):
        lines += [*_text(group), ""]
    return "\n".join([*lines, summary(found)])


def _text(group: _Group) -> Iterator[str]:
    change, sign = group.first, _SIGNS[group.first.kind]
    yield _coloured(f"{sign} {group.title}", _COLOURS[sign])
    if len(group.names) > 1:
        yield f"    {_names(group.names)}"
        if change.fields:
            yield f"    as {group.names[0]}:"
    for each in change.fields:
        yield f"    {shown.line(each.path)}"
        for line in each.lines:
            yield f"      {_coloured(_plain(line), {'+': 'green', '-': 'red'}.get(line[:1], ''))}"
    if change.problem:
        yield f"    refused: {shown.line(change.problem)}"
    for reason in change.why:
        yield f"    because {shown.line(reason)}"


def _coloured(line: str, colour: str) -> str:
    return click.style(line, fg=colour) if colour and output.is_terminal() else line


def _plain(line: str) -> str:
    return line if line.isprintable() else "".join(one if one.isprintable() else " " for one in line)


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more


def markdown(found: Comparison, compared: str) -> str:
    """For a comment on a pull request: the numbers first, then details until the size is used up."""
    head = [f"### Applications: {summary(found)}", "", f"`{compared}`", ""]
    head += [f"> **Not known:** {_escaped(shown.line(one))}\n" for one in found.failed[:PROBLEMS_SHOWN]]
    head += [f"> **Refused:** {_escaped(shown.line(one))}\n" for one in found.refused[:PROBLEMS_SHOWN]]
    every = groups(found.changes)
    parts, size = [], len("\n".join(head))
    for number, group in enumerate(every):
        part = "\n".join(_markdown(group))
        if size + len(part) > MARKDOWN_CHARS - 200:  # room for the last line
            parts.append(
                f"... and {len(every) - number} more groups of changes; `dokaseca appset diff` shows them all\n"
            )
            break
        parts.append(part)
        size += len(part) + 1
    return "\n".join([*head, *parts])[:MARKDOWN_CHARS]


def _markdown(group: _Group) -> Iterator[str]:
    change = group.first
    yield f"<details><summary>{_SIGNS[change.kind]} {html.escape(group.title, quote=False)}</summary>"
    yield ""
    if len(group.names) > 1:
        yield f"{_escaped(_names(group.names))}\n"
    for reason in change.why:
        yield f"- because {_escaped(shown.line(reason))}"
    if change.problem:
        yield f"- **refused**: {_escaped(shown.line(change.problem))}"
    if change.fields:
        fence = "`" * max(3, 1 + max(_longest_ticks(line) for each in change.fields for line in each.lines))
        yield f"\n{fence}diff"
        for each in change.fields:
            yield f"@@ {shown.line(each.path)} @@"
            yield from (_plain(line) for line in each.lines)
        yield fence
    yield "\n</details>\n"


def _longest_ticks(line: str) -> int:
    longest = current = 0
    for one in line:
        current = current + 1 if one == "`" else 0
        longest = max(longest, current)
    return longest


def _escaped(value: str) -> str:
    """Text that stays text in Markdown and HTML."""
    return "".join(f"\\{one}" if one in "\\`*_[]|#" else one for one in html.escape(value, quote=False))

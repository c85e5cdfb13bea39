"""A report as a comment on a pull request: summaries first, details as long as there is room. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dokaseca.flow.diff import summary
from dokaseca.flow.diff.summary import ApplicationChange, Report

MAX_BYTES: Final = 65_000  # a comment on GitHub may have 65,536 characters
LEAST_BYTES: Final = 1_000  # the headline and what was left out fit in any case
_RESERVE: Final = 200  # for the sentence on what was left out
_LINE: Final = 400  # characters of one message: an error of Helm may be a page
_SIGNS: Final = {"create": "+", "change": "~", "delete": "-", "prune": "-"}


@dataclass(slots=True)
class _Page:
    """Text within a budget; what does not fit is counted."""

    room: int
    parts: list[str]

    def add(self, text: str) -> bool:
        size = len(text.encode(errors="replace")) + 1
        if size > self.room:
            return False
        self.parts.append(text)
        self.room -= size
        return True


def render(report: Report, compared: str, max_bytes: int = MAX_BYTES) -> str:
    """Markdown of at most `max_bytes`.

    In this order, as far as there is room: the headline, errors, dangers, one line per Application; then details, those
    of Applications with dangers first. The end says what was left out.

    Args:
        compared: what the report compares, such as `main -> feature`.
    """
    page = _Page(max(max_bytes, LEAST_BYTES) - _RESERVE, [])
    page.add(f"### Preview: {summary.headline(report)}\n\n{_code(compared)}\n")
    left = {
        "errors": _listed(page, [_error(one) for one in _errors(report)]),
        "dangers": _listed(page, list(_dangers(report))),
    }
    removed = summary.blast(report).crds_removed
    left["removed CRDs"] = _listed(page, [f"- CRD removed: {_code(name)}" for name in removed])
    left["Applications"] = _listed(page, _table(report), head="| | Application | cluster | objects |\n|-|-|-|-|")
    left["details"] = _details(page, report)
    missing = [f"{count} {what}" for what, count in left.items() if count]
    if missing:
        page.parts.append(f"**Left out for length:** {', '.join(missing)}; `dokaseca preview` shows everything.")
    return "\n".join(page.parts).rstrip() + "\n"


def _listed(page: _Page, lines: list[str], head: str = "") -> int:
    """Lines as far as they fit; how many did not."""
    if lines and head and not page.add(head):
        return len(lines)
    for number, line in enumerate(lines):
        if not page.add(line):
            page.parts.append("")
            return len(lines) - number
    if lines:
        page.add("")
    return 0


def _errors(report: Report) -> Iterator[str]:
    yield from report.errors
    for one in report.applications:
        if one.error:
            yield f"Application {one.name}: {one.error}"


def _error(text: str) -> str:
    return f"- :x: {_escaped(_short(text))}"


def _dangers(report: Report) -> Iterator[str]:
    found = [(danger, what, one) for one in report.applications for what, danger in one.every_danger()]
    for danger, what, one in sorted(found, key=lambda each: each[0].level):
        sign = ":rotating_light:" if danger.level == "danger" else ":warning:"
        where = "" if what.startswith("Application ") else f" (Application {one.name}, {one.cluster})"
        yield f"- {sign} **{danger.rule}** {_escaped(_short(f'{what}{where}: {danger.message}'))}"


def _table(report: Report) -> list[str]:
    return [
        f"| {_SIGNS[one.action]} | {_escaped(one.name)} | {_escaped(one.cluster)} | {_escaped(_objects(one))} |"
        for one in report.applications
    ]


def _objects(one: ApplicationChange) -> str:
    if one.error:
        return "not known: an error"
    actions = [each.action for each in one.objects]
    told = [f"{_SIGNS[name]}{actions.count(name)}" for name in ("create", "change", "prune") if name in actions]
    return " ".join(told) or "none"


def _details(page: _Page, report: Report) -> int:
    """Details as far as they fit, small ones after a large one that does not; how many Applications got none."""
    with_details = [one for one in report.applications if one.spec_diff or one.objects]
    ordered = sorted(with_details, key=lambda one: not any(True for _ in one.every_danger()))
    return sum(not page.add("\n".join(_detail(one))) for one in ordered)


def _detail(one: ApplicationChange) -> Iterator[str]:
    title = f"{_SIGNS[one.action]} {_html(one.name)} on {_html(one.cluster)} ({_html(one.origin)})"
    yield f"<details><summary>{title}</summary>\n"
    if one.base_error:
        yield f"> base could not be rendered: {_escaped(_short(one.base_error))}\n"
    if one.spec_diff:
        yield from _fenced(one.spec_diff)
    for each in one.objects:
        note = f": {_escaped(each.note)}" if each.note else ""
        yield f"\n{_SIGNS[each.action]} {_code(str(each.key))}{note}\n"
        yield from _fenced(each.diff)
    yield "\n</details>\n"


def _fenced(text: str) -> Iterator[str]:
    """A block that nothing in `text` can end."""
    fence = "`" * max(3, _longest_ticks(text) + 1)
    yield f"{fence}diff"
    yield text.rstrip("\n")
    yield fence


def _longest_ticks(text: str) -> int:
    longest = current = 0
    for one in text:
        current = current + 1 if one == "`" else 0
        longest = max(longest, current)
    return longest


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LINE else line[:_LINE] + "..."


def _code(text: str) -> str:
    """One line of code; a backtick in it would end it."""
    return "`" + " ".join(text.split()).replace("`", "'") + "`"


def _html(text: str) -> str:
    for one, other in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(one, other)
    return " ".join(text.split())


def _escaped(text: str) -> str:
    """Text that stays text in Markdown, mentions of people included."""
    plain = "".join(f"\\{one}" if one in "\\`*_[]|#" else one for one in _html(text))
    return plain.replace("@", "@\u200b")

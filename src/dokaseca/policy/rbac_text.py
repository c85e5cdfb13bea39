"""Lines `p` and `g` of argocd-rbac-cm, and the built-in roles (Argo CD: C2). Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from dokaseca.kit import globs, regex
from dokaseca.policy import rbac
from dokaseca.policy.rbac import MatchMode, Policy, Rule

CONFIG: Final = "argocd-rbac-cm"
POLICY_BYTES: Final = 1 << 20  # of all lines: a ConfigMap holds no more
MODES: Final = ("glob", "regex")
PLAIN: Final = ("*", "**")

_ADMIN: Final = {
    "applications": ("create", "update", "update/*", "delete", "delete/*", "sync", "rollback", "override", "action/*"),
    "applicationsets": ("create", "update", "delete"),
    "certificates": ("create", "update", "delete"),
    "clusters": ("create", "update", "delete"),
    "repositories": ("create", "update", "delete"),
    "write-repositories": ("create", "update", "delete"),
    "projects": ("create", "update", "delete"),
    "accounts": ("create", "update", "delete"),
    "gpgkeys": ("create", "delete"),
    "exec": ("create",),
}
_READ_ONLY: Final = tuple(name for name in rbac.RESOURCES if name not in ("exec", "extensions"))
_SLASHED: Final = ("applications", "applicationsets", "logs", "exec")
BUILT_IN_MEMBERS: Final = {"role:admin": ("role:readonly",), "admin": ("role:admin",)}


class Problem(NamedTuple):
    """What is wrong with a line; `place` is the key or file, `line` counts from 1, 0 where no line is meant.

    Attributes:
        is_error: Argo CD would not take the policy, or the line cannot mean what its author wanted; else a doubt.
    """

    place: str
    line: int
    message: str
    is_error: bool = True

    def __str__(self) -> str:
        where = f"{self.place}:{self.line}" if self.line else self.place
        return f"{where}: {'error' if self.is_error else 'warning'}: {self.message}"


class Member(NamedTuple):
    """One line `g`."""

    subject: str
    role: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line that could be read, and where it stands."""

    place: str
    number: int
    entry: Rule | Member


def lines(text: str, place: str) -> Iterator[Line | Problem]:
    """The lines of one `policy.csv`; blanks and comments are left out."""
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        entry = _entry(line)
        yield Problem(place, number, entry) if isinstance(entry, str) else Line(place, number, entry)


def texts(data: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Key and text of `policy.csv`, then of every `policy.<x>.csv` in the order of the keys."""
    if "policy.csv" in data:
        yield "policy.csv", data["policy.csv"]
    for key in sorted(data):
        if key != "policy.csv" and key.startswith("policy.") and key.endswith(".csv"):
            yield key, data[key]


def read(data: Mapping[str, str]) -> tuple[Policy, list[Problem]]:
    """The policy of argocd-rbac-cm with the built-in roles, and what is wrong with it."""
    found = [one for place, text in texts(data) for one in lines(text, place)]
    mode = data.get("policy.matchMode") or "glob"
    problems = [one for one in found if isinstance(one, Problem)]
    if mode not in MODES:
        problems.append(Problem("policy.matchMode", 0, f'is "{mode}"; write glob or regex'))
    if sum(len(text.encode()) for _, text in texts(data)) > POLICY_BYTES:
        problems.append(Problem(CONFIG, 0, f"has more than {POLICY_BYTES} bytes of lines; make it shorter"))
    read_lines = [one for one in found if isinstance(one, Line)]
    kept: MatchMode = "regex" if mode == "regex" else "glob"
    policy = build((one.entry for one in read_lines), data.get("policy.default") or "", kept)
    problems += [problem for one in read_lines for problem in _doubts(one, policy)]
    if policy.default_role and policy.default_role not in policy.rules:
        problems.append(
            Problem("policy.default", 0, f"names {policy.default_role}, which no line defines", is_error=False)
        )
    return policy, problems


def build(entries: Iterable[Rule | Member], default_role: str = "", mode: MatchMode = "glob") -> Policy:
    """A policy of these lines and the built-in ones."""
    rules: dict[str, list[Rule]] = {}
    members = {name: list(roles) for name, roles in BUILT_IN_MEMBERS.items()}
    _add(rules, members, (*_built_in(), *entries))
    return Policy(rules, members, default_role, mode)


def extend(policy: Policy, entries: Iterable[Rule | Member]) -> Policy:
    """The policy with more lines, such as those of projects."""
    rules = {subject: list(found) for subject, found in policy.rules.items()}
    members = {subject: list(roles) for subject, roles in policy.members.items()}
    _add(rules, members, entries)
    return replace(policy, rules=rules, members=members)


def _add(rules: dict[str, list[Rule]], members: dict[str, list[str]], entries: Iterable[Rule | Member]) -> None:
    for entry in entries:
        if isinstance(entry, Member):
            members.setdefault(entry.subject, []).append(entry.role)
        else:
            rules.setdefault(entry.subject, []).append(entry)


def _entry(line: str) -> Rule | Member | str:
    """The line, or what is wrong with it."""
    try:
        fields = next(csv.reader(io.StringIO(line), skipinitialspace=True, strict=True))
    except (csv.Error, StopIteration) as error:
        return f"is no line of comma-separated values: {error}"
    if fields[0] == "g":
        if len(fields) != 3:
            return f"has {len(fields)} fields; write `g, subject, role`"
        return Member(fields[1], fields[2])
    if fields[0] != "p":
        return f"begins with {fields[0]!r}; write `p, subject, resource, action, object, effect` or `g, subject, role`"
    if len(fields) != 6:
        return f"has {len(fields)} fields; write `p, subject, resource, action, object, effect`"
    if fields[5] not in ("allow", "deny"):
        return f"has the effect {fields[5]!r}; write allow or deny"
    return Rule(fields[1], fields[2], fields[3], fields[4], fields[5] == "allow")


def _doubts(line: Line, policy: Policy) -> Iterator[Problem]:
    """What a line that can be read gets wrong."""
    entry = line.entry
    if any(part != part.rstrip() for part in entry if isinstance(part, str)):
        yield Problem(line.place, line.number, "has a space before a comma, which belongs to the value; remove it")
    if isinstance(entry, Member):
        if entry.role not in policy.rules and entry.role not in policy.members and not entry.role.startswith("proj:"):
            yield Problem(
                line.place, line.number, f"gives the role {entry.role}, which no line defines", is_error=False
            )
        return
    for pattern in (entry.resource, entry.action, entry.object):
        if wrong := _wrong_pattern(pattern, policy.mode):
            yield Problem(line.place, line.number, f"{pattern!r} is no {policy.mode}: {wrong}")
    if policy.mode == "regex":
        return
    yield from _unknown_names(line, entry)


def _unknown_names(line: Line, rule: Rule) -> Iterator[Problem]:
    if rule.resource not in rbac.RESOURCES:
        if not _is_pattern(rule.resource):
            names = ", ".join(rbac.RESOURCES)
            yield Problem(line.place, line.number, f"there is no resource {rule.resource!r}; there are: {names}")
        return
    if not rbac.is_known_action(rule.resource, rule.action) and not _is_pattern(rule.action):
        names = ", ".join(rbac.RESOURCES[rule.resource])
        message = f"{rule.resource} have no action {rule.action!r}; there are: {names}"
        yield Problem(line.place, line.number, message)
    if rule.resource in _SLASHED and "/" not in rule.object and rule.object not in PLAIN:
        message = f"the object {rule.object!r} covers nothing: {rule.resource} are called <project>/<name>"
        yield Problem(line.place, line.number, message, is_error=False)


def _is_pattern(text: str) -> bool:
    return any(char in text for char in "*?[{")


def _wrong_pattern(pattern: str, mode: MatchMode) -> str:
    if mode == "glob":
        return "" if globs.is_valid(pattern) else "a bracket or brace stays open, or a backslash ends it"
    try:
        regex.compiled(pattern)
    except ValueError as error:
        return str(error)
    return ""


def _built_in() -> Iterator[Rule]:
    for resource in _READ_ONLY:
        yield Rule("role:readonly", resource, "get", _all_of(resource), allows=True, is_glob=True)
    for resource, actions in _ADMIN.items():
        for action in actions:
            yield Rule("role:admin", resource, action, _all_of(resource), allows=True, is_glob=True)


def _all_of(resource: str) -> str:
    return "*/*" if resource in _SLASHED else "*"

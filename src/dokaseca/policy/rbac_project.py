"""The roles of an AppProject: what their lines mean, and what is wrong with them (Argo CD: C1, C2). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest
from dokaseca.policy import rbac, rbac_text
from dokaseca.policy.rbac import Rule
from dokaseca.policy.rbac_text import Line, Member, Problem

RESOURCES: Final = ("applications", "applicationsets", "repositories", "clusters", "logs", "exec")


def entries(project: Manifest) -> Iterator[Rule | Member]:
    """The lines of its roles, of their groups, and that each role may see its project.

    A line that is wrong, or that reaches out of the project, gives nothing: Argo CD would not take the project.
    """
    name = manifests.name(project)
    for role in manifests.get(project, "spec", "roles", default=[]):
        subject = _subject(name, role)
        yield Rule(subject, "projects", "get", name, allows=True, is_glob=True)
        for found in _lines(name, role):
            if isinstance(found, Line) and isinstance(found.entry, Rule):
                yield found.entry._replace(is_glob=True)
        for group in role.get("groups") or []:
            yield Member(str(group), subject)


def problems(project: Manifest) -> Iterator[Problem]:
    """What is wrong with the roles."""
    name, seen = manifests.name(project), set()
    for role in manifests.get(project, "spec", "roles", default=[]):
        title = str(role.get("name") or "")
        if title in seen:
            yield Problem(_place(name, title), 0, "the project has two roles of this name; rename one")
        seen.add(title)
        yield from (one for one in _lines(name, role) if isinstance(one, Problem))


def _lines(project: str, role: Manifest) -> Iterator[Line | Problem]:
    place = _place(project, str(role.get("name") or ""))
    for number, text in enumerate(role.get("policies") or [], start=1):
        for found in rbac_text.lines(str(text), place):
            wrong = _wrong(found, project, _subject(project, role))
            yield Problem(place, number, wrong) if wrong else found


def _wrong(found: Line | Problem, project: str, subject: str) -> str:
    if isinstance(found, Problem):
        return found.message
    rule = found.entry
    if isinstance(rule, Member):
        return "roles of a project hold lines `p` only; list groups in `groups`"
    if rule.subject != subject:
        return f"is for {rule.subject}; lines of this role begin with `p, {subject}`"
    if rule.resource not in RESOURCES:
        return f"there is no resource {rule.resource!r} of projects; there are: {', '.join(RESOURCES)}"
    if not rbac.is_known_action(rule.resource, rule.action):
        return f"{rule.resource} have no action {rule.action!r}; there are: {', '.join(rbac.RESOURCES[rule.resource])}"
    if not rule.object.startswith(f"{project}/") or not rule.object.removeprefix(f"{project}/"):
        return f"the object {rule.object!r} is outside of the project; write {project}/<name> or {project}/*"
    return ""


def _subject(project: str, role: Manifest) -> str:
    return f"proj:{project}:{role.get('name') or ''}"


def _place(project: str, role: str) -> str:
    return f"AppProject {project}, role {role}"

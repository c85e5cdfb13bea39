"""What an AppProject allows. Pure (Argo CD: C1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from dokaseca.kit import globs, redact
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest
from dokaseca.policy.decision import ALLOWED, Decision

_SCP = re.compile(r"([^/:@\s]+@[^/:\s]+):(?!//)(.+)\Z", re.DOTALL)  # git@host:path


def permits_source(project: Manifest, repo_url: str) -> Decision:
    """Whether Applications of the project may read `repo_url`.

    Entries are globs in which `*` stops at `/` (a bare `*` does not); `!` denies at once, and a deny that does not hit
    counts as a match.
    """
    url = _normalized(repo_url)
    matched = False
    for entry in manifests.get(project, "spec", "sourceRepos", default=[]):
        pattern = str(entry)
        if pattern.startswith("!"):
            if _covers(pattern[1:], url):
                return _source_denied(project, repo_url)
            matched = True
        elif _covers(pattern, url):
            matched = True
    return ALLOWED if matched else _source_denied(project, repo_url)


def permits_destination(project: Manifest, server: str, name: str, namespace: str) -> Decision:
    """Whether Applications of the project may go to a cluster and namespace."""
    allowed = False
    for entry in manifests.get(project, "spec", "destinations", default=[]):
        verdict = _destination(entry, server, name, namespace)
        if verdict is None:
            allowed = False
            break
        allowed = allowed or verdict
    if allowed:
        return ALLOWED
    return Decision(
        False,
        f"application destination server {server!r} (cluster {name!r}) and namespace {namespace!r} do not match any of "
        f"the allowed destinations in project {manifests.name(project)!r}; "
        "add it to spec.destinations of the AppProject",
    )


def permits_kind(project: Manifest, group: str, kind: str, *, namespaced: bool, name: str = "") -> Decision:
    """Whether the project may hold objects of a kind: namespaced kinds are allowed unless listed, others only if."""
    spec = manifests.get(project, "spec", default={})
    scope = "namespace" if namespaced else "cluster"
    white, black = spec.get(f"{scope}ResourceWhitelist"), spec.get(f"{scope}ResourceBlacklist") or []
    listed = True if namespaced and white is None else _lists(white or [], group, kind, name)
    if listed and not _lists(black, group, kind, name):
        return ALLOWED
    return Decision(
        False,
        f"resource {group or 'core'}:{kind} is not permitted in project {manifests.name(project)!r}; "
        f"see spec.{scope}ResourceWhitelist and -Blacklist of the AppProject",
    )


def _destination(entry: Mapping[str, Any], server: str, name: str, namespace: str) -> bool | None:
    """Whether an entry matches; None when it denies."""
    fields = {
        "server": (str(entry.get("server") or ""), server),
        "name": (str(entry.get("name") or ""), name),
        "namespace": (str(entry.get("namespace") or ""), namespace),
    }
    hits = {part: _field(pattern, text) for part, (pattern, text) in fields.items()}
    denies = {part: pattern.startswith("!") and not hits[part] for part, (pattern, _) in fields.items()}
    if denies["name"] or (denies["server"] and hits["namespace"]) or (denies["namespace"] and hits["server"]):
        return None
    by_server = bool(fields["server"][0]) and hits["server"]
    by_name = bool(fields["name"][0]) and hits["name"]
    return (by_server or by_name) and hits["namespace"]


def _field(pattern: str, text: str) -> bool:
    if pattern.startswith("!"):
        return not globs.matches(pattern[1:], text)
    return globs.matches(pattern, text)


def _covers(pattern: str, url: str) -> bool:
    return pattern == "*" or globs.matches(_normalized(pattern), url, separator="/")


def _lists(entries: Iterable[Mapping[str, Any]], group: str, kind: str, name: str) -> bool:
    return any(
        globs.matches(str(entry.get("group") or ""), group)
        and globs.matches(str(entry.get("kind") or ""), kind)
        and (not entry.get("name") or globs.matches(str(entry["name"]), name))
        for entry in entries
    )


def _normalized(url: str) -> str:
    """One form for the spellings of one repository, as in Argo CD: lower case, no `.git`, scp's form as an ssh URL."""
    url = url.strip().lower().removesuffix("/").removesuffix(".git")
    scp = _SCP.match(url)
    if scp:
        return f"{scp[1]}/{scp[2].lstrip('/')}"
    return url.removeprefix("ssh://")


def _source_denied(project: Manifest, repo_url: str) -> Decision:
    return Decision(
        False,
        f"application repo {redact.text(repo_url)} is not permitted in project {manifests.name(project)!r}; "
        "add it to spec.sourceRepos of the AppProject",
    )

"""Which ApplicationSets a forge's webhook is about: those that list its pull requests, and all that ask plugins. Pure.

Reads what GitHub, Gitea, GitLab, Bitbucket (Cloud and Server) and Azure DevOps send about pull requests, whatever has
happened to them. Argo CD's ApplicationSet controller does the same; it does not wake scmProvider generators either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

_DEPTH: Final = 4  # top level, matrix or merge, one nested; one more for what is refused later
_HOST: Final = re.compile(r"https?://(?:[^/@]*@)?([^/:@?#]+)")
_PUBLIC: Final = {
    "github": "github.com",
    "gitlab": "gitlab.com",
    "bitbucket": "bitbucket.org",
    "azuredevops": "dev.azure.com",
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened to a pull request.

    Attributes:
        repositories: what the repository is called, in lower case: `owner/name`, or GitLab's project id too.
        host: where it is, empty when the event does not tell.
    """

    repositories: frozenset[str]
    host: str


def pull_request_or_none(body: Any) -> Event | None:
    """The pull request that an event is about, None when it is about something else."""
    if not isinstance(body, dict):
        return None
    if body.get("object_kind") == "merge_request":
        names = (manifests.get(body, "project", "path_with_namespace"), manifests.get(body, "project", "id"))
        return _event(names, manifests.get(body, "project", "web_url"))
    if str(body.get("eventType", "")).startswith("git.pullrequest"):
        repository = manifests.get(body, "resource", "repository", default={})
        project = manifests.get(repository, "project", "name", default="")
        return _event((f"{project}/{manifests.get(repository, 'name')}",), manifests.get(repository, "remoteUrl"))
    if isinstance(body.get("pullRequest"), dict):
        repository = manifests.get(body, "pullRequest", "toRef", "repository", default={})
        project = manifests.get(repository, "project", "key", default="")
        return _event((f"{project}/{manifests.get(repository, 'slug')}",), "")
    if body.get("pull_request") is not None or body.get("pullrequest") is not None:
        url = manifests.get(body, "repository", "html_url") or manifests.get(
            body, "repository", "links", "html", "href"
        )
        return _event((manifests.get(body, "repository", "full_name"),), url)
    return None


def concerns(application_set: Manifest, event: Event | None) -> bool:
    """Whether an ApplicationSet may generate something else after `event`; None is an event about something else."""
    for entry in _entries(manifests.get(application_set, "spec", "generators")):
        if entry.get("plugin") is not None:
            return True
        if event is not None and _lists(entry.get("pullRequest"), event):
            return True
    return False


def _event(names: tuple[Any, ...], url: Any) -> Event:
    told = frozenset(str(name).lower() for name in names if name)
    return Event(told, _host(url) if isinstance(url, str) else "")


def _entries(generators: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    if not isinstance(generators, list) or depth > _DEPTH:
        return
    for entry in generators:
        if isinstance(entry, dict):
            yield entry
            for kind in ("matrix", "merge"):
                yield from _entries(manifests.get(entry, kind, "generators"), depth + 1)


def _lists(generator: Any, event: Event) -> bool:
    """Whether a pullRequest generator reads the event's repository; what a matrix fills in counts as matching."""
    for provider, fields in generator.items() if isinstance(generator, dict) else ():
        if not isinstance(fields, dict) or provider in ("template", "values"):
            continue
        name = _repository(provider, fields)
        if "{{" in name or "{{" in str(fields.get("api") or ""):
            return True
        host = _host(str(fields.get("api") or "")) or _PUBLIC.get(provider, "")
        if name in event.repositories and (not event.host or not host or host == event.host):
            return True
    return False


def _repository(provider: str, fields: Mapping[str, Any]) -> str:
    if provider == "gitlab":
        return str(fields.get("project") or "").lower()
    owner = fields.get("project") if provider in ("bitbucketServer", "azuredevops") else fields.get("owner")
    return f"{owner}/{fields.get('repo')}".lower()


def _host(url: str) -> str:
    """The host of a URL as people know it: that of GitHub's API without its `api.`."""
    found = _HOST.match(url.lower())
    return found[1].removeprefix("api.") if found else ""

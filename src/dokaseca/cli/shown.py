"""Parts of Applications as texts for tables. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dokaseca.kit import redact
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

SHORT = 7  # hex digits of a commit, as git shows them
_SHA = re.compile(r"[0-9a-f]{40}\Z")


def sync(application: Manifest) -> str:
    return str(manifests.get(application, "status", "sync", "status", default="Unknown"))


def health(application: Manifest) -> str:
    return str(manifests.get(application, "status", "health", "status", default="Unknown"))


def revisions(holder: Mapping[str, Any]) -> str:
    """The revision(s) of a sync status, syncResult or history entry; commits are shortened."""
    many = holder.get("revisions") or ([holder["revision"]] if holder.get("revision") else [])
    return ",".join(short(str(one)) for one in many)


def short(revision: str) -> str:
    """A commit's first digits; anything else as it is."""
    return revision[:SHORT] if _SHA.match(revision) else revision


def sources(holder: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The source(s) of a spec, syncResult or history entry."""
    many = holder.get("sources") or ([holder["source"]] if holder.get("source") else [])
    return [one for one in many if isinstance(one, dict)]


def source(spec: Mapping[str, Any]) -> str:
    """One source in a few words, credentials left out."""
    if spec.get("chart"):
        what = f"chart {spec['chart']}"
    elif spec.get("path") or not spec.get("ref"):
        what = f"path {spec.get('path') or '.'}"
    else:
        what = f"as ${spec['ref']}"  # only referred to by the value files of other sources
    return f"{repository(spec)} {what} at {spec.get('targetRevision') or 'HEAD'}"


def repository(spec: Mapping[str, Any]) -> str:
    return redact.text(str(spec.get("repoURL") or ""))


def kind(entry: Mapping[str, Any]) -> str:
    """`Deployment.apps` of a status entry."""
    return f"{entry.get('kind')}.{entry['group']}" if entry.get("group") else str(entry.get("kind") or "")


def clean(value: Any) -> Any:
    """A JSON value for print: without managed fields, credentials in texts masked."""
    if isinstance(value, dict):
        return {name: clean(one) for name, one in value.items() if name != "managedFields"}
    if isinstance(value, list):
        return [clean(one) for one in value]
    return redact.text(value) if isinstance(value, str) else value


def line(value: str) -> str:
    """One line of text without credentials and control characters: a chart's words must not steer a terminal."""
    masked = redact.text(value)
    return masked if masked.isprintable() else "".join(one if one.isprintable() else " " for one in masked)

"""The `index.yaml` of a chart repository: which versions of which chart there are, and where.

The largest indexes are 60 MB. Read as one document one takes 750 MB of memory, and the event loop stands still for
seconds, as the parser is not to be interrupted. So its entries are read chart by chart where the text can be cut there,
and only what is asked for later is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

import re2

from dokaseca.kit import bounds, redact, yaml_in
from dokaseca.model.errors import UserError

Versions = dict[str, tuple[str, str]]  # version -> (archive URL, sha256 or "")

CUT_BYTES = 2**20  # from this size on it is worth it
_ENTRIES = re2.compile(rb"(?m:^)entries: *\n( +)[^ \n#-]")
_TOP_LINE = re2.compile(rb"\n[^ \n#]")
_SUBJECT = "index.yaml"


def parse(text: bytes, repository: str) -> dict[str, Versions]:
    """All charts of an index. Entries that name no version or no URL are left out.

    Raises:
        UserError: it is no index of Helm charts.
    """
    found = _cut_or_none(text, repository) if len(text) >= CUT_BYTES else None
    return found if found is not None else _whole(text, repository)


def joined(base: str, url: str) -> str:
    """`url` as seen from `base`; the login of `base` goes to the same server only."""
    target = urljoin(base, url)
    here, there = urlsplit(base), urlsplit(target)
    login, _, host = here.netloc.rpartition("@")
    if login and "@" not in there.netloc and (there.scheme, there.netloc) == (here.scheme, host):
        return urlunsplit(there._replace(netloc=here.netloc))
    return target


def _whole(text: bytes, repository: str) -> dict[str, Versions]:
    try:
        index = yaml_in.load(text, subject=_SUBJECT, limit_bytes=bounds.CHART_INDEX_BYTES)
    except yaml_in.InvalidYAML as error:
        raise UserError(str(error), reason="InvalidIndex", subject=redact.text(repository)) from error
    entries = index.get("entries") if isinstance(index, dict) else None
    if not isinstance(entries, dict):
        raise UserError(
            "the index.yaml there is no index of Helm charts; correct repoURL",
            reason="InvalidIndex",
            subject=redact.text(repository),
        )
    return {str(name): _versions(listed, repository) for name, listed in entries.items()}


def _cut_or_none(text: bytes, repository: str) -> dict[str, Versions] | None:
    """The same, chart by chart; None where the text cannot be cut, or any piece of it is not valid by itself."""
    header = _ENTRIES.search(text)
    if header is None:
        return None
    start = header.start(1)
    after = _TOP_LINE.search(text, start)
    end = after.start() + 1 if after else len(text)
    found: dict[str, Versions] = {}
    try:
        around = yaml_in.load(text[: header.start()] + b"entries: {}\n" + text[end:], subject=_SUBJECT)
        if not isinstance(around, dict) or around.get("entries") != {}:
            return None
        for name, listed in _pieces(text[start:end], header[1]):
            if name in found:
                return None
            found[name] = _versions(listed, repository)
    except (yaml_in.InvalidYAML, ValueError):
        return None  # the whole text is read, which tells what is wrong and where
    return found


def _pieces(text: bytes, indent: bytes) -> Iterator[tuple[str, Any]]:
    """Name and value of each entry of a mapping that is indented by `indent`.

    Raises:
        ValueError: a piece is not an entry.
        InvalidYAML: a piece is not valid.
    """
    start = 0
    keys = re2.finditer(rb"\n" + indent + rb"[^ \n#-]", text)
    for end in (*(key.start() + 1 for key in keys), len(text)):
        piece = yaml_in.load(text[start:end], subject=_SUBJECT)
        if not isinstance(piece, dict):
            raise ValueError("not an entry")
        yield from piece.items()
        start = end


def _versions(listed: Any, repository: str) -> Versions:
    usable = (one for one in (listed if isinstance(listed, list) else ()) if _is_usable(one))
    return {str(one["version"]): _location(one, repository) for one in usable}


def _is_usable(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and bool(entry.get("version"))
        and isinstance(entry.get("urls"), list)
        and bool(entry["urls"])
    )


def _location(entry: dict[str, Any], repository: str) -> tuple[str, str]:
    url = joined(repository.rstrip("/") + "/", str(entry["urls"][0]))
    return url, str(entry.get("digest") or "").lower().removeprefix("sha256:")

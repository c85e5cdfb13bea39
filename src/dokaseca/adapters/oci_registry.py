"""A client of OCI registries: `ports.registry.Registry` (OCI distribution specification, 1.1: pull)."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import orjson
import re2

from dokaseca.adapters import http_access, oci_http, oci_reference
from dokaseca.adapters.git import Logins, anonymous
from dokaseca.adapters.oci_http import Answer, Ask, OciHttp
from dokaseca.kit import bounds, digest, redact
from dokaseca.model.errors import IntegrityError, NotFoundError, UserError
from dokaseca.ports.registry import Layer, OciManifest, Place

MANIFEST_TYPES = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
INDEX_TYPES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
LAYERS = 10  # Argo CD takes no more; charts and artefacts have one, and one for their provenance
PAGE = 1000  # tags asked for at a time; registries give fewer if they like
PAGES = 500  # half a million tags: then the registry leads us round in a circle

_ACCEPT = ", ".join((*MANIFEST_TYPES, *INDEX_TYPES))
_NEXT = re2.compile(r'<([^<>]*)>\s*;\s*rel="?next"?')


class OciRegistry:
    """Pulls; nothing is kept but tokens and connections.

    Args:
        logins: tells how a repository is reached, on behalf of a project or of everybody.
        timeout_seconds: for each request; a list of tags may take three times as long.
    """

    def __init__(self, logins: Logins = anonymous, *, timeout_seconds: float = bounds.HTTP_SECONDS) -> None:
        self._http = OciHttp(logins, timeout_seconds=timeout_seconds)
        self._tags_seconds = 3 * timeout_seconds

    async def tags(self, at: Place) -> tuple[str, ...]:
        repository = oci_reference.parse(at.url)
        path = f"/v2/{repository.name}/tags/list?{urlencode({'n': PAGE})}"
        found: dict[str, None] = {}
        try:
            async with asyncio.timeout(self._tags_seconds):
                for _ in range(PAGES):
                    answer = await self._http.send(Ask(at, path, bounds.OCI_TAGS_BYTES))
                    found.update(dict.fromkeys(_tags(_found(answer, f"repository {repository.name}"))))
                    path = _next_or_empty(answer)
                    if not path:
                        return tuple(found)
        except TimeoutError as error:
            raise oci_http.unreachable(at.url, "its list of tags does not end in time") from error
        raise UserError(f"lists tags on more than {PAGES} pages", reason="TooLarge", subject=redact.text(at.url))

    async def digest(self, at: Place, reference: str) -> str:
        if oci_reference.is_digest(reference):
            return reference
        if not oci_reference.is_tag(reference):
            raise NotFoundError(f"no tag can be named {reference[:130]!r}", subject=redact.text(at.url))
        answer = await self._manifest(at, reference, "HEAD")
        told = answer.headers.get("docker-content-digest", "")
        if oci_reference.is_digest(told):
            return told
        answer = await self._manifest(at, reference, "GET")
        return f"sha256:{digest.of_bytes(answer.body)}"

    async def manifest(self, at: Place, digest: str) -> OciManifest:
        answer = await self._manifest(at, _checked(digest, at.url), "GET")
        _verify(answer, digest)
        return _parsed(answer, digest)

    async def blob(self, at: Place, digest: str, limit_bytes: int) -> bytes:
        path = f"/v2/{oci_reference.parse(at.url).name}/blobs/{_checked(digest, at.url)}"
        answer = _found(await self._http.send(Ask(at, path, limit_bytes)), f"blob {digest}")
        _verify(answer, digest)
        return answer.body

    async def close(self) -> None:
        """Give back connections; idempotent."""
        await self._http.close()

    async def _manifest(self, at: Place, reference: str, method: str) -> Answer:
        path = f"/v2/{oci_reference.parse(at.url).name}/manifests/{reference}"
        ask = Ask(at, path, bounds.OCI_MANIFEST_BYTES, method, _ACCEPT)
        return _found(await self._http.send(ask), f"manifest {reference}")


def _found(answer: Answer, what: str) -> Answer:
    if answer.status == 404:
        raise NotFoundError(f"the registry has no {what}", subject=redact.text(answer.url))
    return answer


def _checked(text: str, url: str) -> str:
    """A digest that can be verified; also keeps anything else out of a path."""
    if not oci_reference.is_digest(text):
        raise UserError(
            f"{text[:80]!r} is no sha256 digest; others are not verified here, so not taken",
            reason="InvalidArtifact",
            subject=redact.text(url),
        )
    return text


def _verify(answer: Answer, wanted: str) -> None:
    if f"sha256:{digest.of_bytes(answer.body)}" != wanted:
        raise IntegrityError(
            f"the registry's answer does not have the digest {wanted}; do not use it before you know why",
            reason="DigestMismatch",
            subject=redact.text(answer.url),
        )


def _tags(answer: Answer) -> list[str]:
    listed = _json(answer).get("tags") or []
    if not isinstance(listed, list):
        raise _invalid(answer, "its list of tags is none")
    return [one for one in listed if isinstance(one, str) and oci_reference.is_tag(one)]


def _next_or_empty(answer: Answer) -> str:
    """The path of the next page; on the registry's own server, wherever its `Link` points."""
    match = _NEXT.search(answer.headers.get("link", "")[:4096])
    if match is None:
        return ""
    target = urljoin(answer.url, match.group(1))
    if not http_access.is_same_server(target, answer.url):
        raise _invalid(answer, "the next page of its tags is on another server")
    parts = urlsplit(target)
    return f"{parts.path}?{parts.query}"


def _parsed(answer: Answer, identity: str) -> OciManifest:
    body = _json(answer)
    media_type = str(body.get("mediaType") or answer.headers.get("content-type", "").partition(";")[0].strip())
    if media_type in INDEX_TYPES or "manifests" in body:
        raise _invalid(answer, "it is an index of several artefacts; name the digest or tag of one of them")
    listed = body.get("layers")
    if not isinstance(listed, list) or not 0 < len(listed) <= LAYERS:
        raise _invalid(answer, f"a manifest of charts or manifests has 1 to {LAYERS} layers, this one has not")
    notes = body.get("annotations")
    return OciManifest(
        digest=identity,
        layers=tuple(_layer(one, answer) for one in listed),
        annotations={str(key): str(text) for key, text in notes.items()} if isinstance(notes, dict) else {},
    )


def _layer(one: Any, answer: Answer) -> Layer:
    fields = one if isinstance(one, dict) else {}
    media_type, identity, size = fields.get("mediaType"), fields.get("digest"), fields.get("size")
    if not isinstance(media_type, str) or not isinstance(identity, str) or type(size) is not int or size < 0:
        raise _invalid(answer, "a layer of its manifest lacks mediaType, digest or size")
    return Layer(media_type, identity, size)


def _json(answer: Answer) -> dict[str, Any]:
    try:
        found = orjson.loads(answer.body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise _invalid(answer, "it is no JSON object; is this an OCI registry?")
    return found


def _invalid(answer: Answer, why: str) -> UserError:
    return UserError(
        f"the registry's answer cannot be used: {why}", reason="InvalidArtifact", subject=redact.text(answer.url)
    )

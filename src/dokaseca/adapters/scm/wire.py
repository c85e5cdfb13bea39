"""One forge as one login sees it: JSON in, typed errors out, nothing read twice that has not changed."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import orjson

from dokaseca.adapters.scm import fields, limits
from dokaseca.adapters.scm.http import Call, Http, Reply, Trust
from dokaseca.kit import redact
from dokaseca.kit.clock import Clock
from dokaseca.model.errors import DeniedError, DokaSecaError, NotFoundError, TransientError, UserError, WaitingError
from dokaseca.ports.scm import Forge

T = TypeVar("T")
Authorize = Callable[[str, Mapping[str, str], bytes], Awaitable[Mapping[str, str]]]
Read = Callable[[Any], T]

REMEMBERED: Final = 20_000  # answers with their ETag: pages, branches
USER_AGENT: Final = "dokaseca"  # GitHub answers nobody without

_ABOUT_PAGES: Final = ("link", "x-next-page", "x-ms-continuationtoken")  # not how many there were in all: that changes
_LAST_WORD: Final = re.compile(r"[A-Za-z]{1,80}\Z")  # of `com.amazon#Name`, `com.atlassian.Name`
_DENIED_KINDS: Final = frozenset(  # AWS says them with a 400
    (
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    )
)


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What was read from an answer.

    Attributes:
        value: None when the thing is not there.
        status: 200, or one that says that the thing is not there.
        headers: in lower case.
        is_unchanged: the forge said that it is as it was.
        kind: the forge's own name for what is wrong, where it has one.
    """

    value: T | None
    status: int
    headers: Mapping[str, str]
    is_unchanged: bool = False
    kind: str = ""


@dataclass(slots=True)
class Shared:
    """What all wires of a process have in common.

    Attributes:
        remembered: by (login, URL, reader): ETag, what was read, headers about further pages.
        paused: until when (monotonic) a login asks nothing.
    """

    http: Http
    clock: Clock
    remembered: OrderedDict[tuple[str, str, str], tuple[str, Any, Mapping[str, str]]] = field(
        default_factory=OrderedDict
    )
    paused: dict[str, float] = field(default_factory=dict)

    def remember(self, key: tuple[str, str, str], reply: Reply, value: Any) -> None:
        """Keep what was read of `reply` if it can be asked for again by its ETag."""
        self.remembered.pop(key, None)
        if "etag" in reply.headers:
            about_pages = {name: text for name, text in reply.headers.items() if name in _ABOUT_PAGES}
            self.remembered[key] = (reply.headers["etag"], value, about_pages)
        while len(self.remembered) > REMEMBERED:
            self.remembered.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Login:
    """Who asks whom.

    Attributes:
        base: the API's URL without a trailing slash, checked.
        identity: tells logins apart without telling secrets.
        authorize: what goes on top of a request's (URL, headers, body).
    """

    forge: Forge
    base: str
    trust: Trust
    identity: str
    authorize: Authorize


class Wire:
    """Asks one forge."""

    def __init__(self, shared: Shared, login: Login) -> None:
        self._shared = shared
        self._login = login

    async def get(
        self, path: str, query: Mapping[str, str], read: Read[T], *, afresh: bool = False, may_lack: bool = False
    ) -> Answer[T]:
        """What `read` makes of the JSON at `path`.

        Args:
            path: percent-encoded, beginning with a slash.
            read: a function of a module, which is known by its name.
            afresh: do not ask whether it has changed, have it told.
            may_lack: 404 and 204 (no content) are answers, not errors.

        Raises:
            DeniedError, WaitingError, TransientError, UserError, NotFoundError: as `ports.scm.Scm` says.
        """
        url = self._url(path, query)
        key = (self._login.identity, url, f"{read.__module__}.{read.__qualname__}")
        known = None if afresh else self._shared.remembered.get(key)
        reply = await self._send(url, {"If-None-Match": known[0]} if known else {})
        if reply.status == 304 and known is not None:
            self._shared.remembered.move_to_end(key)
            return Answer(known[1], 200, {**known[2], **reply.headers}, is_unchanged=True)
        if reply.status in (204, 404) and may_lack:
            return Answer(None, reply.status, reply.headers, kind=_kind(reply.body))
        self._check(reply, url)
        value = self._read(reply, url, read)
        self._shared.remember(key, reply, value)
        return Answer(value, reply.status, reply.headers)

    async def exists(self, path: str, query: Mapping[str, str]) -> Answer[bool]:
        """Whether something is at `path`, by the status alone; `kind` tells what is missing.

        Raises: as `get`.
        """
        url = self._url(path, query)
        reply = await self._send(url, {}, wants_body=False)
        if reply.status == 404:
            return Answer(False, 404, reply.headers, kind=_kind(reply.body))
        self._check(reply, url)
        return Answer(True, reply.status, reply.headers)

    async def post(
        self, path: str, headers: Mapping[str, str], body: bytes, read: Read[T], lacks: str = ""
    ) -> Answer[T]:
        """What `read` makes of the answer to a POST.

        Args:
            lacks: a word of a 400's error that means "not there"; several are separated by blanks.

        Raises: as `get`.
        """
        url = self._url(path, {})
        reply = await self._send(url, headers, body=body)
        if reply.status == 400 and lacks and (kind := _kind(reply.body)) in lacks.split():
            return Answer(None, 400, reply.headers, kind=kind)
        self._check(reply, url)
        return Answer(self._read(reply, url, read), reply.status, reply.headers)

    def bad_answer(self, path: str, why: str) -> TransientError:
        """The error of an answer that makes no sense."""
        return self._makes_no_sense(f"{self._login.base}{path}", why)

    def is_at(self, url: str, path: str) -> bool:
        """Whether `url` is `path` of this forge, whatever its query."""
        here, there = urlsplit(f"{self._login.base}{path}"), urlsplit(url)
        return (here.scheme, here.netloc, here.path) == (there.scheme, there.netloc, there.path)

    def not_found(self, path: str) -> DokaSecaError:
        """The error of something that must be there."""
        return _refusal(404, self.subject(path), "")

    def subject(self, path: str) -> str:
        """How messages name what is at `path`."""
        return self._subject(f"{self._login.base}{path}")

    def _url(self, path: str, query: Mapping[str, str]) -> str:
        written = urlencode({name: value for name, value in query.items() if value}, quote_via=quote)
        return f"{self._login.base}{path}{'?' if written else ''}{written}"

    async def _send(
        self, url: str, headers: Mapping[str, str], *, body: bytes | None = None, wants_body: bool = True
    ) -> Reply:
        shared, login = self._shared, self._login
        left = shared.paused.get(login.identity, 0.0) - shared.clock.monotonic_seconds()
        if left > 0:
            raise self._limited(left, url)
        allowed = await login.authorize(url, headers, body or b"")
        call = Call(
            url,
            {"Accept": "application/json", "User-Agent": USER_AGENT, **headers, **allowed},
            self._subject(url),
            body,
            wants_body,
        )
        reply = await shared.http.send(call, login.trust)
        self._mind_limits(reply, url)
        return reply

    def _mind_limits(self, reply: Reply, url: str) -> None:
        now, monotonic = self._shared.clock.now(), self._shared.clock.monotonic_seconds()
        refused = limits.refusal_seconds_or_none(reply.status, reply.headers, reply.body, now)
        pause = refused if refused is not None else limits.pause_seconds_or_none(reply.headers, now)
        if pause is not None and (refused is not None or reply.status < 400):
            self._shared.paused = {one: until for one, until in self._shared.paused.items() if until > monotonic}
            self._shared.paused[self._login.identity] = monotonic + pause
        if refused is not None:
            raise self._limited(refused, url, reply.status)

    def _limited(self, seconds: float, url: str, status: int = 0) -> WaitingError:
        told = f"HTTP {status}: " if status else ""
        return WaitingError(
            f"{told}the rate limit is reached; it is asked again in {seconds:.0f} s",
            reason="RateLimited",
            subject=self._subject(url),
            retry_after_seconds=seconds,
        )

    def _check(self, reply: Reply, url: str) -> None:
        if reply.status not in (200, 201):
            raise _refusal(reply.status, self._subject(url), _kind(reply.body))

    def _read(self, reply: Reply, url: str, read: Read[T]) -> T:
        try:
            return read(orjson.loads(reply.body))
        except orjson.JSONDecodeError as error:
            raise self._makes_no_sense(url, "it is not JSON") from error
        except fields.FieldError as error:
            raise self._makes_no_sense(url, str(error)) from error

    def _makes_no_sense(self, url: str, why: str) -> TransientError:
        return TransientError(
            f"an answer that makes no sense ({why}); it is tried again", reason="BadAnswer", subject=self._subject(url)
        )

    def _subject(self, url: str) -> str:
        parts = urlsplit(url)
        return f"{self._login.forge} {redact.text(f'{parts.scheme}://{parts.netloc}{parts.path}')}"


def _refusal(status: int, subject: str, kind: str) -> DokaSecaError:
    told = f"HTTP {status}{f' {kind}' if kind else ''}"
    if status in (203, 401, 403) or kind in _DENIED_KINDS:  # 203: Azure DevOps' login page
        return DeniedError(
            f"{told}: the credentials are refused, or allow too little; check the Secret, and what its token may read",
            reason="ForgeDenied",
            subject=subject,
        )
    if status in (404, 410):
        return NotFoundError(
            f"{told}: not there, or not for these credentials; check the names in the generator",
            reason="ForgeNotFound",
            subject=subject,
        )
    if status == 408 or status >= 500 or status < 400 or "Throttl" in kind:
        return TransientError(f"{told}; it is tried again", reason="ForgeUnreachable", subject=subject)
    return UserError(
        f"{told}: the forge does not accept the request; check the fields of the generator",
        reason="ForgeRefused",
        subject=subject,
    )


def _kind(body: bytes) -> str:
    """The name that AWS, Azure DevOps or Bitbucket Server gives an error, empty without one."""
    try:
        problem = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    if not isinstance(problem, dict):
        return ""
    listed = problem.get("errors")
    first = listed[0] if isinstance(listed, list) and listed else None
    found = problem.get("__type") or problem.get("typeKey") or fields.find(first, "exceptionName")
    name = _LAST_WORD.search(found) if isinstance(found, str) else None
    return name.group() if name else ""

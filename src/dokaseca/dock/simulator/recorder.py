"""Writes Events as client-go's recorder does: late, few, and counted where they repeat."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from dokaseca.dock.simulator import kinds
from dokaseca.dock.simulator.plan import Tell
from dokaseca.kit import clock
from dokaseca.kit.clock import Clock
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import DokaSecaError, NotFoundError
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster

# The numbers of client-go's events_cache.go.
_REMEMBERED: Final = 4096  # Events that may be counted on
_SIMILAR: Final = 10  # messages that differ within ...
_SIMILAR_SECONDS: Final = 600.0  # ... until they are told as one
_BURST: Final = 25  # from one source about one object, then ...
_REFILL_SECONDS: Final = 300.0  # ... one more in this time
_NAME: Final = 230  # bytes of an object's name that fit into its Events' names
_WAITING: Final = 1000  # kinds of news between two writes; more are dropped

log = logging.getLogger("dokaseca.dock.simulator")


class _Kind(NamedTuple):
    """What makes two Events similar: everything but the message."""

    uid: str
    component: str
    host: str
    kind: str
    reason: str
    field_path: str


class _Key(NamedTuple):
    """What makes two Events the same."""

    similar: _Kind
    message: str


@dataclass(slots=True)
class _News:
    """What is to be written: the last that was told, when first, and how often since the last write."""

    tell: Tell
    message: str
    first: datetime
    last: datetime
    count: int = 1


@dataclass(slots=True)
class _Written:
    """An Event that was written: it is counted on when the same happens again."""

    name: str
    namespace: str
    count: int


@dataclass(slots=True)
class _Messages:
    """The messages of similar Events since `since`."""

    since: float
    messages: set[str] = field(default_factory=set)


class _Memory(OrderedDict[Any, Any]):
    """Remembers what was used last, up to a number."""

    def keep(self, key: Any, value: Any) -> None:
        self[key] = value
        self.move_to_end(key)
        if len(self) > _REMEMBERED:
            self.popitem(last=False)


class Recorder:
    """Gathers what is told and writes it after a while.

    Args:
        cluster: where Events are written.
        clock: for their times.
        delay_seconds: how long to gather.
    """

    def __init__(self, cluster: Cluster, clock: Clock, delay_seconds: float) -> None:
        self._cluster = cluster
        self._clock = clock
        self._delay_seconds = delay_seconds
        self._waiting: OrderedDict[_Key, _News] = OrderedDict()
        self._written = _Memory()
        self._similar = _Memory()
        self._tokens = _Memory()
        self._wake = asyncio.Event()
        self._last_nanosecond = 0

    def tell(self, told: Tell) -> None:
        """Have an Event written soon; best effort, as on a real cluster."""
        if not told.action and not self._may_tell(told):
            return
        key = self._key(told)
        now, known = self._clock.now(), self._waiting.get(key)
        if known is not None:
            known.last, known.count = now, known.count + 1
        elif len(self._waiting) < _WAITING:
            self._waiting[key] = _News(told, key.message, now, now)
            self._wake.set()

    async def run(self) -> None:
        """Write what is told until cancelled."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(self._delay_seconds)
            self._wake.clear()
            while self._waiting:
                await self._write(*self._waiting.popitem(last=False))
                await asyncio.sleep(0)

    def _may_tell(self, told: Tell) -> bool:
        """Whether the source may say more about this object: a burst, then one in five minutes."""
        key, now = (told.component, told.host, manifests.uid(told.about)), self._clock.monotonic_seconds()
        tokens, at = self._tokens.get(key, (float(_BURST), now))
        tokens = min(float(_BURST), tokens + (now - at) / _REFILL_SECONDS)
        self._tokens.keep(key, (tokens - 1 if tokens >= 1 else tokens, now))
        return bool(tokens >= 1)

    def _key(self, told: Tell) -> _Key:
        """Which Event it is; many that differ only in their messages become one."""
        similar = _Kind(manifests.uid(told.about), told.component, told.host, told.kind, told.reason, told.field_path)
        now = self._clock.monotonic_seconds()
        found = self._similar.get(similar)
        if found is None or now - found.since > _SIMILAR_SECONDS:
            found = _Messages(now)
        self._similar.keep(similar, found)
        if len(found.messages) < _SIMILAR:
            found.messages.add(told.message)
        elif told.message not in found.messages:
            return _Key(similar, "(combined from similar events): " + told.message)
        return _Key(similar, told.message)

    async def _write(self, key: _Key, news: _News) -> None:
        known = self._written.get(key)
        try:
            if known is not None and await self._count(known, news):
                self._written.keep(key, known)
                return
            made = _document(news, self._name(news))
            name = manifests.name(made)
            await self._cluster.create(made, field_manager=news.tell.component)
            self._written.keep(key, _Written(name, manifests.namespace(made), news.count))
        except DokaSecaError as error:  # its namespace is gone or going, or nobody answers: nobody will miss it
            fields = {"cluster": self._cluster.name, "reason": news.tell.reason, "error": error.message}
            log.debug("event not written", extra={"fields": fields})

    def _name(self, news: _News) -> str:
        """The object's name and a time in nanoseconds, which no other Event of this recorder has."""
        self._last_nanosecond = max(self._last_nanosecond + 1, int(news.first.timestamp() * 1_000_000) * 1000)
        return f"{manifests.name(news.tell.about)[:_NAME]}.{self._last_nanosecond:x}"

    async def _count(self, known: _Written, news: _News) -> bool:
        """Whether the Event is still there to be counted on."""
        count = known.count + news.count
        time = clock.rfc3339(news.last)
        change: Manifest = {"count": count, "lastTimestamp": time}
        if news.tell.action:
            change = {"series": {"count": count, "lastObservedTime": _micro(news.last)}}
        try:
            await self._cluster.patch(
                kinds.EVENT, known.namespace, known.name, change, field_manager=news.tell.component
            )
        except NotFoundError:
            return False
        known.count = count
        return True


def _micro(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _document(news: _News, name: str) -> Manifest:
    told, about = news.tell, news.tell.about
    namespace = manifests.namespace(about)
    regarding = {
        "kind": about.get("kind"),
        "namespace": namespace,
        "name": manifests.name(about),
        "uid": manifests.uid(about),
        "apiVersion": about.get("apiVersion"),
        "resourceVersion": manifests.resource_version(about),
        "fieldPath": told.field_path,
    }
    event: Manifest = {
        "apiVersion": kinds.EVENT.api_version,
        "kind": kinds.EVENT.kind,
        "metadata": {"name": name, "namespace": namespace or "default"},
        "involvedObject": {field: value for field, value in regarding.items() if value},
        "reason": told.reason,
        "message": news.message,
        "type": told.kind,
        "reportingComponent": told.component,
        "reportingInstance": told.host,
    }
    if told.action:
        event |= {
            "source": {},
            "eventTime": _micro(news.first),
            "action": told.action,
            "reportingInstance": f"{told.component}-0",
            "firstTimestamp": None,
            "lastTimestamp": None,
        }
        if news.count > 1:
            event["series"] = {"count": news.count, "lastObservedTime": _micro(news.last)}
        return event
    source = {"component": told.component, "host": told.host} if told.host else {"component": told.component}
    times = {"firstTimestamp": clock.rfc3339(news.first), "lastTimestamp": clock.rfc3339(news.last)}
    return {**event, **times, "source": source, "eventTime": None, "count": news.count}

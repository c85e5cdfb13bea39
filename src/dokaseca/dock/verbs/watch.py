"""Watches: what has changed since a revision, then what changes, until somebody ends it.

A watcher holds no events of its own, only a position in the table's history: a slow one costs nothing, and once its
position has been dropped it is told 410 and lists again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

import orjson

from dokaseca.dock import status_error
from dokaseca.dock.state import ClusterState
from dokaseca.dock.store.history import Change, Stored
from dokaseca.dock.verbs import answer, read
from dokaseca.dock.verbs.call import Call
from dokaseca.ports.wire import WireResponse

_DEFAULT_SECONDS: Final = 1800.0  # kube-apiserver's --min-request-timeout
_BOOKMARK_SECONDS: Final = 30.0  # a quiet watch learns its position this often; kube-apiserver takes a minute
_LISTED: Final = 100  # initial events between two turns of the event loop


def watch(cluster: ClusterState, call: Call) -> WireResponse:
    """A stream of events, one JSON document and a newline each.

    Raises:
        StatusError: 400 bad selector, 422 options that contradict each other, 504 a position in the future. One that
            is gone is an event, as on a real server: the stream has begun when the server looks.
    """
    text = call.query.get("resourceVersion", "")
    _check_options(call)
    revision = read.check_version(cluster, call)
    wants_initial = call.query.get("sendInitialEvents", "")
    is_initial = call.flag("sendInitialEvents") if wants_initial else text in ("", "0")
    watcher = Watcher(cluster, call)
    if not is_initial and not watcher.starts_after(revision):
        return WireResponse(200, answer.JSON_HEADERS, stream=_gone(revision, watcher.oldest))
    stream = watcher.events(list_first=is_initial, mark_end=bool(wants_initial) and is_initial)
    return WireResponse(200, answer.JSON_HEADERS, stream=stream)


def _check_options(call: Call) -> None:
    """Refuse options of a watch that contradict each other (apimachinery's validateWatchOptions).

    Raises:
        StatusError: 422.
    """
    match, initial = call.query.get("resourceVersionMatch", ""), call.query.get("sendInitialEvents", "")
    wrong: list[status_error.Cause] = []
    if initial and match != "NotOlderThan":
        message = "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        wrong.append(status_error.Cause("FieldValueForbidden", message, "resourceVersionMatch"))
    if match and not initial:
        wrong.append(read.forbidden_match("is forbidden for watch unless sendInitialEvents is provided"))
    if match and match != "NotOlderThan":
        wrong.append(read.unsupported_match(match, '"NotOlderThan"'))
    if match and call.query.get("continue"):
        wrong.append(read.forbidden_match("is forbidden when continue is provided"))
    if wrong:
        raise status_error.invalid("meta.k8s.io", "ListOptions", "", wrong)


async def _gone(revision: int, oldest: int) -> AsyncIterator[bytes]:
    yield _error(status_error.expired(f"too old resource version: {revision} ({oldest})"))


def _error(error: status_error.StatusError) -> bytes:
    return b'{"type":"ERROR","object":' + orjson.dumps(error.document()) + b"}\n"


class Watcher:
    """One client's view of one table."""

    def __init__(self, cluster: ClusterState, call: Call) -> None:
        self._cluster = cluster
        self._call = call
        self._history = cluster.store.history(call.of.table)
        self._position = self._history.end
        self._selects = read.predicate(cluster, call)
        self._has_columns = False
        seconds = call.query.get("timeoutSeconds", "")
        self._seconds = float(seconds) if seconds.isdigit() and int(seconds) else _DEFAULT_SECONDS

    @property
    def oldest(self) -> int:
        """The first revision that a watch can begin behind."""
        return self._history.complete_after

    def starts_after(self, revision: int) -> bool:
        """Begin behind `revision`; False when changes since then have been dropped."""
        position = self._history.position_after(revision)
        if position is None:
            return False
        self._position = position
        return True

    async def events(self, *, list_first: bool, mark_end: bool) -> AsyncIterator[bytes]:
        """Encoded events; ends at the timeout, when the server stops, or after an ERROR event."""
        table, store = self._call.of.table, self._cluster.store
        waker = asyncio.Event()
        store.subscribe(table, waker)
        try:
            if list_first:
                async for chunk in self._initial(mark_end=mark_end):
                    yield chunk
            async for chunk in self._changes(waker):
                yield chunk
        except status_error.StatusError as error:
            yield _error(error)
        finally:
            store.unsubscribe(table, waker)

    async def _initial(self, *, mark_end: bool) -> AsyncIterator[bytes]:
        """All that there is, once it is durable.

        Raises:
            StatusError: 500, some of it was lost.
        """
        store = self._cluster.store
        self._position, revision = self._history.end, store.revision
        listed = list(store.scan(self._call.of.table, self._call.namespace))
        await store.settled(store.losses)
        for index, stored in enumerate(listed):
            if self._selects is None or self._selects(stored):
                yield self._event(b"ADDED", stored)
            if index % _LISTED == _LISTED - 1:
                await asyncio.sleep(0)
        if mark_end:
            yield self._bookmark(revision, ends_list=True)

    async def _changes(self, waker: asyncio.Event) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._seconds
        marks = self._call.flag("allowWatchBookmarks")
        while not self._cluster.closing.is_set():
            waker.clear()
            changes = self._history.since(self._position)
            if changes is None:
                yield _error(status_error.expired("too old resource version: the watcher fell behind; list again"))
                return
            if changes:
                self._position += len(changes)
                chunk = b"".join([event for change in changes if (event := self._of(change))])
                if chunk:
                    yield chunk
                continue
            left = end - loop.time()
            if left <= 0:
                break
            if not await _woken(waker, min(left, _BOOKMARK_SECONDS)) and marks and not self._cluster.closing.is_set():
                yield self._bookmark(self._cluster.store.durable_revision)

    def _of(self, change: Change) -> bytes:
        """The event that a change is to this watcher, empty for none: leaving the selection is a deletion."""
        if self._call.namespace and change.after.namespace != self._call.namespace:
            return b""
        selects = self._selects
        was = change.before is not None and (selects is None or selects(change.before))
        now = not change.gone and (selects is None or selects(change.after))
        if now:
            return self._event(b"MODIFIED" if was else b"ADDED", change.after)
        if not was:
            return b""
        if change.gone or change.before is None:
            return self._event(b"DELETED", change.after)
        return self._event(b"DELETED", self._last_selected(change.before, change.revision))

    def _last_selected(self, before: Stored, revision: int) -> Stored:
        """The state before an object left the selection, at the revision that took it out."""
        manifest = self._cluster.read(before)
        manifest["metadata"]["resourceVersion"] = str(revision)
        return Stored(before.namespace, before.name, before.uid, revision, orjson.dumps(manifest), before.labels, ())

    def _event(self, kind: bytes, stored: Stored) -> bytes:
        call = self._call
        if call.output.form == "object":
            data = answer.encoded(self._cluster, call, stored)
        else:
            manifest = self._cluster.in_version(stored, call.of)
            data = orjson.dumps(self._rendered(manifest))
        return b'{"type":"' + kind + b'","object":' + data + b"}\n"

    def _rendered(self, manifest: dict[str, Any]) -> dict[str, Any]:
        call = self._call
        if call.output.form == "metadata":
            return answer.metadata_of(manifest, call.output.version)
        with_columns, self._has_columns = not self._has_columns, True
        return answer.table(self._cluster, call, [manifest], with_columns=with_columns)

    def _bookmark(self, revision: int, *, ends_list: bool = False) -> bytes:
        call = self._call
        metadata: dict[str, Any] = {"resourceVersion": str(revision), "creationTimestamp": None}
        if ends_list:
            metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
        document: dict[str, Any] = {"kind": call.of.kind, "apiVersion": call.of.api_version, "metadata": metadata}
        if call.output.form == "metadata":
            document = answer.metadata_of(document, call.output.version)
        elif call.output.form == "table":
            row = {"cells": [], "object": answer.metadata_of(document, call.output.version)}
            head = {"kind": "Table", "apiVersion": f"meta.k8s.io/{call.output.version}"}
            document = {**head, "metadata": {"resourceVersion": str(revision)}, "columnDefinitions": [], "rows": [row]}
        return b'{"type":"BOOKMARK","object":' + orjson.dumps(document) + b"}\n"


async def _woken(waker: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await waker.wait()
    except TimeoutError:
        return False
    return True

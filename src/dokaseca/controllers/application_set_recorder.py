"""Events about ApplicationSets, few enough that a storm of changes does not become a storm of Events."""

from __future__ import annotations

import logging
from collections import OrderedDict

from dokaseca.kit.clock import Clock, rfc3339
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import DokaSecaError
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster

log = logging.getLogger("dokaseca.generate")

COMPONENT = "applicationset-controller"
BURST = 25  # Events about one object at once, as client-go has it ...
REFILL_SECONDS = 300.0  # ... and one more in this time
_OBJECTS = 4096  # remembered
_MESSAGE = 1024  # characters that an Event's message may have
_NAME = 230  # of an object's name, in its Events' names


class Recorder:
    """Writes Events; one that cannot be written is dropped: Events are a courtesy, not a record."""

    def __init__(self, hub: Cluster, clock: Clock) -> None:
        self._hub = hub
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._serial = 0

    async def tell(self, about: Manifest, reason: str, message: str, *, is_warning: bool = False) -> None:
        """Record that something happened to `about`, unless too much did lately."""
        if not self._may_tell(manifests.uid(about)):
            return
        try:
            await self._hub.create(self._event(about, reason, message, is_warning=is_warning), field_manager=COMPONENT)
        except DokaSecaError as error:
            log.debug("event dropped", extra={"fields": {"reason": reason, "error": error.message}})

    def _may_tell(self, uid: str) -> bool:
        now = self._clock.monotonic_seconds()
        tokens, since = self._buckets.pop(uid, (float(BURST), now))
        tokens = min(float(BURST), tokens + (now - since) / REFILL_SECONDS)
        self._buckets[uid] = (tokens - 1 if tokens >= 1 else tokens, now)
        if len(self._buckets) > _OBJECTS:
            self._buckets.popitem(last=False)
        return tokens >= 1

    def _event(self, about: Manifest, reason: str, message: str, *, is_warning: bool) -> Manifest:
        now = self._clock.now()
        self._serial += 1
        group, version, kind = manifests.gvk(about)
        mark = f"{int(now.timestamp() * 1e9) + self._serial:x}"  # as client-go has it: in the order of time
        time = rfc3339(now)
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": f"{manifests.name(about)[:_NAME]}.{mark}", "namespace": manifests.namespace(about)},
            "involvedObject": {
                "apiVersion": f"{group}/{version}",
                "kind": kind,
                "namespace": manifests.namespace(about),
                "name": manifests.name(about),
                "uid": manifests.uid(about),
                "resourceVersion": manifests.resource_version(about),
            },
            "type": "Warning" if is_warning else "Normal",
            "reason": reason,
            "message": message[:_MESSAGE],
            "firstTimestamp": time,
            "lastTimestamp": time,
            "count": 1,
            "source": {"component": COMPONENT},
            "reportingComponent": COMPONENT,
            "reportingInstance": COMPONENT,
        }

"""Have ApplicationSets generate anew, because somebody said that what they ask has changed."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from dokaseca.controllers import status
from dokaseca.kit import redact
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import DokaSecaError
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster

log = logging.getLogger("dokaseca.generate")


async def refresh(hub: Cluster, sets: Iterable[Manifest]) -> int:
    """Mark `sets` for a refresh, which their controller takes back once it has generated; how many were marked.

    One that is marked already is left alone: many events make one refresh. One that cannot be marked is passed over:
    it asks again by itself in time.
    """
    count = 0
    for one in sets:
        if application_sets.REFRESH_ANNOTATION in manifests.annotations(one):
            continue
        namespace, name = manifests.namespace(one), manifests.name(one)
        patch = {"metadata": {"annotations": {application_sets.REFRESH_ANNOTATION: "true"}}}
        try:
            await hub.patch(application_sets.GVK, namespace, name, patch, field_manager=status.FIELD_MANAGER)
        except DokaSecaError as error:
            told = {"application_set": f"{namespace}/{name}", "error": redact.text(str(error))}
            log.warning("refresh failed", extra={"fields": told})
        else:
            count += 1
    return count

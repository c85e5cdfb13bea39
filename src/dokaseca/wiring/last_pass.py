"""Where the time of an Application's last pass went, as the running platform tells it."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
import orjson

from dokaseca.model.errors import NotFoundError, TransientError
from dokaseca.model.identity import NamespacedName
from dokaseca.web.server import HOST, TIMING_PATH
from dokaseca.wiring import layout as layouts
from dokaseca.wiring.layout import WEB_PORT, Layout

SECONDS = 5.0  # it is a look into memory


async def timing(layout: Layout, key: NamespacedName) -> Mapping[str, float | int]:
    """`engine.timing.Timing.fields` of the last pass.

    Raises:
        NotFoundError: there was no pass of it since the platform was started.
        TransientError: the platform's web server does not answer.
    """
    port = layouts.read_ports(layout).get(WEB_PORT, 0)
    url = f"http://{HOST}:{port}{TIMING_PATH}/{key.namespace}/{key.name}"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS)) as client,
            client.get(url) as answer,
        ):
            if answer.status == 404:
                raise NotFoundError(f"there was no pass of {key} since the platform was started", reason="NoPass")
            answer.raise_for_status()
            found: Mapping[str, float | int] = orjson.loads(await answer.read())
    except (aiohttp.ClientError, TimeoutError, orjson.JSONDecodeError) as error:
        raise TransientError(
            f"the platform's web server on port {port} does not tell the timing ({error or 'it took too long'}); "
            "is the platform running?",
            reason="NoTiming",
        ) from error
    return found

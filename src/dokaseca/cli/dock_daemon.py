"""The process behind `dokaseca dock start`: `python -m dokaseca.cli.dock_daemon FOLDER`."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import Final

from dokaseca.adapters import daemon
from dokaseca.cli import exit_codes, failures, logs
from dokaseca.model.errors import DokaSecaError, TransientError
from dokaseca.wiring import dock_clusters
from dokaseca.wiring.dock_folder import DockFolder

READY: Final = b"{}"


def main(arguments: list[str]) -> int:
    """Serve until a signal; the first thing said on standard output is that it is ready, or the error."""
    logs.configure("info", "text")
    said: list[bytes] = []
    try:
        asyncio.run(_serve(DockFolder(Path(arguments[0])), said))
    except DokaSecaError as error:
        if not said:
            _say(dock_clusters.error_word(error), said)
        return failures.report(error)
    except Exception as error:
        if not said:
            _say(dock_clusters.error_word(TransientError("failed unexpectedly, its log says how")), said)
        return failures.report(error)
    return exit_codes.OK


async def _serve(folder: DockFolder, said: list[bytes]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)  # the terminal that it was started from is nothing to it
    async with dock_clusters.serve(folder) as failed:
        _say(READY, said)
        await dock_clusters.until(stop, failed)


def _say(word: bytes, said: list[bytes]) -> None:
    said.append(word)
    sys.stdout.buffer.write(word)
    daemon.detach()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""kill -9 in the middle of many writes: everything that was answered is there after the next start."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from dokaseca.dock.store.objects import Store
from dokaseca.dock.store.sqlite import SqliteStorage

KILLS = 10
WRITERS = 8
WRITER = """
import asyncio, json, sys
from pathlib import Path
from dokaseca.dock.api import Api
from dokaseca.dock.store.sqlite import SqliteStorage
from dokaseca.ports.wire import WireRequest

PATH = "/api/v1/namespaces/default/configmaps"
QUERY = (("fieldManager", "crash"), ("force", "true"))
HEADERS = {"content-type": "application/apply-patch+yaml"}

async def write(api, life, writer):
    name = f"c{writer}"
    for number in range(1_000_000):
        head = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
        body = json.dumps({**head, "data": {"v": f"{life}.{number}"}}).encode()
        request = WireRequest("PATCH", f"{PATH}/{name}", QUERY, HEADERS, body, "admin", ("system:masters",))
        answer = await api.handle(request)
        sys.stdout.buffer.write(answer.body + b"\\n")
        sys.stdout.buffer.flush()

async def main():
    api = Api("crash", SqliteStorage(Path(sys.argv[1])))
    async with asyncio.TaskGroup() as group:
        for writer in range(int(sys.argv[3])):
            group.create_task(write(api, sys.argv[2], writer))

asyncio.run(main())
"""


def test_ten_kills_lose_nothing_that_was_answered(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    last = 0
    for life in range(KILLS):
        told = killed_after(path, life, answers=1 + 40 * life)
        revisions = [int(one["metadata"]["resourceVersion"]) for one in told]
        assert min(revisions) > last, "a revision was given twice"
        store = Store(SqliteStorage(path))
        newest = {one["metadata"]["name"]: one for one in told}
        for name, document in newest.items():
            found = store.get_or_none("configmaps", "default", name)
            assert found is not None, f"{name} was answered and is lost"
            assert found.revision >= int(document["metadata"]["resourceVersion"]), f"{name} went back"
        last = store.revision
        assert last >= max(revisions)
        store.close()


def killed_after(path: Path, life: int, *, answers: int) -> list[dict[str, Any]]:
    """What a writing process was heard to answer until it was killed; at least `answers`."""
    arguments = [sys.executable, "-c", WRITER, str(path), str(life), str(WRITERS)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, bufsize=0) as process:
        assert process.stdout is not None
        heard = b""
        while heard.count(b"\n") < answers:
            chunk = process.stdout.read(65_536)
            assert chunk, "the writer ended by itself"
            heard += chunk
        process.kill()
        heard += process.stdout.read()
    whole = heard[: heard.rindex(b"\n")].splitlines()
    return [json.loads(line) for line in whole]

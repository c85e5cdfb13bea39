"""Config management plugins, each command confined in a folder of its own: `ports.renderer.Plugins`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import orjson

from dokaseca.adapters import plugin_launcher, process
from dokaseca.adapters.process import Completed
from dokaseca.kit import bounds, paths, redact
from dokaseca.model.errors import TransientError, UserError
from dokaseca.ports.renderer import PluginFile, PluginRun

PARALLEL = 2  # a plugin may take all that its limits leave it
SAID_LINES, SAID_CHARACTERS = 20, 2_000  # of what a command said before it failed
LIMITS = {
    "RLIMIT_DATA": bounds.PLUGIN_MEMORY_BYTES,
    "RLIMIT_FSIZE": bounds.PLUGIN_FILE_BYTES,
    "RLIMIT_NOFILE": 1024,
    "RLIMIT_CORE": 0,
}
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # where this process has none


class PluginProgram:
    """Runs commands under `plugin_launcher`.

    Args:
        timeout_seconds: for one command.
        path: where programs are found; its folders can be read by plugins.
    """

    def __init__(self, *, timeout_seconds: float = bounds.PLUGIN_SECONDS, path: str | None = None) -> None:
        self._timeout_seconds = timeout_seconds
        self._path = path or os.environ.get("PATH") or PATH
        self._slots = asyncio.Semaphore(PARALLEL)
        self._obstacle: str | None = None

    async def run(self, request: PluginRun) -> bytes:
        is_confined = not await self._obstacle_or_empty()
        if not is_confined and not request.network:
            raise UserError(
                f"plugin {request.plugin} was not started: this system does not let it be confined "
                f"({self._obstacle}). Allow unprivileged user namespaces here, or accept that it reaches the network "
                "and the files of this machine: say `network: true` for it in the platform file",
                reason="PluginNotConfined",
            )
        async with self._slots:
            with _private_folder() as folder:
                place = _Place(folder)
                await asyncio.to_thread(place.fill, request.files)
                printed = b""
                for step, argv in request.steps.items():
                    completed = await self._step(request, step, argv, place, is_confined=is_confined)
                    if completed.returncode != 0:
                        raise _failed(request.plugin, step, completed, place)
                    printed = completed.stdout
                return printed

    async def _step(
        self, request: PluginRun, step: str, argv: tuple[str, ...], place: _Place, *, is_confined: bool
    ) -> Completed:
        asked = place.request(is_confined=is_confined) | {
            "argv": argv,
            "cwd": str(place.repository / request.folder),
            "env": {**place.variables(self._path), **request.env},
            "network": request.network,
            "readable": self._readable(),
            "limits": self._limits(is_confined=is_confined),
        }
        where = f"plugin {request.plugin}: {step}"
        try:
            return await self._launch(asked, self._timeout_seconds)
        except TransientError as error:
            raise UserError(
                f"{where} took longer than {self._timeout_seconds:g} s and was stopped; make it faster, or raise "
                "ARGOCD_EXEC_TIMEOUT",
                reason="RenderTimeout",
            ) from error
        except UserError as error:
            if error.reason != "OutputTooLarge":
                raise
            raise UserError(
                f"{where} printed more than {bounds.PLUGIN_OUTPUT_BYTES // 2**20} MiB and was stopped",
                reason="OutputTooLarge",
            ) from error

    async def _obstacle_or_empty(self) -> str:
        """Why this machine cannot confine a plugin; tried out once."""
        if self._obstacle is None:
            with _private_folder() as folder:
                place = _Place(folder)
                place.fill(iter(()))
                asked = place.request(is_confined=True) | {
                    "argv": ["true"],
                    "cwd": str(place.repository),
                    "env": place.variables(self._path),
                    "network": False,
                    "readable": self._readable(),
                    "limits": self._limits(is_confined=True),
                }
                completed = await self._launch(asked, bounds.PLUGIN_SECONDS)
                said = completed.stderr.decode(errors="replace").strip()
                self._obstacle = (said or f"code {completed.returncode}") if completed.returncode else ""
        return self._obstacle

    async def _launch(self, asked: Mapping[str, object], timeout_seconds: float) -> Completed:
        return await process.run(
            [sys.executable, "-I", plugin_launcher.__file__],
            timeout_seconds=timeout_seconds,
            cwd=Path("/"),
            env={"PATH": self._path},
            inherits=False,
            stdin=orjson.dumps(asked),
            output_limit_bytes=bounds.PLUGIN_OUTPUT_BYTES,
        )

    def _readable(self) -> list[str]:
        return [one for one in self._path.split(":") if one.startswith("/") and one.strip("/")]

    def _limits(self, *, is_confined: bool) -> dict[str, int]:
        found = {**LIMITS, "RLIMIT_CPU": max(1, round(self._timeout_seconds))}
        if is_confined:  # elsewhere the processes of the user's whole session would count
            found["RLIMIT_NPROC"] = bounds.PLUGIN_PROCESSES
        return found


@contextlib.contextmanager
def _private_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="dokaseca-plugin-", ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()


class _Place:
    """The private folder: `work` is all that a plugin may write, `root` where its file system is put together."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._work = folder / "work"
        self.repository = self._work / "repository"

    def request(self, *, is_confined: bool) -> dict[str, object]:
        return {"is_confined": is_confined, "folder": str(self._work), "root": str(self._folder / "root")}

    def variables(self, path: str) -> dict[str, str]:
        return {
            "PATH": path,
            "HOME": str(self._work / "home"),
            "TMPDIR": str(self._work / "tmp"),
            "LANG": "C.UTF-8",
            "PWD": str(self.repository),
        }

    def fill(self, files: Iterator[PluginFile]) -> None:
        for one in (self.repository, self._work / "home", self._work / "tmp", self._folder / "root"):
            one.mkdir(parents=True)
        self._folder.chmod(0o711)  # a plugin that runs as nobody passes through
        for file in files:
            target = self.repository / paths.join(file.path)
            target.parent.mkdir(parents=True, exist_ok=True)
            if file.link is None:
                target.write_bytes(file.content)
                target.chmod(0o755 if file.executable else 0o644)
            else:
                target.symlink_to(os.path.relpath(self.repository / file.link, target.parent))

    def hidden(self, text: str) -> str:
        """`text` with paths as the repository has them."""
        for one in (self.repository, self._work, self._folder):
            text = text.replace(f"{one}/", "").replace(str(one), ".")
        return text


def _failed(plugin: str, step: str, completed: Completed, place: _Place) -> UserError:
    text = completed.stderr.decode(errors="replace")
    said = redact.text(place.hidden("\n".join(text.strip().splitlines()[-SAID_LINES:])))[-SAID_CHARACTERS:]
    return UserError(
        f"plugin {plugin}: {step} ended with code {completed.returncode}: {said or 'it said nothing'}",
        reason="PluginFailed",
    )

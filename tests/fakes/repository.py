"""A real Git repository that a test writes to: bare, with a helper for each way its refs can move."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

WHO = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_AUTHOR_DATE": "2026-01-02T03:04:05+00:00",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
    "GIT_COMMITTER_DATE": "2026-01-02T03:04:05+00:00",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
}

Content = str | bytes | Path | None  # a file's text, a symlink's target as a Path, None deletes


def git(folder: Path, *arguments: str, **environment: str) -> str:
    """What git prints; the test fails when git does."""
    base = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], env={**base, **WHO, **environment}, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


class Repository:
    """`path` is the bare repository, its HEAD `main`."""

    def __init__(self, folder: Path, name: str = "repo") -> None:
        self.path = folder / f"{name}.git"
        self.work = folder / f"{name}-work"
        self.work.mkdir(parents=True)
        git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(self.path))
        git(self.work, "init", "--quiet", "--initial-branch=main")
        git(self.work, "remote", "add", "origin", str(self.path))

    @property
    def url(self) -> str:
        return f"file://{self.path}"

    def commit(self, files: Mapping[str, Content] | None = None, *, message: str = "Change", push: str = "main") -> str:
        """Write `files`, commit, push to branch `push` by force; the new commit's SHA."""
        for name, content in (files or {}).items():
            self._write(self.work / name, content)
        git(self.work, "add", "--all")
        git(self.work, "commit", "--quiet", "--allow-empty", "--message", message)
        if push:
            git(self.work, "push", "--quiet", "--force", "origin", f"HEAD:refs/heads/{push}")
        return git(self.work, "rev-parse", "HEAD")

    def tag(self, name: str, *, annotated: bool = False) -> None:
        git(self.work, "tag", "--force", *(["--annotate", "--message", name] if annotated else []), name)
        git(self.work, "push", "--quiet", "--force", "origin", f"refs/tags/{name}")

    def delete(self, ref: str) -> None:
        git(self.path, "update-ref", "-d", ref)

    def rewind(self, count: int = 1) -> None:
        """Forget the last commits of the work tree: the next push rewrites history."""
        git(self.work, "reset", "--quiet", "--hard", f"HEAD~{count}")

    def _write(self, target: Path, content: Content) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            target.unlink()
        elif isinstance(content, Path):
            target.symlink_to(content)
        else:
            target.write_bytes(content.encode() if isinstance(content, str) else content)

"""A Git repository in a folder, changed by the git program as its user would."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import yaml

Content = str | dict | list  # a text, one object, or several

_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "Test",
    "GIT_AUTHOR_EMAIL": "test@example.com",
    "GIT_COMMITTER_NAME": "Test",
    "GIT_COMMITTER_EMAIL": "test@example.com",
}


class Repository:
    """A work tree on branch `main`; `url` is what Applications read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = f"file://{path}"

    def create(self) -> Repository:
        """Make the repository, without a commit."""
        self.path.mkdir(parents=True)
        self._git("init", "--quiet", "--initial-branch=main")
        return self

    def commit(self, files: dict[str, Content] | None = None, *, remove: tuple[str, ...] = ()) -> str:
        """Write and remove files, commit, and return the commit's SHA."""
        for name, content in (files or {}).items():
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text(content))
        for name in remove:
            (self.path / name).unlink()
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", "--message", "change")
        return self.head()

    def branch(self, name: str) -> None:
        """Make a branch at the newest commit."""
        self._git("branch", name)

    def head(self) -> str:
        """The SHA of the newest commit."""
        return self._git("rev-parse", "HEAD").strip()

    def _git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.path), *arguments], env=_ENVIRONMENT, check=True, capture_output=True, text=True
        )
        return done.stdout


def text(content: Content) -> str:
    """A file's text: texts as they are, objects as YAML documents."""
    if isinstance(content, str):
        return content
    documents = content if isinstance(content, list) else [content]
    return yaml.safe_dump_all(documents, sort_keys=False)

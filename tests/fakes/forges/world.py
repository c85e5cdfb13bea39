"""What a forge holds, whatever forge it is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field


def sha(text: str) -> str:
    """A commit's name."""
    return hashlib.sha1(text.encode()).hexdigest()


@dataclass
class Repo:
    """A repository; `branches` maps names to the files in them, and is empty while nobody has pushed."""

    name: str
    number: int
    branches: dict[str, tuple[str, ...]] = field(default_factory=lambda: {"main": ("README.md",)})
    labels: tuple[str, ...] = ()
    archived: bool = False
    default: str = "main"
    group: str = "acme"
    shared: bool = False

    @property
    def commits(self) -> dict[str, str]:
        return {name: sha(f"{self.name}/{name}/{files}") for name, files in self.branches.items()}

    def has(self, ref: str, path: str) -> bool | None:
        """Whether a file or folder is there; None when there is no such branch or commit."""
        by_commit = {commit: self.branches[name] for name, commit in self.commits.items()}
        files = self.branches.get(ref, by_commit.get(ref))
        if files is None:
            return None
        return any(file == path or file.startswith(f"{path}/") for file in files)

    def children(self, ref: str, folder: str) -> list[str] | None:
        """The paths directly below a folder, None when there is no such folder."""
        if folder and not self.has(ref, folder):
            return None
        by_commit = {commit: self.branches[name] for name, commit in self.commits.items()}
        prefix = f"{folder}/" if folder else ""
        files = self.branches.get(ref) or by_commit.get(ref, ())
        return sorted({prefix + file[len(prefix) :].split("/")[0] for file in files if file.startswith(prefix)})


@dataclass
class Pull:
    """A pull request."""

    number: int
    title: str = "A change"
    branch: str = "feature"
    target: str = "main"
    author: str = "ann"
    labels: tuple[str, ...] = ()
    state: str = "open"
    commit: str | None = "c" * 40


@dataclass
class World:
    """One organization named `acme`, with pull requests by repository."""

    repos: list[Repo] = field(default_factory=list)
    pulls: dict[str, list[Pull]] = field(default_factory=dict)

    def repo_or_none(self, name: str) -> Repo | None:
        return next((one for one in self.repos if one.name == name), None)

    def open_pulls(self, name: str) -> list[Pull]:
        return [one for one in self.pulls.get(name, []) if one.state == "open"]


def example() -> World:
    """Five repositories, more than one page of everything."""
    return World(
        repos=[
            Repo(
                "web",
                11,
                {"main": ("deploy/app.yaml",), "dev": ("README.md",), "feature/x": ("a/b/c",)},
                ("prod", "k8s"),
            ),
            Repo("api", 12, {"trunk": ("deploy/app.yaml", "Dockerfile")}, ("prod",), default="trunk"),
            Repo("old", 13, labels=("prod",), archived=True),
            Repo("empty", 14, {}),
            Repo("tool", 15, {"main": ("deployer", "docs/a.md")}),
        ],
        pulls={
            "web": [
                Pull(1, "First", "feature/x", author="ann", labels=("preview", "big"), commit="1" * 40),
                Pull(2, "Second", "Fix_It", "release-1", "bob", commit="2" * 40),
                Pull(3, "Closed", "gone", state="closed", commit="3" * 40),
                Pull(4, "Third", "third", author="cat", labels=("preview",), commit="4" * 40),
            ],
        },
    )

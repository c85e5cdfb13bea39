"""Every file of the examples, as text."""

from __future__ import annotations

import re

import pytest

from dokaseca.bridge import examples
from dokaseca.kit import yaml_in

REPOSITORIES = ("addons", "charts", "clusters", "workloads")
FILES = {
    f"{repository}/{path}": content
    for repository in REPOSITORIES
    for path, content in examples.files(repository).items()
}
YAML = sorted(path for path in FILES if path.endswith((".yaml", ".yml")) and "/templates/" not in path)
REGISTRY_HOST = re.compile(r"\b(docker\.io|gcr\.io|ghcr\.io|quay\.io|registry\.k8s\.io|public\.ecr\.aws)\b")


@pytest.mark.parametrize("path", YAML)
def test_it_is_yaml(path: str) -> None:
    assert yaml_in.load_all(FILES[path], subject=path)


def test_no_file_names_a_registry() -> None:
    assert [path for path, content in FILES.items() if REGISTRY_HOST.search(content.decode())] == []


@pytest.mark.parametrize("path", sorted(path for path in FILES if path.endswith("README.md")))
def test_paths_that_a_readme_names_are_there(path: str) -> None:
    repository = path.partition("/")[0]
    folders = ("argocd", "configs", "kustomize", "apps")
    named = re.findall(rf"`((?:{'|'.join(folders)})/[\w./-]+)`", FILES[path].decode())
    there = [one.removeprefix(repository + "/") for one in FILES if one.startswith(repository + "/")]
    missing = [
        name for name in named if not any(one == name or one.startswith(name.rstrip("/") + "/") for one in there)
    ]
    assert missing in ([], ["argocd/appsets/exclude"])


def test_every_repository_explains_itself() -> None:
    assert [one for one in ("addons", "clusters", "workloads") if f"{one}/README.md" not in FILES] == []


def test_the_overlay_that_the_demo_edits_is_easy_to_edit() -> None:
    overlay = FILES["workloads/apps/team-a/storefront/overlays/dev/kustomization.yaml"].decode()
    value = yaml_in.load(overlay, subject="overlay")
    assert value["images"] == [{"name": "storefront", "newTag": "1.5.0"}]
    assert value["replicas"] == [{"name": "storefront", "count": 1}]
    assert 'newTag: "1.5.0"' in overlay

"""`dokaseca app manifests`: what a repository renders to, read from a running platform."""

from __future__ import annotations

import pytest
from tests.unit.cli.platform import Platform, application, repository

from dokaseca.kit import yaml_in

FILES = {
    "app/map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  colour: red\n",
    "app/secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata:\n  name: login\nstringData:\n  password: s3cret\n",
}


@pytest.fixture(scope="module")
def url(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> str:
    url = repository(tmp_path_factory.mktemp("git") / "r.git", FILES)
    platform.put(application("shop", url=url))
    return url


def test_manifests_are_printed_as_a_stream_and_secrets_are_masked(platform: Platform, url: str) -> None:
    text = platform.call("app", "manifests", "shop").stdout
    objects = [one.value for one in yaml_in.load_all(text.encode(), subject="stdout")]
    assert [one["kind"] for one in objects] == ["ConfigMap", "Secret"]
    assert objects[0]["data"] == {"colour": "red"}
    assert objects[1]["data"] == {"password": "++++++++"}
    assert "s3cret" not in text


def test_a_wrong_number_of_revisions_is_refused(platform: Platform, url: str) -> None:
    assert "has 1 source and got 2 revisions" in platform.refused(
        "app", "manifests", "shop", "--revision", "main", "--revision", "main"
    )


def test_a_revision_that_is_not_there_is_told(platform: Platform, url: str) -> None:
    assert "unable to resolve 'nowhere'" in platform.refused("app", "manifests", "shop", "--revision", "nowhere")


def test_they_are_rendered_with_the_settings_and_plugins_of_the_platform(
    platform: Platform, tmp_path_factory: pytest.TempPathFactory
) -> None:
    files = {**FILES, "app/more.jsonnet": "{apiVersion: 'v1', kind: 'Namespace', metadata: {name: 'n'}}\n"}
    url = repository(tmp_path_factory.mktemp("git") / "settings.git", files)
    platform.put(application("set", url=url))
    assert "kind: Namespace" in platform.call("app", "manifests", "set").stdout
    labels = {"app.kubernetes.io/part-of": "argocd"}
    metadata = {"name": "argocd-cm", "namespace": "argocd", "labels": labels}
    off = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"jsonnet.enable": "false"}}
    platform.put(off)
    try:
        assert "kind: Namespace" not in platform.call("app", "manifests", "set").stdout
    finally:
        platform.put({**off, "data": {}})
    asked = application("asked", url=url)
    asked["spec"]["source"]["plugin"] = {"name": "words"}
    platform.put(asked)
    assert "plugin 'words' is not registered; registered are: none" in platform.refused("app", "manifests", "asked")

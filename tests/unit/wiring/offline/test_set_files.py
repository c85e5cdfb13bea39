"""Which documents of a folder are ApplicationSets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dokaseca.model.errors import UserError
from dokaseca.wiring.offline import set_files


def application_set(name: str, *, namespace: str = "argocd") -> str:
    where = f", namespace: {namespace}" if namespace else ""
    return f"apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {{name: {name}{where}}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.yaml").write_text(f"# first\n---\nkind: ConfigMap\n---\n{application_set('two')}")
    (tmp_path / "deep" / "b.yml").write_text(application_set("three", namespace=""))
    (tmp_path / "template.yaml").write_text("{{- if .Values.on }}\nkind: Deployment\n{{- end }}\n")
    (tmp_path / "notes.md").write_text(application_set("not-read"))
    return tmp_path


def test_every_document_of_a_folder_is_found_with_its_line_and_templates_of_charts_are_passed_over(folder):
    found = set_files.of_path(folder)
    assert found.problems == []
    assert [(str(each.key), each.place, each.path) for each in found.sets] == [
        ("argocd/two", f"{folder}/a.yaml:5", "a.yaml"),
        ("argocd/three", f"{folder}/deep/b.yml:1", "deep/b.yml"),
    ]


def test_one_file_and_a_link_to_one(folder):
    assert [each.key.name for each in set_files.of_path(folder / "deep" / "b.yml").sets] == ["three"]
    (folder / "link.yaml").symlink_to(folder / "deep" / "b.yml")
    assert [each.file for each in set_files.of_path(folder / "link.yaml").sets] == [f"{folder}/deep/b.yml"]


def test_a_path_is_shown_as_it_was_given(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert [each.file for each in set_files.of_path(Path()).sets] == ["a.yaml", "deep/b.yml"]
    assert [each.file for each in set_files.of_path(Path("a.yaml")).sets] == ["a.yaml"]


def test_lists_hold_application_sets_too(tmp_path):
    kind = {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet"}
    items = [{**kind, "metadata": {"name": "one"}}, {**kind, "metadata": {"name": "two"}}, 1]
    (tmp_path / "a.json").write_text(json.dumps({"kind": "List", "items": items}))
    assert [each.key.name for each in set_files.of_path(tmp_path).sets] == ["one", "two"]


def test_a_broken_file_and_a_nameless_one_are_problems_that_stop_no_other(folder):
    (folder / "broken.yaml").write_text("kind: ApplicationSet\n  bad: [\n")
    (folder / "nameless.yaml").write_text(application_set("x").replace("name: x", "labels: {}"))
    found = set_files.of_path(folder)
    assert len(found.sets) == 2
    assert found.problems[0].startswith(f"{folder}/broken.yaml:2:")
    assert found.problems[1] == f"{folder}/nameless.yaml:1: an ApplicationSet has no metadata.name"


def test_of_two_with_one_name_the_first_counts_and_it_is_told(folder):
    (folder / "z.yaml").write_text(application_set("two"))
    found = set_files.of_path(folder)
    assert [each.file for each in found.sets if each.key.name == "two"] == [f"{folder}/a.yaml"]
    assert found.errors() == [
        f"{folder}/z.yaml:1: ApplicationSet argocd/two is in {folder}/a.yaml:5 too; rename one: the one that is "
        "applied last replaces the other"
    ]


def test_nothing_there_and_nothing_in_it(tmp_path):
    with pytest.raises(UserError, match=r"there is no file or folder .*gone"):
        set_files.of_path(tmp_path / "gone")
    (tmp_path / "a.yaml").write_text("kind: ConfigMap\n")
    with pytest.raises(
        UserError, match=r"holds no ApplicationSet: looked for documents .* \*\.yaml, \*\.yml, \*\.json"
    ):
        set_files.of_path(tmp_path)


def test_a_kind_of_that_name_in_another_group_is_none(tmp_path):
    (tmp_path / "a.yaml").write_text(application_set("x").replace("argoproj.io/", "other.io/"))
    with pytest.raises(UserError, match="holds no ApplicationSet"):
        set_files.of_path(tmp_path)

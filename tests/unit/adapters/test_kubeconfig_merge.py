from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from dokaseca.adapters import kubeconfig_merge
from dokaseca.kit import yaml_in, yaml_out
from dokaseca.model import kubeconfig
from dokaseca.model.errors import ConflictError, TransientError, UserError

THEIRS = kubeconfig.for_certificate("work", "https://work.test", "THEIR CA", "cert", "key")


def ours(server: str = "https://127.0.0.1:1", ca: str = "CA") -> dict[str, Any]:
    return kubeconfig.for_certificate("dock-a", server, ca, "cert", "key")


def read(path: Path) -> Any:
    return yaml_in.load(path.read_bytes(), subject="x")


def names(path: Path) -> list[list[str]]:
    found = read(path)
    return [[one["name"] for one in found[section]] for section in ("clusters", "users", "contexts")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "config").write_text(yaml_out.dump({**THEIRS, "preferences": {"colors": True}}))
    return tmp_path / "config"


def test_a_context_comes_beside_others_and_goes_alone(path):
    before = read(path)
    kubeconfig_merge.put(path, ours(), may_replace=False)
    assert names(path) == [["work", "dock-a"], ["work-admin", "dock-a-admin"], ["work", "dock-a"]]
    assert read(path)["current-context"] == "dock-a"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    kubeconfig_merge.take_out(path, ours())
    assert read(path) == {**before, "current-context": ""}
    kubeconfig_merge.take_out(path, ours())
    assert [one.name for one in path.parent.iterdir()] == ["config"]


def test_a_current_context_of_others_stays_when_ours_goes(path):
    kubeconfig_merge.put(path, ours(), may_replace=False)
    path.write_text(yaml_out.dump({**read(path), "current-context": "work"}))
    kubeconfig_merge.take_out(path, ours())
    assert read(path)["current-context"] == "work"


def test_a_file_that_is_missing_is_made_and_not_for_taking_out(tmp_path):
    kubeconfig_merge.take_out(tmp_path / "new", ours())
    assert not (tmp_path / "new").exists()
    kubeconfig_merge.put(tmp_path / "new", ours(), may_replace=False)
    assert read(tmp_path / "new") == ours()


def test_a_link_stays_one(path, tmp_path):
    (tmp_path / "link").symlink_to(path)
    kubeconfig_merge.put(tmp_path / "link", ours(), may_replace=False)
    assert (tmp_path / "link").is_symlink() and "dock-a" in path.read_text()


def test_ours_is_replaced_and_that_of_another_cluster_is_not(path):
    kubeconfig_merge.put(path, ours(), may_replace=False)
    kubeconfig_merge.put(path, ours("https://127.0.0.1:2"), may_replace=False)
    assert read(path)["clusters"][1]["cluster"]["server"] == "https://127.0.0.1:2"
    with pytest.raises(
        ConflictError, match=r"has a context 'dock-a' already, of another cluster; .*delete-context dock"
    ):
        kubeconfig_merge.put(path, ours(ca="OTHER"), may_replace=False)
    before = path.read_text()
    kubeconfig_merge.take_out(path, ours(ca="OTHER"))
    assert path.read_text() == before
    kubeconfig_merge.put(path, ours(ca="OTHER"), may_replace=True)
    assert len(read(path)["clusters"]) == 2


def test_the_check_tells_what_would_fail_and_changes_nothing(path, tmp_path):
    kubeconfig_merge.check(path, None, "dock-a")
    kubeconfig_merge.check(tmp_path / "new", None, "dock-a")
    assert not (tmp_path / "new").exists()
    kubeconfig_merge.put(path, ours(), may_replace=False)
    with pytest.raises(ConflictError, match="'dock-a' already"):
        kubeconfig_merge.check(path, None, "dock-a")
    kubeconfig_merge.check(path, {}, "dock-a")
    with pytest.raises(UserError, match="is in a folder that cannot be written"):
        kubeconfig_merge.check(tmp_path / "none" / "config", None, "dock-a")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", r"is not YAML \(.*, line 2\); correct it"),
        ("kind: Pod", r"is not a kubeconfig \(kind: Config\)"),
        ("- a", r"is not a kubeconfig \(kind: Config\)"),
        ("kind: Config\nusers: {a: b}", "clusters, users and contexts must be lists"),
    ],
)
def test_what_is_no_kubeconfig_stays_as_it_is(tmp_path, text, message):
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        kubeconfig_merge.put(path, ours(), may_replace=False)
    assert path.read_text() == text
    assert [one.name for one in tmp_path.iterdir()] == ["config"]


def test_a_file_that_another_program_has_locked_is_left_alone(path, monkeypatch):
    monkeypatch.setattr(kubeconfig_merge, "LOCK_SECONDS", 0.05)
    lock = path.with_name("config.lock")
    lock.touch()
    before = path.read_text()
    with pytest.raises(TransientError, match=f"is locked: another program writes it, .* delete {lock}"):
        kubeconfig_merge.put(path, ours(), may_replace=False)
    assert path.read_text() == before and lock.exists()


def test_a_file_in_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match=r"cannot be written .*check that the folder exists"):
        kubeconfig_merge.put(tmp_path / "none" / "config", ours(), may_replace=False)


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        kubeconfig_merge.check(tmp_path, None, "dock-a")

"""Finding the platform that runs in a folder, and what is said when there is none."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from tests.unit.cli.platform import running

from dokaseca.adapters import kubeconfig
from dokaseca.cli.main import root
from dokaseca.wiring import layout as layouts
from dokaseca.wiring import session


def said(*arguments: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(root, arguments, env=env)
    assert result.stdout == ""
    return result.exit_code, result.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("status",),
        ("app", "list"),
        ("app", "get", "x"),
        ("app", "diff", "x"),
        ("app", "sync", "x"),
        ("app", "history", "x"),
        ("app", "rollback", "x"),
        ("cluster", "list"),
        ("cluster", "label", "x", "a=b"),
        ("cluster", "annotate", "x", "a=b"),
    ],
)
def test_a_folder_where_nothing_runs_says_how_to_start(tmp_path, command):
    folder = tmp_path / "none"
    code, text = said(*command, "--dir", str(folder))
    assert code == 3
    assert text == f"error: no platform runs in {folder}; start it with `dokaseca up --dir {folder}`\n"
    assert not folder.exists()


def test_a_platform_that_was_stopped_is_not_running(tmp_path):
    with running(tmp_path) as stopped:
        stopped.call("app", "list")
    assert "no platform runs in" in said("app", "list", "--dir", str(tmp_path))[1]


def test_a_platform_without_a_hub_yet_asks_for_patience(tmp_path):
    layout = layouts.prepare(tmp_path)
    with layouts.locked(layout):
        code, text = said("app", "list", "--dir", str(tmp_path))
    assert (code, text) == (3, f"error: the platform in {tmp_path} is starting; try again in a moment\n")


def test_the_folder_comes_from_the_environment(tmp_path):
    assert said("app", "list", env={"DOKASECA_DIR": str(tmp_path / "x")})[1].startswith(
        f"error: no platform runs in {tmp_path / 'x'}"
    )


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    code, text = said("app", "list", "--dir", str(tmp_path / "file"))
    assert code == 2
    assert "is a file" in text


def test_a_kubeconfig_that_was_spoilt_is_named_with_its_line(tmp_path):
    with running(tmp_path) as found:
        (found.layout.kubeconfigs / "hub.yaml").write_text("kind: Config\na: 1\na: 2\n")
        code, text = said("app", "list", "--dir", str(tmp_path))
    assert code == 2
    assert f"error: {found.layout.kubeconfigs / 'hub.yaml'}:3:1: key 'a' is there twice" in text


def test_the_hub_is_the_one_of_platform_yaml_whatever_context_a_user_has_chosen(tmp_path):
    with running(tmp_path) as found:
        layout = found.layout
        layout.platform_file.write_text("spec:\n  hub:\n    name: main\n")
        assert session.hub_name(layout) == "hub"
        (layout.kubeconfigs / "hub.yaml").rename(layout.kubeconfigs / "main.yaml")
        assert session.hub_name(layout) == "main"
        found.call("app", "list")
        layout.platform_file.write_text("spec: [")
        assert session.hub_name(layout) == "hub"


def test_a_hub_that_does_not_answer_is_temporary(tmp_path):
    with running(tmp_path) as found:
        config = {
            "kind": "Config",
            "current-context": "hub",
            "contexts": [{"name": "hub", "context": {"cluster": "hub"}}],
            "clusters": [{"name": "hub", "cluster": {"server": "https://127.0.0.1:1"}}],
        }
        kubeconfig.write(found.layout.kubeconfigs / "hub.yaml", config)
        code, text = said("app", "list", "--dir", str(tmp_path))
    assert code == 3
    assert text.startswith("error: https://127.0.0.1:1 does not answer")
    assert "hint: `dokaseca doctor`" in text


def test_a_hub_with_another_authority_is_refused(tmp_path):
    with running(tmp_path / "a") as one, running(tmp_path / "b") as other:
        mine = kubeconfig.load(one.layout.kubeconfigs / "hub.yaml")
        path = other.layout.kubeconfigs / "hub.yaml"
        text = path.read_text().replace(kubeconfig.load(path).server, mine.server)
        path.write_text(text)
        code, said_text = said("app", "list", "--dir", str(tmp_path / "b"))
    assert code == 2
    assert "is not signed by the expected authority" in said_text

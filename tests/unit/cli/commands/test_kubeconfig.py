"""`dokaseca kubeconfig`: the files that `up` wrote."""

from __future__ import annotations

import yaml
from click.testing import CliRunner

from dokaseca.cli.main import root


def test_the_whole_file_or_one_cluster_or_the_path(platform):
    assert yaml.safe_load(platform.call("kubeconfig").stdout)["current-context"] == "hub"
    one = yaml.safe_load(platform.call("kubeconfig", "--cluster", "dev").stdout)
    assert [context["name"] for context in one["contexts"]] == ["dev"]
    assert platform.call("kubeconfig", "--path").stdout == f"{platform.layout.kubeconfig}\n"
    path = platform.call("kubeconfig", "--path", "--cluster", "dev").stdout
    assert path == f"{platform.layout.kubeconfigs / 'dev.yaml'}\n"


def test_an_unknown_cluster_is_answered_with_near_ones_and_no_other_file_is_read(platform):
    assert "there is no cluster 'dve'; did you mean dev?" in platform.refused("kubeconfig", "--cluster", "dve")
    assert "there is no cluster '../kubeconfig'" in platform.refused("kubeconfig", "--cluster", "../kubeconfig")


def test_a_folder_without_one_says_how_to_get_one(tmp_path):
    result = CliRunner().invoke(root, ["kubeconfig", "--dir", str(tmp_path)])
    assert result.exit_code == 3
    assert result.stderr == (
        f"error: no platform has been up in {tmp_path}; start it with `dokaseca up --dir {tmp_path}`\n"
    )

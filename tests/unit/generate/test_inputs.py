from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fakes.generate_tree import FilesGit

from dokaseca.generate import cluster_secret, expand, globs, label_selector, params
from dokaseca.generate.expand import GenerationError
from dokaseca.generate.generators.context import Inputs
from dokaseca.generate.templates import slug
from dokaseca.kit.clock import FakeClock
from dokaseca.model.errors import UserError


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_a_secret_gives_its_cluster_without_credentials() -> None:
    secret = {
        "metadata": {
            "name": "s",
            "namespace": "argocd",
            "labels": {"argocd.argoproj.io/secret-type": "cluster", "a": "b"},
        },
        "data": {"name": _encoded("dev"), "server": _encoded("https://dev/"), "config": _encoded("top secret")},
    }
    cluster = cluster_secret.from_secret(secret)
    assert (cluster.name, cluster.server, cluster.project) == ("dev", "https://dev", "")
    assert cluster.labels["a"] == "b"
    assert "top secret" not in repr(cluster)
    assert cluster_secret.is_cluster_secret(secret)


def test_a_secret_that_is_not_base64_is_refused_without_its_value() -> None:
    with pytest.raises(UserError) as caught:
        cluster_secret.from_secret({"metadata": {"name": "s", "namespace": "n"}, "data": {"name": "not base64!"}})
    assert "not base64!" not in str(caught.value)
    assert "Secret n/s: data.name is not base64" in str(caught.value)


@pytest.mark.parametrize(
    ("compile_glob", "pattern", "hits", "misses"),
    [
        (globs.directory, "apps/*", ["apps/a"], ["apps", "apps/a/b"]),
        (globs.directory, "a?c/[b-d]", ["abc/c"], ["a/c/c", "abc/e"]),
        (globs.directory, "[^a]x", ["bx"], ["ax"]),
        (globs.directory, r"a\*b", ["a*b"], ["axb"]),
        (globs.directory, "{a,b}", ["{a,b}"], ["a"]),
        (globs.pathspec, "apps/*.json", ["apps/a.json", "apps/x/y.json"], ["apps/a.yaml", "x/apps/a.json"]),
        (globs.pathspec, "apps", ["apps", "apps/x/y"], ["apps2/x"]),
        (globs.pathspec, ".", ["anything/at/all"], []),
        (globs.doublestar, "**/config.json", ["config.json", "a/b/config.json"], ["a/xconfig.json"]),
        (globs.doublestar, "apps/**", ["apps/a", "apps/a/b"], ["other/a"]),
        (globs.doublestar, "a/*/c{1,2}.yaml", ["a/b/c1.yaml"], ["a/b/b/c1.yaml", "a/b/c3.yaml"]),
    ],
)
def test_globs_match_as_their_dialect_says(compile_glob: Any, pattern: str, hits: list[str], misses: list[str]) -> None:
    matcher = compile_glob(pattern)
    assert [path for path in hits if not matcher(path)] == []
    assert [path for path in misses if matcher(path)] == []


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([globs.directory, globs.pathspec, globs.doublestar]), st.text("ab*?[]{},\\/^!-.", max_size=15))
def test_any_glob_matches_or_is_a_user_error(compile_glob: Any, pattern: str) -> None:
    try:
        assert compile_glob(pattern)("a/b") in (True, False)
    except UserError as error:
        assert error.reason == "InvalidGlob"


@given(st.text(max_size=300))
def test_a_normalized_name_fits_kubernetes(text: str) -> None:
    name = slug.normalize(text)
    assert len(name) <= 253
    assert name == name.strip("-.")
    assert not set(name) - set("abcdefghijklmnopqrstuvwxyz0123456789-.")


@given(st.text(max_size=80), st.integers(1, 60), st.booleans())
def test_a_slug_is_never_too_long(text: str, limit: int, smart: bool) -> None:
    assert len(slug.slugify(text, limit, smart)) <= limit


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab{}. $", max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab.", max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text("ab", max_size=2), JSON), st.dictionaries(st.text("ab", max_size=2), JSON))
def test_merging_with_itself_or_nothing_changes_nothing(base: dict[str, Any], other: dict[str, Any]) -> None:
    assert params.merged(base, {}) == base
    assert params.merged(base, base) == base
    once = params.merged(base, other)
    assert params.merged(once, other) == once


def test_a_selector_that_is_no_mapping_is_refused() -> None:
    for broken in ("x", {"matchLabels": ["a"]}, {"matchExpressions": ["x"]}, {"matchExpressions": [{"key": "a"}]}):
        with pytest.raises(UserError, match="error parsing label selector"):
            label_selector.parse(broken)
    with pytest.raises(UserError, match="takes no values"):
        label_selector.parse({"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["x"]}]})


KINDS = st.sampled_from(["list", "clusters", "git", "matrix", "merge"])
GENERATOR = st.recursive(
    st.dictionaries(st.sampled_from(["elements", "elementsYaml", "selector", "values", "repoURL", "files"]), JSON),
    lambda inner: st.fixed_dictionaries(
        {"generators": st.lists(st.dictionaries(KINDS, inner))},
        optional={"mergeKeys": JSON},
    ),
    max_leaves=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.dictionaries(KINDS | st.just("selector"), GENERATOR | JSON)),
    JSON,
    st.booleans(),
)
async def test_any_spec_expands_or_is_a_generation_error(generators: Any, template: Any, is_go: bool) -> None:
    spec = {"generators": generators, "template": template, "goTemplate": is_go}
    inputs = Inputs([cluster_secret.ClusterSecret("dev", "https://dev")], FilesGit({}).tree, FakeClock())
    try:
        await expand.expand({"metadata": {"name": "s", "namespace": "n"}, "spec": spec}, inputs)
    except GenerationError as error:
        assert str(error)

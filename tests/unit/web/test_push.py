from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.web import push

HERE = "https://git.example.com/team/addons.git"
OTHER = "https://git.example.com/team/workloads.git"
WATCHED = (HERE, OTHER)

GITHUB = {
    "ref": "refs/heads/main",
    "repository": {
        "url": "https://git.example.com/team/addons",
        "html_url": "https://git.example.com/team/addons",
        "clone_url": "https://git.example.com/team/addons.git",
        "ssh_url": "git@git.example.com:team/addons.git",
    },
}
GITEA = {
    "repository": {
        "html_url": "https://git.example.com/team/addons",
        "ssh_url": "git@git.example.com:team/addons.git",
        "clone_url": "https://git.example.com/team/addons.git",
    }
}
GITLAB = {
    "object_kind": "push",
    "project": {"git_ssh_url": "git@git.example.com:team/addons.git", "git_http_url": HERE},
    "repository": {"url": "git@git.example.com:team/addons.git", "git_http_url": HERE},
}
BITBUCKET = {"repository": {"links": {"html": {"href": "https://git.example.com/team/addons"}}}}
DATA_CENTER = {
    "repository": {
        "links": {
            "clone": [
                {"name": "ssh", "href": "ssh://git@git.example.com/team/addons.git"},
                {"name": "http", "href": "https://git.example.com/team/addons.git"},
            ]
        }
    }
}


@pytest.mark.parametrize(
    "body",
    [GITHUB, GITEA, GITLAB, BITBUCKET, DATA_CENTER, {"url": HERE}],
    ids=["github", "gitea", "gitlab", "bitbucket", "data center", "plain"],
)
def test_each_forge_names_one_repository(body: Any) -> None:
    assert push.repositories(body, WATCHED) == [HERE]


@pytest.mark.parametrize(
    "watched",
    [
        "git@git.example.com:team/addons.git",
        "ssh://git@git.example.com/team/addons",
        "https://me:token@git.example.com/team/addons/",
        "https://GIT.example.com/Team/Addons.git",
    ],
)
def test_a_repository_is_found_however_it_is_watched(watched: str) -> None:
    assert push.repositories(GITHUB, [watched, OTHER]) == [watched]


@pytest.mark.parametrize("url", ["file:///p/repos/addons.git", "/p/repos/addons.git", "file:///p/repos/addons"])
def test_local_repositories_are_found_by_url_and_by_path(url: str) -> None:
    assert push.repositories({"url": url}, ["file:///p/repos/addons.git", HERE]) == ["file:///p/repos/addons.git"]


@pytest.mark.parametrize(
    "body", [{}, [], None, "text", 7, {"repository": None}, {"repository": {"url": 7}}, {"url": ""}]
)
def test_a_notification_that_names_nothing_is_about_everything(body: Any) -> None:
    assert push.repositories(body, WATCHED) == list(WATCHED)


@pytest.mark.parametrize("url", ["https://git.example.com/team/other", "https://git.example.com/team/addons-extra"])
def test_a_repository_that_nobody_watches_wakes_nobody(url: str) -> None:
    assert push.repositories({"url": url}, WATCHED) == []


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from(WATCHED),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["url", "repository", "project", "links", "clone", "html", "href"]), inner)
    ),
    max_leaves=12,
)


@given(body=json, watched=st.lists(st.sampled_from([HERE, OTHER, "git@h:a/b", "", "://", "@"]), unique=True))
def test_whatever_comes_only_watched_urls_are_named_each_once_in_order(body: Any, watched: list[str]) -> None:
    found = push.repositories(body, watched)
    assert found == [url for url in watched if url in found]


@given(
    host=st.from_regex(r"[a-z][a-z0-9.]{0,8}", fullmatch=True),
    path=st.from_regex(r"[a-z0-9_-]{1,8}(/[a-z0-9_-]{1,8}){0,2}", fullmatch=True),
    field=st.sampled_from(["clone_url", "ssh_url", "html_url", "git_http_url", "git_ssh_url", "url"]),
)
def test_every_spelling_of_a_repository_finds_every_other(host: str, path: str, field: str) -> None:
    spellings = [
        f"https://{host}/{path}",
        f"https://{host}/{path}.git",
        f"https://user:pw@{host}/{path}.git/",
        f"ssh://git@{host}/{path}.git",
        f"git@{host}:{path}.git",
    ]
    for said in spellings:
        assert push.repositories({"repository": {field: said}}, spellings) == spellings


def test_azure_devops_names_its_repository() -> None:
    url = "https://dev.azure.com/org/project/_git/addons"
    body = {"eventType": "git.push", "resource": {"repository": {"remoteUrl": url.replace("//", "//org@")}}}
    assert push.repositories(body, [HERE, url]) == [url]

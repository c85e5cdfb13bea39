"""Which ApplicationSets a webhook is about."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.generate import forge_events
from dokaseca.generate.forge_events import Event

GITHUB = {
    "action": "opened",
    "pull_request": {"number": 1},
    "repository": {"full_name": "Acme/Web", "html_url": "https://github.com/Acme/Web"},
}
GITEA = {**GITHUB, "repository": {"full_name": "acme/web", "html_url": "https://git.test:3000/acme/web"}}
GITLAB = {
    "object_kind": "merge_request",
    "project": {"id": 11, "path_with_namespace": "acme/team/web", "web_url": "https://gitlab.com/acme/team/web"},
}
CLOUD = {
    "pullrequest": {"id": 1},
    "repository": {"full_name": "acme/web", "links": {"html": {"href": "https://bitbucket.org/acme/web"}}},
}
SERVER = {
    "eventKey": "pr:opened",
    "pullRequest": {"toRef": {"repository": {"slug": "web", "project": {"key": "ACME"}}}},
}
AZURE = {
    "eventType": "git.pullrequest.updated",
    "resource": {
        "repository": {
            "name": "web",
            "project": {"name": "Platform"},
            "remoteUrl": "https://acme@dev.azure.com/acme/Platform/_git/web",
        }
    },
}


def pull_request(provider: str, **fields: Any) -> dict[str, Any]:
    return {"pullRequest": {provider: fields, "values": {"a": "b"}, "template": {}}}


def application_set(*generators: Any) -> dict[str, Any]:
    return {"spec": {"generators": list(generators)}}


@pytest.mark.parametrize(
    ("body", "repositories", "host"),
    [
        (GITHUB, {"acme/web"}, "github.com"),
        (GITEA, {"acme/web"}, "git.test"),
        (GITLAB, {"acme/team/web", "11"}, "gitlab.com"),
        (CLOUD, {"acme/web"}, "bitbucket.org"),
        (SERVER, {"acme/web"}, ""),
        (AZURE, {"platform/web"}, "dev.azure.com"),
    ],
)
def test_each_forge_names_its_repository(body: Any, repositories: set[str], host: str) -> None:
    assert forge_events.pull_request_or_none(body) == Event(frozenset(repositories), host)


@pytest.mark.parametrize("body", [None, [], "x", {}, {"ref": "refs/heads/main", "repository": {"full_name": "a/b"}}])
def test_other_events_are_about_no_pull_request(body: Any) -> None:
    assert forge_events.pull_request_or_none(body) is None


@pytest.mark.parametrize(
    ("body", "generator", "is_concerned"),
    [
        (GITHUB, pull_request("github", owner="acme", repo="web"), True),
        (GITHUB, pull_request("github", owner="acme", repo="api"), False),
        (GITHUB, pull_request("github", owner="acme", repo="web", api="https://git.test/"), False),
        (GITHUB, pull_request("gitea", owner="acme", repo="web", api="https://git.test/"), False),
        (GITEA, pull_request("gitea", owner="acme", repo="web", api="https://git.test:3000/"), True),
        (GITEA, pull_request("github", owner="acme", repo="web", api="https://api.git.test"), True),
        (GITLAB, pull_request("gitlab", project="acme/team/web"), True),
        (GITLAB, pull_request("gitlab", project="11"), True),
        (GITLAB, pull_request("gitlab", project="12"), False),
        (CLOUD, pull_request("bitbucket", owner="acme", repo="web"), True),
        (SERVER, pull_request("bitbucketServer", project="ACME", repo="web", api="https://bb.test"), True),
        (SERVER, pull_request("bitbucketServer", project="ACME", repo="api", api="https://bb.test"), False),
        (AZURE, pull_request("azuredevops", organization="acme", project="platform", repo="web"), True),
        (GITHUB, pull_request("github", owner="{{organization}}", repo="{{repository}}"), True),
        (GITHUB, pull_request("github", owner="acme", repo="web", api="https://{{host}}"), True),
        (GITHUB, {"scmProvider": {"github": {"organization": "acme"}}}, False),
        (GITHUB, {"git": {"repoURL": "https://github.com/acme/web"}}, False),
        (GITHUB, {"plugin": {}}, True),
        (None, {"plugin": {}}, True),
        (None, pull_request("github", owner="acme", repo="web"), False),
        (GITHUB, "broken", False),
        (GITHUB, {"pullRequest": {"github": "broken"}}, False),
        (GITHUB, {"pullRequest": "broken"}, False),
    ],
)
def test_a_set_is_concerned_if_it_reads_the_repository(body: Any, generator: Any, is_concerned: bool) -> None:
    event = forge_events.pull_request_or_none(body)
    assert forge_events.concerns(application_set(generator), event) is is_concerned
    nested = {"matrix": {"generators": [{"list": {}}, {"merge": {"generators": [generator]}}]}}
    assert forge_events.concerns(application_set({"list": {}}, nested), event) is is_concerned


NAMES = (
    *("pull_request", "pullrequest", "pullRequest", "repository", "project", "toRef", "object_kind", "resource"),
    *("eventType", "full_name", "html_url", "links", "generators", "matrix", "github", "spec", "owner", "api"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, JSON)
def test_whatever_somebody_sends_is_about_something_or_nothing(body: Any, spec: Any) -> None:
    event = forge_events.pull_request_or_none(body)
    assert event is None or isinstance(event.host, str)
    assert forge_events.concerns({"spec": spec}, event) in (True, False)

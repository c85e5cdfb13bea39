"""What is AWS' own: signatures, regions, roles, tags."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.forges.codecommit import CodeCommitServer
from tests.fakes.forges.server import json
from tests.unit.adapters.scm.conftest import Ask

from dokaseca.adapters.scm import aws_signature, codecommit
from dokaseca.adapters.scm.aws_signature import Keys, Scope
from dokaseca.model.errors import DeniedError, TransientError, UserError
from dokaseca.ports.scm import Branch, Forge, PullRequestQuery

KEYS = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "very-secret", "AWS_REGION": "eu-west-1"}


async def start(ask: Ask, environment: dict[str, str] | None = None, **more: Any) -> Any:
    return await ask(
        CodeCommitServer,
        Forge.CODECOMMIT,
        api="",
        token="",
        environment=KEYS if environment is None else environment,
        **more,
    )


# --- signatures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("session_token", "signature"),
    [
        ("", "e70502ded8807df30538601020a795560e4d2aabadc6d4263fbd2ffad3593842"),
        ("session", "4c1188cab9e2ba321828d3b37153d7b7c425cd80a9a7822fb4c9bbeb72d88812"),
    ],
)
def test_a_signature_is_the_one_that_aws_own_client_makes(session_token: str, signature: str) -> None:
    made = aws_signature.headers(
        "https://codecommit.us-east-1.amazonaws.com/",
        b'{"repositoryName":"web"}',
        {"Content-Type": codecommit.CONTENT_TYPE, "X-Amz-Target": "CodeCommit_20150413.GetRepository"},
        Keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", session_token),
        Scope("us-east-1", "codecommit"),
        datetime(2015, 8, 30, 12, 36, tzinfo=UTC),
    )
    assert made["X-Amz-Date"] == "20150830T123600Z"
    assert made["Authorization"].endswith(f"Signature={signature}")
    assert made.get("X-Amz-Security-Token", "") == session_token


def test_a_key_does_not_show() -> None:
    assert "secret-key" not in repr(Keys("AKID", "secret-key", "secret-key"))


# --- where and who --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "environment", "region"),
    [
        ("eu-central-1", {}, "eu-central-1"),
        ("", {"AWS_REGION": "us-east-1"}, "us-east-1"),
        ("", {"AWS_DEFAULT_REGION": "us-gov-west-1"}, "us-gov-west-1"),
        ("ap-southeast-2", {"AWS_REGION": "us-east-1"}, "ap-southeast-2"),
    ],
)
def test_a_region_is_written_or_the_environments(written: str, environment: dict[str, str], region: str) -> None:
    assert codecommit.region(written, environment) == region


@pytest.mark.parametrize("written", ["", "evil.test/", "us-east-1.evil.test", "us-east-1\n", "US-EAST-1", "a" * 200])
def test_what_is_no_region_becomes_no_host_name(written: str) -> None:
    with pytest.raises(UserError, match=r"is no AWS region; set awsCodeCommit\.region") as caught:
        codecommit.region(written, {})
    assert len(str(caught.value)) < 300


def test_the_services_of_china_are_elsewhere() -> None:
    assert codecommit.endpoint("codecommit", "eu-west-1") == "https://codecommit.eu-west-1.amazonaws.com"
    assert codecommit.endpoint("sts", "cn-north-1") == "https://sts.cn-north-1.amazonaws.com.cn"


async def test_a_role_is_assumed_once_for_all_who_need_it(ask: Ask) -> None:
    asking = await start(ask, role="arn:aws:iam::1:role/find")
    await asking.repositories()
    await asking.branches("web", every=True)
    assert asking.server.roles == [("arn:aws:iam::1:role/find", "AKID")]
    sent = [one for one in asking.server.headers if "X-Amz-Target" in one]
    assert {one["X-Amz-Security-Token"] for one in sent} == {"session"}
    assert all("Credential=ROLE-1/" in one["Authorization"] for one in sent)
    asking.clock.advance(46 * 60)
    await asking.repositories()
    assert len(asking.server.roles) == 2


async def test_a_web_identity_is_taken_where_there_is_no_key(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("identity\n")
    environment = {
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
        "AWS_ROLE_ARN": "arn:aws:iam::1:role/pod",
        "AWS_REGION": "eu-west-1",
    }
    asking = await start(ask, environment)
    assert len(await asking.names()) == 4
    assert asking.server.roles == [("arn:aws:iam::1:role/pod", "identity")]
    asking = await start(ask, {**environment, "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "none")})
    with pytest.raises(DeniedError, match="the file that AWS_WEB_IDENTITY_TOKEN_FILE names cannot be read"):
        await asking.repositories()


async def test_without_a_login_nothing_is_asked(ask: Ask) -> None:
    asking = await start(ask, {"AWS_REGION": "eu-west-1"})
    with pytest.raises(DeniedError, match="there is no AWS login; set AWS_ACCESS_KEY_ID") as caught:
        await asking.repositories()
    assert caught.value.reason == "ForgeDenied"
    assert asking.server.asked == []


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        (
            "com.amazon.coral.service#AccessDeniedException",
            DeniedError,
            "HTTP 400 AccessDeniedException: the credentials",
        ),
        ("ExpiredTokenException", DeniedError, "HTTP 400 ExpiredTokenException: the credentials are refused"),
        ("ThrottlingException", TransientError, "HTTP 400 ThrottlingException; it is tried again"),
        ("InvalidRepositoryNameException", UserError, "HTTP 400 InvalidRepositoryNameException: the forge does not"),
        ("x'; drop", UserError, "HTTP 400 drop: the forge does not accept"),
    ],
)
async def test_its_words_for_errors_are_understood(kind: str, error: type[Exception], message: str, ask: Ask) -> None:
    asking = await start(ask)
    asking.server.trouble = lambda request: json({"__type": kind, "message": "no"}, 400)
    with pytest.raises(error, match=message) as caught:
        await asking.repositories()
    assert "very-secret" not in str(caught.value)


async def test_a_role_that_is_not_given_is_told(ask: Ask) -> None:
    asking = await start(ask, role="arn:aws:iam::1:role/find")
    asking.server.trouble = lambda request: json({"Error": {"Code": "AccessDenied"}}, 403)
    with pytest.raises(DeniedError, match="HTTP 403: the credentials are refused"):
        await asking.repositories()
    asking.server.trouble = lambda request: json({"AssumeRoleResponse": {}})
    with pytest.raises(TransientError, match="there are no Credentials"):
        await asking.repositories()


# --- repositories ---------------------------------------------------------------------------------------------------


async def test_tags_choose_repositories(ask: Ask) -> None:
    asking = await start(ask)
    asking.server.tags = {"web": {"team": "a", "tier": "1"}, "api": {"team": "b"}, "tool": {"team": "c", "tier": "2"}}
    assert await asking.names(tags=(("team", ""),)) == ["web", "api", "tool"]
    assert await asking.names(tags=(("team", "a"), ("team", "b"))) == ["web", "api"]
    assert await asking.names(tags=(("team", "a"), ("team", "c"), ("tier", "2"))) == ["tool"]
    assert "ListRepositories" not in asking.server.targets


async def test_fips_changes_the_host_of_the_https_url(ask: Ask) -> None:
    asking = await start(ask)
    urls = {one: (await asking.repositories(clone_protocol=one))[0].url for one in codecommit.PROTOCOLS}
    assert urls == {
        "ssh": "ssh://git-codecommit.eu-west-1.amazonaws.com/v1/repos/web",
        "https": "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/web",
        "https-fips": "https://git-codecommit-fips.eu-west-1.amazonaws.com/v1/repos/web",
    }


async def test_branches_have_no_commit_so_that_paths_are_asked_again(ask: Ask) -> None:
    asking = await start(ask)
    assert await asking.branches("web") == [Branch("main", "")]
    for _ in range(2):
        assert await asking.has_path("web", Branch("main", ""), "deploy/app.yaml")
    assert asking.server.targets.count("GetFolder") == 2


async def test_pull_requests_are_not_its_business(ask: Ask) -> None:
    asking = await start(ask)
    with pytest.raises(UserError, match="pull requests of AWS CodeCommit are not supported"):
        await asking.scm.pull_requests(asking.access, PullRequestQuery("", "web"), max_age_seconds=0)

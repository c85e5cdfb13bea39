"""AWS: CodeCommit, tagging and the token service on one port; signatures are checked for their form only."""

from __future__ import annotations

import posixpath
from typing import Any
from urllib.parse import parse_qs

import orjson
from aiohttp import web
from tests.fakes.forges.server import ForgeServer, json
from tests.fakes.forges.world import Repo


class CodeCommitServer(ForgeServer):
    """`tags` are those of a repository by its name; `roles` lists the roles that were assumed, with whose key."""

    def __init__(self, world: Any) -> None:
        super().__init__(world)
        self.tags: dict[str, dict[str, str]] = {}
        self.roles: list[tuple[str, str]] = []
        self.targets: list[str] = []

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        target = request.headers.get("X-Amz-Target", "")
        if not target:
            return self._token(request, parse_qs(body.decode()))
        if not request.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 Credential="):
            return json({"__type": "com.amazon.coral.service#UnrecognizedClientException"}, 400)
        service, action = target.split(".")
        self.targets.append(action)
        if f"/eu-west-1/{'tagging' if 'Tagging' in service else 'codecommit'}/" not in request.headers["Authorization"]:
            return json({"__type": "SignatureDoesNotMatch"}, 400)
        return getattr(self, f"_{action}")(orjson.loads(body))  # type: ignore[no-any-return]

    def _token(self, request: web.Request, form: dict[str, list[str]]) -> web.Response:
        key = request.headers.get("Authorization", "").partition("Credential=")[2].partition("/")[0]
        action = form["Action"][0]
        self.roles.append((form["RoleArn"][0], key or form["WebIdentityToken"][0]))
        keys = {"AccessKeyId": f"ROLE-{len(self.roles)}", "SecretAccessKey": "secret", "SessionToken": "session"}
        return json({f"{action}Response": {f"{action}Result": {"Credentials": keys}}})

    def _ListRepositories(self, asked: dict[str, Any]) -> web.Response:  # noqa: N802 - AWS' name
        names = [{"repositoryName": one.name} for one in self.world.repos]
        return self._page("repositories", names, asked.get("nextToken"), "nextToken")

    def _GetResources(self, asked: dict[str, Any]) -> web.Response:  # noqa: N802
        assert asked["ResourceTypeFilters"] == ["codecommit:repository"]
        names = [
            one.name
            for one in self.world.repos
            if all(
                each["Key"] in self.tags.get(one.name, {})
                and self.tags[one.name][each["Key"]] in each.get("Values", [self.tags[one.name][each["Key"]]])
                for each in asked["TagFilters"]
            )
        ]
        arns = [{"ResourceARN": f"arn:aws:codecommit:eu-west-1:123456789012:{name}"} for name in names]
        return self._page("ResourceTagMappingList", arns, asked.get("PaginationToken"), "PaginationToken")

    def _GetRepository(self, asked: dict[str, Any]) -> web.Response:  # noqa: N802
        repo = self.world.repo_or_none(asked["repositoryName"])
        return json({"repositoryMetadata": _repo(repo)}) if repo else _missing("RepositoryDoesNotExistException")

    def _ListBranches(self, asked: dict[str, Any]) -> web.Response:  # noqa: N802
        repo = self.world.repo_or_none(asked["repositoryName"])
        assert repo is not None
        return self._page("branches", list(repo.branches), asked.get("nextToken"), "nextToken")

    def _GetFolder(self, asked: dict[str, Any]) -> web.Response:  # noqa: N802
        repo = self.world.repo_or_none(asked["repositoryName"])
        assert repo is not None
        children = repo.children(asked["commitSpecifier"], asked["folderPath"].strip("/"))
        if children is None:
            return _missing("FolderDoesNotExistException")
        return json({"files": [{"relativePath": posixpath.basename(one)} for one in children], "subFolders": []})

    def _page(self, name: str, entries: list[Any], token: str | None, token_name: str) -> web.Response:
        some, more = self.cut(entries, int(token or 1), 100)
        return json({name: some, token_name: str(int(token or 1) + 1) if more else ""})


def _missing(kind: str) -> web.Response:
    return json({"__type": f"com.amazonaws.codecommit#{kind}", "message": "not there"}, 400)


def _repo(one: Repo) -> dict[str, Any]:
    return {
        "accountId": "123456789012",
        "repositoryId": f"id-{one.number}",
        "repositoryName": one.name,
        "defaultBranch": one.default if one.branches else None,
        "cloneUrlHttp": f"https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/{one.name}",
        "cloneUrlSsh": f"ssh://git-codecommit.eu-west-1.amazonaws.com/v1/repos/{one.name}",
    }

"""Azure DevOps: /acme/platform/_apis/git."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web
from tests.fakes.forges.server import ForgeServer, json
from tests.fakes.forges.world import Pull, Repo


class AzureDevOpsServer(ForgeServer):
    async def handle(self, request: web.Request) -> web.Response:
        path = request.path.removeprefix("/acme/platform/_apis/git")
        if path == request.path:
            return _missing("ProjectDoesNotExistWithNameException")
        if path == "/pullrequests":
            return self._pulls(request)
        if path == "/repositories":
            return self._repositories(request)
        found = re.fullmatch(r"/repositories/guid-(\d+)/(stats/branches|items)", path)
        repo = next((one for one in self.world.repos if found and str(one.number) == found[1]), None)
        if found is None or repo is None:
            return _missing("GitRepositoryNotFoundException")
        if found[2] == "items":
            is_there = repo.has(request.query["versionDescriptor.version"], request.query["path"].strip("/"))
            return json({"path": request.query["path"]}) if is_there else _missing("GitItemNotFoundException")
        branches = [{"name": name, "commit": {"commitId": commit}} for name, commit in repo.commits.items()]
        wanted = request.query.get("name")
        if wanted is None:
            return json({"count": len(branches), "value": branches})
        return next(
            (json(one) for one in branches if one["name"] == wanted), _missing("GitUnresolvableToCommitException")
        )

    def _repositories(self, request: web.Request) -> web.Response:
        number = int(request.query.get("continuationToken") or 1)
        some, more = self.cut([_repo(one) for one in self.world.repos], number, 100)
        headers = {"X_MS_ContinuationToken": str(number + 1)} if more else {}
        return json({"count": len(some), "value": some}, **headers)

    def _pulls(self, request: web.Request) -> web.Response:
        listed = [_pull(repo, one) for repo in self.world.pulls for one in self.world.open_pulls(repo)]
        skip = int(request.query.get("$skip") or 0)
        some = listed[skip : skip + min(self.page, int(request.query["$top"]))]
        return json({"count": len(some), "value": some})


def _missing(kind: str) -> web.Response:
    return json({"message": "not there", "typeKey": kind}, 404)


def _repo(one: Repo) -> dict[str, Any]:
    return {
        "id": f"guid-{one.number}",
        "name": one.name,
        "defaultBranch": f"refs/heads/{one.default}" if one.branches else None,
        "remoteUrl": f"https://git.test/acme/{one.name}.git",
        "sshUrl": f"git@git.test:acme/{one.name}.git",
    }


def _pull(repo: str, one: Pull) -> dict[str, Any]:
    return {
        "pullRequestId": one.number,
        "repository": {"name": repo},
        "title": one.title,
        "sourceRefName": f"refs/heads/{one.branch}",
        "targetRefName": f"refs/heads/{one.target}",
        "lastMergeSourceCommit": {"commitId": one.commit} if one.commit else None,
        "createdBy": {"uniqueName": f"{one.author}@example.com"},
        "labels": [{"name": name} for name in one.labels],
    }

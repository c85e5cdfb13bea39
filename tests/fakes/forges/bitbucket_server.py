"""Bitbucket Server: everything below /rest/api/1.0."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web
from tests.fakes.forges.server import ForgeServer, json
from tests.fakes.forges.world import Pull, Repo


class BitbucketServerServer(ForgeServer):
    async def handle(self, request: web.Request) -> web.Response:
        path = request.path.removeprefix("/rest/api/1.0/projects/acme/repos")
        if path == "":
            return self._page(request, [_repo(one) for one in self.world.repos])
        found = re.fullmatch(r"/([^/]+)/(pull-requests|branches|browse)(?:/(.+))?", path)
        repo = self.world.repo_or_none(found[1]) if found else None
        if found is None or repo is None:
            return _missing("NoSuchRepositoryException")
        if found[2] == "pull-requests":
            return self._page(request, [_pull(one) for one in self.world.open_pulls(repo.name)])
        if found[2] == "browse":
            is_there = repo.has(request.query["at"], found[3])
            return json({"type": "FILE"}) if is_there else _missing("NoSuchPathException")
        branches = [{"displayId": name, "latestCommit": commit} for name, commit in repo.commits.items()]
        if found[3] is None:
            return self._page(request, branches)
        if not repo.branches:
            return web.Response(status=204)
        return next(
            (json(one) for one in branches if one["displayId"] == repo.default), _missing("NoDefaultBranchException")
        )

    def _page(self, request: web.Request, entries: list[Any]) -> web.Response:
        start = int(request.query.get("start") or 0)
        end = start + min(self.page, int(request.query.get("limit", 25)))
        is_last = end >= len(entries)
        more = {} if is_last else {"nextPageStart": end}
        return json({"values": entries[start:end], "isLastPage": is_last, **more})


def _missing(name: str) -> web.Response:
    return json({"errors": [{"message": "x", "exceptionName": f"com.atlassian.bitbucket.x.{name}"}]}, 404)


def _repo(one: Repo) -> dict[str, Any]:
    return {
        "id": one.number,
        "slug": one.name,
        "name": one.name,
        "project": {"key": "acme"},
        "links": {
            "clone": [
                {"name": "http", "href": f"https://git.test/acme/{one.name}.git"},
                {"name": "ssh", "href": f"git@git.test:acme/{one.name}.git"},
            ]
        },
    }


def _pull(one: Pull) -> dict[str, Any]:
    return {
        "id": one.number,
        "title": one.title,
        "fromRef": {"displayId": one.branch, "latestCommit": one.commit},
        "toRef": {"displayId": one.target},
        "author": {"user": {"name": one.author}},
    }

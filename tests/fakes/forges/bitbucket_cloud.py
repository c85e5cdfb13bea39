"""Bitbucket Cloud: /2.0, without the prefix."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web
from tests.fakes.forges.server import ForgeServer, json, not_found
from tests.fakes.forges.world import Pull, Repo


class BitbucketCloudServer(ForgeServer):
    async def handle(self, request: web.Request) -> web.Response:
        if request.path == "/repositories/acme":
            return self._page(request, [_repo(one) for one in self.world.repos])
        pattern = r"/repositories/acme/([^/]+)/(pullrequests|refs/branches|src)(?:/(.+))?"
        found = re.fullmatch(pattern, request.path)
        repo = self.world.repo_or_none(found[1]) if found else None
        if found is None or repo is None:
            return not_found()
        if found[2] == "pullrequests":
            return self._page(request, [_pull(one) for one in self.world.open_pulls(repo.name)])
        if found[2] == "src":
            commit, _, path = found[3].partition("/")
            return json({"type": "commit_file"}) if repo.has(commit, path) else not_found()
        branches = [{"name": name, "target": {"hash": commit}} for name, commit in repo.commits.items()]
        if found[3] is None:
            return self._page(request, branches)
        return next((json(one) for one in branches if one["name"] == found[3]), not_found())

    def _page(self, request: web.Request, entries: list[Any]) -> web.Response:
        number = int(request.query.get("page") or 1)
        some, more = self.cut(entries, number, int(request.query.get("pagelen", 10)))
        following = {"next": str(request.url.update_query(page=str(number + 1)))} if more else {}
        return json({"values": some, "page": number, **following})


def _repo(one: Repo) -> dict[str, Any]:
    return {
        "uuid": f"{{{one.number}}}",
        "slug": one.name,
        "full_name": f"acme/{one.name}",
        "mainbranch": {"name": one.default} if one.branches else None,
        "links": {
            "clone": [
                {"name": "https", "href": f"https://git.test/acme/{one.name}.git"},
                {"name": "ssh", "href": f"git@git.test:acme/{one.name}.git"},
            ]
        },
    }


def _pull(one: Pull) -> dict[str, Any]:
    return {
        "id": one.number,
        "title": one.title,
        "source": {"branch": {"name": one.branch}, "commit": {"hash": one.commit} if one.commit else None},
        "destination": {"branch": {"name": one.target}},
        "author": {"nickname": one.author},
    }

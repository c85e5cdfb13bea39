"""Gitea: everything below /api/v1; a page has no link to the next where `has_links` is off."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web
from tests.fakes.forges.server import ForgeServer, json, not_found
from tests.fakes.forges.world import Pull, Repo


class GiteaServer(ForgeServer):
    has_links = True
    tells_total = True

    async def handle(self, request: web.Request) -> web.Response:
        path = request.path.removeprefix("/api/v1")
        if path == "/orgs/acme/repos":
            return self._page(request, [_repo(one) for one in self.world.repos])
        found = re.fullmatch(r"/repos/acme/([^/]+)/(pulls|branches|contents|labels)(?:/(.+))?", path)
        repo = self.world.repo_or_none(found[1]) if found else None
        if found is None or repo is None:
            return not_found()
        if found[2] == "pulls":
            return self._page(request, [_pull(one) for one in self.world.open_pulls(repo.name)])
        if found[2] == "labels":
            return self._page(request, [{"name": name} for name in repo.labels])
        if found[2] == "contents":
            return json([]) if repo.has(request.query["ref"], found[3]) else not_found()
        branches = [{"name": name, "commit": {"id": commit}} for name, commit in repo.commits.items()]
        if found[3] is None:
            return self._page(request, branches)
        return next((json(one) for one in branches if one["name"] == found[3]), not_found())

    def _page(self, request: web.Request, entries: list[Any]) -> web.Response:
        number = int(request.query.get("page") or 1)
        some, more = self.cut(entries, number, int(request.query.get("limit", 30)))
        headers = {"X_Total_Count": str(len(entries))} if self.tells_total else {}
        if self.has_links and more:
            headers["Link"] = f'<{request.url.update_query(page=str(number + 1))}>; rel="next"'
        elif self.has_links and number > 1:
            headers["Link"] = f'<{request.url.update_query(page="1")}>; rel="first"'
        return json(some, **headers)


def _repo(one: Repo) -> dict[str, Any]:
    return {
        "id": one.number,
        "name": one.name,
        "owner": {"login": "acme"},
        "default_branch": one.default,
        "ssh_url": f"git@git.test:acme/{one.name}.git",
        "html_url": f"https://git.test/acme/{one.name}",
        "archived": one.archived,
        "empty": not one.branches,
    }


def _pull(one: Pull) -> dict[str, Any]:
    return {
        "number": one.number,
        "title": one.title,
        "head": {"ref": one.branch, "sha": one.commit},
        "base": {"ref": one.target},
        "user": {"login": one.author},
        "labels": [{"name": name} for name in one.labels],
    }

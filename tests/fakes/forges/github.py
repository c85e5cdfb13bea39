"""GitHub Enterprise: everything below /api/v3."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web
from tests.fakes.forges.server import ForgeServer, json, not_found
from tests.fakes.forges.world import Pull, Repo


class GitHubServer(ForgeServer):
    async def handle(self, request: web.Request) -> web.Response:
        path = request.path.removeprefix("/api/v3")
        if request.path == path:
            return not_found()
        if path.startswith("/app/installations/"):
            return json({"token": "installation-token", "expires_at": "2026-01-01T01:00:00Z"}, 201)
        if path == "/orgs/acme/repos":
            return self._page(request, [self._repo(one) for one in self.world.repos])
        found = re.fullmatch(r"/repos/acme/([^/]+)/(pulls|branches|contents)(?:/(.+))?", path)
        repo = self.world.repo_or_none(found[1]) if found else None
        if found is None or repo is None:
            return not_found()
        if found[2] == "pulls":
            return self._page(request, [_pull(one) for one in self.world.open_pulls(repo.name)])
        if found[2] == "contents":
            return json({"type": "file"}) if repo.has(request.query["ref"], found[3]) else not_found()
        branches = [{"name": name, "commit": {"sha": commit}} for name, commit in repo.commits.items()]
        if found[3] is None:
            return self._page(request, branches)
        return next((json(one) for one in branches if one["name"] == found[3]), not_found())

    def _page(self, request: web.Request, entries: list[Any]) -> web.Response:
        number = int(request.query.get("page") or 1)
        some, more = self.cut(entries, number, int(request.query.get("per_page", 30)))
        if not more:
            return json(some)
        following = request.url.update_query(page=str(number + 1)).with_host("internal.test")
        return json(some, Link=f'<{following}>; rel="next", <{following}>; rel="last"')

    def _repo(self, one: Repo) -> dict[str, Any]:
        return {
            "id": one.number,
            "name": one.name,
            "owner": {"login": "acme"},
            "default_branch": one.default,
            "ssh_url": f"git@git.test:acme/{one.name}.git",
            "clone_url": f"https://git.test/acme/{one.name}.git",
            "topics": list(one.labels),
            "archived": one.archived,
        }


def _pull(one: Pull) -> dict[str, Any]:
    return {
        "number": one.number,
        "title": one.title,
        "head": {"ref": one.branch, "sha": one.commit},
        "base": {"ref": one.target},
        "user": {"login": one.author} if one.author else None,
        "labels": [{"name": name} for name in one.labels],
    }

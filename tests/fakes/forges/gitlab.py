"""GitLab: everything below /api/v4."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web
from tests.fakes.forges.server import ForgeServer, json, not_found
from tests.fakes.forges.world import Pull, Repo


class GitLabServer(ForgeServer):
    login_header = "PRIVATE-TOKEN"

    async def handle(self, request: web.Request) -> web.Response:
        path = request.path.removeprefix("/api/v4")
        if path in ("/groups/acme/projects", "/groups/acme/team/projects"):
            return self._page(request, [_project(one) for one in self._listed(request)])
        found = re.fullmatch(r"/projects/(\d+|acme/\w+)/(merge_requests|repository/\w+)(?:/(.+))?", path)
        repo = next(
            (one for one in self.world.repos if found and found[1] in (str(one.number), f"acme/{one.name}")), None
        )
        if found is None or repo is None:
            return not_found()
        if found[2] == "merge_requests":
            return self._page(request, [_merge_request(one) for one in self._wanted(request, repo)])
        if found[2] == "repository/tree":
            children = repo.children(request.query["ref"], request.query.get("path", ""))
            return not_found() if children is None else self._page(request, [{"path": one} for one in children])
        branches = [{"name": name, "commit": {"id": commit}} for name, commit in repo.commits.items()]
        if found[3] is None:
            return self._page(request, branches)
        return next((json(one) for one in branches if one["name"] == found[3]), not_found())

    def _listed(self, request: web.Request) -> list[Repo]:
        asked = request.query
        return [
            one
            for one in self.world.repos
            if (one.group == "acme" or asked.get("include_subgroups") == "true")
            and (not one.shared or asked.get("with_shared") == "true")
            and (not one.archived or asked.get("archived") != "false")
            and (not asked.get("topic") or asked["topic"] in one.labels)
        ]

    def _wanted(self, request: web.Request, repo: Repo) -> list[Pull]:
        states = {"opened": ("open",), "closed": ("closed",)}.get(request.query.get("state", ""), ("open", "closed"))
        labels = set(filter(None, request.query.get("labels", "").split(",")))
        return [one for one in self.world.pulls.get(repo.name, []) if one.state in states and labels <= set(one.labels)]

    def _page(self, request: web.Request, entries: list[Any]) -> web.Response:
        number = int(request.query.get("page") or 1)
        some, more = self.cut(entries, number, int(request.query.get("per_page", 20)))
        return json(some, X_Next_Page=str(number + 1) if more else "")


def _project(one: Repo) -> dict[str, Any]:
    return {
        "id": one.number,
        "path": one.name,
        "name": one.name.title(),
        "namespace": {"full_path": one.group},
        "default_branch": one.default if one.branches else None,
        "ssh_url_to_repo": f"git@git.test:acme/{one.name}.git",
        "http_url_to_repo": f"https://git.test/acme/{one.name}.git",
        "topics": list(one.labels),
        "archived": one.archived,
    }


def _merge_request(one: Pull) -> dict[str, Any]:
    return {
        "iid": one.number,
        "title": one.title,
        "state": "opened" if one.state == "open" else one.state,
        "source_branch": one.branch,
        "target_branch": one.target,
        "sha": one.commit,
        "author": {"username": one.author},
        "labels": list(one.labels),
    }

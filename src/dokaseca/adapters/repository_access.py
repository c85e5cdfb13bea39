"""How a repository is reached right now: its Secret's credentials, a GitHub App's turned into a token."""

from __future__ import annotations

from dataclasses import replace

from dokaseca.adapters.scm import egress
from dokaseca.adapters.scm.github_app import AppTokens
from dokaseca.adapters.scm.http import Http, Trust
from dokaseca.adapters.scm.wire import Shared
from dokaseca.flow.source.access import Access
from dokaseca.flow.source.credentials import Credentials
from dokaseca.kit.clock import Clock

APP_USERNAME = "x-access-token"  # GitHub's name for whoever comes with an installation's token


class RepositoryAccess:
    """Answers who we are to a URL.

    Args:
        private_hosts: names in lower case of GitHub servers that are inside the house.
    """

    def __init__(self, credentials: Credentials, clock: Clock, private_hosts: frozenset[str] = frozenset()) -> None:
        self._credentials = credentials
        self._http = Http(private_hosts)
        self._tokens = AppTokens(Shared(self._http, clock))

    async def find(self, url: str, scope: str = "") -> Access:
        """The access to `url`, on behalf of everybody or of the project `scope`.

        Raises:
            UserError: reasons InvalidCredentials, InvalidURL.
            DeniedError, NotFoundError, TransientError, WaitingError: GitHub gives no token.
        """
        access = self._credentials.access(url, scope)
        if access.app is None:
            return access
        base = egress.checked_url(
            access.app_api, self._http.private_hosts, subject=access.told_by, field="githubAppEnterpriseBaseUrl"
        )
        token = await self._tokens.token(access.app, base, Trust(access.ca_pem, access.insecure))
        return replace(access, app=None, username=APP_USERNAME, password=token)

    async def close(self) -> None:
        """Give back connections; idempotent."""
        await self._http.close()

"""How a repository is reached: who we are to it, and whom we believe. Pure (Argo CD: C4)."""

from __future__ import annotations

import ipaddress
from dataclasses import astuple, dataclass, field, replace

from dokaseca.kit import digest
from dokaseca.ports.scm import GitHubApp


@dataclass(frozen=True, slots=True)
class Access:
    """One repository's credentials and trust; what is secret does not show in its repr.

    Attributes:
        told_by: the Secret that says so, for messages; empty where nothing does.
        insecure: neither certificates nor host keys are checked.
        force_basic: the login is sent before the server asks for it.
        no_proxy: hosts that are reached without the proxy, with commas between them.
        is_oci: the repository is an OCI registry, whatever its URL begins with.
        plain_http: the registry is asked without TLS.
        known_hosts: SSH servers' keys as in ssh's file of that name; empty leaves it to the user's own.
        ca_pem: the authorities that are believed for this server; empty is the machine's.
    """

    told_by: str = ""
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    bearer_token: str = field(default="", repr=False)
    ssh_private_key: str = field(default="", repr=False)
    tls_cert: str = field(default="", repr=False)
    tls_key: str = field(default="", repr=False)
    app: GitHubApp | None = field(default=None, repr=False)
    app_api: str = ""
    insecure: bool = False
    force_basic: bool = False
    proxy: str = field(default="", repr=False)
    no_proxy: str = ""
    is_oci: bool = False
    plain_http: bool = False
    known_hosts: str = field(default="", repr=False)
    ca_pem: str = field(default="", repr=False)

    @property
    def has_login(self) -> bool:
        """Whether it says who we are."""
        return bool(
            self.username
            or self.password
            or self.bearer_token
            or self.ssh_private_key
            or self.tls_cert
            or self.app is not None
        )

    @property
    def identity(self) -> str:
        """Changes whenever anything of it does; tells nothing of it."""
        return digest.of_value(list(astuple(self)))

    def filled_up(self, template: Access) -> Access:
        """With the login of `template` where there is none, and its proxy where there is none."""
        result = self
        if not self.has_login:
            result = replace(
                result,
                told_by=template.told_by,
                username=template.username,
                password=template.password,
                bearer_token=template.bearer_token,
                ssh_private_key=template.ssh_private_key,
                tls_cert=template.tls_cert,
                tls_key=template.tls_key,
                app=template.app,
                app_api=template.app_api,
                force_basic=self.force_basic or template.force_basic,
            )
        if not self.proxy:
            result = replace(result, proxy=template.proxy, no_proxy=self.no_proxy or template.no_proxy)
        return result

    def proxy_or_none(self, host: str) -> str | None:
        """The proxy on the way to a server, None where there is none."""
        patterns = [one.strip().lower() for one in self.no_proxy.split(",") if one.strip()]
        return None if not self.proxy or any(_covers(one, host) for one in patterns) else self.proxy


def _covers(pattern: str, host: str) -> bool:
    """As curl and Go read NO_PROXY: `*`, a domain with all below it, an address or a network."""
    if pattern == "*":
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        domain = pattern.removeprefix("*").lstrip(".")
        return host == domain or host.endswith(f".{domain}")

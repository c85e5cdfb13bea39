"""What the environment says about forges: Argo CD's variables, and one of our own."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address

from dokaseca.generate.forge_inputs import ForgeRules
from dokaseca.model.errors import UserError

ENABLE = "ARGOCD_APPLICATIONSET_CONTROLLER_ENABLE_SCM_PROVIDERS"
ALLOWED = "ARGOCD_APPLICATIONSET_CONTROLLER_ALLOWED_SCM_PROVIDERS"
STRICT = "ARGOCD_APPLICATIONSET_CONTROLLER_TOKENREF_STRICT_MODE"
PRIVATE_HOSTS = "DOKASECA_SCM_PRIVATE_HOSTS"


def rules(environment: Mapping[str, str]) -> ForgeRules:
    """What ApplicationSets may ask.

    Raises:
        UserError: reason InvalidSetting: a variable is neither true nor false.
    """
    return ForgeRules(
        is_enabled=_flag(environment, ENABLE, default=True),
        allowed_apis=tuple(_entries(environment, ALLOWED)),
        is_token_ref_strict=_flag(environment, STRICT, default=False),
    )


def private_hosts(environment: Mapping[str, str]) -> frozenset[str]:
    """The hosts, in lower case, that may be inside the house and be asked by plain http.

    Raises:
        UserError: reason InvalidSetting: an entry is no host name or address.
    """
    hosts = [one.lower().strip("[]").rstrip(".") for one in _entries(environment, PRIVATE_HOSTS)]
    for host in hosts:
        if not host or set(host) & set("/@?#* ") or (":" in host and not _is_address(host)):
            raise UserError(
                f"{PRIVATE_HOSTS}: {host!r} is no host; write names or addresses without scheme and port, with commas "
                "between them",
                reason="InvalidSetting",
            )
    return frozenset(hosts)


def _entries(environment: Mapping[str, str], name: str) -> list[str]:
    return [text for one in environment.get(name, "").split(",") if (text := one.strip())]


def _flag(environment: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = environment.get(name, "").strip().lower()
    if text not in ("", "true", "false"):
        raise UserError(f"{name} must be true or false, not {text[:40]!r}", reason="InvalidSetting")
    return text == "true" if text else default


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True

"""What the git program is told about who we are: by its environment and by files that only we can read.

A command line can be read by every user of the machine, the environment by its owner only. A login by name and
password goes through a credential helper that is bound to one server: git asks for it again wherever a redirect leads,
and another server gets none. A header would follow the redirect, so none is followed where one is sent.
"""

from __future__ import annotations

import base64
import contextlib
import os
import re
import shlex
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

from dokaseca.flow.source.access import Access
from dokaseca.kit import redact
from dokaseca.model.errors import TransientError, UserError

HELPER: Final = (
    "!f() { test \"$1\" = get && printf 'username=%s\\npassword=%s\\n' "
    '"$DOKASECA_GIT_USERNAME" "$DOKASECA_GIT_PASSWORD"; }; f'
)
USERNAME: Final = "git"  # where a token stands alone: forges ask for some name and do not look at it
SSH: Final = ("ssh", "-oBatchMode=yes", "-oConnectTimeout=10")

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class GitLogin:
    """The URL without user information, and what git's environment says instead."""

    url: str
    environment: dict[str, str]


@contextlib.contextmanager
def prepared(url: str, access: Access) -> Iterator[GitLogin]:
    """A login that is good until the context ends; its files are gone then.

    Raises:
        UserError: reason InvalidCredentials.
        TransientError: reason StateUnusable: no file can be written.
    """
    parts = urlsplit(url) if "://" in url else None
    with contextlib.ExitStack() as stack:
        folder = _Folder(stack)
        if parts is not None and parts.scheme.lower() in ("http", "https"):
            yield _http(url, access, folder)
        elif parts is not None and parts.scheme.lower() != "ssh":
            yield GitLogin(url, {})
        else:
            yield GitLogin(url, _ssh(url, access, folder) if not url.startswith("/") else {})


class _Folder:
    """Files for one run of git, in a folder that nobody else can look into; made when it is needed."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack
        self._path: Path | None = None

    def file(self, name: str, content: str) -> str:
        try:
            if self._path is None:
                self._path = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="dokaseca-git-")))
            path = self._path / name
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(content)
        except OSError as error:
            raise TransientError(
                f"no temporary file can be written ({error.strerror}); free space", reason="StateUnusable"
            ) from error
        return str(path)


def _http(url: str, access: Access, folder: _Folder) -> GitLogin:
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    server = f"{parts.scheme.lower()}://{host}/"
    name, _, word = user.partition(":")
    username, password = (unquote(name), unquote(word)) if user else (access.username, access.password)
    if _CONTROL.search(username + password):
        raise UserError(
            "the login holds a line break or another control character; correct it",
            reason="InvalidCredentials",
            subject=redact.text(url),
        )
    settings: dict[str, str] = {}
    environment: dict[str, str] = {}
    if access.bearer_token and not user:
        settings |= _header(server, f"Bearer {access.bearer_token}")
    elif access.force_basic and (username or password):
        login = base64.b64encode(f"{username or USERNAME}:{password}".encode()).decode()
        settings |= _header(server, f"Basic {login}")
    elif username or password:
        settings[f"credential.{server}.helper"] = HELPER
        environment |= {"DOKASECA_GIT_USERNAME": username or USERNAME, "DOKASECA_GIT_PASSWORD": password}
    settings |= _trust(server, access, folder)
    if access.proxy:
        settings["http.proxy"] = access.proxy
        environment |= {"no_proxy": access.no_proxy, "NO_PROXY": access.no_proxy}
    return GitLogin(urlunsplit(parts._replace(netloc=host)), {**environment, **_configuration(settings)})


def _header(server: str, value: str) -> dict[str, str]:
    return {f"http.{server}.extraHeader": f"Authorization: {value}", "http.followRedirects": "false"}


def _trust(server: str, access: Access, folder: _Folder) -> dict[str, str]:
    settings: dict[str, str] = {}
    if access.insecure:
        settings[f"http.{server}.sslVerify"] = "false"
    elif access.ca_pem:
        settings[f"http.{server}.sslCAInfo"] = folder.file("authorities.pem", access.ca_pem)
    if access.tls_cert:
        settings[f"http.{server}.sslCert"] = folder.file("certificate.pem", access.tls_cert)
        settings[f"http.{server}.sslKey"] = folder.file("key.pem", access.tls_key)
    return settings


def _configuration(settings: dict[str, str]) -> dict[str, str]:
    environment = {"GIT_CONFIG_COUNT": str(len(settings))} if settings else {}
    for number, (name, value) in enumerate(settings.items()):
        environment |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return environment


def _ssh(url: str, access: Access, folder: _Folder) -> dict[str, str]:
    """The keys of a Secret and the known hosts of the ConfigMap; where there are none, those of our user."""
    if access.proxy:
        raise UserError(
            "a proxy for SSH is not supported; use an https URL, or remove proxy from the Secret",
            reason="InvalidCredentials",
            subject=redact.text(url),
        )
    options: list[str] = []
    if access.ssh_private_key:
        key = folder.file("key", access.ssh_private_key)
        options += ["-F", "/dev/null", "-i", key, "-oIdentitiesOnly=yes", "-oIdentityAgent=none"]
    if access.insecure:
        options += ["-oStrictHostKeyChecking=no", "-oUserKnownHostsFile=/dev/null", "-oLogLevel=ERROR"]
    else:
        options.append("-oStrictHostKeyChecking=yes")
        if access.known_hosts:
            known = folder.file("known_hosts", access.known_hosts)
            options += [f"-oUserKnownHostsFile={known}", "-oGlobalKnownHostsFile=/dev/null"]
    return {"GIT_SSH_COMMAND": shlex.join([*SSH, *options])}

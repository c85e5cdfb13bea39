"""How a generator's fields become a login: tokens out of Secrets, certificates out of ConfigMaps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from dokaseca.generate.forge_inputs import ForgeInputs, Read
from dokaseca.generate.generators import context, forge_fields
from dokaseca.generate.generators.context import Context
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model import secret as secrets
from dokaseca.model.errors import DeniedError, NotFoundError, UserError
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest
from dokaseca.ports.scm import Access, Forge, GitHubApp

SECRET: Final = GroupVersionKind("", "v1", "Secret")
CONFIG_MAP: Final = GroupVersionKind("", "v1", "ConfigMap")
LABEL: Final = application_sets.CLUSTER_SECRET_LABEL
SCM_CREDENTIALS: Final = "scm-creds"
APP_SECRET_TYPES: Final = (SCM_CREDENTIALS, "repo-creds", "repository")  # an app's Secret is one of a repository too


def door(around: Context, kind: str) -> ForgeInputs:
    """The forges, if they may be asked.

    Raises:
        UserError: reason UnsupportedGenerator: there are none here.
        DeniedError: reason ScmProvidersDisabled: settings forbid it.
    """
    forges = around.inputs.forges
    if forges is None:
        raise UserError(
            f"generator {kind} is not available here; nothing of this ApplicationSet is created, changed or deleted",
            reason="UnsupportedGenerator",
        )
    if not forges.rules.is_enabled:
        raise DeniedError(
            f"generator {kind}: scm providers are disabled by ARGOCD_APPLICATIONSET_CONTROLLER_ENABLE_SCM_PROVIDERS",
            reason="ScmProvidersDisabled",
        )
    return forges


async def access(forge: Forge, spec: dict[str, Any], around: Context, forges: ForgeInputs) -> Access:
    """The login that a provider's fields describe.

    Raises:
        UserError: a reference is wrong, or what it names is not there.
        DeniedError: the API is not among the allowed ones, or the Secret is not for this.
    """
    api = context.text_field(spec, "api", str(forge))
    _allow(api, forges)
    keys = _References(forges, around.view.namespace, str(forge))
    found = Access(
        forge,
        api=api,
        ca_pem=await keys.config(spec, "caRef"),
        insecure=forge_fields.flag(spec, "insecure", str(forge)),
        region=context.text_field(spec, "region", str(forge)),
        role=context.text_field(spec, "role", str(forge)),
    )
    return await _with_login(found, spec, keys)


async def _with_login(found: Access, spec: dict[str, Any], keys: _References) -> Access:
    """An app before a token, a bearer token before basic authentication, as in Argo CD."""
    where = str(found.forge)
    app = context.text_field(spec, "appSecretName", where)
    if app:
        return replace(found, app=await keys.app(app))
    for name in ("tokenRef", "accessTokenRef"):
        if spec.get(name) is not None:
            return replace(found, token=await keys.secret(spec, name))
    if spec.get("appPasswordRef") is not None:
        return replace(
            found, username=context.text_field(spec, "user", where), token=await keys.secret(spec, "appPasswordRef")
        )
    bearer = context.mapping_field(spec, "bearerToken", where)
    if bearer:
        forge_fields.known(bearer, ("tokenRef",), f"{where}: bearerToken")
        return replace(found, token=await keys.secret(bearer, "tokenRef"))
    basic = context.mapping_field(spec, "basicAuth", where)
    if basic:
        forge_fields.known(basic, ("username", "passwordRef"), f"{where}: basicAuth")
        username = forge_fields.required(basic, "username", where)
        return replace(found, username=username, token=await keys.secret(basic, "passwordRef"))
    return found


def _allow(api: str, forges: ForgeInputs) -> None:
    allowed = forges.rules.allowed_apis
    if api and allowed and api not in allowed:
        raise DeniedError(
            f"scm provider {api[:200]!r} not allowed, must use one of the following: {', '.join(allowed)}",
            reason="ScmProviderNotAllowed",
        )


class _References:
    """Reads what a provider's fields refer to, in the ApplicationSet's namespace."""

    def __init__(self, forges: ForgeInputs, namespace: str, where: str) -> None:
        self._read: Read = forges.read
        self._is_strict = forges.rules.is_token_ref_strict
        self._namespace = namespace
        self._where = where

    async def secret(self, spec: dict[str, Any], field: str) -> str:
        """What `{secretName, key}` in `field` stands for."""
        name, key = self._reference(spec, field, "secretName")
        manifest = await self._object(SECRET, name, field)
        self._check_type(manifest, name, field, (SCM_CREDENTIALS,))
        return self._text(manifest, name, key, field)

    async def app(self, name: str) -> GitHubApp:
        """A GitHub App in the form of a repository's Secret."""
        field = "appSecretName"
        manifest = await self._object(SECRET, name, field)
        self._check_type(manifest, name, field, APP_SECRET_TYPES)
        app_id = self._text(manifest, name, "githubAppID", field)
        installation_id = self._text(manifest, name, "githubAppInstallationID", field)
        if not (app_id.isascii() and installation_id.isascii() and app_id.isalnum() and installation_id.isdecimal()):
            raise self._wrong(field, f"githubAppID or githubAppInstallationID of Secret {name} is no id")
        return GitHubApp(app_id, installation_id, self._text(manifest, name, "githubAppPrivateKey", field))

    async def config(self, spec: dict[str, Any], field: str) -> str:
        """What `{configMapName, key}` in `field` stands for, empty where the field is absent."""
        if spec.get(field) is None:
            return ""
        name, key = self._reference(spec, field, "configMapName")
        text = manifests.get(await self._object(CONFIG_MAP, name, field), "data", key)
        if not isinstance(text, str) or not text:
            raise self._wrong(field, f"ConfigMap {self._namespace}/{name} has no key {key!r}")
        return text

    def _reference(self, spec: dict[str, Any], field: str, name_field: str) -> tuple[str, str]:
        reference = context.mapping_field(spec, field, self._where)
        forge_fields.known(reference, (name_field, "key"), f"{self._where}: {field}")
        name = context.text_field(reference, name_field, self._where)
        key = context.text_field(reference, "key", self._where)
        if not name or not key:
            raise self._wrong(field, f"it needs {name_field} and key")
        return name, key

    async def _object(self, kind: GroupVersionKind, name: str, field: str) -> Manifest:
        try:
            return await self._read(kind, self._namespace, name)
        except NotFoundError as error:
            raise self._wrong(field, f"there is no {kind.kind} {self._namespace}/{name}") from error

    def _check_type(self, manifest: Manifest, name: str, field: str, types: tuple[str, ...]) -> None:
        found = manifests.labels(manifest).get(LABEL, "")
        is_cluster = found == "cluster"  # a cluster's login is never for a forge: it would be sent to whom `api` names
        if is_cluster or (self._is_strict and found not in types):
            raise DeniedError(
                f"{self._where}: {field}: Secret {self._namespace}/{name} is not for forges; one that is has the label "
                f"{LABEL}: {SCM_CREDENTIALS}",
                reason="SecretNotForForges",
            )

    def _text(self, manifest: Manifest, name: str, key: str, field: str) -> str:
        text = secrets.text(manifest, key)
        if not text:
            raise self._wrong(field, f"Secret {self._namespace}/{name} has no key {key!r}")
        return text

    def _wrong(self, field: str, why: str) -> UserError:
        return UserError(f"{self._where}: {field}: {why}", reason="InvalidReference")

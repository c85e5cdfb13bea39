"""ConfigMaps and Secrets that generators name, in the ApplicationSet's namespace."""

from __future__ import annotations

from typing import Any, Final

from dokaseca.generate.generators.context import Context
from dokaseca.generate.hub_inputs import HubInputs
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model import secret as secrets
from dokaseca.model.errors import DeniedError, NotFoundError, UserError
from dokaseca.model.identity import GroupVersionKind

CONFIG_MAP: Final = GroupVersionKind("", "v1", "ConfigMap")
SECRET: Final = GroupVersionKind("", "v1", "Secret")
ARGOCD_SECRET: Final = "argocd-secret"  # noqa: S105 where `$key` without a Secret's name is looked up
OWN_KEYS: Final = (
    "accounts.",
    "admin.",
    "dex.",
    "oidc.",
    "server.",
    "tls.",
    "webhook.",
)  # of argocd-secret: no plugin's
PART_OF: Final = ("app.kubernetes.io/part-of", "argocd")


def hub(around: Context, kind: str) -> HubInputs:
    """The hub.

    Raises:
        UserError: reason UnsupportedGenerator: there is none, as where an ApplicationSet is expanded from files.
    """
    if around.inputs.hub is None:
        raise UserError(
            f"generator {kind} is not available here; nothing of this ApplicationSet is created, changed or deleted",
            reason="UnsupportedGenerator",
        )
    return around.inputs.hub


async def config(name: str, around: Context, inputs: HubInputs, kind: str) -> dict[str, Any]:
    """A ConfigMap's data.

    Raises:
        UserError: reason InvalidReference: there is no such ConfigMap.
    """
    namespace = around.view.namespace
    try:
        found = await inputs.cluster.get(CONFIG_MAP, namespace, name)
    except NotFoundError as error:
        raise UserError(
            f"{kind} generator: configMapRef: there is no ConfigMap {namespace}/{name}", reason="InvalidReference"
        ) from error
    data = found.get("data")
    return data if isinstance(data, dict) else {}


async def token(reference: str, around: Context, inputs: HubInputs, kind: str) -> str:
    """What `$key` (of argocd-secret) or `$secret:key` stands for.

    Raises:
        UserError: reason InvalidReference: it is no such reference, or there is no such Secret or key.
        DeniedError: the Secret is not labelled as a part of Argo CD, or registers a cluster, or the key is one that
            Argo CD signs or logs in with: whoever may write a ConfigMap must not have it sent to a server of their
            choice.
    """
    if not reference.startswith("$") or len(reference) < 2:
        raise UserError(
            f"{kind} generator: token is empty, or does not reference a secret key starting with '$'; write $key for a "
            f"key of {ARGOCD_SECRET}, or $secret:key",
            reason="InvalidReference",
        )
    named, separator, key = reference[1:].partition(":")
    name, key = (named.strip(), key.strip()) if separator else (ARGOCD_SECRET, named.strip())
    where = f"Secret {around.view.namespace}/{name}"
    if name == ARGOCD_SECRET and key.startswith(OWN_KEYS):
        raise DeniedError(
            f"{kind} generator: token: key {key!r} of {where} is Argo CD's own, and sent nowhere; use another key",
            reason="SecretNotForPlugins",
        )
    try:
        secret = await inputs.cluster.get(SECRET, around.view.namespace, name)
    except NotFoundError as error:
        raise UserError(f"{kind} generator: token: there is no {where}", reason="InvalidReference") from error
    labels = manifests.labels(secret)
    is_foreign = labels.get(PART_OF[0]) != PART_OF[1] and name != ARGOCD_SECRET
    if is_foreign or labels.get(application_sets.CLUSTER_SECRET_LABEL) == "cluster":
        raise DeniedError(
            f"{kind} generator: token: {where} is not for plugins; one that is has the label {': '.join(PART_OF)}",
            reason="SecretNotForPlugins",
        )
    text = secrets.text(secret, key).strip()
    if not text:
        raise UserError(f"{kind} generator: token: {where} has no key {key!r}", reason="InvalidReference")
    return text


def interval_seconds(spec: dict[str, Any], kind: str, default_seconds: float) -> float:
    """`requeueAfterSeconds`.

    Raises:
        UserError: reason InvalidGenerator: it is no whole number.
    """
    value = spec.get("requeueAfterSeconds")
    if value is None or value == 0:
        return default_seconds
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise UserError(
            f"{kind} generator: requeueAfterSeconds must be a whole number from 1", reason="InvalidGenerator"
        )
    return float(value)

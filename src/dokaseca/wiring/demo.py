"""The main job as a person does it: real git and real kubectl against a running platform, each effect timed."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from dokaseca.adapters import git_seed, kubeconfig, kustomize, process
from dokaseca.adapters.kube import KubeCluster
from dokaseca.kit import redact
from dokaseca.model import application as applications
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import UserError
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest
from dokaseca.wiring import observe
from dokaseca.wiring.layout import Layout
from dokaseca.wiring.observe import Holds, Target

WAIT_SECONDS = 60.0  # each effect takes about a second; a loaded machine may need more
KUBECTL_SECONDS = 30.0

DEPLOYMENT = GroupVersionKind("apps", "v1", "Deployment")
CONFIG_MAP = GroupVersionKind("", "v1", "ConfigMap")

OVERLAY = "apps/team-a/storefront/overlays/dev/kustomization.yaml"
STOREFRONT = Target(DEPLOYMENT, "team-a", "storefront")
NEW_TAG = "2.0.0"
FLAG = "enable_ingress_nginx"
NOTICE = "apps/team-c/notices/maintenance.yaml"
NOTICE_MAP = Target(CONFIG_MAP, "team-c", "maintenance")
INGRESS = Target(applications.GVK, "argocd", "addon-prod-ingress-nginx")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done, and how long its effect took.

    Attributes:
        title: what is shown.
        commands: what a person would have typed.
        seconds: from the moment the command returned until the effect was seen.
        effect: what was waited for.
    """

    title: str
    commands: tuple[str, ...]
    seconds: float
    effect: str


class Demo:
    """Runs the steps against the platform in `layout`."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._clients: dict[str, KubeCluster] = {}

    async def steps(self) -> AsyncIterator[Step]:
        """Each step once it has happened; one that fails raises.

        Raises:
            TransientError: an effect did not show in time.
            UserError: git or kubectl failed.
        """
        yield await self._commit()
        yield await self._flag()
        yield await self._delete_by_hand()
        yield await self._edit_by_hand()
        yield await self._prune()

    async def close(self) -> None:
        """Give back connections."""
        for client in self._clients.values():
            await client.close()

    # --- the steps --------------------------------------------------------------------------------------------------

    async def _commit(self) -> Step:
        work_tree = self._layout.work_tree("workloads")
        text = (work_tree / OVERLAY).read_text()
        old = _tag(text)
        changed = text.replace(f'newTag: "{old}"', f'newTag: "{NEW_TAG}"')
        message = f"Raise storefront in dev to {NEW_TAG}"

        async def push() -> None:
            await git_seed.commit_and_push(work_tree, write={OVERLAY: changed.encode()}, message=message)

        return await self._timed(
            "A commit to workloads goes live in dev",
            (f"edit workloads/{OVERLAY}: newTag {old} -> {NEW_TAG}", f'git commit -am "{message}" && git push'),
            push,
            ("dev", STOREFRONT, lambda live: _runs(live, NEW_TAG) and _is_available(live)),
        )

    async def _flag(self) -> Step:
        return await self._timed(
            "A flag on prod's Secret brings an addon there",
            (f"kubectl --context hub -n argocd label secret prod {FLAG}=true",),
            self._kubectl("hub", "-n", "argocd", "label", "secret", "prod", f"{FLAG}=true"),
            ("hub", INGRESS, _is_settled),
        )

    async def _delete_by_hand(self) -> Step:
        before = await self._get("dev", STOREFRONT)
        return await self._timed(
            "A Deployment deleted by hand is healed",
            ("kubectl --context dev -n team-a delete deployment storefront",),
            self._kubectl("dev", "-n", "team-a", "delete", "deployment", "storefront"),
            ("dev", STOREFRONT, lambda live: _is_another(live, before) and _is_available(live)),
        )

    async def _edit_by_hand(self) -> Step:
        before = manifests.metadata(await self._get("dev", STOREFRONT)).get("generation", 1)
        return await self._timed(
            "An image edited by hand is healed",
            ("kubectl --context dev -n team-a set image deployment storefront '*=intruder:6.6.6'",),
            self._kubectl("dev", "-n", "team-a", "set", "image", "deployment", "storefront", "*=intruder:6.6.6"),
            ("dev", STOREFRONT, lambda live: _was_edited_and_healed(live, before)),
        )

    async def _prune(self) -> Step:
        work_tree = self._layout.work_tree("workloads")
        message = "Remove the maintenance notice"
        await self._get("dev", NOTICE_MAP)

        async def push() -> None:
            await git_seed.commit_and_push(work_tree, remove=[NOTICE], message=message)

        return await self._timed(
            "A file removed from Git takes its objects along",
            (f"git rm workloads/{NOTICE}", f'git commit -m "{message}" && git push'),
            push,
            ("dev", NOTICE_MAP, lambda live: live is None),
        )

    # --- tools ------------------------------------------------------------------------------------------------------

    async def _timed(
        self,
        title: str,
        commands: tuple[str, ...],
        act: Callable[[], Awaitable[None]],
        expected: tuple[str, Target, Holds],
    ) -> Step:
        cluster, target, holds = expected
        await act()
        started = time.monotonic()
        await observe.until(self._client(cluster), target, holds, timeout_seconds=WAIT_SECONDS)
        return Step(title, commands, time.monotonic() - started, f"{target} in {cluster}")

    def _kubectl(self, context: str, *arguments: str) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            argv = [kustomize.kubectl(), "--kubeconfig", str(self._layout.kubeconfig), "--context", context, *arguments]
            completed = await process.run(argv, timeout_seconds=KUBECTL_SECONDS)
            if completed.returncode != 0:
                said = redact.text(completed.stderr.decode(errors="replace").strip())
                raise UserError(f"kubectl {arguments[2]} failed: {said}", reason="KubectlFailed")

        return run

    async def _get(self, cluster: str, target: Target) -> Manifest:
        return await self._client(cluster).get(target.gvk, target.namespace, target.name)

    def _client(self, name: str) -> KubeCluster:
        if name not in self._clients:
            self._clients[name] = kubeconfig.load(self._layout.kubeconfig, name).open()
        return self._clients[name]


def _tag(overlay: str) -> str:
    """The image tag that an overlay sets."""
    return overlay.partition('newTag: "')[2].partition('"')[0]


def _runs(live: Manifest | None, tag: str) -> bool:
    containers = manifests.get(live, "spec", "template", "spec", "containers", default=[])
    return bool(containers) and all(str(one.get("image", "")).endswith(f":{tag}") for one in containers[:1])


def _was_edited_and_healed(live: Manifest | None, generation: int) -> bool:
    """Two writes after `generation`, a stranger's and ours, and the image is ours again."""
    is_later = bool(manifests.metadata(live or {}).get("generation", 0) >= generation + 2)
    return is_later and _runs(live, NEW_TAG) and _is_available(live)


def _is_available(live: Manifest | None) -> bool:
    if live is None:
        return False
    wanted = manifests.get(live, "spec", "replicas", default=1)
    status: Manifest = live.get("status") or {}
    is_observed = status.get("observedGeneration", 0) >= manifests.metadata(live).get("generation", 1)
    return bool(is_observed and status.get("availableReplicas", 0) == wanted == status.get("updatedReplicas", 0))


def _is_another(live: Manifest | None, before: Manifest) -> bool:
    return live is not None and manifests.uid(live) != manifests.uid(before)


def _is_settled(live: Manifest | None) -> bool:
    sync = manifests.get(live, "status", "sync", "status", default="")
    return bool(sync == "Synced" and manifests.get(live, "status", "health", "status", default="") == "Healthy")

"""How fast a running platform follows: a push goes live, a deletion is healed, and everything is compared anew."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from support import driver, figures

from dokaseca.adapters import kubeconfig
from dokaseca.adapters.kube import KubeCluster
from dokaseca.model import application as applications
from dokaseca.model import manifest as manifests
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest
from dokaseca.wiring import observe
from dokaseca.wiring.observe import Target

PUSHES, DELETIONS = 10, 20
WAIT_SECONDS = 20.0
REFRESH = "argocd.argoproj.io/refresh"
OVERLAY = "apps/team-a/storefront/overlays/dev/kustomization.yaml"
TRACKING = "argocd.argoproj.io/tracking-id"
SPOKES = ("dev", "stg", "prod")
DEPLOYMENT = GroupVersionKind("apps", "v1", "Deployment")
STOREFRONT = Target(DEPLOYMENT, "team-a", "storefront")


def main() -> None:
    with driver.folder() as folder:
        figures.say("starting a platform")
        up = driver.Up(folder)
        try:
            driver.converged(up)
            figures.tell("loop", asyncio.run(measured(up, folder)))
        finally:
            up.stop()


async def measured(up: driver.Up, folder: Path) -> dict[str, float | int | str]:
    async with AsyncExitStack() as stack:
        clients = {name: await stack.enter_async_context(client(folder, name)) for name in ("hub", *SPOKES)}
        figures.say(f"{PUSHES} pushes")
        pushes = [await push_to_live(up, clients["dev"], number) for number in range(PUSHES)]
        figures.say("deletions")
        deletions = [await deletion_to_healed(clients[name], one) for name, one in await victims(clients)]
        figures.say("a refresh of everything, with nothing to do")
        refreshed, seconds = await refresh_of_all(clients["hub"])
    return {
        "pushes_count": len(pushes),
        **figures.spread("push_to_live", pushes),
        "deletions_count": len(deletions),
        **figures.spread("deletion_to_healed", deletions),
        "refreshed_applications_count": refreshed,
        "refresh_of_all_seconds": seconds,
    }


async def push_to_live(up: driver.Up, dev: KubeCluster, number: int) -> float:
    """From the moment `git push` has returned until the new image runs, all of its pods available."""
    path = up.folder / "workloads" / OVERLAY
    before, _, rest = path.read_text().partition('newTag: "')
    tag = f"3.0.{number}"
    text = f'{before}newTag: "{tag}"{rest.partition(chr(34))[2]}'
    await asyncio.to_thread(up.push, "workloads", write={OVERLAY: text}, message=f"Raise storefront to {tag}")
    return await until(dev, STOREFRONT, lambda live: runs(live, tag))


async def victims(clients: dict[str, KubeCluster]) -> list[tuple[str, Manifest]]:
    """Deployments, each of another Application: heals of the same one slow down, as in a fight they should."""
    found: dict[str, tuple[str, Manifest]] = {}
    for name in SPOKES:
        for one in (await clients[name].list(DEPLOYMENT)).items:
            application = manifests.annotations(one).get(TRACKING, "").partition(":")[0]
            if application:
                found.setdefault(application, (name, one))
    return list(found.values())[:DELETIONS]


async def deletion_to_healed(cluster: KubeCluster, before: Manifest) -> float:
    """From the moment the deletion has returned until the Deployment is there again."""
    target = Target(DEPLOYMENT, manifests.namespace(before), manifests.name(before))
    await cluster.delete(target.gvk, target.namespace, target.name)
    return await until(cluster, target, lambda live: live is not None and manifests.uid(live) != manifests.uid(before))


async def refresh_of_all(hub: KubeCluster) -> tuple[int, float]:
    """How many Applications were asked to compare anew, and the seconds until the last has."""
    listing = await hub.list(applications.GVK, "argocd")
    waiting = {manifests.name(one) for one in listing.items}
    started = time.perf_counter()
    async with asyncio.timeout(WAIT_SECONDS), asyncio.TaskGroup() as group:
        for name in waiting:
            patch = {"metadata": {"annotations": {REFRESH: "normal"}}}
            group.create_task(hub.patch(applications.GVK, "argocd", name, patch))
    asked: set[str] = set()
    position = listing.resource_version
    async with asyncio.timeout(WAIT_SECONDS):
        async for event in hub.watch(applications.GVK, "argocd", resource_version=position):
            name = manifests.name(event.object)
            if REFRESH in manifests.annotations(event.object):
                asked.add(name)
            elif name in asked:
                waiting.discard(name)
            if not waiting:
                break
    return len(listing.items), time.perf_counter() - started


async def until(cluster: KubeCluster, target: Target, holds: observe.Holds) -> float:
    started = time.perf_counter()
    await observe.until(cluster, target, holds, timeout_seconds=WAIT_SECONDS)
    return time.perf_counter() - started


def runs(live: Manifest | None, tag: str) -> bool:
    if live is None:
        return False
    images = [one.get("image", "") for one in manifests.get(live, "spec", "template", "spec", "containers", default=[])]
    status, wanted = live.get("status") or {}, manifests.get(live, "spec", "replicas", default=1)
    is_observed = status.get("observedGeneration", 0) >= manifests.metadata(live).get("generation", 1)
    is_rolled_out = status.get("updatedReplicas", 0) == status.get("availableReplicas", 0) == wanted
    return images[:1] != [] and images[0].endswith(f":{tag}") and is_observed and is_rolled_out


@asynccontextmanager
async def client(folder: Path, context: str) -> AsyncIterator[KubeCluster]:
    found = kubeconfig.load(folder / "kubeconfig", context).open()
    try:
        yield found
    finally:
        await found.close()


if __name__ == "__main__":
    main()

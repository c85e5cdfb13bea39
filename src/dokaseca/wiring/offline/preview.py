"""What ApplicationSets generate from given files, judged as the controller would judge it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from dokaseca.generate import expand, reconcile_plan
from dokaseca.generate.cluster_secret import ClusterSecret
from dokaseca.generate.expand import GenerationError
from dokaseca.generate.generators.context import Inputs, TreeOf
from dokaseca.generate.reconcile_plan import Surroundings
from dokaseca.kit import redact
from dokaseca.kit.clock import Clock
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.application_set import View
from dokaseca.model.errors import DokaSecaError
from dokaseca.model.manifest import Manifest
from dokaseca.wiring.offline.cluster_files import Clusters
from dokaseca.wiring.offline.set_files import SetFile

Progress = Callable[[int, int, int], None]
"""Told how many ApplicationSets are done, how many there are, and how many Applications they have given."""


@dataclass(frozen=True, slots=True)
class Generated:
    """One Application; `problem` says why the controller would not write it, empty when it would."""

    application: Manifest
    source: SetFile
    problem: str = ""

    @property
    def name(self) -> str:
        return manifests.name(self.application)


@dataclass(frozen=True, slots=True)
class Failed:
    """An ApplicationSet that generates nothing because of an error."""

    source: SetFile
    message: str


@dataclass(slots=True, repr=False)  # asyncio prints its tasks with their results
class Preview:
    """Everything that the ApplicationSets of the input give, in their order."""

    generated: list[Generated] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)

    def invalid(self) -> list[Generated]:
        return [one for one in self.generated if one.problem]

    def valid(self) -> list[Generated]:
        return [one for one in self.generated if not one.problem]


@dataclass(frozen=True, slots=True)
class World:
    """What ApplicationSets see.

    Attributes:
        clusters: None when the user has given none: then destinations are not judged.
    """

    clusters: Clusters | None
    tree: TreeOf
    clock: Clock

    def inputs(self, namespace: str) -> Inputs:
        return Inputs(self.secrets(namespace), self.tree, self.clock)

    def secrets(self, namespace: str) -> list[ClusterSecret]:
        return self.clusters.secrets(namespace) if self.clusters else []


async def preview(sets: Sequence[SetFile], world: World, progress: Progress = lambda *_: None) -> Preview:
    """Expand every ApplicationSet; an error in one keeps nothing back of the others."""
    result = Preview()
    owned: dict[tuple[str, str], Manifest] = {}
    inputs = {namespace: world.inputs(namespace) for namespace in {one.key.namespace for one in sets}}
    for done, each in enumerate(sets):
        progress(done, len(sets), len(result.generated))
        try:
            expansion = await expand.expand(each.manifest, inputs[each.key.namespace])
            view = application_sets.view(each.manifest)
            result_of = judged(view, expansion.applications, owned, inputs[each.key.namespace], world)
        except GenerationError as error:
            result.failed.append(Failed(each, redact.text(str(error.cause))))
        except DokaSecaError as error:
            result.failed.append(Failed(each, redact.text(str(error))))
        else:
            result.generated += (Generated(application, each, problem) for application, problem in result_of)
    progress(len(sets), len(sets), len(result.generated))
    return result


def judged(
    view: View,
    applications: Sequence[Manifest],
    owned: dict[tuple[str, str], Manifest],
    inputs: Inputs,
    world: World,
) -> list[tuple[Manifest, str]]:
    """Each Application with the reason why the controller would not write it, empty when it would.

    Args:
        owned: what the ApplicationSets before this one have given, by namespace and name; added to.
    """
    keys = [(view.namespace, manifests.name(one)) for one in applications]
    taken = [owned[key] for key in dict.fromkeys(keys) if key in owned]
    clusters = inputs.clusters if world.clusters is not None else _destinations(applications)
    plan = reconcile_plan.plan(view, applications, taken, Surroundings(_AnyName(), clusters))
    owned.update({(view.namespace, manifests.name(one)): one for one in plan.create})
    valid, invalid = (
        iter(plan.create),
        iter(plan.invalid),
    )  # both in the order of generation, names of `valid` once each
    following = next(valid, None)
    result = []
    for application in applications:
        if following is not None and manifests.name(following) == manifests.name(application):
            result.append((application, ""))
            following = next(valid, None)
        else:
            result.append((application, next(invalid).message))
    return result


def sources(spec: Any) -> list[tuple[tuple[str | int, ...], dict[str, Any]]]:
    """The sources of an Application's spec with their paths in it, whatever else it holds."""
    several = spec.get("sources") if isinstance(spec, dict) else None
    if isinstance(several, list):
        return [(("sources", number), one) for number, one in enumerate(several) if isinstance(one, dict)]
    one = spec.get("source") if isinstance(spec, dict) else None
    return [(("source",), one)] if isinstance(one, dict) else []


def _destinations(applications: Sequence[Manifest]) -> list[ClusterSecret]:
    """A cluster for every destination, where none are known: a destination cannot be wrong then, only incomplete."""
    found = {}
    for application in applications:
        destination = manifests.get(application, "spec", "destination", default={})
        name, server = (str(manifests.get(destination, each, default="")) for each in ("name", "server"))
        if not (name and server):
            found[name, server] = ClusterSecret(name=name, server=server.rstrip("/"))
    return list(found.values())


class _AnyName(Collection[str]):
    """Every project: which there are is written in AppProjects, which may be anywhere."""

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

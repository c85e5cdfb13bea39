"""Applications by the ApplicationSet that controls them, so that none of them looks through all."""

from __future__ import annotations

from dokaseca.controllers import application_set_events as events
from dokaseca.generate import reconcile_plan
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest


class Children:
    """Follows the Applications of a hub."""

    def __init__(self) -> None:
        self._by_owner: dict[tuple[str, str], dict[str, Manifest]] = {}

    def note(self, old: Manifest | None, new: Manifest | None) -> None:
        """An Application changed, came or went."""
        before, after = (_owner_or_none(one) for one in (old, new))
        if old is not None and before is not None and before != after:
            siblings = self._by_owner.get(before, {})
            siblings.pop(manifests.name(old), None)
            if not siblings:
                self._by_owner.pop(before, None)
        if new is not None and after is not None:
            self._by_owner.setdefault(after, {})[manifests.name(new)] = new

    def of(self, application_set: Manifest) -> list[Manifest]:
        """The Applications whose controller is this ApplicationSet, sorted by name."""
        key = (manifests.namespace(application_set), manifests.uid(application_set))
        return [one for _, one in sorted(self._by_owner.get(key, {}).items())]


def _owner_or_none(application: Manifest | None) -> tuple[str, str] | None:
    if application is None or events.owner_or_none(application) is None:
        return None
    owner = reconcile_plan.controller_or_none(application) or {}
    return manifests.namespace(application), str(owner.get("uid") or "")

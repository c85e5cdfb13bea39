"""What earlier previews have found out: an Application's cache keys, as long as what they rest on is the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import orjson

import dokaseca
from dokaseca.kit import digest
from dokaseca.model.manifest import Manifest
from dokaseca.wiring.preview_points import Point
from dokaseca.wiring.preview_render import Place, Renderer

FORMAT = 1  # counts up whenever entries are written otherwise

Asked = Mapping[Path, Mapping[str, str]]


class Memory:
    """One Application's entry in the cache of rendered manifests.

    Args:
        manifest, place: with the capabilities, all that keys rest on besides the files.
    """

    def __init__(self, renderer: Renderer, manifest: Manifest, place: Place) -> None:
        self._store = renderer.tools.cache
        about = [FORMAT, dokaseca.__version__, manifest, asdict(place), asdict(renderer.capabilities)]
        self._key = digest.of_value(["preview", *about])

    def recall_or_none(self, point: Point) -> tuple[tuple[str, ...], Asked] | None:
        """(cache keys, what was looked up), where every look-up gives the same at this point; None else."""
        entry = self._store.get_or_none(self._key)
        if entry is None:
            return None
        try:
            found = orjson.loads(entry)
            keys = tuple(str(key) for key in found["keys"])
            asked = {Path(root): dict(paths) for root, paths in found["asked"].items()}
        except (ValueError, TypeError, KeyError, AttributeError):  # damaged: it is found out again
            return None
        if not all(root in point.trees and point.trees[root].answers_like(paths) for root, paths in asked.items()):
            return None
        return keys, asked

    def keep(self, keys: tuple[str, ...], asked: Asked) -> None:
        """For the next run. An entry is only a few paths long."""
        self._store.put(self._key, orjson.dumps({"keys": keys, "asked": {str(root): asked[root] for root in asked}}))

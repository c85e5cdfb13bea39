"""Laws of merging: server-side apply on many kinds of lists, and strategic merge as kubectl does it."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dokaseca.dock.patching import apply, list_types, strategic, typed
from dokaseca.model.identity import GroupVersionKind

Object = dict[str, Any]
SERVICE = GroupVersionKind("", "v1", "Service")
DEPLOYMENT = GroupVersionKind("apps", "v1", "Deployment")
TYPES = list_types.for_builtin(SERVICE)
TIME = "2026-01-01T00:00:00Z"

WORDS = st.sampled_from(["a", "b", "c", "d", "e"])
TEXTS = st.dictionaries(WORDS, WORDS, max_size=4)
PORTS = st.lists(
    st.fixed_dictionaries(
        {"port": st.integers(1, 4), "protocol": st.sampled_from(["TCP", "UDP"])},
        optional={"name": WORDS, "targetPort": st.integers(1, 2)},
    ),
    max_size=4,
    unique_by=lambda port: (port["port"], port["protocol"]),
)


@st.composite
def services(draw: st.DrawFn) -> Object:
    """Services that use a map, a keyed list with two keys, a set and an atomic list."""
    metadata: Object = {"name": "web"}
    for name, values in (
        ("labels", TEXTS),
        ("annotations", TEXTS),
        ("finalizers", st.lists(WORDS, max_size=3, unique=True)),
    ):
        if found := draw(values):
            metadata[name] = found
    spec: Object = {}
    for name, values in (
        ("ports", PORTS),
        ("selector", TEXTS),
        ("externalIPs", st.lists(WORDS, max_size=2)),
        ("type", st.sampled_from(["", "ClusterIP", "NodePort"])),
    ):
        if found := draw(values):
            spec[name] = found
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, **({"spec": spec} if spec else {})}


def applied(live: Object | None, config: Object, manager: str = "one", *, force: bool = True) -> Object:
    return apply.apply(live, config, manager=manager, force=force, api_version="v1", schema=TYPES, time=TIME)


def content(live: Object) -> Object:
    metadata = {name: value for name, value in live["metadata"].items() if name != "managedFields"}
    return without_empty({**live, "metadata": metadata})


def without_empty(value: Any) -> Any:
    """`value` without maps and lists that have become empty, and keyed items in one order."""
    if isinstance(value, dict):
        cleaned = {key: without_empty(one) for key, one in value.items()}
        return {key: one for key, one in cleaned.items() if one not in ({}, [], None)}
    return [without_empty(item) for item in value] if isinstance(value, list) else value


def unordered(value: Any) -> Any:
    """`value` with its lists in one order, to compare what order does not mean anything to."""
    if isinstance(value, dict):
        return {key: unordered(one) for key, one in value.items()}
    if not isinstance(value, list):
        return value
    return sorted((unordered(one) for one in value), key=lambda one: json.dumps(one, sort_keys=True))


@given(services(), services(), services())
def test_applying_again_changes_nothing(first: Object, second: Object, third: Object) -> None:
    live = applied(applied(applied(None, first), second, "two"), third, "three")
    before = copy.deepcopy(third)
    assert applied(live, third, "three", force=False) is live
    assert third == before


def split(config: Object) -> tuple[Object, Object]:
    """`config` in two parts that share no field: every other label, annotation, port and finalizer."""
    parts: list[Object] = [{**config, "metadata": {"name": "web"}, "spec": {}} for _ in range(2)]
    for place, names in (("metadata", ("labels", "annotations", "finalizers")), ("spec", ("ports",))):
        for name in names:
            found = config.get(place, {}).get(name)
            if isinstance(found, dict):
                halves: list[Any] = [dict(list(found.items())[half::2]) for half in range(2)]
            else:
                halves = [(found or [])[half::2] for half in range(2)]
            for part, half in zip(parts, halves, strict=True):
                if half:
                    part[place] = {**part[place], name: half}
    return parts[0], parts[1]


@given(services(), services())
def test_two_managers_of_disjoint_fields_commute(first: Object, config: Object) -> None:
    left, right = split(config)
    start = applied(None, first, "before")
    one = applied(applied(start, left, "left"), right, "right")
    other = applied(applied(start, right, "right"), left, "left")
    assert unordered(content(one)) == unordered(content(other))
    owned = [
        {entry["manager"]: entry["fieldsV1"] for entry in live["metadata"].get("managedFields", [])}
        for live in (one, other)
    ]
    assert owned[0] == owned[1]


@given(services(), services())
def test_a_field_that_is_given_up_goes_unless_somebody_else_owns_it(mine: Object, theirs: Object) -> None:
    shared = applied(applied(None, mine), theirs, "two")
    left = applied(shared, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}})
    assert unordered(content(left)) == unordered(content(applied(None, theirs, "two")))


@given(PORTS, PORTS)
def test_a_merged_list_holds_everything_once_and_follows_what_is_applied(live: list[Object], new: list[Object]) -> None:
    types = TYPES.child("spec").child("ports")
    merged = typed.merge(live, new, types)
    mine, theirs = list(typed.by_element(new, types)), list(typed.by_element(live, types))
    got = list(typed.by_element(merged, types))
    assert sorted(got) == sorted({*mine, *theirs})
    assert [one for one in got if one in mine] == mine
    assert [one for one in got if one not in mine] == [one for one in theirs if one not in mine]


def kubectl() -> str | None:
    return shutil.which("kubectl", path=str(Path(sys.executable).parent)) or shutil.which("kubectl")


CONTAINER = st.fixed_dictionaries(
    {},
    optional={"image": WORDS, "args": st.lists(WORDS, max_size=2), "env": TEXTS, "ports": st.sets(st.integers(1, 3))},
)


def container(name: str, drawn: Object) -> Object:
    whole: Object = {"name": name, **{key: drawn[key] for key in ("image", "args") if key in drawn}}
    if drawn.get("env"):
        whole["env"] = [{"name": key, "value": value} for key, value in drawn["env"].items()]
    if drawn.get("ports"):
        whole["ports"] = [{"containerPort": port, "protocol": "TCP"} for port in sorted(drawn["ports"])]
    return whole


@st.composite
def deployments(draw: st.DrawFn) -> Object:
    pods = [container(name, one) for name, one in draw(st.dictionaries(WORDS, CONTAINER, max_size=3)).items()]
    template = {"metadata": {"labels": draw(TEXTS)}, "spec": {"containers": pods}}
    spec = {"replicas": draw(st.integers(0, 3)), "selector": {"matchLabels": {"a": "b"}}, "template": template}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "labels": draw(TEXTS)},
        "spec": spec,
    }


@st.composite
def patches(draw: st.DrawFn) -> Object:
    items: list[Object] = []
    for name, drawn in draw(st.dictionaries(WORDS, CONTAINER, max_size=3)).items():
        is_deleted = draw(st.integers(0, 4)) == 0
        items.append({"name": name, "$patch": "delete"} if is_deleted else container(name, drawn))
    pod: Object = {}
    if items:
        pod["containers"] = items
        if draw(st.booleans()):
            kept = draw(st.permutations([one for one in items if "$patch" not in one]))
            pod["containers"] = [*kept, *(one for one in items if "$patch" in one)]
            pod["$setElementOrder/containers"] = [{"name": one["name"]} for one in kept]
    labels = draw(st.dictionaries(WORDS, st.one_of(WORDS, st.none()), max_size=3))
    spec: Object = {"template": {"metadata": {"labels": labels}, "spec": pod}}
    if draw(st.booleans()):
        spec["replicas"] = draw(st.one_of(st.none(), st.integers(0, 3)))
    return {"metadata": {"labels": draw(st.dictionaries(WORDS, st.one_of(WORDS, st.none()), max_size=3))}, "spec": spec}


@pytest.mark.skipif(kubectl() is None, reason="there is no kubectl")
@settings(max_examples=15)
@given(deployments(), patches())
def test_a_strategic_merge_is_what_kubectl_makes_of_it(live: Object, patch: Object) -> None:
    assert without_empty(strategic.apply(live, patch, DEPLOYMENT)) == without_empty(patched_by_kubectl(live, patch))


def patched_by_kubectl(live: Object, patch: Object) -> Object:
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder) / "live.json"
        document.write_text(json.dumps(live), encoding="utf-8")
        command = [str(kubectl()), "patch", "--local", "--type=strategic", "-f", str(document), "-o", "json"]
        answer = subprocess.run(
            [*command, "-p", json.dumps(patch)], capture_output=True, check=True, env={"HOME": folder}
        )
    found: Object = json.loads(answer.stdout)
    return found

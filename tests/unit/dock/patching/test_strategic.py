"""Strategic merge patches, held against kubectl's own implementation."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dokaseca.dock.patching import strategic
from dokaseca.model.errors import UserError
from dokaseca.model.identity import GroupVersionKind

DEPLOYMENT = GroupVersionKind("apps", "v1", "Deployment")
POD = {
    "containers": [
        {
            "name": "a",
            "image": "a:1",
            "args": ["x", "y"],
            "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
        },
        {"name": "b", "image": "b:1", "ports": [{"containerPort": 80, "protocol": "TCP"}]},
        {"name": "c", "image": "c:1"},
    ],
    "volumes": [{"name": "v", "emptyDir": {}}, {"name": "w", "configMap": {"name": "w"}}],
    "tolerations": [{"key": "one", "operator": "Exists"}],
}
LIVE: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "labels": {"a": "1", "b": "2"}, "finalizers": ["x/a", "x/b", "x/c"]},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"a": "1"}},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}},
        "template": {"metadata": {"labels": {"a": "1"}}, "spec": POD},
    },
}


def in_pod(spec: Any) -> Any:
    return {"spec": {"template": {"spec": spec}}}


CASES: dict[str, Any] = {
    "scalars and nulls": {"metadata": {"labels": {"a": None, "c": "3"}}, "spec": {"replicas": 5}},
    "merge by key": in_pod({"containers": [{"name": "b", "image": "b:2"}]}),
    "a new item goes first": in_pod({"containers": [{"name": "n", "image": "n:1"}]}),
    "order of the patch": in_pod(
        {"containers": [{"name": "c", "tty": True}, {"name": "n", "image": "n"}, {"name": "a"}]}
    ),
    "delete an item": in_pod({"containers": [{"name": "b", "$patch": "delete"}, {"name": "a", "image": "a:2"}]}),
    "replace a list": in_pod({"containers": [{"name": "z", "image": "z"}, {"$patch": "replace"}]}),
    "replace a map": {"spec": {"template": {"metadata": {"$patch": "replace", "labels": {"a": "1", "z": "1"}}}}},
    "delete a map": {"metadata": {"labels": {"$patch": "delete"}}},
    "nested keyed lists": in_pod(
        {"containers": [{"name": "a", "env": [{"name": "B", "value": "9"}, {"name": "C", "value": "3"}]}]}
    ),
    "an atomic list is replaced": in_pod({"tolerations": [{"key": "two", "operator": "Exists"}]}),
    "a list of scalars is replaced": in_pod({"containers": [{"name": "a", "args": ["z"]}]}),
    "a set grows": {"metadata": {"finalizers": ["x/c", "x/d"]}},
    "a set shrinks": {
        "metadata": {"$deleteFromPrimitiveList/finalizers": ["x/b"], "$setElementOrder/finalizers": ["x/c", "x/a"]}
    },
    "element order": in_pod(
        {
            "$setElementOrder/containers": [{"name": "c"}, {"name": "n"}, {"name": "a"}],
            "containers": [{"name": "n", "image": "n"}, {"name": "a", "image": "a:2"}],
        }
    ),
    "an item in the place of another": in_pod(
        {
            "$setElementOrder/containers": [{"name": "n"}],
            "containers": [{"name": "n"}, {"name": "a", "$patch": "delete"}, {"name": "b", "$patch": "delete"}],
        }
    ),
    "element order alone": in_pod({"$setElementOrder/containers": [{"name": "c"}, {"name": "b"}, {"name": "a"}]}),
    "retain keys": {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}},
    "retain keys of an item": in_pod(
        {
            "volumes": [
                {"name": "w", "$retainKeys": ["name", "secret"], "secret": {"secretName": "s"}, "configMap": None}
            ]
        }
    ),
    "nulls in what is new": {"metadata": {"annotations": {"a": None, "b": "1"}}, "spec": {"minReadySeconds": None}},
}


def kubectl() -> str | None:
    return shutil.which("kubectl", path=str(Path(sys.executable).parent)) or shutil.which("kubectl")


@pytest.mark.skipif(kubectl() is None, reason="there is no kubectl")
@pytest.mark.parametrize("name", CASES)
def test_the_result_is_kubectls(name: str, tmp_path: Path) -> None:
    document = tmp_path / "live.json"
    document.write_text(json.dumps(LIVE), encoding="utf-8")
    command = [str(kubectl()), "patch", "--local", "--type=strategic", "-f", str(document), "-o", "json", "-p"]
    answer = subprocess.run(
        [*command, json.dumps(CASES[name])], capture_output=True, check=True, env={"HOME": str(tmp_path)}
    )
    before = copy.deepcopy(LIVE)
    assert without_empty(strategic.apply(LIVE, CASES[name], DEPLOYMENT)) == without_empty(json.loads(answer.stdout))
    assert before == LIVE


def without_empty(value: Any) -> Any:
    """`value` without what Go's types print although it is empty, and leave out although it was said."""
    if isinstance(value, dict):
        cleaned = {key: without_empty(one) for key, one in value.items()}
        return {key: one for key, one in cleaned.items() if one not in (None, {}, [])}
    return [without_empty(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        ([], "must be a JSON object"),
        ({"$patch": "frob"}, "unknown value of"),
        (in_pod({"containers": [{"image": "x"}]}), r"map: map\[image:x\] does not contain declared merge key: name"),
        (in_pod({"containers": ["x"]}), "is not an object"),
        (in_pod({"containers": [{"name": "a", "$patch": "merge"}]}), "must be delete or replace"),
        ({"spec": {"strategy": {"$retainKeys": ["type"], "rollingUpdate": {}}}}, "must name every field"),
        ({"metadata": {"$deleteFromPrimitiveList/finalizers": "x"}}, "must be a list"),
        ({"metadata": {"finalizers": [{}]}}, "cannot hold objects"),
    ],
)
def test_a_wrong_patch_says_what_is_wrong(patch: Any, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        strategic.apply(LIVE, patch, DEPLOYMENT)
    assert caught.value.reason == ("NoMergeKey" if "merge key" in message else "BadRequest")


def test_a_patch_must_stand_in_the_order_that_it_asks_for() -> None:
    order = [{"name": "b"}, {"name": "a"}]
    wrong = in_pod({"$setElementOrder/containers": order, "containers": [{"name": "a"}, {"name": "b"}]})
    with pytest.raises(UserError, match=r"The order in patch list:\n\[map\[name:a\] map\[name:b\]\]") as caught:
        strategic.apply(LIVE, wrong, DEPLOYMENT)
    assert caught.value.reason == "WrongOrder"
    with pytest.raises(UserError, match="doesn't match"):
        strategic.apply(LIVE, {"metadata": {"$setElementOrder/finalizers": [], "finalizers": ["x/z"]}}, DEPLOYMENT)


def test_a_custom_resource_is_refused() -> None:
    with pytest.raises(UserError, match="not supported for Thing") as caught:
        strategic.apply({}, {}, GroupVersionKind("example.org", "v1", "Thing"))
    assert caught.value.reason == "UnsupportedMediaType"

"""Secrets are shown without what they hold."""

from __future__ import annotations

import base64
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dokaseca.flow.diff import mask, text
from dokaseca.model import manifest as manifests
from dokaseca.model.change import Change, ChangeSet, SyncStatus

CANARY = "canary-8f3b2c"


def _secret(**fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, **fields}


def _encoded(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def test_equal_values_get_equal_masks_and_different_ones_differ_in_length() -> None:
    target = _secret(data={"same": _encoded("a"), "changed": _encoded("new")})
    live = _secret(data={"same": _encoded("a"), "changed": _encoded("old"), "extra": _encoded("e")})
    wanted, found = mask.pair(target, live)
    assert wanted is not None and found is not None
    assert wanted["data"] == {"same": "++++++++", "changed": "++++++++"}
    assert found["data"] == {"same": "++++++++", "changed": "++++++++++++", "extra": "++++++++"}


def test_string_data_is_compared_with_what_it_became() -> None:
    wanted, found = mask.pair(_secret(stringData={"k": "v"}), _secret(data={"k": _encoded("v")}))
    assert wanted is not None and found is not None
    assert "stringData" not in wanted
    assert wanted["data"] == found["data"] == {"k": "++++++++"}


def test_only_secrets_are_masked() -> None:
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"k": "v"}}
    assert mask.pair(config, config) == (config, config)
    sealed = {"apiVersion": "bitnami.com/v1", "kind": "Secret", "metadata": {"name": "c"}, "data": {"k": "v"}}
    assert mask.pair(sealed, None) == (sealed, None)


def test_data_that_is_no_mapping_is_masked_whole() -> None:
    wanted, _ = mask.pair(_secret(data=CANARY), None)
    assert wanted is not None and wanted["data"] == "++++++++"


def test_kubectls_copy_of_the_secret_is_dropped() -> None:
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": CANARY, "keep": "x"}
    _, found = mask.pair(None, _secret(data={}) | {"metadata": {"name": "s", "annotations": annotations}})
    assert found is not None and found["metadata"]["annotations"] == {"keep": "x"}


VALUES = st.sampled_from([CANARY, _encoded(CANARY), f"x{CANARY}", f"{_encoded(CANARY)}\n", None, 1, "other"])
DATA = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3) | st.sampled_from([None, CANARY, [CANARY]])


@given(DATA, DATA, DATA, st.booleans())
def test_no_text_ever_holds_a_value(data: Any, plain: Any, live_data: Any, annotated: bool) -> None:
    target = _secret(data=data, stringData=plain)
    live = _secret(data=live_data, stringData=plain)
    if annotated:
        live["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": CANARY}
    key = manifests.key(target)
    for sides in ((target, live), (target, None), (None, live)):
        shown = text.unified(ChangeSet((Change(key, "v1", *sides, SyncStatus.OUT_OF_SYNC),)))
        assert CANARY not in shown
        assert _encoded(CANARY).rstrip("=") not in shown

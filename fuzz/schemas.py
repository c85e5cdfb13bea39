"""Random definitions and objects of them: a definition is refused or served, and what is served obeys its own schema.

Run: `python -m fuzz.schemas --seconds 60`.
"""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from fuzz import requests, support
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dokaseca.dock.api import Api
from dokaseca.dock.store.storage import MemoryStorage
from dokaseca.kit.clock import FakeClock
from dokaseca.ports.wire import WireRequest, WireResponse

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
WIDGETS = "/apis/example.com/v1/namespaces/default/widgets"
FIELDS = st.sampled_from(["a", "b", "items", "name", "key", "metadata", "spec"])
RULES = st.sampled_from(
    ["self == oldSelf", "self.a == 'x'", "has(self.b)", "self.all(x, x > 0)", "size(self) < 3", "self.a.b.c", "(",
     "true", "self.matches('a+')", "self.map(x, self.map(y, x))", "oldSelf.orValue(1) == self", "self.startsWith(self)"]
)  # fmt: skip
PATTERNS = st.sampled_from(["^a+$", "(", "[a-z]{1,3}", "(a|a)*b", ".*" * 20])
FORMATS = st.sampled_from(
    ["date", "date-time", "byte", "int32", "int64", "uuid", "duration", "email", "ipv4", "nothing"]
)


@st.composite
def schemas(draw: st.DrawFn, depth: int = 0) -> dict[str, Any]:
    """A schema that is structural more often than not."""
    kinds = ["string", "integer", "number", "boolean", "object", "array", "map", "any", "int-or-string"]
    kind = draw(st.sampled_from(kinds[:4] if depth > 2 else kinds))
    made: dict[str, Any] = {"type": kind}
    if kind == "map":
        made = {"type": "object", "additionalProperties": draw(schemas(depth + 1))}
    elif kind == "any":
        made = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    elif kind == "int-or-string":
        made = {"x-kubernetes-int-or-string": True}
    elif kind == "object":
        made["properties"] = draw(st.dictionaries(FIELDS, schemas(depth + 1), max_size=3))
        made |= draw(st.sampled_from([{}, {}, {"required": ["a"]}, {"x-kubernetes-map-type": "atomic"}]))
    elif kind == "array":
        made["items"] = draw(schemas(depth + 1))
        lists = [{}, {"x-kubernetes-list-type": "set"}, {"x-kubernetes-list-type": "atomic"}]
        keyed = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
        made |= draw(st.sampled_from([*lists, keyed, {"maxItems": 2}, {"minItems": -1}]))
    _decorate(draw, made)
    return made


def _decorate(draw: st.DrawFn, schema: dict[str, Any]) -> None:
    """Sometimes a default, a bound, a rule, or something that does not belong there."""
    extra = draw(st.integers(0, 12))
    if extra == 0:
        schema["default"] = draw(requests.VALUES)
    elif extra == 1:
        schema["nullable"] = True
    elif extra == 2:
        schema["x-kubernetes-validations"] = [{"rule": draw(RULES), "message": "no"}]
    elif extra == 3:
        schema["pattern"] = draw(PATTERNS)
    elif extra == 4:
        schema["enum"] = draw(st.lists(requests.LEAVES, max_size=3))
    elif extra == 5:
        schema[draw(st.sampled_from(["minimum", "maxLength", "multipleOf"]))] = draw(st.integers(-2, 9))
    elif extra == 6:
        schema["format"] = draw(FORMATS)
    elif extra == 7:
        word = draw(st.sampled_from(["oneOf", "anyOf", "allOf", "not"]))
        inner = draw(st.sampled_from([{"required": ["a"]}, {"minLength": 2}, {"type": "string"}, {}]))
        schema[word] = inner if word == "not" else [inner]
    elif extra == 8:
        schema[draw(requests.KEYS)] = draw(requests.VALUES)


def _definition(schema: dict[str, Any]) -> dict[str, Any]:
    whole = {"type": "object", "properties": {"spec": schema}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": whole}}
    names = {"kind": "Widget", "plural": "widgets", "singular": "widget", "listKind": "WidgetList"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [version]},
    }


def values(schema: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """What `schema` asks for, more often than not."""
    if not isinstance(schema, dict) or depth > 4:
        return requests.VALUES
    properties, items = schema.get("properties"), schema.get("items")
    if isinstance(properties, dict) and properties:
        fields = {name: values(one, depth + 1) for name, one in properties.items()}
        return st.one_of(st.fixed_dictionaries({}, optional=fields), requests.VALUES)
    if schema.get("type") == "array":
        return st.lists(values(items, depth + 1), max_size=3)
    if schema.get("type") == "object":
        return st.dictionaries(FIELDS, values(schema.get("additionalProperties"), depth + 1), max_size=3)
    plain = {"string": st.sampled_from(["", "a", "aaa", "2026-01-01"]), "boolean": st.booleans()}
    return st.one_of(plain.get(str(schema.get("type")), st.integers(-3, 9)), requests.LEAVES)


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, Any], list[Any]]:
    schema = draw(schemas())
    return schema, draw(st.lists(values(schema), min_size=1, max_size=5))


async def served(schema: dict[str, Any], specs: list[Any]) -> None:
    """Whatever is accepted is kept as it was told, and applying it again changes nothing."""
    api = Api("fuzz", MemoryStorage(), clock=FakeClock(), ca_pem="CA")
    running = asyncio.get_running_loop().create_task(api.run())
    try:
        made = await _ask(api, "POST", DEFINITIONS, _definition(schema))
        if made.status != 201:
            return
        for number, spec in enumerate(specs):
            await _kept(api, f"w{number}", spec)
        assert (await _ask(api, "GET", WIDGETS)).status == 200
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.wait([running])
        api.close()


async def _kept(api: Api, name: str, spec: Any) -> None:
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": name}, "spec": spec}
    created = await _ask(api, "POST", WIDGETS, widget)
    if created.status == 201:
        same = await _ask(api, "PUT", f"{WIDGETS}/{name}", orjson.loads(created.body))
        # a rule that refuses a transition may refuse it; nothing else may change or refuse what was accepted
        if same.status == 200:
            assert same.body == created.body, (spec, created.body, same.body)
        else:
            assert same.status == 422, (spec, created.body, same.body)
            assert b"Rule" in same.body or b"rule" in same.body or b"no" in same.body, (spec, same.body)
    applied = [await _apply(api, f"{name}-applied", widget) for _ in range(2)]
    if applied[0].status == 201 and applied[1].status == 200:
        assert applied[0].body == applied[1].body, (spec, applied)


async def _apply(api: Api, name: str, widget: dict[str, Any]) -> WireResponse:
    body = {**widget, "metadata": {"name": name}}
    return await _ask(api, "PATCH", f"{WIDGETS}/{name}", body, "application/apply-patch+yaml")


async def _ask(api: Api, method: str, path: str, body: Any = None, kind: str = "application/json") -> WireResponse:
    query = (("fieldManager", "fuzz"),) if method == "PATCH" else ()
    data = b"" if body is None else orjson.dumps(body)
    headers = {"content-type": kind, "user-agent": "fuzz", "accept": ""}
    request = WireRequest(method, path, query, headers, data, "admin", ("system:masters",))
    async with asyncio.timeout(10):
        response = await api.handle(request)
    requests.check(request, response)
    return response


@settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(cases())
@requests.quiet
def any_definition_is_refused_or_served(case: tuple[dict[str, Any], list[Any]]) -> None:
    asyncio.run(served(*case))


LAWS = (any_definition_is_refused_or_served,)

if __name__ == "__main__":
    support.main("schemas", LAWS)

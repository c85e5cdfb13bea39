# ruff: noqa: E501 - the server's sentences are longer than our lines
import time

import pytest
from tests.unit.dock.client import (
    APPLY,
    CONFIG_MAPS,
    CRDS,
    DEPLOYMENTS,
    JSON_PATCH,
    MERGE,
    STRATEGIC,
    WIDGETS,
    config_map,
    definition,
    deployment,
    widget,
)

BASE = "/apis/admissionregistration.k8s.io/v1"
POLICIES, BINDINGS = f"{BASE}/mutatingadmissionpolicies", f"{BASE}/mutatingadmissionpolicybindings"
TITLE = "policy 'demo' with binding 'demo' denied request: "
OBJECTS = {"apps": "deployments", "": "configmaps", "example.com": "widgets"}
LABELLED = 'Object{metadata: Object.metadata{labels: {"by": "policy"}}}'


def rule(resource="configmaps", group="", version="v1", operations=("CREATE", "UPDATE"), **more):
    found = {"apiGroups": [group], "apiVersions": [version], "resources": [resource], "operations": list(operations)}
    return found | more


DEPLOYED = rule("deployments", "apps")


def applied(expression):
    return {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}}


def patched(expression):
    return {"patchType": "JSONPatch", "jsonPatch": {"expression": expression}}


def policy(*mutations, name="demo", rules=None, constraints=None, reinvocation="Never", **spec):
    listed = [one if isinstance(one, dict) else applied(one) for one in mutations]
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "matchConstraints": {"resourceRules": rules or [rule()], **(constraints or {})},
            "mutations": listed,
            "reinvocationPolicy": reinvocation,
            **spec,
        },
    }


def binding(name="demo", policy_name=None, **spec):
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": policy_name or name, **spec},
    }


async def bind(client, *policies, **spec):
    for one in policies:
        await client.post(POLICIES, one)
        await client.post(BINDINGS, binding(one["metadata"]["name"], **spec))


async def made(client, *mutations, body=None, path=CONFIG_MAPS, **options):
    """What is stored of an object under one policy."""
    await bind(client, policy(*mutations, **options))
    return await client.post(path, body or config_map("one", a="x"))


async def refused(client, *mutations, body=None, path=CONFIG_MAPS, code=403, **options):
    await bind(client, policy(*mutations, **options))
    return await client.refused("POST", path, body or config_map("one", a="x"), code=code)


async def test_a_configuration_is_merged_as_server_side_apply_does(client):
    sidecar = """Object{
      spec: Object.spec{
        template: Object.spec.template{
          spec: Object.spec.template.spec{
            containers: [Object.spec.template.spec.containers{
              name: "proxy", image: "envoy:" + string(object.spec.replicas),
              ports: [Object.spec.template.spec.containers.ports{containerPort: 15001}]
            }]
          }
        }
      }
    }"""
    found = await made(client, sidecar, body=deployment(replicas=3), path=DEPLOYMENTS, rules=[DEPLOYED])
    app, proxy = found["spec"]["template"]["spec"]["containers"]
    assert (app["name"], proxy["name"], proxy["image"]) == ("app", "proxy", "envoy:3")
    assert proxy["ports"] == [{"containerPort": 15001, "protocol": "TCP"}]
    assert proxy["imagePullPolicy"] == "IfNotPresent"  # what a policy adds gets its defaults too


async def test_optional_fields_conditions_and_variables_take_part(client):
    spec = {
        "variables": [{"name": "team", "expression": "object.metadata.?labels.?team"}],
        "matchConditions": [{"name": "small", "expression": "size(object.data) < 2"}],
    }
    expression = """Object{metadata: Object.metadata{
      ?generateName: object.?nope,
      labels: {"team": variables.team.orValue("none"), "ns": namespaceObject.metadata.name, "by": request.userInfo.username}
    }}"""
    found = await made(client, expression, **spec)
    assert found["metadata"]["labels"] == {"team": "none", "ns": "default", "by": "admin"}
    other = await client.post(CONFIG_MAPS, config_map("two", a="x", b="y"))
    assert "labels" not in other["metadata"]


@pytest.mark.parametrize(
    ("expression", "labels"),
    [
        ('[JSONPatch{op: "add", path: "/metadata/labels/b", value: "2"}]', {"a": "1", "b": "2"}),
        (
            '[JSONPatch{op: "add", path: "/metadata/annotations", value: {}}, JSONPatch{op: "add", path: "/metadata/labels/" + jsonpatch.escapeKey("k8s.io/x"), value: "2"}]',
            {"a": "1", "k8s.io/x": "2"},
        ),
        ('[JSONPatch{op: "remove", path: "/metadata/labels/a"}]', None),
        ('[JSONPatch{op: "replace", path: "/metadata/labels/a", value: "2"}]', {"a": "2"}),
        ('[JSONPatch{op: "copy", from: "/metadata/labels/a", path: "/metadata/labels/b"}]', {"a": "1", "b": "1"}),
        ('[JSONPatch{op: "move", from: "/metadata/labels/a", path: "/metadata/labels/b"}]', {"b": "1"}),
        ('[JSONPatch{op: "test", path: "/metadata/labels/a", value: "1"}, JSONPatch{op: "remove", path: "/metadata/labels"}]', None),
        ('[JSONPatch{op: "test", path: "/metadata/labels/a", value: "2"}, JSONPatch{op: "remove", path: "/metadata/labels"}]', {"a": "1"}),
        ('object.data.a == "x" ? [JSONPatch{op: "add", path: "/metadata/labels", value: {"c": "3"}}] : []', {"c": "3"}),
        ('[JSONPatch{op: "add", path: "/metadata", value: Object.metadata{name: "one", labels: {"d": "4"}}}]', {"d": "4"}),
    ],
)  # fmt: skip
async def test_a_json_patch_is_a_list_of_operations(client, expression, labels):
    body = config_map("one", a="x")
    body["metadata"]["labels"] = {"a": "1"}
    found = await made(client, patched(expression), body=body)
    assert (found["metadata"].get("labels") or None) == labels


@pytest.mark.parametrize(
    ("mutation", "why"),
    [
        (
            "Object{spec: Object.spec{replicasx: 1}}",
            "error applying patch: failed to convert patch object to typed object: .spec.replicasx: field not declared in schema",
        ),
        (
            'Object{spec: Object.spec{replicas: "one"}}',
            "error applying patch: failed to convert patch object to typed object: .spec.replicas: expected numeric (int or float), got string",
        ),
        (
            "Object{spec: Object.specx{replicas: 1}}",
            'type mismatch: unexpected type name "Object.specx", expected "Object.spec", which matches field name path from root Object type',
        ),
        (
            'Object{spec: Object.spec{selector: Object.spec.selector{matchLabels: {"l": "v"}}}}',
            "error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.selector",
        ),
        (
            'Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{containers: [Object.spec.template.spec.containers{name: "app", args: ["x"]}]}}}}',
            "error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.template.spec.containers[0].args",
        ),
        (
            "Object{spec: Object.spec{replicas: object.spec.nope}}",
            "expression 'Object{spec: Object.spec{replicas: object.spec.nope}}' resulted in error: no such key: nope",
        ),
        (
            patched('[JSONPatch{op: "remove", path: "/spec/nope"}]'),
            "JSONPath: error in remove for path: '/spec/nope': Unable to remove nonexistent key: nope: missing value",
        ),
        (
            patched('[JSONPatch{op: "add", path: "/spec/nope/below", value: 1}]'),
            'JSONPath: add operation does not apply: doc is missing path: "/spec/nope/below": missing value',
        ),
        (
            patched('[JSONPatch{op: "add", path: dyn(1), value: 1}]'),
            "unexpected type for JSONPatchType 'path' field: it must be a string",
        ),
        (
            patched('[JSONPatch{op: "add", path: "/spec", value: Object.spec{paused: Object.wrong{}}}]'),
            'type mismatch: unexpected type name "Object.wrong", expected "Object.spec.paused", which matches field name path from root Object type',
        ),
    ],
)
async def test_a_mutation_that_fails_denies_in_the_server_s_words(client, mutation, why):
    status = await refused(client, mutation, body=deployment(), path=DEPLOYMENTS, rules=[DEPLOYED])
    assert status["message"] == TITLE + why
    assert status["reason"] == "Invalid"
    assert status["details"] == {
        "name": "web",
        "group": "apps",
        "kind": "deployments",
        "causes": [{"message": TITLE + why}],
    }


async def test_a_patch_that_makes_no_object_of_the_kind_is_the_server_s_own_error(client):
    unknown = patched('[JSONPatch{op: "add", path: "/nope", value: 1}]')
    status = await refused(client, unknown, code=500)
    assert status["message"] == 'Internal error occurred: strict decoding error: unknown field "nope"'
    await client.ask("DELETE", POLICIES + "/demo")
    await client.ask("DELETE", BINDINGS + "/demo")
    for path, value in (("/data", '"x"'), ("/metadata", '"x"')):
        wrong = patched(f'[JSONPatch{{op: "add", path: "{path}", value: {value}}}]')
        assert "Internal error occurred: json: " in (await refused(client, wrong, code=500))["message"]
        await client.ask("DELETE", POLICIES + "/demo")
        await client.ask("DELETE", BINDINGS + "/demo")


async def test_what_fails_is_passed_over_where_failures_are_ignored_and_the_rest_is_done(client):
    found = await made(client, "Object{nope: 1}", LABELLED, failurePolicy="Ignore")
    assert found["metadata"]["labels"] == {"by": "policy"}


async def test_policies_work_in_the_order_of_their_names_on_what_those_before_made(client):
    def adds(word):
        return f'Object{{data: {{"log": object.?data.?log.orValue("") + "{word}"}}}}'

    await bind(client, policy(adds("b"), adds("c"), name="b"), policy(adds("a"), name="a"), policy(adds("d"), name="d"))
    assert (await client.post(CONFIG_MAPS, config_map("one")))["data"] == {"log": "abcd"}


async def test_a_policy_that_asks_for_it_is_reinvoked_once_after_the_others(client):
    def adds(word):
        return f'Object{{data: {{"log": object.?data.?log.orValue("") + "{word}"}}}}'

    await bind(
        client,
        policy(adds("a"), name="a", reinvocation="IfNeeded"),
        policy(adds("b"), name="b"),
        policy(adds("c"), name="c", reinvocation="IfNeeded", matchConditions=[{"name": "no", "expression": "false"}]),
    )
    assert (await client.post(CONFIG_MAPS, config_map("one")))["data"] == {"log": "aba"}


@pytest.mark.parametrize(
    ("content", "body"),
    [
        (MERGE, {"data": {"b": "y"}}),
        (JSON_PATCH, [{"op": "add", "path": "/data/b", "value": "y"}]),
        (STRATEGIC, {"data": {"b": "y"}}),
        (APPLY, {"apiVersion": "v1", "kind": "ConfigMap", "data": {"b": "y"}}),
    ],
)
async def test_every_kind_of_patch_meets_policies(client, content, body):
    await client.post(CONFIG_MAPS, config_map("one", a="x"))
    await bind(client, policy(LABELLED))
    found = await client.patch(CONFIG_MAPS + "/one", body, content=content, fieldManager="me")
    assert found["metadata"]["labels"] == {"by": "policy"}
    assert found["data"] == {"a": "x", "b": "y"}
    assert await client.get(CONFIG_MAPS + "/one") == found


async def test_what_a_policy_sets_belongs_to_no_manager_and_survives_applies(client):
    await bind(client, policy(LABELLED))
    wanted = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"labels": {"mine": "1"}}, "data": {"a": "x"}}
    await client.apply(CONFIG_MAPS + "/one", wanted)
    found = await client.apply(CONFIG_MAPS + "/one", wanted)
    assert found["metadata"]["labels"] == {"mine": "1", "by": "policy"}
    (entry,) = found["metadata"]["managedFields"]
    assert entry["fieldsV1"] == {"f:data": {"f:a": {}}, "f:metadata": {"f:labels": {"f:mine": {}}}}
    again = await client.apply(CONFIG_MAPS + "/one", wanted)
    assert (
        again["metadata"]["resourceVersion"] == found["metadata"]["resourceVersion"]
    )  # nothing changed, nothing written
    created = await client.post(CONFIG_MAPS, config_map("two", a="x"), fieldManager="me")
    assert [one["fieldsV1"] for one in created["metadata"]["managedFields"]] == [{"f:data": {".": {}, "f:a": {}}}]


async def test_an_apply_that_changes_nothing_still_meets_a_new_policy(client):
    wanted = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "x"}}
    await client.apply(CONFIG_MAPS + "/one", wanted)
    await bind(client, policy(LABELLED))
    assert (await client.apply(CONFIG_MAPS + "/one", wanted))["metadata"]["labels"] == {"by": "policy"}


async def test_a_dry_run_shows_the_mutation_and_stores_nothing(client):
    expression = 'Object{data: {"dry": string(request.dryRun)}}'
    await bind(client, policy(expression))
    found = await client.post(CONFIG_MAPS, config_map("one"), dryRun="All")
    assert found["data"] == {"dry": "true"}
    await client.refused("GET", CONFIG_MAPS + "/one", code=404)


async def test_validation_sees_what_mutation_made(client):
    await bind(client, policy("Object{spec: Object.spec{replicas: -1}}", rules=[DEPLOYED]))
    status = await client.refused("POST", DEPLOYMENTS, deployment(), code=422)
    assert "spec.replicas: Invalid value: -1" in status["message"]


async def test_a_validating_policy_sees_what_a_mutating_one_made(client):
    await bind(client, policy(LABELLED))
    validating = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "labelled"},
        "spec": {
            "matchConstraints": {"resourceRules": [rule()]},
            "validations": [{"expression": "object.metadata.labels.by != 'policy'", "message": "seen"}],
        },
    }
    bound = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "labelled"},
        "spec": {"policyName": "labelled", "validationActions": ["Deny"]},
    }
    await client.post(f"{BASE}/validatingadmissionpolicies", validating)
    await client.post(f"{BASE}/validatingadmissionpolicybindings", bound)
    status = await client.refused("POST", CONFIG_MAPS, config_map("one"), code=422)
    assert status["message"].endswith("denied request: seen")


async def test_nobody_s_uid_status_or_managers_can_be_mutated(client):
    await client.post(CRDS, definition(subresources={"status": {}}))
    taken = patched(
        """[JSONPatch{op: "add", path: "/metadata/uid", value: "x"}, JSONPatch{op: "add", path: "/metadata/managedFields", value: []},
            JSONPatch{op: "add", path: "/status", value: {"a": 1}}, JSONPatch{op: "add", path: "/spec", value: {"b": 2}}]"""
    )
    every = [rule("widgets", "example.com")]
    found = await made(client, taken, body=widget(spec={"a": 1}), path=WIDGETS, rules=every)
    assert found["metadata"]["uid"] != "x"
    assert found["metadata"]["managedFields"][0]["fieldsV1"] == {"f:spec": {".": {}, "f:a": {}}}
    assert "status" not in found
    assert found["spec"] == {"b": 2}
    again = await client.patch(WIDGETS + "/one", {"spec": {"c": 3}})
    assert (again["metadata"]["uid"], again["spec"]) == (found["metadata"]["uid"], {"b": 2})
    assert "status" not in again


async def test_a_new_name_takes_nobody_s_place(client):
    await client.post(CONFIG_MAPS, config_map("other", a="kept"))
    await bind(client, policy(patched('[JSONPatch{op: "add", path: "/metadata/name", value: object.data.called}]')))
    assert (await client.post(CONFIG_MAPS, config_map("one", called="two")))["metadata"]["name"] == "two"
    await client.refused("POST", CONFIG_MAPS, config_map("one", called="other"), code=409)
    assert (await client.get(CONFIG_MAPS + "/other"))["data"] == {"a": "kept"}
    refused = await client.refused(
        "PATCH", CONFIG_MAPS + "/two", {"data": {"called": "three"}}, code=422, content=MERGE
    )
    assert "metadata.name: Invalid value" in refused["message"]


async def test_a_subresource_is_met_on_its_own(client):
    await client.post(CRDS, definition(subresources={"status": {}}))
    rules = [rule("widgets/status", "example.com")]
    both = patched(
        '[JSONPatch{op: "add", path: "/status/seen", value: true}, JSONPatch{op: "add", path: "/spec", value: {}}]'
    )
    await bind(client, policy(both, rules=rules))
    await client.post(WIDGETS, widget(spec={"a": 1}))
    found = await client.patch(WIDGETS + "/one/status", {"status": {"a": 1}})
    assert (found["status"], found["spec"]) == ({"a": 1, "seen": True}, {"a": 1})
    await client.patch(WIDGETS + "/one", {"spec": {"a": 2}})
    await bind(
        client,
        policy("Object{spec: Object.spec{replicas: 7}}", name="scale", rules=[rule("deployments/scale", "apps")]),
    )
    assert (await client.post(DEPLOYMENTS, deployment(replicas=1)))["spec"]["replicas"] == 1
    scaled = await client.patch(DEPLOYMENTS + "/web/scale", {"spec": {"replicas": 2}})
    assert (scaled["kind"], scaled["spec"]) == ("Scale", {"replicas": 7})
    assert (await client.get(DEPLOYMENTS + "/web"))["spec"]["replicas"] == 7


async def test_another_version_of_the_kind_is_mutated_in_the_version_of_the_rule(client):
    body = definition()
    body["spec"]["versions"].append({**body["spec"]["versions"][0], "name": "v1beta1", "storage": False})
    await client.post(CRDS, body)
    seen = "Object{spec: Object.spec{seen: object.apiVersion}}"
    beta = widget(spec={}) | {"apiVersion": "example.com/v1beta1"}
    found = await made(
        client, seen, body=beta, path=WIDGETS.replace("/v1/", "/v1beta1/"), rules=[rule("widgets", "example.com")]
    )
    assert (found["apiVersion"], found["spec"]) == ("example.com/v1beta1", {"seen": "example.com/v1"})


async def test_parameters_come_from_namespaced_and_cluster_wide_objects(client):
    by_name = 'Object{data: {"limit": params.data.limit}}'
    kind = {"apiVersion": "v1", "kind": "ConfigMap"}
    only = {"resourceNames": ["one"]}
    await client.post(POLICIES, policy(by_name, paramKind=kind, rules=[rule(**only)]))
    reference = {"name": "limits", "parameterNotFoundAction": "Deny"}
    await client.post(BINDINGS, binding("demo", paramRef=reference))
    missing = await client.refused("POST", CONFIG_MAPS, config_map("one"), code=403)
    why = "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction"
    assert (missing["message"], missing["reason"]) == (TITLE + why, "Forbidden")
    await client.post(CONFIG_MAPS, config_map("limits", limit="7"))
    assert (await client.post(CONFIG_MAPS, config_map("one")))["data"] == {"limit": "7"}
    await client.post(
        POLICIES,
        policy(
            'Object{data: {"ns": params.metadata.name}}',
            name="wide",
            paramKind={"apiVersion": "v1", "kind": "Namespace"},
        ),
    )
    chosen = {
        "selector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "parameterNotFoundAction": "Allow",
    }
    await client.post(BINDINGS, binding("wide", paramRef=chosen))
    assert (await client.post(CONFIG_MAPS, config_map("two")))["data"] == {"ns": "kube-system"}


async def test_each_parameter_is_one_more_turn(client):
    kind = {"apiVersion": "v1", "kind": "ConfigMap"}
    for name in ("p1", "p2"):
        body = config_map(name)
        body["metadata"]["labels"] = {"param": "yes"}
        await client.post(CONFIG_MAPS, body)
    chosen = {"selector": {"matchLabels": {"param": "yes"}}, "parameterNotFoundAction": "Allow"}
    expression = 'Object{data: {"log": object.?data.?log.orValue("") + params.metadata.name}}'
    await bind(client, policy(expression, paramKind=kind), paramRef=chosen)
    assert (await client.post(CONFIG_MAPS, config_map("one")))["data"] == {"log": "p1p2"}


async def test_an_expression_that_would_take_too_long_denies_at_once(client):
    growing = 'Object{data: {"big": object.data.map(a, object.data.map(b, object.data.big).join("")).join("")}}'
    body = config_map("one", big="x" * 100_000, **{f"k{index}": "v" for index in range(90)})
    status = await refused(client, growing, body=body)
    assert "cost limit exceeded" in status["message"]


async def test_copies_of_copies_are_refused_before_they_grow(client):
    listed = ", ".join(f'JSONPatch{{op: "copy", from: "/data", path: "/data/x{index}"}}' for index in range(60))
    before = time.process_time()
    status = await refused(client, patched(f"[{listed}]"), body=config_map("one", big="x" * 1_000))
    assert "the JSON patch copies too much" in status["message"]
    assert time.process_time() - before < 5  # the 60th copy would be 10^21 bytes


async def test_an_object_that_outgrows_a_request_is_refused(client):
    growing = 'Object{data: {"a": object.data.big + object.data.big, "b": object.data.big + object.data.big}}'
    status = await refused(client, growing, body=config_map("one", big="x" * 900_000))
    assert "the mutated object exceeds" in status["message"]


async def test_a_bind_or_a_delete_ends_what_a_policy_does(client):
    await bind(client, policy(LABELLED))
    await client.ask("DELETE", BINDINGS + "/demo")
    assert "labels" not in (await client.post(CONFIG_MAPS, config_map("one")))["metadata"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            policy("Object{spec: nope}"),
            "spec.mutations[0].applyConfiguration.expression: Invalid value: \"Object{spec: nope}\": compilation failed: ERROR: <input>:1:14: undeclared reference to 'nope' (in container '')\n | Object{spec: nope}\n | .............^",
        ),
        (policy('"teapot"'), "must evaluate to Object but got string"),
        (policy("Object.spec{}"), "must evaluate to Object but got Object.spec"),
        (policy('{"a": "b"}'), "must evaluate to Object but got map(string, string)"),
        (policy(patched("Object{}")), "must evaluate to list(JSONPatch) but got Object"),
        (policy(patched("[Object{}]")), "must evaluate to list(JSONPatch) but got list(Object)"),
        (policy(patched("[1]")), "must evaluate to list(JSONPatch) but got list(int)"),
        (policy(patched('[JSONPatch{nope: "x"}]')), "undefined field 'nope'"),
        (policy('Object{"spec": 1}'), "Syntax error: mismatched input '\"spec\"'"),
        (policy(), "spec.mutations: Required value: mutations must contain at least one item"),
        (policy(applied(" ")), "spec.mutations[0].applyConfiguration.expression: Required value"),
        (policy({"patchType": ""}), "spec.mutations[0].patchType: Required value"),
        (
            policy({"patchType": "Magic"}),
            'spec.mutations[0].patchType: Unsupported value: "Magic": supported values: "ApplyConfiguration", "JSONPatch"',
        ),
        (
            policy({"patchType": "JSONPatch"}),
            "spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch",
        ),
        (
            policy(applied("Object{}") | {"jsonPatch": {"expression": "[]"}}),
            'spec.mutations[0].jsonPatch: Invalid value: "{jsonPatch}": must not be specified when patchType is ApplyConfiguration',
        ),
        (policy("Object{}", reinvocation=""), "spec.reinvocationPolicy: Required value"),
        (
            policy("Object{}", reinvocation="Always"),
            'spec.reinvocationPolicy: Unsupported value: "Always": supported values: "IfNeeded", "Never"',
        ),
        (
            policy("Object{}", rules=[rule(operations=["DELETE"])]),
            'spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "CREATE", "UPDATE"',
        ),
        (policy("Object{}", failurePolicy="Maybe"), "spec.failurePolicy: Unsupported value"),
        (policy("Object{}", variables=[{"name": "in", "expression": "1"}]), "name is not a valid CEL identifier"),
        (policy("Object{}", variables=[{"name": "a", "expression": "Object{}"}]), "undeclared reference to 'Object'"),
        (policy("Object{spec: params.x}"), "undeclared reference to 'params'"),
        (policy("Object{}", constraints={"resourceRules": []}), "spec.matchConstraints.resourceRules: Required value"),
        (
            policy("Object{}", matchConditions=[{"name": "a/b/c", "expression": "true"}]),
            "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
        ),
    ],
)
async def test_a_policy_that_cannot_work_is_refused(client, body, words):
    status = await client.refused("POST", POLICIES, body, code=422)
    assert status["reason"] == "Invalid"
    assert words in status["message"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (binding() | {"spec": {}}, "spec.policyName: Required value"),
        (binding(policy_name="Bad Name"), "spec.policyName: Invalid value"),
        (binding(paramRef={"name": "a"}), "spec.paramRef.parameterNotFoundAction: Required value"),
        (
            binding(matchResources={"resourceRules": [rule(operations=["*"])]}),
            'spec.matchResources.resourceRules.operations: Unsupported value: "*"',
        ),
    ],
)
async def test_a_binding_that_cannot_work_is_refused(client, body, words):
    assert words in (await client.refused("POST", BINDINGS, body, code=422))["message"]

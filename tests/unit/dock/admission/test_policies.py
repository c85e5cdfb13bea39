# ruff: noqa: E501 - the server's sentences are longer than our lines
import time

import pytest
from tests.unit.dock.client import (
    CONFIG_MAPS,
    CRDS,
    DEPLOYMENTS,
    WIDGETS,
    Client,
    config_map,
    definition,
    deployment,
    widget,
)

from dokaseca.dock.admission.policies import Policies

BASE = "/apis/admissionregistration.k8s.io/v1"
POLICIES, BINDINGS = f"{BASE}/validatingadmissionpolicies", f"{BASE}/validatingadmissionpolicybindings"
TITLE = "ValidatingAdmissionPolicy 'demo' with binding 'demo' denied request: "
MERGE = "application/merge-patch+json"


def rule(resource="configmaps", group="", version="v1", operations=("CREATE", "UPDATE"), **more):
    found = {"apiGroups": [group], "apiVersions": [version], "resources": [resource], "operations": list(operations)}
    return found | more


def policy(*validations, name="demo", rules=None, constraints=None, **spec):
    listed = [one if isinstance(one, dict) else {"expression": one} for one in validations]
    match = {"resourceRules": rules or [rule()], **(constraints or {})}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {"matchConstraints": match, "validations": listed, **spec},
    }


def binding(name="demo", policy_name="demo", actions=("Deny",), **spec):
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": policy_name, "validationActions": list(actions), **spec},
    }


async def bind(client, of, with_=None):
    await client.post(POLICIES, of)
    await client.post(BINDINGS, with_ or binding())


async def denial(client, body, code=422, path=CONFIG_MAPS, method="POST", **options):
    return (await client.refused(method, path, body, code=code, **options))["message"]


async def test_a_denial_has_the_shape_that_the_server_gives_it(client):
    await bind(
        client,
        policy({"expression": "object.spec.replicas <= 5", "message": "too many"}, rules=[rule("deployments", "apps")]),
    )
    refused = await client.refused("POST", DEPLOYMENTS, deployment(replicas=6), code=422)
    message = TITLE + "too many"
    assert refused["message"] == f'deployments.apps "web" is forbidden: {message}'
    assert refused["reason"] == "Invalid"
    assert refused["details"] == {
        "name": "web",
        "group": "apps",
        "kind": "deployments",
        "causes": [{"message": message}],
    }
    await client.post(DEPLOYMENTS, deployment(replicas=5))


@pytest.mark.parametrize(
    ("validation", "spec", "code", "words"),
    [
        ("object.data.a == 'b'", {}, 422, "failed expression: object.data.a == 'b'"),
        ({"expression": "false", "reason": "Forbidden", "message": "no"}, {}, 403, TITLE + "no"),
        (
            {"expression": "false", "messageExpression": "'not ' + object.metadata.name", "message": "x"},
            {},
            422,
            TITLE + "not one",
        ),
        ({"expression": "false", "messageExpression": "object.nope", "message": "x"}, {}, 422, TITLE + "x"),
        (
            "object.data.nope == 'b'",
            {},
            422,
            "expression 'object.data.nope == 'b'' resulted in error: no such key: nope",
        ),
        (
            "variables.bad == 1",
            {"variables": [{"name": "bad", "expression": "1/0"}]},
            422,
            'composited variable "bad" fails to evaluate: division by zero',
        ),
        (
            "variables.two == 3",
            {"variables": [{"name": "one", "expression": "1"}, {"name": "two", "expression": "variables.one + 1"}]},
            422,
            "failed expression",
        ),
        (
            "variables.t > timestamp('2030-01-01T00:00:00Z')",
            {"variables": [{"name": "t", "expression": "timestamp('2020-01-01T00:00:00Z')"}]},
            422,
            "failed expression",
        ),
        ("request.userInfo.username != 'admin'", {}, 422, "failed expression"),
        (
            "request.operation != 'CREATE' || request.resource.resource != 'configmaps' || request.dryRun",
            {},
            422,
            "failed expression",
        ),
        ("namespaceObject.metadata.name != 'default'", {}, 422, "failed expression"),
        ("oldObject != null", {}, 422, "failed expression"),
        ("params != null", {"paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}}, 422, "failed expression"),
        ("quantity('1Gi').isLessThan(quantity('1Mi'))", {}, 422, "failed expression"),
    ],
)
async def test_what_a_validation_sees_and_says(client, validation, spec, code, words):
    await bind(client, policy(validation, **spec))
    assert words in await denial(client, config_map("one", a="x"), code=code)


async def test_a_broken_variable_matters_only_where_it_is_read(client):
    bad = [{"name": "bad", "expression": "1/0"}]
    await bind(client, policy("object.data.a == 'x' || variables.bad == 1", variables=bad))
    await client.post(CONFIG_MAPS, config_map("one", a="x"))


async def test_what_cannot_be_evaluated_passes_where_failures_are_ignored(client):
    await bind(client, policy("object.data.nope == 'b'", failurePolicy="Ignore"))
    await client.post(CONFIG_MAPS, config_map("one", a="x"))


async def test_a_policy_without_a_binding_does_nothing_and_one_that_is_gone_neither(client):
    await client.post(POLICIES, policy("false"))
    await client.post(CONFIG_MAPS, config_map("a"))
    await client.post(BINDINGS, binding())
    assert "failed expression: false" in await denial(client, config_map("b"))
    await client.ask("DELETE", POLICIES + "/demo")
    await client.post(CONFIG_MAPS, config_map("b"))


@pytest.mark.parametrize(
    ("constraints", "is_met"),
    [
        ({"resourceRules": [rule("*", "*", "*")]}, True),
        ({"resourceRules": [rule("secrets")]}, False),
        ({"resourceRules": [rule(operations=["UPDATE", "DELETE"])]}, False),
        ({"resourceRules": [rule(operations=["*"])]}, True),
        ({"resourceRules": [rule(resourceNames=["other"])]}, False),
        ({"resourceRules": [rule(scope="Cluster")]}, False),
        ({"resourceRules": [rule(scope="Namespaced")]}, True),
        ({"resourceRules": [rule("configmaps/status")]}, False),
        ({"resourceRules": [rule("*/*")]}, True),
        ({"excludeResourceRules": [rule(resourceNames=["one"])]}, False),
        ({"objectSelector": {"matchLabels": {"a": "b"}}}, True),
        ({"objectSelector": {"matchLabels": {"a": "c"}}}, False),
        ({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "default"}}}, True),
        (
            {
                "namespaceSelector": {
                    "matchExpressions": [
                        {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["default"]}
                    ]
                }
            },
            False,
        ),
    ],
)
async def test_which_requests_a_policy_meets(client, constraints, is_met):
    await bind(client, policy("false", constraints=constraints))
    body = config_map("one")
    body["metadata"]["labels"] = {"a": "b"}
    status, _ = await client.ask("POST", CONFIG_MAPS, body)
    assert status == (422 if is_met else 201)


async def test_a_binding_narrows_what_its_policy_meets(client):
    narrow = {"resourceRules": [rule(resourceNames=["one"])]}
    await bind(client, policy("false"), binding(matchResources=narrow))
    assert "failed expression" in await denial(client, config_map("one"))
    await client.post(CONFIG_MAPS, config_map("two"))


async def test_conditions_decide_whether_a_policy_is_asked(client):
    conditions = [
        {"name": "broken", "expression": "object.data.nope == 'x'"},
        {"name": "named", "expression": "object.metadata.name == 'one'"},
    ]
    await bind(client, policy("false", matchConditions=conditions))
    assert "no such key: nope" in await denial(client, config_map("one", a="x"))
    await client.post(CONFIG_MAPS, config_map("two", a="x"))


async def test_another_version_of_the_kind_is_met_in_the_version_of_the_rule(client):
    body = definition()
    body["spec"]["versions"].append({**body["spec"]["versions"][0], "name": "v1beta1", "storage": False})
    await client.post(CRDS, body)
    only = [rule("widgets", "example.com")]
    seen = "object.apiVersion != 'example.com/v1' || request.requestKind.version != 'v1beta1'"
    await bind(client, policy(seen, rules=only))
    beta = widget() | {"apiVersion": "example.com/v1beta1"}
    path = WIDGETS.replace("/v1/", "/v1beta1/")
    assert "failed expression" in await denial(client, beta, path=path)
    exact = {"spec": {"matchConstraints": {"matchPolicy": "Exact"}}}
    await client.patch(POLICIES + "/demo", exact)
    await client.post(path, beta)


async def test_updates_and_deletions_show_the_old_object(client):
    every = [rule(operations=["UPDATE", "DELETE"])]
    kept = {"expression": "object != null && oldObject.data.a == object.data.a", "message": "keep a"}
    await client.post(CONFIG_MAPS, config_map("one", a="x"))
    await bind(client, policy(kept, rules=every))
    assert "keep a" in await denial(
        client, {"data": {"a": "y"}}, path=CONFIG_MAPS + "/one", method="PATCH", content=MERGE
    )
    await client.patch(CONFIG_MAPS + "/one", {"data": {"b": "y"}})
    assert "keep a" in await denial(client, None, path=CONFIG_MAPS + "/one", method="DELETE")
    assert "keep a" in await denial(client, None, path=CONFIG_MAPS, method="DELETE")
    await client.get(CONFIG_MAPS + "/one")


async def test_the_status_subresource_is_a_resource_of_its_own(client):
    await client.post(CRDS, definition(subresources={"status": {}}))
    await bind(client, policy("false", rules=[rule("widgets/status", "example.com", operations=["UPDATE"])]))
    await client.post(WIDGETS, widget())
    await client.patch(WIDGETS + "/one", {"spec": {"a": 1}})
    assert "failed expression" in await denial(
        client, {"status": {"a": 1}}, path=WIDGETS + "/one/status", method="PATCH", content=MERGE
    )


@pytest.mark.parametrize("actions", [("Warn",), ("Warn", "Audit")])
async def test_a_binding_may_only_warn(client, actions):
    await bind(client, policy({"expression": "false", "message": "careful"}), binding(actions=actions))
    response = await client.send("POST", CONFIG_MAPS, config_map("one"))
    assert response.status == 201
    expected = "Validation failed for ValidatingAdmissionPolicy 'demo' with binding 'demo': careful"
    assert response.headers["Warning"] == f'299 - "{expected}"'


async def test_audit_alone_lets_pass_in_silence(client):
    await bind(client, policy("false"), binding(actions=["Audit"]))
    response = await client.send("POST", CONFIG_MAPS, config_map("one"))
    assert response.status == 201
    assert "Warning" not in response.headers


PARAM_KIND = {"apiVersion": "v1", "kind": "ConfigMap"}


async def test_parameters_are_read_by_name_and_by_labels(client):
    limited = policy(
        "object.spec.replicas <= int(params.data.most)", rules=[rule("deployments", "apps")], paramKind=PARAM_KIND
    )
    named = {"name": "limits", "parameterNotFoundAction": "Deny"}
    await bind(client, limited, binding(paramRef=named))
    missing = "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction"
    assert missing in await denial(client, deployment(replicas=1), path=DEPLOYMENTS)
    limits = config_map("limits", most="3")
    limits["metadata"]["labels"] = {"for": "replicas"}
    await client.post(CONFIG_MAPS, limits)
    assert "failed expression" in await denial(client, deployment(replicas=4), path=DEPLOYMENTS)
    labelled = {"selector": {"matchLabels": {"for": "replicas"}}, "parameterNotFoundAction": "Allow"}
    await client.patch(BINDINGS + "/demo", {"spec": {"paramRef": {"name": None, **labelled}}})
    assert "failed expression" in await denial(client, deployment(replicas=4), path=DEPLOYMENTS)
    await client.ask("DELETE", CONFIG_MAPS + "/limits")
    await client.post(DEPLOYMENTS, deployment(replicas=4))


async def test_a_parameter_kind_that_is_not_served_denies(client):
    kind = {"apiVersion": "example.com/v1", "kind": "Nope"}
    reference = {"name": "x", "parameterNotFoundAction": "Allow"}
    await bind(client, policy("true", paramKind=kind), binding(paramRef=reference))
    assert "failed to find resource referenced by paramKind: 'example.com/v1, Kind=Nope'" in await denial(
        client, config_map("one")
    )


async def test_policies_do_not_govern_themselves(client):
    await bind(client, policy("false", rules=[rule("*", "*", "*", operations=["*"])]))
    status, _ = await client.ask("DELETE", BINDINGS + "/demo")
    assert status == 200


async def test_an_expression_that_would_take_too_long_denies_at_once(client):
    searching = "object.data.all(a, object.data.all(b, !object.data.big.contains(a + b)))"
    await bind(client, policy(searching))
    body = config_map("one", big="x" * 500_000, **{f"k{index}": "v" for index in range(90)})
    before = time.perf_counter()
    assert "cost limit exceeded" in await denial(client, body)
    assert time.perf_counter() - before < 5  # evaluated, it would be minutes


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            policy("object.spec.replicas <"),
            'spec.validations[0].expression: Invalid value: "object.spec.replicas <": compilation failed: ERROR: <input>:1:23',
        ),
        (
            policy({"expression": "true", "messageExpression": "authorizer.path('/x').check('get').reason()"}),
            "spec.validations[0].messageExpression",
        ),
        (policy("params.data.a == 'x'"), "undeclared reference to 'params'"),
        (policy("request.nope == 'x'"), "compilation failed: ERROR: <input>:1:8: undefined field 'nope'"),
        (policy("namespaceObject.metadata.labels.a == namespaceObject.spec.nope"), "undefined field 'nope'"),
        (policy("variables.nope == 1"), "undeclared reference to 'variables' (in container '')"),
        (policy("'x'"), "must evaluate to bool but got string"),
        (policy(""), "spec.validations[0].expression: Required value: expression is not specified"),
        (policy({"expression": "true", "messageExpression": "1"}), "must evaluate to string but got int"),
        (policy({"expression": "true", "message": "a\nb"}), "message must not contain line breaks"),
        (policy({"expression": "true", "message": " "}), "message must be non-empty if specified"),
        (policy({"expression": "true", "reason": "Nope"}), 'spec.validations[0].reason: Unsupported value: "Nope"'),
        (policy(), "validations or auditAnnotations must contain at least one item"),
        (policy("true", failurePolicy="Maybe"), 'spec.failurePolicy: Unsupported value: "Maybe"'),
        (policy("true", paramKind={"kind": "X"}), "spec.paramKind.apiVersion: Required value"),
        (
            policy("true", rules=[rule(operations=["FLY"])]),
            'spec.matchConstraints.resourceRules[0].operations[0]: Unsupported value: "FLY"',
        ),
        (
            policy("true", rules=[rule(operations=["*", "CREATE"])]),
            "if '*' is present, must not specify other operations",
        ),
        (policy("true", rules=[rule(scope="Galaxy")]), 'scope: Unsupported value: "Galaxy"'),
        (
            policy("true", rules=[rule() | {"apiGroups": []}]),
            "spec.matchConstraints.resourceRules[0].apiGroups: Required value",
        ),
        (policy("true", constraints={"resourceRules": []}), "spec.matchConstraints.resourceRules: Required value"),
        (
            policy("true", constraints={"matchPolicy": "Some"}),
            'spec.matchConstraints.matchPolicy: Unsupported value: "Some"',
        ),
        (policy("true", variables=[{"name": "a-b", "expression": "1"}]), "name is not a valid CEL identifier"),
        (
            policy("true", variables=[{"name": "a", "expression": "1"}] * 2),
            'spec.variables[1].name: Duplicate value: "a"',
        ),
        (policy("true", variables=[{"expression": "1"}]), "spec.variables[0].name: Required value"),
        (policy("true", matchConditions=[{"name": "a", "expression": "1"}]), "spec.matchConditions[0].expression"),
        (
            policy("true", matchConditions=[{"name": "a", "expression": "true"}] * 2),
            "spec.matchConditions[1].name: Duplicate value",
        ),
        (policy("true", matchConditions=[{"expression": "true"}]), "spec.matchConditions[0].name: Required value"),
        (
            policy("true", auditAnnotations=[{"valueExpression": "'x'"}]),
            'spec.auditAnnotations[0].key: Invalid value: "demo/": name part must be non-empty',
        ),
        (
            policy("true", constraints={"objectSelector": {"matchExpressions": [{"key": "a", "operator": "In"}]}}),
            "must be specified when `operator` is 'In' or 'NotIn'",
        ),
        (
            policy(
                "true",
                constraints={
                    "objectSelector": {"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]}
                },
            ),
            "may not be specified when `operator` is 'Exists'",
        ),
        (
            policy("true", constraints={"objectSelector": {"matchExpressions": [{"operator": "Like"}]}}),
            "not a valid selector operator",
        ),
    ],
)
async def test_a_policy_that_cannot_work_is_refused(client, body, words):
    assert words in await denial(client, body, path=POLICIES)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (binding(policy_name=""), "spec.policyName: Required value"),
        (binding(actions=[]), "spec.validationActions: Required value: at least one validation action is required"),
        (binding(actions=["Nod"]), 'spec.validationActions[0]: Unsupported value: "Nod"'),
        (binding(actions=["Audit", "Audit"]), "spec.validationActions[1]: Duplicate value"),
        (binding(actions=["Deny", "Warn"]), "must not contain both Deny and Warn"),
        (binding(paramRef={"parameterNotFoundAction": "Deny"}), "one of name or selector must be specified"),
        (binding(paramRef={"name": "a", "selector": {}, "parameterNotFoundAction": "Deny"}), "mutually exclusive"),
        (binding(paramRef={"name": "a"}), "spec.paramRef.parameterNotFoundAction: Required value"),
        (binding(paramRef={"name": "a", "parameterNotFoundAction": "Ask"}), 'Unsupported value: "Ask"'),
    ],
)
async def test_a_binding_that_cannot_work_is_refused(client, body, words):
    assert words in await denial(client, body, path=BINDINGS)


async def test_audit_annotations_are_taken_and_policies_survive_a_restart(client):
    annotated = policy("false", auditAnnotations=[{"key": "k", "valueExpression": "'v'"}])
    await bind(client, annotated)
    again = Policies(client.api.state.store, client.api.state.registry)
    assert again.may_deny(client.api.state.registry.at_path_or_none("v1/configmaps"), "", "CREATE")


async def test_an_optional_variable_stays_optional_where_it_is_read(client):
    spec = {
        "variables": [
            {"name": "team", "expression": "object.metadata.?labels.?team"},
            {"name": "known", "expression": "variables.team.hasValue()"},
        ]
    }
    await bind(client, policy("variables.known && variables.team.orValue('') == 'a'", **spec))
    assert "failed expression" in await denial(client, config_map("one"))
    body = config_map("one")
    body["metadata"]["labels"] = {"team": "a"}
    await client.post(CONFIG_MAPS, body)


ALLOWED = {
    "metadata": {"name": "breaker"},
    "rules": [{"verbs": ["break"], "apiGroups": ["example.com"], "resources": ["glass"], "resourceNames": ["one"]}],
}
GRANTED = {
    "metadata": {"name": "breakers"},
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "breaker"},
    "subjects": [
        {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "jane"},
        {"kind": "ServiceAccount", "namespace": "default", "name": "ci"},
    ],
}
GLASS = "group('example.com').resource('glass')"


@pytest.mark.parametrize(
    ("expression", "passes"),
    [
        (f"authorizer.{GLASS}.name('one').check('break').allowed()", True),
        (f"authorizer.{GLASS}.name('two').check('break').allowed()", False),
        (f"authorizer.{GLASS}.name('one').namespace('x').subresource('').check('touch').allowed()", False),
        (f"authorizer.{GLASS}.fieldSelector('a=b').labelSelector('a=b').name('one').check('break').allowed()", True),
        (f"authorizer.serviceAccount('default', 'ci').{GLASS}.name('one').check('break').allowed()", True),
        (f"authorizer.serviceAccount('default', 'cd').{GLASS}.name('one').check('break').allowed()", False),
        ("authorizer.path('/metrics').check('get').allowed()", False),
        ("authorizer.requestResource.check('create').allowed()", True),
        ("authorizer.requestResource.check('fly').allowed()", False),
        (f"authorizer.{GLASS}.name('one').check('break').reason().contains('breakers')", True),
        (f"!authorizer.{GLASS}.check('x').errored() && authorizer.{GLASS}.check('x').error() == ''", True),
    ],
)
async def test_a_policy_may_ask_what_the_user_may_do(client, expression, passes):
    rbac = "/apis/rbac.authorization.k8s.io/v1"
    writer = {
        "metadata": {"name": "writer"},
        "rules": [{"verbs": ["create"], "apiGroups": [""], "resources": ["configmaps"]}],
    }
    await client.post(f"{rbac}/clusterroles", ALLOWED)
    await client.post(f"{rbac}/clusterroles", writer)
    await client.post(f"{rbac}/clusterrolebindings", GRANTED)
    role = {**GRANTED["roleRef"], "name": "writer"}
    await client.post(f"{rbac}/clusterrolebindings", {**GRANTED, "metadata": {"name": "writers"}, "roleRef": role})
    await bind(client, policy(expression))
    jane = Client(client.api, user="jane", groups=("system:authenticated",))
    status, _ = await jane.ask("POST", CONFIG_MAPS, config_map("one"))
    assert (status == 201) is passes


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("authorizer.path(' ').check('get').allowed()", "path must not be empty"),
        ("authorizer.group('').resource('').check('get').allowed()", "resource must not be empty"),
        ("authorizer.serviceAccount('a', 'b c').path('/x').check('get').allowed()", "Invalid service account name"),
        ("authorizer.serviceAccount('A', 'b').path('/x').check('get').allowed()", "Invalid service account namespace"),
        ("object.metadata.check('get').allowed()", "no such overload"),
    ],
)
async def test_what_cannot_be_asked_of_the_authorizer_denies(client, expression, why):
    await bind(client, policy(expression))
    assert why in await denial(client, config_map("one"))


async def test_audit_tells_the_log_what_failed_and_what_the_annotations_say(client, caplog):
    caplog.set_level("INFO", "dokaseca.dock")
    annotations = [
        {"key": "size", "valueExpression": "'size ' + string(size(object.data))"},
        {"key": "null", "valueExpression": "null"},
        {"key": "none", "valueExpression": "object.data.size() > 5 ? 'many' : ' '"},
    ]
    of = policy("true", {"expression": "false", "message": "no"}, auditAnnotations=annotations)
    await bind(client, of, binding(actions=["Audit"]))
    await client.post(CONFIG_MAPS, config_map("one", a="x"))
    (fields,) = [one.fields for one in caplog.records if one.message == "admission audit"]
    assert (fields["name"], fields["user"], fields["verb"]) == ("one", "admin", "CREATE")
    assert fields["annotations"]["demo/size"] == "size 1"
    assert not {"demo/none", "demo/null"} & fields["annotations"].keys()
    assert fields["annotations"]["validation.policy.admission.k8s.io/validation_failure"] == (
        '[{"message":"no","policy":"demo","binding":"demo","expressionIndex":1,"validationActions":["Audit"]}]'
    )


@pytest.mark.parametrize(("forgiving", "code"), [("Fail", 422), ("Ignore", 201)])
async def test_an_annotation_without_a_value_denies_whatever_the_binding_does(client, forgiving, code):
    annotations = [{"key": "k", "valueExpression": "object.data.nope"}]
    await bind(client, policy(auditAnnotations=annotations, failurePolicy=forgiving), binding(actions=["Audit"]))
    status, document = await client.ask("POST", CONFIG_MAPS, config_map("one", a="x"))
    assert status == code
    assert status == 201 or "resulted in error: no such key: nope" in document["message"]


async def test_an_expression_over_several_lines_needs_no_message(client):
    await bind(client, policy("object.data.a == 'x' ||\n object.data.a == 'y'"))
    assert "failed expression: object.data.a == 'x' ||\n object.data.a == 'y'" in await denial(
        client, config_map("one", a="z")
    )


async def test_kinds_that_no_policy_is_about_are_found_without_looking_at_policies(client):
    every = rule("*", "*", "*", operations=["*"])
    await bind(client, policy("true", rules=[rule("deployments", "apps", scope="Namespaced")]))
    policies, registry = client.api.state.policies, client.api.state.registry
    maps, deployments = registry.at_path_or_none("v1/configmaps"), registry.at_path_or_none("apps/v1/deployments")
    assert not policies.may_deny(maps, "", "CREATE")
    assert policies.may_deny(deployments, "", "CREATE")
    assert not policies.may_deny(deployments, "scale", "UPDATE")
    assert not policies.may_deny(deployments, "", "DELETE")
    await client.patch(POLICIES + "/demo", {"spec": {"matchConstraints": {"resourceRules": [every]}}})
    assert policies.may_deny(maps, "", "CREATE")
    await client.post(CRDS, definition())  # a kind that is new is found, too
    assert policies.may_deny(registry.at_path_or_none("example.com/v1/widgets"), "", "CREATE")
    await client.ask("DELETE", POLICIES + "/demo")
    assert not policies.may_deny(maps, "", "CREATE")


async def test_a_scale_is_seen_as_a_scale(client):
    await client.post(DEPLOYMENTS, deployment(replicas=1))
    small = {
        "expression": "object.kind == 'Scale' && request.kind.kind == 'Scale' && object.spec.replicas < 3",
        "messageExpression": "request.resource.resource + ' from ' + string(oldObject.spec.replicas)",
    }
    await bind(client, policy(small, rules=[rule("deployments/scale", "apps")]))
    await client.patch(DEPLOYMENTS + "/web/scale", {"spec": {"replicas": 2}})
    refused = await client.refused(
        "PATCH", DEPLOYMENTS + "/web/scale", {"spec": {"replicas": 3}}, code=422, content=MERGE
    )
    assert refused["message"] == f'deployments.apps "web" is forbidden: {TITLE}deployments from 2'
    await client.patch(BINDINGS + "/demo", {"spec": {"validationActions": ["Warn"]}})
    response = await client.send("PATCH", DEPLOYMENTS + "/web/scale", {"spec": {"replicas": 3}}, content=MERGE)
    assert (response.status, response.headers["Warning"].endswith('deployments from 2"')) == (200, True)

import pytest
from tests.unit.dock.client import CRDS, WIDGETS, definition, widget


def condition(document, kind):
    return next(one for one in document["status"]["conditions"] if one["type"] == kind)


async def test_a_definition_is_established_at_once_and_served(client):
    created = await client.post(CRDS, definition())
    assert condition(created, "NamesAccepted")["status"] == "True"
    assert condition(created, "Established")["reason"] == "InitialNamesAccepted"
    assert created["status"]["storedVersions"] == ["v1"]
    assert created["status"]["acceptedNames"]["plural"] == "widgets"
    assert created["spec"]["conversion"] == {"strategy": "None"}
    assert (await client.get("/apis/example.com/v1"))["resources"][0]["shortNames"] == ["wd"]
    assert (await client.post(WIDGETS, widget()))["kind"] == "Widget"


async def test_names_that_another_definition_has_are_not_accepted(client):
    await client.post(CRDS, definition())
    other = definition()
    other["metadata"]["name"] = "gadgets.example.com"
    other["spec"]["names"] |= {"plural": "gadgets", "singular": "gadget"}
    created = await client.post(CRDS, other)
    assert condition(created, "NamesAccepted")["status"] == "False"
    assert condition(created, "Established")["status"] == "False"
    await client.not_served("/apis/example.com/v1/namespaces/default/gadgets")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scope": "Galaxy"}, 'spec.scope: Unsupported value: "Galaxy"'),
        ({"group": ""}, "spec.group: Required value"),
        ({"versions": []}, "spec.versions: Required value"),
        ({"group": "other.com"}, "must be spec.names.plural"),
        (
            {"versions": [{"name": "v1", "served": True, "storage": False}]},
            "must have exactly one version marked as storage",
        ),
        ({"versions": [{"name": "v1", "served": True, "storage": True}]}, "schemas are required"),
    ],
)
async def test_bad_definitions_are_refused(client, change, words):
    body = definition()
    body["spec"] |= change
    assert words in (await client.refused("POST", CRDS, body, code=422))["message"]


async def test_several_versions_serve_the_same_object(client):
    body = definition()
    old = {**body["spec"]["versions"][0], "name": "v1beta1", "storage": False}
    body["spec"]["versions"].append(old)
    await client.post(CRDS, body)
    await client.post(
        WIDGETS.replace("/v1/", "/v1beta1/"), widget(spec={"a": 1}) | {"apiVersion": "example.com/v1beta1"}
    )
    assert (await client.get(WIDGETS + "/one"))["apiVersion"] == "example.com/v1"
    beta = await client.get(WIDGETS.replace("/v1/", "/v1beta1/"))
    assert beta["apiVersion"] == "example.com/v1beta1"
    assert beta["items"][0]["apiVersion"] == "example.com/v1beta1"
    group = await client.get("/apis/example.com")
    assert group["preferredVersion"]["version"] == "v1"
    assert [one["version"] for one in group["versions"]] == ["v1", "v1beta1"]


async def test_without_a_status_subresource_status_is_part_of_the_object(client):
    await client.post(CRDS, definition())
    created = await client.post(WIDGETS, widget(status={"phase": "x"}))
    assert created["status"] == {"phase": "x"}
    changed = await client.patch(WIDGETS + "/one", {"status": {"phase": "y"}})
    assert changed["metadata"]["generation"] == 2
    await client.refused("GET", WIDGETS + "/one/status", code=404)


async def test_with_a_status_subresource_status_has_its_own_path(client):
    await client.post(CRDS, definition(subresources={"status": {}}))
    created = await client.post(WIDGETS, widget(status={"phase": "x"}, spec={"a": 1}))
    assert "status" not in created
    changed = await client.patch(WIDGETS + "/one/status", {"status": {"phase": "y"}, "spec": {"a": 2}})
    assert changed["status"] == {"phase": "y"}
    assert changed["spec"] == {"a": 1}
    assert changed["metadata"]["generation"] == 1


async def test_deleting_a_definition_deletes_its_objects_and_its_path(client):
    await client.post(CRDS, definition())
    await client.post(WIDGETS, widget(metadata={"name": "one", "finalizers": ["example.com/wait"]}))
    await client.ask("DELETE", CRDS + "/widgets.example.com")
    await client.settle()
    waiting = await client.get(WIDGETS + "/one")
    assert waiting["metadata"]["deletionTimestamp"]
    await client.get(CRDS + "/widgets.example.com")
    await client.patch(WIDGETS + "/one", {"metadata": {"finalizers": []}})
    await client.settle()
    await client.refused("GET", CRDS + "/widgets.example.com", code=404)
    await client.not_served(WIDGETS)


async def test_a_changed_schema_holds_for_the_next_write(client):
    await client.post(CRDS, definition())
    schema = {"type": "object", "properties": {"spec": {"type": "object", "required": ["a"]}}}
    changed = definition(schema)["spec"]["versions"]
    await client.patch(CRDS + "/widgets.example.com", {"spec": {"versions": changed}})
    assert "spec.a: Required value" in (await client.refused("POST", WIDGETS, widget(spec={}), code=422))["message"]


async def test_selectable_fields_can_be_selected_by(client):
    await client.post(CRDS, definition(selectableFields=[{"jsonPath": ".spec.color"}]))
    for name, color in (("a", "red"), ("b", "blue")):
        await client.post(WIDGETS, widget(name, spec={"color": color}))
    found = await client.get(WIDGETS, fieldSelector="spec.color=blue")
    assert [item["metadata"]["name"] for item in found["items"]] == ["b"]


def other(plural="gadgets", **names):
    body = definition()
    body["metadata"]["name"] = f"{plural}.example.com"
    body["spec"]["names"] = {
        "kind": "Gadget",
        "plural": plural,
        "singular": "gadget",
        "listKind": "GadgetList",
        **names,
    }
    return body


@pytest.mark.parametrize(
    ("names", "reason", "message"),
    [
        ({"singular": "widgets"}, "SingularConflict", '"widgets" is already in use'),
        ({"shortNames": ["g", "wd"]}, "ShortNamesConflict", '"wd" is already in use'),
        ({"kind": "Widget", "listKind": "GadgetList"}, "KindConflict", '"Widget" is already in use'),
        ({"listKind": "WidgetList"}, "ListKindConflict", '"WidgetList" is already in use'),
    ],
)
async def test_every_name_may_be_taken_and_is_free_again_when_its_owner_goes(client, names, reason, message):
    await client.post(CRDS, definition())
    created = await client.post(CRDS, other(**names))
    assert condition(created, "NamesAccepted")["reason"] == reason
    assert condition(created, "NamesAccepted")["message"] == message
    assert condition(created, "Established")["reason"] == "NotAccepted"
    await client.ask("DELETE", CRDS + "/widgets.example.com")
    await client.settle()
    accepted = await client.get(CRDS + "/gadgets.example.com")
    assert condition(accepted, "Established")["status"] == "True"
    await client.get("/apis/example.com/v1/namespaces/default/gadgets")


async def test_new_names_that_are_taken_leave_the_accepted_ones_in_service(client):
    await client.post(CRDS, definition())
    await client.post(CRDS, other(shortNames=["gd"]))
    changed = await client.patch(CRDS + "/gadgets.example.com", {"spec": {"names": {"shortNames": ["wd"]}}})
    assert condition(changed, "NamesAccepted")["status"] == "False"
    assert condition(changed, "Established")["status"] == "True"
    assert changed["status"]["acceptedNames"]["shortNames"] == ["gd"]
    served = (await client.get("/apis/example.com/v1"))["resources"]
    assert next(one for one in served if one["name"] == "gadgets")["shortNames"] == ["gd"]


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (
            {"additionalPrinterColumns": [{"name": "A", "type": "text", "jsonPath": ".a"}]},
            "must be one of boolean,date",
        ),
        (
            {"additionalPrinterColumns": [{"name": "A", "type": "string"}]},
            "additionalPrinterColumns[0].jsonPath: Required",
        ),
        (
            {"additionalPrinterColumns": [{"type": "string", "jsonPath": ".a"}]},
            "additionalPrinterColumns[0].name: Required",
        ),
        ({"subresources": {"scale": {"specReplicasPath": ".status.x"}}}, "specReplicasPath: Invalid value"),
        ({"subresources": {"scale": {"specReplicasPath": ".spec.x"}}}, "statusReplicasPath: Required value"),
        ({"selectableFields": [{"jsonPath": ".metadata.labels"}]}, "must not point to fields in metadata"),
        ({"selectableFields": [{"jsonPath": ".spec.a"}] * 2}, "selectableFields[1].jsonPath: Duplicate value"),
        ({"selectableFields": [{"jsonPath": f".spec.a{number}"} for number in range(9)]}, "must have at most 8 items"),
        ({"selectableFields": [{}]}, "selectableFields[0].jsonPath: Required value"),
        ({"name": "1x"}, "a DNS-1035 label must consist of"),
    ],
)
async def test_bad_versions_are_refused(client, version, words):
    assert words in (await client.refused("POST", CRDS, definition(**version), code=422))["message"]


@pytest.mark.parametrize(
    ("jsonPath", "words"),
    [(".spec.nope", "does not refer to a valid field"), (".spec", "must point to a field of type string")],
)
async def test_one_may_select_by_declared_scalars_only(client, jsonPath, words):  # noqa: N803 - the field's name
    schema = {"type": "object", "properties": {"spec": {"type": "object"}}}
    body = definition(schema, selectableFields=[{"jsonPath": jsonPath}])
    assert words in (await client.refused("POST", CRDS, body, code=422))["message"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"group": "example"}, "should be a domain with at least one dot"),
        ({"group": "Example.com"}, "a lowercase RFC 1123 subdomain"),
        ({"group": "demo.k8s.io"}, 'protected groups must have approval annotation "api-approved.kubernetes.io"'),
        ({"preserveUnknownFields": True}, "spec.preserveUnknownFields: Invalid value: true"),
    ],
)
async def test_bad_specs_are_refused(client, change, words):
    body = definition()
    body["spec"] |= change
    assert words in (await client.refused("POST", CRDS, body, code=422))["message"]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ({"plural": "Widgets"}, "spec.names.plural: Invalid value"),
        ({"shortNames": ["W"]}, "spec.names.shortNames[0]: Invalid value"),
        ({"listKind": "Widget"}, "kind and listKind may not be the same"),
    ],
)
async def test_bad_names_are_refused(client, names, words):
    body = definition()
    body["spec"]["names"] |= names
    assert words in (await client.refused("POST", CRDS, body, code=422))["message"]


async def test_what_objects_may_be_stored_in_stays_declared(client):
    body = definition()
    await client.post(CRDS, body)
    renamed = [{**body["spec"]["versions"][0], "name": "v2"}]
    refused = await client.refused(
        "PATCH",
        CRDS + "/widgets.example.com",
        {"spec": {"versions": renamed, "scope": "Cluster"}},
        code=422,
        content="application/merge-patch+json",
    )
    assert "status.storedVersions[0]" in refused["message"]
    assert "missing from spec.versions; v1 was previously a storage version" in refused["message"]
    assert 'spec.scope: Invalid value: "Cluster": field is immutable' in refused["message"]


def sized(**size):
    spec = {"type": "object", "properties": {"size": {"type": "integer", **size}, "gone": {"type": "string"}}}
    return {"type": "object", "properties": {"spec": spec}}


async def test_a_default_that_comes_later_shows_in_objects_that_were_there_before(client):
    await client.post(CRDS, definition(sized()))
    await client.post(WIDGETS, widget("old", spec={"gone": "x"}))
    changed = sized(default=3)
    del changed["properties"]["spec"]["properties"]["gone"]
    versions = definition(changed)["spec"]["versions"]
    await client.patch(CRDS + "/widgets.example.com", {"spec": {"versions": versions}})
    assert (await client.get(WIDGETS + "/old"))["spec"] == {"size": 3}
    assert [item["spec"] for item in (await client.get(WIDGETS))["items"]] == [{"size": 3}]
    events = await client.watch(WIDGETS)
    assert (await events.next())[1]["spec"] == {"size": 3}
    await events.close()
    await client.post(WIDGETS, widget("new", spec={}))
    patched = await client.patch(WIDGETS + "/old", {"metadata": {"labels": {"a": "b"}}})
    assert patched["spec"] == {"size": 3}


async def test_each_version_completes_objects_by_its_own_schema(client):
    body = definition(sized(default=1))
    beta = {**definition(sized(default=9))["spec"]["versions"][0], "name": "v1beta1", "storage": False}
    beta["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["more"] = {"type": "string", "default": "m"}
    body["spec"]["versions"].append(beta)
    await client.post(CRDS, body)
    await client.post(WIDGETS, widget(spec={}))
    read = await client.get(WIDGETS.replace("/v1/", "/v1beta1/") + "/one")
    assert read["spec"] == {"size": 1, "more": "m"}


async def test_a_shared_schema_is_named_once_and_others_by_their_version(client):
    bad = {"type": "object", "properties": {"a": {}}}
    refused = await client.refused("POST", CRDS, definition(bad), code=422)
    place = "spec.validation.openAPIV3Schema.properties[a].type"
    assert [one["field"] for one in refused["details"]["causes"]] == [place]
    body = definition(bad)
    good = {**definition({"type": "object"})["spec"]["versions"][0], "name": "v1beta1", "storage": False}
    body["spec"]["versions"].append(good)
    refused = await client.refused("POST", CRDS, body, code=422)
    place = "spec.versions[0].schema.openAPIV3Schema.properties[a].type"
    assert [one["field"] for one in refused["details"]["causes"]] == [place]

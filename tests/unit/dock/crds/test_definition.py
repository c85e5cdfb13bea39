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
    await client.refused("GET", "/apis/example.com/v1/namespaces/default/gadgets", code=404)


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
    await client.refused("GET", WIDGETS, code=404)


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

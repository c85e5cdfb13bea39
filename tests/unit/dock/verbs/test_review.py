from dataclasses import replace

ACCESS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
RULES = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"


async def test_administrators_may_everything_and_are_told_who_they_are(client):
    review = {"spec": {"resourceAttributes": {"verb": "create", "resource": "pods"}}}
    assert (await client.post(ACCESS, review))["status"] == {"allowed": True}
    who = await client.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", {})
    assert who["status"]["userInfo"] == {"username": "admin", "groups": ["system:masters"]}
    assert (await client.post(RULES, {"spec": {"namespace": "default"}}))["status"]["resourceRules"][0]["verbs"] == [
        "*"
    ]


async def test_others_are_told_no(client):
    other = replace(client, user="jane", groups=("dev",))
    assert (await other.post(ACCESS, {"spec": {}}))["status"]["allowed"] is False
    subject = {"spec": {"user": "x", "groups": ["system:masters"]}}
    assert (await other.post("/apis/authorization.k8s.io/v1/subjectaccessreviews", subject))["status"] == {
        "allowed": True
    }
    await client.refused("GET", ACCESS, code=405)

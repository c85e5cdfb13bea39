from datetime import UTC, datetime, timedelta

import pytest

from dokaseca.dock import resources
from dokaseca.dock.tables import ages, json_path, render

NOW = datetime(2026, 1, 2, tzinfo=UTC)
META = {"name": "x", "creationTimestamp": "2026-01-01T00:00:00Z"}


def cells(path, document, **metadata):
    of = next(one for one in resources.builtin() if one.path == path)
    printer = render.printer(of, None)
    found = printer.cells(
        {"apiVersion": of.api_version, "kind": of.kind, "metadata": {**META, **metadata}, **document}, NOW
    )
    assert len(found) == len(printer.columns), path
    return found


@pytest.mark.parametrize("of", resources.builtin(), ids=lambda of: of.path)
def test_every_kind_prints_an_empty_object(of):
    found = cells(of.path, {})
    assert "x" in str(found[0]) or "x" in found


def test_pods_show_readiness_reason_and_restarts():
    status = {
        "phase": "Running",
        "podIP": "10.0.0.1",
        "containerStatuses": [
            {
                "name": "a",
                "ready": True,
                "restartCount": 2,
                "state": {"running": {}},
                "lastState": {"terminated": {"finishedAt": "2026-01-01T23:00:00Z"}},
            },
            {"name": "b", "ready": False, "restartCount": 1, "state": {"waiting": {"reason": "CrashLoopBackOff"}}},
        ],
    }
    spec = {"containers": [{"name": "a"}, {"name": "b"}], "nodeName": "n1"}
    assert cells("v1/pods", {"spec": spec, "status": status}) == [
        "x",
        "1/2",
        "CrashLoopBackOff",
        "3 (60m ago)",
        "24h",
        "10.0.0.1",
        "n1",
        "<none>",
        "<none>",
    ]
    assert (
        cells("v1/pods", {"spec": spec, "status": status}, deletionTimestamp="2026-01-01T00:00:00Z")[2] == "Terminating"
    )


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ({"waiting": {"reason": "ImagePullBackOff"}}, "Init:ImagePullBackOff"),
        ({"waiting": {"reason": "PodInitializing"}}, "Init:0/1"),
        ({"terminated": {"exitCode": 2}}, "Init:ExitCode:2"),
        ({"terminated": {"exitCode": 0}}, "Pending"),
    ],
)
def test_init_containers_show_their_state(state, shown):
    status = {"phase": "Pending", "initContainerStatuses": [{"name": "i", "state": state}]}
    assert cells("v1/pods", {"spec": {"initContainers": [{"name": "i"}]}, "status": status})[2] == shown


def test_workloads_show_their_counts():
    template = {"spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"replicas": 3, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    status = {"readyReplicas": 2, "updatedReplicas": 3, "availableReplicas": 1, "replicas": 3}
    body = {"spec": spec, "status": status}
    assert cells("apps/v1/deployments", body) == ["x", "2/3", "3", "1", "24h", "c", "i", "a=b"]
    assert cells("apps/v1/statefulsets", body) == ["x", "2/3", "24h", "c", "i"]
    assert cells("apps/v1/replicasets", body) == ["x", 3, 3, 2, "24h", "c", "i", "a=b"]
    daemon = {"desiredNumberScheduled": 1, "numberReady": 1}
    assert cells("apps/v1/daemonsets", {"spec": spec, "status": daemon})[1:7] == [1, 0, 1, 0, 0, "<none>"]
    done = {
        "succeeded": 1,
        "startTime": META["creationTimestamp"],
        "completionTime": "2026-01-01T00:01:30Z",
        "conditions": [{"type": "Complete", "status": "True"}],
    }
    job = {"spec": {"completions": 1, "template": template}, "status": done}
    assert cells("batch/v1/jobs", job)[1:4] == ["Complete", "1/1", "90s"]


def test_services_and_ingresses_show_addresses():
    spec = {
        "type": "LoadBalancer",
        "clusterIP": "10.96.0.9",
        "ports": [{"port": 80, "nodePort": 30001, "protocol": "TCP"}],
    }
    assert cells("v1/services", {"spec": spec})[1:5] == ["LoadBalancer", "10.96.0.9", "<pending>", "80:30001/TCP"]
    status = {"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}}
    assert cells("v1/services", {"spec": spec, "status": status})[3] == "1.2.3.4"
    rules = {"ingressClassName": "nginx", "rules": [{"host": "a.example"}], "tls": [{}]}
    assert cells("networking.k8s.io/v1/ingresses", {"spec": rules, "status": status}) == [
        "x",
        "nginx",
        "a.example",
        "1.2.3.4",
        "80, 443",
        "24h",
    ]


def test_printer_columns_of_a_definition_follow_its_paths():
    of = resources.builtin()[0]
    columns = [
        {"name": "Sync", "type": "string", "jsonPath": ".status.sync.status"},
        {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
        {"name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Ready')].status"},
        {"name": "Names", "type": "string", "jsonPath": ".spec.list[*].name"},
        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
        {"name": "Missing", "type": "string", "jsonPath": ".no.such"},
    ]
    manifest = {
        "metadata": META,
        "spec": {"size": 3, "list": [{"name": "a"}, {"name": "b"}]},
        "status": {
            "sync": {"status": "Synced"},
            "conditions": [{"type": "Other"}, {"type": "Ready", "status": "True"}],
        },
    }
    printer = render.printer(of, columns)
    assert [one["name"] for one in printer.columns] == ["Name", "Sync", "Size", "Ready", "Names", "Age", "Missing"]
    assert printer.cells(manifest, NOW) == ["x", "Synced", 3, "True", "a,b", "24h", None]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (599, "9m59s"),
        (600, "10m"),
        (10_800, "3h"),
        (12_000, "3h20m"),
        (30_000, "8h"),
        (172_800, "2d"),
        (180_000, "2d2h"),
        (8 * 86_400, "8d"),
        (3 * 365 * 86_400 + 86_400, "3y1d"),
        (9 * 365 * 86_400, "9y"),
        (-5, "<invalid>"),
    ],
)
def test_ages_read_as_in_kubectl(seconds, text):
    assert ages.human(seconds) == text
    if seconds >= 0:
        moment = (NOW - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
        assert ages.since(moment, NOW) == text


def test_what_is_no_time_has_an_unknown_age():
    assert ages.since("yesterday", NOW) == "<unknown>"
    assert ages.since(None, NOW) == "<unknown>"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".a.b", [1]),
        ("{.a['b']}", [1]),
        (".list[0]", ["x"]),
        (".list[-1]", ["y"]),
        (".list[9]", []),
        (".a\\.b", [2]),
        (".a.*", [1]),
        ("..a", []),
        (".list[?(@.x > 1)]", []),
    ],
)
def test_paths_find_what_they_lead_to(path, found):
    assert json_path.find({"a": {"b": 1}, "a.b": 2, "list": ["x", "y"]}, path) == found

"""Starting a real server, tried with programs that stand in for kube-apiserver and etcd."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from tests.dock.differential import play, script, server
from tests.dock.differential.targets import ServerTarget

from dokaseca.model.errors import TransientError

STAND_IN = f"""#!{sys.executable}
import json, ssl, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

options = dict(argument[2:].split("=", 1) for argument in sys.argv[1:])
STORED = {{}}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, code, document, content="application/json"):
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(code)
        self.send_header("Content-Type", content)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Warning", '299 - "first"')
        self.send_header("Warning", '299 - "second"')
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        user = dict(part[0] for part in self.connection.getpeercert()["subject"])
        if user != {{"organizationName": "system:masters", "commonName": "kubernetes-admin"}}:
            return self.answer(401, {{}})
        if self.path == "/readyz":
            return self.answer(200, b"ok", "text/plain")
        if "watch=true" in self.path:
            events = [{{"type": "ADDED", "object": {{"metadata": {{"name": name}}}}}} for name in "ab"]
            return self.answer(200, b"".join(json.dumps(one).encode() + b"\\n" for one in events))
        self.answer(200, options)

    def do_POST(self):
        self.answer(201, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def log_message(self, *arguments):
        pass


listener = ThreadingHTTPServer((options["bind-address"], int(options["secure-port"])), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(options["tls-cert-file"], options["tls-private-key-file"])
context.load_verify_locations(options["client-ca-file"])
context.verify_mode = ssl.CERT_REQUIRED
listener.socket = context.wrap_socket(listener.socket, server_side=True)
listener.serve_forever()
"""
WAITING = "#!/bin/sh\nexec sleep 60\n"
FAILING = "#!/bin/sh\necho no data folder >&2\nexit 3\n"
SCRIPT = """
why: what the stand-in answers
steps:
- do: GET /options
  code: 200
  fields: {authorization-mode: RBAC, etcd-servers: "~http://127.0.0.1:[0-9]+"}
  warnings: [first, second]
- do: GET /things?watch=true
  code: 200
  events: [{type: ADDED, fields: {metadata.name: a}}]
- do: POST /things
  body: {made: "${ns}"}
  code: 201
  fields: {made: "~script-[0-9]+"}
"""


def programs(folder: Path, apiserver: str, etcd: str = WAITING) -> server.Programs:
    for name, text in (("kube-apiserver", apiserver), ("etcd", etcd)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o700)
    found = server.find_or_none({"KUBEBUILDER_ASSETS": str(folder), "PATH": "/usr/bin:/bin"})
    assert found is not None
    return found


def test_programs_are_looked_for_in_the_assets_then_on_the_path(tmp_path):
    assert server.find_or_none({"PATH": str(tmp_path)}) is None
    assert server.find_or_none({}) is None
    found = programs(tmp_path, WAITING)
    assert found == server.Programs(tmp_path / "kube-apiserver", tmp_path / "etcd")
    assert server.find_or_none({"PATH": str(tmp_path)}) == found


async def test_a_server_is_started_asked_and_ended(tmp_path):
    path = tmp_path / "stand-in.yaml"
    path.write_text(SCRIPT)
    async with server.running(programs(tmp_path, STAND_IN), tmp_path) as session:
        played = await play.play(script.load(path), ServerTarget(session))
        assert [(one.step.number, one.wrong) for one in played] == [(1, ()), (2, ()), (3, ())]
        port = session._base_url.port if session._base_url else 0
    with pytest.raises(ConnectionRefusedError):
        await server.asyncio.open_connection("127.0.0.1", port)


async def test_a_program_that_ends_early_is_told_with_its_last_words(tmp_path):
    with pytest.raises(TransientError, match="etcd ended with code 3: no data folder"):
        async with server.running(programs(tmp_path, WAITING, FAILING), tmp_path):
            pass


async def test_a_server_that_does_not_come_up_is_given_up(tmp_path):
    with pytest.raises(TransientError, match=r"not ready after 0\.2 s"):
        async with server.running(programs(tmp_path, WAITING), tmp_path, ready_seconds=0.2):
            pass


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("why: x\nsteps: [{do: GET /a, code: 200, colour: red}]", r"step 1: unknown \['colour'\]"),
        ("why: x\nsteps: [{do: GET /a}]", "says no code"),
        ("why: x\nwhen: y\nsteps: []", r"unknown \['when'\]"),
    ],
)
def test_a_script_that_could_not_fail_is_refused(tmp_path, text, message):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        script.load(path)


def test_the_harness_sees_what_is_wrong(tmp_path):
    del tmp_path
    from tests.dock.differential import expect, normalise

    answer = expect.Answer(200, json.loads('{"a": {"b": [1, true]}, "message": "m"}'))
    assert expect.differences(answer, {"code": 200, "fields": {"a.b[*]": [1, True]}, "absent": ["a.c"]}) == []
    wrong = expect.differences(
        answer, {"code": 201, "message": "~n+", "fields": {"a.b[1]": 1, "a.x": "y"}, "absent": ["a"], "causes": []}
    )
    assert [line.partition(":")[0] for line in wrong] == ["code", "message", "details.causes", "a.b[1]", "a.x", "a"]
    one = {
        "uid": "11111111-2222-3333-4444-555555555555",
        "resourceVersion": "7",
        "x": "2026-01-01T00:00:00Z 10.0.0.1:80",
    }
    assert normalise.normal(one) == {"uid": "<uid>", "resourceVersion": "<resourceVersion>", "x": "<time> <address>"}
    assert normalise.normal({"resourceVersion": ""}) == {"resourceVersion": ""}
    assert normalise.text("script-7 x12 in-x") == "<own> <own> in-x"

"""Jsonnet programs through real child processes."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from dokaseca.adapters.jsonnet import JsonnetLibrary
from dokaseca.model.errors import UserError


async def evaluate(
    files: dict[str, str | bytes], path: str = "a.jsonnet", timeout_seconds: float = 20.0, **options: Any
) -> Any:
    given: dict[str, Any] = {"ext_vars": {}, "ext_code": {}, "tla_vars": {}, "tla_code": {}, **options}
    content = {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
    return await JsonnetLibrary(timeout_seconds=timeout_seconds).evaluate(content, path, **given)


async def test_a_program_becomes_its_value() -> None:
    assert await evaluate({"a.jsonnet": "{a: 1, b: [1.5, null, 10000000000], 'ü': self.a + 1}"}) == {
        "a": 1,
        "b": [1.5, None, 10000000000],
        "ü": 2,
    }


async def test_imports_resolve_beside_the_file_that_imports_then_in_the_libraries() -> None:
    files = {
        "app/main.jsonnet": "{x: import 'near.libsonnet', y: import '../common/y.libsonnet', z: import 'z.libsonnet'}",
        "app/near.libsonnet": "'near'",
        "common/y.libsonnet": "{text: importstr 'deep/text.txt', up: import '../app/near.libsonnet'}",
        "common/deep/text.txt": "hello",
        "lib/near.libsonnet": "'library'",
        "lib/z.libsonnet": "import 'near.libsonnet'",
    }
    assert await evaluate(files, "app/main.jsonnet", library_paths=("lib",)) == {
        "x": "near",
        "y": {"text": "hello", "up": "near"},
        "z": "library",
    }


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../../../../../etc/passwd", "/proc/self/environ", "file:///etc/passwd", "absent.libsonnet"]
)
@pytest.mark.parametrize("how", ["import", "importstr"])
async def test_imports_never_leave_the_files(how: str, name: str) -> None:
    with pytest.raises(UserError, match=re.escape(f"import {name!r} is not in the repository")):
        await evaluate({"d/a.jsonnet": f"{how} '{name}'"}, "d/a.jsonnet")


async def test_what_is_no_text_cannot_be_imported() -> None:
    with pytest.raises(UserError, match="import 'b' is not in the repository, or no text"):
        await evaluate({"a.jsonnet": "importstr 'b'", "b": b"\xff\xfe"})
    with pytest.raises(UserError, match="the file is not UTF-8 text"):
        await evaluate({"a.jsonnet": b"\xff"})


async def test_top_level_arguments_and_external_variables() -> None:
    program = "function(name, count=1) {name: name, count: count, env: std.extVar('env'), n: std.extVar('n')}"
    value = await evaluate(
        {"a.jsonnet": program},
        tla_vars={"name": "1"},
        tla_code={"count": "1 + 2"},
        ext_vars={"env": "prod"},
        ext_code={"n": "[1]"},
    )
    assert value == {"name": "1", "count": 3, "env": "prod", "n": [1]}


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("{a:\n error 'no'}", r"runtime error: no\n +a\.jsonnet:2:2"),
        ("{a:\n }}", r"syntax error: (?s:.*)a\.jsonnet:2:2"),
        ("{a: std.extVar('x')}", r"external variable is not defined: x\n +a\.jsonnet:1:5"),
        ("function(x) x", "function argument is not passed: x"),
        ("local f(x) = f(x + 1); f(0)", r"stack overflow(?s:.*)a\.jsonnet:1:14(?s:.*)…$"),
        ("{a: self.a}", "infinite recursion"),
        ("import 'a.jsonnet'", "infinite recursion"),
    ],
)
async def test_errors_tell_file_and_line(program: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        await evaluate({"a.jsonnet": program})
    assert (caught.value.reason, caught.value.subject) == ("JsonnetFailed", "a.jsonnet")
    assert len(caught.value.message) < 2000
    assert "/tmp" not in caught.value.message


async def test_a_loop_without_end_is_stopped_and_stops_nobody_else() -> None:
    endless = "std.foldl(function(a, b) a + b, std.range(0, 100000000), 0)"
    loop = asyncio.get_running_loop()
    longest, before = 0.0, loop.time()
    call = asyncio.ensure_future(evaluate({"a.jsonnet": endless}, timeout_seconds=1.5))
    while not call.done():
        await asyncio.wait([call], timeout=0.02)
        longest, before = max(longest, loop.time() - before), loop.time()
    with pytest.raises(UserError, match=r"took longer than 1\.5 s and was stopped; does it loop") as caught:
        await call
    assert caught.value.reason == "RenderTimeout"
    assert longest < 1.0, "the event loop stays free"


async def test_a_flood_of_memory_ends_the_child_only() -> None:
    flood = "local double(s, n) = if n == 0 then s else double(s + s, n - 1); std.length(double('xxxxxxxx', 40))"
    with pytest.raises(UserError, match="made the tool crash"):
        await evaluate({"a.jsonnet": flood})
    assert await evaluate({"a.jsonnet": "1"}) == 1

"""Health scripts through a real child process."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from dokaseca.adapters.lua import LuaScripts
from dokaseca.model.errors import TransientError, UserError
from dokaseca.model.health import Health, Verdict

LIVE = {"metadata": {"name": "web"}, "spec": {"replicas": 3, "none": None, "list": [1, 2]}, "big": 2**53}


@pytest.fixture
async def lua() -> AsyncIterator[LuaScripts]:
    scripts = LuaScripts(timeout_seconds=30.0)
    yield scripts
    await scripts.close()


async def test_a_script_reads_the_object_and_tells_its_health(lua: LuaScripts) -> None:
    script = """
    hs = {}
    for _, n in ipairs(obj.spec.list) do
      if n == 1 then goto continue end
      hs.status = "Degraded"
      hs.message = obj.metadata.name .. obj.spec.replicas .. type(obj.spec.none) .. n
      ::continue::
    end
    return hs
    """
    assert await lua.run(script, LIVE, open_libs=False) == Verdict(Health.DEGRADED, "web3nil2")


@pytest.mark.parametrize("script", ["return nil", "return {}", "return {message='x'}", ""])
async def test_a_script_may_say_nothing(lua: LuaScripts, script: str) -> None:
    assert await lua.run(script, LIVE, open_libs=False) is None


async def test_the_libraries_are_open_where_the_key_says_so(lua: LuaScripts) -> None:
    script = 'return {status="Healthy", message=string.upper("a") .. ("b"):rep(2) .. math.floor(1.5)}'
    assert await lua.run(script, LIVE, open_libs=True) == Verdict(Health.HEALTHY, "Abb1")
    with pytest.raises(UserError, match=r"script:1: attempt to index .*'string' \(a nil value\)"):
        await lua.run(script, LIVE, open_libs=False)
    with pytest.raises(UserError, match="attempt to index a string value"):
        await lua.run('return {status=("x"):upper()}', LIVE, open_libs=False)


@pytest.mark.parametrize(
    "name",
    [
        *("io", "require", "package", "debug", "load", "loadstring", "loadfile", "dofile", "jit", "python", "ffi"),
        *("getfenv", "setfenv", "module", "newproxy", "collectgarbage", "coroutine"),
        *("os.execute", "os.exit", "os.getenv", "os.remove", "os.rename", "os.tmpname", "string.dump"),
    ],
)
async def test_nothing_leads_out_of_the_sandbox(lua: LuaScripts, name: str) -> None:
    script = f'return {{status = {name} == nil and "Healthy" or "Degraded"}}'
    assert await lua.run(script, LIVE, open_libs=True) == Verdict(Health.HEALTHY)


async def test_one_script_leaves_nothing_behind_for_the_next(lua: LuaScripts) -> None:
    await lua.run("leak = 1; table.leak = 1; return nil", LIVE, open_libs=True)
    script = 'return {status = (leak or table.leak) and "Degraded" or "Healthy"}'
    assert await lua.run(script, LIVE, open_libs=True) == Verdict(Health.HEALTHY)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("x = = 3", "script:1: unexpected symbol near '='"),
        ("return obj.status.phase", "script:1: attempt to index field 'status'"),
        ("error('no')", "script:1: no"),
        ("return 5", "returns a number, not a table with status and message"),
        ("return {status='Fine'}", "returns the health 'Fine'; say one of Healthy, Suspended"),
        ("while true do end", "takes too many steps; does it loop?"),
        ("local t = {} while true do t[#t + 1] = ('x'):rep(1000000) .. #t end", "not enough memory"),
    ],
)
async def test_a_wrong_script_is_told_why(lua: LuaScripts, script: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        await lua.run(script, LIVE, open_libs=True)
    assert message in caught.value.message
    assert await lua.run("return {status='Healthy'}", LIVE, open_libs=True) == Verdict(Health.HEALTHY)


@pytest.mark.parametrize(
    "script",
    ["while true do pcall(function() while true do end end) end", "return ('a'):rep(40):find(('a*'):rep(40) .. 'b')"],
)
async def test_what_nothing_inside_can_stop_is_killed(script: str) -> None:
    lua = LuaScripts(timeout_seconds=1.5)
    with pytest.raises(TransientError, match=r"took longer than 1\.5 s"):
        await lua.run(script, LIVE, open_libs=True)
    await lua.close()


async def test_a_long_message_is_cut(lua: LuaScripts) -> None:
    verdict = await lua.run("return {status='Healthy', message=('x'):rep(9999)}", LIVE, open_libs=True)
    assert verdict == Verdict(Health.HEALTHY, "x" * 2000)

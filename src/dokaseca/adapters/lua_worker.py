"""The child process that runs health scripts in Lua; one that never ends or takes all memory ends this process only.

Reads requests from standard input, answers on standard output, each a 4-byte length and JSON. The dialect is Argo CD's:
Lua 5.1 with `goto`. A script sees the names listed here and nothing else: no files, no processes, no loading of code.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import Any, BinaryIO

from dokaseca.adapters import orphan

MEMORY_BYTES = 2**29  # of the process
SCRIPT_BYTES = 64 * 2**20  # of one script's values: objects have a megabyte
STEPS = 20_000_000  # of the virtual machine: about a second
MESSAGE = 2_000  # characters: longer ones would fill the Application's status

# The chunk gets an environment of its own, built of what is listed. Methods of strings (`s:rep(9)`) are found through a
# metatable instead: it goes as well where the library is not open.
_SANDBOX = """
local source, object, open, steps = ...
local chunk, wrong = loadstring(source, "=script")
if not chunk then return nil, wrong end
local env = {
  assert = assert, error = error, ipairs = ipairs, next = next, pairs = pairs, pcall = pcall, xpcall = xpcall,
  rawequal = rawequal, rawget = rawget, rawset = rawset, select = select, setmetatable = setmetatable,
  getmetatable = function(value) if type(value) == "table" then return getmetatable(value) end end,
  tonumber = tonumber, tostring = tostring, type = type, unpack = unpack, _VERSION = "Lua 5.1",
  print = function() end,
  table = table, obj = object,
  os = {time = os.time, date = os.date, clock = os.clock, difftime = os.difftime},
}
env._G = env
string.dump = nil
if open then
  env.string, env.math = string, math
else
  debug.setmetatable("", nil)
end
setfenv(chunk, env)
jit.off()
debug.sethook(function() error("takes too many steps; does it loop?", 0) end, "", steps)
local fine, answer = pcall(chunk)
debug.sethook()
if not fine then return nil, tostring(answer) end
if answer == nil then return nil, nil end
if type(answer) ~= "table" then return nil, "returns a " .. type(answer) .. ", not a table with status and message" end
return {tostring(answer.status or ""), tostring(answer.message or "")}, nil
"""


def run(request: dict[str, Any]) -> dict[str, str]:
    """`status` and `message` that the script returned, both empty where it returned nothing; or `error`."""
    from lupa import luajit21 as lua

    runtime = lua.LuaRuntime(
        register_eval=False, register_builtins=False, unpack_returned_tuples=True, max_memory=SCRIPT_BYTES
    )
    live = runtime.table_from(_floats(request["object"]), recursive=True)
    sandbox = runtime.compile(_SANDBOX)
    answer, wrong = sandbox(request["script"], live, request["open_libs"], STEPS) or (None, None)
    if wrong is not None:
        return {"error": str(wrong)[:MESSAGE]}
    return {"status": str(answer[1]), "message": str(answer[2])[:MESSAGE]} if answer else {"status": "", "message": ""}


def _floats(value: Any) -> Any:
    """A JSON value as Lua has it: every number a float, no null."""
    if isinstance(value, dict):
        return {name: _floats(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_floats(item) for item in value if item is not None]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer requests until the input ends."""
    while len(header := source.read(4)) == 4:
        request = json.loads(source.read(int.from_bytes(header, "big")))
        try:
            answer = run(request)
        except Exception as error:  # whatever Lua says is the answer; the worker lives on
            answer = {"error": str(error)[:MESSAGE] or type(error).__name__}
        body = json.dumps(answer).encode()
        sink.write(len(body).to_bytes(4, "big") + body)
        sink.flush()


def main() -> None:
    """Take over the standard streams."""
    orphan.end_with_parent()
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, sink)


if __name__ == "__main__":
    main()

"""A program of its own: confines itself, then runs one command of a plugin. Standard library only; run by its path.

It reads a JSON request from standard input, and ends as the command does. With `is_confined` the command has

- user, process, mount, IPC, host name and (unless `network`) network namespaces of its own: no network, no process of
  this machine in sight, and everything it leaves behind ends with it;
- a file system of its own: programs and libraries to read, one folder to write, nothing else;
- limits on memory, CPU time, file sizes and processes. Started by root, it runs as nobody.

Without, there are the limits and its process group. Its exit code is that of the command, or `CANNOT`.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

CANNOT = 125  # this program itself failed; standard error says why
NO_SUCH_PROGRAM = 127
NOBODY = 65534
INSIDE = 1000  # the user within: not root, so that starting a program drops every capability

# linux/sched.h, linux/prctl.h, linux/mount.h
NEW_NS, NEW_UTS, NEW_IPC, NEW_USER = 0x00020000, 0x04000000, 0x08000000, 0x10000000
NEW_PID, NEW_NET = 0x20000000, 0x40000000
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18
MNT_DETACH = 2
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
MOUNT_SETATTR, ATTR_RDONLY, ATTR_NOSUID = 442, 1, 2  # the number of the call is that of every processor

SYSTEM = (  # what programs need to start and to resolve names; the rest of /etc is nobody's business
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/nix/store"),
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/localtime"),
    *("/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/pki/tls/certs", "/etc/pki/ca-trust", "/etc/ca-certificates"),
    *("/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/hosts", "/etc/resolv.conf", "/etc/services"),
    *("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"),
)

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> NoReturn:
    """Read the request, run the command, end as it does."""
    request = json.load(sys.stdin.buffer)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        _end_with_parent()
        if request["is_confined"]:
            _become_nobody(request["folder"])
            _enter_namespaces(network=request["network"])
        code = _supervised(request)
    except OSError as error:
        code = _told(error)
    os._exit(code)


def _told(error: OSError) -> int:
    sys.stderr.write(f"{error.filename or 'the plugin'}: {error.strerror}\n")
    sys.stderr.flush()
    return CANNOT


def _supervised(request: dict[str, Any]) -> int:
    """Fork the first process of the new process namespace; it ends with this one, and takes all others along."""
    parent = os.getpid()
    first = os.fork()
    if first:
        _, status = os.waitpid(first, 0)
        return os.waitstatus_to_exitcode(status) & 0xFF
    try:
        _end_with_parent()
        if not request["is_confined"] and os.getppid() != parent:
            os._exit(CANNOT)
        _call("prctl", PR_SET_DUMPABLE, 0, 0, 0, 0)  # its environment and memory are not for the command to read
        _call("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        if request["is_confined"]:
            _enter_root(request)
        code = _waited(_start(request))
        _end_descendants()
    except OSError as error:
        code = _told(error)
    os._exit(code)


def _start(request: dict[str, Any]) -> int:
    child = os.fork()
    if child:
        return child
    argv = request["argv"]
    try:
        _limit(request["limits"])
        _call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        os.chdir(request["cwd"])
        os.execvpe(argv[0], argv, request["env"])  # noqa: S606 - no shell is what we want
    except OSError as error:
        sys.stderr.write(f"{argv[0]} cannot be started: {error.strerror}\n")
        sys.stderr.flush()
    os._exit(NO_SUCH_PROGRAM)


def _waited(child: int) -> int:
    """The command's exit code, 128 and the signal's number where one ended it; orphans are buried meanwhile."""
    while True:
        pid, status = os.wait()
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _end_descendants() -> None:
    """Where there is no process namespace: what the command left behind is ours now."""
    with contextlib.suppress(OSError):
        while children := Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
            for one in children:
                os.kill(int(one), signal.SIGKILL)
                os.waitpid(int(one), 0)


def _limit(limits: dict[str, int]) -> None:
    for name, most in limits.items():
        number = getattr(resource, name)
        _, hard = resource.getrlimit(number)
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(number, (value, value))


def _end_with_parent() -> None:
    _call("prctl", PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def _become_nobody(folder: str) -> None:
    """Root sheds its rights first: no limit on processes holds for root, and root's files are its own."""
    if os.geteuid() != 0:
        return
    for place, folders, files in os.walk(folder):
        for name in (".", *folders, *files):
            os.lchown(Path(place, name), NOBODY, NOBODY)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    _call("prctl", PR_SET_DUMPABLE, 1, 0, 0, 0)  # else its own /proc entries would stay root's
    _end_with_parent()  # which changing the user has undone


def _enter_namespaces(*, network: bool) -> None:
    user, group = os.geteuid(), os.getegid()
    _call("unshare", NEW_USER | NEW_NS | NEW_PID | NEW_IPC | NEW_UTS | (0 if network else NEW_NET))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{INSIDE} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{INSIDE} {group} 1")


def _enter_root(request: dict[str, Any]) -> None:
    """A root of our own: an empty file system into which only what is listed is bound, and nothing but the folder to
    write to."""
    root, folder = request["root"], request["folder"]
    _mount("", "/", "", MS_REC | MS_PRIVATE)
    _mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755")
    for place in (*SYSTEM, *request["readable"]):
        _bind(Path(place), Path(f"{root}{place}"))
    for name in ("/proc", folder):
        Path(f"{root}{name}").mkdir(parents=True, exist_ok=True)
    _seal(root)
    _mount(folder, f"{root}{folder}", "", MS_BIND)
    with contextlib.suppress(OSError):  # where a container hides parts of /proc there is none
        _mount("proc", f"{root}/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    os.chdir(root)
    _call("pivot_root", b".", b".")
    _call("umount2", b".", MNT_DETACH)
    os.chdir("/")


def _bind(place: Path, target: Path) -> None:
    if not os.access(place, os.R_OK) or os.path.lexists(target):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if place.is_symlink() and place.is_dir():
        target.symlink_to(place.readlink())  # /bin is usr/bin nowadays
        return
    if place.is_dir():
        target.mkdir()
    else:
        target.touch()
    _mount(str(place.resolve()), str(target), "", MS_BIND | MS_REC)


def _seal(root: str) -> None:
    """Nothing below can be written to, whoever owns it."""
    attributes = (ctypes.c_uint64 * 4)(ATTR_RDONLY | ATTR_NOSUID, 0, 0, 0)
    _call("syscall", MOUNT_SETATTR, AT_FDCWD, root.encode(), AT_RECURSIVE, attributes, ctypes.c_size_t(32))


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    _call("mount", source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode())


def _call(name: str, *arguments: Any) -> None:
    """A function of the C library.

    Raises:
        OSError: it is not there, or returns -1.
    """
    function = getattr(_libc, name, None)
    if function is None:
        raise OSError(0, "this system does not have it", name)
    if function(*arguments) == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)


if __name__ == "__main__":
    main()

"""Shuts this process in: it reads its job and its libraries, writes beside its outcome, reaches no network.

A file that took the process over must find neither the secret key, nor the database, nor another process to
ask. The environment is emptied by the parent. On Linux the kernel (Landlock) enforces the rest, whatever code
runs; everywhere an audit hook refuses what Python itself would open.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from pydantic import BaseModel

_ROOT = Path(__file__).resolve().parent.parent.parent.parent
# Libraries and what they look at: processors, memory, time zone. Never /proc as a whole, which holds the
# environment of the service itself.
_SYSTEM = ("/usr", "/lib", "/lib64", "/opt", "/System", "/Library", "/etc/ld.so.cache", "/etc/localtime",
           "/dev/null", "/dev/urandom", "/proc/self", "/proc/cpuinfo", "/proc/meminfo",
           "/proc/sys", "/sys/devices/system", "/sys/fs/cgroup")  # fmt: skip

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every processor
_VERSION_ONLY, _BENEATH, _NO_NEW_PRIVILEGES = 1, 1, 38
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_FOLDER, _TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14
# Rights that each version of Landlock knows: 13 on files at first, then moves, truncation and devices.
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
_LATEST_RIGHTS = 16
_NETWORK_FROM, _NETWORK = 4, 0b11
_KEYS = "keys:"
_REFUSED_EVENTS = ("os.exec", "os.fork", "os.posix_spawn", "os.system", "socket.connect", "subprocess.Popen")


def shut_in(job: BaseModel, outcome: Path) -> None:
    """Confine this process for the rest of its life, as far as the system can.

    Args:
        job: the paths in it may be read.
        outcome: its folder may be written.
    """
    readable = [*_libraries(), *paths_of(job)]
    writable = [outcome.parent]
    _by_kernel(readable, writable)
    sys.addaudithook(_hook([_real(path) for path in readable], [_real(path) for path in writable]))


def paths_of(job: BaseModel) -> list[Path]:
    """Return every path in a job, however deep."""
    found: list[Path] = []
    for name in type(job).model_fields:
        value = getattr(job, name)
        if isinstance(value, Path):
            found.append(value)
        elif isinstance(value, BaseModel):
            found += paths_of(value)
        elif isinstance(value, str) and value.startswith(_KEYS):
            found.append(Path(value.removeprefix(_KEYS)))  # a split by a file of keys
    return found


def _libraries() -> Iterable[Path]:
    # Not the whole checkout, under which a first installation keeps its database and its secrets.
    names = {str(_ROOT / "api"), sys.prefix, sys.base_prefix, *_SYSTEM}
    names |= {path for path in sys.path if path and Path(path).resolve() != _ROOT}
    return [Path(name) for name in sorted(names)]


def _real(path: Path) -> str:
    return os.path.realpath(path)


def _hook(readable: list[str], writable: list[str]) -> Callable[[str, tuple[object, ...]], None]:
    """Return an audit hook that lets files be opened under these folders only."""

    def check(event: str, arguments: tuple[object, ...]) -> None:
        if event in _REFUSED_EVENTS:
            raise PermissionError(f"{event} is not allowed here")
        if event != "open" or not isinstance(arguments[0], str | bytes):
            return
        path, flags = os.path.realpath(os.fsdecode(arguments[0])), arguments[2]
        writes = isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR))
        if not _under(path, writable) and (writes or not _under(path, readable)):
            raise PermissionError(f"{path} is not allowed here")

    return check


def _under(path: str, folders: list[str]) -> bool:
    return any(path == folder or path.startswith(folder.rstrip(os.sep) + os.sep) for folder in folders)


def _by_kernel(readable: Iterable[Path], writable: Iterable[Path]) -> None:
    if sys.platform != "linux":
        return
    library = ctypes.CDLL(None, use_errno=True)
    version = library.syscall(_CREATE_RULESET, None, 0, _VERSION_ONLY)
    if version < 1:
        return  # an older kernel, or one where it is switched off
    rights = (1 << _RIGHTS.get(version, _LATEST_RIGHTS)) - 1
    attributes = struct.pack("=QQ", rights, _NETWORK)[: 16 if version >= _NETWORK_FROM else 8]
    ruleset = library.syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "landlock_create_ruleset")
    # Nothing may be started: no right to execute is ever given.
    for folders, given in ((readable, _READ_FILE | _READ_FOLDER), (writable, rights & ~_EXECUTE)):
        for folder in folders:
            _allow(library, ruleset, folder, given & rights)
    if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or library.syscall(_RESTRICT_SELF, ruleset, 0):
        raise OSError(ctypes.get_errno(), "landlock_restrict_self")
    os.close(ruleset)


def _allow(library: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    if not path.is_dir():
        rights &= _WRITE_FILE | _READ_FILE | _TRUNCATE
    rule = struct.pack("=Qi", rights, descriptor)
    failed = library.syscall(_ADD_RULE, ruleset, _BENEATH, rule, 0)
    os.close(descriptor)
    if failed:
        raise OSError(ctypes.get_errno(), f"landlock_add_rule: {path}")

"""How is an engine process shut in before it reads a line that a stranger wrote?

Three walls, each of which may be missing on some machine: resource limits; a network namespace of its own
(user_namespaces(7)), so that not even the loopback interface answers; and Landlock (landlock(7)), so that
only the checkouts and the Python runtime can be read, nothing written, and no TCP connection opened. What
holds is tried out afterwards and reported, not assumed. Must run while the process has one thread.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import resource
import socket
import stat
import sys
from collections.abc import Iterable
from dataclasses import dataclass

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_NO_NEW_PRIVS, _PR_SET_DUMPABLE = 38, 4
# System call numbers, the same on every architecture: include/uapi/asm-generic/unistd.h
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG, _PATH_BENEATH = 1, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_TCP, _SCOPES = 3, 3  # bind and connect; abstract sockets and signals
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # how many rights each ABI knows; 16 from 5 on
_CLOSED = frozenset({errno.EACCES, errno.EPERM, errno.ENETUNREACH, errno.ENETDOWN, errno.EAFNOSUPPORT})


@dataclass(frozen=True, slots=True)
class Isolation:
    """What holds. `landlock` is its ABI version or 0; `netns` a network namespace of its own.

    `files_closed` and `network_closed` were tried out. `reason` says in words what is missing and why.
    """

    landlock: int = 0
    netns: bool = False
    files_closed: bool = False
    network_closed: bool = False
    reason: str = ""


def enter(
    readable: Iterable[str], executable: Iterable[str] = (), *, memory: int, writable: Iterable[str] = ()
) -> Isolation:
    """Shut this process in, for good, and say what holds.

    Only files below `readable` stay readable; those in `executable` may also be run, and below `writable` files may be
    made, written and removed. `memory` is in bytes.
    """
    _limit(memory)
    if not sys.platform.startswith("linux"):
        return Isolation(reason=f"{sys.platform} has neither Landlock nor network namespaces")
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    reasons: list[str] = []
    netns = _leave_network(libc, reasons)
    landlock = _restrict(libc, _Open([*readable], [*executable], [*writable]), reasons)
    files, network = _files_closed(), _network_closed()
    if not files:
        reasons.append("files outside the checkout can be read")
    if not network:
        reasons.append("the network can be reached")
    return Isolation(landlock, netns, files, network, "; ".join(reasons))


def _limit(memory: int) -> None:
    limits = [
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_FSIZE, 16 * 1024 * 1024),
        (resource.RLIMIT_CORE, 0),
    ]
    for which, wanted in limits:
        hard = resource.getrlimit(which)[1]
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(ValueError, OSError):  # macOS refuses some of them
            resource.setrlimit(which, (value, value))


def _leave_network(libc: ctypes.CDLL, reasons: list[str]) -> bool:
    """Move into an empty network namespace: with a user namespace, or as root without one."""
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0 or libc.unshare(_CLONE_NEWNET) == 0:
        return True
    reasons.append(f"no network namespace ({os.strerror(ctypes.get_errno())})")
    return False


class _RulesetAttributes(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


@dataclass(frozen=True, slots=True)
class _Open:
    """The paths that stay open, by what may be done there."""

    readable: list[str]
    executable: list[str]
    writable: list[str]


def _restrict(libc: ctypes.CDLL, paths: _Open, reasons: list[str]) -> int:
    """Enforce Landlock and return its ABI version, 0 when the kernel has none."""
    abi = int(libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION_FLAG))
    if abi < 1:
        reasons.append(f"no Landlock ({os.strerror(ctypes.get_errno())})")
        return 0
    rights = (1 << _FILE_RIGHTS.get(abi, 16)) - 1
    attributes = _RulesetAttributes(rights, _TCP if abi >= 4 else 0, _SCOPES if abi >= 6 else 0)
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    ruleset = libc.syscall(_CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(size), 0)
    if ruleset < 0:
        reasons.append(f"no Landlock ({os.strerror(ctypes.get_errno())})")
        return 0
    try:
        for path in paths.readable:
            _allow(libc, ruleset, path, _READ_FILE | _READ_DIR)
        _allow(libc, ruleset, os.devnull, _READ_FILE | _WRITE_FILE)
        for path in paths.executable:
            _allow(libc, ruleset, path, _READ_FILE | _EXECUTE)
        for path in paths.writable:
            _allow(libc, ruleset, path, rights & ~_EXECUTE)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if libc.syscall(_RESTRICT_SELF, ruleset, 0) != 0:
            reasons.append(f"Landlock refused ({os.strerror(ctypes.get_errno())})")
            return 0
    finally:
        os.close(ruleset)
    return abi


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    """Add one path; a path that is not there, or that cannot be added, simply stays closed."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= ~_READ_DIR
        rule = _PathBeneath(rights, descriptor)
        libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(descriptor)


def _files_closed() -> bool:
    try:
        os.listdir("/")  # noqa: PTH208 - one call that Landlock must refuse
    except PermissionError:
        return True
    return False


def _network_closed() -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", 9)) in _CLOSED

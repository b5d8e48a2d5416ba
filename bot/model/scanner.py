"""What is a scanner: a program of the operator's that looks through manifests and speaks SARIF?"""

from __future__ import annotations

from dataclasses import dataclass

RENDERED, OUTPUT = "{rendered}", "{output}"  # in a command: the directory to scan, and where to write


@dataclass(frozen=True, slots=True)
class Scanner:
    """One scanner that the operator enabled. `command` is the program and its arguments, never a shell line.

    `timeout` is in seconds, `memory` in megabytes. `environment` names variables that it may see, `reads` files and
    directories that it may read and run beside its own, `statuses` the exit statuses that are no crash.
    """

    name: str
    command: tuple[str, ...]
    timeout: float = 120.0
    memory: int = 2048
    environment: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    statuses: tuple[int, ...] = (0, 1)


@dataclass(frozen=True, slots=True)
class NotScanned:
    """Why a scanner gave no result, and what to do. `here` says that this is only so on this machine: it is not
    enabled."""

    message: str
    how: str = ""
    here: bool = False

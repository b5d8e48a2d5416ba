"""Which scanners did the operator enable? The variable `LOCKKEEPER_SCANNERS`, or the file that it names.

A repository chooses among these by name. Which program runs, and with which arguments, is said here and nowhere else.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.model.scanner import RENDERED, Scanner

VARIABLE = "LOCKKEEPER_SCANNERS"
MOST_BYTES = 256 * 1024
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_FIELDS = ("command", "timeout", "memory", "environment", "reads", "statuses")
_OURS = re.compile(r"LOCKKEEPER_.*|GITHUB_.*|REDIS_URL|PYTHONPATH|LD_.*|HOME|TMPDIR|PATH")  # secrets, and what is set


class _WrongError(ValueError):
    """What is wrong with an entry."""


def scanners(env: Mapping[str, str]) -> tuple[tuple[Scanner, ...], str]:
    """Return the enabled scanners, and what is wrong with the setting, or ''.

    The text is YAML (or JSON) where it begins with `{`, else the path of a file that holds it. A program is looked
    for on PATH; one that is not there is no mistake here, but told where its result is missing.
    """
    text = env.get(VARIABLE, "").strip()
    if not text:
        return (), ""
    try:
        return tuple(_read(text, env.get("PATH"))), ""
    except _WrongError as error:
        return (), f"{VARIABLE}: {error}"


def as_text(enabled: tuple[Scanner, ...]) -> str:
    """Return scanners as the variable's text, '' for none."""
    told = {
        one.name: {
            "command": list(one.command),
            "timeout": one.timeout,
            "memory": one.memory,
            "environment": list(one.environment),
            "reads": list(one.reads),
            "statuses": list(one.statuses),
        }
        for one in enabled
    }
    return json.dumps(told) if told else ""


def _read(text: str, path: str | None) -> list[Scanner]:
    import yaml  # the web door reads settings, too, and needs none of it

    if not text.startswith("{"):
        try:
            place = Path(text)
            if place.stat().st_size > MOST_BYTES:
                raise _WrongError(f"the file {text} is larger than {MOST_BYTES} bytes")
            text = place.read_text("utf-8")
        except OSError as error:
            raise _WrongError(f"the file {text[:200]} cannot be read: {error.strerror}") from None
        except ValueError:
            raise _WrongError(f"the file {text[:200]} is no UTF-8 text") from None
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _WrongError(f"this is no YAML: {' '.join(str(error).split())[:200]}") from None
    if not isinstance(found, dict) or not found:
        raise _WrongError("expected scanners by name, each with its `command`")
    return [_scanner(name, entry, path) for name, entry in found.items()]


def _scanner(name: Any, entry: Any, path: str | None) -> Scanner:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise _WrongError(f"{str(name)[:80]!r} is no name of a scanner: letters, digits, `-`, `.` and `_`")
    if not isinstance(entry, dict):
        raise _WrongError(f"{name}: expected a map with `command`")
    unknown = [str(key) for key in entry if key not in _FIELDS]
    if unknown:
        raise _WrongError(f"{name}: unknown field `{unknown[0]}`; there are {', '.join(_FIELDS)}")
    command = _texts(name, entry, "command")
    if not command:
        raise _WrongError(f"{name}.command: a program and its arguments are needed, as a list")
    if not any(RENDERED in one for one in command[1:]):
        raise _WrongError(f"{name}.command: `{RENDERED}` has to stand where the directory to scan goes")
    environment = _texts(name, entry, "environment")
    for one in environment:
        if _OURS.fullmatch(one) or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", one):
            raise _WrongError(f"{name}.environment: `{one[:80]}` is not handed on; list names of other variables")
    reads = _texts(name, entry, "reads")
    for one in reads:
        if not one.startswith("/") or one == "/":
            raise _WrongError(f"{name}.reads: `{one[:200]}` is no absolute path below /")
    return Scanner(
        name,
        (_program(command[0], path), *command[1:]),
        timeout=_number(f"{name}.timeout", entry.get("timeout", 120), 1, 3600),
        memory=int(_number(f"{name}.memory", entry.get("memory", 2048), 64, 65536)),
        environment=environment,
        reads=reads,
        statuses=_statuses(name, entry),
    )


def _program(name: str, path: str | None) -> str:
    """Return the program's path where it is found; else its name, which says what is missing."""
    return shutil.which(name, path=path) or name


def _texts(name: str, entry: Mapping[Any, Any], key: str) -> tuple[str, ...]:
    found = entry.get(key) or []
    if not isinstance(found, list) or not all(isinstance(one, str) and one and "\0" not in one for one in found):
        raise _WrongError(f"{name}.{key}: expected a list of texts")
    return tuple(found)


def _statuses(name: str, entry: Mapping[Any, Any]) -> tuple[int, ...]:
    found = entry.get("statuses", [0, 1])
    if not isinstance(found, list) or not found or not all(type(one) is int and 0 <= one < 256 for one in found):
        raise _WrongError(f"{name}.statuses: expected exit statuses from 0 to 255, as a list")
    return tuple(found)


def _number(key: str, found: Any, least: float, most: float) -> float:
    if isinstance(found, bool) or not isinstance(found, int | float) or not least <= found <= most:
        raise _WrongError(f"{key}: expected a number from {least:g} to {most:g}")
    return float(found)

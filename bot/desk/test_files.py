"""Which files below a directory are tests of policies, and what do the files hold that they name?"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from bot.policy.documents import LARGEST_FILE, parse_documents
from bot.policy.testing import is_test

Format = Literal["kyverno", "gatekeeper"]

ENDINGS = (".yaml", ".yml", ".json")

_SUITES = "test.gatekeeper.sh/"
_NAMES = ("kyverno-test.yaml", "kyverno-test.yml")
_MARK = re.compile(rb"(?m)^ *[\"']?(kind[\"']? *: *[\"']?(Test|Suite)\b|results[\"']? *:|checks[\"']? *:)")
_IGNORED = (".git", "node_modules", ".venv")


@dataclass(frozen=True, slots=True)
class TestFile:
    """One file with tests, by its absolute path; `shown` is how it is called, `top` the directory it was found in."""

    path: Path
    shown: str
    format: Format
    top: Path
    problem: str = ""  # why it cannot be read

    __test__ = False  # pytest takes what is called so for a test


def find_tests(directory: Path) -> Iterator[TestFile]:
    """Yield the files with tests at or below a directory, or the one that is named, by their paths."""
    top = Path(os.path.normpath(directory.absolute()))
    paths = [top] if top.is_file() else sorted(path for path in _files(top) if path.name.endswith(ENDINGS))
    within = top.parent if top.is_file() else top
    for path in paths:
        data = _read(path)
        if data is None or not (_MARK.search(data) or path.name in _NAMES):
            continue
        shown = directory.as_posix() if path == top else (directory / path.relative_to(top)).as_posix()
        parsed = parse_documents(data)
        if isinstance(parsed, str):
            if path.name in _NAMES or b"cli.kyverno.io" in data or _SUITES.encode() in data:
                yield TestFile(path, shown, "kyverno", within, parsed)
            continue
        contents = [one.content for one in parsed]
        if any(is_test(one) for one in contents):
            yield TestFile(path, shown, "kyverno", within)
        elif any(one.get("kind") == "Suite" and _SUITES in str(one.get("apiVersion")) for one in contents):
            yield TestFile(path, shown, "gatekeeper", within)


class OnDisk(Mapping[str, bytes]):
    """Files by their absolute paths without the first `/`, read when they are asked for; lists those below `top`."""

    def __init__(self, top: Path) -> None:
        self._top = top
        self._held: dict[str, bytes | None] = {}

    def __getitem__(self, path: str) -> bytes:
        if path not in self._held:
            self._held[path] = _read(Path("/") / path)
        found = self._held[path]
        if found is None:
            raise KeyError(path)
        return found

    @cached_property
    def _listed(self) -> list[str]:
        return [key_of(path) for path in _files(self._top) if path.name.endswith(ENDINGS)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed)

    def __len__(self) -> int:
        return len(self._listed)


def key_of(path: Path) -> str:
    """Return the name of a file in `OnDisk`."""
    return path.as_posix().lstrip("/")


def _files(top: Path) -> Iterator[Path]:
    for directory, below, names in os.walk(top):
        below[:] = sorted(name for name in below if name not in _IGNORED)
        yield from (Path(directory) / name for name in names)


def _read(path: Path) -> bytes | None:
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_FILE:
            return None
        return path.read_bytes()
    except OSError:
        return None

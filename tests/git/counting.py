"""A git that writes down each time it is started, for tests on what something costs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest


class CountingGit:
    """`git` on PATH, with a list of its starts: process id and arguments of each."""

    def __init__(self, directory: Path) -> None:
        self._log = directory / "log"
        real = shutil.which("git")
        directory.mkdir()
        program = directory / "git"
        program.write_text(f'#!/bin/sh\necho "$$ $*" >> {self._log}\nexec {real} "$@"\n')
        program.chmod(0o755)
        self._log.touch()

    @property
    def starts(self) -> list[str]:
        return [line.partition(" ")[2] for line in self._log.read_text().splitlines()]

    @property
    def pids(self) -> list[int]:
        return [int(line.partition(" ")[0]) for line in self._log.read_text().splitlines()]


@pytest.fixture
def counting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CountingGit:
    git = CountingGit(tmp_path / "counting")
    monkeypatch.setenv("PATH", str(tmp_path / "counting"), prepend=os.pathsep)
    return git

"""How is a worker process of ours started, asked and timed from outside?"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from bot.adapters.git.names import mirror_path
from bot.adapters.process import run, spawn
from bot.model.repository import Repository
from tools.bench.repositories import NAME, Generated, write_repository

TOP = Path(__file__).resolve().parents[2]
_ARGV = (sys.executable, "-m", "tools.bench.ours")


class Prepared:
    """A generated repository as a mirror on disk, ready to be evaluated."""

    def __init__(self, made: Generated, directory: Path) -> None:
        self.made, self.directory = made, directory
        path = mirror_path(directory, Repository.parse(NAME))
        path.parent.mkdir(parents=True)
        self.commits: Mapping[str, str] = write_repository(made, path)

    def request(self, head: str, *, forget: bool = False) -> bytes:
        """Return the request for one head by its name."""
        return json.dumps({"base": self.commits[""], "head": self.commits[head], "forget": forget}).encode() + b"\n"


def cold(prepared: Prepared, head: str, number: int) -> dict[str, float]:
    """Evaluate one head in a new process that finds nothing prepared; the seconds are its whole life's.

    `number` names a directory that no other run used.
    """
    data = prepared.directory / f"cold-{number}"
    data.mkdir()
    (data / "mirrors").symlink_to(prepared.directory / "mirrors", target_is_directory=True)
    started = time.perf_counter()
    done = run([*_ARGV, str(data)], cwd=TOP, timeout=300, input=prepared.request(head))
    seconds = time.perf_counter() - started
    if done.status:
        raise RuntimeError(f"our worker failed: {done.stderr.decode(errors='replace')[-2000:]}")
    return {**json.loads(done.stdout), "seconds": seconds}


class Worker:
    """A worker process that stays, like one that has served for a while."""

    def __init__(self, prepared: Prepared) -> None:
        self._prepared = prepared
        self._errors = (prepared.directory / "worker.log").open("w+b")
        self._child = spawn([*_ARGV, str(prepared.directory)], cwd=TOP, stderr=self._errors)

    def evaluate(self, head: str, *, forget: bool = False) -> dict[str, float]:
        """Evaluate one head; the seconds are those of the evaluation."""
        self._child.stdin.write(self._prepared.request(head, forget=forget))
        answer = b""
        while not answer.endswith(b"\n"):
            more = self._child.stdout.read(65536)
            if not more:
                self._errors.seek(0)
                raise RuntimeError(f"our worker ended: {self._errors.read().decode(errors='replace')[-2000:]}")
            answer += more
        found: dict[str, float] = json.loads(answer)
        return found

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.close()
        self._errors.close()

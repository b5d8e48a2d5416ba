"""How long does Lockkeeper take from two commits in a mirror to the text of its comment?

Run as a program it is one worker process that is measured: `python -m tools.bench.ours DATA` reads a JSON request a
line and answers each with a JSON line. DATA holds the mirror. A request names the commits and what may be known:

    {"base": SHA, "head": SHA, "forget": true}

With `forget` nothing is known of the repository: only code and engines are loaded. Nothing is fetched and nothing
published; all between is what a worker does for a pull request.
"""

from __future__ import annotations

import atexit
import json
import re
import resource
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.adapters.git import GitMirrors
from bot.adapters.render.cache import RenderCache
from bot.adapters.render.materialise import SparseCheckouts
from bot.adapters.render.pool import EnginePool
from bot.adapters.render.renderer import Renderer
from bot.adapters.render.scratch import scratch_directory
from bot.checks import inputs
from bot.flows.environments import reached_by
from bot.flows.evaluation import Evaluation, evaluate_change
from bot.flows.packs import load_packs
from bot.flows.question import Question, Sides
from bot.flows.workbench import Workbench
from bot.model.repository import Repository
from bot.policy.builtin import builtin_packs, default_directory
from bot.promotion.config import PATH, Problems, parse
from bot.report.pull_comment import PullChecks, comment
from tools.bench.repositories import NAME

REPOSITORY = Repository.parse(NAME)
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one evaluation came to: seconds, and enough to see that the work was done."""

    seconds: float
    environments: int
    changes: int
    findings: int
    errors: int
    characters: int
    peak: int = 0  # bytes this process held at most so far
    engines: int = 0  # bytes the largest engine process held at most so far


class Ours:
    """A worker's long-lived parts, and an evaluation with them."""

    def __init__(self, data: Path) -> None:
        """Take the directory that holds the mirrors; checkouts go there, too."""
        self._data = data
        self._root = scratch_directory(data)
        atexit.register(shutil.rmtree, self._root, ignore_errors=True)
        self._pool = EnginePool(root=self._root)
        self._packs = builtin_packs(default_directory())
        self._forgotten = 0
        self.forget()

    def forget(self) -> None:
        """Know nothing of the repository any more; code and engines stay loaded."""
        self._forgotten += 1
        inputs.forget()
        self._git = GitMirrors(self._data, lambda _: "", lambda _: "")
        checkouts = SparseCheckouts(self._root / f"time-{self._forgotten}")
        cache = RenderCache(self._data / "renders" / f"time-{self._forgotten}")
        self._bench = Workbench(Renderer(self._pool, checkouts, cache), self._packs.get)

    def evaluate(self, base: str, head: str) -> Answer:
        """Do for one change what a worker does for a pull request, but for GitHub; return what came of it."""
        started = time.perf_counter()
        evaluation = self._evaluated(base, head)
        text = comment(PullChecks(head, evaluation.results, evaluation.findings))
        return Answer(
            time.perf_counter() - started,
            len(evaluation.results),
            sum(len(one.diff.changes) for one in evaluation.results),
            len(evaluation.findings),
            sum(one.state == "error" for one in evaluation.findings),
            len(text),
        )

    def _evaluated(self, base: str, head: str) -> Evaluation:
        git = self._git
        merged = git.merge_trees(REPOSITORY, base=None, source=head, target=base, protect=())
        tree = merged.tree or head
        configuration = parse(git.read(REPOSITORY, base, PATH), organisation=REPOSITORY.owner)
        if isinstance(configuration, Problems):
            raise ValueError(f"the configuration is broken: {[*configuration]}")
        before, after = git.open(REPOSITORY, base), git.open(REPOSITORY, tree)
        reached = reached_by(configuration, "main", "main", before, after)
        touched = git.changed_paths(REPOSITORY, base, tree)
        packs = load_packs(self._packs.get, configuration, before)
        sides = Sides(before, after, touched)
        question = Question(REPOSITORY.full_name, configuration, packs, reached, sides, default_branch="main")
        return evaluate_change(self._bench, question)

    def close(self) -> None:
        """End the engines."""
        self._pool.close()


def peak(process: str = "self") -> int:
    """Return the most memory that a process held, in bytes; 0 where the system does not say.

    Linux tells it of the program itself. What getrusage(2) says of a child begins with the parent's size.
    """
    with suppress(OSError):
        found = _PEAK.search(Path("/proc", process, "status").read_text())
        if found:
            return int(found[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit if process == "self" else 0


def children() -> Iterator[str]:
    """Yield the ids of this process's children, where the system tells them."""
    for listing in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):
            yield from listing.read_text().split()


def main() -> None:
    """Answer requests until there are no more."""
    ours = Ours(Path(sys.argv[1]))
    try:
        for line in sys.stdin:
            asked = json.loads(line)
            if asked.get("forget"):
                ours.forget()
            answer = asdict(ours.evaluate(asked["base"], asked["head"]))
            answer |= {"peak": peak(), "engines": max(map(peak, children()), default=0)}
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
    finally:
        ours.close()


if __name__ == "__main__":
    main()

"""What would people run in Lockkeeper's place, and how long does it take?

A line of shell per directory, one after the other, over two checkouts that lie ready: the checking out is not
counted. The tools are the ones that `tools.conformance.oracles` fetches.
"""

from __future__ import annotations

import shlex
import shutil
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from bot.adapters.process import run
from tools.bench.repositories import KUBERNETES, Generated, Root, write_files
from tools.conformance.oracles import Oracles

LIMIT = 900.0


class Loop:
    """Loops over the base and one head of a repository, in a directory of its own."""

    def __init__(self, made: Generated, head: str, oracles: Oracles, directory: Path) -> None:
        self._made, self._oracles, self._room = made, oracles, directory
        write_files(made.at(), directory / "base")
        write_files(made.at(head), directory / "head")

    def pipeline(self, sides: Sequence[str] = ("base", "head")) -> float:
        """Render and validate each root on each side, and compare the sides; return the seconds.

        `kubectl kustomize | kubernetes-validate --strict`, and `diff` where there are two sides.
        """
        said = self._run("pipeline", sides, validate=True)
        for words in ("ERROR", "did not validate"):
            if words in said:
                raise RuntimeError(f"what was generated is not valid: {said[said.index(words) :][:500]}")
        return self.seconds

    def render(self, sides: Sequence[str] = ("base", "head")) -> float:
        """Render each root on each side, and compare the sides; return the seconds."""
        self._run("render", sides, validate=False)
        return self.seconds

    def _run(self, name: str, sides: Sequence[str], *, validate: bool) -> str:
        script = self._room / f"{name}.sh"
        script.write_text("\n".join(self._lines(sides, validate)) + "\n")
        started = time.perf_counter()
        done = run(["sh", str(script)], cwd=self._room, timeout=LIMIT)
        self.seconds = time.perf_counter() - started
        said = (done.stdout + done.stderr).decode(errors="replace")
        if done.status:
            raise RuntimeError(f"the loop failed: {said[-500:]}")
        if len(sides) > 1 and "+++" not in said:
            raise RuntimeError("the loop found no difference")
        return said

    def _lines(self, sides: Sequence[str], validate: bool) -> Iterable[str]:
        validator = f"{quoted(self._oracles.kubernetes_validate)} --strict --quiet -k {KUBERNETES} -"
        for root in self._made.roots:
            for side in sides:
                after = f"| tee {side}.yaml | {validator}" if validate else f"> {side}.yaml"
                yield f"{command(root, self._oracles, side)} {after}"
            if len(sides) > 1:
                yield "diff -u base.yaml head.yaml || true"


def command(root: Root, oracles: Oracles, side: str) -> str:
    """Return the shell command that renders a root below the directory `side`."""
    path = shlex.quote(f"{side}/{root.path}")
    match root.engine:
        case "kustomize":
            return f"{quoted(oracles.kubectl)} kustomize {path}"
        case "helm":
            values = " ".join(f"-f {shlex.quote(f'{side}/{one}')}" for one in root.values)
            return f"{quoted(oracles.helm)} template {root.release} {path} -n {root.namespace} {values}"
        case "plain":
            return f"cat {path}/*.yaml"


def checkov(program: Path, made: Generated, oracles: Oracles, directory: Path) -> float:
    """Scan the rendered base with checkov, all at once as it likes best; the rendering is not counted."""
    source, rendered = write_files(made.at(), directory / "source"), directory / "rendered"
    if not rendered.is_dir():
        rendered.mkdir()
        for number, root in enumerate(made.roots):
            done = run(["sh", "-c", command(root, oracles, str(source))], cwd=directory, timeout=60)
            (rendered / f"{number}.yaml").write_bytes(done.stdout)
    argv = [str(program), "--directory", str(rendered), "--framework", "kubernetes", "--quiet", "--compact"]
    started = time.perf_counter()
    done = run([*argv, "--skip-download", "--soft-fail"], cwd=directory, timeout=LIMIT)
    seconds = time.perf_counter() - started
    if done.status or b"Passed checks:" not in done.stdout:
        raise RuntimeError(f"checkov failed: {done.stderr.decode(errors='replace')[-500:]}")
    return seconds


def quoted(program: Path) -> str:
    """Return a program's path as a word of the shell."""
    found = shutil.which(str(program))
    if found is None:
        raise RuntimeError(f"there is no program {program}")
    return shlex.quote(found)

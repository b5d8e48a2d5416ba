"""Compare Lockkeeper with the real tools: `make conformance DIR=directory`, or `python -m tools.conformance DIR`.

Every kustomization and chart below the directory, and those that the project writes and generates itself, are rendered
by us and by kubectl and helm. Ends with status 1 on any difference.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from functools import partial
from pathlib import Path

from tools.conformance.cases import Group, found, made
from tools.conformance.judging import Judge
from tools.conformance.oracles import DIRECTORY, prepare
from tools.conformance.ours import Ours
from tools.conformance.theirs import render


def main() -> int:
    """Compare, print the tallies and each difference, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.conformance", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("directory", type=Path, nargs="?", help="where further kustomizations and charts lie")
    parser.add_argument("--tools", type=Path, default=DIRECTORY, help="where the real tools are kept")
    parser.add_argument("--only", default="", help="cases whose names hold this")
    asked = parser.parse_args()
    if asked.directory and not asked.directory.is_dir():
        parser.error(f"there is no directory {asked.directory}")
    oracles = prepare(asked.tools, _tell)
    with tempfile.TemporaryDirectory(prefix="lockkeeper-conformance-") as name:
        room = Path(name)
        with Ours(room / "ours") as ours:
            judge = Judge(ours, partial(render, oracles))
            groups = [Group(asked.directory, tuple(found(asked.directory)))] if asked.directory else []
            for group in (*groups, *made(room / "made")):
                cases = [case for case in group.cases if asked.only in case.name]
                place = ours.place(group.directory) if cases else None
                for case in cases:
                    if place is not None:
                        judge.take(case, place)
    return _report(judge, oracles.versions())


def _report(judge: Judge, versions: str) -> int:
    out = [f"beside {versions}"]
    for what, tally in (("renders", judge.faithful), ("sparse directories", judge.sparse)):
        out += [f"  exception: {one}" for one in tally.excepted]
        out += [f"  differs: {one}" for one in tally.differences]
        out.append(f"{what}: {tally}")
    sys.stdout.write("\n".join(out) + "\n")
    return 1 if judge.faithful.differences or judge.sparse.differences else 0


def _tell(words: str) -> None:
    sys.stderr.write(f"{words}\n")


if __name__ == "__main__":
    sys.exit(main())

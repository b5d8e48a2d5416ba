"""Compare Lockkeeper with the real tools: `make conformance DIR=directory`, or `python -m tools.conformance DIR`.

Every kustomization and chart below the directory, and those that the project writes and generates itself, are rendered
by us and by kubectl and helm. Then thousands of made resources, sound and broken, are judged by our schemas and by
another validator with the original definitions. Then the tests of policies are run, those of the packs that ship and
those below the directory. Ends with status 1 on any difference, for policies on more of them than the bars allow.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.checks.verdicts import Comparison, compare_originals
from tools.conformance.cases import Group, found, made
from tools.conformance.judging import Judge
from tools.conformance.oracles import DIRECTORY, Oracles, prepare
from tools.conformance.ours import Ours
from tools.conformance.policies import judge_policies
from tools.conformance.theirs import render


def main() -> int:
    """Compare, print the tallies and each difference, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.conformance", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("directory", type=Path, nargs="?", help="where further kustomizations and charts lie")
    parser.add_argument("--tools", type=Path, default=DIRECTORY, help="where the real tools are kept")
    parser.add_argument("--part", default="", choices=("renders", "schemas", "policies"), help="one part only")
    parser.add_argument("--only", default="", help="cases whose names hold this")
    asked = parser.parse_args()
    if asked.directory and not asked.directory.is_dir():
        parser.error(f"there is no directory {asked.directory}")
    parts: dict[str, Callable[[], bool]] = {}
    if asked.part != "policies":  # which are compared with what their authors expect
        oracles = prepare(asked.tools, _tell)
        _write(f"beside {oracles.versions()}")
        parts = {"renders": partial(_renders, asked, oracles), "schemas": partial(_schemas, oracles)}
    parts["policies"] = partial(judge_policies, asked.directory, _write)
    equal = [act() for name, act in parts.items() if asked.part in ("", name)]
    return 0 if all(equal) else 1


def _renders(asked: argparse.Namespace, oracles: Oracles) -> bool:
    """Compare renders, and say whether all are equal."""
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
    for what, tally in (("renders", judge.faithful), ("sparse directories", judge.sparse)):
        for words in (
            *(f"  exception: {one}" for one in tally.excepted),
            *(f"  differs: {one}" for one in tally.differences),
        ):
            _write(words)
        _write(f"{what}: {tally}")
    return not judge.faithful.differences and not judge.sparse.differences


def _schemas(oracles: Oracles) -> bool:
    """Compare verdicts with the original definitions of every Kubernetes minor, and say whether all are the same."""
    total = Comparison()
    for minor, one in compare_originals(oracles.definitions):
        _tell(f"  {minor}: {one}")
        total.add(one)
    for wrong in total.disagreements[:20]:
        _write(f"  differs: {wrong.minor} {wrong.body['kind']}: ours says {wrong.ours}, the other {wrong.theirs}")
    _write(f"schemas: {total}")
    return not total.disagreements and total.all > 0


def _write(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def _tell(words: str) -> None:
    sys.stderr.write(f"{words}\n")


if __name__ == "__main__":
    sys.exit(main())

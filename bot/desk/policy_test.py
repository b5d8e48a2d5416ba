"""`lockkeeper policy test`: do policies say what their own tests expect?"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Literal

from bot.adapters.rego import WalledRego
from bot.desk import ending, output
from bot.desk.ending import ended
from bot.desk.progress import Progress
from bot.desk.test_files import OnDisk, TestFile, find_tests, key_of
from bot.errors import UserError
from bot.policy.gatekeeper.suite import run_suite
from bot.policy.testing import Row, run_test, tally
from bot.report import policy_rows

PAYS = 500  # tests that a process runs in about three seconds, and its start takes half a second
MOST = 8


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked: directories (or files), the format, and how many processes (0: as many as pay)."""

    directories: tuple[Path, ...]
    form: Literal["text", "json"] = "text"
    jobs: int = 0


def run(wish: Wish) -> int:
    """Run the tests, write what differs, and return the status to end with."""
    return ended(lambda: _run(wish))


def _run(wish: Wish) -> int:
    named = [test for directory in wish.directories for test in find_tests(directory)]
    tests = list({test.path: test for test in reversed(named)}.values())[::-1]  # each once, as it was first named
    if not tests:
        how = "tests are files of `kind: Test` (cli.kyverno.io) and `kind: Suite` (test.gatekeeper.sh)"
        raise UserError("no tests of policies found", where=", ".join(map(str, wish.directories)), how=how)
    found = tally(_rows(tests, wish.jobs))
    if not found.total.rows:
        raise UserError("the tests expect nothing", where=", ".join(map(str, wish.directories)))
    pen = output.terminal(sys.stdout)
    output.write(policy_rows.rows_as_json(found) if wish.form == "json" else policy_rows.rows(found, pen))
    if found.different:
        return ending.FOUND
    return ending.FINE if found.total.equal else ending.UNSEEN


def _rows(tests: Sequence[TestFile], jobs: int) -> Iterator[Row]:
    progress = Progress(sys.stderr, words=policy_rows.progress)
    try:
        for done, rows in enumerate(_results(tests, jobs or _jobs(len(tests))), 1):
            progress(done, len(tests))
            yield from rows
    finally:
        progress.clear()


def _results(tests: Sequence[TestFile], jobs: int) -> Iterator[tuple[Row, ...]]:
    """Yield the rows of each test, in the order of the tests."""
    act = partial(rows_of, now=datetime.now(UTC))
    if jobs < 2 or len(tests) < 2:
        yield from map(act, tests)
        return
    with ProcessPoolExecutor(min(jobs, len(tests)), multiprocessing.get_context("spawn")) as pool:
        try:
            yield from pool.map(act, tests, chunksize=max(1, min(20, len(tests) // jobs // 4)))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _jobs(tests: int) -> int:
    return max(1, min(os.cpu_count() or 1, tests // PAYS, MOST))


def rows_of(test: TestFile, now: datetime) -> tuple[Row, ...]:
    """Run one file of tests; one that cannot be read is a row that differs."""
    if test.problem:
        return (Row(test.shown, "", "", "unknown", "the file", "a test", "error", test.problem),)
    key, files = key_of(test.path), _files(test.top)
    rows = run_suite(key, files, _rego(), now) if test.format == "gatekeeper" else run_test(key, files, now)
    return tuple(replace(row, test=test.shown) for row in rows)


@lru_cache(maxsize=4)
def _files(top: Path) -> OnDisk:
    """The files at and below a directory, each read once in this process."""
    return OnDisk(top)


@cache
def _rego() -> WalledRego:
    """The Rego engine of this process, started when a suite first asks it something."""
    engine = WalledRego()
    atexit.register(engine.close)
    return engine

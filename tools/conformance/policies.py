"""Do the policies of a library say here what their own tests expect, and would a wrong engine be noticed?

All tests of Kyverno and suites of Gatekeeper below a directory, and those of the packs that ship, are run: once as they
are, and once with each of the engines that are wrong on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bot.desk.policy_test import rows_of
from bot.desk.test_files import TestFile, find_tests
from bot.policy.builtin import default_directory
from bot.policy.testing import Tally, tally
from tests.policy.controls import CONTROLS, REGO_CONTROLS, broken_engine

RULES = 0.99  # of the rows of each kind of rule of a ClusterPolicy or Policy
BARS = {"ValidatingPolicy": 0.95, "ValidatingAdmissionPolicy": 0.95, "Rego": 0.97, "K8sNativeValidation": 0.97}
LOST = 0.2  # of the rows that an engine which is wrong must lose, at least
MANY = 100  # and so many, where there are five times as many


def judge_policies(directory: Path | None, write: Callable[[str], None]) -> bool:
    """Run the tests, write what differs and the totals, and say whether every bar is held."""
    held = []
    for place in (directory, default_directory()):
        tests = list(find_tests(place)) if place is not None else []
        if tests:
            write(f"policies in {place}:")
            held.append(_judge(tests, write))
    return all(held)


def _judge(tests: Sequence[TestFile], write: Callable[[str], None]) -> bool:
    found = _run(tests)
    for row in found.different:
        what = f"{row.test}: {row.policy}/{row.rule}: {row.resource}"
        write(f"  differs: {what}: expected {row.expected}, got {row.actual} ({row.why})")
    short = list(_short(found))
    for kind, count in found.by_kind.items():
        write(f"  {kind}: {count}{'; SHORT of the bar' if kind in short else ''}")
    write(f"  {found.total}")
    lost = [
        _loses(control, [test for test in tests if test.format == form], write) for form, control in _controls(tests)
    ]
    return not short and all(lost)


def _short(found: Tally) -> Iterator[str]:
    for kind, count in found.by_kind.items():
        evaluable = count.rows - count.not_evaluable
        if count.equal < BARS.get(kind, RULES) * evaluable:
            yield kind


def _controls(tests: Sequence[TestFile]) -> Iterator[tuple[str, str]]:
    """The engines that are wrong, for the formats that there are."""
    formats = {test.format for test in tests}
    yield from (("kyverno", control) for control in CONTROLS if "kyverno" in formats)
    yield from (("gatekeeper", control) for control in REGO_CONTROLS if "gatekeeper" in formats)


def _loses(control: str, tests: Sequence[TestFile], write: Callable[[str], None]) -> bool:
    with broken_engine(control):
        found = _run(tests)
    total = found.by_kind.get("Rego", found.total) if tests[0].format == "gatekeeper" else found.total
    evaluable = total.rows - total.not_evaluable
    enough = total.different >= max(1, min(MANY, LOST * evaluable))
    write(f"  an engine in which {control} loses {total.different} of {evaluable}{'' if enough else ': TOO FEW'}")
    return enough


def _run(tests: Sequence[TestFile]) -> Tally:
    now = datetime.now(UTC)
    return tally(row for test in tests for row in rows_of(test, now))

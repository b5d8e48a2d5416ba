"""How do the rows of policies' tests read, in a terminal and as JSON?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from bot.policy.testing import MISSING, NO_RESPONSE, Count, Row, Tally
from bot.report.text import PLAIN, Pen, inert
from bot.report.words import count, shortened

WHY = 240  # characters of a reason
REASONS = 12  # that are told in a terminal; JSON has all


def progress(done: int, total: int) -> str:
    """Return how far the tests are."""
    return f"running test {done} of {total}"


def rows(found: Tally, pen: Pen = PLAIN) -> str:
    """Return the rows that differ by test and rule, why others could not be evaluated, and the totals.

    The last line is always `N of M rows equal, K not evaluable here`.
    """
    blocks = [list(_different(found.different, pen)), list(_elsewhere(found.not_evaluable, pen))]
    blocks.append(list(_kinds(found, pen)) if len(found.by_kind) > 1 else [])
    ended = pen("error" if found.different else "bold", str(found.total))
    return "\n\n".join("\n".join(lines) for lines in (*blocks, [ended]) if lines) + "\n"


def rows_as_json(found: Tally) -> str:
    """Return the totals, those of each kind, and the rows that differ; docs/policies.md describes the shape."""
    value = {
        **_count(found.total),
        "by_kind": {kind: _count(one) for kind, one in found.by_kind.items()},
        "different": [_row(one) for one in found.different],
        "reasons": [{"kind": kind, "why": why, "rows": number} for kind, why, number in _reasons(found.not_evaluable)],
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _different(listed: Iterable[Row], pen: Pen) -> Iterator[str]:
    for (test, policy, rule, kind), group in groupby(listed, lambda one: (one.test, one.policy, one.rule, one.kind)):
        named = " ".join(part for part in ("/".join(part for part in (policy, rule) if part), f"({kind})") if part)
        yield f"{pen('bold', inert(f'{test}:'))} {inert(named)}"
        for row in group:
            yield f"  {pen('error', '✘')} {inert(f'{row.resource}: expected {row.expected}, {_came(row)}')}"


def _came(row: Row) -> str:
    why = shortened(row.why, WHY)
    if row.actual in (NO_RESPONSE, MISSING):
        return f"but {why or row.actual}"
    return f"got {row.actual}{f': {why}' if why else ''}"


def _elsewhere(listed: Iterable[Row], pen: Pen) -> Iterator[str]:
    reasons = _reasons(listed)
    if reasons:
        yield pen("note", "Not evaluable here:")
    for kind, why, number in reasons[:REASONS]:
        yield f"  {count(number, 'row')} of {inert(f'{kind}: {shortened(why, WHY)}')}"
    if others := reasons[REASONS:]:
        yield f"  {count(sum(number for *_, number in others), 'row')} for {count(len(others), 'other reason')}"


def _reasons(listed: Iterable[Row]) -> list[tuple[str, str, int]]:
    """Each reason with its kind and its rows, the most frequent first."""
    counted: dict[tuple[str, str], int] = {}
    for row in listed:
        counted[row.kind, row.why] = counted.get((row.kind, row.why), 0) + 1
    return sorted(((kind, why, number) for (kind, why), number in counted.items()), key=lambda one: (-one[2], *one[:2]))


def _kinds(found: Tally, pen: Pen) -> Iterator[str]:
    width = max(len(kind) for kind in found.by_kind)
    for kind, one in found.by_kind.items():
        line = f"{inert(kind).ljust(width)}  {one.equal:>5} of {one.rows:>5} equal"
        line += f", {one.different} different" if one.different else ""
        line += f", {one.not_evaluable} not evaluable here" if one.not_evaluable else ""
        yield pen("error", line) if one.different else line


def _count(one: Count) -> dict[str, int]:
    return {"rows": one.rows, "equal": one.equal, "not_evaluable": one.not_evaluable}


def _row(one: Row) -> dict[str, Any]:
    return {
        "test": one.test,
        "policy": one.policy,
        "rule": one.rule,
        "kind": one.kind,
        "resource": one.resource,
        "expected": one.expected,
        "actual": one.actual,
        "why": one.why,
    }

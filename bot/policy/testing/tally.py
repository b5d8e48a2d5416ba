"""How many rows came out as expected, of each kind and in all?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.policy.testing.row import Row


@dataclass(frozen=True, slots=True)
class Count:
    """Rows, how many of them are equal, and how many could not be evaluated; the others differ."""

    rows: int = 0
    equal: int = 0
    not_evaluable: int = 0

    @property
    def different(self) -> int:
        """How many came out otherwise."""
        return self.rows - self.equal - self.not_evaluable

    def __str__(self) -> str:
        return f"{self.equal} of {self.rows} rows equal, {self.not_evaluable} not evaluable here"


@dataclass(frozen=True, slots=True)
class Tally:
    """What all rows come to. `by_kind` is in the order of the kinds' names, rows are in the order they came."""

    total: Count = Count()
    by_kind: Mapping[str, Count] = field(default_factory=dict)
    different: tuple[Row, ...] = ()
    not_evaluable: tuple[Row, ...] = ()


def tally(rows: Iterable[Row]) -> Tally:
    """Count rows."""
    listed = tuple(rows)
    kinds = sorted({row.kind for row in listed})
    return Tally(
        _count(listed),
        {kind: _count([row for row in listed if row.kind == kind]) for kind in kinds},
        tuple(row for row in listed if row.different),
        tuple(row for row in listed if not row.evaluable),
    )


def _count(rows: Iterable[Row]) -> Count:
    listed = list(rows)
    return Count(len(listed), sum(row.equal for row in listed), sum(not row.evaluable for row in listed))

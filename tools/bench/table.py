"""What do the measurements come to: which medians and ratios, beside which bars?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

Unit = Literal["s", "MB", "times", "calls"]


@dataclass(frozen=True, slots=True)
class Bar:
    """What a number has to reach: at least (`least`) or at most (`most`) so much."""

    least: float | None = None
    most: float | None = None

    def holds(self, value: float) -> bool:
        """Say whether a value reaches it."""
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what was compared, both medians (`theirs` None: nothing to compare with), and the bar.

    The bar is about `ours` where `theirs` is None, else about the ratio of the two: theirs over ours, or, in a row that
    is `inverse` because ours must not be much more, ours over theirs.
    """

    name: str
    ours: float
    theirs: float | None = None
    unit: Unit = "s"
    bar: Bar | None = None
    inverse: bool = False

    @property
    def ratio(self) -> float | None:
        """The ratio of the medians, None where there is one alone."""
        if self.theirs is None:
            return None
        return self.ours / self.theirs if self.inverse else self.theirs / self.ours

    @property
    def verdict(self) -> str:
        """`PASS` or `short`, '' for a row without a bar."""
        if self.bar is None:
            return ""
        ratio = self.ratio
        return "PASS" if self.bar.holds(self.ours if ratio is None else ratio) else "short"


@dataclass(slots=True)
class Samples:
    """All that was measured, by name, in the order of measuring."""

    taken: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        """Take down one measurement."""
        self.taken.setdefault(name, []).append(value)

    def median(self, name: str) -> float | None:
        """Return the median of what was measured under a name, None when nothing was."""
        values = self.taken.get(name)
        return median(values) if values else None

    def row(  # noqa: PLR0913 - the columns of a table, by name
        self,
        name: str,
        ours: str,
        theirs: str = "",
        *,
        unit: Unit = "s",
        bar: Bar | None = None,
        inverse: bool = False,
    ) -> Iterable[Row]:
        """Yield the row of two names' medians; none when one of them was not measured."""
        own, other = self.median(ours), self.median(theirs) if theirs else None
        if own is not None and (other is not None or not theirs):
            yield Row(name, own, other, unit, bar, inverse)


def written(rows: Sequence[Row]) -> str:
    """Return the table as Markdown, columns aligned."""
    head = ("what", "Lockkeeper", "beside", "ratio", "bar", "")
    cells = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in cells
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def _cells(row: Row) -> tuple[str, ...]:
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}×" if row.ratio < 10 else f"{row.ratio:.0f}×"
    bar = ""
    if row.bar is not None:
        sign, value = ("≥", row.bar.least) if row.bar.least is not None else ("≤", row.bar.most)
        bar = f"{sign} {_amount(value or 0.0, row.unit if row.ratio is None else 'times')}"
    theirs = "" if row.theirs is None else _amount(row.theirs, row.unit)
    return row.name, _amount(row.ours, row.unit), theirs, ratio, bar, row.verdict


def _amount(value: float, unit: Unit) -> str:
    match unit:
        case "s":
            return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"
        case "MB":
            return f"{value:.0f} MB"
        case "calls":
            return f"{value:.0f}"
        case "times":
            return f"{value:g}×"


def as_json(rows: Sequence[Row], samples: Samples, about: Mapping[str, str]) -> dict[str, object]:
    """Return everything as JSON values: the machine and versions, the rows, and each single measurement."""
    return {
        "about": dict(about),
        "rows": [
            {
                "what": row.name,
                "ours": row.ours,
                "theirs": row.theirs,
                "unit": row.unit,
                "ratio": row.ratio,
                "verdict": row.verdict,
            }
            for row in rows
        ],
        "samples": {name: [round(value, 6) for value in values] for name, values in samples.taken.items()},
    }

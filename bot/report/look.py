"""What was looked at away from GitHub, and what came of it?"""

from __future__ import annotations

from dataclasses import dataclass

from bot.model.finding import Finding
from bot.report import excepted
from bot.report.grouping import blocking, distinct, weight
from bot.report.pull_comment import EnvironmentResult
from bot.report.words import count


@dataclass(frozen=True, slots=True)
class Look:
    """A change to a repository, what it does to each environment, and what was found.

    `base` says in words what it was compared with, '' for nothing; `head` what was looked at. `notes` are said beside
    it.
    """

    results: tuple[EnvironmentResult, ...]
    findings: tuple[Finding, ...]
    base: str = ""
    head: str = "the working tree"
    notes: tuple[str, ...] = ()

    @property
    def blocks(self) -> bool:
        """Say whether something would hold up a merge."""
        return bool(blocking(self.findings))

    @property
    def told(self) -> tuple[tuple[Finding, ...], ...]:
        """What is to be read: new findings, the worst first, then by place; each group is one thing to mend."""
        new = [one for one in self.findings if one.new and one.state not in ("pass", "skip")]
        return tuple(sorted(distinct(new), key=lambda one: (weight(one), one[0].path, one[0].line or 0)))

    @property
    def verdict(self) -> str:
        """The outcome in one line."""
        blocks = [one for one in self.told if one[0].blocks]
        warns = [one for one in self.told if one[0].state == "warn"]
        unclear = [one for one in self.told if one[0].state == "not evaluable here"]
        old = distinct([one for one in self.findings if not one.new and one.state not in ("pass", "skip")])
        said = [f"{count(len(blocks), 'problem')} to mend before merging" if blocks else "nothing blocks"]
        said += [count(len(warns), "warning")] if warns else []
        said += [f"{len(unclear)} not evaluable here"] if unclear else []
        said += [lifted] if (lifted := excepted.briefly(self.findings)) else []
        there = f"; {count(len(old), 'finding')} {'was' if len(old) == 1 else 'were'} there before" if old else ""
        return ", ".join(said) + there

    @property
    def subject(self) -> str:
        """What was looked at, in one line."""
        compared = f" against {self.base}" if self.base else ", all of it: there is nothing to compare it with"
        return f"{self.head}{compared}"

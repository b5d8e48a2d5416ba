"""What do the chosen scanners say about an environment, and what of that is new?

A scanner looks at everything that a change may make another of in one environment at once, first at the head; what the
base held already is asked only where something was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.checks.compare import mark_new
from bot.checks.scanners.files import Written, write
from bot.checks.scanners.found import Worth, findings, not_scanned
from bot.checks.scanners.sarif import SarifError, read
from bot.flows.around import Both
from bot.flows.side import traced
from bot.model.environment import PolicyPack
from bot.model.finding import Finding
from bot.model.scanner import NotScanned
from bot.model.tree import Tree
from bot.policy.adjustments import adjusted
from bot.policy.waivers import Day, waived
from bot.ports import Scanners


@dataclass(slots=True)
class Scanning:
    """The scanners that were chosen for one environment, and the applications they are to look at."""

    scanners: Scanners
    chosen: Sequence[PolicyPack]
    environment: str
    now: datetime | None = None
    _applications: list[Both] = field(default_factory=list)

    def note(self, one: Both) -> None:
        """Keep an application, if any scanner is to look at it."""
        if self.chosen:
            self._applications.append(one)

    def findings(self, head: Tree) -> Iterator[Finding]:
        """Yield what the scanners found in the head, marked and with its place."""
        if not self._applications:
            return
        sides = [self._written(is_head=is_head) for is_head in (False, True)]
        for one in self.chosen:
            found = self._scanned(one, sides[True], is_base=False)
            known = self._scanned(one, sides[False], is_base=True) if _tells(found) else ()
            yield from self._traced(_marked(found, known), head)

    def _written(self, *, is_head: bool) -> list[Written]:
        sides = ((one.pair.name, one.new if is_head else one.old) for one in self._applications)
        return [file for name, side in sides for file in write(side.resources, name)]

    def _scanned(self, chosen: PolicyPack, files: Sequence[Written], *, is_base: bool) -> tuple[Finding, ...]:
        """Return what a scanner finds in some files, as the configuration wants it; nothing in no files."""
        if not files and is_base:
            return ()
        name, adjustments = chosen.scanner, chosen.adjustments
        said = self.scanners.scan(name, {one.name: one.text for one in files})
        try:
            log = said if isinstance(said, NotScanned) else read(said)
        except SarifError as error:
            log = NotScanned(f"what the scanner `{name}` wrote cannot be used: {error}")
        if isinstance(log, NotScanned):
            return (not_scanned(log, name, self.environment),)
        found = findings(log, files, Worth(name, self.environment, chosen.blocks, adjustments.severities))
        day = Day(self.now.astimezone(UTC).date() if self.now else None, self.environment, is_base)
        return waived(adjusted(found, adjustments), adjustments.waivers, day)

    def _traced(self, found: Sequence[Finding], head: Tree) -> Iterator[Finding]:
        by_application: dict[str, list[Finding]] = {}
        for one in found:
            by_application.setdefault(one.application, []).append(one)
        sides = {one.pair.name: one.new for one in self._applications}
        for name, some in by_application.items():
            yield from traced(some, sides[name], head) if name in sides else some


def _tells(found: Sequence[Finding]) -> bool:
    """Say whether anything was found that may have been there before."""
    return any(one.state in ("fail", "warn") for one in found)


def _marked(found: Sequence[Finding], known: Sequence[Finding]) -> Sequence[Finding]:
    """Mark what was there before, in whichever application it was; a scanner that gave no result always is news."""
    nowhere = [replace(one, application="") for one in found]
    marked = mark_new(nowhere, [replace(one, application="") for one in known])
    return [
        replace(one, application=there.application, new=one.new or one.state in ("error", "not evaluable here"))
        for one, there in zip(marked, found, strict=True)
    ]

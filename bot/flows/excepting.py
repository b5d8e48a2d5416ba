"""Which exceptions of the configuration does an environment not need any more?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime

from bot.flows.side import Side
from bot.model.finding import Finding
from bot.model.manifest import ResourceKey
from bot.policy.packs import Pack
from bot.policy.waivers import Day, unneeded


class Excepting:
    """What was seen of an environment, for the exceptions of its packs; nothing is kept where there are none."""

    def __init__(self, packs: Sequence[Pack], now: datetime | None, environment: str) -> None:
        self._waivers = [one for pack in packs for one in pack.adjustments.waivers]
        self._day = Day(now.astimezone(UTC).date() if now else None, environment)
        self._seen: set[ResourceKey] = set()
        self._in_full = True

    def note(self, head: Side) -> None:
        """Take down the resources of an application as the change leaves it."""
        if self._waivers:
            self._seen.update(one.key for one in head.resources)
            self._in_full = self._in_full and not head.problems

    def unneeded(self, findings: Collection[Finding], *, whole: bool) -> Iterator[Finding]:
        """Yield a warning for each exception that excepts nothing; `whole` says that everything was looked at."""
        yield from unneeded(self._waivers, findings, self._seen, whole=whole and self._in_full, day=self._day)

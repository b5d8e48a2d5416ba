"""What do the gates of one promotion look at?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.model.gates import FreezeRule
from bot.model.health import ApplicationHealth
from bot.model.promotion import Change, Hop
from bot.model.repository import CheckState, Deployment
from bot.promotion.locks import Lock

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's standing verdict on one commit; `eligible` says whether the configuration names them.

    Where several environments take the commit at once, it names them for one of these at least, and `apart` are those
    for which it does not, each with why. `why` says it where that is no matter of names, '' where it is. `elsewhere`
    says that it counts for another environment than the one that it is read for.
    """

    login: str
    approved: bool
    sha: str
    eligible: bool
    apart: tuple[tuple[str, str], ...] = ()
    why: str = ""
    elsewhere: bool = False

    def into(self, environment: str) -> Approval:
        """Return the verdict as one of several environments counts it."""
        why = dict(self.apart).get(environment)
        return self if why is None else replace(self, eligible=False, why=why, elsewhere=self.eligible)


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody opened a gate of one promotion commit by `/override`; `eligible` says whether they may."""

    gate: str
    by: str
    reason: str
    sha: str
    eligible: bool = True
    url: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """What is told of the source environment, beside the checks of the source commit; only what a gate asks for.

    `deployment` is the newest GitHub Deployment of the source environment whose commit holds the source commit;
    `checks` those of a later commit with the same content, which is what an agent reports on that saw only that;
    `applications` what Argo CD says; `arrived` when the source commit came to the source environment, as GitHub tells
    it, None where that is not known.
    """

    deployment: Deployment | None = None
    checks: tuple[CheckState, ...] = ()
    applications: tuple[ApplicationHealth, ...] = ()
    arrived: datetime | None = None


@dataclass(frozen=True, slots=True)
class GateFacts:
    """Everything the gates look at, read beforehand.

    `head_sha` is the promotion commit; `source_holds` says whether the source environment's branch contains
    the commit being promoted; `conflicts` names the files changed on both sides; `foreign` is the id of a commit
    on the promotion branch that is not ours, '' when there is none. `drift` names the files that the target changed
    on its own. `locks` are the records of locks, freezes and holds, `untold` the kinds of records of which there are
    more than are read, `freezes` the dates in the configuration;
    `lost` is what to do where nobody can say what was promoted last, '' mostly; `overrides` what was said by
    `/override`. `now` is when all of this was read.
    """

    hop: Hop
    head_sha: str
    source_sha: str
    source_holds: bool
    source_checks: tuple[CheckState, ...]
    head_checks: tuple[CheckState, ...]
    approvals: tuple[Approval, ...]
    changes: tuple[Change, ...]
    requested_by: str
    app_id: int
    conflicts: tuple[str, ...] = ()
    lost: str = ""
    foreign: str = ""
    drift: tuple[str, ...] = ()
    running: Running = Running()
    locks: tuple[Lock, ...] = ()
    untold: tuple[str, ...] = ()
    freezes: tuple[FreezeRule, ...] = ()
    overrides: tuple[Override, ...] = ()
    now: datetime = EPOCH

    @property
    def names(self) -> frozenset[str]:
        """Return the names under which the target may be locked or frozen: its own, and those of its members."""
        return frozenset((self.hop.target.name, *(one.name for one in self.hop.target.members)))

    @property
    def zone(self) -> str:
        """Return the time zone that people of the target read: that of its first window, else UTC."""
        windows = self.hop.target.gates.windows
        return windows[0].zone if windows else "UTC"

"""Which conditions does a repository set on promotions into an environment, besides checks of their content?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Literal, get_args

GateName = Literal[
    "order", "checks", "health", "policy", "approvals", "soak", "window", "freeze", "lock", "drift", "test"
]
NEVER = ("order",)  # what the source does not hold, or does not merge, cannot be promoted by anybody's word
OVERRIDABLE: tuple[str, ...] = tuple(name for name in get_args(GateName) if name not in NEVER)
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class Window:
    """Days and hours in which promotions may merge, as the clocks of `zone` (an IANA name) show them.

    `days` are 0 (Monday) to 6; from `start` up to `end`, which lies on the next day where it is not later. A window
    from midnight to midnight is the whole day.
    """

    days: tuple[int, ...]
    start: time
    end: time
    zone: str

    def __str__(self) -> str:
        days = ", ".join(DAYS[one] for one in self.days)
        return f"{days} {self.start:%H:%M}-{self.end:%H:%M} {self.zone}"


@dataclass(frozen=True, slots=True)
class FreezeRule:
    """Days without promotions, both ends included, as the calendar of `zone` shows them; for all environments where
    none is named."""

    start: date
    end: date
    reason: str = ""
    zone: str = "UTC"
    environments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Health:
    """What has to say that the source environment runs what it holds, and runs well.

    `deployment`: the newest GitHub Deployment of the source environment succeeded. `statuses`: patterns of commit
    statuses, as Flux's and Argo CD's notifications write them, each of which has to succeed. `argocd`: names of Argo
    CD applications that have to be Synced and Healthy, no Rollout paused; its API is the operator's to configure.
    """

    deployment: bool = False
    statuses: tuple[str, ...] = ()
    argocd: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.deployment or self.statuses or self.argocd)


@dataclass(frozen=True, slots=True)
class GateRules:
    """The gates of one environment, as configured; those that are left out are always open.

    `checks` and `test` are names of check runs or commit statuses that have to succeed on the source commit: what was
    built, and what was tried where it runs. `overridable` are the gates that `/override` may open.
    """

    checks: tuple[str, ...] = ()
    test: tuple[str, ...] = ()
    health: Health = Health()
    soak: timedelta = timedelta(0)
    windows: tuple[Window, ...] = ()
    overridable: tuple[str, ...] = ()


NO_GATES = GateRules()

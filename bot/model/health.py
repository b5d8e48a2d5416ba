"""What does a GitOps agent say of one application?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ApplicationHealth:
    """One Argo CD application as its API tells it, in Argo CD's own words.

    `sync` is Synced, OutOfSync or Unknown; `health` Healthy, Progressing, Degraded (also when one of its Rollouts is),
    Suspended, Missing or Unknown;
    `phase` that of the newest operation ('' when there was none). `revisions` are what it was compared with: commits,
    or versions of charts. `resources` are those that are not healthy, each with the reason ("Rollout web: paused …").
    `holds_source` says whether a commit among the revisions holds what is promoted, or none of them is a commit;
    `paused` whether a Rollout among the resources is.
    `since` is when its health became what it is. `problem` says why nothing of this is known, '' when it is.
    `unchanged` is since when all this is what we are told, again and again, of what is to be promoted; None where that
    is not known.
    """

    name: str
    sync: str = ""
    health: str = ""
    phase: str = ""
    revisions: tuple[str, ...] = ()
    message: str = ""
    resources: tuple[str, ...] = ()
    holds_source: bool = False
    paused: bool = False
    since: datetime | None = None
    url: str = ""
    problem: str = ""
    unchanged: datetime | None = None

    @property
    def told(self) -> tuple[object, ...]:
        """Return what has to change for something to have happened; not why nothing is known."""
        return ("nothing",) if self.problem else (self.sync, self.health, self.phase, self.revisions, self.paused)

"""Who shut an environment, or all of them, since when and why?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

LockKind = Literal["lock", "freeze", "hold"]


@dataclass(frozen=True, slots=True)
class Lock:
    """One record: nothing is promoted into `environment` ('' means into any) until somebody takes it away.

    `owner` is the login of whoever made it, `url` where they said so.
    """

    kind: LockKind
    environment: str
    owner: str
    reason: str
    since: datetime
    url: str = ""

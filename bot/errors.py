"""What kinds of failure are there, and what does each ask for?

`UserError`: someone can mend it on GitHub or at the desk. `TransientError`: trying again may help.
Everything else is a bug: it rises, is logged once by the worker, and the pull request gets one honest line.
"""

from __future__ import annotations


class LockkeeperError(Exception):
    """Root of every error Lockkeeper raises on purpose."""


class UserError(LockkeeperError):
    """Something a person can mend: `what` is wrong, `where` (path, line, setting), and `how` to mend it."""

    def __init__(self, what: str, *, where: str = "", how: str = "") -> None:
        super().__init__(what)
        self.what, self.where, self.how = what, where, how

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        how = f" ({self.how})" if self.how else ""
        return f"{where}{self.what}{how}"


class RefusedError(UserError):
    """GitHub refused (403, 404, 409, 422 …) and repeating the same call will not help.

    `status` is the HTTP status, `reason` GitHub's own words.
    """

    def __init__(self, what: str, *, status: int, reason: str = "", where: str = "", how: str = "") -> None:
        super().__init__(what, where=where, how=how)
        self.status, self.reason = status, reason


class NotFoundError(RefusedError):
    """GitHub or git does not hold the thing asked for (404, or an unknown object or ref)."""

    def __init__(self, what: str, *, reason: str = "", where: str = "", how: str = "") -> None:
        super().__init__(what, status=404, reason=reason, where=where, how=how)


class TransientError(LockkeeperError):
    """Trying again may help: time-outs, 5xx, rate limits. `retry_after` is in seconds, 0 when unknown."""

    def __init__(self, what: str, *, retry_after: float = 0.0) -> None:
        super().__init__(what)
        self.retry_after = retry_after

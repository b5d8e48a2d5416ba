"""Which webhook deliveries never arrived, and may we have them again?

GitHub sends a delivery once and does not repeat it by itself; for three days the App may ask for it again. Source:
https://docs.github.com/en/webhooks/using-webhooks/automatically-redelivering-failed-deliveries-for-a-github-app-webhook
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import structlog
from github.Requester import Requester

from bot.adapters.github.errors import translated
from bot.errors import NotFoundError, RefusedError, TransientError

KEPT = timedelta(days=3)  # for so long GitHub sends again
MOST_ASKED = 100  # deliveries asked for in one sweep
MOST_PAGES = 100  # of 100 deliveries, read in one sweep
_FIRST_WAIT = timedelta(minutes=1)  # doubled with each attempt: a dozen of them fill three days
_ON_ITS_WAY = timedelta(minutes=1)  # younger than this, no answer is not yet a failure
_OVERLAP = timedelta(minutes=2)  # read again, since the log is not written in the order of its times
_NEXT = re.compile(r'<([^>]+)>\s*;[^,]*\brel="next"')
_PATH = "/app/hook/deliveries"
_log = structlog.get_logger("bot.github")


@dataclass(frozen=True, slots=True)
class Failing:
    """A delivery whose newest attempt, `id`, failed; asked for `tries` times, the next time when `due`."""

    id: int
    first: datetime
    due: datetime
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Sweep:
    """What is known after a look at the log: read up to `until` (None: not at all), what still fails by GUID.

    `asked` counts what this look asked for.
    """

    until: datetime | None = None
    failing: Mapping[str, Failing] = field(default_factory=dict)
    asked: int = 0


@dataclass(frozen=True, slots=True)
class _Attempt:
    id: int
    guid: str
    at: datetime
    status: int

    @property
    def arrived(self) -> bool:
        return 200 <= self.status < 300


def redeliver_failed(requester: Requester, since: Sweep, now: datetime) -> Sweep:
    """Ask for another attempt at what did not arrive; return what the next look is to be given as `since`.

    `requester` speaks as the App. TransientError or RefusedError when the log cannot be read; when asking fails on
    the way, the rest is left to the next look.
    """
    oldest = now - KEPT
    failing = {guid: one for guid, one in since.failing.items() if one.first >= oldest}
    newest, first, until = _read(requester, max(oldest, since.until - _OVERLAP) if since.until else oldest)
    for guid, attempt in newest.items():
        if attempt.arrived:
            failing.pop(guid, None)
        elif known := failing.get(guid):
            failing[guid] = replace(known, id=attempt.id)
        elif attempt.status or now - attempt.at >= _ON_ITS_WAY:
            failing[guid] = Failing(attempt.id, first[guid], due=now)
    asked = _ask(requester, failing, now)
    return Sweep(until or since.until, failing, asked)


def _read(requester: Requester, oldest: datetime) -> tuple[dict[str, _Attempt], dict[str, datetime], datetime | None]:
    """Return the newest attempt and the time of the first one, by GUID, and the time of the newest of all."""
    newest: dict[str, _Attempt] = {}
    first: dict[str, datetime] = {}
    until: datetime | None = None
    for one in _attempts(requester):
        if one.at < oldest:
            break
        until = max(until or one.at, one.at)
        first[one.guid] = min(first.get(one.guid, one.at), one.at)
        known = newest.get(one.guid)
        if known is None or (one.at, one.id) > (known.at, known.id):
            newest[one.guid] = one
    return newest, first, until


def _attempts(requester: Requester) -> Iterator[_Attempt]:
    """Yield the log, newest first. Of a link to the next page only the cursor is used: its host may be any."""
    cursor: dict[str, str] = {}
    for _ in range(MOST_PAGES):
        with translated("read the log of webhook deliveries"):
            headers, found = requester.requestJsonAndCheck("GET", _PATH, parameters={"per_page": "100", **cursor})
        rows: list[Any] = found if isinstance(found, list) else []
        yield from map(_attempt, rows)
        link = _NEXT.search(str({name.lower(): value for name, value in headers.items()}.get("link", "")))
        following = parse_qs(urlsplit(link[1]).query).get("cursor") if link else None
        if not following:
            return
        cursor = {"cursor": following[0]}
    _log.warning("deliveries_not_all_read", pages=MOST_PAGES)


def _attempt(row: Mapping[str, Any]) -> _Attempt:
    at = datetime.fromisoformat(row["delivered_at"])
    return _Attempt(
        int(row["id"]), str(row["guid"]), at if at.tzinfo else at.replace(tzinfo=UTC), int(row["status_code"])
    )


def _ask(requester: Requester, failing: dict[str, Failing], now: datetime) -> int:
    """Ask for what is due, oldest first, and note it; return for how many."""
    asked = 0
    due = sorted((one.first, one.id, guid) for guid, one in failing.items() if one.due <= now)
    for _, identity, guid in due[:MOST_ASKED]:
        one = failing[guid]
        try:
            with translated(f"ask for delivery {guid} again"):
                requester.requestJsonAndCheck("POST", f"{_PATH}/{identity}/attempts")
        except (NotFoundError, RefusedError) as error:  # too old, or its installation is gone
            _log.warning("delivery_given_up", delivery=guid, reason=str(error))
            failing[guid] = replace(one, due=one.first + 2 * KEPT)
        except TransientError as error:
            _log.warning("delivery_not_asked_for", delivery=guid, reason=str(error))
            break
        else:
            asked += 1
            failing[guid] = replace(one, tries=one.tries + 1, due=now + _FIRST_WAIT * 2**one.tries)
            _log.info("delivery_asked_for", delivery=guid, tries=one.tries + 1)
    return asked

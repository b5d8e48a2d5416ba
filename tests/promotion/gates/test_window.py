"""When is a window open, whatever the clocks of its zone do? And what does its gate say?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.model.gates import GateRules
from bot.promotion import gates
from bot.promotion.hours import opening
from bot.promotion.times import parse_window
from tests.promotion.facts import facts, hop

BERLIN = "Europe/Berlin"
OFFICE = "Mon-Thu 09:00-16:00 Europe/Berlin"
WEEK = timedelta(days=7)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# name, window, now in UTC, open, when that changes in UTC
WINDOWS = [
    ("in winter Berlin is an hour ahead", OFFICE, "2026-11-30T08:00", True, "2026-11-30T15:00"),
    ("a second before it opens", OFFICE, "2026-11-30T07:59:59", False, "2026-11-30T08:00"),
    ("a second before it closes", OFFICE, "2026-11-30T14:59:59", True, "2026-11-30T15:00"),
    ("the end does not belong to it", OFFICE, "2026-11-30T15:00", False, "2026-12-01T08:00"),
    ("in summer Berlin is two hours ahead", OFFICE, "2026-07-06T07:00", True, "2026-07-06T14:00"),
    ("from its last day to the next week", OFFICE, "2026-12-03T15:00", False, "2026-12-07T08:00"),
    ("over the change to summer", OFFICE, "2026-03-26T16:00", False, "2026-03-30T07:00"),
    ("over the change to winter", OFFICE, "2026-10-22T16:00", False, "2026-10-26T08:00"),
    # 29 March 2026, Berlin: at 02:00 (01:00 UTC) the clock is put forward to 03:00
    ("it opens in the gap: at the jump", f"Sun 02:30-04:00 {BERLIN}", "2026-03-29T00:59:59", False, "2026-03-29T01:00"),
    ("it closes in the gap: at the jump", f"Sun 01:00-02:30 {BERLIN}", "2026-03-29T00:30", True, "2026-03-29T01:00"),
    ("it closed in the gap", f"Sun 01:00-02:30 {BERLIN}", "2026-03-29T01:00", False, "2026-04-04T23:00"),
    ("it lies in the gap: it is left out", f"Sun 02:10-02:50 {BERLIN}", "2026-03-28T12:00", False, "2026-04-05T00:10"),
    ("over the gap it is an hour shorter", f"Sun 00:00-04:00 {BERLIN}", "2026-03-28T23:00", True, "2026-03-29T02:00"),
    # 25 October 2026, Berlin: at 03:00 (01:00 UTC) the clock is put back to 02:00
    (
        "it opens in the hour that comes twice: the first time",
        f"Sun 02:30-04:00 {BERLIN}",
        "2026-10-25T00:29",
        False,
        "2026-10-25T00:30",
    ),
    (
        "it stays open when the clock shows less again",
        f"Sun 02:30-04:00 {BERLIN}",
        "2026-10-25T01:10",
        True,
        "2026-10-25T03:00",
    ),
    (
        "it closes in the hour that comes twice: the first time",
        f"Sun 01:00-02:30 {BERLIN}",
        "2026-10-25T00:29",
        True,
        "2026-10-25T00:30",
    ),
    (
        "it does not open again the second time",
        f"Sun 01:00-02:30 {BERLIN}",
        "2026-10-25T01:15",
        False,
        "2026-11-01T00:00",
    ),
    (
        "over the hour that comes twice it is an hour longer",
        f"Sun 00:00-04:00 {BERLIN}",
        "2026-10-24T22:00",
        True,
        "2026-10-25T03:00",
    ),
    ("over midnight, before it", "Fri 22:00-06:00 UTC", "2026-11-27T22:00", True, "2026-11-28T06:00"),
    ("over midnight, after it", "Fri 22:00-06:00 UTC", "2026-11-28T05:59", True, "2026-11-28T06:00"),
    ("over midnight, the morning of its own day", "Fri 22:00-06:00 UTC", "2026-11-27T05:00", False, "2026-11-27T22:00"),
    ("over midnight from Sunday to Monday", f"Sun 22:00-06:00 {BERLIN}", "2026-11-30T04:30", True, "2026-11-30T05:00"),
    ("over midnight and the gap", f"Sat 22:00-03:30 {BERLIN}", "2026-03-28T21:30", True, "2026-03-29T01:30"),
    ("a whole day", "Wed 00:00-24:00 UTC", "2026-11-25T23:59:59", True, "2026-11-26T00:00"),
    ("whole days in a row are one", "Sat-Sun 00:00-24:00 UTC", "2026-11-28T10:00", True, "2026-11-30T00:00"),
    ("all the time", f"Mon-Sun 00:00-24:00 {BERLIN}", "2026-11-28T10:00", True, None),
    (
        "far to the east it is tomorrow",
        "Fri 08:00-09:00 Pacific/Kiritimati",
        "2026-11-26T18:30",
        True,
        "2026-11-26T19:00",
    ),
    (
        "far to the west it is yesterday",
        "Wed 20:00-24:00 Pacific/Pago_Pago",
        "2026-11-26T10:30",
        True,
        "2026-11-26T11:00",
    ),
    ("a quarter of an hour off", "Mon 09:00-10:00 Asia/Kathmandu", "2026-11-30T03:15", True, "2026-11-30T04:15"),
    ("a change of half an hour", "Sun 01:45-03:00 Australia/Lord_Howe", "2026-04-04T15:30", True, "2026-04-04T16:30"),
    # 2011-12-30 was left out in Samoa
    ("a day that there never was", "Fri 09:00-10:00 Pacific/Apia", "2011-12-29T23:00", False, "2012-01-05T19:00"),
    # Cairo puts the clock forward at midnight: 24 April 2026 begins at 01:00
    ("a day without a midnight", "Fri 00:00-24:00 Africa/Cairo", "2026-04-23T21:59", False, "2026-04-23T22:00"),
]


@pytest.mark.parametrize(
    ("text", "now", "is_open", "changes"), [row[1:] for row in WINDOWS], ids=[str(row[0]) for row in WINDOWS]
)
def test_a_window(text: str, now: str, is_open: bool, changes: str | None) -> None:
    assert opening([parse_window(text)], utc(now)) == (is_open, utc(changes) if changes else None)


SEVERAL = [
    ("the first is open", "2026-11-30T10:00", True, "2026-11-30T12:00"),
    ("neither: the next to open", "2026-11-30T13:00", False, "2026-11-30T14:00"),
    ("the second, which the third goes on from", "2026-11-30T15:00", True, "2026-11-30T20:00"),
    ("they lie in zones of their own", "2026-11-30T19:59", True, "2026-11-30T20:00"),
]


@pytest.mark.parametrize(("now", "is_open", "changes"), [row[1:] for row in SEVERAL], ids=[row[0] for row in SEVERAL])
def test_several_windows(now: str, is_open: bool, changes: str) -> None:
    windows = [
        parse_window(text)
        for text in ("Mon 09:00-12:00 UTC", "Mon 14:00-17:00 UTC", "Mon 12:00-15:00 America/New_York")
    ]
    assert opening(windows, utc(now)) == (is_open, utc(changes))


@pytest.mark.parametrize("text", sorted({str(row[1]) for row in WINDOWS}))
@pytest.mark.parametrize("start", ["2026-03-24T00:00", "2026-10-20T00:00"])
def test_minute_by_minute_it_changes_when_it_said_and_not_before(text: str, start: str) -> None:
    """Two weeks around a change of clocks, in steps of 15 minutes, which every zone's changes are multiples of."""
    window, now = [parse_window(text)], utc(start)
    is_open, changes = opening(window, now)
    for _ in range(14 * 24 * 4):
        now += timedelta(minutes=15)
        if changes is not None and changes <= now:
            is_open, before = not is_open, changes
            assert opening(window, before)[0] is is_open, f"{before} was said to be a change"
            changes = opening(window, before)[1]
        assert opening(window, now) == (is_open, changes), now


GATE = [
    ("none is set", (), "2026-11-30T10:00", "pass", "promotions may merge at any time", None),
    (
        "open",
        (OFFICE,),
        "2026-11-30T10:00",
        "pass",
        "open until Mon 2026-11-30 16:00 Europe/Berlin (`Mon-Thu 09:00-16:00 Europe/Berlin`)",
        "2026-11-30T15:00",
    ),
    (
        "closed",
        (OFFICE,),
        "2026-11-27T10:00",
        "wait",
        "closed now; open `Mon-Thu 09:00-16:00 Europe/Berlin`",
        "2026-11-30T08:00",
    ),
    (
        "two",
        (OFFICE, "Sat 00:00-24:00 UTC"),
        "2026-11-27T10:00",
        "wait",
        "closed now; open `Mon-Thu 09:00-16:00 Europe/Berlin` or `Sat 00:00-24:00 UTC`",
        "2026-11-28T00:00",
    ),
    (
        "always",
        ("Mon-Sun 00:00-24:00 UTC",),
        "2026-11-27T10:00",
        "pass",
        "open at all times (`Mon-Sun 00:00-24:00 UTC`)",
        None,
    ),
]


@pytest.mark.parametrize(
    ("texts", "now", "state", "reason", "again"), [row[1:] for row in GATE], ids=[str(row[0]) for row in GATE]
)
def test_the_gate(texts: tuple[str, ...], now: str, state: str, reason: str, again: str | None) -> None:
    rules = GateRules(windows=tuple(map(parse_window, texts)))
    gate = gates.window(facts(hop=hop(gates=rules), now=utc(now)))
    assert (gate.name, gate.state, gate.reason) == ("window", state, reason)
    assert gate.again == (utc(again) if again else None)


def test_when_it_opens_is_told_as_the_clocks_of_its_zone_show_it() -> None:
    rules = GateRules(windows=(parse_window(OFFICE),))
    gate = gates.window(facts(hop=hop(gates=rules), now=utc("2026-03-27T10:00")))
    assert gate.next == "nothing to do: it opens at Mon 2026-03-30 09:00 Europe/Berlin"
    assert gate.owner == "the clock"

"""When does a window open or close, and when does a freeze begin or end, as the clocks of a zone show it?

A time of day means the first moment at which the clock shows it or more: where the clock is put back it counts the
first time that it comes, where the clock is put forward over it, the moment of that jump. So each window is one
unbroken stretch of time, from its start up to, and without, its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.model.gates import FreezeRule, Window

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_LOOK_AHEAD = 15  # days: a week, and another where a calendar skips a day


@dataclass(frozen=True, slots=True)
class Stretch:
    """From one moment up to, and without, another, both in UTC."""

    start: datetime
    end: datetime

    def holds(self, moment: datetime) -> bool:
        """Say whether the moment lies within."""
        return self.start <= moment < self.end


def first_moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the first moment, in UTC, at which the clock of `zone` shows that time of that day, or more."""
    wall = datetime.combine(day, at)
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    if _wall(moment, zone) == wall:
        return moment
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)  # the clock jumps between these two (PEP 495)
    while moment - before > _SECOND:
        middle = before + (moment - before) // 2
        middle -= timedelta(microseconds=middle.microsecond)
        if _wall(middle, zone) >= wall:
            moment = middle
        else:
            before = middle
    return moment


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def opening(windows: Sequence[Window], now: datetime) -> tuple[bool, datetime | None]:
    """Say whether one of the windows is open, and when that changes; None where it never does."""
    stretches = sorted((one for window in windows for one in _stretches(window, now)), key=lambda one: one.start)
    if not any(one.holds(now) for one in stretches):
        return False, min((one.start for one in stretches if one.start > now), default=None)
    end = now
    for one in stretches:
        if one.start <= end < one.end:
            end = one.end
    return True, None if end - now >= _DAY * 8 else end


def _stretches(window: Window, now: datetime) -> Iterator[Stretch]:
    """Yield the window's stretches from yesterday on, for long enough that a week of any calendar is among them."""
    zone = ZoneInfo(window.zone)
    today = now.astimezone(zone).date()
    for day in (today + _DAY * number for number in range(-1, _LOOK_AHEAD)):
        if day.weekday() in window.days:
            last = day if window.end > window.start else day + _DAY
            stretch = Stretch(first_moment(day, window.start, zone), first_moment(last, window.end, zone))
            if stretch.start < stretch.end:
                yield stretch


def frozen_from(rule: FreezeRule) -> Stretch:
    """Return the time of a freeze: from the beginning of its first day to the end of its last."""
    zone = ZoneInfo(rule.zone)
    return Stretch(first_moment(rule.start, time(), zone), first_moment(rule.end + _DAY, time(), zone))


def shown(moment: datetime, zone: str = "UTC") -> str:
    """Return a moment as people of a zone read it, for example `Mon 2026-11-30 09:00 Europe/Berlin`.

    A moment within a minute is told as the minute after, so that whoever looks then is not too early.
    """
    if moment.second or moment.microsecond:
        moment = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return past(moment, zone)


def past(moment: datetime, zone: str = "UTC") -> str:
    """Return a moment that is over as people of a zone read it: within the minute that their clock showed then."""
    return f"{moment.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M} {zone}"

"""What do the texts of durations and windows mean, and what is to be written instead of a wrong one?

Durations are `1h30m`, windows `Mon-Thu 09:00-16:00 Europe/Berlin`. Both are read strictly: whoever reads the file
should not have to know how lenient we are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import time, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from bot.model.gates import DAYS, Window
from bot.model.quoting import quoted

LONGEST = timedelta(days=366)
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_SPELT = {
    **dict.fromkeys(("week", "weeks", "wk", "wks"), "w"),
    **dict.fromkeys(("day", "days"), "d"),
    **dict.fromkeys(("hour", "hours", "hr", "hrs"), "h"),
    **dict.fromkeys(("minute", "minutes", "min", "mins"), "m"),
    **dict.fromkeys(("second", "seconds", "sec", "secs"), "s"),
}
_DURATION = re.compile(r"(?:(\d{1,6})w)?(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?", re.ASCII)
_HOURS = re.compile(r"(\d{2}):(\d{2})-(\d{2}):(\d{2})", re.ASCII)
_ZONE = re.compile(r"UTC|[A-Z][A-Za-z0-9_]*(?:/[A-Za-z0-9_+-]+)+", re.ASCII)  # "EST" knows no summer, unlike New York
_EXAMPLE = "Mon-Thu 09:00-16:00 Europe/Berlin"


class UnclearError(ValueError):
    """A text that is no duration, window or zone: what is wrong, and what to write."""

    def __init__(self, message: str, suggestion: str) -> None:
        super().__init__(f"{message}; {suggestion}")
        self.message, self.suggestion = message, suggestion


def parse_duration(text: str) -> timedelta:
    """Return what `45m`, `1h30m` or `2d` means; UnclearError says what to write."""
    found = _DURATION.fullmatch(text)
    if not text or found is None:
        raise UnclearError(f"{quoted(text)} is no duration", _duration_hint(text))
    numbers = [int(number or 0) for number in found.groups()]
    length = timedelta(**dict(zip(_UNITS.values(), numbers, strict=True)))
    if not length:
        raise UnclearError(f"{quoted(text)} is no time at all", "write 1m or more, or leave the key out")
    if length > LONGEST:
        raise UnclearError(f"{quoted(text)} is longer than a year", "write 52w or less")
    return length


def _duration_hint(text: str) -> str:
    parts = re.findall(r"(\d{1,6})\s*([A-Za-z]+)", text)
    units = [_SPELT.get(unit.lower(), unit.lower()) for _, unit in parts]
    meant = "".join(
        f"{int(number)}{unit}" for unit in _UNITS for (number, _), own in zip(parts, units, strict=True) if own == unit
    )
    left = re.sub(r"\d{1,6}\s*[A-Za-z]+|and|[\s,]", "", text)
    if parts and not left and len(set(units)) == len(units) and set(units) <= set(_UNITS):
        return f"write {meant}"
    if re.fullmatch(r"\d{1,6}", text, re.ASCII):
        return f"write its unit: {int(text)}m for minutes, {int(text)}h for hours"
    return "write numbers with w, d, h, m or s, the largest first, such as 45m, 1h30m or 2d"


def duration_words(length: timedelta) -> str:
    """Return a duration as `parse_duration` reads it, in the largest units: `1h30m`, `2d`."""
    left = int(length.total_seconds())
    words = ""
    for unit, seconds in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        number, left = divmod(left, seconds)
        words += f"{number}{unit}" if number else ""
    return words or "0s"


def parse_zone(text: str) -> str:
    """Return the name of a time zone if there is one of that name; UnclearError says what to write."""
    if _is_zone(text):
        try:
            ZoneInfo(text)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # a directory of zones is an OSError
            pass
        else:
            return text
    meant = _zone_meant(text)
    hint = f"write {meant}" if meant else "write a name of the IANA time zone database, such as Europe/Berlin, or UTC"
    raise UnclearError(f"there is no time zone {quoted(text)}", hint)


def _zone_meant(text: str) -> str:
    """Return the zone whose name or city was probably meant, '' where there is none.

    Abbreviations and offsets are not guessed at: the sign of `Etc/GMT+2` is not what people think it is.
    """
    plain = text.lower().replace(" ", "_")
    names = {name.lower(): name for name in sorted(available_timezones(), reverse=True) if _is_zone(name)}
    cities = {name.rpartition("/")[2]: zone for name, zone in names.items() if not zone.startswith("Etc/")}
    found = names.get(plain) or cities.get(plain.rpartition("/")[2], "")
    if found or len(plain) < 5 or not re.fullmatch(r"[a-z_/]+", plain):
        return found
    near = get_close_matches(plain, [*names, *cities], 1, 0.75)
    return (names.get(near[0]) or cities[near[0]]) if near else ""


def _is_zone(name: str) -> bool:
    return _ZONE.fullmatch(name) is not None


def parse_window(text: str) -> Window:
    """Return what `Mon-Thu 09:00-16:00 Europe/Berlin` means; UnclearError says what to write.

    The days are one or several, with commas, and ranges (`Sat-Mon` goes over the end of the week). `24:00` is the end
    of the day; an end that is not later than the start lies on the next day.
    """
    words = text.split(" ")
    if len(words) != 3 or "" in words:
        raise UnclearError(f"{quoted(text, 80)} is no window", _window_hint(text))
    start, end = _hours(words[1])
    return Window(_days(words[0]), start, end, parse_zone(words[2]))


def window_words(window: Window) -> str:
    """Return a window as `parse_window` reads it."""
    end = f"{window.end:%H:%M}" if window.end != time() else "24:00"
    days = _day_words(window.days)
    return f"{days} {window.start:%H:%M}-{end} {window.zone}"


def _day_words(days: Sequence[int]) -> str:
    """Return days with ranges for three or more in a row: `Mon-Thu`, `Mon,Wed`, `Sat-Mon` over the week's end."""
    left, parts = set(days), []
    if len(left) == 7:
        return "Mon-Sun"
    for first in sorted(left, key=lambda day: ((day - 1) % 7 in days, day)):  # beginnings of runs first
        if first not in left:
            continue
        run = [first]
        while (run[-1] + 1) % 7 in left and len(run) < len(left):
            run.append((run[-1] + 1) % 7)
        left -= set(run)
        names = [DAYS[day] for day in run]
        parts.append((min(run), f"{names[0]}-{names[-1]}" if len(run) > 2 else ",".join(names)))
    return ",".join(text for _, text in sorted(parts))


def _window_hint(text: str) -> str:
    words = text.split()
    if len(words) == 2 and _HOURS.fullmatch(words[1]):
        return f"name the time zone as well: {words[0]} {words[1]} UTC, or another than UTC"
    if len(words) == 2 and _HOURS.fullmatch(words[0]):
        return f"name the days as well: Mon-Fri {words[0]} {words[1]}"
    joined = re.sub(r"\s*([-–,])\s*", lambda found: found[1].replace("–", "-"), text.strip())
    if joined != text and re.fullmatch(r"\S+\s+\d\d:\d\d-\d\d:\d\d\s+\S+", joined):
        return f"write {' '.join(joined.split())}"
    return f"write days, hours and a time zone with one space between, such as {_EXAMPLE}"


def _days(text: str) -> tuple[int, ...]:
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        start = _day(first, text)
        end = _day(last, text) if dash else start
        days = {(start + number) % 7 for number in range((end - start) % 7 + 1)}
        if days & found:
            raise UnclearError(f"{quoted(text)} names a day twice", "write each day once")
        found |= days
    return tuple(sorted(found))


def _day(name: str, text: str) -> int:
    if name in DAYS:
        return DAYS.index(name)
    meant = name[:3].capitalize()
    hint = (
        f"write {meant}" if meant in DAYS else "write Mon, Tue, Wed, Thu, Fri, Sat or Sun, such as Mon-Thu or Mon,Wed"
    )
    raise UnclearError(f"{quoted(name)} in {quoted(text)} is no day of the week", hint)


def _hours(text: str) -> tuple[time, time]:
    found = _HOURS.fullmatch(text)
    if found is None:
        raise UnclearError(f"{quoted(text)} is no span of hours", _hours_hint(text))
    hours, minutes = (int(found[1]), int(found[3])), (int(found[2]), int(found[4]))
    for hour, minute in zip(hours, minutes, strict=True):
        if minute > 59 or hour > 24 or (hour == 24 and minute):
            raise UnclearError(f"no clock shows {hour:02}:{minute:02}", "write 00:00 to 23:59, or 24:00 as the end")
    if hours[0] == 24:
        raise UnclearError("a window starts at 00:00, not at 24:00", "write 00:00, and the day that begins then")
    start, end = (time(hour % 24, minute) for hour, minute in zip(hours, minutes, strict=True))
    if start == end and (hours[1], minutes[1]) != (24, 0):
        raise UnclearError(f"{quoted(text)} ends when it starts", "write 00:00-24:00 for whole days")
    return start, end


def _hours_hint(text: str) -> str:
    found = re.fullmatch(r"(\d{1,2})(?:[:.h](\d{2}))?\s*[-–]\s*(\d{1,2})(?:[:.h](\d{2}))?", text, re.ASCII)
    if found is None:
        return "write two times with a hyphen, such as 09:00-16:00"
    return f"write {int(found[1]):02}:{found[2] or '00'}-{int(found[3]):02}:{found[4] or '00'}"

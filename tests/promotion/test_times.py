"""What do the texts of durations, windows and zones mean, and what is said of wrong ones?"""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.model.gates import Window
from bot.promotion.times import (
    UnclearError,
    duration_words,
    parse_duration,
    parse_window,
    parse_zone,
    window_words,
)

DURATIONS = [
    ("45m", timedelta(minutes=45)),
    ("1h30m", timedelta(minutes=90)),
    ("90m", timedelta(minutes=90)),
    ("2d", timedelta(days=2)),
    ("1w", timedelta(days=7)),
    ("1d12h", timedelta(hours=36)),
    ("30s", timedelta(seconds=30)),
    ("52w", timedelta(days=364)),
]


@pytest.mark.parametrize(("text", "length"), DURATIONS)
def test_a_duration(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


NUMBERS = "write numbers with w, d, h, m or s, the largest first, such as 45m, 1h30m or 2d"
NO_DURATIONS = [
    ("", f"an empty text is no duration; {NUMBERS}"),
    ("90", "`90` is no duration; write its unit: 90m for minutes, 90h for hours"),
    ("1 hour 30 minutes", "`1 hour 30 minutes` is no duration; write 1h30m"),
    ("30m1h", "`30m1h` is no duration; write 1h30m"),
    ("2 Days", "`2 Days` is no duration; write 2d"),
    ("0m", "`0m` is no time at all; write 1m or more, or leave the key out"),
    ("53w", "`53w` is longer than a year; write 52w or less"),
    ("-1h", f"`-1h` is no duration; {NUMBERS}"),
    ("1.5h", f"`1.5h` is no duration; {NUMBERS}"),
    ("1h1h", f"`1h1h` is no duration; {NUMBERS}"),
    ("1h\n", "`1h?` is no duration; write 1h"),
    ("9999999d", f"`9999999d` is no duration; {NUMBERS}"),
]


@pytest.mark.parametrize(("text", "said"), NO_DURATIONS)
def test_no_duration(text: str, said: str) -> None:
    with pytest.raises(UnclearError) as caught:
        parse_duration(text)
    assert str(caught.value) == said


@given(some.integers(1, 366 * 86400))
def test_what_is_written_is_read_again(seconds: int) -> None:
    assert parse_duration(duration_words(timedelta(seconds=seconds))) == timedelta(seconds=seconds)


NINE, FOUR = time(9), time(16)
TEXTS = [
    ("Mon-Thu 09:00-16:00 Europe/Berlin", Window((0, 1, 2, 3), NINE, FOUR, "Europe/Berlin")),
    ("Mon,Wed,Fri 09:00-16:00 UTC", Window((0, 2, 4), NINE, FOUR, "UTC")),
    ("Mon-Wed,Fri 09:00-16:00 UTC", Window((0, 1, 2, 4), NINE, FOUR, "UTC")),
    ("Sat-Mon 22:00-06:00 America/New_York", Window((0, 5, 6), time(22), time(6), "America/New_York")),
    ("Sun 00:00-24:00 Asia/Kathmandu", Window((6,), time(), time(), "Asia/Kathmandu")),
    ("Fri 22:00-00:00 UTC", Window((4,), time(22), time(), "UTC")),
    (
        "Mon-Sun 10:30-10:45 America/Argentina/Buenos_Aires",
        Window(tuple(range(7)), time(10, 30), time(10, 45), "America/Argentina/Buenos_Aires"),
    ),
    ("Sun-Sat 10:30-10:45 UTC", Window(tuple(range(7)), time(10, 30), time(10, 45), "UTC")),
]


@pytest.mark.parametrize(("text", "window"), TEXTS)
def test_a_window(text: str, window: Window) -> None:
    assert parse_window(text) == window


PARTS = "write days, hours and a time zone with one space between, such as Mon-Thu 09:00-16:00 Europe/Berlin"
NAMES = "write Mon, Tue, Wed, Thu, Fri, Sat or Sun, such as Mon-Thu or Mon,Wed"
NO_WINDOWS = [
    ("", f"an empty text is no window; {PARTS}"),
    (
        "Mon-Thu 09:00-16:00",
        "`Mon-Thu 09:00-16:00` is no window; name the time zone as well: Mon-Thu 09:00-16:00 UTC, or another than UTC",
    ),
    ("09:00-16:00 UTC", "`09:00-16:00 UTC` is no window; name the days as well: Mon-Fri 09:00-16:00 UTC"),
    ("Mon - Thu 09:00 - 16:00 UTC", "`Mon - Thu 09:00 - 16:00 UTC` is no window; write Mon-Thu 09:00-16:00 UTC"),
    ("Mon  09:00-16:00 UTC", f"`Mon  09:00-16:00 UTC` is no window; {PARTS}"),
    ("Monday-Friday 09:00-16:00 UTC", "`Monday` in `Monday-Friday` is no day of the week; write Mon"),
    ("mon 09:00-16:00 UTC", "`mon` in `mon` is no day of the week; write Mon"),
    ("daily 09:00-16:00 UTC", f"`daily` in `daily` is no day of the week; {NAMES}"),
    ("Mon- 09:00-16:00 UTC", f"an empty text in `Mon-` is no day of the week; {NAMES}"),
    ("Mon-Thu,Wed 09:00-16:00 UTC", "`Mon-Thu,Wed` names a day twice; write each day once"),
    ("Mon 9-16 UTC", "`9-16` is no span of hours; write 09:00-16:00"),
    ("Mon 9am-4pm UTC", "`9am-4pm` is no span of hours; write two times with a hyphen, such as 09:00-16:00"),
    ("Mon 09:00–16:00 UTC", "`09:00–16:00` is no span of hours; write 09:00-16:00"),
    ("Mon 09:00-09:00 UTC", "`09:00-09:00` ends when it starts; write 00:00-24:00 for whole days"),
    ("Mon 24:00-02:00 UTC", "a window starts at 00:00, not at 24:00; write 00:00, and the day that begins then"),
    ("Mon 09:60-16:00 UTC", "no clock shows 09:60; write 00:00 to 23:59, or 24:00 as the end"),
    ("Mon 09:00-24:30 UTC", "no clock shows 24:30; write 00:00 to 23:59, or 24:00 as the end"),
    ("Mon 09:00-16:00 Berlin", "there is no time zone `Berlin`; write Europe/Berlin"),
]


@pytest.mark.parametrize(("text", "said"), NO_WINDOWS)
def test_no_window(text: str, said: str) -> None:
    with pytest.raises(UnclearError) as caught:
        parse_window(text)
    assert str(caught.value) == said


OTHER = "write a name of the IANA time zone database, such as Europe/Berlin, or UTC"
NO_ZONES = [
    ("europe/berlin", "write Europe/Berlin"),
    ("Europe/Berln", "write Europe/Berlin"),
    ("New York", "write America/New_York"),
    ("America/New York", "write America/New_York"),
    ("utc", "write UTC"),
    ("EST", OTHER),  # it knows no summer
    ("CEST", OTHER),
    ("GMT+2", OTHER),  # Etc/GMT+2 is two hours behind
    ("+02:00", OTHER),
    ("Europe", OTHER),
    ("../../etc/passwd", OTHER),
    ("/etc/localtime", OTHER),
    ("Mars/Olympus_Mons", OTHER),
    ("", OTHER),
]


@pytest.mark.parametrize(("text", "suggestion"), NO_ZONES)
def test_no_zone(text: str, suggestion: str) -> None:
    with pytest.raises(UnclearError) as caught:
        parse_zone(text)
    assert caught.value.suggestion == suggestion


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+2", "US/Eastern"])
def test_a_zone(name: str) -> None:
    assert parse_zone(name) == name


@given(
    some.sets(some.integers(0, 6), min_size=1),
    some.times().map(lambda one: one.replace(second=0, microsecond=0)),
    some.times().map(lambda one: one.replace(second=0, microsecond=0)),
)
def test_windows_that_are_written_are_read_again(days: set[int], start: time, end: time) -> None:
    if start == end:
        start = end = time()
    window = Window(tuple(sorted(days)), start, end, "UTC")
    assert parse_window(window_words(window)) == window


@given(some.text())
def test_any_text_is_read_or_explained(text: str) -> None:
    for parse in (parse_duration, parse_window):
        try:
            parse(text)
        except UnclearError as error:
            assert error.message and error.suggestion

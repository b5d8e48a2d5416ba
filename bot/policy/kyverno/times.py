"""How does Kyverno calculate with times?

Source: the Kyverno documentation ("JMESPath", times) and `pkg/engine/jmespath/time.go`. Times are RFC 3339;
`time_since` and `time_parse` also take a layout as Go's `time` package writes it: the reference time
`Mon Jan 2 15:04:05 MST 2006` in the wanted form. What now is arrives from outside, with `at_time`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

from bot.policy.kyverno.answers import NotKnown, QueryError
from bot.policy.kyverno.quantity import format_duration, parse_duration
from bot.policy.kyverno.signature import Library

TIMES = Library()
function = TIMES.function

_now: ContextVar[datetime | None] = ContextVar("now", default=None)

_RFC_3339 = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)

# Go's layouts, longest first, as formats of `strptime`
_LAYOUT = {
    "January": "%B",
    "Monday": "%A",
    "-07:00": "%z",
    "Z07:00": "%z",
    "-0700": "%z",
    "Z0700": "%z",
    "2006": "%Y",
    "Jan": "%b",
    "Mon": "%a",
    "MST": "%Z",
    "01": "%m",
    "02": "%d",
    "_2": "%d",
    "15": "%H",
    "03": "%I",
    "04": "%M",
    "05": "%S",
    "06": "%y",
    "PM": "%p",
    "1": "%m",
    "2": "%d",
    "3": "%I",
    "4": "%M",
    "5": "%S",
}
_LAYOUT_PART = re.compile("|".join(map(re.escape, _LAYOUT)))


@contextmanager
def at_time(now: datetime | None) -> Iterator[None]:
    """Let functions that ask for the time be answered with `now`; None means that nobody told."""
    token = _now.set(now)
    try:
        yield
    finally:
        _now.reset(token)


def told() -> datetime | None:
    """Return what now is, None when nobody told."""
    return _now.get()


def _current() -> datetime:
    now = told()
    if now is None:
        raise NotKnown("it depends on the time of the request")
    return now


def _read(text: str) -> datetime:
    found = _RFC_3339.fullmatch(text)
    try:
        if found is not None:
            zone = "+00:00" if found[4] == "Z" else found[4]
            return datetime.fromisoformat(f"{found[1]}T{found[2]}{(found[3] or '')[:7]}{zone}")
    except ValueError:
        pass
    raise QueryError(f"`{text[:80]}` is no time as RFC 3339 writes it")


def _read_as(layout: str, text: str) -> datetime:
    if not layout:
        return _read(text)
    written = _LAYOUT_PART.sub(lambda found: _LAYOUT[found[0]], layout.replace("%", "%%"))
    try:
        found = datetime.strptime(text, written)  # noqa: DTZ007 - the zone follows
    except (ValueError, re.error):
        raise QueryError(f"`{text[:80]}` is no time of the layout `{layout[:80]}`") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _write(time: datetime) -> str:
    text = time.replace(microsecond=0).isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def _duration(text: str) -> Fraction:
    seconds = parse_duration(text)
    if seconds is None:
        raise QueryError(f"`{text[:80]}` is no duration")
    return seconds


def _between(start: datetime, end: datetime) -> str:
    return format_duration(Fraction((end - start) // timedelta(microseconds=1), 10**6))


@function()
def time_now() -> object:
    return _write(_current())


@function()
def time_now_utc() -> object:
    return _write(_current().astimezone(UTC))


@function("string", "string", "string")
def time_since(layout: str, start: str, end: str) -> object:
    return _between(_read_as(layout, start), _read_as(layout, end) if end else _current())


@function("string")
def time_to_cron(text: str) -> object:
    time = _read(text)
    return f"{time.minute} {time.hour} {time.day} {time.month} {time.isoweekday() % 7}"


@function("string", "string")
def time_add(text: str, duration: str) -> object:
    try:
        return _write(_read(text) + timedelta(seconds=float(_duration(duration))))
    except OverflowError:
        raise QueryError("the time is too far away") from None


@function("string", "string")
def time_parse(layout: str, text: str) -> object:
    if re.fullmatch(r"[+-]?\d{1,18}", layout, re.ASCII):  # any number stands for the seconds since 1970
        try:
            return _write(datetime.fromtimestamp(int(text), UTC))
        except (ValueError, OverflowError, OSError):
            raise QueryError(f"`{text[:80]}` is no number of seconds") from None
    return _write(_read_as(layout, text))


@function("string")
def time_utc(text: str) -> object:
    return _write(_read(text).astimezone(UTC))


@function("string", "string")
def time_diff(start: str, end: str) -> object:
    return _between(_read(start), _read(end))


@function("string", "string")
def time_before(one: str, other: str) -> object:
    return _read(one) < _read(other)


@function("string", "string")
def time_after(one: str, other: str) -> object:
    return _read(one) > _read(other)


@function("string", "string", "string")
def time_between(text: str, start: str, end: str) -> object:
    return _read(start) < _read(text) < _read(end)


@function("string", "string")
def time_truncate(text: str, duration: str) -> object:
    time, step = _read(text), _duration(duration)
    if step <= 0:
        return _write(time)
    origin = datetime(1, 1, 1, tzinfo=timezone.utc)  # noqa: UP017 - the zero time of Go, in UTC
    passed = Fraction((time - origin) // timedelta(microseconds=1), 10**6)
    return _write(time - timedelta(seconds=float(passed % step)))

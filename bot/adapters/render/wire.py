"""How do the pool and an engine process speak? In JSON messages, each after its length in four bytes."""

from __future__ import annotations

import os
import re
import select
import struct
import time
from itertools import accumulate

_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*+"')
_NO_BRACKETS = bytes(one for one in range(256) if one not in b"[]{}")
_STEPS = {one: 1 if one in b"[{" else -1 for one in b"[]{}"}
_LENGTH = struct.Struct(">I")


class ClosedError(Exception):
    """The other side hung up."""


class LateError(Exception):
    """The deadline passed before a whole message came."""


class TooLargeError(Exception):
    """A message is longer than its reader is willing to hold."""


def send(descriptor: int, message: bytes) -> None:
    """Write one message. Raises ClosedError when nobody reads."""
    data = memoryview(_LENGTH.pack(len(message)) + message)
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    except BrokenPipeError:
        raise ClosedError from None


def receive(descriptor: int, *, limit: int, deadline: float | None = None) -> bytes:
    """Read one message of at most `limit` bytes, by `deadline` on the monotonic clock if there is one.

    Raises ClosedError, LateError and TooLargeError.
    """
    (length,) = _LENGTH.unpack(_read(descriptor, _LENGTH.size, deadline))
    if length > limit:
        raise TooLargeError
    return _read(descriptor, length, deadline)


def _read(descriptor: int, length: int, deadline: float | None) -> bytes:
    found = bytearray()
    while len(found) < length:
        if deadline is not None:
            left = max(0.0, deadline - time.monotonic())
            if not select.select([descriptor], [], [], left)[0]:
                raise LateError
        chunk = os.read(descriptor, min(length - len(found), 1 << 20))
        if not chunk:
            raise ClosedError
        found += chunk
    return bytes(found)


def is_deeper(message: bytes, levels: int) -> bool:
    """Say whether JSON is nested deeper than some levels, without reading it: readers fail on what is very deep."""
    if len(message.translate(None, _NO_BRACKETS)) <= 2 * levels:
        return False
    brackets = _TEXT.sub(b"", message).translate(None, _NO_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > levels

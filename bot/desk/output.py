"""Where do results and messages go, and in which colours?"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TextIO

from bot.errors import UserError
from bot.report.text import Pen, inert


def terminal(stream: TextIO) -> Pen:
    """Return a pen for a stream: in colour on a terminal, unless NO_COLOR is set (https://no-color.org).

    FORCE_COLOR asks for colours elsewhere, for example in the log of a CI job.
    """
    if os.environ.get("NO_COLOR"):
        return Pen()
    return Pen(bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and os.environ.get("TERM") != "dumb"))


def write(text: str, file: Path | None = None) -> None:
    """Write a result to standard output, or to a file; names that are no UTF-8 do not stop it."""
    data = text.encode("utf-8", "replace")
    if file is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        file.write_bytes(data)
    except OSError as error:
        raise UserError(f"cannot write: {error.strerror}", where=str(file)) from error


def complain(words: str, pen: Pen) -> None:
    """Write a message to standard error."""
    for line in inert(words).splitlines():
        sys.stderr.write(pen("error", f"lockkeeper: {line}") + "\n")


def note(words: str) -> None:
    """Write a remark to standard error."""
    sys.stderr.write(f"lockkeeper: {inert(words)}\n")

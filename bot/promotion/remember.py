"""How is a promotion remembered that was asked for before the change is merged?

A label makes it visible, and the bot's own reply says who asked: a label alone anyone with triage rights could set.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

COLOUR = "5319e7"
_BEGINS = "<!-- lockkeeper:remember "
_ASKED = re.compile(r"<!-- lockkeeper:remember target=(\S+) by=(\S+) -->")


def label(target: str) -> str:
    """Return the label's name; GitHub takes 50 characters."""
    return f"promote: {target}"[:50]


def remembered_by(target: str, login: str) -> str:
    """Return the hidden text, on the second line of the bot's reply, that says who asked for what."""
    return f"<!-- lockkeeper:remember target={target} by={login} -->"


def who_asked(target: str, bodies: Iterable[str]) -> str:
    """Return who last asked for `target`, from the bot's own comments in order; '' when nobody did.

    Only the second lines are read, below the reply's marker: further down it quotes what other people wrote.
    """
    lines = (line for body in bodies for line in body.split("\n", 2)[1:2] if line.startswith(_BEGINS))
    found = [login for line in lines for name, login in _ASKED.findall(line) if name == target]
    return found[-1] if found else ""

"""How is a promotion remembered that was asked for before the change is merged?

A label makes it visible, and the bot's own reply says who asked. A label alone anyone with triage rights could set,
and a comment anyone with write rights could edit, so the reply's word carries a seal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.promotion.seals import Seal

COLOUR = "5319e7"
_ASKED = re.compile(r"<!-- lockkeeper:remember target=(\S+) by=(\S+) seal=(\S+) -->")


def label(target: str) -> str:
    """Return the label's name; GitHub takes 50 characters."""
    return f"promote: {target}"[:50]


def remembered_by(number: int, target: str, login: str, seal: Seal) -> str:
    """Return the hidden words of the bot's reply that say who asked for what, on the pull request of that number."""
    return f"<!-- lockkeeper:remember target={target} by={login} seal={seal(_sealed(number, target, login))} -->"


def who_asked(number: int, target: str, bodies: Iterable[str], seal: Seal) -> str:
    """Return who last asked for `target` on a pull request, from the bot's own comments in order; '' for nobody."""
    asked = (found for body in bodies for found in _ASKED.findall(body))
    genuine = [login for name, login, mark in asked if name == target and mark == seal(_sealed(number, target, login))]
    return genuine[-1] if genuine else ""


def _sealed(number: int, target: str, login: str) -> str:
    return f"remember #{number} {target} {login}"

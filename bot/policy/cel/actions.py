"""Does a violation of an admission policy block?"""

from __future__ import annotations

from bot.policy.kyverno import shape
from bot.policy.kyverno.action import Blocks
from bot.policy.kyverno.shape import ShapeError

ACTIONS = ("Deny", "Warn", "Audit")


def compile_actions(found: object, key: str) -> Blocks:
    """Read `validationActions` at the dotted place `key`: Deny blocks, and so does an absent list.

    Raises `ShapeError` for any other word.
    """
    actions = shape.strings(found, key) or ["Deny"]
    for action in actions:
        if action not in ACTIONS:
            raise ShapeError(key, f"`{action}` is no validation action", "write Deny, Warn or Audit")
    enforced = "Deny" in actions
    return lambda _: enforced

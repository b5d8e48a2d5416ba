"""What can be wrong with a CEL expression?"""

from __future__ import annotations

MARK = "not evaluable here: "  # begins the message of an error that says so from within an expression
DEEP = "the expression is nested deeper than the engine here goes"


class CelError(ValueError):
    """The expression is broken, a cluster would refuse it: `key` is the dotted place of it."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


class ElsewhereError(ValueError):
    """Sound, but only a cluster, a registry or the network knows the answer; the text says what is missing."""

    def __init__(self, why: str) -> None:
        super().__init__(MARK + why)
        self.why = why

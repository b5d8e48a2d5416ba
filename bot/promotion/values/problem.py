"""What keeps a value from being moved, where does it stand, and what would help?"""

from __future__ import annotations


class ValueProblem(Exception):
    """A file or key that cannot be edited safely; `line` is 1-based, 0 where no line is to blame."""

    def __init__(self, message: str, line: int = 0, how: str = "") -> None:
        super().__init__(message)
        self.message, self.line, self.how = message, line, how

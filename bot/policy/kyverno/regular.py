"""Does a text match a regular expression as Go reads it, in time that grows with the text alone?

Policies come from anyone; an expression such as `(a+)+$` would keep Python's own engine busy for ever. RE2 is
the engine whose syntax Go's `regexp` shares, and it never backtracks.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Protocol

import re2

from bot.policy.kyverno.answers import QueryError

LONGEST = 2_000  # characters of an expression

_REFERENCE = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})", re.ASCII)


class Regular(Protocol):
    """A compiled expression, as far as it is used here."""

    def search(self, text: str) -> object:
        """Return the first match, None when there is none."""

    def sub(self, repl: Any, text: str) -> str:
        """Return the text with each match replaced by what the function `repl` makes of it."""


@lru_cache(maxsize=512)
def compile_regular(pattern: str) -> Regular:
    """Compile an expression; raises `QueryError` when it is none."""
    if len(pattern) > LONGEST:
        raise QueryError(f"a regular expression of more than {LONGEST} characters")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 8 << 20
    try:
        compiled: Regular = re2.compile(pattern, options)
    except re2.error as broken:
        said = broken.args[0] if broken.args else ""
        said = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        raise QueryError(f"`{pattern}` is no regular expression: {said}") from broken
    return compiled


def expand(template: str, found: Any) -> str:
    """Fill `$1`, `${name}` and `$$` of a replacement in, as Go's `Regexp.Expand` does: what is unknown is empty."""

    def group(reference: re.Match[str]) -> str:
        name = reference[1] or reference[2]
        if name is None:
            return "$"
        try:
            return found.group(int(name) if name.isdigit() else name) or ""
        except (IndexError, KeyError):
            return ""

    return _REFERENCE.sub(group, template)

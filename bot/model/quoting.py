"""How is a piece of text that somebody else wrote named inside one of our own sentences?"""

from __future__ import annotations

import unicodedata


def quoted(text: str, limit: int = 40) -> str:
    """Return the text in backticks on one line, shortened, so that it is inert in Markdown as in plain text.

    Backticks become apostrophes, and control, format and line-breaking characters become `?`, so nothing
    leaves the code span, notifies anyone or hides.
    """
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    safe = "".join("?" if unicodedata.category(one) in _HIDDEN else one for one in shown.replace("`", "'"))
    return f"`{safe}`" if safe.strip() else "an empty text"


_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))

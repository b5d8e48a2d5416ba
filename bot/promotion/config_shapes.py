"""What of a value that was read, and perhaps complained of, can be used?"""

from __future__ import annotations

from bot.promotion.config_read import Table
from bot.promotion.config_scalars import Value


def table(value: Value) -> Table:
    """Return a table, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def tables(value: Value) -> list[Table]:
    """Return the tables of a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def texts(value: Value) -> tuple[str, ...]:
    """Return the texts of a list."""
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def text(value: Value) -> str:
    """Return a text, '' for anything else."""
    return value if isinstance(value, str) else ""

"""Which engines for policies are there: for CEL, and for Rego?"""

from __future__ import annotations

from importlib import metadata

from bot.adapters.rego import WalledRego
from bot.policy.cel.engine import ABSENT, is_installed

_CEL = "cel-expr-python"


def cel_words() -> str:
    """Say in one line which engine evaluates CEL, or why none does."""
    return f"{_CEL} {metadata.version(_CEL)}" if is_installed() else f"none: {ABSENT}"


def policy_engines(rego: WalledRego) -> tuple[tuple[str, str], ...]:
    """Return what evaluates which language, each in one line; starts the Rego engine."""
    return (("CEL", cel_words()), ("Rego", rego.words()))

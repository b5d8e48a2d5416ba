"""What people are told about the mistakes they make. `UPDATE_GOLDEN=1 pytest` writes the words anew; read the diff."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.checks.fieldpath import parse
from bot.checks.schema import validate
from tests.checks.mistakes import CHANGED, RAW
from tests.checks.resources import body, resources

GOLDEN = Path(__file__).parent / "golden" / "mistakes.txt"
TAKEN = {"one level too deep", "an empty template"}  # sound by the schema, as the server would default or drop them


def mistaken() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each manifest with what is wrong with it."""
    for what, kind, place, value in CHANGED:
        one = body(kind)
        *above, last = parse(place)
        parent: Any = one
        for step in above:
            parent = parent[step]
        if value is ...:
            del parent[last]
        else:
            parent[last] = value
        yield what, one
    yield from RAW


def told() -> Iterator[str]:
    for what, one in mistaken():
        yield f"# {what}"
        for found in validate(resources(one), kubernetes="1.33", unknown_kinds="warn", environment="e"):
            yield f"{found.state} at {found.field or 'the top'}"
            yield f"  {found.message}"
            if found.how:
                yield f"  → {found.how}"
        yield ""


def test_the_words() -> None:
    text = "\n".join(told())
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


def test_every_mistake_is_found() -> None:
    found = {
        what: validate(resources(one), kubernetes="1.33", unknown_kinds="fail", environment="e")
        for what, one in mistaken()
    }
    assert len(found) > 40
    assert {what for what, findings in found.items() if not findings} == TAKEN

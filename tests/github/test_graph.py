"""What counts as an answer of GraphQL?"""

from __future__ import annotations

from typing import Any

import pytest

from bot.adapters.github.graph import Document, told
from bot.errors import TransientError

ASKED = ["repository", "p0"]
FOUND = {"databaseId": 1, "p0": None}


def error(kind: str | None, *path: str | int) -> dict[str, Any]:
    return {"message": "no", **({"type": kind} if kind else {}), **({"path": list(path)} if path else {})}


@pytest.mark.parametrize(
    ("errors", "data", "counts"),
    [
        ([], {"repository": FOUND}, True),
        ([error("NOT_FOUND", *ASKED)], {"repository": FOUND}, True),
        ([error("NOT_FOUND", *ASKED, "nodes", 0, "mergeCommit")], {"repository": FOUND}, False),
        ([error("NOT_FOUND", "repository")], {"repository": None}, False),
        ([error("NOT_FOUND")], {"repository": FOUND}, False),
        ([error("FORBIDDEN", *ASKED)], {"repository": FOUND}, False),
        ([error("RATE_LIMITED")], None, False),
        ([error(None)], None, False),
        ([], None, False),
    ],
)
def test_only_that_there_is_no_such_thing_may_stand_beside_an_answer(
    errors: list[dict[str, Any]], data: dict[str, Any] | None, counts: bool
) -> None:
    """A merge whose commit was not found looked like one that nobody knows the commit of."""
    answer = {"data": data, **({"errors": errors} if errors else {})}
    if counts:
        assert told(answer, "ask") == FOUND
        return
    with pytest.raises(TransientError, match="cannot ask"):
        told(answer, "ask")


def test_a_repository_is_not_followed_to_another_owner() -> None:
    """After a transfer GraphQL answered for the old name, but no branch is the old owner's: no promotion was known."""
    assert "repository(owner: $owner, name: $name, followRenames: false)" in Document().text


def test_the_limit_of_everything_is_waited_for() -> None:
    """Its status may be 200. To go on by REST then is what GitHub bans Apps for."""
    said = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}
    with pytest.raises(TransientError) as caught:
        told({"errors": [said]}, "ask")
    assert caught.value.retry_after == 60


@pytest.mark.parametrize("answer", [None, [], "html", {}])
def test_what_is_no_answer(answer: object) -> None:
    with pytest.raises(TransientError):
        told(answer, "ask")

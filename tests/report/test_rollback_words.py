"""What people read of rollbacks and of rewritten histories, each with its golden file.

`UPDATE_GOLDEN=1 pytest` writes them anew; read the diff.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.model.promotion import Change
from bot.model.repository import Actor, PullRequest
from bot.promotion import gates
from bot.promotion.locks import Rollback
from bot.promotion.plan import Conflict
from bot.promotion.standing import RolledBack
from bot.report import again, promotion, rollback
from tests.report.texts import HEAD, HOP, SOURCE, snapshot

GOLDEN = Path(__file__).parent / "golden-rollback"
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
HERE = HOP.target
BACK = replace(HOP, source=HERE, way="rollback")
SAID = Rollback("rollback", HERE.name, "lena", SOURCE, "before #12", "it <b>crashes</b>", NOON)
CHANGES = (
    Change(9, "Use web 1.2.0", "ann", "", "a" * 40, into=("development",)),
    Change(10, "Fix it now", "ben", "", "b" * 40, into=(HERE.name,)),
    Change(0, "By hand", "root", "", "c" * 40),
)
SHOT = replace(snapshot("x"), hop=BACK, changes=CHANGES, conflicts=(), drift=(), base="last promotion", rollback=SAID)
GATES = gates.evaluate(replace(SHOT.facts, hop=BACK, conflicts=(), changes=()))
DONE = PullRequest(
    15,
    "",
    "",
    Actor("lockkeeper[bot]", True),
    "",
    "closed",
    False,
    True,
    NOON,
    "omar",
    HEAD,
    "production",
    "",
    "",
    "",
    "",
)
UNDONE = RolledBack(15, NOON, ("#9",))
WORDS: Mapping[str, Callable[[], str]] = {
    "body.md": lambda: rollback.body(SHOT, GATES, SAID),
    "check.md": lambda: promotion.gate_check(BACK, GATES, sha=HEAD, record="").summary,
    "again-base.md": lambda: promotion.body(
        replace(SHOT, base="configured", rolled_back=UNDONE), GATES, promotion.Journey((), BACK)
    ),
    "commit.txt": lambda: rollback.commit_message(BACK, SAID, CHANGES, "5ea1"),
    "proposed.md": lambda: rollback.proposed(BACK, 15, GATES, SAID, "acme/env"),
    "released.md": lambda: rollback.released(BACK, "v1.1.1-0.rollback.1-prod", HEAD, GATES, SAID),
    "already.md": lambda: rollback.already(BACK, "before #12"),
    "missing.md": lambda: rollback.missing(BACK, "at `v1.0`", [Conflict("apps/web", "there was no such file", "", "")]),
    "underway.md": lambda: rollback.underway(BACK, 15, ""),
    "withdrawn.md": lambda: rollback.withdrawn(BACK, True),
    "stopped.md": lambda: "\n".join(
        [
            rollback.held(BACK, SAID, None),
            rollback.held(BACK, SAID, DONE),
            rollback.done(BACK, SAID, DONE),
            rollback.tag_done(BACK, SAID, "v1.1.1-0.rollback.1-prod"),
            rollback.tag_passed_by(BACK, "v1.1.1-0.rollback.1-prod", "abcdef1", "v1.1.0-prod"),
        ]
    ),
    "again.md": lambda: again.again_note(replace(SHOT, rolled_back=UNDONE)),
    "way-back.md": lambda: promotion.body(
        replace(SHOT, hop=replace(HOP, source=HERE, target=HOP.source, way="back"), rollback=None),
        GATES,
        promotion.Journey((HOP.source, HERE), HOP),
    ),
    "rewritten.md": lambda: promotion.body(
        replace(SHOT, hop=HOP, rollback=None, base="rewritten"), (), promotion.Journey((HOP.source, HERE), HOP)
    ),
    "vanished.md": lambda: promotion.body(
        replace(SHOT, hop=HOP, rollback=None, base="vanished"), (), promotion.Journey((HOP.source, HERE), HOP)
    ),
}


@pytest.mark.parametrize("name", WORDS)
def test_words(name: str) -> None:
    text, file = WORDS[name]() + "\n", GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        file.write_text(text)
    assert text == file.read_text()


def test_what_came_again_already_is_not_told_of_again() -> None:
    assert again.again_note(replace(SHOT, rolled_back=replace(UNDONE, includes=("#77",)))) == ""
    assert again.again_note(SHOT) == ""


def test_it_asks_nothing_that_a_new_change_has_to_show() -> None:
    assert [one.name for one in GATES] == ["order", "policy", "approvals"]

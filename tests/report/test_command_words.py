"""What commands answer, each with its golden file. `UPDATE_GOLDEN=1 pytest` writes them anew; read the diff."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from bot.intake.commands import Command, parse
from bot.model.environment import Approvers, Environment, People
from bot.model.gates import GateRules, Health, Window
from bot.model.promotion import Gate, Hop
from bot.promotion.gates import every
from bot.promotion.locks import Kept, Lock, LockKind
from bot.report import locks, replies, speaking, why
from bot.report.replies import Answer
from bot.report.why import Reasons
from tests.promotion.facts import HEAD, check, facts
from tests.report.rendering import OURS, render

GOLDEN = Path(__file__).parent / "golden-commands"
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
URL = "https://github.example/acme/shop/pull/7#issuecomment-1"
STAGING = Environment("staging", "staging", "overlays/staging", ("development",))
PRODUCTION = Environment(
    "production",
    "production",
    "overlays/production",
    ("staging",),
    approvers=Approvers(People(("omar",), ("leads",)), required=2),
    overriders=People(("lena",), ("platform",)),
    gates=GateRules(
        checks=("integration",),
        soak=timedelta(hours=1, minutes=30),
        health=Health(deployment=True, argocd=("web-staging",)),
        windows=(Window((0, 1, 2, 3), time(9), time(16), "Europe/Berlin"),),
        overridable=("soak", "window"),
    ),
)
HOP = Hop(STAGING, PRODUCTION)
EUROPE = Hop(
    STAGING,
    replace(PRODUCTION, name="europe", members=tuple(replace(PRODUCTION, name=one) for one in ("eu-west", "eu-north"))),
)
BACKWARDS = Hop(PRODUCTION, PRODUCTION, way="rollback")
SOAK = Gate("soak", "wait", "1a2b3c4 is to be in staging for 1h30m", "the clock", "nothing to do")


def lock(
    kind: LockKind = "lock", environment: str = "production", *, reason: str = "audit", hours: float = 3, pull: str = ""
) -> Lock:
    return Lock(kind, environment, "ann", reason, NOW - timedelta(hours=hours), URL, pull)


ALL = (
    lock(hours=72),
    lock("hold", "staging", reason="", hours=0.2, pull="acme/shop#9"),
    lock("hold", "staging", reason="until the *meeting* | at noon"),
    lock("freeze", "", reason="stocktaking", hours=0),
)


def command(line: str) -> Command:
    (found,) = parse(line, ("development", "staging", "production"), ours=True)
    assert isinstance(found, Command)
    return found


def told(*texts: str) -> str:
    return "\n\n---\n\n".join(texts)


WHY = replace(
    facts(hop=HOP, now=NOW),
    source_checks=(check("integration", None),),
    locks=(lock(), lock("freeze", "", reason="")),
)
WORDS: dict[str, Callable[[], str]] = {
    "shut.md": lambda: told(*(locks.placed(one) for one in ALL)),
    "standing.md": lambda: locks.standing(lock(), NOW),
    "taken.md": lambda: told(*(locks.taken(one, NOW) for one in ALL[:2])),
    "not-yours.md": lambda: locks.not_yours(lock(), "write", NOW),
    "opened.md": lambda: told(*(locks.opened(one, NOW) for one in ALL), locks.not_there(lock("freeze", ""))),
    "listing.md": lambda: locks.listing(Kept(ALL, (), ("refs/lockkeeper/lock/staging", "refs/lockkeeper/x")), NOW),
    "lost.md": lambda: locks.listing(Kept(), NOW, ALL),
    "unread.md": lambda: told(
        locks.listing(Kept(unread=("approve",)), NOW),
        locks.listing(Kept((lock(),), unread=("lock", "override")), NOW),
    ),
    "approved.md": lambda: told(
        speaking.approved(HOP, HEAD, "#7", Gate("approvals", "wait", "1 of 2 on aaaaaaa (@omar)")),
        speaking.approved(HOP, HEAD, "", Gate("approvals", "pass", "2 of 2 on aaaaaaa (@omar, @ann)")),
        speaking.approved(EUROPE, HEAD, "#7", Gate("approvals", "wait", "eu-north: 1 of 2"), ["eu-west"]),
        speaking.direct("production", "#7"),
        speaking.direct("production", ""),
        speaking.no_approver(HOP),
        speaking.own_change(HOP, True),
        speaking.own_change(HOP, False),
    ),
    "overridden.md": lambda: told(
        speaking.overridden(HOP, HEAD, SOAK, [replace(SOAK, state="pass")]),
        speaking.overridden(HOP, HEAD, SOAK, [Gate("checks", "wait", ""), Gate("window", "wait", "")]),
        speaking.not_overridable(HOP, "checks", ["soak", "window"]),
        speaking.not_overridable(HOP, "order", []),
        speaking.not_overridable(EUROPE, "checks", ["soak"]),
        speaking.no_overrider(HOP, "soak"),
        speaking.no_overrider(Hop(STAGING, replace(PRODUCTION, overriders=People())), "soak"),
        speaking.no_overrider(EUROPE, "soak"),
        speaking.no_overrider(HOP, "soak", ["ghosts"]),
    ),
    "moved.md": lambda: told(
        speaking.other_commit(command("/approve production --sha 1234567"), HEAD),
        speaking.moved(command("/override soak production the fix cannot wait"), HOP, HEAD),
    ),
    "where.md": lambda: told(
        speaking.say_where("approve", "", ["staging", "production"]),
        speaking.say_where("override", "development", ["staging", "production"]),
        speaking.say_where("why", "", []),
        speaking.not_underway("production", ["production already has everything that staging holds"]),
        speaking.several("production", ["#7", "#9", "acme/env#12"]),
        speaking.stands_still("production", ["#7"]),
    ),
    "would-change.md": lambda: told(
        replies.would_change(HOP, HEAD, "#7", True), replies.would_change(HOP, HEAD, "", False)
    ),
    "why.md": lambda: why.why([Reasons(HOP, ", waiting at checks.", every(WHY), "Europe/Berlin", "#7")]),
    "why-group.md": lambda: why.why(
        [
            Reasons(EUROPE, ", ready to merge.", every(replace(WHY, hop=EUROPE)), "UTC", "#7"),
            Reasons(HOP, "has nothing underway: it is there."),
            Reasons(BACKWARDS, ", waiting at window.", every(replace(WHY, hop=BACKWARDS)), "UTC", "#9"),
        ]
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WORDS)
def test_words(name: str) -> None:
    text, file = WORDS[name]() + "\n", GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        file.write_text(text)
    assert text == file.read_text()


def test_no_golden_file_is_left_behind() -> None:
    assert {file.name for file in GOLDEN.iterdir()} == set(WORDS)


@pytest.mark.parametrize(
    "word", ["@everyone", "<img src=x>", "[a](https://evil.example)", "a ` b", "`@everyone", "a | b", "*b*", "a\u2028b"]
)
def test_reasons_of_other_people_are_inert(word: str) -> None:
    """The command's line, the reason, and what stands under forged refs are other people's words."""
    record = lock(reason=word)
    opened = Gate("soak", "wait", word, word, word)
    answers = [
        Answer(f"/lock production {word}", locks.placed(record)),
        Answer("/lock production", locks.taken(record, NOW), "refused"),
        Answer("/unlock production", locks.opened(record, NOW)),
        Answer("/status", locks.listing(Kept((record,), (), (f"refs/lockkeeper/{word}",)), NOW)),
        Answer(f"/override soak {word}", speaking.overridden(HOP, HEAD, opened, [opened])),
        Answer(f"/override soak {word}", speaking.moved(command(f"/override soak {word}"), HOP, HEAD)),
        Answer("/why", why.why([Reasons(HOP, word, (opened,))])),
    ]
    seen = render(replies.reply(7, "ann", answers).replace("\n@ann\n", "\n", 1))
    assert seen.tags <= OURS
    assert seen.links == []
    assert seen.mentions == []

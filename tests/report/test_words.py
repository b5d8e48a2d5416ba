"""The words people read, each with its golden file. `UPDATE_GOLDEN=1 pytest` writes them anew; read the diff."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from bot.errors import RefusedError, UserError
from bot.model.environment import Approvers, Configuration, Environment, People
from bot.model.gates import GateRules
from bot.model.promotion import Change, Gate, Hop, Record
from bot.ports import CheckReport
from bot.promotion import gates
from bot.promotion.gates import OWN_CHECKS, GateFacts
from bot.promotion.journey import Journey as Travelled
from bot.promotion.journey import Stop
from bot.promotion.plan import Base, Conflict, Snapshot
from bot.report import help as help_words
from bot.report import journey, promotion, replies, trouble
from bot.report.plan_words import BASES
from bot.report.promotion import Journey
from bot.report.replies import Answer, StatusRow
from tests.promotion.facts import APP, HEAD, OLD, SOURCE, TARGET, approval, check

GOLDEN = Path(__file__).parent / "golden"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

DEVELOPMENT = Environment("development", "main", "overlays/development")
STAGING = Environment(
    "staging", "staging", "overlays/staging", ("development",), approvers=Approvers(People(teams=("qa",)), required=1)
)
PRODUCTION = Environment(
    "production",
    "production",
    "overlays/production",
    ("staging",),
    promote="manual",
    promoters=People(teams=("platform-leads",)),
    approvers=Approvers(People(("omar",), ("platform-leads", "security")), required=2),
    gates=GateRules(checks=("integration", "load-test")),
)
PIPELINE = Configuration((DEVELOPMENT, STAGING, PRODUCTION))
HOP = Hop(STAGING, PRODUCTION)
CHANGES = (
    Change(41, "Raise web to 1.5.0", "maya", "https://github.example/41", "c" * 40, NOON),
    Change(38, "Give the basket more memory | and *time*", "ben", "https://github.example/38", "d" * 40, NOON),
    Change(0, "Hot fix for the basket", "Omar Berg", "", "e" * 40, NOON),
)
CONFLICTS = (
    Conflict("base/deployment.yaml", "content", "image: web:1.5.0\n", "image: web:1.4.9\n"),
    Conflict("base/old.yaml", "modify/delete", "", "kind: ConfigMap\n"),
)
FACTS = GateFacts(
    hop=HOP,
    head_sha=HEAD,
    source_sha=SOURCE,
    source_holds=True,
    source_checks=(check("integration"), check("load-test", None)),
    head_checks=tuple(check(name) for name in OWN_CHECKS),
    approvals=(approval("omar"), approval("lena"), approval("sam", eligible=False), approval("vera", sha=OLD)),
    changes=CHANGES,
    requested_by="lena",
    app_id=APP,
)
OPEN = GateFacts(
    hop=Hop(DEVELOPMENT, Environment("staging", "staging", "", ("development",))),
    head_sha=HEAD,
    source_sha=SOURCE,
    source_holds=True,
    source_checks=(),
    head_checks=tuple(check(name, base="staging") for name in OWN_CHECKS),
    approvals=(),
    changes=CHANGES[:1],
    requested_by="",
    app_id=APP,
)
SNAPSHOT = Snapshot(
    hop=HOP,
    record=Record(SOURCE, "lena"),
    source_head=SOURCE,
    target_head=TARGET,
    base="last promotion",
    same=False,
    commit=HEAD,
    conflicts=(),
    facts=FACTS,
    changes=CHANGES,
    drift=("overlays/production/replicas.yaml", "overlays/production/hot`fix.yaml"),
)
ROUTE = tuple(
    Environment(name, branch, after=after, group=group)
    for name, branch, after, group in (
        ("development", "main", (), ""),
        ("staging", "staging", ("development",), ""),
        ("eu", "production", ("staging",), "regions"),
        ("us", "production", ("staging",), "regions"),
        ("edge", "edge", ("eu", "us"), ""),
        ("archive", "archive", ("edge",), ""),
    )
)
WAITING = Gate("approvals", "wait", "1 of 2 on aaaaaaa (@omar)", "team leads", "approve it", again=NOON)
FAILING = Gate("health", "fail", "web-staging is Degraded", "whoever runs staging", "see Argo CD")
JOURNEY = Travelled(
    CHANGES[0],
    ROUTE,
    (
        Stop("development", "reached", since=NOON),
        Stop("staging", "reached", 42, NOON),
        Stop("eu", "waiting", 43, waits="approvals: 1 of 2 on aaaaaaa (@omar)", gate=WAITING, days=3),
        Stop("us", "underway", 43, waits="ready to merge", repository="acme/us"),
        Stop("edge", "blocked", waits="conflict in `base/deployment.yaml`; see the check on the commit"),
        Stop("archive", "blocked", waits="it was rolled back; `/resume archive` brings it again", taken_back=45),
    ),
)
ARRIVED = Travelled(CHANGES[0], ROUTE[:1], (Stop("development", "reached", since=NOON),))
BLOCKED = Travelled(
    CHANGES[0],
    ROUTE[:2],
    (
        Stop("development", "ahead", waits="not there: this went straight to staging; bring it to `main`, too"),
        Stop("staging", "blocked", 44, waits="health: web-staging is Degraded", gate=FAILING, days=1),
    ),
)


LOST = Conflict(
    "overlays/staging",
    "nobody can say what staging held at 5555555, which was promoted last: the configuration names no place",
    "",
    "",
    lost="comment `/promote production` to have everything that staging holds laid over production",
)


def shown(report: CheckReport) -> str:
    lines = [f"title: {report.title}", f"conclusion: {report.conclusion}", "", report.summary]
    return "\n".join([*lines, *(["", "text:", "", report.text] if report.text else [])])


def body() -> str:
    return promotion.body(SNAPSHOT, gates.evaluate(FACTS), Journey(PIPELINE.environments, HOP))


def bases() -> str:
    """Return what a body says of what a promotion is compared with, wherever that came from."""
    found = []
    for base in get_args(Base):
        lines = promotion.body(replace(SNAPSHOT, base=base), (), Journey(PIPELINE.environments, HOP)).splitlines()
        found.append(f"{base}: {' '.join(one for one in lines if one.startswith('<sub>') and 'by itself' not in one)}")
    return "\n".join(found)


def checks_open() -> str:
    """Return the check runs of promotions whose gates are open, by pull request and by tag, and of direct changes."""
    tagged = replace(OPEN.hop, target=replace(OPEN.hop.target, strategy="tag"))
    judged = gates.evaluate(OPEN)
    (approvals,) = (one for one in judged if one.name == "approvals")
    waiting = replace(approvals, state="wait", owner="team qa")
    return "\n".join(
        [
            *(shown(promotion.gate_check(one, judged, sha=HEAD, record="")) for one in (OPEN.hop, tagged)),
            *(shown(promotion.direct_check(OPEN.hop.target, one, sha=HEAD)) for one in (waiting, approvals)),
        ]
    )


def reply() -> str:
    judged = gates.evaluate(FACTS)
    refusal = replies.refused(
        "`/promote production` is not for you",
        required="to be one of team platform-leads, who may promote to production",
        has="write permission; you are not among them",
        following="ask one of them to comment `/promote production`",
    )
    error = RefusedError(
        "cannot merge #43 of acme/shop", status=405, reason="At least 2 approving reviews are required.", how="ask"
    )
    return replies.reply(
        1001,
        "maya",
        [
            Answer("/promote production", replies.proposed(HOP, 43, judged)),
            Answer("/promote production", refusal, "refused"),
            Answer("/promot", replies.misunderstood("There is no command `/promot`.", "/promote staging")),
            Answer("/promote staging", replies.nothing("staging already has everything that development holds")),
            Answer("/promote staging", replies.remembered("staging")),
            Answer("/promote production", replies.failed(error), "refused"),
            Answer("/promote production", replies.stuck(HOP, CONFLICTS), "refused"),
        ],
    )


def status() -> str:
    rows = [
        StatusRow("development", "deploys from `main`: changes start here"),
        StatusRow("staging", "staging already has everything. Last promoted 2026-11-23 12:00 UTC by #42."),
        StatusRow("production", "waiting at checks, approvals.", gates.evaluate(FACTS), 43),
    ]
    return replies.status(rows)


WORDS: dict[str, Callable[[], str]] = {
    "promotion-body.md": body,
    "promotion-check-waiting.md": lambda: shown(promotion.gate_check(HOP, gates.evaluate(FACTS), sha=HEAD, record="")),
    "promotion-check-open.md": checks_open,
    "promotion-conflict.md": lambda: shown(trouble.conflict_check(HOP, CONFLICTS, sha=SOURCE, record="")),
    "promotion-lost.md": lambda: shown(trouble.conflict_check(HOP, (LOST,), sha=SOURCE, record="")),
    "promotion-bases.md": bases,
    "promotion-refused.md": lambda: shown(
        trouble.refused_check(
            HOP,
            RefusedError(
                "GitHub refused to move the branch promote/staging-to-production",
                status=403,
                reason="GH006: Protected branch update failed",
                how="let Lockkeeper's App push to this branch",
            ),
            sha=SOURCE,
            record="",
        )
    ),
    "promotion-troubled.md": lambda: shown(
        trouble.refused_check(
            HOP,
            UserError("more than 300000 paths differ", where="vendor", how="promote less at once"),
            sha=SOURCE,
            record="",
        )
    ),
    "promotion-commit.txt": lambda: promotion.commit_message(HOP, Record(SOURCE, "lena"), CHANGES, "0f" * 16),
    "journey.md": lambda: "\n\n".join(map(journey.comment, (JOURNEY, ARRIVED, BLOCKED))),
    "help.md": lambda: help_words.text(PIPELINE),
    "help-without-configuration.md": lambda: help_words.text(Configuration(found=False)),
    "reply.md": reply,
    "status.md": status,
}


@pytest.mark.parametrize("name", WORDS)
def test_words(name: str) -> None:
    text, file = WORDS[name]() + "\n", GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text)
    assert text == file.read_text()


def test_the_desk_has_words_for_whatever_a_promotion_is_compared_with() -> None:
    """It had none for a history that was rewritten, and stopped with a traceback."""
    assert {*BASES} == {*get_args(Base)}


ELSEWHERE = {"checks-refused.md", "checks-passed.md", "configuration-broken.md"}  # by tests of the flows
LOOKS = {"applications.md", "applications-check.md", "check.txt", "check-quiet.txt", "check.sarif"}
POLICIES = {"policy-test.txt", "policy-list.txt", "policy-explain.txt", "policy-explain-pack.txt"}
KNOWN = {*ELSEWHERE, *LOOKS, *POLICIES, *WORDS}


def test_no_golden_file_is_left_behind() -> None:
    assert {file.name for file in GOLDEN.iterdir()} == KNOWN

"""How do the gates read, one beside the other? Compared with a golden file; UPDATE_GOLDEN=1 writes it anew."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from bot.model.environment import Approvers, Environment, People
from bot.model.gates import FreezeRule, GateRules, Health
from bot.model.promotion import Gate
from bot.promotion.gates import GateFacts, Override, Running, evaluate
from bot.promotion.hours import shown
from bot.promotion.locks import Lock
from bot.promotion.times import parse_window
from bot.report import markdown
from bot.report.promotion import GATE_ICONS
from tests.promotion.facts import HEAD, QA, check, facts, hop
from tests.promotion.gates.test_health import application, deployed, status
from tests.promotion.gates.test_window import OFFICE, utc

GOLDEN = Path(__file__).parent.parent / "golden" / "gates.md"
FRIDAY, MONDAY = utc("2026-11-27T15:20:41"), utc("2026-11-30T09:30")
HOLIDAYS = FreezeRule(date(2026, 12, 20), date(2027, 1, 3), "Holidays", "Europe/Berlin")
ALL = GateRules(
    checks=("integration-tests",),
    test=("e2e",),
    health=Health(True, ("kustomization/web/*",), ("web-staging",)),
    soak=timedelta(hours=1),
    windows=(parse_window(OFFICE),),
    overridable=("window", "soak"),
)
PRODUCTION = hop(replace(QA, required=1), gates=ALL, on_drift="block", overriders=People(("lena",)))
FLUX = "kustomization/web/3fa85f64"
PROPOSED = facts(
    hop=PRODUCTION,
    approvals=(),
    head_checks=(),
    freezes=(HOLIDAYS,),
    running=Running(deployed("queued"), applications=(application("web-staging", sync="OutOfSync", since=None),)),
    now=FRIDAY,
)
WELL = replace(
    PROPOSED,
    source_checks=(check("integration-tests"), check("e2e"), status(FLUX, at=utc("2026-11-30T09:00:20"))),
    head_checks=facts().head_checks,
    approvals=facts().approvals,
    running=Running(
        deployed("success", utc("2026-11-30T08:31")),
        applications=(application("web-staging", since=utc("2026-11-30T08:32")),),
    ),
    now=MONDAY,
)
ROLLOUT = application("web-staging", health="Suspended", paused=True, resources=("Rollout web: CanaryPauseStep",))
BROKEN = replace(
    WELL,
    source_checks=(check("integration-tests", "failure"), check("e2e", "timed_out"), status(FLUX, "failure")),
    running=Running(
        deployed("failure"),
        applications=(application("web-staging", health="Degraded", resources=("Pod web-1: OOMKilled",)),),
    ),
    drift=("overlays/production/kustomization.yaml",),
)
SHUT = replace(
    WELL,
    locks=(
        Lock("lock", "production", "lena", "Audit of the cluster", utc("2026-11-27T10:00")),
        Lock("hold", "production", "omar", "", utc("2026-11-30T07:15")),
        Lock("freeze", "", "root", "Incident 812", utc("2026-11-30T08:00")),
    ),
    running=Running(deployed("success"), applications=(ROLLOUT,)),
)
MEMBERS = (
    Environment(
        "oslo",
        "production",
        approvers=QA,
        gates=GateRules(windows=(parse_window("Mon-Fri 10:00-18:00 Europe/Oslo"),)),
    ),
    Environment(
        "tokyo",
        "production",
        approvers=Approvers(People(teams=("tokyo-leads",)), required=1),
        gates=GateRules(windows=(parse_window("Mon-Fri 10:00-18:00 Asia/Tokyo"),)),
    ),
)
BY_QUINN = (replace(facts().approvals[0], apart=(("tokyo", ""),)),)
UNOWNED = Approvers(required=1, codeowners=True, unowned=("web/a.yaml", "web/b.yaml", "web/c.yaml", "web/d.yaml"))
SCENES: dict[str, GateFacts] = {
    "Just proposed, on a Friday afternoon": PROPOSED,
    "All is well, on Monday, half an hour after Flux was done": WELL,
    "An hour after": replace(WELL, now=utc("2026-11-30T10:00:20")),
    "Much is broken": BROKEN,
    "Shut by people, and a Rollout that waits for a person": SHUT,
    "In the holidays": replace(WELL, now=utc("2026-12-24T09:30")),
    "Somebody opened the window": replace(
        WELL,
        now=FRIDAY,
        source_checks=(check("integration-tests"), check("e2e"), status(FLUX, at=utc("2026-11-27T14:00"))),
        running=Running(
            deployed("success", utc("2026-11-27T13:58")),
            applications=(application("web-staging", since=utc("2026-11-27T14:01")),),
        ),
        overrides=(Override("window", "lena", "Incident 812: the fix has to go out", HEAD),),
    ),
    "A group of two": replace(WELL, hop=hop(members=MEMBERS), freezes=(), approvals=BY_QUINN),
    "A group of two, before anybody approved": replace(WELL, hop=hop(members=MEMBERS), freezes=(), approvals=()),
    "Nobody is named, and nobody owns what changes": facts(hop=hop(UNOWNED), approvals=()),
}


def told(scene: str, given: GateFacts) -> str:
    rows = [
        [
            f"{GATE_ICONS[gate.state]} {gate.name}",
            markdown.prose(gate.reason),
            markdown.prose(gate.owner) or "–",
            markdown.prose(gate.next) or "–",
            again(gate, given),
        ]
        for gate in evaluate(given)
    ]
    table = markdown.table(["gate", "why", "waits for", "next step", "looked at again"], rows)
    return f"## {scene} ({shown(given.now, given.zone)})\n\n{table}\n"


def again(gate: Gate, given: GateFacts) -> str:
    return shown(gate.again, given.zone) if gate.again else "–"


def test_the_words() -> None:
    text = "\n".join(told(scene, given) for scene, given in SCENES.items())
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


def test_a_gate_that_is_not_open_names_its_owner_and_the_next_step() -> None:
    for scene, given in SCENES.items():
        for gate in evaluate(given):
            assert gate.state == "pass" or (gate.owner and gate.next), (scene, gate)
            assert gate.state != "pass" or not (gate.owner or gate.next), (scene, gate)
            assert gate.again is None or gate.again > given.now, (scene, gate)

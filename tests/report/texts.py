"""Every text of ours that carries words of others, made with one such word everywhere it can stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from bot.checks.diff import EnvironmentDiff, ResourceChange
from bot.errors import RefusedError, UserError
from bot.model.environment import ConfigProblem, Configuration
from bot.model.finding import Finding
from bot.model.manifest import ResourceKey
from bot.model.promotion import Change, Gate, Record
from bot.promotion import gates
from bot.promotion.journey import Journey as Travelled
from bot.promotion.journey import Stop
from bot.promotion.locks import Rollback
from bot.promotion.plan import Conflict, Snapshot
from bot.promotion.standing import RolledBack
from bot.report import again, configuration, findings, journey, promotion, pull_comment, replies, rollback, trouble
from bot.report.promotion import Journey
from bot.report.pull_comment import EnvironmentResult, PullChecks
from bot.report.replies import Answer
from tests.promotion.facts import HEAD, SOURCE, TARGET, approval, facts, hop

HOP = hop()


def finding(word: str, **changes: object) -> Finding:
    made = Finding(
        concern="policies",
        policy="pack",
        rule=word,
        state="fail",
        message=f"{word} is not `{word.replace('`', '')}`",
        severity="high",
        title=word,
        resource=ResourceKey("apps", "Deployment", "shop", word),
        environment="staging",
        field=word,
        path=f"base/{word}",
        line=3,
        how=word,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # words of a table


def checks(word: str) -> PullChecks:
    change = ResourceChange(
        ResourceKey("", "ConfigMap", "shop", word), "changed", f"@@ -1 +1 @@\n-a: {word}\n+b: {word}", (word,), (word,)
    )
    return PullChecks(
        head_sha=HEAD,
        results=(
            EnvironmentResult("staging", True, EnvironmentDiff((change,))),
            EnvironmentResult("production", False, EnvironmentDiff(), note=word),
        ),
        findings=(finding(word), finding(word, state="warn"), finding(word, new=False)),
        approvers="@quinn, team qa",
        notes=(word,),
    )


NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
REF = "v1.2.0"  # a ref as the parser of commands lets it through


def snapshot(word: str) -> Snapshot:
    changes = (Change(1, word, "ann", "", "c" * 40), Change(0, word, word, "", "d" * 40))
    this = facts(conflicts=(word,), changes=changes, approvals=(approval("quinn", sha="b" * 40),))
    return Snapshot(
        hop=HOP,
        record=Record(SOURCE, "lena"),
        source_head=SOURCE,
        target_head=TARGET,
        base="merge base",
        same=False,
        commit=HEAD,
        conflicts=(Conflict(word, word, word, word),),
        facts=this,
        changes=changes,
        drift=(word,),
    )


def texts(word: str) -> Mapping[str, str]:
    """Return every text with that word in it, by name."""
    seen, shot = checks(word), snapshot(word)
    judged = gates.evaluate(shot.facts)
    policies = findings.check_report("policies", seen.findings, sha=HEAD, base="staging", environments=["staging"])
    told = promotion.gate_check(HOP, judged, sha=HEAD, record="")
    conflict = trouble.conflict_check(HOP, shot.conflicts, sha=HEAD, record="")
    refused = trouble.refused_check(HOP, RefusedError(word, status=422, reason=word, how=word), sha=HEAD, record="")
    problem = ConfigProblem(word, 3, f"{word} is wrong", f"write {word}")
    broken = configuration.broken([problem], sha=HEAD, under_review=True)
    said = Rollback("rollback", HOP.target.name, "lena", SOURCE, f"at `{REF}`", word, NOON)
    line = f"/promote {' '.join(word.split())}"
    answers = [
        Answer(line, replies.misunderstood(f"{word} is no environment", line)),
        Answer(line, replies.failed(RefusedError(word, status=404, reason=word, where=word, how=word))),
        Answer(line, replies.failed(UserError(word))),
        Answer(line, replies.nothing(word)),
        Answer(line, replies.stuck(HOP, shot.conflicts)),
        Answer(line, replies.broken_configuration([problem])),
        Answer(line, replies.proposed(HOP, 9, judged)),
    ]
    return {
        "comment": pull_comment.comment(seen),
        "full text": pull_comment.full_text(seen),
        "policies summary": policies.summary,
        "policies text": policies.text,
        "promotion body": promotion.body(shot, judged, Journey((HOP.source, HOP.target), HOP)),
        "rollback body": rollback.body(shot, judged, said),
        "rollback words": "\n\n".join(
            [
                rollback.withdrawn(HOP, True),
                rollback.missing(HOP, f"at `{REF}`", shot.conflicts),
                again.again_note(replace(shot, rolled_back=RolledBack(3, None, ("#1",)))),
            ]
        ),
        "gates": told.summary,
        "conflict": f"{conflict.summary}\n\n{conflict.text}",
        "refused": refused.summary,
        "configuration": broken.summary,
        "journey": journey.comment(
            Travelled(
                Change(7, word, word, "", "c" * 40),
                (replace(HOP.source, name=word, group=word), HOP.target),
                (
                    Stop(word, "waiting", 3, waits=word, gate=Gate("soak", "wait", word, word, word), days=3),
                    Stop(HOP.target.name, "blocked", waits=word),
                ),
            )
        ),
        "reply": replies.reply(7, "ann", answers).replace("\n@ann\n", "\n", 1),  # the one mention that is meant
    }


EMPTY = Configuration()

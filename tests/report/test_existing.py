"""What was there before a change is told in few words, counted by rule, and never mixed with what is new."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model.finding import Finding, State
from bot.model.manifest import ResourceKey
from bot.report import existing, findings, pull_comment, text
from bot.report.look import Look
from bot.report.pull_comment import PullChecks


def violation(name: str, rule: str = "no-root", state: State = "fail", *, new: bool = False) -> Finding:
    return Finding(
        concern="policies",
        policy="security",
        rule=rule,
        state=state,
        message="words",
        title=f"Title of {rule}",
        resource=ResourceKey("apps", "Deployment", "shop", name),
        environment="production",
        field="spec.x",
        path=f"apps/{name}.yaml",
        line=3,
        new=new,
    )


SEVEN = [violation(f"web-{number}") for number in range(7)]
TWO = [violation(f"new-{number}", new=True) for number in range(2)]
UNCLEAR = [replace(violation(f"web-{number}", "peering", "not evaluable here"), field="") for number in range(3)]

TITLES: dict[str, tuple[list[Finding], str]] = {
    "nothing": ([], "All policies pass in production"),
    "old ones": (SEVEN, "No new findings; 7 existing violations"),
    "new ones": (TWO, "2 problems to mend before merging"),
    "both": ([*SEVEN, *TWO], "2 problems to mend before merging; 7 existing violations"),
    "what nobody can know here is no violation": (UNCLEAR, "No new findings; 3 not evaluable here"),
    "and never a pass": (
        [replace(one, new=True) for one in UNCLEAR],
        "3 not evaluable here, nothing blocks",
    ),
    "all of it": (
        [*SEVEN, *TWO, *UNCLEAR, violation("w", "audited", "warn", new=True)],
        "2 problems to mend before merging, 1 warning; 7 existing violations, 3 not evaluable here",
    ),
    "what an exception lifts": ([violation("web", "no-root", "skip")], "All policies pass in production"),
}


@pytest.mark.parametrize("case", TITLES)
def test_the_title_of_the_check_run(case: str) -> None:
    found, title = TITLES[case]
    report = findings.check_report("policies", found, sha="a" * 40, base="main", environments=["production"])
    assert report.title == title
    assert report.conclusion == ("failure" if "to mend" in title else "success")
    assert ("do not block this change" in report.summary) == ("existing" in title or title.startswith("No new"))


def test_by_rule_the_worst_first_then_what_there_is_most_of() -> None:
    old = [*UNCLEAR, violation("a", "rare"), *SEVEN, violation("b", "audited", "warn")]
    counts = [(name, len(groups)) for name, groups in existing.by_rule([*old, *TWO])]
    assert counts == [
        ("security/no-root", 7),
        ("security/rare", 1),
        ("security/audited", 1),
        ("security/peering", 3),
    ]


def test_the_comment_sums_up_what_was_there() -> None:
    body = pull_comment.comment(PullChecks("a" * 40, (), (*SEVEN, *TWO)))
    assert "<summary>7 findings that the base branch already has do not block this change.</summary>" in body
    assert "| ❌ Title of no-root | `security/no-root` | 7 | production |" in body
    assert body.count("apps/web-3.yaml") == 0 and body.count("apps/new-1.yaml") == 1


def test_the_terminal_sums_up_what_was_there() -> None:
    said = text.check(Look((), (*SEVEN, *TWO)))
    assert "There before, and does not block:\n  error: 7 × Title of no-root [security/no-root]\n" in said
    assert "apps/web-3.yaml" not in said
    assert "There before" not in text.check(Look((), tuple(TWO)))


def test_very_many_rules_are_not_all_named() -> None:
    old = [violation("web", f"rule-{number}") for number in range(30)]
    assert "and 10 more rules" in existing.section(old)
    assert "… 10 more rules" in text.check(Look((), tuple(old)))


def test_a_title_of_a_policy_is_no_markup() -> None:
    evil = replace(violation("web"), title="<img src=x> | @ann", environment="pro|duction")
    assert "\\<img" in existing.section([evil])
    assert "@ann" not in existing.section([evil])

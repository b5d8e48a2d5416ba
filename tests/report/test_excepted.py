"""What the configuration excepts is told with its end and its reason, and counts for nothing else."""

from __future__ import annotations

import json
from dataclasses import replace

from bot.model.finding import Finding
from bot.model.manifest import ResourceKey
from bot.report import excepted, findings, pull_comment, record, sarif, text
from bot.report.look import Look
from bot.report.pull_comment import PullChecks

VIOLATION = Finding(
    concern="policies",
    policy="run-as-non-root",
    rule="run-as-non-root",
    state="skip",
    message="A container may run as root.",
    title="Not as root",
    resource=ResourceKey("apps", "Deployment", "shop", "web"),
    environment="production",
    path="apps/web.yaml",
    line=3,
    excepted="until 2027-06-30: the vendor's image | needs `root` @ann",
)
OTHER = replace(VIOLATION, rule="another", title="", resource=ResourceKey("", "Pod", "", "api"), path="", new=False)
BROKEN = replace(VIOLATION, state="fail", excepted="", resource=ResourceKey("apps", "Deployment", "shop", "db"))


def check(*found: Finding) -> tuple[str, str, str]:
    report = findings.check_report("policies", found, sha="a" * 40, base="main", environments=["production"])
    return report.title, str(report.conclusion), report.summary


def test_the_check_run_passes_and_tells_them() -> None:
    title, conclusion, summary = check(VIOLATION, OTHER)
    assert (title, conclusion) == ("All policies pass in production; 2 excepted", "success")
    assert "<summary>2 violations are excepted by the configuration.</summary>" in summary
    row = next(line for line in summary.splitlines() if "Not as root" in line)
    assert "`run-as-non-root`" in row
    assert "`Deployment web`" in row
    assert "until 2027-06-30" in row
    assert "| needs" not in row.replace("\\|", "")  # a table stays one, whatever a reason says
    assert "@ann" not in row
    assert "`run-as-non-root/another`" in summary


def test_with_others_to_mend() -> None:
    title, conclusion, _ = check(VIOLATION, BROKEN)
    assert (title, conclusion) == ("1 problem to mend before merging; 1 excepted", "failure")


def test_the_other_check_run_says_nothing_of_them() -> None:
    report = findings.check_report("manifests", [VIOLATION], sha="a" * 40, base="main", environments=["production"])
    assert "excepted" not in report.title + report.summary


def test_nothing_is_said_of_none() -> None:
    assert "excepted" not in "".join(check(BROKEN))
    assert excepted.section([BROKEN]) == excepted.briefly([BROKEN]) == ""


def test_the_comment_tells_them_once() -> None:
    body = pull_comment.comment(PullChecks("a" * 40, (), (VIOLATION, replace(VIOLATION, environment="staging"))))
    assert body.count("Not as root") == 1
    assert "1 violation is excepted by the configuration." in body
    assert "production and staging" in body
    assert "To mend" not in body
    assert "does not block this change" not in body


def test_the_desk_tells_them() -> None:
    look = Look((), (VIOLATION, OTHER))
    said = text.check(look)
    assert "note: run-as-non-root: Deployment web in production, excepted until 2027-06-30: the vendor's image" in said
    assert said.rstrip().endswith("Nothing blocks, 2 excepted.")
    assert not look.blocks
    assert text.check(look, quiet=True) == ""


def test_programs_read_them() -> None:
    (found,) = json.loads(record.check(Look((), (VIOLATION,))))["findings"]
    assert (found["state"], found["blocks"], found["excepted"]) == ("skip", False, VIOLATION.excepted)
    assert json.loads(sarif.log([VIOLATION], version="1.0.0"))["runs"][0]["results"] == []


def test_many_are_cut() -> None:
    many = [replace(VIOLATION, resource=ResourceKey("", "Pod", "", f"p{number}"), path="") for number in range(60)]
    assert "and 10 more" in excepted.section(many)
    assert list(excepted.lines(many))[-1] == "and 10 more"

"""What does a tag that is to be set do to its environment? There is no pull request: our checks stand on the commit."""

from __future__ import annotations

from dataclasses import replace

from bot.errors import RefusedError, TransientError, UserError
from bot.flows.check_pull import CONCERNS
from bot.flows.environments import Reached
from bot.flows.evaluation import Evaluation, evaluate_change
from bot.flows.house import House
from bot.flows.packs import load_packs
from bot.flows.question import Question, Sides
from bot.flows.tools import Tools
from bot.model.finding import Finding
from bot.model.tree import EMPTY_TREE
from bot.promotion.gates import own_checks
from bot.promotion.places import target_of
from bot.promotion.plan import Snapshot
from bot.report import findings as words


def is_unchecked(snapshot: Snapshot) -> bool:
    """Say whether one of our checks is still to be written on the commit."""
    facts = snapshot.facts
    there = {one.name for one in facts.head_checks if one.app_id == facts.app_id and one.status == "completed"}
    return not there.issuperset(own_checks(snapshot.hop))


def check_tag(tools: Tools, house: House, snapshot: Snapshot) -> None:
    """Compare the commit with the one that the target's newest tag is on, and write our checks on it."""
    repository, sha, hop = target_of(snapshot.hop, house.home).repository, snapshot.commit, snapshot.hop
    names = [one.name for one in hop.target.members or (hop.target,)]
    error: UserError | None = None
    findings: tuple[Finding, ...] = ()
    try:
        findings = evaluate_hop(tools, house, snapshot).findings
    except (RefusedError, TransientError):
        raise
    except UserError as one:
        error = one
    for concern, name in zip(CONCERNS, own_checks(hop), strict=True):
        given = {"sha": sha, "base": hop.target.tag}
        report = (
            words.unchecked(concern, error, **given)
            if error
            else words.check_report(concern, findings, environments=names, **given)
        )
        tools.github.ensure_check(repository, replace(report, name=name))


def evaluate_hop(tools: Tools, house: House, snapshot: Snapshot) -> Evaluation:
    """Compare what a hop's target holds with what it would hold."""
    git, hop = tools.git, snapshot.hop
    repository, base = target_of(hop, house.home).repository, snapshot.target_head or EMPTY_TREE
    local = replace(house, repository=repository).local()
    members = {one.name for one in hop.target.members or (hop.target,)}
    question = Question(
        repository.full_name,
        local,
        load_packs(tools.builtin_pack, local, git.open(house.home, house.rules.sha)),
        [Reached(one, True) for one in local.environments if one.name in members],
        Sides(
            git.open(repository, base),
            git.open(repository, snapshot.commit),
            git.changed_paths(repository, base, snapshot.commit),
            promotion=True,
        ),
        default_branch=house.rules.default_branch,
        host=tools.host,
    )
    return evaluate_change(tools.workbench(repository), question)

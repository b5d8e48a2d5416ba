"""What does a pull request do to each environment, and may it be merged?

Gather: the pull request, the rules of the default branch, base and merged tree. Decide: render, validate, judge,
compare. Apply: one check run per concern, one comment, the approvers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.errors import RefusedError, TransientError, UserError
from bot.flows.direct import judge_direct_change
from bot.flows.environments import Reached, reached_by
from bot.flows.evaluation import Evaluation, evaluate_change
from bot.flows.packs import load_packs
from bot.flows.promotions import is_promotion
from bot.flows.proposal import read_proposal
from bot.flows.proposal import report as report_proposal
from bot.flows.question import Question, Sides
from bot.flows.rules import Rules, read_rules
from bot.flows.tools import Tools
from bot.model.finding import Concern
from bot.model.repository import PullRequest, Repository
from bot.ports import CheckReport
from bot.promotion.gates import names
from bot.report import configuration as configuration_words
from bot.report import findings as finding_words
from bot.report import pull_comment

CONCERNS: tuple[Concern, ...] = ("manifests", "policies")


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks of one pull request came to; `checks` is None when it reaches no environment."""

    pull: PullRequest
    rules: Rules
    checks: pull_comment.PullChecks | None = None
    trouble: UserError | None = None  # why it could not be looked at


def check_pull(tools: Tools, repository: Repository, number: int, *, write: bool = True) -> Checked:
    """Check one pull request and say what was found; with `write` False only look.

    A closed pull request, and one into a branch no environment comes from, is left alone.
    """
    pull = tools.github.pull(repository, number)
    tools.git.fetch(repository, [f"refs/pull/{number}/head"])
    rules = read_rules(tools, repository)
    if pull.state != "open":
        return Checked(pull, rules)
    base_sha = tools.git.resolve(repository, f"refs/heads/{pull.base_ref}")
    if tools.git.resolve(repository, f"refs/pull/{number}/head") != pull.head_sha:
        raise TransientError(f"GitHub does not say the same of #{number} everywhere yet")
    if base_sha is None:
        return Checked(pull, rules)  # its branch is gone
    forked = tools.git.merge_base(repository, base_sha, pull.head_sha) or base_sha
    touched = tools.git.changed_paths(repository, forked, pull.head_sha)
    proposal = read_proposal(tools, repository, pull, rules, touched)
    told = report_proposal(proposal, rules, pull.head_sha)
    if write and told is not None:
        tools.github.ensure_check(repository, told)
    governing = rules
    if rules.problems:
        if proposal.configuration is None:
            if write:
                _say_unchecked(tools, repository, pull, BROKEN_RULES)
            return Checked(pull, rules)
        governing = replace(rules, configuration=proposal.configuration, problems=())
    try:
        checks = _examine(tools, repository, pull, governing, base_sha)
    except RefusedError:
        raise
    except UserError as error:
        if write:
            _say_unchecked(tools, repository, pull, error)
        return Checked(pull, rules, trouble=error)
    if checks is not None:
        checks = replace(checks, findings=proposal.settle(checks.findings))
    if checks is not None and write:
        _publish(tools, repository, pull, governing, checks)
        if not is_promotion(pull, tools.github.bot_login, governing.configuration):
            judge_direct_change(tools, repository, pull, governing.configuration)
    return Checked(pull, rules, checks)


BROKEN_RULES = UserError(
    "the configuration on the default branch is broken, so nothing can be judged",
    where=configuration_words.PATH,
    how="mend it there; the check `lockkeeper / configuration` on that branch names every mistake",
)


def _say_unchecked(tools: Tools, repository: Repository, pull: PullRequest, error: UserError) -> None:
    for concern in CONCERNS:
        report = finding_words.unchecked(concern, error, sha=pull.head_sha, base=pull.base_ref)
        tools.github.ensure_check(repository, report)


def _examine(
    tools: Tools, repository: Repository, pull: PullRequest, rules: Rules, base_sha: str
) -> pull_comment.PullChecks | None:
    configuration = rules.configuration
    if configuration.found and all(one.branch != pull.base_ref for one in configuration.environments):
        return None
    if not tools.trusted and pull.from_fork(repository):
        raise UserError(
            "manifests of forks are not rendered here",
            how="the operator's machine offers neither Landlock nor network namespaces; see `lockkeeper doctor`",
        )
    outcome = tools.git.merge_trees(repository, base=None, source=pull.head_sha, target=base_sha, protect=())
    notes: tuple[str, ...] = ()
    if outcome.conflicts:
        notes = (f"It conflicts with {pull.base_ref}; what is shown here is the branch as it stands.",)
    head_tree = outcome.tree or pull.head_sha
    base, head = tools.git.open(repository, base_sha), tools.git.open(repository, head_tree)
    reached = reached_by(configuration, pull.base_ref, rules.default_branch, base, head)
    if not reached:
        return None
    touched = tools.git.changed_paths(repository, base_sha, head_tree)
    promotion = is_promotion(pull, tools.github.bot_login, configuration)
    packs = load_packs(tools.builtin_pack, configuration, tools.git.open(repository, rules.sha) if rules.sha else base)
    question = Question(
        repository.full_name,
        configuration,
        packs,
        reached,
        Sides(base, head, touched, promotion),
        default_branch=rules.default_branch,
        host=tools.host,
    )
    evaluation = evaluate_change(tools.workbench(repository), question)
    checks = _words(pull, rules, reached, evaluation, notes)
    return replace(checks, approvers="") if promotion else checks  # its gates say who has to approve


def _words(
    pull: PullRequest,
    rules: Rules,
    reached: Sequence[Reached],
    evaluation: Evaluation,
    notes: tuple[str, ...],
) -> pull_comment.PullChecks:
    deployed = [one.environment for one in reached if one.deployed]
    approvers = ", ".join(dict.fromkeys(names(one.approvers) for one in deployed if one.approvers.people))
    return pull_comment.PullChecks(
        head_sha=pull.head_sha,
        results=evaluation.results,
        findings=evaluation.findings,
        approvers=approvers,
        hint="" if rules.configuration.found else configuration_words.HINT,
        notes=notes,
    )


def _publish(
    tools: Tools, repository: Repository, pull: PullRequest, rules: Rules, checks: pull_comment.PullChecks
) -> None:
    body = pull_comment.comment(checks)
    if pull_comment.is_cut(body):
        url = tools.outputs.keep(repository, f"Pull request #{pull.number}", pull_comment.full_text(checks))
        checks = pull_comment.with_link(checks, url)
        body = pull_comment.comment(checks)
    for report in reports(checks, pull):
        tools.github.ensure_check(repository, report)
    tools.github.ensure_comment(repository, pull.number, pull_comment.MARKER, body)
    for environment in rules.configuration.environments:
        approvers = environment.approvers
        if environment.branch != pull.base_ref or pull.draft:
            continue
        if approvers.people:
            tools.github.ensure_reviewers(repository, pull.number, approvers.people)
        if approvers.assign:
            tools.github.ensure_assignees(repository, pull.number, approvers.assign)


def reports(checks: pull_comment.PullChecks, pull: PullRequest) -> tuple[CheckReport, ...]:
    """Return the check runs, one per concern."""
    names_of = [one.name for one in checks.results]
    return tuple(
        finding_words.check_report(
            concern,
            checks.findings,
            sha=pull.head_sha,
            base=pull.base_ref,
            environments=names_of,
            full_url=checks.full_url,
        )
        for concern in CONCERNS
    )

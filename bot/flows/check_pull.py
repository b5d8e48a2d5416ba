"""What does a pull request do to each environment, and may it be merged?

Gather: the pull request, the rules of the default branch, base and merged tree. Decide: render, validate, judge,
compare. Apply: one check run per concern, one comment, the approvers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.errors import RefusedError, TransientError, UserError
from bot.flows.direct import ask_for_direct_change, judge_direct_change
from bot.flows.environments import reached_by
from bot.flows.evaluation import Evaluation, evaluate_change
from bot.flows.house import House, environments_of, read_house, version_of
from bot.flows.packs import load_packs
from bot.flows.proposal import read_proposal
from bot.flows.proposal import report as report_proposal
from bot.flows.question import Question, Sides
from bot.flows.rules import read_rules
from bot.flows.tools import Tools
from bot.flows.untouched import say_untouched
from bot.model.environment import Environment
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
    """What the checks of one pull request came to; `checks` is None when it reaches no environment.

    `house` says whose rules hold, `version` changes when what was judged by does.
    """

    pull: PullRequest
    house: House
    version: str
    checks: pull_comment.PullChecks | None = None
    trouble: UserError | None = None  # why it could not be looked at


def check_pull(tools: Tools, repository: Repository, number: int, *, write: bool = True) -> Checked:
    """Check one pull request and say what was found; with `write` False only look.

    A closed pull request, and one into a branch no environment comes from, is left alone.
    """
    pull = tools.github.pull(repository, number)
    tools.git.fetch(repository, [f"refs/pull/{number}/head"])
    own = read_rules(tools, repository)
    house = read_house(tools, repository, own)
    rules = house.rules
    nothing = Checked(pull, house, version_of(own, house))
    if pull.state != "open":
        return nothing
    base_sha = tools.git.resolve(repository, f"refs/heads/{pull.base_ref}")
    if tools.git.resolve(repository, f"refs/pull/{number}/head") != pull.head_sha:
        raise TransientError(f"GitHub does not say the same of #{number} everywhere yet")
    if base_sha is None:
        return nothing  # its branch is gone
    forked = tools.git.merge_base(repository, base_sha, pull.head_sha) or base_sha
    touched = tools.git.changed_paths(repository, forked, pull.head_sha)
    proposal = read_proposal(tools, repository, pull, own, touched)
    told = report_proposal(proposal, own, pull.head_sha)
    if write and told is not None:
        tools.github.ensure_check(repository, told)
    if rules.problems or own.problems:
        if proposal.configuration is None or house.is_elsewhere:
            if write:
                _say_unchecked(tools, repository, pull, BROKEN_RULES)
            return nothing
        house = replace(house, rules=replace(rules, configuration=proposal.configuration, problems=()))
    try:
        checks = _examine(tools, house, pull, own.default_branch, base_sha)
    except RefusedError:
        raise
    except UserError as error:
        if write:
            _say_unchecked(tools, repository, pull, error)
        return replace(nothing, trouble=error)
    if checks is not None:
        checks = replace(checks, findings=proposal.settle(checks.findings), hint=proposal.hint(house.rules))
    if checks is not None and write:
        changed = _changed(tools, house, pull, checks)
        _publish(tools, repository, pull, checks)
        say_untouched(tools, house, pull, changed)
        if house.promotion(pull, tools.github.bot_login) is None:  # for a promotion, its own flow asks
            if not pull.draft:
                ask_for_direct_change(tools, house, pull, changed)
            judge_direct_change(tools, house, pull, changed)
    return replace(nothing, checks=checks)


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
    tools: Tools, house: House, pull: PullRequest, default_branch: str, base_sha: str
) -> pull_comment.PullChecks | None:
    repository, rules, configuration = house.repository, house.rules, house.local()
    if configuration.found and all(one.branch != pull.base_ref for one in configuration.environments):
        return None
    if not tools.trusted and pull.from_fork(repository):
        raise UserError(
            "manifests of forks are not rendered here",
            how="the operator's machine offers neither Landlock nor network namespaces; see `lockkeeper doctor`",
        )
    outcome = tools.git.merge_trees(repository, base=None, source=pull.head_sha, target=base_sha, protect=())
    notes: tuple[str, ...] = ()
    if outcome.conflicts:  # against the tip it would seem to take back what others merged since then
        notes = (f"It conflicts with {pull.base_ref}; what is shown here is what the branch changed since it left.",)
        base_sha = tools.git.merge_base(repository, base_sha, pull.head_sha) or base_sha
    head_tree = outcome.tree or pull.head_sha
    base, head = tools.git.open(repository, base_sha), tools.git.open(repository, head_tree)
    reached = reached_by(configuration, pull.base_ref, default_branch, base, head)
    if not reached:
        return None
    touched = tools.git.changed_paths(repository, base_sha, head_tree)
    promotion = house.promotion(pull, tools.github.bot_login) is not None
    packs = load_packs(tools.builtin_pack, configuration, tools.git.open(house.home, rules.sha) if rules.sha else base)
    question = Question(
        repository.full_name,
        configuration,
        packs,
        reached,
        Sides(base, head, touched, promotion),
        default_branch=default_branch,
        host=tools.host,
    )
    evaluation = evaluate_change(tools.workbench(repository), question)
    checks = _words(pull, evaluation, notes)
    if promotion:  # its gates say who has to approve
        return checks
    asked = [one.approvers for one in _changed(tools, house, pull, checks) if one.approvers.people]
    return replace(checks, approvers=", ".join(dict.fromkeys(names(one) for one in asked)))


def _changed(tools: Tools, house: House, pull: PullRequest, checks: pull_comment.PullChecks) -> tuple[Environment, ...]:
    """Return the environments that the pull request changes once merged: by their own files, or by shared ones."""
    own = {one.name for one in environments_of(tools, house, pull)}
    own |= {one.name for one in checks.results if one.deployed}
    return tuple(one for one in house.environments() if one.branch == pull.base_ref and one.name in own)


def _words(pull: PullRequest, evaluation: Evaluation, notes: tuple[str, ...]) -> pull_comment.PullChecks:
    return pull_comment.PullChecks(
        head_sha=pull.head_sha,
        results=evaluation.results,
        findings=evaluation.findings,
        notes=notes,
    )


def _publish(
    tools: Tools,
    repository: Repository,
    pull: PullRequest,
    checks: pull_comment.PullChecks,
) -> None:
    body = pull_comment.comment(checks)
    if pull_comment.is_cut(body):
        url = tools.outputs.keep(repository, f"Pull request #{pull.number}", pull_comment.full_text(checks))
        checks = pull_comment.with_link(checks, url)
        body = pull_comment.comment(checks)
    for report in reports(checks, pull):
        tools.github.ensure_check(repository, report)
    tools.github.ensure_comment(repository, pull.number, pull_comment.MARKER, body)


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

"""What does a pull request do to each environment, and may it be merged?

Gather: the pull request, the rules of the default branch, base and merged tree. Decide: render, validate, judge,
compare. Apply: one check run per concern, one comment, the approvers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import RefusedError, TransientError, UserError
from bot.flows.direct import judge_direct_change
from bot.flows.environments import Reached, reached_by
from bot.flows.evaluation import Evaluation, Sides, evaluate_change
from bot.flows.packs import load_packs
from bot.flows.promotions import is_promotion
from bot.flows.rules import Rules, read_rules
from bot.flows.tools import Tools
from bot.model.repository import PullRequest, Repository
from bot.ports import CheckReport
from bot.promotion.config import Problems, parse
from bot.promotion.gates import names
from bot.report import configuration as configuration_words
from bot.report import findings as finding_words
from bot.report import pull_comment


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
    if write:
        _check_configuration(tools, repository, pull, rules, touched)
    if rules.problems:
        return Checked(pull, rules)
    try:
        checks = _examine(tools, repository, pull, rules, base_sha)
    except RefusedError:
        raise
    except UserError as error:
        if write:
            tools.github.ensure_check(repository, finding_words.unchecked(error, sha=pull.head_sha, base=pull.base_ref))
        return Checked(pull, rules, trouble=error)
    if checks is not None and write:
        _publish(tools, repository, pull, rules, checks)
        if not is_promotion(pull, tools.github.bot_login, rules.configuration):
            judge_direct_change(tools, repository, pull, rules.configuration)
    return Checked(pull, rules, checks)


def _check_configuration(
    tools: Tools, repository: Repository, pull: PullRequest, rules: Rules, touched: Sequence[str]
) -> None:
    """Judge the configuration where the pull request edits it, or where the one in force is broken."""
    if configuration_words.PATH in touched and pull.base_ref == rules.default_branch:
        text = tools.git.read(repository, pull.head_sha, configuration_words.PATH)
        if text is None:
            tools.github.ensure_check(repository, configuration_words.removed(sha=pull.head_sha))
            return
        proposed = parse(text, organisation=repository.owner)
        report = (
            configuration_words.broken(proposed.problems, sha=pull.head_sha, under_review=True)
            if isinstance(proposed, Problems)
            else configuration_words.sound(sha=pull.head_sha, under_review=True)
        )
    elif rules.problems:
        report = configuration_words.broken(rules.problems, sha=pull.head_sha, under_review=False)
    else:
        return
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
    base, head = tools.git.checkout(repository, base_sha), tools.git.checkout(repository, head_tree)
    reached = reached_by(configuration, pull.base_ref, rules.default_branch, head)
    if not reached:
        return None
    touched = tools.git.changed_paths(repository, base_sha, head_tree)
    rules_checkout = tools.git.checkout(repository, rules.sha) if rules.sha else base
    packs = load_packs(tools.builtin_pack, configuration, rules_checkout)
    evaluation = evaluate_change(tools, configuration, packs, reached, Sides(base, head, touched))
    return _words(pull, rules, reached, evaluation, notes)


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
        for concern in ("manifests", "policies")
    )

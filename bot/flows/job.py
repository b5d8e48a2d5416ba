"""What is done for one key of the queue?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bot.errors import LockkeeperError
from bot.flows.astray import close_astray, is_own
from bot.flows.check_pull import check_pull
from bot.flows.command import answer_comment
from bot.flows.converge import converge
from bot.flows.request import Alone
from bot.flows.tools import Tools
from bot.intake.tasks import PendingCommand, pull_key
from bot.model.repository import PullRequest, Repository
from bot.ports import CheckReport
from bot.report import markdown
from bot.report.promotion import CHECK

GIVEN_UP_MARKER = "<!-- lockkeeper:given-up -->"
PAGE = 100  # open pull requests that one list holds
MOST_OPEN = 1000  # open pull requests looked through
ALL_AGAIN = timedelta(hours=1)  # and all of them after that time
STANDING = 10  # commits of the default branch that may still say that promotions stand still


def run_job(  # noqa: PLR0913 - what the queue knows of one job
    tools: Tools,
    repository: Repository,
    pull: int | None,
    commands: Sequence[PendingCommand],
    *,
    bind: Callable[[int, str], str],
    finish: Callable[[int], None],
    alone: Alone,
) -> None:
    """Converge a repository (`pull` None), or answer the commands on a pull request and check it.

    `bind` keeps the commit a command was first read at, `finish` notes that a comment is dealt with, `alone`
    gives tools while no other job writes to the repository's promotions.
    """
    if pull is None:
        converged = converge(tools, repository)
        pulls = tools.github.open_pulls(repository)
        whole = len(pulls) < PAGE
        if not whole and _is_due(tools, repository, converged.version):
            pulls, whole = tools.github.pulls(repository, state="open", limit=MOST_OPEN), True
        close_astray(tools, converged.house, pulls)
        _mark_unchecked(tools, repository, pulls, converged.version, whole=whole)
        if whole and len(pulls) >= PAGE:
            tools.notes.write(_looked_at(repository), f"{converged.version} {tools.clock().isoformat()}")
        if converged.trouble is not None:
            raise converged.trouble  # all that could be done is done
        return
    for command in sorted(commands, key=lambda one: one.comment_id):
        answer_comment(tools, repository, command, bind=bind, alone=alone)
        finish(command.comment_id)
        tools.github.refresh(repository)
    checked = check_pull(tools, repository, pull)
    tools.checked.note(repository, pull, _seen(checked.pull, checked.version))
    if is_own(tools, checked.pull):
        tools.mark(checked.house.home.full_name)  # its checks, reviews or head moved, so its gates may have


def _seen(pull: PullRequest, version: str) -> str:
    """Return what a look at a pull request depends on: its head, its base branch, and the rules in force."""
    return f"{pull.head_sha} {pull.base_ref} {version}"


def _is_due(tools: Tools, repository: Repository, version: str) -> bool:
    """Say whether all of very many open pull requests are to be looked through, and not only those last updated.

    That is so when other rules hold, and now and then: whatever happens to one updates it, so what no webhook told
    is among the last updated for a long time.
    """
    noted, _, at = tools.notes.read(_looked_at(repository)).rpartition(" ")
    return noted != version or tools.clock() - datetime.fromisoformat(at) >= ALL_AGAIN


def _looked_at(repository: Repository) -> str:
    return f"looked through:{repository.full_name}"


def _mark_unchecked(
    tools: Tools, repository: Repository, pulls: Sequence[PullRequest], version: str, *, whole: bool
) -> None:
    """Ask for a look at every open pull request that was not looked at as it is now; `whole` says that these are all.

    Its webhook may have been lost, or the configuration may have changed.
    """
    heads = {one.number: _seen(one, version) for one in pulls}
    for number in tools.checked.stale(repository, heads, whole=whole):
        tools.mark(pull_key(repository.full_name, number))


def tell_given_up(
    tools: Tools, repository: Repository, pull: int | None, commands: Sequence[PendingCommand], reason: str
) -> None:
    """Say where people will see it that a job was given up, and what they can do.

    With the reason '' take back what was said: a later job succeeded. Errors of saying it are swallowed: the job
    is parked and logged already.
    """
    if not reason:
        _take_back(tools, repository, pull)
        return
    text = (
        f"Lockkeeper could not finish here: {markdown.escape(reason[:600])}. It tries again at the next push, "
        "review or comment, and with every sweep. If that does not help, the operator finds it in the log."
    )
    try:
        if pull is not None:
            tools.github.ensure_comment(repository, pull, GIVEN_UP_MARKER, f"{GIVEN_UP_MARKER}\n⚠️ {text}")
            for command in commands:
                tools.github.ensure_reaction(repository, command.comment_id, "confused")
            return
        branch = tools.github.default_branch(repository)
        sha = tools.github.branch_sha(repository, branch)
        if sha:
            report = CheckReport(CHECK, sha, "Promotions stand still", text, conclusion="action_required")
            tools.github.ensure_check(repository, report)
    except LockkeeperError:
        return


def _take_back(tools: Tools, repository: Repository, pull: int | None) -> None:
    text = "Lockkeeper could not finish here at first; since then it has."
    if pull is not None:
        said = tools.github.comments(repository, pull)
        if any(one.author.login == tools.github.bot_login and one.body.startswith(GIVEN_UP_MARKER) for one in said):
            tools.github.ensure_comment(repository, pull, GIVEN_UP_MARKER, f"{GIVEN_UP_MARKER}\n✅ {text}")
        return
    head = tools.git.resolve(repository, f"refs/heads/{tools.github.default_branch(repository)}")
    for commit in tools.git.commits(repository, since=None, until=head, limit=STANDING) if head else ():
        runs = tools.github.checks(repository, commit.sha, ours=True)
        ours = (one for one in runs if one.app_id == tools.github.app_id)
        if any(one.name == CHECK and one.conclusion == "action_required" for one in ours):
            report = CheckReport(CHECK, commit.sha, "Promotions go on", text, conclusion="success")
            tools.github.ensure_check(repository, report)

"""How is the decision for one hop carried out? The only room that writes promotions.

The order makes every crash harmless: the branch first, then its pull request, then what is said about them, and
the merge last. Each write finds before it creates.
"""

from __future__ import annotations

import re
from typing import Literal, assert_never

from bot.errors import RefusedError, TransientError
from bot.flows.tools import Tools
from bot.model.promotion import Gate, Record
from bot.model.repository import PullRequest, Repository
from bot.promotion.plan import Close, Idle, Plan, Propose, Snapshot, Stuck
from bot.promotion.remember import label
from bot.report import promotion as words
from bot.report.promotion import Journey

METHODS: tuple[Literal["merge", "squash", "rebase"], ...] = ("merge", "squash", "rebase")
_NOT_ALLOWED = re.compile(r"not allowed|merge commits", re.IGNORECASE)


def apply(tools: Tools, repository: Repository, plan: Plan, journey: Journey) -> int:
    """Carry out one plan; return the number of the open promotion pull request, 0 when there is none."""
    snapshot = plan.snapshot
    _record_deployment(tools, repository, snapshot)
    number = _carry_out(tools, repository, plan, journey)
    if snapshot.told_trouble and not snapshot.conflicts:
        sha = snapshot.record.source_sha
        report = words.resolved_check(snapshot.hop, sha=sha, record=Record(sha).encode())
        tools.github.ensure_check(repository, report)
    return number


def tell_refusal(tools: Tools, repository: Repository, snapshot: Snapshot, error: RefusedError) -> None:
    """Say on the source commit what GitHub refused, where whoever changed it looks."""
    sha = snapshot.record.source_sha
    record = Record(sha).encode()  # who asked is not part of it: the next look does not know
    report = words.refused_check(snapshot.hop, error, sha=sha, record=record)
    tools.github.ensure_check(repository, report)
    if snapshot.open is not None:
        body = f"{words.REFUSED_MARKER}\n❌ {report.summary}"
        tools.github.ensure_comment(repository, snapshot.open.number, words.REFUSED_MARKER, body)


def _carry_out(tools: Tools, repository: Repository, plan: Plan, journey: Journey) -> int:
    match plan.decision:
        case Idle():
            return 0
        case Close(pull, reason):
            text = f"{words.CLOSED_MARKER}\nClosed: {reason}."
            tools.github.ensure_comment(repository, pull.number, words.CLOSED_MARKER, text)
            tools.github.ensure_closed(repository, pull.number)
            return 0
        case Stuck() as decision:
            return _tell_conflict(tools, repository, plan.snapshot, decision, journey)
        case Propose() as decision:
            return _propose(tools, repository, plan.snapshot, decision, journey)
        case _:
            assert_never(plan.decision)


def _propose(tools: Tools, repository: Repository, snapshot: Snapshot, decision: Propose, journey: Journey) -> int:
    hop, github = snapshot.hop, tools.github
    pushed = not snapshot.facts.foreign and snapshot.branch_sha != snapshot.commit
    if pushed:
        tools.git.push(repository, branch=hop.branch, commit=snapshot.commit, expected=snapshot.branch_sha or None)
    try:
        pull = github.ensure_pull(
            repository,
            head=hop.branch,
            base=hop.target.branch,
            title=words.title(hop, snapshot.changes),
            body=words.body(snapshot, decision.gates, journey),
        )
    except RefusedError as error:
        if pushed and error.status == 422:
            raise TransientError(f"GitHub does not know yet what was pushed to {hop.branch}: {error.reason}") from error
        raise
    _say_gates(tools, repository, snapshot, decision.gates, snapshot.facts.head_sha)
    for reference in snapshot.remembered:  # it has been proposed: declining it is now the people's word
        where, _, number = reference.partition("#")
        original = Repository.parse(where) if where else repository
        tools.github.ensure_no_label(original, int(number), label(hop.target.name))
    _ask_approvers(tools, repository, snapshot, pull)
    if decision.merge:
        _merge(tools, repository, pull.number, snapshot.commit)
        tools.mark(repository.full_name)
    return pull.number


def _merge(tools: Tools, repository: Repository, number: int, sha: str) -> None:
    """Merge as the repository allows it: with a merge commit where it can be, because that keeps the trailers."""
    for method in METHODS:
        try:
            tools.github.merge(repository, number, sha=sha, method=method)
        except RefusedError as error:
            if error.status == 409:  # the head has moved: what was evaluated is no longer what would be merged
                raise TransientError(f"#{number} moved meanwhile: {error.reason}") from error
            if method == METHODS[-1] or error.status != 405 or not _NOT_ALLOWED.search(error.reason):
                raise
        else:
            return


def _say_gates(tools: Tools, repository: Repository, snapshot: Snapshot, gates: tuple[Gate, ...], sha: str) -> None:
    report = words.gate_check(
        snapshot.hop,
        gates,
        sha=sha,
        record=snapshot.record.encode(),
    )
    tools.github.ensure_check(repository, report)


def _ask_approvers(tools: Tools, repository: Repository, snapshot: Snapshot, pull: PullRequest) -> None:
    approvers = snapshot.hop.target.approvers
    if approvers.people:
        tools.github.ensure_reviewers(repository, pull.number, approvers.people)
    if approvers.assign:
        tools.github.ensure_assignees(repository, pull.number, approvers.assign)


def _tell_conflict(tools: Tools, repository: Repository, snapshot: Snapshot, decision: Stuck, journey: Journey) -> int:
    sha, record = snapshot.record.source_sha, Record(snapshot.record.source_sha).encode()
    report = words.conflict_check(snapshot.hop, decision.conflicts, sha=sha, record=record)
    tools.github.ensure_check(repository, report)
    if snapshot.open is None:
        return 0
    # The branch still holds the last state that merged cleanly; its check run and body say why it stands still.
    head = snapshot.open.head_sha
    old = snapshot.open_record.encode() if snapshot.open_record else record
    tools.github.ensure_check(
        repository,
        words.gate_check(snapshot.hop, decision.gates, sha=head, record=old),
    )
    tools.github.ensure_pull(
        repository,
        head=snapshot.hop.branch,
        base=snapshot.hop.target.branch,
        title=snapshot.open.title,
        body=words.body(snapshot, decision.gates, journey),
    )
    return snapshot.open.number


def _record_deployment(tools: Tools, repository: Repository, snapshot: Snapshot) -> None:
    pull, record = snapshot.merged, snapshot.merged_record
    if pull is None or record is None or not pull.merge_commit:
        return
    try:
        tools.github.ensure_deployment(
            repository,
            environment=snapshot.hop.target.name,
            sha=pull.merge_commit,
            source_sha=record.source_sha,
            description=f"Promoted from {snapshot.hop.source.name} by #{pull.number}"[:140],
        )
    except RefusedError as error:  # a record of what is done: it holds up nothing that is still to do
        report = words.deployment_check(snapshot.hop, error, sha=pull.merge_commit)
        tools.github.ensure_check(repository, report)

"""How is the decision for one hop carried out? The only room that writes promotions.

The order makes every crash harmless: the branch first, then its pull request, then what is said about them, and
the merge last. Each write finds before it creates.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from bot.errors import RefusedError, TransientError, UserError
from bot.flows.approvers import ask_approvers, wish_of
from bot.flows.changes import changes_as_told
from bot.flows.rights import Rights
from bot.flows.tools import Tools
from bot.flows.troubles import tell_trouble
from bot.intake.tasks import pull_key
from bot.model.environment import Method
from bot.model.promotion import Gate, Record
from bot.model.repository import PullRequest, Repository
from bot.promotion.places import Place, source_of, target_of
from bot.promotion.plan import Close, Idle, Plan, Propose, Release, Snapshot, Stuck
from bot.promotion.remember import label
from bot.promotion.trailers import override_trailers, sealed
from bot.report import pages, trouble
from bot.report import promotion as words
from bot.report.promotion import Journey

METHODS: tuple[Method, ...] = ("merge", "squash", "rebase")
_NOT_ALLOWED = re.compile(r"not allowed|merge commits", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Work:
    """One hop to be carried out: what was seen of it, and where it comes from and goes to."""

    tools: Tools
    home: Repository
    snapshot: Snapshot
    journey: Journey
    rights: Rights

    @property
    def source(self) -> Place:
        return source_of(self.snapshot.hop, self.home)

    @property
    def target(self) -> Place:
        return target_of(self.snapshot.hop, self.home)

    @property
    def repository(self) -> Repository:
        """The repository that the promotion pull request is in."""
        return self.target.repository


def apply(tools: Tools, home: Repository, plan: Plan, journey: Journey, rights: Rights) -> int:
    """Carry out one plan; return the number of the open promotion pull request, 0 when there is none.

    `home` is the repository with the configuration, `rights` what its policy lets people do.
    """
    work = _Work(tools, home, plan.snapshot, journey, rights)
    _record_deployment(work)
    number = _carry_out(work, plan)
    snapshot = plan.snapshot
    if snapshot.told_trouble and not snapshot.conflicts:
        sha = snapshot.record.source_sha
        report = trouble.resolved_check(snapshot.hop, sha=sha, record=Record(sha).encode())
        tools.github.ensure_check(work.source.repository, report)
    return number


def tell_refusal(tools: Tools, home: Repository, snapshot: Snapshot, error: UserError) -> None:
    """Say what GitHub refused, or what has to be mended: on the source commit, where whoever changed it looks."""
    sha = snapshot.record.source_sha
    record = Record(sha).encode()  # who asked is not part of it: the next look does not know
    report = trouble.refused_check(snapshot.hop, error, sha=sha, record=record)
    tell_trouble(tools, snapshot.hop, source_of(snapshot.hop, home).repository, report)
    if snapshot.open is not None:
        body = f"{words.REFUSED_MARKER}\n❌ {report.summary}"
        where = target_of(snapshot.hop, home).repository
        tools.github.ensure_comment(where, snapshot.open.number, words.REFUSED_MARKER, body)


def _carry_out(work: _Work, plan: Plan) -> int:
    github = work.tools.github
    match plan.decision:
        case Idle():
            return 0
        case Close(pull, reason):
            text = f"{words.CLOSED_MARKER}\nClosed: {reason}."
            github.ensure_comment(work.repository, pull.number, words.CLOSED_MARKER, text)
            github.ensure_closed(work.repository, pull.number)
            return 0
        case Stuck() as decision:
            return _tell_conflict(work, decision)
        case Propose() as decision:
            return _propose(work, decision)
        case Release() as decision:
            _release(work, decision)
            return 0
        case _:
            assert_never(plan.decision)


def _propose(work: _Work, decision: Propose) -> int:
    tools, snapshot, repository = work.tools, work.snapshot, work.repository
    hop = snapshot.hop
    pushed = not snapshot.facts.foreign and snapshot.branch_sha != snapshot.commit
    if pushed:
        tools.git.push(repository, branch=hop.branch, commit=snapshot.commit, expected=snapshot.branch_sha or None)
    told = changes_as_told(snapshot.changes, work.home, repository)
    try:
        pull = tools.github.ensure_pull(
            repository,
            head=hop.branch,
            base=hop.target.branch,
            title=pages.title(snapshot, told),
            body=pages.body(replace(snapshot, changes=told), decision.gates, work.journey),
        )
    except RefusedError as error:
        if pushed and error.status == 422:
            raise TransientError(f"GitHub does not know yet what was pushed to {hop.branch}: {error.reason}") from error
        raise
    if snapshot.open is None:
        tools.mark(pull_key(repository.full_name, pull.number))
    if not snapshot.unjudged:  # else our checks come first, and the look after them says it all at once
        held = snapshot.open_record if snapshot.facts.foreign else snapshot.record
        _say_gates(work, decision.gates, snapshot.facts.head_sha, held)
    for reference in snapshot.remembered:  # it has been proposed: declining it is now the people's word
        where, _, number = reference.partition("#")
        original = Repository.parse(where) if where else work.home
        tools.github.ensure_no_label(original, int(number), label(hop.target.name))
    _ask_approvers(work, pull)
    if decision.merge:
        _merge(work, decision.gates, pull.number)
        tools.mark(work.home.full_name)
    return pull.number


def _merge(work: _Work, gates: Sequence[Gate], number: int) -> None:
    """Merge exactly what was evaluated, by the environment's method.

    Without one, as the repository allows it: with a merge commit where it can be, because that keeps the trailers.
    """
    wanted = work.snapshot.hop.target.method
    methods = (wanted,) if wanted else METHODS
    for method in methods:
        try:
            message = _merge_message(work, gates, method)
            work.tools.github.merge(work.repository, number, sha=work.snapshot.commit, method=method, message=message)
        except RefusedError as error:
            if error.status == 409:  # the head has moved: what was evaluated is no longer what would be merged
                raise TransientError(f"#{number} moved meanwhile: {error.reason}") from error
            if method == methods[-1] or error.status != 405 or not _NOT_ALLOWED.search(error.reason):
                raise
        else:
            return


def _merge_message(work: _Work, gates: Sequence[Gate], method: Method) -> str:
    """Return the body of the merge commit where gates were opened by somebody's word, which it tells; else ''.

    A squash takes the promotion commit's own body with it, as GitHub would.
    """
    opened = {one.name for one in gates if one.overridden}
    told = override_trailers(
        (one.gate, one.by, one.reason) for one in work.snapshot.facts.overrides if one.eligible and one.gate in opened
    )
    if not told or method == "rebase":
        return ""
    if method == "merge":
        return "\n".join(told)
    (commit,) = work.tools.git.commits(work.repository, since=None, until=work.snapshot.commit, limit=1)
    return "\n".join([commit.message.partition("\n")[2].strip("\n"), *told])


def _release(work: _Work, decision: Release) -> None:
    """Say how the gates of a tag stand, and set it when they are open."""
    tools, snapshot, home = work.tools, work.snapshot, work.home
    _say_gates(work, decision.gates, decision.commit, snapshot.record)
    for reference in snapshot.remembered:
        where, _, number = reference.partition("#")
        original = Repository.parse(where) if where else home
        tools.github.ensure_no_label(original, int(number), label(snapshot.hop.target.name))
    if not decision.open:
        return
    told = changes_as_told(snapshot.changes, home, work.repository)
    seal = tools.seal(work.repository)(sealed(snapshot.hop, snapshot.record))
    tools.git.push_tag(
        work.repository,
        name=decision.tag,
        commit=decision.commit,
        message=pages.commit_message(snapshot, told, seal),
        time=tools.clock(),
    )
    tools.mark(home.full_name)


def _say_gates(work: _Work, gates: tuple[Gate, ...], sha: str, record: Record | None) -> None:
    """Say on a commit how the gates stand, and what it moves: None where somebody else made it, and nobody knows."""
    report = words.gate_check(work.snapshot.hop, gates, sha=sha, record=record.encode() if record else "")
    work.tools.github.ensure_check(work.repository, report)


def _ask_approvers(work: _Work, pull: PullRequest) -> None:
    ask_approvers(work.tools, wish_of(work.tools, work.snapshot, pull, work.rights, work.repository))


def _tell_conflict(work: _Work, decision: Stuck) -> int:
    snapshot, github = work.snapshot, work.tools.github
    record = Record(snapshot.record.source_sha)
    report = trouble.conflict_check(snapshot.hop, decision.conflicts, sha=record.source_sha, record=record.encode())
    tell_trouble(work.tools, snapshot.hop, work.source.repository, report)
    if snapshot.open is None:
        return 0
    # The branch still holds the last state that merged cleanly; its check run and body say why it stands still.
    _say_gates(work, decision.gates, snapshot.open.head_sha, snapshot.open_record)
    told = changes_as_told(snapshot.changes, work.home, work.repository)
    github.ensure_pull(
        work.repository,
        head=snapshot.hop.branch,
        base=snapshot.hop.target.branch,
        title=snapshot.open.title,
        body=pages.body(replace(snapshot, changes=told), decision.gates, work.journey),
    )
    return snapshot.open.number


def _record_deployment(work: _Work) -> None:
    snapshot, hop = work.snapshot, work.snapshot.hop
    pull, record = snapshot.merged, snapshot.merged_record
    tagged = next((one for one in snapshot.arrivals[:1] if one.tag), None)
    if tagged is not None and tagged.commit:
        sha, source_sha, by = tagged.commit, tagged.commit, f"as {tagged.tag}"
    elif pull is not None and record is not None and pull.merge_commit:
        sha, source_sha, by = pull.merge_commit, record.source_sha, f"by #{pull.number}"
    else:
        return
    for environment in hop.target.members or (hop.target,):
        key = f"deployment:{work.repository.full_name}:{environment.name}:{sha}"
        if work.tools.notes.read(key):
            continue
        try:
            work.tools.github.ensure_deployment(
                work.repository,
                environment=environment.name,
                sha=sha,
                source_sha=source_sha,
                description=f"{'Rolled back' if snapshot.rollback else f'Promoted from {hop.source.name}'} {by}"[:140],
            )
        except RefusedError as error:  # a record of what is done: it holds up nothing that is still to do
            report = trouble.deployment_check(hop, error, sha=sha)
            work.tools.github.ensure_check(work.repository, report)
        else:
            work.tools.notes.write(key, "recorded")

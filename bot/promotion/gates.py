"""Which gates does a promotion have, and what does each say?

Every gate is one function from frozen facts to one `Gate`. A gate that waits names its owner and the next step.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from bot.model.environment import Approvers, People
from bot.model.promotion import Change, Gate, Hop
from bot.model.quoting import quoted
from bot.model.repository import CheckState

OWN_CHECKS = ("lockkeeper / manifests", "lockkeeper / policies")


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's standing verdict on one commit; `eligible` says whether the configuration names them."""

    login: str
    approved: bool
    sha: str
    eligible: bool


@dataclass(frozen=True, slots=True)
class GateFacts:
    """Everything the gates look at, read beforehand.

    `head_sha` is the promotion commit; `source_holds` says whether the source environment's branch contains
    the commit being promoted; `conflicts` names the files changed on both sides; `foreign` is the id of a commit
    on the promotion branch that is not ours, '' when there is none.
    """

    hop: Hop
    head_sha: str
    source_sha: str
    source_holds: bool
    source_checks: tuple[CheckState, ...]
    head_checks: tuple[CheckState, ...]
    approvals: tuple[Approval, ...]
    changes: tuple[Change, ...]
    requested_by: str
    app_id: int
    conflicts: tuple[str, ...] = ()
    foreign: str = ""


def compared_with(branch: str) -> str:
    """Return the `external_id` of our manifest and policy checks: they hold for one base branch only."""
    return f"base={branch}"


def evaluate(facts: GateFacts) -> tuple[Gate, ...]:
    """Return every gate of the promotion, in the order people should read them."""
    return (order(facts), checks(facts), policy(facts), approvals(facts))


def passed(gates: Sequence[Gate]) -> bool:
    """Say whether all gates are open."""
    return all(gate.state == "pass" for gate in gates)


def order(facts: GateFacts) -> Gate:
    """The source really holds what is promoted, and it merges into the target without a conflict."""
    hop, short = facts.hop, facts.source_sha[:7]
    if facts.foreign:
        return Gate(
            "order",
            "fail",
            f"branch `{hop.branch}` holds commit {facts.foreign[:7]}, which Lockkeeper did not make",
            "whoever pushed it",
            f"delete the branch `{hop.branch}`; Lockkeeper makes it anew from {hop.source.name}",
        )
    if not facts.source_holds:
        return Gate(
            "order",
            "fail",
            f"{hop.source.name} does not hold commit {short}",
            hop.source.name,
            f"merge the change into `{hop.source.branch}` first",
        )
    if facts.conflicts:
        return Gate(
            "order",
            "fail",
            f"changed in both {hop.source.name} and {hop.target.name}: {_paths(facts.conflicts)}",
            "authors of the change",
            f"bring the change of `{hop.target.branch}` to `{hop.source.branch}` as well, or undo it there",
        )
    return Gate("order", "pass", f"{hop.source.name} holds {short}")


def _paths(paths: Sequence[str]) -> str:
    left = f" and {len(paths) - 5} more" if len(paths) > 5 else ""
    return ", ".join(quoted(path, 120) for path in paths[:5]) + left


def checks(facts: GateFacts) -> Gate:
    """Every check the target asks for has succeeded on the source commit.

    A skipped or neutral run is no proof that anything was tested, so neither opens this gate. Where several Apps,
    or an App and a commit status, go by one name, all have to succeed: a status can be set by any writer.
    """
    wanted = facts.hop.target.gates.checks
    if not wanted:
        return Gate("checks", "pass", "no checks are asked for")
    waiting, failing = [], []
    for name in wanted:
        found = [check for check in facts.source_checks if check.name == name]
        bad = [check for check in found if check.status == "completed" and check.conclusion != "success"]
        if bad:
            failing.append(f"{name} ({bad[0].conclusion})")
        elif not found or any(check.status != "completed" for check in found):
            waiting.append(name)
    short = facts.source_sha[:7]
    if failing:
        return Gate(
            "checks",
            "fail",
            f"not successful on {short}: {', '.join(failing)}",
            f"{facts.hop.source.name} team",
            "mend the cause, or run the check again on that commit",
        )
    if waiting:
        return Gate(
            "checks",
            "wait",
            f"no result yet on {short}: {', '.join(waiting)}",
            "CI",
            "nothing to do: the gate opens when they succeed",
        )
    return Gate("checks", "pass", f"successful on {short}: {', '.join(wanted)}")


def policy(facts: GateFacts) -> Gate:
    """Our own manifest and policy checks, by our App and on the promotion commit, have no blocking finding."""
    base = compared_with(facts.hop.target.branch)
    mine = (check for check in facts.head_checks if check.app_id == facts.app_id and check.external_id == base)
    own = {check.name: check for check in mine}
    failing = [
        name
        for name in OWN_CHECKS
        if (check := own.get(name)) is not None
        and check.status == "completed"
        and check.conclusion not in ("success", "neutral")
    ]
    if failing:
        return Gate(
            "policy",
            "fail",
            f"blocking findings in {' and '.join(failing)}",
            "authors of the change",
            f"mend them in {facts.hop.source.name}; this pull request follows by itself",
        )
    missing = [name for name in OWN_CHECKS if name not in own or own[name].status != "completed"]
    if missing:
        return Gate("policy", "wait", f"{' and '.join(missing)} still running", "Lockkeeper", "nothing to do")
    return Gate("policy", "pass", f"no new blocking finding in the rendered {facts.hop.target.name}")


def approvals(facts: GateFacts) -> Gate:
    """Enough of the named people have approved exactly this commit.

    Who asked for the promotion does not count, nor does the author when all carried changes are theirs.
    """
    excluded = {facts.requested_by.lower()} if facts.requested_by else set()
    authors = {change.author.lower() for change in facts.changes if change.author}
    if len(authors) == 1:
        excluded |= authors
    return approvals_of(facts.hop.target.approvers, facts.approvals, facts.head_sha, excluded, facts.requested_by)


def approvals_of(
    approvers: Approvers, verdicts: Sequence[Approval], head_sha: str, excluded: AbstractSet[str], requested_by: str
) -> Gate:
    """Return the gate for one commit; `excluded` are lower-case logins whose approval does not count."""
    if approvers.required == 0:
        return Gate("approvals", "pass", "no approval is asked for")
    current = [one for one in verdicts if one.sha == head_sha]
    counted = [one.login for one in current if one.approved and one.eligible and one.login.lower() not in excluded]
    against = [one.login for one in current if not one.approved and one.eligible]
    have = f"{len(counted)} of {approvers.required} on {head_sha[:7]}"
    if counted:
        have += f" ({', '.join(f'@{login}' for login in counted)})"
    if against:
        who = ", ".join(f"@{login}" for login in against)
        return Gate("approvals", "fail", f"changes requested by {who}", who, "talk to them; they approve or dismiss")
    if len(counted) >= approvers.required:
        return Gate("approvals", "pass", have)
    ignored = [
        f"@{one.login} {_why_not(one, head_sha, excluded, requested_by)}"
        for one in verdicts
        if one.approved and one.login not in counted
    ]
    reason = have + (f"; not counted: {', '.join(ignored)}" if ignored else "")
    return Gate(
        "approvals", "wait", reason, names(approvers), _next_approval(approvers, head_sha, excluded, requested_by)
    )


def _next_approval(approvers: Approvers, head_sha: str, excluded: AbstractSet[str], requested_by: str) -> str:
    """Return the next step: to approve, unless everybody named is excluded. Who is in a team is not known here."""
    users = {user.lower() for user in approvers.people.users}
    if not users or approvers.people.teams or users - excluded:
        return f"approve commit {head_sha[:7]}"
    other = ", or let somebody else ask for the promotion" if requested_by.lower() in users else ""
    return f"nobody among the approvers is left to approve: name another approver{other}"


def _why_not(approval: Approval, head_sha: str, excluded: AbstractSet[str], requested_by: str) -> str:
    if approval.sha != head_sha:
        return f"approved {approval.sha[:7]}, an earlier commit"
    if approval.login.lower() == requested_by.lower():
        return "asked for this promotion"
    if approval.login.lower() in excluded:
        return "wrote all of the change"
    return "is not among the approvers"


def names(approvers: Approvers) -> str:
    """Return the approvers as people read them, for example `@ann, team qa`."""
    return people_names(approvers.people) or "anyone with write permission"


def people_names(people: People) -> str:
    """Return users and teams as people read them; '' for nobody."""
    return ", ".join([*(f"@{user}" for user in people.users), *(f"team {team}" for team in people.teams)])

"""Have enough of the named people approved exactly this commit?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from bot.model.environment import Approvers, Environment, People
from bot.model.promotion import Gate
from bot.model.quoting import quoted
from bot.promotion.gates.facts import Approval, GateFacts
from bot.promotion.gates.members import worst

_MOST_PATHS = 3


def approvals(facts: GateFacts) -> Gate:
    """Enough of the named people have approved exactly this commit.

    Who asked for the promotion does not count, nor does the author when all carried changes are theirs.
    """
    target, left_out = facts.hop.target, excluded(facts)
    verdicts = [one.into(target.name) for one in facts.approvals]
    return approvals_of(target.approvers, verdicts, facts.head_sha, left_out, facts.requested_by)


def approvals_into(
    target: Environment, verdicts: Sequence[Approval], head_sha: str, excluded: AbstractSet[str]
) -> Gate:
    """Return the gate of a commit that goes into an environment, or into each member of a group, by no promotion."""
    each = ((one, [verdict.into(one.name) for verdict in verdicts]) for one in target.members or (target,))
    return worst([(one.name, approvals_of(one.approvers, own, head_sha, excluded, "")) for one, own in each])


def counted(approval: Approval, target: Environment, against: Callable[[Environment], str | None]) -> Approval:
    """Let a verdict count for those only, of the environments that ask for approvals, where nothing is `against` it.

    `against` returns None where nothing is, else why it does not count, '' where the environment does not name them.
    """
    apart = dict(approval.apart)
    asking = [one for one in target.members or (target,) if one.approvers.required]
    for one in asking:
        if one.name not in apart and (why := against(one)) is not None:
            apart[one.name] = why
    eligible = any(one.name not in apart for one in asking)
    return replace(approval, eligible=eligible, apart=tuple(apart.items()))


def excluded(facts: GateFacts) -> frozenset[str]:
    """Return the lower-case logins of those who do not count: who asked, and who wrote all of it."""
    asked = {facts.requested_by.lower()} if facts.requested_by else set()
    authors = {change.author.lower() for change in facts.changes if change.author}
    return frozenset(asked | authors if len(authors) == 1 else asked)


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
        if one.approved and one.login not in counted and not _is_of_others(one, head_sha)
    ]
    reason = have + (f"; not counted: {', '.join(ignored)}" if ignored else "")
    if approvers.codeowners and not approvers.people:
        return _nobody(approvers, reason)
    following = _next_approval(approvers, head_sha, excluded, requested_by)
    if approvers.unknown:
        teams, where = (f"team {', team '.join(approvers.unknown)}", "`approvers`")
        where += " or CODEOWNERS" if approvers.codeowners else ""
        reason += f"; GitHub knows no {teams}, which {where} names"
        following += f"; write there what {teams} is called now, or name others"
    return Gate("approvals", "wait", reason, names(approvers), following)


def _nobody(approvers: Approvers, have: str) -> Gate:
    """Return the gate where nobody could approve: owners of what changes were wanted, and there are none."""
    paths = ", ".join(quoted(one, 200) for one in approvers.unowned[:_MOST_PATHS])
    more = len(approvers.unowned) - _MOST_PATHS
    what = f"{paths} and {more} more" if more > 0 else paths or "what changes"
    return Gate(
        "approvals",
        "wait",
        f"{have}: nobody is named in `approvers`, and no code owner who could approve owns {what}",
        "whoever names approvers",
        "name users or teams in `approvers`, or let CODEOWNERS on the target's branch give the paths to a user or a "
        "team of the organisation",
    )


def _next_approval(approvers: Approvers, head_sha: str, excluded: AbstractSet[str], requested_by: str) -> str:
    """Return the next step: to approve, unless everybody named is excluded. Who is in a team is not known here."""
    users = {user.lower() for user in approvers.people.users}
    if not users or approvers.people.teams or users - excluded:
        return f"approve commit {head_sha[:7]}"
    other = ", or let somebody else ask for the promotion" if requested_by.lower() in users else ""
    return f"nobody among the approvers is left to approve: name another approver{other}"


def _is_of_others(approval: Approval, head_sha: str) -> bool:
    """Say whether an approval is fine, and only of other members of the group than the one asked about."""
    return approval.sha == head_sha and approval.elsewhere and not approval.why


def _why_not(approval: Approval, head_sha: str, excluded: AbstractSet[str], requested_by: str) -> str:
    if approval.sha != head_sha:
        return f"approved {approval.sha[:7]}, an earlier commit"
    if approval.login.lower() == requested_by.lower():
        return "asked for this promotion"
    if approval.login.lower() in excluded:
        return "wrote all of the change"
    return approval.why or "is not among the approvers"


def names(approvers: Approvers) -> str:
    """Return the approvers as people read them, for example `@ann, team qa`."""
    return people_names(approvers.people) or ("code owners" if approvers.codeowners else "anyone with write permission")


def people_names(people: People) -> str:
    """Return users and teams as people read them; '' for nobody."""
    return ", ".join([*(f"@{user}" for user in people.users), *(f"team {team}" for team in people.teams)])

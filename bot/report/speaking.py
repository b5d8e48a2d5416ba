"""What do people read when they approve a promotion, or open one of its gates, by comment?"""

from __future__ import annotations

from collections.abc import Sequence

from bot.intake.command_arguments import Arguments
from bot.intake.commands import Command, spec_of
from bot.model.environment import Environment
from bot.model.promotion import Gate, Hop
from bot.promotion.gates import names as approver_names
from bot.promotion.gates import people_names
from bot.report import markdown, replies
from bot.report.words import listed


def approved(hop: Hop, sha: str, pull: str, gate: Gate | None, members: Sequence[str] = ()) -> str:
    """Return the answer to an approval that counts, for those `members` alone where the target is a group.

    `pull` is the promotion pull request as a page links it, '' for a tag; `gate` is how approvals stand now.
    """
    target = members or [hop.target.name]
    now = f"{gate.reason}." if gate else "it has moved on."
    if gate and gate.state != "pass" and hop.target.members:
        now = f"still to come is {now}"
    what = f"{sha[:7]} in {pull}" if pull else sha[:7]
    return f"👍 Your approval of {what} for {markdown.escape(listed(target))} counts: {markdown.prose(now)}"


def direct(target: str, pull: str) -> str:
    """Return the refusal to approve a promotion on a pull request that changes its target directly.

    `pull` is the promotion pull request as a page links it, '' where none is underway.
    """
    other = f"; for the promotion, comment `/approve {target}` on {pull}" if pull else ""
    return replies.refused(
        f"this pull request is no promotion: it changes {target} directly",
        required="a review, which approves what stands here; `/approve` speaks for promotions",
        has="a comment",
        following=f"review this pull request{other}",
    )


def no_approver(hop: Hop) -> str:
    """Return the refusal of an approval by somebody who is not asked."""
    who = approver_names(hop.target.approvers)
    return replies.refused(
        f"your approval does not count for {hop.target.name}",
        required=f"to be one of those who may approve: {who}",
        has=f"you are not among them{_unknown(hop.target.approvers.unknown)}",
        following=f"ask one of them to comment `/approve {hop.target.name}`, or to review the promotion pull request",
    )


def _unknown(teams: Sequence[str]) -> str:
    """Return what is added where teams are named that GitHub does not know: their members may not either."""
    if not teams:
        return ""
    named = listed([f"team {one}" for one in teams], "or")
    return f"; GitHub knows no {named}: an administrator has to write into the configuration what it is called now"


def own_change(hop: Hop, asking: bool) -> str:
    """Return the refusal of an approval by who asked for the promotion, or wrote all of it."""
    return replies.refused(
        f"your approval does not count for {hop.target.name}",
        required="somebody who neither asked for this promotion nor wrote all of it",
        has="you asked for it" if asking else "all that it carries is yours",
        following=f"ask another of the approvers ({approver_names(hop.target.approvers)})",
    )


def overridden(hop: Hop, sha: str, gate: Gate, gates: Sequence[Gate]) -> str:
    """Return the answer when a gate was opened; `gate` is how it stood before, `gates` how all stand now."""
    shut = [one.name for one in gates if one.state != "pass"]
    rest = f"It still waits at {listed(shut)}." if shut else "All its gates are open now."
    text = (
        f"Gate `{gate.name}` of {hop.target.name} is open for {sha[:7]}, by your word. It said: {gate.reason}. {rest}"
    )
    return f"⚠️ {markdown.prose(text)}"


def not_overridable(hop: Hop, gate: str, overridable: Sequence[str]) -> str:
    """Return the refusal to open a gate that the configuration keeps shut."""
    target = hop.target.name
    allowed = listed([f"`{one}`" for one in overridable]) or "none"
    members = [one.name for one in hop.target.members] or [target]
    place = listed([f"`environments.{one}.gates.override.gates`" for one in members[:3]], "or")
    following = (
        "nobody's word opens this gate: see what it waits for"
        if gate == "order"
        else f"see `/why {target}` for what it waits for; to allow it, name the gate in {place} on the default branch"
    )
    return replies.refused(
        f"gate `{gate}` of {target} cannot be opened by comment",
        required=f"one of the gates that the configuration lets people open: {allowed}",
        has=f"`{gate}`",
        following=following,
    )


def no_overrider(hop: Hop, gate: str, unknown: Sequence[str] = ()) -> str:
    """Return the refusal to open a gate to somebody whom the configuration does not name.

    `unknown` are teams that it names and GitHub does not know.
    """
    members = [one for one in hop.target.members or (hop.target,) if gate in one.gates.overridable]
    people = [f"{people_names(one.overriders) or 'nobody'}{_of(one, members)}" for one in members]
    return replies.refused(
        f"gate `{gate}` of {hop.target.name} is not yours to open",
        required=f"to be one of those who may override it: {', '.join(people)}",
        has=f"you are not among them{_unknown(unknown)}",
        following=f"ask one of them to comment `/override {gate} …` with the reason"
        if any(one.overriders for one in members)
        else f"name who may in `environments.{members[0].name}.gates.override` on the default branch",
    )


def _of(member: Environment, members: Sequence[Environment]) -> str:
    return f" for {member.name}" if len(members) > 1 else ""


def say_where(command: str, target: str, names: Sequence[str]) -> str:
    """Return the answer where nobody can tell which promotion is meant."""
    what = f"Nothing is promoted into `{target}`: changes start there." if target else "Say into which environment."
    if not names:
        what = "No pipeline is configured, so nothing is promoted."
    gate = "soak " if command == "override" else ""
    reason = " the reason" if command == "override" else ""
    hints = [f"/{command} {gate}{name}{reason}" for name in dict.fromkeys(names)]
    return replies.misunderstood(what, "\n".join(hints[:5]))


def not_underway(target: str, reasons: Sequence[str]) -> str:
    """Return the answer when no promotion into the target is open; `reasons` say why, for each way into it."""
    why = "; ".join(dict.fromkeys(reasons))
    return replies.nothing(f"no promotion into {target} is underway" + (f": {why}" if why else ""))


def stands_still(target: str, pulls: Sequence[str]) -> str:
    """Return the answer where what could be meant is in a conflict; `pulls` as a page links them."""
    return f"➖ {listed(pulls)} cannot go on before the conflict is resolved; `/why {target}` names the files."


def several(target: str, pulls: Sequence[str]) -> str:
    """Return the answer where more than one promotion could be meant; `pulls` as a page links them."""
    name = markdown.escape(target)
    return f"🤔 Several promotions into {name} are underway. Comment on the one that you mean: {listed(pulls, 'or')}."


def other_commit(parsed: Command, sha: str) -> str:
    """Return the refusal when another commit was named than the one that is to be promoted."""
    return _seen(parsed, sha, f"the commit {parsed.sha}, and the promotion is at {sha[:12]}")


def moved(parsed: Command, hop: Hop, sha: str) -> str:
    """Return the refusal when the promotion moved on after the comment was written."""
    return _seen(parsed, sha, f"a comment from before the promotion to {hop.target.name} came to {sha[:12]}")


def _seen(parsed: Command, sha: str, has: str) -> str:
    line = Arguments(parsed.environment, sha[:12], (), parsed.gate, None, parsed.reason).written(spec_of(parsed.name))
    text = replies.refused(
        "the promotion has moved on",
        required="a word for the commit that is promoted now",
        has=has,
        following="look at it again, and say so if that is what you mean",
    )
    return f"{text}\n\n{markdown.fence(line)}"

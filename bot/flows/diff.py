"""What does this pull request change, or once it is merged, what would the promotion do that it waits for?"""

from __future__ import annotations

from collections.abc import Iterable

from bot.flows.check_pull import check_pull
from bot.flows.check_tag import evaluate_hop
from bot.flows.converge import converge
from bot.flows.outcome import HopOutcome
from bot.flows.request import Asked
from bot.flows.tools import Tools
from bot.intake.commands import Command
from bot.promotion.pipeline import pairs
from bot.promotion.plan import Close, Idle
from bot.report import pull_comment, replies, speaking
from bot.report.pull_comment import EnvironmentResult
from bot.report.replies import Answer


def diff(tools: Tools, asked: Asked, parsed: Command) -> Answer:
    """Tell what changes in the rendered manifests of one environment, or of all. Nothing is written."""
    if asked.pull.state != "open":
        return _promotion(tools, asked, parsed)
    checked = check_pull(tools, asked.repository, asked.pull.number, write=False)
    if checked.trouble:
        raise checked.trouble
    if checked.checks is None:
        return Answer(parsed.line, replies.nothing("there is nothing to compare on this pull request"))
    results = [one for one in checked.checks.results if parsed.environment in (None, one.name)]
    parts = _parts(results)
    if not parts:
        return Answer(parsed.line, replies.nothing(f"{parsed.environment or 'no environment'} does not change"))
    return _kept(tools, asked, parsed, parts)


def _promotion(tools: Tools, asked: Asked, parsed: Command) -> Answer:
    """Tell what the promotion into an environment would change there now; what a closed pull request did is past."""
    every = pairs(asked.rules.configuration)
    target = parsed.environment or asked.default_target()
    into = [hop for hop in every if hop.leads_to(target)]
    hops = [hop for hop in into if hop.source.name in asked.into] or into
    if not hops:
        names = [hop.target.name for hop in every]
        return Answer(parsed.line, speaking.say_where(parsed.name, target, names), "misunderstood")
    seen = [one for one in converge(tools, asked.house.home, write=False).hops if one.hop in hops]
    parts = [part for one in seen for part in _way(tools, asked, one)]
    return _kept(tools, asked, parsed, parts)


def _way(tools: Tools, asked: Asked, outcome: HopOutcome) -> list[str]:
    snapshot, hop = outcome.snapshot, outcome.hop
    if snapshot is not None and snapshot.conflicts:
        return [replies.stuck(hop, snapshot.conflicts)]
    if snapshot is None or snapshot.same or not snapshot.commit:
        reason = outcome.decision.reason if isinstance(outcome.decision, Idle | Close) else "there is nothing to move"
        return [replies.nothing(reason)]
    results = evaluate_hop(tools, asked.house, snapshot).results
    names = {one.name for one in hop.target.members or (hop.target,)}
    parts = _parts(one for one in results if one.name in names)
    number = f"{asked.house.prefix(hop)}#{outcome.pull}" if outcome.pull else ""
    return [replies.would_change(hop, snapshot.record.source_sha, number, bool(parts)), *parts]


def _parts(results: Iterable[EnvironmentResult]) -> list[str]:
    return [part for one in results for part in pull_comment.sections(one)]


def _kept(tools: Tools, asked: Asked, parsed: Command, parts: list[str]) -> Answer:
    url = tools.outputs.keep(asked.repository, f"Diff of #{asked.pull.number}", "\n\n".join(parts))
    return Answer(parsed.line, replies.diff(parts, url))

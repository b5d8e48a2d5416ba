"""Does the source environment run what is promoted, and run well?

Three may be asked, and all that are asked have to say so: the GitHub Deployments of the source environment; commit
statuses (or check runs) that the GitOps agent's notifications write; Argo CD's API.

Flux's notification-controller writes one commit status for each Kustomization or HelmRelease, on the commit that was
reconciled: `kind/name/` in lower case and the first part of the Provider's uid, behind the Alert's summary where it
has one; success for events of severity info, failure for errors, nothing while it progresses
(https://fluxcd.io/flux/components/notification/providers/, "Git commit status updates"). Argo CD's notifications
write the label of the template, by convention `continuous-delivery/<application>`, and may write a Deployment or a
check run instead (https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/services/github/).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from bot.model.health import ApplicationHealth
from bot.model.promotion import Gate, GateState
from bot.model.quoting import quoted
from bot.model.repository import CheckState
from bot.promotion.gates.facts import GateFacts
from bot.promotion.gates.policy import PROMOTION_CHECK
from bot.promotion.gates.results import newest_word

_ACCESS = "mend how Lockkeeper reaches Argo CD, or the name in the configuration"
POLL, MOST = timedelta(minutes=1), timedelta(minutes=20)  # Argo CD's API tells nobody when something changes


@dataclass(frozen=True, slots=True)
class Word:
    """What one of those asked says, who has to move, and since when it says so."""

    state: GateState
    reason: str
    owner: str = ""
    next: str = ""
    since: datetime | None = None


def health(facts: GateFacts) -> Gate:
    """Everybody who is asked says that the source runs the source commit, and runs well."""
    asked, source = facts.hop.target.gates.health, facts.hop.source.name
    if not asked:
        return Gate("health", "pass", "nobody is asked whether the source is healthy")
    words = list(_words(facts))
    state = min((one.state for one in words), key=("fail", "wait", "pass").index)
    if state == "pass":
        return Gate("health", "pass", "; ".join(one.reason for one in words))
    told = [one for one in words if one.state == state]
    usual = f"mend {source}; the promotion follows" if state == "fail" else f"nothing to do while {source} rolls out"
    return Gate(
        "health",
        state,
        "; ".join(one.reason for one in told),
        ", ".join(dict.fromkeys(one.owner for one in told)),
        "; ".join(dict.fromkeys(one.next or usual for one in told)),
        again=_asked_again(facts),
    )


def _asked_again(facts: GateFacts) -> datetime | None:
    """Return when to ask Argo CD again: at the earliest time for one of the applications that are not well yet."""
    known = {one.name: one for one in facts.running.applications}
    found = (_known(known, name) for name in facts.hop.target.gates.health.argocd)
    shut = (one for one in found if _of_application(facts, one).state != "pass")
    return min((next_look(one.unchanged or facts.now, facts.now) for one in shut), default=None)


def next_look(since: datetime, now: datetime) -> datetime:
    """Return when to ask again somebody who says the same since then: after 1 minute, 2, 4, 8, 16, then every 20.

    The times are fixed by the first one, so that looks between them change nothing.
    """
    pause, at = POLL, since + POLL
    while at <= now:
        pause = min(pause * 2, MOST)
        at += pause
    return min(at, now + MOST)


def healthy_since(facts: GateFacts) -> datetime | None:
    """Return since when the source has been healthy with the source commit, for all that is known.

    What tells no time is taken as true since the commit arrived, or, where GitHub does not tell that, since Lockkeeper
    first looked at its promotion. None where nothing tells a time.
    """
    arrived = facts.running.arrived or _first_seen(facts)
    if facts.hop.target.gates.health:
        times = [one.since or arrived for one in _words(facts)]
    else:
        deployment = facts.running.deployment
        done = deployment.since if deployment is not None and deployment.state == "success" else None
        times = [done or arrived]
    known = [one for one in times if one is not None]
    return max(known) if known and len(known) == len(times) else None


def _first_seen(facts: GateFacts) -> datetime | None:
    """Return since when these gates have stood on the promotion commit: later than it arrived, never earlier."""
    name = f"{PROMOTION_CHECK} to {facts.hop.target.name}"
    ours = (one.started for one in facts.head_checks if one.app_id == facts.app_id and one.name == name)
    return next(ours, None)


def _words(facts: GateFacts) -> Iterator[Word]:
    asked = facts.hop.target.gates.health
    if asked.deployment:
        yield _of_deployment(facts)
    if asked.statuses:
        found = [one for one in newest_word(facts.source_checks, facts.running.checks) if one.app_id != facts.app_id]
        for pattern in asked.statuses:
            yield _of_statuses(facts, pattern, [one for one in found if fnmatchcase(one.name, pattern)])
    known = {one.name: one for one in facts.running.applications}
    for name in asked.argocd:
        yield _of_application(facts, _known(known, name))


def _known(known: Mapping[str, ApplicationHealth], name: str) -> ApplicationHealth:
    return known.get(name) or ApplicationHealth(name, problem="it was not asked for")


def _of_deployment(facts: GateFacts) -> Word:
    found, source, short = facts.running.deployment, facts.hop.source.name, facts.source_sha[:7]
    agent = f"the GitOps agent of {source}"
    if found is None:
        return Word("wait", f"GitHub knows of no deployment of {short} to {source}", agent)
    match found.state:
        case "success":
            return Word("pass", f"{short} is deployed to {source}", since=found.since)
        case "failure" | "error":
            return Word("fail", f"the deployment of {short} to {source} failed", f"{source} team")
        case "inactive":
            return Word("wait", f"the deployment of {short} to {source} is inactive: another took its place", agent)
        case state:
            return Word(
                "wait", f"the deployment of {short} to {source} is {state.replace('_', ' ') or 'announced'}", agent
            )


def _of_statuses(facts: GateFacts, pattern: str, found: list[CheckState]) -> Word:
    source, short = facts.hop.source.name, facts.source_sha[:7]
    if not found:
        agent = f"the GitOps agent of {source}"
        return Word("wait", f"no status {quoted(pattern, 100)} on {short} yet", agent)
    bad = [one for one in found if one.status == "completed" and one.conclusion != "success"]
    if bad:
        names = ", ".join(f"{quoted(one.name, 100)} ({one.conclusion})" for one in bad)
        return Word("fail", f"not successful on {short}: {names}", f"{source} team")
    going = [one for one in found if one.status != "completed"]
    if going:
        names = ", ".join(quoted(one.name, 100) for one in going)
        return Word("wait", f"still going on for {short}: {names}", f"the GitOps agent of {source}")
    times = [one.at for one in found if one.at is not None]
    names = ", ".join(quoted(one.name, 100) for one in found)
    return Word("pass", f"successful on {short}: {names}", since=max(times, default=None))


def _of_application(facts: GateFacts, one: ApplicationHealth) -> Word:
    name, short, team = quoted(one.name, 100), facts.source_sha[:7], f"{facts.hop.source.name} team"
    if one.problem:
        return Word("wait", f"Argo CD tells nothing of {name}: {one.problem}", "whoever runs Lockkeeper", _ACCESS)
    resources = f" ({', '.join(quoted(text, 200) for text in one.resources[:3])})" if one.resources else ""
    if one.phase in ("Failed", "Error"):
        return Word("fail", f"Argo CD could not sync {name}: {quoted(one.message, 200)}", team)
    if one.health == "Degraded":
        return Word("fail", f"Argo CD says that {name} is Degraded{resources}", team)
    if one.phase in ("Running", "Terminating"):
        return Word("wait", f"Argo CD is syncing {name}", "Argo CD")
    if not one.holds_source:
        at = ", ".join(version[:12] for version in one.revisions) or "nothing"
        return Word("wait", f"Argo CD has {name} at {at}, not at {short}", "Argo CD")
    if one.sync != "Synced":
        return Word("wait", f"Argo CD says that {name} is {one.sync or 'not compared yet'}", team)
    if one.health == "Suspended" or one.paused:
        return Word("wait", f"a rollout of {name} is paused{resources}", team, "promote or abort the rollout")
    if one.health != "Healthy":
        return Word("wait", f"Argo CD says that {name} is {one.health or 'not looked at yet'}{resources}", "Argo CD")
    return Word("pass", f"Argo CD has {name} Synced and Healthy at {short}", since=one.since)

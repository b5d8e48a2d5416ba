"""What is told of the source environment, and does it speak of the commit that is to be promoted?

Agents report on the commit that they saw last. Where an environment is a directory of a branch, that is often a later
commit than the one that changed the directory; it counts where both hold the same for the environment.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.errors import LockkeeperError, RefusedError
from bot.flows.tools import Tools
from bot.model.gates import GateRules
from bot.model.health import ApplicationHealth
from bot.model.promotion import Hop
from bot.model.repository import CheckState, Deployment
from bot.promotion.gates import Running
from bot.promotion.places import Place

_COMMIT = re.compile(r"[0-9a-f]{40}")
_NOT_YET = ("", "queued")


@dataclass(frozen=True, slots=True)
class Held:
    """What the source of a hop holds: the place, the commit to be promoted, and where its branch is now."""

    hop: Hop
    place: Place
    commit: str
    head: str

    @property
    def rules(self) -> tuple[GateRules, ...]:
        """Return the rules of the target, or of its members."""
        target = self.hop.target
        return tuple(one.gates for one in target.members or (target,))


def read_running(tools: Tools, held: Held) -> Running:
    """Read what the gates of the target ask for, and nothing else."""
    rules = held.rules
    soaks = any(one.soak for one in rules)
    asked = tuple(dict.fromkeys(name for one in rules for name in one.health.argocd))
    deployment = _deployment(tools, held) if soaks or any(one.health.deployment for one in rules) else None
    tells_time = deployment is not None and deployment.state == "success" and deployment.since is not None
    return Running(
        deployment=deployment,
        checks=_later_checks(tools, held) if any(one.test or one.health.statuses for one in rules) else (),
        applications=tuple(_dated(tools, held, _application(tools, held, name)) for name in asked),
        arrived=_arrived(tools, held) if soaks and (asked or not tells_time) else None,
    )


def _deployment(tools: Tools, held: Held) -> Deployment | None:
    """Return the newest deployment of the source that holds the commit.

    Ours is announced at the merge and waits for an agent that writes to it. Where the agent made one of its own, that
    one tells more.
    """
    github, repository = tools.github, held.place.repository
    listed = github.deployments(repository, held.hop.source.name)
    found = (one for one in listed if _holds(tools, held, one.sha))  # each may be a git process: no more than needed
    newest = next(found, None)
    if newest is None:
        return None
    newest = github.deployment_state(repository, newest)
    if newest.creator != github.bot_login or newest.state not in _NOT_YET:
        return newest
    other = next((one for one in found if one.creator != github.bot_login), None)
    return github.deployment_state(repository, other) if other else newest


def _later_checks(tools: Tools, held: Held) -> tuple[CheckState, ...]:
    """Return the checks of the branch's head where it is another commit with the same content."""
    if held.head == held.commit or not _holds(tools, held, held.head):
        return ()
    return tuple(tools.github.checks(held.place.repository, held.head))


def _application(tools: Tools, held: Held, name: str) -> ApplicationHealth:
    """Return what Argo CD says of an application; that it says nothing is told, and opens nothing."""
    if tools.agent is None:
        return ApplicationHealth(name, problem="whoever runs Lockkeeper has not set LOCKKEEPER_ARGOCD_URL")
    try:
        found = tools.agent.application(name)
    except LockkeeperError as error:
        return ApplicationHealth(name, problem=str(error))
    commits = [one for one in found.revisions if _COMMIT.fullmatch(one)]
    holds = any(_holds(tools, held, one) for one in commits) or (bool(found.revisions) and not commits)
    return replace(found, holds_source=holds)


def _dated(tools: Tools, held: Held, found: ApplicationHealth) -> ApplicationHealth:
    """Add since when we are told the same of the commit: the longer, the seldomer it is worth asking.

    It is kept for a day; when Redis forgets it, or the day is over, it begins anew.
    """
    key = f"argocd:{held.place.repository.full_name}:{held.hop.branch}:{found.name}"
    words = hashlib.sha256(repr((held.commit, *found.told)).encode()).hexdigest()
    before, _, since = tools.notes.read(key).partition(" ")
    if before == words:
        return replace(found, unchanged=datetime.fromisoformat(since))
    now = tools.clock()
    tools.notes.write(key, f"{words} {now.isoformat()}")
    return replace(found, unchanged=now)


def _arrived(tools: Tools, held: Held) -> datetime | None:
    """Return when the commit came to the source's branch to stay, by GitHub's clock; None where it is not told.

    GitHub keeps no such record of tags, and what came to a branch may have got its tag long after.
    """
    if held.hop.target.strategy == "tag":
        return None
    try:
        pushes = tools.github.pushes(held.place.repository, held.place.branch)
    except RefusedError:
        return None
    git, repository = tools.git, held.place.repository
    arrived = None
    for push in pushes:
        if not push.after or git.resolve(repository, push.after) is None:
            break
        if not git.is_ancestor(repository, held.commit, push.after):
            break
        arrived = push.at
    return arrived


def _holds(tools: Tools, held: Held, commit: str) -> bool:
    """Say whether a commit holds the commit to be promoted, and nothing else for the source environment."""
    if commit == held.commit:
        return True
    git, repository = tools.git, held.place.repository
    if git.resolve(repository, commit) is None or not git.is_ancestor(repository, held.commit, commit):
        return False
    return _content(tools, held, commit) == _content(tools, held, held.commit)


def _content(tools: Tools, held: Held, commit: str) -> Sequence[object]:
    """Return what tells whether the source's content differs: files whose keys move, or else a tree."""
    git, place = tools.git, held.place
    if held.hop.target.strategy == "values":
        return [git.read(place.repository, commit, file) for file in place.files]
    return [git.directory(place.repository, commit, place.path)]

"""Where does the first promotion of a pair of directories start from?

What differed between two directories when their pair was configured belongs to the target, as an overlay's own
values do; what the source did after that is a change to be promoted.
"""

from __future__ import annotations

from bot.flows.content.move import Move
from bot.flows.tools import Tools
from bot.model.environment import Configuration, Environment
from bot.model.repository import Commit
from bot.promotion.config import PATH, Problems, parse
from bot.promotion.pipeline import pairs

MOST_VERSIONS = 50  # of the configuration, newest first


def configured_content(tools: Tools, move: Move) -> str | None:
    """Return the source commit whose content was there when the pair was configured, or came right after it.

    None where that is not to be found out, for example because histories were rewritten.
    """
    began = _began(tools, move)
    if began is None:
        return None
    git, place, head = tools.git, move.source, move.record.source_sha
    if place.repository == move.home:
        start = began.sha if git.is_ancestor(place.repository, began.sha, head) else None
        start = start or git.merge_base(place.repository, began.sha, head)
    else:
        line = git.commits(place.repository, since=None, until=head, paths=place.scope)
        start = next((one.sha for one in line if one.time and began.time and one.time < began.time), None)
    if start is not None and git.directory(place.repository, start, place.path) is not None:
        return start
    line = git.commits(place.repository, since=start, until=head, paths=place.scope)
    there = (one.sha for one in reversed(line) if git.directory(place.repository, one.sha, place.path) is not None)
    return next(there, None)


def _began(tools: Tools, move: Move) -> Commit | None:
    """Return the commit from which on the configuration has had this pair without a break."""
    began: Commit | None = None
    versions = tools.git.commits(move.home, since=None, until=move.rules, limit=MOST_VERSIONS, paths=(PATH,))
    for commit in versions:
        found = parse(tools.git.read(move.home, commit.sha, PATH), organisation=move.home.owner)
        if isinstance(found, Problems):
            continue  # nothing was promoted by it, and nobody meant it so
        if not _has(found, move):
            break
        began = commit
    return began


def _has(configuration: Configuration, move: Move) -> bool:
    """Say whether a configuration has the pair, under whatever names: a new name moves nothing.

    Else what waited when an environment was renamed would seem to have differed from the beginning, and be lost.
    """
    ours = (move.hop.source, move.hop.target)
    return any(
        all(
            this.path == other.path and (this.name == other.name or _spot(this) == _spot(other))
            for this, other in zip((one.source, one.target), ours, strict=True)
        )
        for one in pairs(configuration)
    )


def _spot(environment: Environment) -> tuple[object, ...]:
    return environment.repository.lower(), environment.branch, environment.path, environment.values

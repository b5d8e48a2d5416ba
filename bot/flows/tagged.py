"""What do git and GitHub say of a hop that sets a tag?

The newest version among the source's tags that the target has no tag for, and none newer, gets the target's tag on the
same commit. There is no pull request: the gates stand on that commit, and who asked is kept there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.flows.changes import ChangeReader
from bot.flows.content import Content
from bot.flows.facts import Ground, Setting, read_snapshot
from bot.flows.records import HISTORY, Records
from bot.flows.rules import Rules
from bot.flows.tools import Tools
from bot.flows.troubles import told_trouble
from bot.model.promotion import Hop, Record, Request
from bot.model.repository import Repository
from bot.promotion.places import Place, source_of, target_of
from bot.promotion.plan import Arrival, Base, Idle, Snapshot
from bot.promotion.standing import RolledBack
from bot.promotion.trailers import Trailers, parse_trailers, requalified
from bot.promotion.versions import Release, is_rollback, releases, tag_of

ALL_TAGS = "refs/tags/*"
MOST_WAITING = 5  # newest tags that are looked at for one that was asked for


@dataclass(frozen=True, slots=True)
class _Tags:
    """The tags of a hop's two ends, newest version first, and all that there are."""

    all: Mapping[str, str]
    offered: tuple[Release, ...]
    taken: tuple[Release, ...]


class TagReader:
    """Reads hops that set tags. The tags must be fetched."""

    def __init__(self, tools: Tools, setting: Setting, rules: Rules, changes: ChangeReader) -> None:
        self._tools, self._setting, self._rules, self._changes = tools, setting, rules, changes
        self._home = setting.home

    def read(self, hop: Hop, request: Request | None = None) -> Snapshot | Idle:
        """Return the snapshot of one hop; `Idle` with the reason when there is no tag to set."""
        source, target = source_of(hop, self._home), target_of(hop, self._home)
        if source.repository != target.repository:
            return Idle(f"{hop.source.name} and {hop.target.name} lie in different repositories, and tags in one only")
        if not hop.source.tag or not hop.target.tag:
            name = hop.source.name if not hop.source.tag else hop.target.name
            return Idle(f"{name} has no `tag` in the configuration, such as `v*-{name}`")
        tags = self._tags(hop, target)
        chosen = self._chosen(hop, target, tags, request)
        if isinstance(chosen, Idle):
            return chosen
        name = tag_of(hop.target.tag, chosen.version)
        if tags.all.get(name, chosen.commit) != chosen.commit:
            return Idle(
                f"`{name}` stands on {tags.all[name][:7]}, and `{chosen.tag}` on {chosen.commit[:7]}: tags are never "
                "moved, so make a new version"
            )
        return self._snapshot(hop, target, tags, chosen, request)

    def _tags(self, hop: Hop, target: Place) -> _Tags:
        found = self._tools.git.tags(target.repository)
        patterns = [one.tag for one in self._rules.configuration.environments if one.tag]
        offered, taken = (releases(found, pattern, patterns) for pattern in (hop.source.tag, hop.target.tag))
        return _Tags(found, offered, taken)

    def _chosen(self, hop: Hop, target: Place, tags: _Tags, request: Request | None) -> Release | Idle:
        """Return the source's tag that is to be promoted: the newest, or the one on the commit that was named."""
        if not tags.offered:
            return Idle(f"{hop.source.name} has no tag `{hop.source.tag}` yet")
        if request is None:
            return self._asked_for(hop, target.repository, tags) or tags.offered[0]
        if not request.pinned:
            return tags.offered[0]
        commit = self._tools.git.resolve(target.repository, request.sha)
        named = (one for one in tags.offered if one.commit == commit)
        missing = Idle(f"no tag `{hop.source.tag}` of {hop.source.name} stands on {request.sha[:7]}")
        return next(named, missing)

    def _asked_for(self, hop: Hop, repository: Repository, tags: _Tags) -> Release | None:
        """Return the newest tag that somebody asked for and that still waits, None when nobody did."""
        records = Records(self._tools, repository, self._home)
        for one in tags.offered[:MOST_WAITING]:
            if tags.taken and tags.taken[0].version >= one.version:
                return None
            noted = records.noted(hop, one.commit)
            if noted is not None and noted.requested_by:
                return one
        return None

    def _snapshot(self, hop: Hop, target: Place, tags: _Tags, chosen: Release, request: Request | None) -> Snapshot:
        records = Records(self._tools, target.repository, self._home)
        before = tags.taken[0] if tags.taken else None
        same = before is not None and before.version >= chosen.version
        noted = None if same else records.noted(hop, chosen.commit)
        first = noted.requested_by if noted else ""  # who asks for it again did not ask for it first
        who = first or (request.requested_by if request else "")
        record = Record(chosen.commit, who, request.pinned if request else bool(noted and noted.pinned))
        since = before.commit if before else None
        changes = () if same else self._changes.between(Place(target.repository, target.branch), since, chosen.commit)
        kind: Base = "last promotion" if before else "none"
        content = Content(kind, record, same=same, changes=changes, commit=chosen.commit)
        ground = Ground(self._setting, hop, target, target, chosen.commit, since or "", content)
        arrivals, undone = self._arrivals(hop, target.repository, tags.taken)
        return replace(
            read_snapshot(self._tools, ground),
            request=request or (Request(hop.target.name, who) if who else None),
            arrivals=arrivals,
            rolled_back=undone,
            tag=tag_of(hop.target.tag, chosen.version),
            told_trouble=not same and told_trouble(self._tools, hop, target.repository, chosen.commit),
        )

    def _arrivals(
        self, hop: Hop, repository: Repository, taken: Sequence[Release]
    ) -> tuple[tuple[Arrival, ...], RolledBack | None]:
        """Return what the target holds by its tags, newest first, and what the newest took back, if it did."""
        recent = taken[:HISTORY]
        if not recent or not is_rollback(recent[0].version):
            return tuple(self._arrival(hop, repository, one) for one in recent), None
        head, git = recent[0], self._tools.git
        gone = {one.tag for one in recent if not git.is_ancestor(repository, one.commit, head.commit)}
        every = [(one.tag in gone, self._arrival(hop, repository, one)) for one in recent]
        carried = dict.fromkeys(reference for lost, one in every if lost for reference in one.includes)
        back = RolledBack(0, None, tuple(carried), head.tag) if carried else None
        return tuple(one for lost, one in every if not lost), back

    def _arrival(self, hop: Hop, repository: Repository, release: Release) -> Arrival:
        """Return what a tag of the target brought.

        One that we did not make says nothing of that, nor does one with our words for another commit.
        """
        trailers = genuine_trailers(self._tools, hop, repository, release)
        includes = trailers.includes if trailers else ()
        named = self._changes.known(requalified(one, repository, self._home) for one in includes)
        return Arrival(None, named, release.tag, release.commit if trailers else "")


def genuine_trailers(tools: Tools, hop: Hop, repository: Repository, release: Release) -> Trailers | None:
    """Return what a tag says that we set on just its commit for this hop, None for any other."""
    trailers = parse_trailers(tools.git.tag_message(repository, release.tag))
    if trailers is None or trailers.source_sha != release.commit:
        return None
    return trailers if trailers.is_genuine(hop, tools.seal(repository)) else None

"""What is asked when content moves from one place to another, and what is the answer?"""

from __future__ import annotations

from dataclasses import dataclass

from bot.flows.tools import Tools
from bot.model.environment import Configuration
from bot.model.promotion import Change, Hop, Record
from bot.model.repository import Repository
from bot.promotion.places import Place
from bot.promotion.plan import Base, Conflict


@dataclass(frozen=True, slots=True)
class Move:
    """One hop at one moment. `home` is the repository with the configuration, `rules` the commit it was read at.

    `record` is what is to be promoted, `last` what the newest merged promotion moved. `target_head` is where the
    target's branch is, `arrived` where it was when that promotion arrived ('' when unknown). `asked` says that
    somebody asked for it, now or when the open pull request was made.
    """

    home: Repository
    rules: str
    configuration: Configuration
    hop: Hop
    source: Place
    target: Place
    record: Record
    last: Record | None
    target_head: str
    arrived: str = ""
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """What a strategy makes of a move: the tree of the whole target repository, or the conflicts (then it is '').

    `since` is the source commit from which on changes are counted, None for all of them; `record` what is moved, with
    what the strategy found out about it.
    """

    kind: Base
    tree: str
    since: str | None
    record: Record
    drift: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    paths: tuple[str, ...] = ("",)
    versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """What a move comes to: nothing to do (`same`), the conflicts, or the promotion commit, in the mirror only.

    `paths` are the directories and files of the target's repository that it is about, '' for all of it; `versions`
    are those that move, in words.
    """

    kind: Base
    record: Record
    drift: tuple[str, ...] = ()
    same: bool = False
    changes: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    commit: str = ""
    paths: tuple[str, ...] = ("",)
    versions: tuple[str, ...] = ()


def followed(tools: Tools, move: Move, last: str) -> Base:
    """Return how the source goes on from the commit that was promoted last: by its history, or that was rewritten."""
    git, repository, now = tools.git, move.source.repository, move.record.source_sha
    on_line = git.is_ancestor(repository, last, now) or git.is_ancestor(repository, now, last)
    return "last promotion" if on_line else "rewritten"


def is_there(tools: Tools, place: Place, commit: str) -> bool:
    """Say whether a commit holds anything of a place: its directory, or one of its files."""
    if place.files:
        return any(tools.git.read(place.repository, commit, one) is not None for one in place.files)
    return tools.git.directory(place.repository, commit, place.path) is not None

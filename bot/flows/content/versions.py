"""What does the target's tree become when versions in the source's files travel into the target's?

Strategy `values`: of each application a file here and a file there, and of both only the keys that say what runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from bot.flows.changes import read_commit
from bot.flows.content.configured import began, held_when_configured, rule_of
from bot.flows.content.lineage import End, lay_at
from bot.flows.content.move import Move, Moved
from bot.flows.content.start import FIRST, Start, is_lost
from bot.flows.tools import Tools
from bot.model.environment import Environment, ValueFile
from bot.model.promotion import Hop
from bot.model.repository import Repository
from bot.promotion.places import Place
from bot.promotion.plan import Conflict
from bot.promotion.values import moving
from bot.promotion.values.editing import lookup, read
from bot.promotion.values.keys import parse_key
from bot.promotion.values.moving import Collision, Past, Versions
from bot.promotion.values.problem import ValueProblem

MOST_VERSIONS = 50  # of a source's file, looked through for one that the target is still at


@dataclass(frozen=True, slots=True)
class _Pair:
    """One application's file in the source and in one target; `earlier` are the source's files before, newest first.

    `then` is the one at the commit that it is compared with.
    """

    source: ValueFile
    target: ValueFile
    member: Environment
    then: ValueFile
    earlier: tuple[ValueFile, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        return self.source.keys or self.target.keys


def moved(tools: Tools, move: Move, start: Start) -> Moved:
    """Move the versions of every application of the hop into the files of each member of the target."""
    since, kind = start.since, start.kind
    if lost := is_lost(move, start):
        return Moved(kind, "", None, move.record, conflicts=(lost,))
    files: dict[str, bytes] = {}
    conflicts: list[Conflict] = []
    words: list[str] = []
    drift: list[str] = []
    asked_again = kind in FIRST and move.asked
    pairs = _pairs(move.hop, start.lay[1:])
    for pair in pairs:
        found = _moved_into(tools, move, pair, since, files)
        if isinstance(found, moving.Moved) and asked_again and not found.moves and not found.collisions:
            found = _moved_into(tools, move, pair, None, files)
        if isinstance(found, Conflict):
            conflicts.append(found)
            continue
        conflicts += (_conflict(one) for one in found.collisions)
        words += map(str, found.moves)
        drift += _drift(tools, move, pair, found.kept)
        if found.moves:
            files[pair.target.file] = found.text.encode()
    paths = tuple(dict.fromkeys(one.target.file for one in pairs)) or ("",)
    if conflicts:
        return Moved(kind, "", since, move.record, tuple(drift), tuple(conflicts), paths)
    tree = tools.git.put(move.target.repository, tools.git.tree(move.target.repository, move.target_head), files)
    return Moved(kind, tree, since, move.record, tuple(drift), paths=paths, versions=tuple(words))


def changes_versions(tools: Tools, hop: Hop, source: Place, commit: str, earlier: Sequence[Environment] = ()) -> bool:
    """Say whether a commit changed a version that the hop moves, and not only something else in the same files.

    What cannot be read or compared counts as a change. `earlier` is what the source was before, newest first.
    """
    found = read_commit(tools, source.repository, commit)
    if found is None or not found.parents:
        return True
    for pair in _pairs(hop, earlier):
        try:
            now, before = (
                replace(_newest(tools, source.repository, one, pair), keys=pair.keys)
                for one in (commit, found.parents[0])
            )
        except ValueProblem:
            return True
        moved = moving.move(pair.source.application, now, Past(before), before) if now.text != before.text else None
        if moved is not None and (moved.moves or moved.collisions):
            return True
    return False


def _pairs(hop: Hop, earlier: Sequence[Environment]) -> Sequence[_Pair]:
    pairs = []
    for member in hop.target.members or (hop.target,):
        for one in member.values:
            now = _file(hop.source, one.application)
            if now is None or hop.application not in ("", one.application):
                continue
            before = [_file(environment, one.application) for environment in earlier]
            then = (before[-1] if before else None) or now
            pairs.append(_Pair(now, one, member, then, tuple(file for file in before if file is not None)))
    return pairs


def _file(environment: Environment, application: str) -> ValueFile | None:
    return next((one for one in environment.values if one.application == application), None)


def _newest(tools: Tools, repository: Repository, commit: str, pair: _Pair) -> Versions:
    """Return the source's versions at a commit, from the newest of its files that was there."""
    files = (pair.source, *pair.earlier)
    there = (one for one in files if tools.git.read(repository, commit, one.file) is not None)
    return _versions(tools, repository, commit, next(there, pair.source))


def _moved_into(
    tools: Tools, move: Move, pair: _Pair, since: str | None, files: dict[str, bytes]
) -> moving.Moved | Conflict:
    """Return what becomes of one pair; the target's file as earlier pairs left it in `files`."""
    target, at = move.target.repository, move.target_head
    theirs = move.source.repository
    try:
        source = _versions(tools, theirs, move.record.source_sha, pair.source)
        done = files.get(pair.target.file)
        ours = _versions(tools, target, at, pair.target) if done is None else Versions(pair.target.file, read(done))
        past = _past(tools, move, pair, since) if since else None
    except ValueProblem as problem:
        words = f"{problem.message}; {problem.how}" if problem.how else problem.message
        return Conflict(pair.target.file, f"{pair.target.application}: {words}", "", "")
    source, ours = (replace(one, keys=pair.keys) for one in (source, ours))
    found = moving.move(pair.target.application, source, past, ours)
    if past is None or not any(one.target for one in found.collisions):
        return found
    past = replace(past, history=tuple(_history(tools, move, pair)))  # only now is it worth its price
    return moving.move(pair.target.application, source, past, ours)


def _past(tools: Tools, move: Move, pair: _Pair, since: str) -> Past | None:
    try:
        base = _versions(tools, move.source.repository, since, pair.then)
    except ValueProblem:
        return None  # it was no file that could be read: what it holds now is new
    return Past(replace(base, keys=pair.keys), adopted=_adopted(tools, move, pair, since))


def _adopted(tools: Tools, move: Move, pair: _Pair, since: str) -> Versions | None:
    """Return the target's file when the pair was configured, or as it came after that; None once it took anything."""
    if move.last is not None:
        return None
    git, target, file = tools.git, move.target.repository, pair.target
    line = git.commits(target, since=None, until=move.target_head, limit=MOST_VERSIONS, paths=[file.file])
    then = None
    if target == move.source.repository:
        then = git.merge_base(target, since, move.target_head)
    elif (first := began(tools, move)) is not None:
        place = replace(move.target, files=(file.file,))
        then = held_when_configured(tools, move, first, place, move.target_head).commit
    for commit in (then, line[-1].sha if line else None):
        if commit is not None:
            with suppress(ValueProblem):
                return _versions(tools, target, commit, file)
    return None


def _history(tools: Tools, move: Move, pair: _Pair) -> Iterator[Versions]:
    repository = move.source.repository
    files = [one.file for one in (pair.source, *pair.earlier)]
    commits = tools.git.commits(
        repository, since=None, until=move.record.source_sha, limit=MOST_VERSIONS, paths=[*dict.fromkeys(files)]
    )
    for one in commits:
        with suppress(ValueProblem):
            yield _newest(tools, repository, one.sha, pair)


def _versions(tools: Tools, repository: Repository, commit: str, file: ValueFile) -> Versions:
    data = tools.git.read(repository, commit, file.file)
    if data is None:
        raise ValueProblem(
            f"there is no file `{file.file}` at {commit[:7]}", how="name the file that holds the versions"
        )
    return Versions(file.file, read(data))


def _conflict(one: Collision) -> Conflict:
    where = f"{one.file}:{one.line}" if one.line else one.file
    key = f"{one.key}: " if one.key else ""
    source, target = (f"{one.key}: {value}" if value else "" for value in (one.source, one.target))
    return Conflict(where, f"{one.application}: {key}{one.reason}", source, target)


def _drift(tools: Tools, move: Move, pair: _Pair, kept: Sequence[str]) -> Iterator[str]:
    """Yield the kept keys that the target changed on its own since the last promotion, as `file (key)`."""
    if move.last is None or not move.arrived:
        return
    git, repository, file = tools.git, move.target.repository, pair.target.file
    lay = lay_at(tools, End(rule_of(move), move.hop, pair.member, "target"), move.arrived) or (pair.member,)
    then_file = next((one.file for one in lay[-1].values if one.application == pair.target.application), file)
    before, now = git.read(repository, move.arrived, then_file), git.read(repository, move.target_head, file)
    if before is None or now is None or before == now:
        return
    for key in kept:
        try:
            then, today = (lookup(read(data), parse_key(key)) for data in (before, now))
        except ValueProblem:
            continue
        if [one.value for one in then] != [one.value for one in today]:
            yield f"{file} ({key})"

"""What does the target's tree become when versions in the source's files travel into the target's?

Strategy `values`: of each application a file here and a file there, and of both only the keys that say what runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from bot.flows.changes import read_commit
from bot.flows.content.configured import configured_content
from bot.flows.content.move import Move, Moved, followed
from bot.flows.tools import Tools
from bot.model.environment import Environment, ValueFile
from bot.model.promotion import Hop
from bot.model.repository import Repository
from bot.promotion.places import Place, values_of
from bot.promotion.plan import Base, Conflict
from bot.promotion.values import moving
from bot.promotion.values.editing import lookup, read
from bot.promotion.values.keys import parse_key
from bot.promotion.values.moving import Collision, Past, Versions
from bot.promotion.values.problem import ValueProblem

MOST_VERSIONS = 50  # of a source's file, looked through for one that the target is still at


@dataclass(frozen=True, slots=True)
class _Pair:
    """One application's file in the source and in one target."""

    source: ValueFile
    target: ValueFile

    @property
    def keys(self) -> tuple[str, ...]:
        return self.source.keys or self.target.keys


def moved(tools: Tools, move: Move) -> Moved:
    """Move the versions of every application of the hop into the files of each member of the target."""
    since, kind = _base(tools, move)
    files: dict[str, bytes] = {}
    conflicts: list[Conflict] = []
    words: list[str] = []
    drift: list[str] = []
    asked_again = kind == "configured" and move.asked
    for pair in _pairs(move):
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
    paths = tuple(dict.fromkeys(one.target.file for one in _pairs(move))) or ("",)
    if conflicts:
        return Moved(kind, "", since, move.record, tuple(drift), tuple(conflicts), paths)
    tree = tools.git.put(move.target.repository, tools.git.tree(move.target.repository, move.target_head), files)
    return Moved(kind, tree, since, move.record, tuple(drift), paths=paths, versions=tuple(words))


def changes_versions(tools: Tools, hop: Hop, source: Place, commit: str) -> bool:
    """Say whether a commit changed a version that the hop moves, and not only something else in the same files.

    What cannot be read or compared counts as a change.
    """
    found = read_commit(tools, source.repository, commit)
    if found is None or not found.parents:
        return True
    theirs = {one.application: one for one in hop.source.values}
    for target in values_of(hop):
        file = theirs.get(target.application)
        if file is None:
            continue
        pair = _Pair(file, target)
        try:
            now, before = (
                replace(_versions(tools, source.repository, one, file), keys=pair.keys)
                for one in (commit, found.parents[0])
            )
        except ValueProblem:
            return True
        moved = moving.move(file.application, now, Past(before), before) if now.text != before.text else None
        if moved is not None and (moved.moves or moved.collisions):
            return True
    return False


def _pairs(move: Move) -> Sequence[_Pair]:
    return [one for member in move.hop.target.members or (move.hop.target,) for one in _pairs_of(move, member)]


def _pairs_of(move: Move, target: Environment) -> Iterator[_Pair]:
    theirs = {one.application: one for one in move.hop.source.values}
    for one in target.values:
        if one.application in theirs and move.hop.application in ("", one.application):
            yield _Pair(theirs[one.application], one)


def _base(tools: Tools, move: Move) -> tuple[str | None, Base]:
    """Return the source commit that versions are compared with, None to move all that differ."""
    if move.hop.way == "rollback":
        return None, "last promotion"
    git, repository = tools.git, move.source.repository
    if move.last is not None and git.resolve(repository, move.last.source_sha) is not None:
        return move.last.source_sha, followed(tools, move, move.last.source_sha)
    found = configured_content(tools, move)
    return (found, "vanished" if move.last else "configured") if found else (None, "none")


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
        base = _versions(tools, move.source.repository, since, pair.source)
    except ValueProblem:
        return None  # it was no file that could be read: what it holds now is new
    return Past(replace(base, keys=pair.keys), adopted=_adopted(tools, move, pair, since))


def _adopted(tools: Tools, move: Move, pair: _Pair, since: str) -> Versions | None:
    """Return the target's file when the pair was configured, or as it came after that; None once it took anything."""
    if move.last is not None:
        return None
    git, target, file = tools.git, move.target.repository, pair.target
    line = git.commits(target, since=None, until=move.target_head, limit=MOST_VERSIONS, paths=[file.file])
    began = None
    if target == move.source.repository:
        began = git.merge_base(target, since, move.target_head)
    elif (configured := read_commit(tools, move.source.repository, since)) is not None and configured.time:
        then = configured.time
        began = next((one.sha for one in line if one.time and one.time < then), None)
    for commit in (began, line[-1].sha if line else None):
        if commit is not None:
            with suppress(ValueProblem):
                return _versions(tools, target, commit, file)
    return None


def _history(tools: Tools, move: Move, pair: _Pair) -> Iterator[Versions]:
    repository, file = move.source.repository, pair.source
    commits = tools.git.commits(
        repository, since=None, until=move.record.source_sha, limit=MOST_VERSIONS, paths=[file.file]
    )
    for one in commits:
        with suppress(ValueProblem):
            yield _versions(tools, repository, one.sha, file)


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
    before, now = (git.read(repository, commit, file) for commit in (move.arrived, move.target_head))
    if before is None or now is None or before == now:
        return
    for key in kept:
        try:
            then, today = (lookup(read(data), parse_key(key)) for data in (before, now))
        except ValueProblem:
            continue
        if [one.value for one in then] != [one.value for one in today]:
            yield f"{file} ({key})"

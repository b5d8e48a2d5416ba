"""Which versions travel from the source's files to the target's, which stay, and which are in conflict?

Three states of each key are compared: the source now, the source at the last promotion, the target now. A version that
changed in the source travels. One that only the target changed stays. One that both changed, differently, is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from bot.promotion.values.editing import Edit, Found, Value, edited, lookup
from bot.promotion.values.keys import Key, parse_key
from bot.promotion.values.problem import ValueProblem
from bot.promotion.values.recognised import Role, Versioned, recognise

_VERSION = re.compile(r"(?P<name>.*?)(?P<version>(?::[A-Za-z0-9_][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?)")
_DIGESTS = {"newTag": "digest", "tag": "digest", "imageTag": "imageDigest"}  # what stands beside a tag
_TAGS = {"digest": ("newTag", "tag"), "imageDigest": ("imageTag",)}


@dataclass(frozen=True, slots=True)
class Versions:
    """One application's file in one environment at one commit: where it is, its text, and the keys that move."""

    file: str
    text: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """One version that travels: the target's file and line, what it is of what, and the values ('' for none)."""

    application: str
    file: str
    line: int
    key: str
    role: Role
    name: str
    old: str
    new: str

    def __str__(self) -> str:
        whose = f"{self.name} " if self.name and self.name != self.application else ""
        return f"{self.application}: {whose}{self.role} {_short(self.old)} → {_short(self.new)}"


@dataclass(frozen=True, slots=True)
class Collision:
    """One version that source and target both changed since the last promotion, or that cannot be moved: why."""

    application: str
    file: str
    line: int
    key: str
    source: str
    target: str
    reason: str


@dataclass(frozen=True, slots=True)
class Moved:
    """What comes of one application: the target's new text, what travels, what stays as the target has it (keys), and
    what is in the way. `text` is the old one where anything is."""

    text: str
    moves: tuple[Move, ...] = ()
    kept: tuple[str, ...] = ()
    collisions: tuple[Collision, ...] = ()


@dataclass(frozen=True, slots=True)
class _State:
    versioned: Versioned
    found: Found


@dataclass(frozen=True, slots=True)
class _Step:
    """What becomes of one key: nothing, an edit with its move, a value that stays, or a collision."""

    key: Key
    edit: Edit | None = None
    move: Move | None = None
    kept: bool = False
    there: Value | None = None
    collision: Collision | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """The source's file before: as last promoted (`base`), and in other versions of it, newest first.

    Where nothing was promoted yet, `base` is from when the pair was configured, and `adopted` is the target's file of
    that time: what it had then, and has still, is nobody's decision.
    """

    base: Versions
    adopted: Versions | None = None
    history: tuple[Versions, ...] = ()


def move(application: str, source: Versions, past: Past | None, target: Versions) -> Moved:
    """Move one application's versions into the target's file.

    Without a past (never promoted, or the file was not there) every version that differs moves. Keys are found in the
    source; the same key is looked for in the target. A target that holds what the source held once is behind, and
    follows; one that holds something of its own is not overwritten.
    """
    base = past.base if past else None
    try:
        now = _states(source)
        before = {str(one.found.key): one.found.value for one in _states(base)} if base else {}
    except ValueProblem as error:
        return _stuck(application, source.file, "", error, target.text)
    steps = [_step(application, one, before.get(str(one.found.key)), past, target) for one in now]
    steps = _together(application, target.file, steps)
    collisions = tuple(one.collision for one in steps if one.collision)
    kept = tuple(str(one.key) for one in steps if one.kept)
    edits = [one.edit for one in steps if one.edit]
    if collisions or not edits:
        return Moved(target.text, kept=kept, collisions=collisions)
    try:
        text = edited(target.text, edits)
    except ValueProblem as error:
        return _stuck(application, target.file, "", error, target.text)
    return Moved(text, tuple(one.move for one in steps if one.move), kept)


def _step(application: str, state: _State, last: Value | None, past: Past | None, target: Versions) -> _Step:
    """Decide one key; `last` is what the source had in its past's base."""
    key, value = state.found.key, state.found.value
    role, name = state.versioned.role, state.versioned.name
    moved = past is None or not _same(value, last)
    try:
        there = _only(lookup(target.text, key), key)
    except ValueProblem as error:
        stuck = _collision(application, target.file, str(key), error)
        return _Step(key, collision=stuck if moved else None)
    wanted, known = (_merged(role, one, there.value) for one in (value, last))
    if _same(wanted, there.value):
        return _Step(key)
    if past is not None and (not moved or _same(known, wanted)):
        return _Step(key, kept=True, there=there.value)
    if past is not None and not (_same(known, there.value) or _is_behind(state, there.value, past)):
        since = "they were configured" if past.adopted else "the last promotion"
        reason = f"changed in both since {since}, when it was {_words(last) or 'not there'}"
        words = (str(key), _words(value), _words(there.value), reason)
        return _Step(key, collision=Collision(application, target.file, there.line, *words))
    edit = Edit(key, wanted, after=_TAGS.get(key.last, ()))
    place = (application, target.file, there.line, str(key))
    return _Step(key, edit=edit, move=Move(*place, role, name, _words(there.value), _words(wanted)))


def _is_behind(state: _State, there: Value | None, past: Past) -> bool:
    """Say whether the target's value is one that nobody chose for it, or one that the source had earlier."""
    if past.adopted is not None:
        with suppress(ValueProblem):
            if any(_same(one.value, there) for one in lookup(past.adopted.text, state.found.key)):
                return True
    for one in past.history:
        try:
            found = lookup(one.text, state.found.key)
        except ValueProblem:
            continue
        if any(_same(_merged(state.versioned.role, each.value, there), there) for each in found):
            return True
    return False


def _together(application: str, file: str, steps: list[_Step]) -> list[_Step]:
    """A tag that travels beside a digest that stays would change nothing: the digest decides what runs."""
    moved = {str(one.key): one.move for one in steps if one.move}
    found = []
    for one in steps:
        beside = (str(one.key.beside(name)) for name in _TAGS.get(one.key.last, ()))
        tag = next((moved[key] for key in beside if key in moved), None)
        if one.kept and one.there is not None and tag is not None:
            reason = "it pins an image of its own beside the tag that changes; take it out, or give the source one"
            words = (str(one.key), "", _words(one.there), reason)
            found.append(_Step(one.key, collision=Collision(application, file, tag.line, *words)))
        else:
            found.append(one)
    return found


def _states(versions: Versions) -> tuple[_State, ...]:
    return tuple(_read(versions))


def _read(versions: Versions) -> Iterator[_State]:
    named: Iterable[Versioned] = (
        [Versioned(parse_key(one), _role(parse_key(one))) for one in versions.keys]
        if versions.keys
        else recognise(versions.text)
    )
    seen: set[str] = set()
    for one in named:
        for found in lookup(versions.text, one.key):
            exact = Versioned(found.key, one.role, one.name)
            seen.add(str(found.key))
            yield _State(exact, found)
    if not versions.keys:
        yield from _partners(versions, seen)


def _partners(versions: Versions, seen: set[str]) -> Iterator[_State]:
    """Yield what an image is named by besides, absent or not: a tag and its digest make sense together."""
    for one in recognise(versions.text):
        partner = _DIGESTS.get(one.key.last)
        if one.role != "image tag" or partner is None:
            continue
        key = one.key.beside(partner)
        if str(key) not in seen:
            seen.add(str(key))
            for found in lookup(versions.text, key):
                yield _State(Versioned(found.key, "image digest", one.name), found)


def _role(key: Key) -> Role:
    last = key.last.lower()
    if last.endswith("digest"):
        return "image digest"
    if last.endswith("tag"):
        return "image tag"
    if last == "image":
        return "image"
    if last.endswith("revision"):
        return "revision"
    return "version" if last.endswith("version") else "value"


def _only(found: tuple[Found, ...], key: Key) -> Found:
    if len(found) != 1:
        raise ValueProblem(f"`{key}` names {len(found)} values")
    return found[0]


def _merged(role: Role, source: Value | None, target: Value | None) -> Value | None:
    """Return what the target shall hold: of an image written in one text, only the version is the source's."""
    if role != "image" or source is None or target is None:
        return source
    ours, theirs = _VERSION.fullmatch(target.text), _VERSION.fullmatch(source.text)
    if ours is None or theirs is None or not theirs["version"]:
        return source
    return Value(ours["name"] + theirs["version"], target.tag, target.style)


def _same(one: Value | None, other: Value | None) -> bool:
    return one.means(other) if one is not None else other is None


def _words(value: Value | None) -> str:
    return value.text if value is not None else ""


def _short(text: str) -> str:
    return re.sub(r"(sha256:[0-9a-f]{7})[0-9a-f]{57}", r"\1", text) or "none"


def _stuck(application: str, file: str, key: str, error: ValueProblem, text: str) -> Moved:
    return Moved(text, collisions=(_collision(application, file, key, error),))


def _collision(application: str, file: str, key: str, error: ValueProblem) -> Collision:
    words = f"{error.message}; {error.how}" if error.how else error.message
    return Collision(application, file, error.line, key, "", "", words)

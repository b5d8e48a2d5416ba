"""Who shut an environment, or all of them, since when and why? And who spoke for one promotion commit?

Each word of a person is a record of its own, kept as a commit's message under a ref of the repository with the
pipeline, so that git's compare-and-swap decides between two who speak at once, and that it comes with every fetch.
Whoever may push can write such refs; the seal tells ours from theirs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Literal, get_args

from bot.promotion.seals import Seal

LockKind = Literal["lock", "freeze", "hold"]
SaidKind = Literal["approve", "override"]
PREFIX = "refs/lockkeeper/"
AUDIT = f"{PREFIX}audit"  # the line of all records that were ever made or taken away
REASON = 300  # characters kept of a reason
KINDS: tuple[str, ...] = (*get_args(LockKind), *get_args(SaidKind), "rollback")
MOST_READ = 2_000  # records of one kind; nobody can tell what stands in more of them

_LINE = re.compile(r"^Lockkeeper-([A-Z][A-Za-z]*): (.*)$", re.M)


@dataclass(frozen=True, slots=True)
class Lock:
    """One record: nothing is promoted into `environment` ('' means into any) until somebody takes it away.

    `owner` is the login of whoever made it, `url` where they said so. `pull` is "owner/name#12" where only that
    promotion pull request is held.
    """

    kind: LockKind
    environment: str
    owner: str
    reason: str
    since: datetime
    url: str = ""
    pull: str = ""

    @property
    def ref(self) -> str:
        """Return the ref that it lies under: there is one of its kind for each thing that can be shut."""
        return lock_ref(self.kind, self.environment, self.pull)

    @property
    def opened_by(self) -> str:
        """Return the command that takes it away."""
        word = {"lock": "/unlock", "freeze": "/unfreeze", "hold": "/resume"}[self.kind]
        return word if self.pull else f"{word} {self.environment}".rstrip()


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody approved one promotion commit by comment, or opened one of its gates.

    `target` is the environment or group, `sha` the promotion commit; `gate` is '' for an approval.
    """

    kind: SaidKind
    target: str
    by: str
    sha: str
    reason: str
    since: datetime
    gate: str = ""
    url: str = ""

    @property
    def ref(self) -> str:
        own = self.by.lower() if self.kind == "approve" else self.gate
        return f"{PREFIX}{self.kind}/{self.target}/{self.sha}/{own}"


@dataclass(frozen=True, slots=True)
class Rollback:
    """Somebody wants `target`, an environment or group, to hold again what it held at `sha`, a commit of its own.

    `to` says in words which state that is. The newest one of each target is kept, also when it is done: that there is
    one says that rollbacks have to be looked for when the last promotion is.
    """

    kind: Literal["rollback"]
    target: str
    by: str
    sha: str
    to: str
    reason: str
    since: datetime
    url: str = ""

    @property
    def ref(self) -> str:
        return f"{PREFIX}rollback/{self.target}"

    def is_hold(self, lock: Lock) -> bool:
        """Say whether a hold was made together with this."""
        return (
            lock.kind == "hold"
            and not lock.pull
            and (lock.environment, lock.since, lock.url)
            == (
                self.target,
                self.since,
                self.url,
            )
        )


AnyRecord = Lock | Said | Rollback


@dataclass(frozen=True, slots=True)
class Kept:
    """All records of a repository: what shuts, what was said of promotion commits, what was rolled back, and refs that
    count for nothing.

    `unread` are the kinds of which there are more than are read: what was not read opens nothing, and what it may shut
    counts as shut.
    """

    locks: tuple[Lock, ...] = ()
    said: tuple[Said, ...] = ()
    forged: tuple[str, ...] = ()
    rollbacks: tuple[Rollback, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def untold(self) -> tuple[str, ...]:
        """Return the kinds of which nobody can tell whether they shut something."""
        return tuple(one for one in self.unread if one not in get_args(SaidKind))

    def at(self, ref: str) -> AnyRecord | None:
        """Return the record that lies under a ref."""
        every: tuple[AnyRecord, ...] = (*self.locks, *self.said, *self.rollbacks)
        return next((one for one in every if one.ref == ref), None)

    def find(self, kind: LockKind, environment: str, pull: str = "") -> Lock | None:
        """Return the record of that kind on exactly this."""
        wanted = lock_ref(kind, environment, pull)
        return next((one for one in self.locks if one.ref == wanted), None)

    def rollback(self, target: str) -> Rollback | None:
        """Return the newest rollback of an environment or group."""
        return next((one for one in self.rollbacks if one.target == target), None)


NOTHING_KEPT = Kept()


def lock_ref(kind: LockKind, environment: str, pull: str = "") -> str:
    """Return where a record lies. All environments have a ref of their own: git has no file beside a directory."""
    if pull:
        repository, _, number = pull.partition("#")
        return f"{PREFIX}{kind}-pull/{repository.lower()}/{number}"
    return f"{PREFIX}{kind}/{environment}" if environment else f"{PREFIX}{kind}-all"


def kind_of(ref: str) -> str:
    """Return the kind of the records that lie where a ref does, '' where none do."""
    first = ref.removeprefix(PREFIX).partition("/")[0]
    kind = first.removesuffix("-all").removesuffix("-pull")
    return kind if kind in KINDS else ""


def record_message(record: AnyRecord, seal: Seal, done: str = "") -> str:
    """Return the commit message that `read_records` reads; `done` says what became of it, for the line of all."""
    what = record.environment or "all environments" if isinstance(record, Lock) else record.target
    title = f"{done or record.kind} {what}" + (f": {record.gate}" if isinstance(record, Said) and record.gate else "")
    lines = [f"Lockkeeper-{_key(name)}: {value}" for name, value in _values(record).items() if value]
    return "\n".join([title, "", *lines, f"Lockkeeper-Seal: {seal(_sealed(record))}", ""])


def read_records(found: Iterable[tuple[str, str | None]], seal: Seal) -> Kept:
    """Return what stands under the refs given, each with its commit's message, None for one that was not read.

    A record counts where its seal is ours and it lies where it belongs, in the repository that `seal` is for: whoever
    may push can take it away, or put back what once was there, but make, change and move none.
    """
    locks: list[Lock] = []
    said: list[Said] = []
    rollbacks: list[Rollback] = []
    forged: list[str] = []
    unread: set[str] = set()
    for ref, message in found:
        if ref == AUDIT:
            continue
        if message is None:
            unread.add(kind_of(ref))
            continue
        record = read_record(message, seal)
        if record is None or record.ref != ref:
            forged.append(ref)
        elif isinstance(record, Lock):
            locks.append(record)
        elif isinstance(record, Rollback):
            rollbacks.append(record)
        else:
            said.append(record)
    return Kept(
        tuple(sorted(locks, key=lambda one: (one.since, one.ref))),
        tuple(sorted(said, key=lambda one: (one.since, one.ref))),
        tuple(sorted(forged)),
        tuple(sorted(rollbacks, key=lambda one: one.ref)),
        tuple(one for one in KINDS if one in unread),
    )


def read_record(message: str, seal: Seal) -> AnyRecord | None:
    """Return what a message says, None where it is no record or its seal is not ours."""
    record = _read(message)
    return record if record is not None and _seal_of(message) == seal(_sealed(record)) else None


def one_line(text: str) -> str:
    """Return a reason as it is kept: one line, no longer than `REASON`."""
    flat = " ".join(text.split())
    return flat if len(flat) <= REASON else flat[: REASON - 1] + "…"


def _read(message: str) -> AnyRecord | None:
    found: dict[str, str] = dict(_LINE.findall(message))
    values = {one: found.get(_key(one), "") for one in ("kind", *_names(Lock), *_names(Said), *_names(Rollback))}
    try:
        since = datetime.fromisoformat(values["since"])
    except ValueError:
        return None
    if since.tzinfo is None or not (values["owner"] or values["by"]):
        return None
    match values["kind"]:
        case "lock" | "freeze" | "hold" as kind:
            return Lock(
                kind, values["environment"], values["owner"], values["reason"], since, values["url"], values["pull"]
            )
        case "approve" | "override" as kind:
            return Said(
                kind, values["target"], values["by"], values["sha"], values["reason"], since, values["gate"],
                values["url"],
            )  # fmt: skip
        case "rollback" as kind:
            return Rollback(
                kind,
                values["target"],
                values["by"],
                values["sha"],
                values["to"],
                values["reason"],
                since,
                values["url"],
            )
        case _:
            return None


def _values(record: AnyRecord) -> Mapping[str, str]:
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    return {**values, "since": record.since.astimezone(UTC).isoformat(timespec="seconds")}


def _sealed(record: AnyRecord) -> str:
    return "record " + json.dumps(_values(record), sort_keys=True)


def _seal_of(message: str) -> str:
    found: dict[str, str] = dict(_LINE.findall(message))
    return found.get("Seal", "")


def _names(kind: type[Lock] | type[Said] | type[Rollback]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _key(name: str) -> str:
    return "Record" if name == "kind" else name.capitalize()

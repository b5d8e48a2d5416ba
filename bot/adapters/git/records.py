"""Which records are kept as refs of their own beside the branches, and how do they move, all or none?

git refuses to move a ref that is not where it is expected, so of two who write at once one is first. Whoever may push
can write such refs, so what is read here is bounded, by kind, and what was not read is told; whether it counts is for
`bot.promotion.locks` to say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.adapters.git.command import GitProgram
from bot.adapters.git.names import checked_ref
from bot.ports import RefMove, RefRecord
from bot.promotion.locks import MOST_READ, PREFIX, kind_of

LARGEST = 8_192  # bytes of a record
_FORMAT = "--format=%(objecttype) %(objectsize) %(objectname) %(refname)"


def read_records(program: GitProgram) -> Sequence[RefRecord]:
    """Return the records of a mirror, in the order of their refs.

    What is no short commit has the message '', as has what is of no kind; what is beyond the number read has None.
    """
    listed = program.run("for-each-ref", _FORMAT, PREFIX).stdout.decode(errors="replace")
    rows = [_Row(*line.split(" ", 3)) for line in listed.splitlines()]
    seen: Counter[str] = Counter()
    read: set[str] = set()
    beyond: set[str] = set()
    for row in rows:
        kind = kind_of(row.ref)
        seen[kind] += 1
        if kind and seen[kind] > MOST_READ:
            beyond.add(row.ref)
        elif kind and row.is_short_commit:
            read.add(row.ref)
    messages = _messages(program, [row.id for row in rows if row.ref in read]) if read else {}

    def message(row: _Row) -> str | None:
        return None if row.ref in beyond else messages[row.id] if row.ref in read else ""

    return [RefRecord(row.ref, row.id, message(row)) for row in rows]


@dataclass(frozen=True, slots=True)
class _Row:
    """One ref, and what it leads to."""

    type: str
    size: str
    id: str
    ref: str

    @property
    def is_short_commit(self) -> bool:
        return self.type == "commit" and int(self.size) <= LARGEST


def lease(moves: Sequence[RefMove]) -> list[str]:
    """Return the arguments that let git push moves only from where each ref is expected to be."""
    return [f"--force-with-lease={checked_ref(one.ref)}:{one.expected or ''}" for one in moves]


def refspecs(moves: Sequence[RefMove]) -> list[str]:
    """Return the arguments that say where each ref goes, or that it goes away."""
    return [f"{one.commit or ''}:{one.ref}" for one in moves]


def noted(moves: Sequence[RefMove]) -> bytes:
    """Return what makes git move the same refs here (git-update-ref(1), --stdin)."""
    lines = (f"update {one.ref} {one.commit}" if one.commit else f"delete {one.ref}" for one in moves)
    return "".join(f"{line}\n" for line in lines).encode()


def _messages(program: GitProgram, ids: Sequence[str]) -> dict[str, str]:
    """Read the messages of commits by one process (git-cat-file(1), BATCH OUTPUT)."""
    data = program.run("cat-file", "--batch", input="\n".join(dict.fromkeys(ids)).encode() + b"\n").stdout
    found, at = {}, 0
    while at < len(data):
        end = data.index(b"\n", at)
        id, _, size = data[at:end].decode().split(" ")
        text = data[end + 1 : end + 1 + int(size)]
        found[id] = text.partition(b"\n\n")[2].decode(errors="replace")
        at = end + 2 + int(size)
    return found

"""What does a promotion commit say of itself?

The trailers (git-interpret-trailers form) travel with the commit through merge commits and rebases. Whoever may push
can write the like; `seal` tells ours from theirs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.model.promotion import Hop, Record
from bot.model.repository import Repository
from bot.promotion.seals import Seal

_SOURCE = re.compile(r"^Lockkeeper-Source: (\S+) ([0-9a-f]{40})$", re.M)
_TARGET = re.compile(r"^Lockkeeper-Target: (\S+)$", re.M)
_INCLUDES = re.compile(r"^Lockkeeper-Includes: ((?:[\w.-]+/[\w.-]+)?#[1-9]\d{0,9})$", re.M)
_ASKED = re.compile(r"^Lockkeeper-Requested-By: (\S+)$", re.M)
_PINNED = re.compile(r"^Lockkeeper-Pinned: yes$", re.M)
_WHOLE = re.compile(r"^Lockkeeper-Whole: yes$", re.M)
_CONTENT = re.compile(r"^Lockkeeper-Content: ([0-9a-f]{40})$", re.M)
_SEAL = re.compile(r"^Lockkeeper-Seal: ([0-9a-f]+)$", re.M)


@dataclass(frozen=True, slots=True)
class Trailers:
    """The source environment and commit, the pull requests carried, and who asked ('' when nobody did).

    Pull requests are written as on a page of the repository that the commit is in: `#12`, `owner/name#12`.
    """

    source: str
    source_sha: str
    includes: tuple[str, ...]
    requested_by: str
    target: str = ""
    pinned: bool = False
    seal: str = ""
    whole: bool = False
    content: str = ""

    @property
    def record(self) -> Record:
        """Return what was moved, as far as the trailers can be believed."""
        return Record(self.source_sha, self.requested_by, self.pinned, self.whole, self.content)

    def is_genuine(self, hop: Hop, seal: Seal) -> bool:
        """Say whether we wrote them for this hop, and not somebody who may push to its branch.

        `seal` is that of the repository they were found in.
        """
        return bool(self.seal) and self.seal == seal(sealed(hop, self.record))


def sealed(hop: Hop, record: Record) -> str:
    """Return the text whose seal stands in the trailers: which way it went, between what, and what was moved."""
    return "promotion " + json.dumps([hop.way, hop.source.name, hop.target.name, hop.application, record.encode()])


def write_trailers(hop: Hop, record: Record, includes: tuple[str, ...], seal: str) -> list[str]:
    """Return the lines that `parse_trailers` reads."""
    lines = [f"Lockkeeper-Source: {hop.source.name} {record.source_sha}", f"Lockkeeper-Target: {hop.target.name}"]
    lines += [f"Lockkeeper-Includes: {reference}" for reference in includes]
    if record.requested_by:
        lines.append(f"Lockkeeper-Requested-By: {record.requested_by}")
    if record.pinned:
        lines.append("Lockkeeper-Pinned: yes")
    if record.whole:
        lines.append("Lockkeeper-Whole: yes")
    if record.content:
        lines.append(f"Lockkeeper-Content: {record.content}")
    return [*lines, f"Lockkeeper-Seal: {seal}"] if seal else lines


def override_trailers(overrides: Iterable[tuple[str, str, str]]) -> list[str]:
    """Return the lines that tell which gates were opened by whose word and why, given as (gate, login, reason)."""
    return [f"Lockkeeper-Override: {gate} by {by}: {' '.join(reason.split())}" for gate, by, reason in overrides]


def requalified(reference: str, written: Repository, read: Repository) -> str:
    """Return a reference (`#12`, `owner/name#12`) of one repository's pages as it is written on those of another."""
    full = f"{written}{reference}" if reference.startswith("#") else reference
    repository, _, number = full.partition("#")
    return f"#{number}" if repository.lower() == read.full_name.lower() else full


def parse_trailers(message: str) -> Trailers | None:
    """Return what a promotion commit's message says; None for any other commit."""
    source = _SOURCE.search(message)
    if source is None:
        return None
    asked, target, seal = _ASKED.search(message), _TARGET.search(message), _SEAL.search(message)
    content = _CONTENT.search(message)
    return Trailers(
        source[1],
        source[2],
        tuple(_INCLUDES.findall(message)),
        asked[1] if asked else "",
        target[1] if target else "",
        _PINNED.search(message) is not None,
        seal[1] if seal else "",
        _WHOLE.search(message) is not None,
        content[1] if content else "",
    )

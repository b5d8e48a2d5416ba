"""`lockkeeper diff`: what do the manifests of two revisions differ in?"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bot.adapters.git.worktree import WorkTree
from bot.desk import ending, output
from bot.desk.base import Base, find_base, plain_branch, short, target_branch
from bot.desk.check import evaluated
from bot.desk.ending import UnseenError, ended
from bot.desk.engines import workbench
from bot.desk.situation import Situation, open_work, take_situation
from bot.errors import UserError
from bot.flows.packs import Packs
from bot.report import pull_comment, record, text

Format = Literal["text", "json", "markdown"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a diff: the arguments of `lockkeeper diff` by their names."""

    revisions: str
    path: Path | None = None
    environments: tuple[str, ...] = ()
    form: Format = "text"
    keep: bool = True


@dataclass(frozen=True, slots=True)
class Range:
    """Two revisions: `head` '' is the working tree; `forked` asks for where they went apart in the place of `base`."""

    base: str
    head: str = ""
    forked: bool = False


def parse_range(words: str) -> Range:
    """Read `BASE`, `BASE..HEAD` or `BASE...HEAD`; as in git, a side that is left out is HEAD."""
    for dots in ("...", ".."):
        base, found, head = words.partition(dots)
        if found:
            return Range(base or "HEAD", head or "HEAD", dots == "...")
    return Range(words)


def run(wish: Wish) -> int:
    """Compare, write the difference, and return the status to end with."""
    return ended(lambda: _run(wish))


def _run(wish: Wish) -> int:
    wanted = parse_range(wish.revisions)
    with open_work(wish.path) as work:
        if not work.is_repository:
            raise UserError("this is no git repository, so there is nothing to compare", where=str(work.top))
        head = work.open(wanted.head) if wanted.head else work.open_working()
        situation = take_situation(work, head)
        base = _base(work, situation, wanted)
        head_words = f"{wanted.head} ({short(work.resolve(wanted.head) or '')})" if wanted.head else "the working tree"
        with workbench(work, keep=wish.keep) as bench:
            branch = _branch(situation, base, wanted)
            question = situation.question(base, branch, wish.environments, Packs(()))
            found = evaluated(bench, question, silent=False)
    match wish.form:
        case "text":
            output.write(text.diff(found.results, output.terminal(sys.stdout)))
        case "json":
            output.write(record.diff(found.results, base=base.words, head=head_words))
        case "markdown":
            output.write("".join(f"{part}\n\n" for one in found.results for part in pull_comment.sections(one)))
    broken = [one for one in found.findings if one.policy == "render" and one.state == "error"]
    if broken:
        said = "\n".join(f"{one.path}: {one.message}" for one in broken)
        raise UnseenError(f"not everything could be compared\n{said}")
    return ending.FOUND if any(one.diff.changes for one in found.results) else ending.FINE


def _base(work: WorkTree, situation: Situation, wanted: Range) -> Base:
    if wanted.forked:
        return find_base(work, situation.refs, situation.rules, wanted.base, wanted.head)
    work.open(wanted.base)  # says why there is none
    commit = work.resolve(wanted.base) or ""
    return Base(commit, f"{wanted.base} ({short(commit)})", plain_branch(wanted.base))


def _branch(situation: Situation, base: Base, wanted: Range) -> str:
    """Return the branch whose environments are compared: that of the head, when environments deploy from it."""
    known = [one.branch for one in situation.rules.environments]
    named = plain_branch(wanted.head)
    return named if named in known else target_branch(base, situation.refs, situation.rules)

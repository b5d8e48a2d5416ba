"""`lockkeeper config init`: which configuration would suit the repository that lies here?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.adapters.git.worktree import WorkTree
from bot.desk import ending, output
from bot.desk.base import Refs
from bot.desk.ending import ended
from bot.desk.layouts import Ground, Guess, Layout, recognise
from bot.desk.situation import open_work
from bot.errors import NotFoundError, UserError
from bot.model.environment import Configuration
from bot.model.tree import Tree
from bot.promotion.config import PATH, Problems, explain, parse
from bot.report.proposal import Proposed, written


@dataclass(frozen=True, slots=True)
class Wish:
    """For which repository, and whether the file is to be written."""

    path: Path | None = None
    write: bool = False


def run(wish: Wish) -> int:
    """Propose, and return the status to end with."""
    return ended(lambda: _run(wish))


def _run(wish: Wish) -> int:
    with open_work(wish.path) as work:
        file = work.top / PATH
        if wish.write and (file.exists() or file.is_symlink()):
            raise UserError(
                f"{PATH} is there already", where=str(work.top), how="`lockkeeper config check` looks at it"
            )
        layout = recognise(_ground(work))
        if layout is None:
            output.note("nothing here speaks of two environments: no branch, directory, file or tag is named for them")
            output.note("docs/configuration.md begins with an example; write that, and `lockkeeper config check`")
            return ending.FOUND
        text = proposal(layout)
        for one in layout.unsure:
            output.note(f"not sure: {one}")
        if wish.write:
            _write(file, text)
            output.note(f"{file} is written; look at it, then `lockkeeper config check`")
        else:
            output.write(text)
        return ending.FINE


def proposal(layout: Layout) -> str:
    """Return the text of the file. What is written is read again: a proposal with mistakes is a bug."""
    found = [Proposed(one.name, _keys(layout, number)) for number, one in enumerate(layout.environments)]
    text = written(layout.words, layout.strategy, found, layout.unsure)
    read = parse(text.encode())
    if isinstance(read, Problems):
        raise AssertionError("\n".join(explain(one) for one in read))
    assert isinstance(read, Configuration)
    return text


def _keys(layout: Layout, number: int) -> dict[str, str | Sequence[str] | dict[str, str]]:
    """Return what has to be written of an environment; what follows from the one before is left out."""
    one = layout.environments[number]
    found: dict[str, str | Sequence[str] | dict[str, str]] = {}
    if one.repository:
        found["repository"] = one.repository
    if number == 0 or layout.strategy == "branch":
        found["branch"] = one.branch
    if one.path and not _follows(layout, number):
        found["path"] = one.path
    if one.tag:
        found["tag"] = one.tag
    if one.values:
        found["values"] = dict(one.values)
    if one.after is not None:
        found["after"] = one.after[0] if len(one.after) == 1 else one.after
    if one.group:
        found["group"] = one.group
    if one.promote != "auto":
        found["promote"] = one.promote
    return found


def _follows(layout: Layout, number: int) -> bool:
    """Say whether an environment's path would be known without being written."""
    one: Guess = layout.environments[number]
    if layout.strategy != "directory" or number == 0:
        return False
    names = {each.name: each for each in layout.environments[:number]}
    source = names[one.after[0]] if one.after else layout.environments[number - 1]
    parts = source.path.split("/")
    return source.name in parts and one.path.split("/") == [one.name if part == source.name else part for part in parts]


def _ground(work: WorkTree) -> Ground:
    refs = Refs(work)
    names = work.refs()
    branches = [one.removeprefix("refs/remotes/origin/") for one in names if one.startswith("refs/remotes/origin/")]
    branches = branches or [one.removeprefix("refs/heads/") for one in names if one.startswith("refs/heads/")]
    default = refs.default_branch(Configuration())

    def at(branch: str) -> Tree | None:
        place = refs.at(branch)
        try:
            return work.open(place) if place else None
        except NotFoundError:
            return None

    return Ground(
        work.open_working(),
        default,
        tuple(one for one in branches if one != "HEAD"),
        tuple(one.removeprefix("refs/tags/") for one in names if one.startswith("refs/tags/")),
        at,
    )


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as opened:  # never over what is there
            opened.write(text)
    except OSError as error:
        raise UserError(f"cannot write: {error.strerror}", where=str(file)) from error

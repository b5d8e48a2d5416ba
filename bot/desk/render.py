"""`lockkeeper render`: what would a cluster get from this environment, or this directory?"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.adapters.git.worktree import WorkTree
from bot.checks.applications.found import applications
from bot.desk import ending, output
from bot.desk.base import Base, address, target_branch
from bot.desk.ending import UnseenError, ended
from bot.desk.engines import missing_tools, workbench
from bot.desk.manifests import Manifests, documents, render
from bot.desk.progress import Progress
from bot.desk.situation import NO_RULES, Situation, find_name, open_work, relative, take_situation
from bot.errors import UserError
from bot.flows.survey import fitted, survey
from bot.flows.surveyed import Ground
from bot.flows.workbench import Workbench
from bot.model.environment import Environment
from bot.model.manifest import RenderProblem
from bot.model.source import Application
from bot.report.text import inert


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a render: the arguments of `lockkeeper render` by their names."""

    what: str
    revision: str = ""
    applications: tuple[str, ...] = ()
    masked: bool = False
    keep: bool = True


def run(wish: Wish) -> int:
    """Render to standard output, and return the status to end with."""
    return ended(lambda: _run(wish))


def _run(wish: Wish) -> int:
    with _open(wish.what) as work:
        tree = work.open(wish.revision) if wish.revision else work.open_working()
        situation = take_situation(work, tree)
        with workbench(work, keep=wish.keep) as bench:
            progress = Progress(sys.stderr)
            try:
                chosen = _named(_applications(bench, situation, wish), wish.applications)
                found = render(bench, tree, chosen, progress)
            finally:
                progress.clear()
            _tell(found)
            output.write("".join(documents(found, masked=wish.masked)))
            if not any(one.problems for one in found):
                return ending.FINE
            missing = missing_tools(bench)
    for name, reason in missing.items():
        if any(f"there is no {name} here" in one.message for each in found for one in each.problems):
            raise UnseenError(f"there is no {name} here", reason)
    return ending.FOUND


def _open(what: str) -> WorkTree:
    """Open the repository around what is named; where that lies in none, the directory that we are in, if it is there.

    A directory outside of git may build on others beside it.
    """
    path = Path(what)
    place = path if path.is_dir() else path.parent
    if place.is_dir():
        work = open_work(place)
        if work.is_repository or path.is_absolute() or not place.resolve().is_relative_to(Path().resolve()):
            return work
        work.close()
    return open_work(None)


def _is_path(what: str) -> bool:
    """Say whether this can only be a path; a plain word may name an environment."""
    return "/" in what or what in (".", "..") or Path(what).is_absolute()


def _applications(bench: Workbench, situation: Situation, wish: Wish) -> tuple[Application, ...]:
    known = {one.name: one for one in situation.environments()}
    path = _directory(situation, wish)
    if wish.what in known and (path is None or not wish.what.startswith((".", "/"))):
        return _deployed(bench, situation, known[wish.what])
    if path is None:
        _unknown(situation, wish.what, known)
    return _lying_at(situation, path or "")


def _unknown(situation: Situation, what: str, known: dict[str, Environment]) -> None:
    """Say what the word could have meant."""
    if _is_path(what):
        raise UserError(f"there is no directory {what!r}", where=str(situation.work.top))
    try:
        find_name(what, [*known])
    except UserError as error:
        raise UserError(f"there is no environment and no directory {what!r}", how=error.how) from None


def _directory(situation: Situation, wish: Wish) -> str | None:
    """Return the path within the repository that is named, from here or else from its top; None for none."""
    try:
        here = relative(situation.work, Path(wish.what))
    except ValueError:
        return None
    for place in (here, wish.what.strip("/")):
        if situation.head.is_directory(place) or situation.head.blob(place) is not None:
            return place
    return None


def _deployed(bench: Workbench, situation: Situation, environment: Environment) -> tuple[Application, ...]:
    """Return all that an environment deploys, declared applications too."""
    work, rules = situation.work, situation.rules
    default = situation.refs.default_branch(rules) if rules.found else environment.branch
    host = work.host or "github.com"
    ground = Ground(address(work).full_name, environment, rules, default, host)
    if not rules.found:
        output.note(NO_RULES)
    return survey(bench, ground, situation.head).applications


def _lying_at(situation: Situation, path: str) -> tuple[Application, ...]:
    """Return what is to be rendered at a directory itself, and not what that declares."""
    branch, minor = target_branch(Base(), situation.refs, situation.rules), situation.rules.checks.kubernetes
    found = applications(Environment(path or "repository", branch, path), situation.head)
    charts = situation.rules.render.charts
    return tuple(replace(one, sources=tuple(fitted(each, minor, charts) for each in one.sources)) for one in found)


def _named(found: Sequence[Application], names: Sequence[str]) -> tuple[Application, ...]:
    if not found:
        raise UserError("there is nothing to render")
    if not names:
        return tuple(found)
    known = {one.name: one for one in found}
    return tuple(known[find_name(name, [*known], noun="application")] for name in dict.fromkeys(names))


def _tell(found: Sequence[Manifests]) -> None:
    """Tell on standard error what is missing, and what is to be known."""
    for each in found:
        name = f"{each.application}: " if each.application else ""
        for note in dict.fromkeys(each.notes):
            output.note(f"{name}{note}")
        for problem in dict.fromkeys(each.problems):
            sys.stderr.write(_problem(problem, each.application))


def _problem(one: RenderProblem, application: str) -> str:
    where = (f"{one.path}:{one.line}" if one.line else one.path) or application or "."
    inside = f" [{application}]" if application else ""
    how = f"\n  → {' '.join(one.how.split())}" if one.how else ""
    return inert(f"{where}: error: {one.message}{inside}{how}") + "\n"

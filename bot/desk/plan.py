"""`lockkeeper plan` and `status`: what would be promoted now, and where is everything, by a clone or by GitHub?"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, cast

from bot.adapters.git.clone import branches, clone_as_mirror
from bot.adapters.git.worktree import WorkTree
from bot.desk import ending, output
from bot.desk.base import address, short
from bot.desk.ending import MistakesError, ended
from bot.desk.nothing import NoRenderer, NothingKept, NothingTold
from bot.desk.offline import OfflineGitHub
from bot.desk.situation import open_work, take_situation
from bot.errors import UserError
from bot.flows.converge import Converged, converge
from bot.flows.journeys import read_journeys
from bot.flows.memory import RememberingGit
from bot.flows.outcome import HopOutcome
from bot.flows.tools import Tools
from bot.model.repository import Repository
from bot.ports import GitHub
from bot.promotion.config import PATH
from bot.promotion.journey import Journey
from bot.promotion.plan import Idle, Propose, Release, Stuck
from bot.report import plan_words, status_words
from bot.report.plan_words import PlanLook, PlanRow, shown_gates
from bot.report.text import Pen

_FULL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}/[A-Za-z0-9_.-]{1,100}")


@dataclass(frozen=True, slots=True)
class Wish:
    """Of what a plan is wanted: a directory, or a repository on GitHub ("owner/name"); '' is here."""

    what: str = ""
    form: Literal["text", "json"] = "text"


def run(wish: Wish) -> int:
    """Plan, write the plan, and return the status to end with."""
    return ended(lambda: _run(wish, plan_words.as_text, plan_words.as_json))


def run_status(wish: Wish) -> int:
    """Write where everything stands, and return the status to end with."""
    return ended(lambda: _run(wish, status_words.as_text, status_words.as_json))


def _run(wish: Wish, text: Callable[[PlanLook, Pen], str], json: Callable[[PlanLook], str]) -> int:
    look = look_at(wish.what)
    output.write(json(look) if wish.form == "json" else text(look, output.terminal(sys.stdout)))
    return ending.FINE


def look_at(what: str) -> PlanLook:
    """Return the plan of a directory, else of a repository of that name on GitHub. UserError where it is neither."""
    if not what or Path(what).is_dir():
        with open_work(Path(what) if what else None) as work:
            return _of_clone(work)
    if not _FULL_NAME.fullmatch(what):
        raise UserError("this is neither a directory nor a repository", where=what, how="write it as owner/name")
    return _of_github(Repository.parse(what))


def _of_clone(work: WorkTree) -> PlanLook:
    situation = take_situation(work, work.open_working())
    home = address(work)
    if not situation.rules.found:
        note = f"there is no {PATH}, so nothing is promoted; `lockkeeper config init` proposes one"
        return PlanLook(home.full_name, "clone", (), notes=(note,))
    if situation.rules.pipeline and not situation.rules.environments:
        raise _elsewhere(home, situation.rules.pipeline)
    default = situation.refs.default_branch(situation.rules)
    head = branches(work.refs()).get(f"refs/heads/{default}", "")
    if not head:
        raise UserError(f"there is no branch {default} here, so nothing can be said of promotions", where=str(work.top))
    text = situation.head.read(PATH) or b""
    with tempfile.TemporaryDirectory(prefix="lockkeeper-plan-") as directory:
        git = RememberingGit(clone_as_mirror(work, home, Path(directory), {f"{head}:{PATH}": text}))
        github = OfflineGitHub(git, home, situation.rules, default)
        tools = nothing_written(cast(GitHub, github), git)
        found = converge(tools, home, write=False)
        journeys = _journeys(tools, replace(found, hops=tuple(map(_by_clone, found.hops))))
    return replace(_look(found, home, "clone", _notes(work, default)), journeys=journeys)


def _notes(work: WorkTree, default: str) -> tuple[str, ...]:
    """Say by which branches the plan is made."""
    known = work.refs()
    remote = {ref for ref in known if ref.startswith("refs/remotes/origin/")}
    notes = [f"rules are those of {PATH} as it lies here"]
    if remote:
        notes.append("branches are those of origin, as they were fetched last")
        here = known.get(f"refs/heads/{default}")
        there = known.get(f"refs/remotes/origin/{default}")
        if here and there and here != there:
            notes.append(f"{default} is at {short(here)} here, and at {short(there)} in origin, which counts")
    notes.append("earlier promotions are known by the messages of their commits")
    if work.is_shallow:
        notes.append("this clone is shallow: git fetch --unshallow brings the history that promotions are found in")
    return tuple(notes)


def _of_github(repository: Repository) -> PlanLook:
    from bot.settings import Settings
    from bot.wiring import reading

    settings = Settings.for_reading(os.environ)
    with tempfile.TemporaryDirectory(prefix="lockkeeper-plan-") as directory:
        github, git, seal = reading(settings, repository, Path(directory))
        tools = replace(nothing_written(github, RememberingGit(git)), sealer=seal)
        found = converge(tools, repository, write=False)
        journeys = _journeys(tools, found)
    return replace(_look(found, repository, "github"), journeys=journeys)


def _by_clone(outcome: HopOutcome) -> HopOutcome:
    """Return a hop with gates that say that only GitHub knows, where only GitHub knows."""
    decision = outcome.decision
    if not isinstance(decision, Propose | Stuck | Release):
        return outcome
    gates = tuple(gate for gate, _ in shown_gates(decision.gates, "clone"))
    return replace(outcome, decision=replace(decision, gates=gates))


def _journeys(tools: Tools, found: Converged) -> tuple[Journey, ...]:
    return tuple(read_journeys(tools, found.house, found.hops))


def _look(
    found: Converged, repository: Repository, read_from: Literal["clone", "github"], notes: tuple[str, ...] = ()
) -> PlanLook:
    if found.house.rules.problems:
        raise MistakesError(found.house.rules.problems)
    if found.house.is_elsewhere:
        raise _elsewhere(repository, str(found.house.home))
    if read_from == "github" and not found.house.configuration.found:
        notes = (*notes, f"there is no {PATH} on its default branch")
    against = (one for one in found.against if not isinstance(one.decision, Idle))
    rows = tuple(PlanRow(one.hop, one.decision, one.pull, one.gates, one.snapshot) for one in (*found.hops, *against))
    return PlanLook(repository.full_name, read_from, rows, found.house.configuration.environments, notes)


def _elsewhere(repository: Repository, home: str) -> UserError:
    """Return the error that says of a repository where the pipeline lies that leads into it."""
    how = f"look at a clone of {home}, or let GitHub be asked: lockkeeper plan {home}"
    return UserError(f"nothing is promoted by {repository} itself: its pipeline lies in {home}", how=how)


def nothing_written(github: GitHub, git: RememberingGit) -> Tools:
    """Return tools for looking at promotions, which render nothing and keep nothing."""
    return Tools(
        github=github,
        git=git,
        renderer=NoRenderer(),
        outputs=NothingKept(),
        checked=NothingKept(),
        told=NothingTold(),
        builtin_pack=lambda _: None,
        mark=lambda _: None,
        sealer=lambda _: "",
    )

"""What lies here: which files, under which rules, compared with what?"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from bot.adapters.git.worktree import WorkTree
from bot.checks.scope import inside
from bot.desk.base import Base, Refs, address, target_branch
from bot.desk.ending import MistakesError
from bot.desk.nothing import EmptyTree
from bot.errors import UserError
from bot.flows.environments import Reached, reached_by
from bot.flows.packs import Packs
from bot.flows.question import Question, Sides
from bot.model.environment import Configuration, Environment
from bot.model.tree import Tree
from bot.promotion.config import PATH, Problems, parse

NO_RULES = f"there is no {PATH}, so environments are what the repository looks like"


@dataclass(frozen=True, slots=True)
class Situation:
    """A repository in somebody's directory, one state of its files, and the rules that these have."""

    work: WorkTree
    head: Tree
    rules: Configuration
    refs: Refs

    def base_tree(self, base: Base) -> Tree:
        """Return the files of a base; none, where there is no base."""
        return self.work.open(base.commit) if base.commit else EmptyTree()

    def question(self, base: Base, branch: str, environments: Sequence[str], packs: Packs) -> Question:
        """Return what is to be evaluated: the named environments, or those that the branch reaches.

        UserError for an environment that there is not.
        """
        work, old = self.work, self.base_tree(base)
        default = self.refs.default_branch(self.rules) if self.rules.found else branch
        reached = chosen(self.rules, reached_by(self.rules, branch, default, old, self.head), environments)
        touched = work.changed_paths(old.id, self.head.id) if base.commit else self.head.files()
        return Question(
            address(work).full_name,
            self.rules,
            packs,
            reached,
            Sides(old, self.head, touched),
            default_branch=default,
            host=work.host or "github.com",
            whole=not base.commit,
        )

    def environments(self) -> tuple[Environment, ...]:
        """Return all environments there are, configured or else found."""
        if self.rules.found:
            return self.rules.environments
        branch = target_branch(Base(), self.refs, self.rules)
        return tuple(one.environment for one in reached_by(self.rules, branch, branch, self.head, self.head))


def open_work(path: Path | None) -> WorkTree:
    """Open the repository around a directory; in a hook of git, with the index that git is about to commit."""
    return WorkTree(path or Path(), index=os.environ.get("GIT_INDEX_FILE", ""))


def take_situation(work: WorkTree, head: Tree) -> Situation:
    """Return what lies here, by the rules of `head` itself. MistakesError when they cannot be used."""
    owner = work.origin.owner if work.origin else ""
    found = parse(head.read(PATH), organisation=owner)
    if isinstance(found, Problems):
        raise MistakesError(found.problems)
    return Situation(work, head, found, Refs(work))


def differing_rules(situation: Situation) -> str:
    """Say that the rules here are not those of the default branch, '' when they are."""
    name = situation.refs.default_branch(situation.rules)
    place = situation.refs.at(name)
    if place is None or situation.work.open(place).read(PATH) == situation.head.read(PATH):
        return ""
    return f"{PATH} is not what {name} has; on GitHub the rules of {name} hold until this is merged"


def chosen(rules: Configuration, reached: Sequence[Reached], names: Sequence[str]) -> tuple[Reached, ...]:
    """Return the environments of these names, all that are reached when none is named. UserError for unknown ones."""
    if not names:
        return tuple(reached)
    known = {one.name: Reached(one, False) for one in rules.environments} | {
        one.environment.name: one for one in reached
    }
    return tuple(known[find_name(name, [*known])] for name in dict.fromkeys(names))


def find_name(name: str, known: Sequence[str], *, noun: str = "environment") -> str:
    """Return a name that is known; UserError for another, with those that there are."""
    if name in known:
        return name
    near = get_close_matches(name, known, 1, 0.6)
    there = ", ".join(known[:20]) + (" …" if len(known) > 20 else "")
    how = f"did you mean {near[0]}?" if near else f"there are {there}" if known else f"no {noun} is found here"
    raise UserError(f"there is no {noun} {name!r}", how=how)


def below(reached: Sequence[Reached], path: str) -> tuple[Reached, ...]:
    """Return the environments that lie at or below a directory, or hold it. UserError when there is none."""
    found = tuple(one for one in reached if inside(one.environment.path, path) or inside(path, one.environment.path))
    if reached and not found:
        places = ", ".join(one.environment.path or "." for one in reached)
        raise UserError(f"no environment deploys from {path}", how=f"environments deploy from {places}")
    return found


def relative(work: WorkTree, path: Path) -> str:
    """Return the path of a directory or file within its repository, '' for the top."""
    place = path.resolve()
    top = work.top.resolve()
    return "" if place == top else place.relative_to(top).as_posix()


def asked(question: Question, path: str) -> Question:
    """Return a question about what lies at or below a directory only."""
    return replace(question, reached=below(question.reached, path)) if path else question

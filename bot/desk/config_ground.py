"""Is what a configuration names there, as far as that is to be seen in a clone?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.adapters.git.worktree import WorkTree
from bot.checks.applications.found import applications
from bot.desk.base import Refs
from bot.model.environment import ConfigProblem, Configuration, Environment
from bot.model.quoting import quoted
from bot.model.tree import Tree
from bot.promotion.config_single import join
from bot.promotion.values.editing import lookup, read
from bot.promotion.values.keys import parse_key
from bot.promotion.values.problem import ValueProblem
from bot.promotion.values.recognised import recognise


def missing(work: WorkTree, configuration: Configuration) -> tuple[ConfigProblem, ...]:
    """Return a remark for each branch, directory, file and key that is not there.

    What is on the branch that is checked out counts as it lies in the directory, other branches as they are known here.
    """
    refs = Refs(work)
    here = work.open_working()
    found = [one for environment in configuration.environments for one in _environment(work, refs, here, environment)]
    return (*found, *_files(here, configuration))


def _environment(work: WorkTree, refs: Refs, here: Tree, one: Environment) -> Iterator[ConfigProblem]:
    if one.repository:
        return
    key = join("environments", one.name)
    place = "" if not work.is_repository or one.branch == refs.branch else refs.at(one.branch)
    if place is None:
        yield ConfigProblem(f"{key}.branch", None, f"this clone knows no branch {quoted(one.branch)}", "make it first")
        return
    tree = work.open(place) if place else here
    if not tree.is_directory(one.path):
        message = f"branch {quoted(one.branch)} has no directory {quoted(one.path, 90)}"
        yield ConfigProblem(f"{key}.path", None, message, "name the directory that is deployed, or make it first")
        return
    for application in applications(one, tree) if one.applications else ():
        yield from (ConfigProblem(f"{key}.applications", None, each.message) for each in application.problems[:1])
    for file in one.values:
        yield from _versions(tree, f"{key}.values.{file.application}", file.file, file.keys)


def _versions(tree: Tree, key: str, path: str, keys: tuple[str, ...]) -> Iterator[ConfigProblem]:
    data = tree.read(path)
    if data is None:
        yield ConfigProblem(key, None, f"there is no file {quoted(path, 90)}", "name the file that holds the versions")
        return
    try:
        text = read(data)
        for one in keys:
            if not any(each.value is not None for each in lookup(text, parse_key(one))):
                yield ConfigProblem(f"{key}.keys", None, f"{quoted(path, 90)} has no {quoted(one, 90)}")
        if not keys:
            recognise(text)
    except ValueProblem as problem:
        yield ConfigProblem(key, None, f"{quoted(path, 90)}: {problem.message}", problem.how)


def _files(tree: Tree, configuration: Configuration) -> Iterator[ConfigProblem]:
    for number, pack in enumerate(configuration.policies):
        if pack.path and not tree.is_directory(pack.path):
            message = f"there is no directory {quoted(pack.path, 90)} here"
            yield ConfigProblem(f"policies[{number}].path", None, message, "name the directory that holds the policies")
    for path in configuration.checks.crds:
        if not tree.is_directory(path) and tree.blob(path) is None:
            yield ConfigProblem("checks.crds", None, f"there is nothing at {quoted(path, 90)}")

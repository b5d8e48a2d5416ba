"""Which environments does a repository seem to have, and how do changes get from one to the next?

Nothing is known for sure: names are taken at their word (`staging`, `overlays/prod`, `v*-dev`), and what is a guess is
told with the layout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.checks.applications import jenkinsx
from bot.checks.applications.words import canonical, is_environment
from bot.desk.layout_files import PLACES, Files, directories, file_sets, named_sets
from bot.model.environment import Strategy, When
from bot.model.tree import Tree
from bot.promotion.config_forms import NAME
from bot.promotion.versions import Version
from bot.report.words import listed

ORDER = ("development", "test", "integration", "qa", "staging", "uat", "preproduction", "production")
_BRANCH_PLACES = ("env", "envs", "environment", "environments", "deploy", "gitops", "release")
_LAST = ("recovery", "dr", "disaster-recovery", "standby")


@dataclass(frozen=True, slots=True)
class Ground:
    """What a clone knows: the files of the default branch, the names of branches and tags, and files of branches."""

    tree: Tree
    default_branch: str
    branches: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    at: Callable[[str], Tree | None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Guess:
    """One environment; `after` is None where it follows the one above it."""

    name: str
    branch: str = ""
    path: str = ""
    tag: str = ""
    repository: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    group: str = ""
    after: tuple[str, ...] | None = None
    promote: When = "auto"


@dataclass(frozen=True, slots=True)
class Layout:
    """What a repository looks like: in words, by which strategy, its environments, and what is not sure."""

    words: str
    strategy: Strategy
    environments: tuple[Guess, ...]
    unsure: tuple[str, ...] = ()


def recognise(ground: Ground) -> Layout | None:
    """Return the layout that a repository seems to have, None where nothing speaks of two environments."""
    for look in (_jenkins_x, _tags, _branches, _directories, _files):
        if (found := look(ground)) is not None:
            return found
    return None


def _jenkins_x(ground: Ground) -> Layout | None:
    requirements = jenkinsx.environments(ground.tree)
    if requirements is None:
        return None
    unsure = [f"{one.message} ({requirements.path}:{one.line})" for one in requirements.problems]
    found: list[Guess] = []
    for one in requirements.environments:
        place = f"config-root/namespaces/{one.namespace}"
        elsewhere = f"{one.owner}/{one.repository}" if one.owner and one.repository else ""
        if one.strategy == "Never" or not NAME.fits(one.name):
            unsure.append(f"nothing is promoted into {one.name}, so it is left out")
        elif elsewhere or ground.tree.is_directory(place):
            promote: When = "manual" if one.strategy == "Manual" and found else "auto"
            found.append(
                Guess(
                    one.name, ground.default_branch, "" if elsewhere else place, repository=elsewhere, promote=promote
                )
            )
    if len(found) < 2:
        return None
    here = [one.name for one in found if not one.repository]
    if len(here) > 1:
        unsure.append(f"{listed(here)} lie in this repository: for those after the first, write `strategy: directory`")
    return Layout(f"the environments of {requirements.path} (Jenkins X)", "repository", tuple(found), tuple(unsure))


def _tags(ground: Ground) -> Layout | None:
    """Tags such as v1.4.0-dev and v1.4.0-prod: what follows the version is the environment."""
    patterns: dict[str, list[str]] = {}
    for tag in ground.tags:
        body, dash, word = tag.rpartition("-")
        prefix = body.rstrip("0123456789.") if dash else ""
        if dash and is_environment(word) and Version.parse(body[len(prefix) :]) is not None:
            patterns.setdefault(word, []).append(f"{prefix}*-{word}")
    if len({canonical(word) for word in patterns}) < 2:
        return None
    unsure = []
    guesses = []
    for word, found in patterns.items():
        pattern = max(sorted(set(found)), key=found.count)
        if len(set(found)) > 1:
            unsure.append(f"tags of {word} are written in several ways; `{pattern}` is the most usual")
        guesses.append(Guess(word, ground.default_branch, tag=pattern))
    ordered = _ordered([replace(one, path=_place_on(ground, one)) for one in guesses])
    words = "tags for each environment (" + listed([one.tag for one in ordered.environments]) + ")"
    return replace(ordered, words=words, strategy="tag", unsure=(*ordered.unsure, *unsure))


def _branches(ground: Ground) -> Layout | None:
    """A branch for each environment; the default branch is where development begins."""
    found: dict[str, str] = {}
    for branch in sorted(ground.branches, key=lambda one: (one.count("/"), one)):
        place, _, word = branch.rpartition("/")
        if is_environment(word) and NAME.fits(word) and (not place or place in _BRANCH_PLACES):
            found.setdefault(word, branch)
    names = {canonical(one) for one in found}
    if not names - {"development"}:
        return None
    unsure = []
    guesses = [Guess(word, branch) for word, branch in found.items()]
    if ground.default_branch not in found.values() and "development" not in names:
        guesses.append(Guess("development", ground.default_branch))
        unsure.append(f"branch {ground.default_branch} is taken for development")
    elif ground.default_branch not in found.values():
        unsure.append(f"branch {ground.default_branch} is no environment of its own here")
    if len(guesses) < 2:
        return None
    placed = [replace(one, path=_place_on(ground, one)) for one in guesses]
    ordered = _ordered(placed)
    words = f"a branch for each environment ({listed([one.branch for one in ordered.environments])})"
    return replace(ordered, words=words, strategy="branch", unsure=(*unsure, *ordered.unsure))


def _place_on(ground: Ground, guess: Guess) -> str:
    """Return the directory that is named for an environment on its own branch, '' for none."""
    tree = ground.tree if guess.branch == ground.default_branch else ground.at(guess.branch)
    found = directories(tree) if tree is not None else {}
    if len(found) != 1:
        return ""
    ((parent, names),) = found.items()
    mine = [name for name in names if canonical(name) == canonical(guess.name)]
    return f"{parent}/{mine[0]}".strip("/") if len(mine) == 1 else ""


def _directories(ground: Ground) -> Layout | None:
    """One directory for each environment: whole, or with files that hold nothing but versions."""
    found = directories(ground.tree)
    if len(found) != 1:
        return None
    ((parent, names),) = found.items()
    guesses = [Guess(name, ground.default_branch, f"{parent}/{name}".strip("/")) for name in names if NAME.fits(name)]
    left_out = [name for name in names if not NAME.fits(name)]
    if len(guesses) < 2:
        return None
    ordered = _ordered(guesses)
    unsure = [*ordered.unsure, *(f"{name} is no name for an environment here, so it is left out" for name in left_out)]
    words = f"a directory for each environment ({parent or 'at the top'})"
    sets = file_sets(ground.tree, [one.path for one in ordered.environments])
    if not sets:
        return replace(ordered, words=words, strategy="directory", unsure=tuple(unsure))
    environments = tuple(
        replace(one, values={app: f"{one.path}/{inner}" for app, inner in sets.items()}) for one in ordered.environments
    )
    unsure.append("versions move, and nothing else; to move all of a directory, write `strategy: directory`")
    words += f", with the versions of {listed([*sets][:5])}{' …' if len(sets) > 5 else ''} in it"
    return Layout(words, "values", environments, tuple(unsure))


def _files(ground: Ground) -> Layout | None:
    """Files that are named for environments, such as values-prod.yaml, in one place or several."""
    sets: dict[str, Files] = named_sets(ground.tree)
    names: dict[str, None] = {}
    for found in sets.values():
        names.update(dict.fromkeys(found))
    guesses = [
        Guess(
            name,
            ground.default_branch,
            values={app: found[name] for app, found in sets.items() if name in found},
        )
        for name in names
        if NAME.fits(name)
    ]
    if len(guesses) < 2:
        return None
    ordered = _ordered(guesses)
    environments, unsure = _followed([replace(one, path=_cluster(ground, one)) for one in ordered.environments])
    words = f"a file with versions for each environment ({listed([*sets][:5])}{' …' if len(sets) > 5 else ''})"
    return Layout(words, "values", environments, (*ordered.unsure, *unsure))


def _cluster(ground: Ground, guess: Guess) -> str:
    """Return the directory named for an environment where there is one place for all of them, '' for none."""
    parents = {one: names for one, names in directories(ground.tree).items() if one.rpartition("/")[2] in PLACES}
    if len(parents) != 1:
        return ""
    ((parent, names),) = parents.items()
    return f"{parent}/{guess.name}" if guess.name in names else ""


def _followed(environments: Sequence[Guess]) -> tuple[tuple[Guess, ...], list[str]]:
    """Return environments of which each holds only applications that the one before it has, too."""
    kept: list[Guess] = []
    unsure: list[str] = []
    for one in environments:
        before = kept[-1].values if kept else one.values
        lost = [app for app in one.values if app not in before]
        if lost:
            unsure.append(f"{listed(lost)} of {one.name} cannot be promoted: {kept[-1].name} has no file for it")
        values = {app: file for app, file in one.values.items() if app in before}
        if values:
            kept.append(replace(one, values=values))
        else:
            unsure.append(f"{one.name} is left out: nothing could be promoted into it")
    return tuple(kept), unsure


def _ordered(guesses: Sequence[Guess]) -> Layout:
    """Put environments into the order in which they usually come; several of one kind are one group."""
    ranked: dict[int, list[Guess]] = {}
    for one in sorted(guesses, key=lambda one: one.name):
        ranked.setdefault(_rank(one.name), []).append(one)
    found: list[Guess] = []
    unsure: list[str] = []
    before: tuple[str, ...] = ()
    for rank, alike in sorted(ranked.items()):
        names = [one.name for one in alike]
        if rank == _UNKNOWN and len(ranked) == 1:
            unsure.append(f"the order of {listed(names)} is a guess: their names do not tell it")
            return Layout("", "directory", tuple(alike), tuple(unsure))
        if rank == _UNKNOWN:
            unsure.append(f"{listed(names)} {'is' if len(names) == 1 else 'are'} taken for what follows {before[-1]}")
        group = _group(rank, alike, guesses) if before else ""
        if group:
            unsure.append(f"{listed(names)} are taken to be promoted together, as group {group}")
        for one in alike:
            beside = len(alike) > 1 and bool(before)
            found.append(replace(one, after=before[-1:], group=group) if beside else one)
        before = tuple(names)
    return Layout("", "directory", tuple(found), tuple(unsure))


def _group(rank: int, alike: Sequence[Guess], guesses: Sequence[Guess]) -> str:
    """Return the name of the group that several environments of one kind are, '' where they are none."""
    free = rank < len(ORDER) and ORDER[rank] not in {one.name for one in guesses}
    return ORDER[rank] if free and len(alike) > 1 else ""


_UNKNOWN = len(ORDER)


def _rank(name: str) -> int:
    """Return where an environment comes by its name; regions such as `production-eu` by their first or last word."""
    if name in _LAST:
        return _UNKNOWN + 1
    words = [name, *name.split("-")[:1], *name.split("-")[-1:]]
    found = next((canonical(word) for word in words if is_environment(word)), "")
    return ORDER.index(found) if found in ORDER else _UNKNOWN

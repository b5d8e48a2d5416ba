"""Where does what moves lie in the source, and where does it go in the target?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.model.environment import Configuration, Environment, Strategy, ValueFile
from bot.model.promotion import Hop
from bot.model.repository import Repository

WHOLE = frozenset(("branch", "tag"))  # strategies that move everything a commit holds, wherever it lies


@dataclass(frozen=True, slots=True)
class Place:
    """A directory ('' is the top) of a branch of a repository, or some of its files.

    `formerly` are the paths where they were before, since what is asked about.
    """

    repository: Repository
    branch: str
    path: str = ""
    files: tuple[str, ...] = ()
    formerly: tuple[str, ...] = ()

    @property
    def ref(self) -> str:
        return f"refs/heads/{self.branch}"

    @property
    def scope(self) -> tuple[str, ...]:
        """The paths that it is about; none for everything."""
        scope = self.files or ((self.path,) if self.path else ())
        return (*scope, *self.formerly) if scope and "" not in self.formerly else ()

    def below(self, path: str) -> str:
        """Return the path, counted from the directory, as counted from the top of the repository."""
        return f"{self.path}/{path}" if self.path else path


def repository_of(environment: Environment, home: Repository) -> Repository:
    """Return the repository an environment lies in; `home` is the one with the configuration."""
    return Repository.parse(environment.repository) if environment.repository else home


def source_of(hop: Hop, home: Repository) -> Place:
    """Return where what a hop moves comes from; how much that is, the target's strategy says."""
    repository, branch = repository_of(hop.source, home), hop.source.branch
    if hop.target.strategy == "values":
        wanted = {one.application for one in values_of(hop)}
        files = (one.file for one in hop.source.values if one.application in wanted)
        return Place(repository, branch, files=tuple(dict.fromkeys(files)))
    return Place(repository, branch, "" if hop.target.strategy in WHOLE else hop.source.path)


def target_of(hop: Hop, home: Repository) -> Place:
    """Return where a hop moves things to. Members of a group each have a path of their own in it."""
    repository, branch = repository_of(hop.target, home), hop.target.branch
    if hop.target.strategy == "values":
        return Place(repository, branch, files=tuple(dict.fromkeys(one.file for one in values_of(hop))))
    path = "" if hop.target.strategy in WHOLE or hop.target.members else hop.target.path
    return Place(repository, branch, path)


def values_of(hop: Hop) -> tuple[ValueFile, ...]:
    """Return the files of the target, or of its members, whose versions a hop moves."""
    files = (one for member in hop.target.members or (hop.target,) for one in member.values)
    return tuple(one for one in files if hop.application in ("", one.application))


def repositories_of(hops: Iterable[Hop], home: Repository) -> tuple[Repository, ...]:
    """Return the repositories that hops lead through, each once, home first."""
    others = (repository_of(one, home) for hop in hops for one in (hop.source, hop.target))
    return tuple(dict.fromkeys((home, *others)))


def lies_in(environment: Environment, repository: Repository, home: Repository) -> bool:
    """Say whether an environment lies in a repository; names of repositories know no case."""
    return repository_of(environment, home).full_name.lower() == repository.full_name.lower()


def deployed_from(configuration: Configuration, repository: Repository, home: Repository) -> tuple[Environment, ...]:
    """Return the environments that lie in a repository, in the order written."""
    return tuple(one for one in configuration.environments if lies_in(one, repository, home))


def changed_by(environments: Iterable[Environment], branch: str, touched: Iterable[str]) -> tuple[Environment, ...]:
    """Return the environments of a branch (all in one repository) that a change of these paths changes by itself.

    Where several lie on one branch, each is what lies in its directory, or the files with its values; what they
    share, and where one lies alone, is not to be told apart by paths. One that is deployed from tags changes by tags.
    """
    own = [one for one in environments if one.branch == branch and not one.tag]
    if len(own) < 2:
        return tuple(own)
    paths = [*touched]
    return tuple(one for one in own if any(_inside(path, one) for path in paths))


def _inside(path: str, environment: Environment) -> bool:
    return lies_below(path, [one.file for one in environment.values] or [environment.path])


def lies_below(path: str, places: Sequence[str]) -> bool:
    """Say whether a path is one of these, or lies below one; every path does below '', and where there are none."""
    return not places or any(not place or path == place or path.startswith(f"{place}/") for place in places)


def spots(hop: Hop) -> tuple[str, str]:
    """Return where what a hop moves lies in its source and in its target, as people read it."""
    source, target = (only(one, hop.application) for one in (hop.source, hop.target))
    return spot(source, hop.target.strategy), spot(target, hop.target.strategy)


def only(one: Environment, application: str) -> Environment:
    """Return an environment with the files of one application only, where each moves on its own."""
    return replace(one, values=tuple(file for file in one.values if application in ("", file.application)))


def spot(environment: Environment, strategy: Strategy) -> str:
    """Return where what a strategy moves lies in an environment, as people read it: `` `path` of `branch` ``."""
    where = f"`{environment.branch}`"
    if strategy == "tag":
        where = f"tags `{environment.tag}`" if environment.tag else where
    elif strategy != "branch":
        paths = [one.file for one in environment.values] if strategy == "values" else [environment.path]
        paths = [one.path for one in environment.members] or paths
        paths = list(dict.fromkeys(paths))
        named = ", ".join(f"`{one}`" for one in paths[:3] if one)
        where = f"{named}{' …' if len(paths) > 3 else ''} of {where}" if named else where
    return f"{where} in {environment.repository}" if environment.repository else where

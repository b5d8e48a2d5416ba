"""Whose rules hold for what happens in a repository: its own, or those of the repository that promotes into it?"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.errors import NotFoundError, RefusedError
from bot.flows.rules import Rules, read_rules
from bot.flows.tools import Tools
from bot.model.environment import Configuration, Environment
from bot.model.promotion import Hop
from bot.model.repository import PullRequest, Repository
from bot.promotion.pipeline import every_way
from bot.promotion.places import changed_by, lies_in, target_of
from bot.promotion.trailers import requalified


@dataclass(frozen=True, slots=True)
class House:
    """The repository with the pipeline, and the rules on its default branch.

    `repository` is the one that was asked about: the same, or one that the pipeline leads into.
    """

    repository: Repository
    home: Repository
    rules: Rules

    @property
    def configuration(self) -> Configuration:
        return self.rules.configuration

    @property
    def is_elsewhere(self) -> bool:
        """Say whether the pipeline lies in another repository than the one asked about."""
        return self.home != self.repository

    def environments(self) -> tuple[Environment, ...]:
        """Return the environments that lie in the repository asked about, in the order written."""
        return tuple(one for one in self.configuration.environments if lies_in(one, self.repository, self.home))

    def local(self) -> Configuration:
        """Return the configuration with only those environments in it, as if it lay in the repository itself.

        One that follows an environment elsewhere follows what comes before that.
        """
        here = {one.name for one in self.environments()}
        kept = [
            replace(one, repository="", after=_nearest(self.configuration, one, here)) for one in self.environments()
        ]
        return replace(self.configuration, environments=tuple(kept))

    def prefix(self, hop: Hop) -> str:
        """Return what stands before `#12` for a hop's pull requests, on the pages of the repository asked about."""
        full = f"{target_of(hop, self.home).repository}#1"
        return requalified(full, self.home, self.repository).partition("#")[0]

    def promotion(self, pull: PullRequest, bot_login: str) -> Hop | None:
        """Return the hop that a pull request of ours carries out, None for any other, and for one gone astray."""
        if pull.author.login != bot_login:
            return None
        for hop in every_way(self.configuration):
            here = lies_in(hop.target, self.repository, self.home)
            if here and (hop.branch, hop.target.branch) == (pull.head_ref, pull.base_ref):
                return hop
        return None


def read_house(tools: Tools, repository: Repository, own: Rules | None = None) -> House:
    """Read whose rules hold; the mirror of `repository` must be fetched, that of its pipeline is.

    A repository may name another one's pipeline, and that has to name it in turn; else its own rules hold.
    """
    own = own or read_rules(tools, repository)
    asked = House(repository, repository, own)
    elsewhere = own.configuration.pipeline
    if own.problems or not elsewhere or elsewhere.lower() == repository.full_name.lower():
        return asked
    home = Repository.parse(elsewhere)
    try:
        tools.git.fetch(home)
        rules = read_rules(tools, home)
    except (NotFoundError, RefusedError):  # named by mistake, or the App is not installed there
        return asked
    house = House(repository, home, rules)
    return house if rules.problems or house.environments() else asked


def environments_of(tools: Tools, house: House, pull: PullRequest) -> tuple[Environment, ...]:
    """Return the environments of its base branch that a pull request changes by itself.

    The mirror must hold its head; where it does not, all of the branch's environments count.
    """
    git, repository = tools.git, house.repository
    own = [one for one in house.environments() if one.branch == pull.base_ref and not one.tag]
    if len(own) < 2:
        return tuple(own)
    base, head = git.resolve(repository, pull.base_sha), git.resolve(repository, pull.head_sha)
    forked = git.merge_base(repository, base, head) if base and head else None
    if forked is None or head is None:
        return tuple(own)
    return changed_by(own, pull.base_ref, git.changed_paths(repository, forked, head))


def _nearest(configuration: Configuration, environment: Environment, here: set[str]) -> tuple[str, ...]:
    """Return the names of those before an environment that are here, passing over those that are not."""
    found: dict[str, None] = {}
    waiting, seen = list(environment.after), {environment.name}
    while waiting:
        name = waiting.pop(0)
        if name in seen:
            continue
        seen.add(name)
        before = configuration.environment(name)
        if name in here or before is None:
            found[name] = None
        else:
            waiting += before.after
    return tuple(found)


def version_of(own: Rules, house: House) -> str:
    """Return what changes when the rules do by which pull requests of a repository are judged."""
    return own.version if own is house.rules else f"{own.version} {house.rules.version}"

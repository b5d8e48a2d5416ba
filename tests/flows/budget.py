"""What does a promotion cost? Calls are counted at the stand-in's door, from a merge's webhooks until all is quiet."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

from bot.adapters.git import GitMirrors
from bot.flows.converge import converge
from bot.model.repository import Repository
from bot.sandbox.gate import GRAPHQL
from tests.flows.repository import PATH, settings
from tests.flows.world import REPOSITORY, Town

READS, WRITES = 14, 8  # the most that a promotion may cost

CONFIGURATION = """\
version: 1
environments:
  development: {branch: main, path: deploy/development}
  staging:
    branch: staging
    path: deploy/staging
    approvers: {teams: [qa], required: 1}
    gates: {checks: [integration-tests]}
  production:
    branch: production
    path: deploy/production
    promote: manual
    approvers: {teams: [leads], required: 2}
policies:
  - builtin: registry
    with: {registries: [registry.example.com]}
"""


@dataclass(frozen=True, slots=True)
class Calls:
    """Reads and writes of GitHub's API, how often git fetched and pushed, and the calls by what they were about.

    A GraphQL query is one read, whatever it asks about.
    """

    reads: int
    writes: int
    fetches: int
    pushes: int
    kinds: Mapping[str, int]

    def __str__(self) -> str:
        lines = [f"  {number} × {kind}" for kind, number in sorted(self.kinds.items())]
        words = f"{self.reads} reads, {self.writes} writes, {self.fetches} fetches, {self.pushes} pushes"
        return "\n".join([words, *lines])


def applications(count: int, files: int = 0) -> dict[str, str]:
    """Return a repository with so many applications in every environment, and so many other files."""
    found = {PATH: CONFIGURATION, **{f"notes/{number}.txt": "old\n" for number in range(files)}}
    for number in range(count):
        base, name = f"apps/web-{number}/settings.yaml", f"web-{number}"
        found[base] = _settings(name, "info")
        found[f"apps/web-{number}/kustomization.yaml"] = _kustomization("settings.yaml")
        for environment in ("development", "staging", "production"):
            place = f"deploy/{environment}/{name}/kustomization.yaml"
            found[place] = _kustomization(f"../../../apps/{name}", f"{name}-{environment}")
    return found


def changed(count: int, files: int = 0) -> dict[str, str]:
    """Return a change of that many applications' settings, and of those other files."""
    found = {f"apps/web-{number}/settings.yaml": _settings(f"web-{number}", "debug") for number in range(count)}
    return found | {f"notes/{number}.txt": "new\n" for number in range(files)}


def _settings(name: str, level: str) -> str:
    return settings(level=level).replace("web-settings", f"{name}-settings")


def _kustomization(resource: str, namespace: str = "") -> str:
    kind = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
    return kind + (f"namespace: {namespace}\n" if namespace else "") + f"resources:\n  - {resource}\n"


def pipeline(environments: int) -> str:
    """Return a configuration like the other, with more environments behind staging."""
    more = (
        f"  stage-{number}: {{branch: stage-{number}, path: deploy/production}}\n" for number in range(2, environments)
    )
    head, production, rest = CONFIGURATION.partition("  production:\n")
    if environments == 3:
        return head + production + rest
    return head + "".join(more) + "policies:\n" + rest.partition("policies:\n")[2]


def stretch(town: Town, environments: int) -> None:
    """Make the branches of a pipeline with so many environments."""
    for number in range(2, environments):
        town.world.move_branch(REPOSITORY, f"stage-{number}", town.head("main"), "root")


@dataclass(frozen=True)
class Crowd:
    """Old pull requests that had their time before: put into the stand-in's records, for no webhook told of them."""

    closed: int = 0
    opened: int = 0

    def come(self, town: Town) -> None:
        """Let them be there, looked at as they are, and let the bot look around."""
        town.commit("old", {"old.txt": "old\n"})
        first = town.world.open_pull(REPOSITORY, "ann", head="old", title="An old one")
        town.world.close_pull(REPOSITORY, first.number, "ann")
        issues, home = first.repository.issues, Repository.parse(REPOSITORY)
        tools = town.bot.tools(home, lambda: None)
        version = converge(tools, home, write=False).version
        for number in range(first.number + 1, first.number + self.closed + self.opened):
            state: Literal["open", "closed"] = "open" if number > self.closed else "closed"
            issue = replace(first.issue, id=first.issue.id + number, number=number, state=state)
            issue.pull = replace(first, id=first.id + number, issue=issue, head_ref=f"old-{number}")
            issues[number] = issue
            if state == "open":
                tools.checked.note(home, number, f"{first.head_sha} {first.base_ref} {version}")
        town.take_held()
        town.queue.mark([REPOSITORY])
        town.settle()


class _CountingGit:
    """The mirrors, with fetches and pushes counted on the way."""

    def __init__(self, git: GitMirrors) -> None:
        self._git, self.counted = git, Counter[str]()

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("fetch", "push")):
            self.counted[name.partition("_")[0]] += 1
        return getattr(self._git, name)


@contextmanager
def counted(town: Town) -> Iterator[Callable[[], Calls]]:
    """Count what is asked of GitHub meanwhile; what is yielded tells the numbers so far."""
    mirrors = town.bot.git
    git = _CountingGit(mirrors)
    town.bot.git = git  # type: ignore[assignment]  # it passes everything on
    town.sandbox.exchanges.clear()

    def calls() -> Calls:
        asked = town.sandbox.exchanges
        every = [one for one in asked if one.is_write or one.method == "GET" or one.path == GRAPHQL]
        kinds = Counter(f"{one.method} {_kind(one.path)}" for one in every)
        writes = len([one for one in every if one.is_write])
        return Calls(len(every) - writes, writes, git.counted["fetch"], git.counted["push"], kinds)

    try:
        yield calls
    finally:
        town.bot.git = mirrors


def _kind(path: str) -> str:
    path = path.removeprefix("/api/v3").replace(f"/repos/{REPOSITORY}", "")
    return re.sub(r"\b[0-9a-f]{40}\b", "SHA", re.sub(r"/\d+(?=/|$)", "/N", path)) or "/"


def merge_and_count(town: Town, changes: Mapping[str, str]) -> Calls:
    """Merge a change, whose checks have been green before, and count until its promotion waits for people."""
    number = town.propose("change", changes)
    town.settle()
    sha = town.merge(number)
    town.world.set_status(REPOSITORY, sha, "ben", "success", "integration-tests")
    with counted(town) as calls:
        town.settle()
        return calls()

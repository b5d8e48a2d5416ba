"""What does a promotion cost? Calls are counted at the stand-in's door, from a merge's webhooks until all is quiet."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bot.adapters.git import GitMirrors
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
    """Reads and writes of GitHub's API, how often git fetched and pushed, and the calls by what they were about."""

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
        every = [one for one in town.sandbox.exchanges if one.is_write or one.method == "GET"]
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

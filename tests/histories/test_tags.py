"""Do versions only go forward from tag to tag, whatever people release, fix and take back, in whichever order?"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from bot.flows.converge import converge
from bot.model.repository import Repository
from tests.flows.fingerprint import flaws
from tests.flows.schedule import Schedule
from tests.flows.world import REPOSITORY, Given, Town
from tests.referee.plugin import watch

ENDS = ("dev", "stage", "prod")
CONFIGURATION = """\
version: 1
strategy: tag
policies: []
environments:
  development: {branch: main, path: files, tag: v*-dev}
  staging: {path: files, tag: v*-stage}
  production: {path: files, tag: v*-prod}
"""
DEEDS = ("edit",) * 4 + ("release",) * 5 + ("release again", "fix", "fix", "withdraw", "look", "look", "look")
BY_DOOR, LENGTH, MOST_LOOKS = 0.4, 25, 6
Version = tuple[int, int, int]


class Releases:
    """People who set tags in one repository. `log` says what they did, to be read when a law is broken."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.log: list[str] = []
        self._commits = [town.head("main")]
        self.deeds: dict[str, Callable[[Random], None]] = {
            "edit": self.edit,
            "release": self.release,
            "release again": lambda chance: self.release(chance, chance.choice(self._commits)),
            "fix": self.fix,
            "withdraw": self.withdraw,
            "look": self.look,
        }

    def edit(self, chance: Random) -> None:
        """Commit to main."""
        self._commits.append(self.town.commit("main", {"files/one.conf": f"one: {len(self._commits)}\n"}))

    def release(self, chance: Random, commit: str = "") -> None:
        """Give main, or an earlier commit, the next version of development; now and then one that was skipped."""
        self._set(self._next(chance), "dev", commit or self._commits[-1])

    def fix(self, chance: Random) -> None:
        """Give an environment a version of its own, in a bad night."""
        self._set(self._next(chance), chance.choice(ENDS[1:]), chance.choice(self._commits))

    def withdraw(self, chance: Random) -> None:
        """Remove a version of development that went nowhere yet."""
        there = self.tags()
        lonely = [one for one in self._versions("dev") if _name(one, "stage") not in there]
        if lonely:
            name = _name(chance.choice(lonely), "dev")
            self.log.append(f"remove {name}")
            self.town.world.move_tag(REPOSITORY, name, None, "ben")

    def look(self, chance: Random) -> None:
        """Let the bot see it, through the door or by a look of its own; no law is broken by what it does."""
        before = self.tags()
        if chance.random() < BY_DOOR:
            self.town.schedule = Schedule("random", chance.randint(1, 2), chance.randint(0, 9), chance.choice((0, 0.5)))
            self.log.append(f"deliver {self.town.schedule}")
            self.town.settle()
        self.log.append("look")
        self._rest()
        self._judge(before, self.tags())
        for source, target in pairwise(ENDS):
            newest = max(self._versions(source), default=(0, 0, 0))
            assert newest <= max(self._versions(target), default=(0, 0, 0)), f"{newest} is not in {target}\n{self}"

    def _rest(self) -> None:
        for _ in range(MOST_LOOKS):
            heads = self.town._heads()
            self.town.sandbox.exchanges.clear()
            repository = Repository.parse(REPOSITORY)
            converge(self.town.bot.tools(repository, lambda: None), repository)
            written = [one for one in self.town.sandbox.exchanges.writes if one.status < 400]
            assert flaws(self.town) == [], self
            if not written and self.town._heads() == heads:
                self.town.take_held()
                return
        raise AssertionError(f"it writes for ever: {[f'{one.method} {one.path}' for one in written]}\n{self}")

    def _judge(self, before: Mapping[str, str], after: Mapping[str, str]) -> None:
        assert {name: after.get(name) for name in before} == before, f"a tag moved or went\n{self}"
        for name in after.keys() - before.keys():
            number, _, end = name.removeprefix("v").partition("-")
            assert end != "dev", f"{name} came from nowhere\n{self}"
            source, version = ENDS[ENDS.index(end) - 1], _version(number)
            assert after.get(f"v{number}-{source}") == after[name], f"{name} is not what {source} holds\n{self}"
            waited = _versions(before, source)  # more may have come while it looked
            assert version >= max(waited, default=version), f"{name} was not the newest\n{self}"
            assert all(version > one for one in _versions(before, end)), f"{name} goes back\n{self}"

    # ---- reading and writing

    def tags(self) -> dict[str, str]:
        """Return the tags and the commits they lead to."""
        git = self.town.world.repository(REPOSITORY).git
        return {name.removeprefix("refs/tags/"): git.resolve(name) or "" for name in git.refs("refs/tags/")}

    def _versions(self, end: str) -> list[Version]:
        return _versions(self.tags(), end)

    def _next(self, chance: Random) -> Version:
        major, minor, patch = max((one for end in ENDS for one in self._versions(end)), default=(1, 0, 0))
        return chance.choice(
            ((major, minor, patch + 1), (major, minor, patch + 2), (major, minor + 1, 0), (major, 9, 9))
        )

    def _set(self, version: Version, end: str, commit: str) -> None:
        name = _name(version, end)
        if name not in self.tags():
            self.log.append(f"{name} on {commit[:7]}")
            self.town.world.move_tag(REPOSITORY, name, commit, "ben")

    def __str__(self) -> str:
        return "\n  ".join(self.log)


def _versions(tags: Mapping[str, str], end: str) -> list[Version]:
    return [_version(name[1:].partition("-")[0]) for name in tags if name.endswith(f"-{end}")]


def _name(version: Version, end: str) -> str:
    return f"v{'.'.join(map(str, version))}-{end}"


def _version(text: str) -> Version:
    major, minor, patch = map(int, text.split("."))
    return major, minor, patch


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(3))
def test_versions_only_go_forward(given: Given, seed: int) -> None:
    chance = Random(f"tags {seed}")
    with tempfile.TemporaryDirectory() as directory:
        given.queue.connection.flushdb()
        town = Town(given, Path(directory), observers=[watch])
        try:
            town.begin({REPOSITORY: {".github/lockkeeper.yaml": CONFIGURATION, "files/one.conf": "one: 0\n"}})
            town.take_held()
            releases = Releases(town)
            for deed in (*chance.choices(DEEDS, k=LENGTH), "release", "look"):
                releases.deeds[deed](chance)
            assert releases.log.count("look") > 2
        finally:
            town.close()

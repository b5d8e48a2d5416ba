"""A worker dies before a write, of whichever strategy: what is left in the end?"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from itertools import pairwise

import pytest

from tests.flows.conftest import at_rest
from tests.flows.directories import DEVELOPMENT, DIRECTORIES, directories, directory, web
from tests.flows.repository import Files
from tests.flows.test_repository import CONSENT, seed
from tests.flows.test_tag import TAGS
from tests.flows.world import REPOSITORY, Killed, Town

MakeTown = Callable[..., Town]
DEATHS = 5  # of one walk, evenly spread; one at every write with ALL_SCHEDULES=1 in the environment
STAGING = "acme/env-staging"
AUTO = "merge: auto, gates: {checks: [integration]}"
PLACES: Mapping[str, tuple[str, Files, Mapping[str, Files]]] = {
    "directory": (
        DIRECTORIES.replace("  staging:\n", f"  staging:\n    {AUTO.replace(', ', chr(10) + '    ', 1)}\n"),
        directories(),
        {},
    ),
    "repository": (
        "version: 1\nstrategy: repository\nenvironments:\n"
        "  development: {branch: main, path: environments/development}\n"
        f"  staging: {{repository: {STAGING}, path: web, {AUTO}}}\npolicies: []\n",
        directory("development"),
        {STAGING: seed("staging", "web", CONSENT)},
    ),
    "tag": (TAGS.replace("    promote: manual\n", ""), directory("development"), {}),
}


def walk(town: Town, number: int) -> None:
    """Bring a version to staging, and with tags on to production; gates open in the middle of it."""
    town.commit("main", {f"{DEVELOPMENT}/web.yaml": web(f"1.{number}.0")}, message=f"Version {number}")
    town.settle()
    if "*-stage" in (town.file("main", ".github/lockkeeper.yaml") or ""):
        town.world.move_tag(REPOSITORY, f"v1.{number}.0-dev", town.head("main"), "ben")
        town.settle()
    found = town.world.repository(REPOSITORY).git
    source = found.text("log", "-1", "--first-parent", "--format=%H", "main", "--", DEVELOPMENT)
    town.world.set_status(REPOSITORY, source, "ben", "success", "integration")
    town.settle()


def left(town: Town, number: int) -> list[object]:
    """Return what a walk left, apart from ids, numbers and the version."""

    def plain(text: str) -> str:
        return text.replace(f"1.{number}.0", "<version>").replace(f"Version {number}", "<version>")

    found: list[object] = []
    for name in town.repositories:
        repository = town.world.repository(name)
        pulls = [one for one in repository.pulls if one.head_ref.startswith("promote/")][-1:]
        found += [(one.issue.state, one.merged_at is not None, plain(one.issue.title)) for one in pulls]
        found += sorted(plain(tag) for tag in repository.git.refs("refs/tags/") if f"v1.{number}." in tag)
        head = town.world.branch_sha(name, "main") or ""
        for path in ("environments/staging/web.yaml", "environments/development/web.yaml", "web/web.yaml"):
            found.append(plain(town.world.read_file(name, head, path) or ""))
        found.append(len(repository.deployments) / max(number, 1))
    return found


@pytest.mark.timeout(900)
@pytest.mark.parametrize("strategy", PLACES)
def test_a_worker_that_dies_before_any_write_leaves_the_same(make_town: MakeTown, strategy: str) -> None:
    configuration, more, others = PLACES[strategy]
    town = make_town(configuration, more, others=others)
    town.settle()
    walk(town, 1)
    number = 2
    so_far: list[tuple[int, dict[str, str]]] = []

    def count() -> None:
        so_far.append((len(town.sandbox.exchanges.writes), town._heads()))

    town.sandbox.exchanges.clear()
    town.before_write = count
    walk(town, number)
    count()
    town.before_write = None
    expected = left(town, number)
    writing = [index for index, (one, after) in enumerate(pairwise(so_far), 1) if one != after]
    assert len(writing) >= 5
    step = 1 if os.environ.get("ALL_SCHEDULES") else max(len(writing) // DEATHS, 1)
    for index in writing[::step]:
        remaining = index

        def die() -> None:
            nonlocal remaining
            remaining -= 1
            if remaining == 0:
                raise Killed

        number += 1
        town.before_write = die
        walk(town, number)
        town.before_write = None
        assert left(town, number) == expected, f"died before call {index} of {len(so_far)}"
    at_rest(town)

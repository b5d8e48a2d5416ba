"""Environments move to other places, and get other names: what waited for promotion still waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.flows.content.configured import last_before
from bot.model.repository import Commit
from tests.flows.directories import DEVELOPMENT, DIRECTORIES, STAGING, directories, directory, place, web
from tests.flows.divergence.ways import arrive, heads, on, say
from tests.flows.repository import PATH, Files, settings
from tests.flows.test_repository import CONSENT, OTHERS, PRODUCTION
from tests.flows.test_repository import HOME as HOME_FILES
from tests.flows.test_repository import PIPELINE as REPOSITORIES
from tests.flows.test_repository import STAGING as STAGING_REPOSITORY
from tests.flows.test_values import FILES, VALUES
from tests.flows.test_values import web as values
from tests.flows.world import REPOSITORY, Town

TO_STAGING = "promote/development-to-staging"


def moved(town: Town, configuration: str, renamed: dict[str, str]) -> Files:
    """Return what a pull request has to change to move what lies at some places, by the beginning of the path."""
    tree = town.world.repository(REPOSITORY).git.tree(town.head("main"), recursive=True)
    found: dict[str, str | None] = {PATH: configuration}
    for path in (one.path for one in tree):
        for old, new in renamed.items():
            if path.startswith(old):
                found[path] = None
                found[path.replace(old, new, 1)] = town.file("main", path)
    return found


@pytest.mark.town(configuration=DIRECTORIES, more=directories())
def test_what_waits_while_directories_move_still_waits(town: Town) -> None:
    """The source was read at today's path in the commit promoted last, where it was not: the base became the move.

    So every change that had not been promoted by then was closed as "already has everything", and lost.
    """
    town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    arrive(town, TO_STAGING)
    own = settings(environment="staging", level="debug")
    town.land("own", {f"{STAGING}/settings.yaml": own})
    number = town.land("next", {f"{DEVELOPMENT}/web.yaml": web("1.2.0")})
    other = town.land("move", moved(town, DIRECTORIES.replace("environments/", "envs/"), {"environments/": "envs/"}))
    pull = on(town, TO_STAGING)
    body = town.body(pull.number)
    assert pull.issue.title == f"Promote to staging: Change next (#{number})"
    assert f"#{other}" not in body, "to move moves nothing"
    assert "`envs/staging/settings.yaml`" in body, "what is the target's own is found, too"
    arrive(town, TO_STAGING)
    assert town.file("main", "envs/staging/web.yaml") == web("1.2.0")
    assert town.file("main", "envs/staging/settings.yaml") == own
    assert TO_STAGING not in heads(town)


@pytest.mark.town(configuration=DIRECTORIES, more=directories())
def test_a_revert_that_waits_while_names_and_places_change_still_waits(town: Town) -> None:
    """Promotions were looked for under today's names only: a new name at a new place began the pair anew.

    What had been taken back before that looked as if it had never been, and stayed in the target.
    """
    town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    arrive(town, TO_STAGING)
    town.land("back", {f"{DEVELOPMENT}/web.yaml": web("1.0.0")})
    renamed = DIRECTORIES.replace("development", "dev").replace("staging:", "qa:")
    town.land("rename", moved(town, renamed, {DEVELOPMENT: "environments/dev"}))
    pull = on(town, "promote/dev-to-qa")
    assert "Change back" in pull.issue.title
    assert "First promotion" not in town.body(pull.number)
    arrive(town, "promote/dev-to-qa")
    assert town.file("main", f"{STAGING}/web.yaml") == web("1.0.0")


@pytest.mark.town(configuration=DIRECTORIES, more=directories())
def test_what_was_shut_is_shut_under_its_new_name(town: Town) -> None:
    """A lock lies under the environment's name: with another one in the configuration it held nothing any more."""
    number = town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    say(town, number, "ann", "/lock staging load test\n/freeze staging audit\n/lock production")
    town.land("rename", {PATH: DIRECTORIES.replace("staging:", "qa:")})
    pull = on(town, "promote/development-to-qa")
    assert town.title_of(pull.head_sha) == "freeze and lock: waiting for @ann"
    status = say(town, number, "ben", "/status")
    assert "`/unlock qa`" in status and "`/unfreeze qa`" in status and "`/unlock production`" in status
    assert "⚠️" not in status, "nobody pushed it away"
    say(town, number, "ann", "/unfreeze qa\n/unlock qa")
    assert town.title_of(pull.head_sha) == "All gates are open: ready to merge"
    status = say(town, number, "ben", "/status")
    assert "/unlock qa" not in status and "/unlock production" in status


@pytest.mark.town(configuration=VALUES, more=FILES)
def test_a_version_that_waits_while_its_file_moves_still_waits(town: Town) -> None:
    """Without the file at the commit promoted last, all versions that differ would have moved, the target's own too."""
    town.land("up", {"apps/development.yaml": values("1.1", 1)})
    arrive(town, TO_STAGING)
    town.land("pin", {"apps/staging.yaml": values("1.1.1", 2)}, "omar")
    town.land("api", {"apps/api-development.yaml": str(FILES["apps/api-development.yaml"]).replace("a1", "a2")})
    configuration = VALUES.replace("apps/development.yaml", "web/dev.yaml").replace("apps/staging", "web/staging")
    other = town.land("move", moved(
        town, configuration, {"apps/development.yaml": "web/dev.yaml", "apps/staging.yaml": "web/staging.yaml"}
    ))  # fmt: skip
    pull = on(town, TO_STAGING)
    assert pull.issue.title == "Promote to staging: api: image tag a1 → a2"
    assert "`web/staging.yaml (image.tag)`" in town.body(pull.number)
    assert f"#{other}" not in town.body(pull.number)


AUTOMATIC = REPOSITORIES.replace("promote: manual", "promote: auto")
ELSEWHERE = "acme/development"
NEW_HOME = {".github/lockkeeper.yaml": CONSENT} | {
    path.replace(place("development"), "web"): text for path, text in directory("development").items()
}


@pytest.mark.town(configuration=REPOSITORIES, more=HOME_FILES, others={**OTHERS, ELSEWHERE: NEW_HOME})
def test_a_source_that_went_to_another_repository_is_told_and_not_guessed(town: Town) -> None:
    town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    (first,) = town.world.open_pulls(STAGING_REPOSITORY)
    town.world.merge(STAGING_REPOSITORY, first.number, "omar", "squash")
    town.world.commit(ELSEWHERE, "main", {"web/web.yaml": web("1.2.0")}, "Next", author="ann")
    configuration = REPOSITORIES.replace(
        "branch: main, path: environments/development", f"repository: {ELSEWHERE}, branch: main, path: web"
    )
    change = town.land("split", {PATH: configuration})
    assert town.world.open_pulls(STAGING_REPOSITORY) == []
    (check,) = (
        one
        for one in town.world.check_runs(ELSEWHERE, town.world.branch_sha(ELSEWHERE, "main") or "")
        if one.name == "lockkeeper / from development to staging"
    )
    assert check.title == "What was promoted last from development to staging is not known"
    assert "**Next:** comment `/promote staging`" in (check.summary or "")
    assert "carries this" in say(town, change, "ann", "/promote staging")
    (pull,) = town.world.open_pulls(STAGING_REPOSITORY)
    assert "is laid over staging" in (pull.issue.body or "")


WITHOUT = AUTOMATIC.partition("  production:")[0]


def push(town: Town, files: Files, message: str, when: datetime) -> None:
    """Push a commit with that date to the repository of staging."""
    world = town.world
    who = replace(world.signature(world.account("omar")), time=when)
    head = world.branch_sha(STAGING_REPOSITORY, "main")
    made = world.repository(STAGING_REPOSITORY).git.commit_files(head, files, f"{message}\n", (who, who))
    world.move_branch(STAGING_REPOSITORY, "main", made, "omar")


@pytest.mark.town(configuration=WITHOUT, more=HOME_FILES, others=OTHERS)
def test_when_a_commit_came_says_github_and_not_its_date(town: Town) -> None:
    """In another repository, the newest commit dated before the configuration was the base.

    So a change that was made, or dated, before and came after was never proposed.
    """
    world, began = town.world, town.world.now()
    own = settings(environment="staging", level="own")
    world.now = lambda: began + timedelta(minutes=1)
    push(town, {"web/settings.yaml": own}, "By a clock that is ahead", datetime(2037, 1, 1, tzinfo=UTC))
    world.now = lambda: began + timedelta(minutes=2)
    town.land("configure", {PATH: AUTOMATIC})
    assert world.open_pulls(PRODUCTION) == []
    world.now = lambda: began + timedelta(minutes=3)
    push(town, {"web/web.yaml": web("1.1.0")}, "Made long ago", datetime(2020, 1, 1, tzinfo=UTC))
    town.settle()
    (pull,) = world.open_pulls(PRODUCTION)
    body = pull.issue.body or ""
    assert "Made long ago" in body and "By a clock" not in body and "dates in its commits" not in body
    assert world.read_file(PRODUCTION, pull.head_ref, "apps/web/web.yaml") == web("1.1.0")
    assert world.read_file(PRODUCTION, pull.head_ref, "apps/web/settings.yaml") != own


NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "expected"),
    [  # of commits, oldest first, counted from when the pair was configured; how many of them were there before
        ((-3, -2, -1), 3),
        ((-3, -2, 0), 2),  # in the same second nobody knows: it counts as a change
        ((-3, 90000, -1), 1),  # a clock that is ahead: what comes after it counts as a change, too
        ((-3, 1, -90000), 1),  # a date that hides nothing, because what is before it is late
        ((5, -3), 0),
        ((None, -3), 0),
        ((), 0),
    ],
)
def test_where_dates_have_to_serve_what_is_doubtful_is_a_change(hours: Sequence[float | None], expected: int) -> None:
    line = [
        Commit(str(number), (), "ann", "", NOON + timedelta(hours=one) if one is not None else None)
        for number, one in enumerate(hours)
    ]
    assert last_before(line[::-1], NOON) == (str(expected - 1) if expected else None)
    assert last_before(line[::-1], None) is None

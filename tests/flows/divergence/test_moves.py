"""Environments move to other places, and get other names: what waited for promotion still waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

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
    """Promotions were looked for under today's names only: after a rename the base was the first configuration.

    A revert comes back to that, so it looked as if nothing had happened, and the target kept what was taken back.
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
    assert check.title == "What was promoted last is not known from development to staging"
    assert "**Next:** comment `/promote staging`" in (check.summary or "")
    assert "carries this" in say(town, change, "ann", "/promote staging")
    (pull,) = town.world.open_pulls(STAGING_REPOSITORY)
    assert "is laid over staging" in (pull.issue.body or "")


@pytest.mark.town(configuration=AUTOMATIC, more=HOME_FILES, others=OTHERS)
def test_when_a_commit_came_says_github_and_not_its_date(town: Town) -> None:
    """In another repository, the newest commit dated before the configuration was the base.

    So a change that was made, or dated, before and came after was never proposed.
    """
    world = town.world
    git, long_ago = world.repository(STAGING_REPOSITORY).git, datetime(2020, 1, 1, tzinfo=UTC)
    who = replace(world.signature(world.account("omar")), time=long_ago)
    head = world.branch_sha(STAGING_REPOSITORY, "main")
    late = git.commit_files(head, {"web/web.yaml": web("1.1.0")}, "Made long ago\n", (who, who))
    world.move_branch(STAGING_REPOSITORY, "main", late, "omar")
    town.settle()
    (pull,) = world.open_pulls(PRODUCTION)
    assert world.read_file(PRODUCTION, pull.head_ref, "apps/web/web.yaml") == web("1.1.0")
    assert "Made long ago" in (pull.issue.body or "")

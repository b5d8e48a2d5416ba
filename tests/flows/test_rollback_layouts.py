"""Rollbacks and ways back of groups, of repositories, and of applications one by one."""

from __future__ import annotations

import pytest

from tests.flows import test_groups as groups
from tests.flows import test_repository as repositories
from tests.flows.directories import DEVELOPMENT, place, web
from tests.flows.divergence.ways import arrive, heads, on, say
from tests.flows.repository import Files, settings
from tests.flows.world import REPOSITORY, Town


@pytest.mark.town(configuration=groups.REGIONS.replace("    gates: {checks: [smoke]}\n", ""), more=groups.MORE)
def test_a_group_goes_back_as_one(town: Town) -> None:
    town.land("one", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    arrive(town, "promote/development-to-europe")
    change = town.land("two", {f"{DEVELOPMENT}/web.yaml": web("1.2.0")})
    number = arrive(town, "promote/development-to-europe")
    assert f"brings **europe** back to what it held before #{number}" in say(town, change, "ann", "/rollback west")
    arrive(town, "rollback/europe")
    for environment, replicas in (("west", 2), ("north", 4)):
        assert town.file("main", f"{place(environment)}/web.yaml") == web("1.1.0", replicas)
    assert "🔓" in say(town, change, "ann", "/resume europe")
    arrive(town, "promote/development-to-europe")
    for environment, replicas in (("west", 2), ("north", 4)):
        assert town.file("main", f"{place(environment)}/web.yaml") == web("1.2.0", replicas)
    assert heads(town) == []


@pytest.mark.town(configuration=repositories.PIPELINE, more=repositories.HOME, others=repositories.OTHERS)
def test_an_environment_in_its_own_repository_goes_back_there_and_its_hotfix_comes_home(town: Town) -> None:
    staging = repositories.STAGING
    change = town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    number = repositories.arrive(town, staging)
    reply = say(town, change, "ann", "/rollback staging")
    pull = repositories.into(town, staging)
    assert f"⏪ {staging}#{pull.number} brings **staging** back to what it held before {staging}#{number}" in reply
    assert pull.head_ref == "rollback/staging"
    assert f"{REPOSITORY}#{change}" in (pull.issue.body or "")
    comment = town.world.comment(staging, pull.number, "ben", "/why").id
    town.settle()
    (why,) = [one.body for one in town.world.comments_of(staging, pull.number) if f"reply:{comment} " in one.body]
    assert "staging held this before" in why
    repositories.arrive(town, staging)
    assert repositories.read(town, staging, "web/web.yaml") == web("1.0.0")
    assert repositories.read(town, staging, "README.md") == "# staging\n"
    say(town, change, "ann", "/promote staging")
    repositories.arrive(town, staging)
    assert repositories.read(town, staging, "web/web.yaml") == web("1.1.0")

    town.world.commit(staging, "hotfix", {"web/web.yaml": web("1.1.1")}, "Fix it now", author="ann", start="main")
    fix = town.world.open_pull(staging, "ann", head="hotfix", base="main", title="Fix it now")
    town.world.merge(staging, fix.number, "root", "squash")
    town.settle()
    comment = town.world.comment(staging, fix.number, "ann", "/promote development").id
    town.settle()
    home = on(town, "back/staging-to-development")
    assert home.issue.title == f"Bring back to development: Fix it now ({staging}#{fix.number})"
    assert town.file(home.head_ref, f"{DEVELOPMENT}/web.yaml") == web("1.1.1")
    arrive(town, "back/staging-to-development")
    assert heads(town) == []
    town.land("next", {f"{DEVELOPMENT}/web.yaml": web("1.2.0")})
    repositories.arrive(town, staging)
    assert repositories.read(town, staging, "web/web.yaml") == web("1.2.0")


EACH = """\
version: 1
strategy: values
environments:
  development:
    branch: main
    path: deploy/development
    values: {web: {file: apps/web-development.yaml, keys: [tag]}, api: {file: apps/api-development.yaml, keys: [tag]}}
  staging:
    path: deploy/staging
    batch: each
    on_drift: block
    values: {web: apps/web-staging.yaml, api: apps/api-staging.yaml}
policies: []
"""
VALUES: Files = {
    **{f"apps/{one}-{where}.yaml": "tag: '1'\n" for one in ("web", "api") for where in ("development", "staging")},
    **{f"deploy/{where}/settings.yaml": settings(level="info") for where in ("development", "staging")},
}


@pytest.mark.town(configuration=EACH, more=VALUES)
def test_where_each_application_moves_by_itself_each_comes_again_by_itself(town: Town) -> None:
    tags = {"web": "", "api": ""}

    def staging() -> dict[str, str]:
        return {one: (town.file("main", f"apps/{one}-staging.yaml") or "").strip() for one in tags}

    town.world.move_tag(REPOSITORY, "start", town.head("main"), "ben")
    change = town.land("both", {f"apps/{one}-development.yaml": "tag: '2'\n" for one in tags})
    for one in tags:
        arrive(town, f"promote/development-to-staging--{one}")
    town.land("web", {"apps/web-development.yaml": "tag: '3'\n"})
    number = arrive(town, "promote/development-to-staging--web")
    assert f"before #{number}" in say(town, change, "ann", "/rollback staging")
    arrive(town, "rollback/staging")
    assert staging() == {"web": "tag: '2'", "api": "tag: '2'"}
    say(town, change, "ann", "/rollback staging to start")
    arrive(town, "rollback/staging")
    assert staging() == {"web": "tag: '1'", "api": "tag: '1'"}
    say(town, change, "ann", "/resume staging")
    assert heads(town) == ["promote/development-to-staging--api", "promote/development-to-staging--web"]
    arrive(town, "promote/development-to-staging--web")
    assert staging() == {"web": "tag: '3'", "api": "tag: '1'"}
    arrive(town, "promote/development-to-staging--api")
    assert staging() == {"web": "tag: '3'", "api": "tag: '2'"}
    assert heads(town) == []


@pytest.mark.town(configuration=EACH, more=VALUES)
def test_a_version_pinned_in_the_target_comes_back_to_the_source_of_that_application(town: Town) -> None:
    town.land("both", {f"apps/{one}-development.yaml": "tag: '2'\n" for one in ("web", "api")})
    for one in ("web", "api"):
        arrive(town, f"promote/development-to-staging--{one}")
    town.land("fix", {"apps/api-staging.yaml": "tag: '2.1'\n"})
    town.land("web", {"apps/web-development.yaml": "tag: '3'\n"})
    assert heads(town) == ["back/staging-to-development--api", "promote/development-to-staging--web"]
    pull = on(town, "back/staging-to-development--api")
    assert pull.issue.title == "Bring back to development: api: image tag 2 → 2.1"
    arrive(town, "back/staging-to-development--api")
    assert town.file("main", "apps/api-development.yaml") == "tag: '2.1'\n"
    assert heads(town) == ["promote/development-to-staging--web"]

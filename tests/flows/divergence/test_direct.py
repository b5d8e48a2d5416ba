"""An environment is changed directly, by a hotfix or by hand: what stays, what is told, and how does it get back?"""

from __future__ import annotations

import pytest

from tests.flows.directories import DEVELOPMENT, DIRECTORIES, PRODUCTION, STAGING, directories, web
from tests.flows.divergence.ways import arrive, heads, on, say
from tests.flows.repository import DEPLOYMENT, deployment, pipeline
from tests.flows.world import REPOSITORY, Method, Town

IMAGE = "registry.example.com/web:{}".format
TO_STAGING, TO_PRODUCTION = "promote/development-to-staging", "promote/staging-to-production"
BACK = "back/staging-to-development"


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_kept_and_offered_to_the_source_it_conflicts_with_nothing_later(town: Town, method: Method) -> None:
    """The same lines are changed in the target, and, once they came back, again in the source."""
    town.land("one", {DEPLOYMENT: deployment(IMAGE("1.1.0"))})
    arrive(town, TO_STAGING, method=method)
    fix = town.propose("fix", {DEPLOYMENT: deployment(IMAGE("1.1.1"))}, base="staging", title="Fix it now")
    assert "merge it, then comment `/promote development` here" in say(town, fix, "ann", "/promote development")
    town.merge(fix)
    town.settle()
    assert heads(town) == [], "what is kept is brought back when somebody says so"
    other = town.land("two", {"base/other.yaml": "# two\n"})
    body = town.body(on(town, TO_STAGING).number)
    assert "1 file kept as staging has it" in body
    assert "commenting `/promote development` here" in body

    reply = say(town, on(town, TO_STAGING).number, "ann", "/promote development")
    pull = on(town, BACK)
    assert f"🚀 #{pull.number} carries this to **development**" in reply
    assert pull.issue.title == f"Bring back to development: Fix it now (#{fix})"
    assert "staging was changed directly since the last promotion, and development lacks that" in town.body(pull.number)
    assert town.file(BACK, DEPLOYMENT) == deployment(IMAGE("1.1.1"))
    assert town.file(BACK, "base/other.yaml") == "# two\n", f"#{other} stays"
    arrive(town, BACK, method=method)
    assert "kept as staging" not in town.body(on(town, TO_STAGING).number)
    town.land("three", {DEPLOYMENT: deployment(IMAGE("1.2.0"))})
    arrive(town, TO_STAGING, method=method)
    assert town.file("staging", DEPLOYMENT) == deployment(IMAGE("1.2.0"))
    assert heads(town) == []


BLOCKED = DIRECTORIES.replace(
    "    path: environments/production\n", "    path: environments/production\n    on_drift: block\n"
)


@pytest.mark.town(configuration=BLOCKED, more=directories())
def test_where_it_blocks_the_way_back_opens_by_itself_and_what_differs_by_design_stays(town: Town) -> None:
    town.land("one", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    arrive(town, TO_STAGING)
    arrive(town, TO_PRODUCTION)
    fix = town.land("fix", {f"{PRODUCTION}/web.yaml": web("1.1.1", replicas=3)})
    assert heads(town) == ["back/production-to-staging"]
    town.land("two", {f"{DEVELOPMENT}/own.yaml": "# two\n"})
    arrive(town, TO_STAGING)
    back = "back/production-to-staging"
    assert heads(town) == [back, TO_PRODUCTION]
    waiting = on(town, TO_PRODUCTION)
    assert town.title_of(waiting.head_sha).startswith("drift: production was changed directly")
    assert on(town, back).issue.title == f"Bring back to staging: Change fix (#{fix})"
    assert town.file(back, f"{STAGING}/web.yaml") == web("1.1.1")
    assert town.file(back, f"{PRODUCTION}/web.yaml") == web("1.1.1", replicas=3)

    arrive(town, back)
    assert heads(town) == [TO_PRODUCTION]
    assert town.title_of(on(town, TO_PRODUCTION).head_sha) == "All gates are open: ready to merge"
    arrive(town, TO_PRODUCTION)
    assert town.file("main", f"{PRODUCTION}/web.yaml") == web("1.1.1", replicas=3)
    assert town.file("main", f"{PRODUCTION}/own.yaml") == "# two\n"
    reply = say(town, fix, "ann", "/promote staging")
    assert "staging has everything that was changed in production directly" in reply


@pytest.mark.town(configuration=BLOCKED, more=directories())
def test_a_way_back_that_was_declined_stays_closed_until_more_is_changed(town: Town) -> None:
    town.land("one", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    arrive(town, TO_STAGING)
    arrive(town, TO_PRODUCTION)
    town.land("fix", {f"{PRODUCTION}/web.yaml": web("1.1.1", replicas=3)})
    town.land("two", {f"{DEVELOPMENT}/own.yaml": "# two\n"})
    arrive(town, TO_STAGING)
    first = on(town, "back/production-to-staging").number
    town.world.close_pull(REPOSITORY, first, "quinn")
    town.settle()
    assert heads(town) == [TO_PRODUCTION]
    more = town.land("more", {f"{PRODUCTION}/web.yaml": web("1.1.2", replicas=3)})
    second = on(town, "back/production-to-staging")
    assert second.number != first
    assert f"#{more}" in town.body(second.number)
    town.land("undone", {f"{PRODUCTION}/web.yaml": web("1.1.0", replicas=3)})
    assert heads(town) == [TO_PRODUCTION], "undone there, nothing has to come back"
    assert (
        "staging has everything that was changed in production directly" in town.said(second.number, "closed")[0].body
    )


@pytest.mark.town(configuration=pipeline(staging="on_drift: keep"))
def test_both_changed_the_same_lines_the_way_back_says_so(town: Town) -> None:
    town.land("one", {DEPLOYMENT: deployment(IMAGE("1.1.0"))})
    arrive(town, TO_STAGING)
    fix = town.propose("fix", {DEPLOYMENT: deployment(IMAGE("1.1.1"))}, base="staging")
    town.merge(fix)
    town.land("two", {DEPLOYMENT: deployment(IMAGE("2.0.0"))})
    reply = say(town, fix, "ann", "/promote development")
    assert "❌ Nothing was written. These files were changed in **staging**" in reply
    assert "1.1.1" in reply and "2.0.0" in reply
    assert heads(town) == []

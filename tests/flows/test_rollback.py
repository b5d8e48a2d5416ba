"""How does an environment go back to what it held, what stays away afterwards, and how does it come again?"""

from __future__ import annotations

import pytest

from bot.promotion.locks import AUDIT, PREFIX
from bot.sandbox.records import Pull
from tests.flows.directories import DEVELOPMENT, DIRECTORIES, PRODUCTION, STAGING, directories, directory, web
from tests.flows.repository import SETTINGS, pipeline, settings
from tests.flows.world import REPOSITORY, Method, Town

AUTO = pipeline(production="promote: auto").replace("    promote: manual\n", "").replace(
    "    promoters: {teams: [leads]}\n", ""
)  # fmt: skip
GREEN, RED = (settings(level="info", colour=colour) for colour in ("green", "red"))


def say(town: Town, number: int, login: str, body: str) -> str:
    """Comment, let the bot answer, and return its reply."""
    comment = town.say(number, login, body)
    town.settle()
    return town.reply(number, comment)


def records(town: Town) -> list[str]:
    """Return the refs that hold records, without the line of all."""
    refs = town.world.repository(REPOSITORY).git.refs(PREFIX)
    return [ref.removeprefix(PREFIX) for ref in refs if ref != AUDIT]


def back(town: Town, environment: str) -> Pull:
    """Return the one open rollback pull request."""
    (found,) = (one for one in town.world.open_pulls(REPOSITORY) if one.head_ref == f"rollback/{environment}")
    return found


def arrive(town: Town, environment: str, method: Method = "squash") -> int:
    """Merge the open pull request of ours that promotes into, or rolls back, an environment."""
    (pull,) = (
        one for one in town.world.open_pulls(REPOSITORY)
        if one.head_ref == f"rollback/{environment}" or one.head_ref.endswith(f"-to-{environment}")
    )  # fmt: skip
    town.merge(pull.number, "lena", method)
    town.settle()
    return pull.number


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
@pytest.mark.town(configuration=DIRECTORIES, more=directories())
def test_there_and_back_and_there_again(town: Town, method: Method) -> None:
    first = town.land("one", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    arrive(town, "staging", method)
    arrive(town, "production", method)
    second = town.land("two", {f"{DEVELOPMENT}/web.yaml": web("1.2.0"), f"{DEVELOPMENT}/own.yaml": "# two\n"})
    arrive(town, "staging", method)
    bad = arrive(town, "production", method)
    assert town.file("main", f"{PRODUCTION}/web.yaml") == web("1.2.0", replicas=3)

    reply = say(town, second, "ann", "/rollback production it crashes")
    assert "⏪" in reply
    pull = back(town, "production")
    assert f"⏪ #{pull.number} brings **production** back to what it held before #{bad}" in reply
    assert "on hold until `/resume production` or `/promote production`" in reply
    assert pull.issue.title == f"Roll back production to what it held before #{bad}"
    body = town.body(pull.number)
    assert "`it crashes`" in body
    assert "#### Goes back" in body and f"#{second} | Change two | ann" in body
    assert f"#{first}" not in body
    assert records(town) == ["hold/production", "rollback/production"]

    arrive(town, "production", method)
    assert town.file("main", f"{PRODUCTION}/web.yaml") == web("1.1.0", replicas=3)
    assert town.file("main", f"{PRODUCTION}/own.yaml") is None
    assert town.file("main", f"{STAGING}/web.yaml") == web("1.2.0")
    assert town.world.open_pulls(REPOSITORY) == [], "nothing comes by itself"
    newest = [one for one in town.world.repository(REPOSITORY).deployments if one.environment == "production"][-1]
    assert (newest.sha, newest.description) == (town.head("main"), f"Rolled back by #{pull.number}")
    status = say(town, second, "ben", "/status")
    assert f"production was rolled back to what it held before #{bad} by #{pull.number}" in status

    third = town.land("three", {f"{DEVELOPMENT}/own.yaml": "# three\n"})
    arrive(town, "staging", method)
    assert town.world.open_pulls(REPOSITORY) == [], "on hold"
    say(town, third, "ann", "/promote production")
    again = town.promotion("main")
    assert f"production was rolled back by #{pull.number}" in town.body(again.number)
    assert f"It brings again #{second}." in town.body(again.number)
    assert records(town) == ["rollback/production"]
    arrive(town, "production", method)
    assert town.file("main", f"{PRODUCTION}/web.yaml") == web("1.2.0", replicas=3)
    assert town.file("main", f"{PRODUCTION}/own.yaml") == "# three\n"
    assert town.world.open_pulls(REPOSITORY) == []


def test_going_back_twice_is_going_back_once(town: Town) -> None:
    change = town.land("green", {SETTINGS: GREEN})
    town.promote()
    first = say(town, change, "ann", "/rollback staging")
    number = back(town, "staging").number
    assert f"⏪ #{number}" in first
    assert f"⏪ #{number}" in say(town, change, "ben", "/rollback staging")
    arrive(town, "staging")
    assert town.file("staging", SETTINGS) == settings(level="info", colour="blue")
    reply = say(town, change, "ben", "/rollback staging")
    assert "➖ staging holds just what it held before #" in reply
    assert records(town) == ["hold/staging", "rollback/staging"]


def test_called_off_by_closing_it_everything_goes_on(town: Town) -> None:
    change = town.land("green", {SETTINGS: GREEN})
    town.promote()
    say(town, change, "ann", "/rollback staging")
    number = back(town, "staging").number
    town.land("red", {SETTINGS: RED})
    assert town.promotions() == [], "a promotion would meet the rollback half-way"
    reply = say(town, change, "ann", "/promote staging")
    assert "❌ staging is being rolled back" in reply and f"merge \\#{number}, or close it to call it off" in reply
    town.world.close_pull(REPOSITORY, number, "ben")
    town.settle()
    (told,) = town.said(number, "withdrawn")
    assert "nothing was rolled back, and the hold on promotions to staging that came with it is over" in told.body
    assert records(town) == []
    assert town.file(town.promotion().head_ref, SETTINGS) == RED


@pytest.mark.town(configuration=AUTO)
def test_what_cannot_be_told_of_one_rollback_holds_up_no_other_environment(town: Town) -> None:
    """GitHub refused the comment on the closed pull request, and no promotion anywhere went on."""
    change = town.land("green", {SETTINGS: GREEN})
    town.promote()
    say(town, change, "ann", "/rollback staging")
    number = back(town, "staging").number
    town.sandbox.faults.add(("POST", rf"/issues/{number}/comments$"), "403", times=99)
    town.world.close_pull(REPOSITORY, number, "ben")
    town.commit("staging", {"extra.md": "more\n"})
    town.take_held()
    town.queue.mark([REPOSITORY])
    town.work()
    assert "Resource not accessible by integration" in town.queue.failed()[REPOSITORY].reason, "it is told at the end"
    assert town.file(town.promotion("production").head_ref, "extra.md") == "more\n"
    assert records(town) == ["hold/staging", "rollback/staging"], "nothing of it was done by halves"
    town.sandbox.faults.clear()
    town.sweep()
    town.settle()
    assert records(town) == [] and len(town.said(number, "withdrawn")) == 1


@pytest.mark.town(configuration=AUTO)
def test_the_same_gates_but_for_what_a_new_change_has_to_show(town: Town) -> None:
    change = town.land("green", {SETTINGS: GREEN}, "quinn")
    town.promote()
    pull = town.promotion("production")
    town.review(pull.number, "lena")
    town.settle()
    town.merge(pull.number, "lena")
    town.settle()
    say(town, change, "lena", "/rollback production")
    number = back(town, "production").number
    assert "approvals: waiting for team leads" in town.title_of(town.pull(number).head_sha)
    assert [team.slug for team in town.pull(number).requested_teams] == ["leads"]
    assert "❌" in say(town, number, "lena", "/approve"), "who asked for it does not approve it"
    reply = say(town, number, "omar", "/approve")
    assert "approv" in reply and "❌" not in reply
    assert town.title_of(town.pull(number).head_sha) == "All gates are open: ready to merge"
    why = say(town, number, "ben", "/why")
    assert "production held this before" in why and "soak" not in why
    say(town, change, "ben", "/lock production audit")
    assert "lock: waiting for @ben" in town.title_of(town.pull(number).head_sha)
    assert f"back to what it held before #{pull.number}" in town.body(number)


@pytest.mark.town(configuration=AUTO)
def test_to_a_promotion_a_commit_or_nothing_there_was(town: Town) -> None:
    town.world.move_tag(REPOSITORY, "start", town.head("staging"), "ben")
    first = town.land("green", {SETTINGS: GREEN})
    one = town.promote()
    town.land("red", {SETTINGS: RED})
    two = town.promote(method="squash")
    town.commit("staging", {"own.yaml": "# staging's own\n"}, "ben", start="staging", message="By hand")
    town.settle()
    for to, words in (
        (f"to #{first}", f"staging never held `#{first}`"),
        ("to #999", "staging never held `#999`"),
        ("to v9", "staging never held `v9`"),
        (f"to {town.head('main')[:10]}", "staging never held"),
    ):
        reply = say(town, first, "ann", f"/rollback staging {to}")
        assert words in reply and f"/rollback staging to #{one}" in reply
    assert "Nothing is promoted into `development`" in say(town, first, "ann", "/rollback development")
    assert "**You have:** read permission" in say(town, first, "rita", "/rollback staging")
    assert records(town) == []

    assert f"what it held at #{one}" in say(town, first, "ann", f"/rollback staging to #{one}")
    pull = back(town, "staging")
    body = town.body(pull.number)
    assert "#### Was changed in staging directly, and goes back, too" in body and "By hand" in body
    say(town, first, "ann", "/rollback staging to start all of it")
    moved = back(town, "staging")
    assert moved.number == pull.number
    assert moved.issue.title == "Roll back staging to what it held at start"
    arrive(town, "staging", "rebase")
    assert town.file("staging", SETTINGS) == settings(level="info", colour="blue")
    assert town.file("staging", "own.yaml") is None
    say(town, first, "ann", f"/rollback staging to #{two}")
    arrive(town, "staging", "merge")
    assert town.file("staging", SETTINGS) == RED
    say(town, first, "ann", "/resume staging")
    assert town.promotions("staging") == [], "what came again by going back is not to be promoted"


@pytest.mark.town(
    configuration=pipeline(staging="merge: auto") + "protect: ['*.secret']\n",
    more={"web.secret": "one\n"},
)
def test_what_is_protected_and_the_rules_stay_and_gates_that_are_open_merge(town: Town) -> None:
    change = town.land("green", {SETTINGS: GREEN})
    assert town.file("staging", SETTINGS) == GREEN
    town.commit("staging", {"web.secret": "two\n"}, "ben", start="staging")
    say(town, change, "ann", "/rollback staging")
    assert town.file("staging", SETTINGS) == settings(level="info", colour="blue")
    assert town.file("staging", "web.secret") == "two\n"
    assert town.promotions("staging") == []
    say(town, change, "ben", "/resume staging")
    assert town.file("staging", SETTINGS) == GREEN
    assert town.file("staging", "web.secret") == "two\n"


VALUES = """\
version: 1
strategy: values
environments:
  development: {branch: main, path: deploy/development, values: {web: {file: apps/development.yaml, keys: [tag]}}}
  staging: {path: deploy/staging, values: {web: apps/staging.yaml}}
policies: []
"""


@pytest.mark.town(
    configuration=VALUES,
    more={
        "apps/development.yaml": "tag: '1.0'\nlevel: info\n",
        "apps/staging.yaml": "tag: '1.0' # ours\nlevel: warn\n",
        "deploy/staging/settings.yaml": settings(level="info"),
        "deploy/development/settings.yaml": settings(level="info"),
    },
)
def test_of_values_only_the_keys_go_back(town: Town) -> None:
    change = town.land("tag", {"apps/development.yaml": "tag: '1.1'\nlevel: info\n"})
    arrive(town, "staging")
    assert town.file("main", "apps/staging.yaml") == "tag: '1.1' # ours\nlevel: warn\n"
    town.land("level", {"apps/staging.yaml": "tag: '1.1' # ours\nlevel: error\n"})
    assert "⏪" in say(town, change, "ann", "/rollback staging")
    assert "1.1 → 1.0" in town.body(back(town, "staging").number)
    arrive(town, "staging")
    assert town.file("main", "apps/staging.yaml") == "tag: '1.0' # ours\nlevel: error\n"
    assert town.promotions() == []
    say(town, change, "ann", "/promote staging")
    arrive(town, "staging")
    assert town.file("main", "apps/staging.yaml") == "tag: '1.1' # ours\nlevel: error\n"


TAGS = """\
version: 1
strategy: tag
environments:
  development: {branch: main, path: environments/development, tag: v*-dev}
  production: {path: environments/development, tag: v*-prod}
policies:
  - builtin: registry
    with: {registries: [registry.example.com]}
"""


@pytest.mark.town(configuration=TAGS, more=directory("development"))
def test_where_tags_are_deployed_a_new_one_is_set_on_the_earlier_commit(town: Town) -> None:
    git = town.world.repository(REPOSITORY).git

    def release(tag: str) -> str:
        town.world.move_tag(REPOSITORY, tag, town.head("main"), "ben")
        town.settle()
        return town.head("main")

    def tag(name: str) -> str | None:
        return git.resolve(f"refs/tags/{name}^{{commit}}") if f"refs/tags/{name}" in git.refs("refs/tags/") else None

    first = release("v1.0.0-dev")
    change = town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    second = release("v1.1.0-dev")
    assert tag("v1.1.0-prod") == second
    reply = say(town, change, "ann", "/rollback production")
    assert "`v1.1.1-0.rollback.1-prod` is set on" in reply
    assert tag("v1.1.1-0.rollback.1-prod") == first
    assert "production holds just what it held before `v1.1.0-prod`" in say(town, change, "ann", "/rollback production")
    status = say(town, change, "ben", "/status")
    assert "`/rollback production to v1.1.0-prod` brings this one again" in status
    told = town.said(change, "journey")[0].body
    assert "rolled back by `v1.1.1-0.rollback.1-prod`" in told and "v1.1.0-prod" in told
    assert "is in **production**" not in told, "what was taken back is not there"
    town.land("mended", {f"{DEVELOPMENT}/web.yaml": web("1.1.1")})
    third = release("v1.1.1-dev")
    assert tag("v1.1.1-prod") is None, "on hold"
    say(town, change, "ann", "/resume production")
    assert tag("v1.1.1-prod") == third
    say(town, change, "ann", "/rollback production to v1.1.0-prod")
    assert tag("v1.1.2-0.rollback.1-prod") == second


def test_a_promotion_that_is_open_meanwhile_waits_and_says_what_it_brings_again(town: Town) -> None:
    first = town.land("green", {SETTINGS: GREEN})
    town.promote()
    second = town.land("other", {"base/other.yaml": "# other\n"})
    number = town.promotion().number
    say(town, first, "ann", "/rollback staging")
    assert "lock: waiting for @ann" in town.title_of(town.promotion().head_sha)
    arrive_back = back(town, "staging").number
    town.merge(arrive_back, "ben")
    town.settle()
    pull = town.promotion()
    assert pull.number == number
    assert "lock: waiting for @ann" in town.title_of(pull.head_sha)
    assert f"It brings again #{first}." in town.body(number)
    assert f"#{second}" in town.body(number)
    assert town.file(pull.head_ref, SETTINGS) == GREEN
    say(town, first, "ben", "/resume staging")
    assert town.title_of(town.promotion().head_sha) == "All gates are open: ready to merge"


UPWARDS = """\
version: 1
environments:
  development: {branch: staging, path: overlays/development}
  production: {branch: main, path: overlays/production, after: development}
policies: []
"""


@pytest.mark.town(configuration=UPWARDS)
def test_the_rules_that_hold_are_no_part_of_what_goes_back(town: Town) -> None:
    town.commit("staging", {SETTINGS: GREEN}, "ann", start="staging")
    town.settle()
    (pull,) = town.promotions("main")
    town.merge(pull.number)
    newer = UPWARDS + "protect: ['*.secret']\n"
    change = town.propose("rules", {".github/lockkeeper.yaml": newer})
    town.merge(change)
    town.settle()
    say(town, change, "ann", "/rollback production")
    arrive(town, "production")
    assert town.file("main", SETTINGS) == settings(level="info", colour="blue")
    assert town.file("main", ".github/lockkeeper.yaml") == newer


def test_back_to_the_same_state_another_time(town: Town) -> None:
    """The pull request of the first time is merged, or closed, already, and says nothing of the second."""
    change = town.land("green", {SETTINGS: GREEN})
    one = town.promote()
    town.land("red", {SETTINGS: RED})
    town.promote()
    say(town, change, "ann", f"/rollback staging to #{one}")
    closed = back(town, "staging").number
    town.world.close_pull(REPOSITORY, closed, "ann")
    town.settle()
    numbers = {closed}
    for _ in range(2):
        assert "⏪" in say(town, change, "ann", f"/rollback staging to #{one}")
        numbers.add(back(town, "staging").number)
        arrive(town, "staging")
        assert town.file("staging", SETTINGS) == GREEN
        say(town, change, "ann", "/promote staging")
        arrive(town, "staging")
        assert town.file("staging", SETTINGS) == RED
    assert len(numbers) == 3

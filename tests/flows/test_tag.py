"""How does a version travel from tag to tag?"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.flows.directories import DEVELOPMENT, directory, web
from tests.flows.world import PROMOTION, REPOSITORY, TROUBLE, Town

TAGS = """\
version: 1
strategy: tag
environments:
  development: {branch: main, path: environments/development, tag: v*-dev}
  staging:
    path: environments/development
    tag: v*-stage
    gates: {checks: [integration]}
  production:
    path: environments/development
    tag: v*-prod
    promote: manual
    promoters: {teams: [leads]}
policies:
  - builtin: registry
    with: {registries: [registry.example.com]}
"""
pytestmark = pytest.mark.town(configuration=TAGS, more=directory("development"))


def tags(town: Town) -> dict[str, str]:
    """Return the tags and the commits they lead to."""
    git = town.world.repository(REPOSITORY).git
    return {name.removeprefix("refs/tags/"): git.resolve(name) or "" for name in git.refs("refs/tags/")}


def release(town: Town, tag: str, commit: str = "") -> str:
    """Set a tag on a commit, as CI does, and let the bot see it."""
    commit = commit or town.head("main")
    town.world.move_tag(REPOSITORY, tag, commit, "ben")
    town.settle()
    return commit


def succeed(town: Town, commit: str) -> None:
    town.world.set_status(REPOSITORY, commit, "ben", "success", "integration")
    town.settle()


def title(town: Town, commit: str, target: str) -> str:
    """Return the title of the gates of a target on a commit."""
    runs = town.world.check_runs(REPOSITORY, commit, f"{PROMOTION} to {target}")
    return (runs[-1].title or "") if runs else ""


def test_a_version_walks_from_tag_to_tag_once_its_gates_are_open(town: Town) -> None:
    number = town.propose("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    town.settle()
    assert "| by tag |" in town.said(number, "checks")[0].body, "nobody promotes into development"
    town.merge(number)
    town.settle()
    assert tags(town) == {}
    commit = release(town, "v1.0.0-dev")
    assert title(town, commit, "staging") == "checks: waiting for CI"
    assert town.conclusion(commit, "lockkeeper / policies for staging") == "success"
    assert "v1.0.0-stage" in town.said(number, "journey")[0].body
    succeed(town, commit)
    assert tags(town) == {"v1.0.0-dev": commit, "v1.0.0-stage": commit}
    deployed = [(one.environment, one.sha) for one in town.world.repository(REPOSITORY).deployments]
    assert deployed == [("staging", commit)]
    assert title(town, commit, "staging") == "All gates are open: the tag is set"
    assert title(town, commit, "production") == "", "production is promoted on request"

    comment = town.say(number, "ann", "/promote production")
    town.settle()
    assert "is not for you" in town.reply(number, comment)
    comment = town.say(number, "lena", "/promote production")
    town.settle()
    assert f"`v1.0.0-prod` is set on {commit[:7]}" in town.reply(number, comment)
    assert tags(town) == {"v1.0.0-dev": commit, "v1.0.0-stage": commit, "v1.0.0-prod": commit}
    message = town.world.repository(REPOSITORY).git.text("cat-file", "tag", "v1.0.0-prod")
    assert "Lockkeeper-Requested-By: lena" in message and f"Lockkeeper-Includes: #{number}" in message
    assert "this change is in **production**" in town.said(number, "journey")[0].body


def test_the_newest_version_counts_and_older_ones_are_passed_by(town: Town) -> None:
    first = town.head("main")
    release(town, "v1.9.0-dev")
    town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    second = release(town, "v1.10.0-dev")
    for commit in (first, second):
        succeed(town, commit)
    assert tags(town) == {"v1.9.0-dev": first, "v1.10.0-dev": second, "v1.10.0-stage": second}
    late = release(town, "v1.9.1-dev", first)
    succeed(town, late)
    assert "v1.9.1-stage" not in tags(town)


def test_many_tags_at_once_are_seen(town: Town) -> None:
    """GitHub sends no push for more than three tags at a time; the event create tells of each."""
    commit = town.head("main")
    town.world.set_status(REPOSITORY, commit, "ben", "success", "integration")
    for number in range(5):
        town.world.move_tag(REPOSITORY, f"v1.{number}.0-dev", commit, "ben")
    held = [one for one in town.take_held() if one.event != "push"]
    for one in held:
        town.deliver(one)
    town.settle()
    assert "v1.4.0-stage" in tags(town)


BESIDE = """\
version: 1
strategy: tag
environments:
  development: {branch: main, path: environments/development, tag: v*-dev}
  staging: {path: environments/development, after: development, tag: v*.lock}
  mirror: {path: environments/development, after: development, tag: v*-mirror}
policies: []
"""


@pytest.mark.town(configuration=BESIDE, more=directory("development"))
def test_what_somebody_has_to_mend_in_one_way_holds_up_no_other(town: Town) -> None:
    """git takes no tag that ends so: that was found when it was to be set, and no environment after it got its own."""
    commit = release(town, "v1.0.0-dev")
    assert tags(town) == {"v1.0.0-dev": commit, "v1.0.0-mirror": commit}
    (run,) = town.world.check_runs(REPOSITORY, commit, TROUBLE)
    assert run.conclusion == "action_required"
    assert run.title == "'v1.0.0.lock' is not a well-formed branch name or ref"
    assert not town.queue.failed()


@pytest.mark.town(configuration=BESIDE.replace("v*.lock", "v*-stage"), more=directory("development"))
@pytest.mark.parametrize("more", [1, 9], ids=["and it can be told", "and it cannot"])
def test_what_github_refuses_of_one_tags_checks_holds_up_no_other(town: Town, more: int) -> None:
    """The checks of a tag are written before its gates are judged; what GitHub refused there stopped all the rest."""
    town.sandbox.faults.add(("POST", r"/check-runs$"), "403", times=more)
    commit = release(town, "v1.0.0-dev")
    town.sandbox.faults.clear()
    assert not town.queue.failed()
    assert ("v1.0.0-mirror" in tags(town)) == (more == 1)
    assert bool(town.world.check_runs(REPOSITORY, commit, TROUBLE)) == (more == 1)
    town.sweep()
    town.settle()
    assert tags(town) == {"v1.0.0-dev": commit, "v1.0.0-stage": commit, "v1.0.0-mirror": commit}
    assert {run.conclusion for run in town.world.check_runs(REPOSITORY, commit)} == {"success"}, "it is resolved"


def test_a_tag_is_never_moved(town: Town) -> None:
    old = town.head("main")
    town.world.move_tag(REPOSITORY, "v1.0.0-stage", old, "ben")
    number = town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    commit = release(town, "v1.0.0-dev")
    succeed(town, commit)
    assert tags(town)["v1.0.0-stage"] == old
    comment = town.say(number, "ben", "/status")
    town.settle()
    assert "tags are never moved, so make a new version" in town.reply(number, comment)
    succeed(town, release(town, "v1.0.1-dev"))
    assert tags(town)["v1.0.1-stage"] == commit


def test_what_policies_forbid_gets_no_tag(town: Town) -> None:
    commit = release(town, "v1.0.0-dev")
    succeed(town, commit)
    town.land("evil", {f"{DEVELOPMENT}/web.yaml": web("1.1.0").replace("registry.", "evil.")})
    commit = release(town, "v1.1.0-dev")
    succeed(town, commit)
    assert "v1.1.0-stage" not in tags(town)
    assert "blocking findings in lockkeeper / policies for staging" in title(town, commit, "staging")
    assert town.conclusion(commit, f"{PROMOTION} to staging") == "failure"


def test_a_named_commit_means_its_tag(town: Town) -> None:
    first = release(town, "v1.0.0-stage")
    number = town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    release(town, "v1.1.0-stage")
    comment = town.say(number, "lena", f"/promote production --sha {first[:12]}")
    town.settle()
    assert f"`v1.0.0-prod` is set on {first[:7]}" in town.reply(number, comment)
    assert tags(town)["v1.0.0-prod"] == first
    assert "v1.1.0-prod" not in tags(town)


def test_asked_for_before_the_merge_it_is_set_with_the_tag(town: Town) -> None:
    number = town.propose("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    comment = town.say(number, "lena", "/promote production")
    town.settle()
    assert "Remembered" in town.reply(number, comment)
    town.merge(number)
    town.settle()
    assert tags(town) == {}
    commit = release(town, "v1.0.0-dev")
    succeed(town, commit)
    assert tags(town) == {"v1.0.0-dev": commit, "v1.0.0-stage": commit, "v1.0.0-prod": commit}


@pytest.mark.town(
    configuration=TAGS.replace("{teams: [leads]}", "{teams: [leads]}\n    approvers: {teams: [leads], required: 1}"),
    more=directory("development"),
)
def test_where_there_is_no_pull_request_approvals_are_said_on_the_original_one(town: Town) -> None:
    number = town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    commit = release(town, "v1.0.0-dev")
    succeed(town, commit)
    town.say(number, "lena", "/promote production")
    town.settle()
    assert title(town, commit, "production") == "approvals: waiting for team leads"
    town.say(number, "lena", "/approve production")
    town.settle()
    assert "v1.0.0-prod" not in tags(town), "who asked does not count"
    comment = town.say(number, "omar", "/approve production")
    town.settle()
    assert tags(town).get("v1.0.0-prod") == commit, town.reply(number, comment)


def test_our_words_on_another_commit_say_nothing(make_town: Callable[..., Town]) -> None:
    """A tag set by hand with the words of ours on it counted as set by us, whatever commit it was on."""
    town = make_town(TAGS, directory("development"))
    succeed(town, release(town, "v1.0.0-dev"))
    git = town.world.repository(REPOSITORY).git
    words = git.text("cat-file", "tag", "v1.0.0-stage")
    evil = town.commit("aside", {f"{DEVELOPMENT}/web.yaml": web("6.6.6")}, "ben")
    copied = words.replace(tags(town)["v1.0.0-stage"], evil, 1).replace("tag v1.0.0-stage", "tag v6.6.6-stage", 1)
    git.set_ref("refs/tags/v6.6.6-stage", git.text("mktag", stdin=copied.encode()).strip())
    town.sweep()
    town.settle()
    assert tags(town)["v6.6.6-stage"] == evil
    assert evil not in [one.sha for one in town.world.repository(REPOSITORY).deployments]

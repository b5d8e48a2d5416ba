"""Does `lockkeeper plan` say of a repository, and of a clone of it, what the bot does?"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.desk.plan import look_at
from bot.report import plan_words, status_words
from bot.report.plan_words import PlanLook
from tests.desk.place import Desk
from tests.flows.directories import DEVELOPMENT, DIRECTORIES, PRODUCTION, STAGING, directory, web
from tests.flows.fingerprint import fingerprint
from tests.flows.world import REPOSITORY, Method, Town

MORE = {**directory("development"), **directory("staging", replicas=2), **directory("production", replicas=3)}


@pytest.fixture
def town(make_town: Callable[..., Town]) -> Town:
    """One way of deliveries is enough: what is looked at here is where they led."""
    made = make_town(DIRECTORIES, MORE)
    made.settle()
    return made


def desk_of(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "desk", tmp_path / "home", tmp_path / "cache")


def credentials(town: Town) -> dict[str, str]:
    return {
        "GITHUB_APP_ID": str(town.app.id),
        "GITHUB_PRIVATE_KEY": town.app.private_key_pem,
        "GITHUB_API_URL": town.sandbox.api_url,
        "GITHUB_URL": town.sandbox.url,
    }


def asked(town: Town, what: str = REPOSITORY, words: Callable[[PlanLook], str] = plan_words.as_json) -> dict[str, Any]:
    """Ask in this process, which is quicker than a command."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in credentials(town).items():
            patch.setenv(name, value)
        found: dict[str, Any] = json.loads(words(look_at(what)))
    return found


def cloned(desk: Desk, town: Town) -> Desk:
    path = desk.top / "clone"
    url = f"file://{town.world.repository(REPOSITORY).git.path}"
    subprocess.run(["git", "clone", "-q", url, str(path)], check=True, env=desk.environment(), stdout=sys.stderr)
    return Desk(path, desk.home, desk.cache)


def told(found: dict[str, Any]) -> list[tuple[object, ...]]:
    """What a clone can know as well as GitHub."""
    return [
        (one["source"], one["target"], one["outcome"], one["commit"], [each["reference"] for each in one["changes"]])
        for one in found["promotions"]
    ]


def test_a_plan_is_what_the_bot_would_do_and_writes_nothing(town: Town, tmp_path: Path) -> None:
    number = town.propose("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    town.merge(number)
    before = fingerprint(town)
    done = desk_of(tmp_path).run("plan", REPOSITORY, "--format", "json", **credentials(town))
    assert done.status == 0, done.err
    found = json.loads(done.out)
    assert fingerprint(town) == before
    first, second = found["promotions"]
    assert (found["from"], first["outcome"], first["pull"]) == ("github", "propose", None)
    assert [one["reference"] for one in first["changes"]] == [f"#{number}"]
    assert second["outcome"] == "nothing"

    town.settle()
    first = asked(town)["promotions"][0]
    assert first["pull"] == town.promotion("main").number
    assert {one["name"]: one["state"] for one in first["gates"]}["policy"] == "pass"


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_clone_says_what_github_says(town: Town, tmp_path: Path, method: Method) -> None:
    """A rebase leaves no number of a pull request: its change had no title, and was in staging but not in development;
    and where it was promoted by a rebase, the number that the promotion's title tells was taken for its own."""
    desk = desk_of(tmp_path)
    first = town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")}, method=method)
    brought = town.promote("main", method=method)
    second = town.land("again", {f"{DEVELOPMENT}/web.yaml": web("1.2.0")})
    clone = str(cloned(desk, town).top)
    ours, theirs = asked(town), asked(town, clone)
    assert told(ours) == told(theirs)
    assert [one[4] for one in told(ours)] == [[f"#{second}"], [f"#{first}"]]
    stations = {what: stations_of(asked(town, what, status_words.as_json)) for what in (REPOSITORY, clone)}
    assert stations[REPOSITORY][f"#{first}"] == ["reached", "reached", "underway"]
    assert stations[REPOSITORY][f"#{second}"] == ["reached", "underway", "ahead"]
    assert stations[clone][f"#{first}"] == ["reached", "reached", "waiting"], "which gates are open, only GitHub knows"
    assert stations[clone][f"#{second}"] == ["reached", "waiting", "ahead"]
    (change,) = (one for one in asked(town, clone, status_words.as_json)["changes"] if one["reference"] == f"#{first}")
    title = "Work on tag" if method == "squash" else "Change tag"  # a squash of one commit has that commit's
    assert (change["title"], change["stations"][1]["pull"]) == (title, None if method == "rebase" else brought)


def test_what_was_pushed_went_the_way_of_everything(town: Town, tmp_path: Path) -> None:
    """A promotion that carries pushes alone names no pull request, so it was taken for a change of its own, which had
    gone straight to staging; and a push was not in the environment that it was pushed into."""
    town.commit("main", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")}, message="Push by hand")
    town.settle()
    brought = town.promote("main", method="rebase")
    town.commit("main", {f"{DEVELOPMENT}/web.yaml": web("1.2.0")}, message="Push again")
    town.settle()
    for what in (REPOSITORY, str(cloned(desk_of(tmp_path), town).top)):
        found = asked(town, what, status_words.as_json)["changes"]
        states = {one["title"]: [(each["state"], each["waits"]) for each in one["stations"][:2]] for one in found}
        assert states["Promote to staging: Push by hand"] == [("reached", None)] * 2
        assert states["Push again"][0] == ("reached", None)
    (told,) = town.said(brought, "journey")
    assert "went straight" not in told.body


def stations_of(found: Any) -> dict[str, list[str]]:
    """Return the states of the environments by the reference of each change."""
    return {one["reference"]: [each["state"] for each in one["stations"]] for one in found["changes"]}


def test_a_difference_of_the_target_is_told_alike(town: Town, tmp_path: Path) -> None:
    desk = desk_of(tmp_path)
    town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    town.promote("main")
    town.commit("main", {f"{STAGING}/web.yaml": web("1.1.0", replicas=7), f"{PRODUCTION}/more.yaml": "a: 1\n"})
    town.land("again", {f"{DEVELOPMENT}/web.yaml": web("1.2.0")})
    ours, theirs = asked(town), asked(town, str(cloned(desk, town).top))
    assert told(ours) == told(theirs)
    assert [one["drift"] for one in ours["promotions"]] == [one["drift"] for one in theirs["promotions"]]
    assert ours["promotions"][0]["drift"] == [f"{STAGING}/web.yaml"]

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
from tests.flows.world import REPOSITORY, Town

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
def test_a_clone_says_what_github_says(town: Town, tmp_path: Path, method: str) -> None:
    desk = desk_of(tmp_path)
    first = town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    town.promote("main", method=method)  # type: ignore[arg-type]  # a word of the table
    second = town.land("again", {f"{DEVELOPMENT}/web.yaml": web("1.2.0")})
    clone = str(cloned(desk, town).top)
    ours, theirs = asked(town), asked(town, clone)
    assert told(ours) == told(theirs)
    assert [one[4] for one in told(ours)] == [[f"#{second}"], [f"#{first}"]]
    stations = {what: stations_of(asked(town, what, status_words.as_json)) for what in (REPOSITORY, clone)}
    assert stations[REPOSITORY][f"#{first}"] == ["reached", "reached", "underway"]
    assert stations[REPOSITORY][f"#{second}"] == ["reached", "underway", "ahead"]
    assert stations[clone][f"#{first}"][1:] == ["reached", "waiting"], "which gates are open, a clone does not know"
    assert stations[clone][f"#{second}"] == ["reached", "waiting", "ahead"]


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

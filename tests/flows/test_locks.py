"""Who shuts an environment, who is told of it, who opens it, and what gets through meanwhile?"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import cast

import pytest

from bot.errors import TransientError
from bot.flows.locks import Word, keep, read_kept, take_away
from bot.flows.tools import Tools
from bot.model.repository import Repository
from bot.ports import Git, RefMove
from bot.promotion.locks import AUDIT, MOST_READ, PREFIX, Lock
from bot.sandbox.faults import Kind
from bot.wiring import Composition
from tests.flows.conftest import at_rest
from tests.flows.repository import SETTINGS, pipeline, settings
from tests.flows.world import REPOSITORY, Town

GREEN, RED = (settings(level="info", colour=colour) for colour in ("green", "red"))
HOME = Repository.parse(REPOSITORY)
AUTO = pipeline(staging="merge: auto")


def records(town: Town) -> list[str]:
    """Return the refs that hold records, without the line of all."""
    refs = town.world.repository(REPOSITORY).git.refs(PREFIX)
    return [ref.removeprefix(PREFIX) for ref in refs if ref != AUDIT]


def line(town: Town) -> list[str]:
    """Return the titles of the line of all records, oldest first."""
    git = town.world.repository(REPOSITORY).git
    return git.run("log", "--reverse", "--format=%s", AUDIT).stdout.decode().strip().split("\n")


def say(town: Town, number: int, login: str, body: str) -> str:
    """Comment, let the bot answer, and return its reply."""
    comment = town.say(number, login, body)
    town.settle()
    return town.reply(number, comment)


@pytest.mark.town(configuration=AUTO)
def test_a_locked_environment_takes_nothing_until_it_is_unlocked(town: Town) -> None:
    number = town.propose("green", {SETTINGS: GREEN})
    reply = say(town, number, "ann", "/lock staging  load test until noon")
    assert "🔒 Staging is locked now: `load test until noon`" in reply
    assert "comments `/unlock staging`" in reply
    assert records(town) == ["lock/staging"]
    town.merge(number)
    town.settle()
    pull = town.promotion()
    assert "staging locked by @\u200bann" in town.body(pull.number)
    assert "`/unlock staging`" in town.body(pull.number)
    assert "lock: waiting for @ann" in town.title_of(pull.head_sha)
    assert town.file("staging", SETTINGS) != GREEN

    status = say(town, number, "ben", "/status")
    for words in ("🔒\u00a0staging", "locked", "| ann |", "`load test until noon`", "`/unlock staging`"):
        assert words in status
    assert "🔓 Staging is no longer locked (locked by ann" in say(town, number, "ann", "/unlock staging")
    assert town.promotions() == []
    assert town.file("staging", SETTINGS) == GREEN
    assert records(town) == []
    assert line(town) == ["lock staging", "unlock staging"]
    assert "➖ there is no lock on staging." in say(town, number, "ann", "/unlock staging")


def test_who_comes_second_is_told_who_holds_it(town: Town) -> None:
    number = town.propose("green", {SETTINGS: GREEN})
    first = town.say(number, "ann", "/lock production audit")
    second = town.say(number, "ben", "/lock production load test")
    town.settle()
    assert "🔒 Production is locked now: `audit`" in town.reply(number, first)
    reply = town.reply(number, second)
    for words in (
        "❌ production is locked already",
        "locked by ann since",
        ": `audit`",
        "comment `/unlock production`",
    ):
        assert words in reply
    assert town.reactions(number, second) == ["-1", "eyes"]
    assert "➖ you did that already: locked by ann" in say(town, number, "ann", "/lock production again")


def test_of_many_at_once_git_lets_one_be_first(make_town: Callable[..., Town]) -> None:
    """Workers with mirrors of their own, which know nothing of each other, all lock at the same moment."""
    town = make_town()
    town.settle()
    people = ("ann", "ben", "quinn", "lena", "omar")
    start = threading.Barrier(len(people))

    def lock(who: str) -> object:
        tools = worker(town, who)
        tools.git.fetch(HOME)
        word = Word(who, tools.clock(), "")
        start.wait(timeout=60)
        return keep(tools, HOME, Lock("lock", "staging", who, f"for {who}", word.at), word)

    with ThreadPoolExecutor(len(people)) as pool:
        told = list(pool.map(lock, people))
    assert len(set(told)) == 1, "all are told of the same one"
    assert records(town) == ["lock/staging"]
    assert line(town) == ["lock staging"]
    again = worker(town, "again")
    again.git.fetch(HOME)
    assert list(read_kept(again, HOME).locks) == told[:1]


def test_a_lock_that_somebody_pushed_away_is_told(make_town: Callable[..., Town]) -> None:
    """Whoever may push can take a lock away; the line of all records knows that no command did."""
    town = make_town()
    number = town.propose("green", {SETTINGS: GREEN})
    say(town, number, "ann", "/lock staging audit\n/lock production audit\n/unlock production")
    town.world.repository(REPOSITORY).git.set_ref(f"{PREFIX}lock/staging", None)
    status = say(town, number, "ben", "/status")
    assert "⚠️ Staging was locked by ann since" in status and "⚠️ Production" not in status
    assert "took `refs/lockkeeper/lock/staging` away. Comment `/lock staging` where it shall hold." in status
    assert "⚠️" not in say(town, number, "ben", "/lock staging again\n/status")


def test_records_that_are_too_many_to_read_open_nothing(make_town: Callable[..., Town]) -> None:
    """Whoever may push could make a lock unseen by pushing more refs than were read."""
    town = make_town(AUTO)
    number = town.propose("green", {SETTINGS: GREEN})
    git = town.world.repository(REPOSITORY).git
    git.run("pack-refs", "--all")
    packed, junk = git.path / "packed-refs", town.head("main")
    before = packed.read_text().splitlines(keepends=True)
    more = [f"{junk} {PREFIX}lock/a{place:04}\n" for place in range(MOST_READ + 1)]
    packed.write_text("".join(sorted([*before[1:], *more], key=lambda one: one[41:])))
    town.merge(number)
    reply = say(town, number, "ann", "/lock production\n/unlock staging")
    assert reply.count("there are more than 2,000 refs below refs/lockkeeper/lock") == 2
    pull = town.promotion()
    assert town.title_of(pull.head_sha).startswith("lock: ")
    assert "nobody can tell what is shut" in town.body(pull.number)
    assert town.file("staging", SETTINGS) != GREEN
    packed.write_text("".join(before))
    town.sweep()
    town.settle()
    assert town.file("staging", SETTINGS) == GREEN


def worker(town: Town, name: str) -> Tools:
    """Return the tools of another worker of the same App."""
    settings = replace(town.bot._settings, data=town.directory / f"bot-{name}")
    return Composition(settings, town.queue, renderer=town.given.renderer).tools(HOME, lambda: None)


class Forgetful:
    """Git that does what it is asked, and then does not tell: the answer to the first push is lost."""

    def __init__(self, git: Git) -> None:
        self._git, self.lost = git, 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._git, name)

    def push_records(self, repository: Repository, moves: Sequence[RefMove]) -> None:
        self._git.push_records(repository, moves)
        if not self.lost:
            self.lost += 1
            raise TransientError("the answer was lost")


def test_an_answer_of_git_that_is_lost_is_no_second_lock(make_town: Callable[..., Town]) -> None:
    town = make_town()
    town.settle()
    tools = worker(town, "ann")
    git = Forgetful(tools.git)
    tools = replace(tools, git=cast(Git, git))
    tools.git.fetch(HOME)
    word = Word("ann", tools.clock(), "")
    mine = Lock("lock", "staging", "ann", "", word.at.replace(microsecond=0))
    assert keep(tools, HOME, mine, word) == mine
    assert git.lost == 1
    git.lost = 0
    assert take_away(tools, HOME, mine, "unlock", word) is False, "it is gone already"
    assert records(town) == []
    assert line(town) == ["lock staging", "unlock staging"]


@pytest.mark.parametrize("kind", ["crash-before", "crash-after", "502"])
def test_a_reply_that_is_lost_is_said_again_and_nothing_done_twice(make_town: Callable[..., Town], kind: Kind) -> None:
    town = make_town()
    number = town.land("green", {SETTINGS: GREEN})
    fault = town.sandbox.faults.add(("POST", rf"/issues/{number}/comments$"), kind)
    reply = say(town, number, "ann", "/lock staging audit\n/freeze stocktaking")
    assert fault.hits == 1
    assert "🔒 Staging is locked now: `audit`" in reply
    assert "❄️ All environments are frozen now" in reply
    assert line(town) == ["lock staging", "freeze all environments"]
    at_rest(town)


def test_a_lock_that_is_only_pushed_counts_for_nothing_and_is_told(town: Town) -> None:
    """Whoever may push can write the ref, but not the seal; nor does a real record count under another name."""
    number = town.land("green", {SETTINGS: GREEN})
    git = town.world.repository(REPOSITORY).git
    said = say(town, number, "ann", "/lock production audit")
    assert "🔒" in said
    real = git.refs(PREFIX)[f"{PREFIX}lock/production"]
    git.set_ref(f"{PREFIX}lock/staging", real)
    git.set_ref(f"{PREFIX}hold/staging", git.refs("refs/heads/")["refs/heads/main"])
    status = say(town, number, "ben", "/status")
    assert (
        "Lockkeeper did not write what stands in `refs/lockkeeper/hold/staging`, `refs/lockkeeper/lock/staging`"
        in status
    )
    assert "⏳\u00a0lock" not in status
    assert "\u00a0lock |" not in town.body(town.promotion().number)
    assert "🔒 Staging is locked now" in say(town, number, "ben", "/lock staging mine"), "it gives way to a real one"


def test_a_lock_is_opened_by_its_owner_or_whoever_maintains(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    say(town, number, "ann", "/lock staging audit")
    reply = say(town, number, "ben", "/unlock staging")
    for words in (
        "❌ the lock on staging is not yours to end",
        "**Required:** to be ann, or to maintain the repository",
        "**You have:** write permission; locked by ann since",
        "comment `/unlock staging`",
    ):
        assert words in reply
    assert records(town) == ["lock/staging"]
    assert "🔓 Staging is no longer locked" in say(town, number, "root", "/unlock staging")
    assert records(town) == []


def test_locks_take_write_permission(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    for line_ in ("/lock staging", "/unlock staging", "/freeze", "/hold staging", "/resume staging"):
        reply = say(town, number, "rita", line_)
        assert "**Required:** write permission on this repository" in reply
        assert "**You have:** read permission" in reply
    assert records(town) == []


def test_freeze_of_all_and_of_some(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    pull = town.promotion()
    assert "❄️ All environments are frozen now: `stocktaking`" in say(town, number, "ann", "/freeze stocktaking")
    assert "froze all environments" in town.body(pull.number)
    assert "comment `/unfreeze` when it is over" in town.body(pull.number)
    reply = say(town, number, "ben", "/freeze production staging quarter's end")
    assert "Production is frozen now" in reply and "Staging is frozen now" in reply
    assert records(town) == ["freeze-all", "freeze/production", "freeze/staging"]
    assert "the freeze on all environments is not yours to end" in say(town, number, "ben", "/unfreeze")
    say(town, number, "ann", "/unfreeze")
    assert "froze staging" in town.body(pull.number)
    assert records(town) == ["freeze/production", "freeze/staging"]
    say(town, number, "ben", "/unfreeze staging, production")
    assert records(town) == []
    assert "froze" not in town.body(pull.number)


@pytest.mark.town(configuration=AUTO)
def test_hold_and_resume_on_the_promotion_itself(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    assert town.file("staging", SETTINGS) == GREEN
    say(town, number, "ann", "/hold staging not before the meeting")
    town.land("red", {SETTINGS: RED})
    pull = town.promotion()
    assert town.file("staging", SETTINGS) == GREEN
    assert "✋" in say(town, pull.number, "ben", "/hold")
    assert records(town) == ["hold-pull/acme/shop/" + str(pull.number), "hold/staging"]
    assert "🔓 Staging is no longer on hold" in say(town, pull.number, "ben", "/resume staging")
    assert town.file("staging", SETTINGS) == GREEN
    assert f"{REPOSITORY}\\#{pull.number} put on hold by" in town.body(pull.number)
    assert "comment `/resume`" in town.body(pull.number)
    assert "🔓" in say(town, pull.number, "ann", "/resume")
    assert town.file("staging", SETTINGS) == RED
    assert records(town) == []


@pytest.mark.town(configuration=AUTO)
def test_the_hold_of_a_pull_request_holds_no_other_and_ends_with_it(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    say(town, number, "ann", "/lock staging so that there is something to hold")
    town.land("red", {SETTINGS: RED})
    pull = town.promotion()
    say(town, pull.number, "ben", "/hold")
    say(town, number, "ann", "/unlock staging")
    assert town.promotion().number == pull.number, "it is held"
    town.world.close_pull(REPOSITORY, pull.number, "quinn")
    town.settle()
    assert records(town) == []
    assert line(town)[-1] == "resume staging"
    blue = settings(level="info", colour="blue")
    town.land("blue", {SETTINGS: blue})
    assert town.file("staging", SETTINGS) == blue, "the next pull request is another"


def test_words_of_other_bots_stay_unanswered_but_on_our_pull_requests(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    pull = town.promotion().number
    for body in ("/hold", "/hold cancel", "/lock", "/unlock"):
        comment = town.say(number, "ann", body)
        town.settle()
        assert town.reply(number, comment) == ""
        assert town.reactions(number, comment) == []
    assert "A hold is ended by `/resume`." in say(town, pull, "ann", "/hold cancel")
    assert "Say which environment: `development`, `staging`, `production`." in say(town, pull, "ann", "/lock")
    assert "Say which environment." in say(town, number, "ann", "/lockkeeper hold")
    assert records(town) == []

"""Does a promotion asked for by hand take what its writer saw?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.sandbox.records import Pull
from tests.flows.repository import SETTINGS, settings
from tests.flows.world import Killed, Town

GREEN, RED = (settings(level="info", colour=colour) for colour in ("green", "red"))


def merged_later(pull: Pull) -> None:
    """Let the pull request be merged after all that happens in this test; times count by the second."""
    pull.merged_at = datetime.now(UTC) + timedelta(seconds=30)


def staged(town: Town) -> tuple[int, str]:
    """Bring green to staging; return the change's number and staging's head."""
    number = town.land("green", {SETTINGS: GREEN})
    town.promote("staging")
    return number, town.head("staging")


def test_production_asks_again_when_its_source_got_more_after_the_comment(town: Town) -> None:
    number, _ = staged(town)
    comment = town.say(number, "lena", "/promote production")
    held = town.take_held()
    town.land("red", {SETTINGS: RED})
    second = town.promotion("staging")
    town.merge(second.number, "quinn", "merge")
    merged_later(second)
    for one in held:
        town.deliver(one)
    town.settle()
    assert town.promotions("production") == []
    reply = town.reply(number, comment)
    assert "staging has changed since you asked" in reply
    line = f"/promote production --sha {town.head('staging')[:12]}"
    assert f"\n{line}\n" in reply
    town.say(number, "lena", line)
    town.settle()
    assert town.file(town.promotion("production").head_ref, SETTINGS) == RED


def test_an_environment_that_takes_everything_anyway_does_not_ask(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    comment = town.say(number, "ann", "/promote staging")
    held = town.take_held()
    merged_later(town.pull(town.land("red", {SETTINGS: RED})))
    for one in held:
        town.deliver(one)
    town.settle()
    assert "carries this to **staging**" in town.reply(number, comment)


def test_a_command_that_has_to_wait_means_what_the_source_held_when_it_was_first_read(town: Town) -> None:
    number, green = staged(town)
    comment = town.say(number, "lena", "/promote production")
    for one in town.take_held():
        town.deliver(one)

    def push_and_die() -> None:
        """The first write of the command is its sign of receipt."""
        town.before_write = None
        town.commit("staging", {"notes.txt": "pushed while the command waits\n"}, "omar")
        raise Killed

    town.before_write = push_and_die
    town.work()
    assert town.before_write is None
    assert "carries this to **production**" in town.reply(number, comment)
    opened = [one for one in town.sandbox.exchanges.writes if (one.method, one.path[-6:]) == ("POST", "/pulls")]
    assert f"at {green[:7]}".encode() in opened[-1].request_body, "from there on it follows its source"

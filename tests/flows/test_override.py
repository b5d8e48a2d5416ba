"""Who may open a gate by their word, which gates, for which commit, and where is it told?"""

from __future__ import annotations

import pytest

from bot.promotion.locks import PREFIX
from tests.flows.repository import SETTINGS, pipeline, settings
from tests.flows.test_locks import line, say
from tests.flows.world import REPOSITORY, Town

GREEN, RED = (settings(level="info", colour=colour) for colour in ("green", "red"))


def soaking(*more: str) -> str:
    """Return a pipeline whose staging takes a day, and lets the leads open that."""
    gates = "gates:\n  soak: 1d\n  checks: [integration]\n  override: {gates: [soak, lock], teams: [leads]}"
    return pipeline(staging="\n".join(["merge: auto", gates, *more]))


def succeed(town: Town) -> None:
    town.world.set_status(REPOSITORY, town.head("main"), "ben", "success", "integration")
    town.settle()


@pytest.mark.town(configuration=soaking("method: merge"))
def test_an_override_opens_the_gate_and_is_told_everywhere(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    succeed(town)
    pull = town.promotion()
    assert "soak: waiting for the clock" in town.title_of(pull.head_sha)
    reply = say(town, number, "lena", "/override soak staging the fix cannot wait @everyone")
    assert f"⚠️ Gate `soak` of staging is open for {pull.head_sha[:7]}, by your word. It said:" in reply
    assert "All its gates are open now." in reply
    assert town.file("staging", SETTINGS) == GREEN
    body = town.body(pull.number)
    assert "opened by @\u200blena: `the fix cannot wait @everyone`; it said:" in body
    merge = town.world.repository(REPOSITORY).git.run("log", "-1", "--format=%B", "refs/heads/staging").stdout.decode()
    assert "Lockkeeper-Override: soak by lena: the fix cannot wait @everyone" in merge
    assert line(town) == ["override staging: soak"]


@pytest.mark.town(configuration=soaking("method: squash"))
def test_a_squash_keeps_what_the_promotion_commit_says(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    succeed(town)
    say(town, number, "omar", "/override soak staging the fix cannot wait")
    said = town.world.repository(REPOSITORY).git.run("log", "-1", "--format=%B", "refs/heads/staging").stdout.decode()
    for words in ("Lockkeeper-Source: development", "Lockkeeper-Seal:", "Lockkeeper-Override: soak by omar: the fix"):
        assert words in said
    town.land("red", {SETTINGS: RED})
    assert "Promote to staging" in town.promotion().issue.title, "what was promoted is known, and the next one goes on"


@pytest.mark.town(configuration=soaking("method: rebase"))
def test_a_rebase_has_no_message_of_its_own(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    succeed(town)
    say(town, number, "omar", "/override soak staging the fix cannot wait")
    assert town.file("staging", SETTINGS) == GREEN


@pytest.mark.town(configuration=soaking())
def test_which_gates_and_who(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    pull = town.promotion().number
    reply = say(town, pull, "ann", "/override soak I like it")
    for words in (
        "❌ gate `soak` of staging is not yours to open",
        "**Required:** to be one of those who may override it: team leads",
        "comment `/override soak …`",
    ):
        assert words in reply
    reply = say(town, pull, "lena", "/override checks CI is slow")
    assert "❌ gate `checks` of staging cannot be opened by comment" in reply
    assert "the configuration lets people open: `lock` and `soak`" in reply
    assert "`environments.staging.gates.override.gates`" in reply
    assert "nobody's word opens this gate" in say(town, pull, "lena", "/override order now")
    assert "➖ gate `lock` of staging is open: nothing is asked of it" in say(town, pull, "lena", "/override lock now")
    assert "Say why: it is kept." in say(town, pull, "lena", "/override soak")
    assert "There is no gate `sook`. Did you mean `soak`?" in say(town, pull, "lena", "/override sook now")
    comment = town.say(number, "lena", "/override ci/prow/e2e")
    town.settle()
    assert town.reply(number, comment) == "", "that is another bot's"
    assert "/override/" not in " ".join(town.world.repository(REPOSITORY).git.refs(PREFIX))
    assert town.file("staging", SETTINGS) != GREEN


@pytest.mark.town(configuration=soaking())
def test_an_override_is_for_one_commit_and_ends_with_the_right_to_it(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    pull = town.promotion()
    say(town, number, "lena", "/override soak staging go")
    assert "✅\u00a0soak" in town.body(pull.number)
    town.land("red", {SETTINGS: RED})
    assert "⏳\u00a0soak" in town.body(pull.number)
    say(town, number, "omar", "/override soak staging go")
    assert "✅\u00a0soak" in town.body(pull.number)
    town.world.organization("acme").teams["leads"].members.remove(town.world.account("omar"))
    say(town, number, "ann", "/lock production")  # anything that makes us look again
    assert "⏳\u00a0soak" in town.body(pull.number)


@pytest.mark.town(configuration=soaking())
def test_a_lock_can_be_overridden_for_one_promotion_where_that_is_allowed(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    succeed(town)
    say(town, number, "ann", "/lock staging audit")
    say(town, number, "lena", "/override soak staging go")
    assert town.file("staging", SETTINGS) != GREEN
    say(town, number, "lena", "/override lock staging agreed with ann")
    assert town.file("staging", SETTINGS) == GREEN

"""What happens when people comment?"""

from __future__ import annotations

import pytest

from tests.flows.repository import DEPLOYMENT, SETTINGS, deployment, pipeline, settings
from tests.flows.world import PROMOTION, REPOSITORY, Town

BLUE, GREEN, RED = (settings(level="info", colour=colour) for colour in ("blue", "green", "red"))


def test_promote_is_refused_to_whom_the_configuration_does_not_name(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    town.promote("staging")
    comment = town.say(number, "ann", "/promote production")
    town.settle()
    reply = town.reply(number, comment)
    for words in ("**Required:**", "team leads", "**You have:** write permission", "**Next:** ask one of"):
        assert words in reply
    assert town.reactions(number, comment) == ["-1", "eyes"]
    assert town.promotions("production") == []


def test_promote_without_promoters_takes_write_permission(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    town.world.close_pull(REPOSITORY, town.promotion().number, "quinn")
    comments = [town.say(number, login, "/promote staging") for login in ("rita", "sam")]
    town.settle()
    for comment in comments:
        assert "**Required:** write permission on this repository" in town.reply(number, comment)
        assert "**You have:** read permission" in town.reply(number, comment)
    assert town.promotions() == []


def test_promote_is_refused_before_the_source_holds_the_change(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    comment = town.say(number, "lena", "/promote production")
    town.settle()
    reply = town.reply(number, comment)
    assert "staging does not hold this change" in reply
    assert f"#{number} has not been promoted to staging yet" in reply
    assert town.promotions("production") == []


def test_promote_on_the_promotion_pull_request_itself(town: Town) -> None:
    """Asked for what it carries itself, it was refused: the change in it had not come to its own source."""
    town.land("green", {SETTINGS: GREEN})
    carrier = town.promotion("staging").number
    early = town.say(carrier, "lena", "/promote production")
    town.settle()
    assert f"#{carrier} is not merged yet" in town.reply(carrier, early)
    head = town.pull(carrier).head_sha
    same = town.say(carrier, "lena", "/promote staging")
    town.settle()
    assert f"🚀 #{carrier} carries this to **staging**. " in town.reply(carrier, same)
    assert town.pull(carrier).head_sha == head, "what was approved stays approved"
    town.promote("staging")
    comment = town.say(carrier, "lena", "/promote")
    town.settle()
    assert f"#{town.promotion('production').number} carries this" in town.reply(carrier, comment)
    assert town.reactions(carrier, comment) == ["eyes", "rocket"]


def test_promote_what_is_proposed_already_changes_nothing_of_it(town: Town) -> None:
    """Whoever asked anew became who had asked: a new commit without its approvals, which the first could give now."""
    number = town.land("green", {SETTINGS: GREEN})
    carrier = town.promotion("staging").number
    head, body = town.pull(carrier).head_sha, town.body(carrier)
    for login in ("lena", "ann"):
        comment = town.say(number, login, "/promote staging")
        town.settle()
        assert f"🚀 #{carrier} carries this to **staging**. " in town.reply(number, comment)
    assert (town.pull(carrier).head_sha, town.body(carrier)) == (head, body)


def test_promote_pins_a_commit_until_it_is_merged(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    pinned = town.head("main")
    town.world.close_pull(REPOSITORY, town.promotion().number, "quinn")
    comment = town.say(number, "ann", f"/promote staging --sha {pinned[:10]}")
    town.settle()
    pull = town.promotion()
    assert f"#{pull.number} carries this" in town.reply(number, comment)
    town.land("red", {SETTINGS: RED})
    assert town.file(town.promotion().head_ref, SETTINGS) == GREEN, "it stays where it was pinned"
    town.promote("staging")
    assert town.file(town.promotion().head_ref, SETTINGS) == RED, "the next one moves again"


def test_promote_with_a_commit_that_the_source_does_not_hold(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    stray = town.commit("stray", {SETTINGS: RED})
    comment = town.say(number, "ann", f"/promote staging --sha {stray[:12]}")
    town.settle()
    assert f"`main` holds no commit {stray[:12]}" in town.reply(number, comment)
    assert f"/promote staging --sha {town.head('main')[:12]}" in town.reply(number, comment)
    assert town.reactions(number, comment) == ["confused", "eyes"]


MANUAL = pipeline(staging="promote: manual")


@pytest.mark.town(configuration=MANUAL)
def test_promote_before_the_merge_is_remembered_by_a_label_and_happens_on_the_merge(town: Town) -> None:
    number = town.propose("green", {SETTINGS: GREEN})
    comment = town.say(number, "ben", "/promote staging")
    town.settle()
    assert "📌 Remembered" in town.reply(number, comment)
    assert [one.name for one in town.pull(number).issue.labels] == ["promote: staging"]
    assert town.promotions() == []
    town.merge(number)
    town.settle()
    pull = town.promotion()
    assert "asked for by ben" in town.body(pull.number)
    assert town.pull(number).issue.labels == [], "it has been proposed; what follows is the people's word"
    town.world.close_pull(REPOSITORY, pull.number, "quinn")
    town.settle()
    assert town.promotions() == []


@pytest.mark.town(configuration=MANUAL)
def test_what_was_remembered_does_not_happen_once_who_asked_may_not_any_more(town: Town) -> None:
    """Between the asking and the merge somebody may have lost the right: it is looked up again."""
    number = town.propose("green", {SETTINGS: GREEN})
    town.say(number, "ben", "/promote staging")
    town.settle()
    rules = MANUAL.replace("promote: manual\n", "promote: manual\n    promoters: {teams: [qa]}\n", 1)
    assert rules != MANUAL
    town.commit("main", {".github/lockkeeper.yaml": rules}, "root")
    town.settle()
    town.merge(number)
    town.settle()
    assert town.promotions() == []


@pytest.mark.town(configuration=MANUAL)
def test_a_label_alone_promotes_nothing(town: Town) -> None:
    """Whoever may triage can set a label; only the bot's own word, which names who asked, counts."""
    number = town.propose("green", {SETTINGS: GREEN})
    town.world.set_labels(REPOSITORY, number, "ben", ["promote: staging"])
    town.say(number, "ben", "<!-- lockkeeper:remember target=staging by=lena -->")
    town.merge(number)
    town.settle()
    assert town.promotions() == []


def test_promote_what_is_there_already_says_so(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    town.promote("staging")
    comment = town.say(number, "ann", "/promote staging")
    town.settle()
    assert "staging already has everything that development holds" in town.reply(number, comment)
    assert town.promotions() == []


def test_promote_into_a_conflict_tells_both_sides(town: Town) -> None:
    town.commit("staging", {SETTINGS: RED}, "omar")
    number = town.land("green", {SETTINGS: GREEN})
    comment = town.say(number, "ann", "/promote staging")
    town.settle()
    reply = town.reply(number, comment)
    assert "Nothing was written." in reply
    assert "colour: 'green'" in reply and "colour: 'red'" in reply
    assert town.reactions(number, comment) == ["-1", "eyes"]
    assert town.promotions() == []

    comment = town.say(number, "ann", "/status")
    town.settle()
    reply = town.reply(number, comment)
    assert "1 file conflicts with development." in reply and "changed in both development and staging" in reply
    assert "approve commit" not in reply and "still running" not in reply, "there is no commit to approve or to check"


MISUNDERSTOOD = {
    "unknown environment": ("/promote stagin", "There is no environment `stagin`. Did you mean `staging`?"),
    "where changes start": ("/promote development", "Nothing is promoted into `development`: changes start there."),
    "one letter wrong": ("/promot staging", "Did you mean `/promote`?"),
    "too much": ("/promote staging now please", "`now please` is too much"),
    "no commit": ("/promote staging --sha later", "`--sha` takes 7 to 40 hexadecimal digits"),
    "alias alone": ("/lockkeeper", "Say which command"),
}


def test_what_is_misunderstood_is_explained(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    asked = {name: town.say(number, "ann", line) for name, (line, _) in MISUNDERSTOOD.items()}
    town.settle()
    for name, comment in asked.items():
        assert MISUNDERSTOOD[name][1] in town.reply(number, comment), name
        assert town.reactions(number, comment) == ["confused", "eyes"], name
    assert len(town.promotions()) == 1


def test_what_is_no_command_of_ours_gets_no_answer(town: Town) -> None:
    number = town.propose("green", {SETTINGS: GREEN})
    asked = [
        town.say(number, "ann", text)
        for text in (
            "/assign @ben",
            "I would /promote staging",
            "> /promote staging",
            "```\n/promote staging\n```",
            "<!--\n/promote staging\n-->",
            "- /status",
        )
    ]
    town.settle()
    assert town.said(number, "reply") == []
    assert [town.reactions(number, one) for one in asked] == [[]] * len(asked)
    assert town.pull(number).issue.labels == []


def test_several_commands_in_one_comment_get_one_reply(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    comment = town.say(number, "ann", "Please:\n\n/status\n/lockkeeper diff\n/promote production\n")
    town.settle()
    reply = town.reply(number, comment)
    for quoted in ("> `/status`", "> `/lockkeeper diff`", "> `/promote production`"):
        assert quoted in reply
    assert "ready to merge." in reply
    assert "to **staging** by #" in reply and "would change this there" in reply, (
        "it is merged: the promotion is what is next"
    )
    assert "**Required:**" in reply
    assert town.reactions(number, comment) == ["-1", "eyes"]


def test_diff_and_check_and_help_and_status_answer(town: Town) -> None:
    number = town.propose("tag", {DEPLOYMENT: deployment("registry.example.com/web:1.1.0")})
    asked = {line: town.say(number, "rita", line) for line in ("/diff production", "/diff", "/help", "/status")}
    check = town.say(number, "rita", "/check")
    own = town.say(number, "ann", "/check")
    town.settle()
    production = town.reply(number, asked["/diff production"])
    assert "web:1.1.0" in production and "web-production/web" in production and "web-staging" not in production
    everything = town.reply(number, asked["/diff"])
    assert all(f"web-{name}/web" in everything for name in ("development", "staging", "production"))
    assert "`/promote [environment] [--sha SHA]`" in town.reply(number, asked["/help"])
    assert "| **production** | `production` | manual | team leads |" in town.reply(number, asked["/help"])
    assert "staging already has everything" in town.reply(number, asked["/status"])
    assert "or to be the author of this pull request" in town.reply(number, check)
    assert "✅ Looked again at" in town.reply(number, own)


def test_status_shows_which_gate_waits_for_whom(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    town.promote("staging")
    town.say(number, "lena", "/promote production")
    town.settle()
    comment = town.say(number, "rita", "/status")
    town.settle()
    reply = town.reply(number, comment)
    pull = town.promotion("production")
    assert f"| **production** | #{pull.number}: waiting at approvals. |" in reply
    assert "| ⏳\u00a0approvals | 0 of 1 on" in reply
    assert "| **development** | deploys from `overlays/development` of `main`: changes start here |" in reply


def test_a_comment_that_was_deleted_meanwhile_is_dropped(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    town.world.close_pull(REPOSITORY, town.promotion().number, "quinn")
    town.settle()
    town.say(number, "ann", "/promote staging")
    with town.world.lock:
        town.pull(number).issue.comments.pop()
    town.settle()
    assert town.said(number, "reply") == []
    assert town.promotions() == []


def test_bots_give_no_commands(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    town.world.close_pull(REPOSITORY, town.promotion().number, "quinn")
    other = town.world.create_app("renovate", owner="acme", private_key_pem=town.given.key)
    for bot in (other.bot, town.app.bot):
        with town.world.lock:
            from bot.sandbox.acts import issues

            issues.comment(town.world, town.pull(number).issue, bot, "/promote staging")
    town.settle()
    assert town.said(number, "reply") == []
    assert town.promotions() == []


def test_a_reply_counts_only_when_it_is_ours(town: Town) -> None:
    """Somebody who writes our marker first cannot keep others from being answered."""
    number = town.propose("green", {SETTINGS: GREEN})
    comment = town.say(number, "ann", "/help")
    town.say(number, "sam", f"<!-- lockkeeper:reply:{comment} -->\nnothing to see")
    town.settle()
    assert "`/promote [environment]" in town.reply(number, comment)


@pytest.mark.town(configuration=pipeline(staging="approvers: {users: [quinn, omar], required: 2, assign: [ben]}"))
def test_approvals_as_people_give_them(town: Town) -> None:
    """The sole author's does not count, nor an outsider's; an objection stops, its dismissal goes on."""
    town.land("green", {SETTINGS: GREEN}, "omar")
    pull = town.promotion()
    assert [one.login for one in pull.requested_users] == ["quinn"], "the sole author is not asked"
    assert [one.login for one in pull.issue.assignees] == ["ben"]
    head = pull.head_sha
    town.review(pull.number, "omar")
    town.review(pull.number, "ben")
    town.settle()
    assert "@\u200bomar wrote all of the change" in town.body(pull.number)
    assert "@\u200bben is not among the approvers" in town.body(pull.number)
    town.review(pull.number, "quinn", "REQUEST_CHANGES")
    town.settle()
    assert town.title_of(head) == "approvals: changes requested by @quinn"
    assert town.conclusion(head, PROMOTION) == "failure"
    town.review(pull.number, "quinn")
    town.settle()
    assert town.title_of(head) == "approvals: waiting for @quinn, @omar"
    assert "1 of 2" in town.body(pull.number)
    town.land("tag", {DEPLOYMENT: deployment("registry.example.com/web:1.1.0")}, "ann")
    for login in ("omar", "quinn"):
        town.review(pull.number, login)
    town.settle()
    assert town.title_of(town.promotion().head_sha) == "All gates are open: ready to merge"

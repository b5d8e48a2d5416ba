"""What do commits and pull requests come to that look like ours, and are not?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.flows.changes import ChangeReader, read_commit
from bot.flows.locks import Word, keep
from bot.flows.records import Records
from bot.flows.rules import read_rules
from bot.model.promotion import Record
from bot.model.repository import Repository
from bot.promotion.locks import AUDIT, PREFIX, Lock, Rollback, Said
from bot.promotion.pipeline import pairs
from bot.promotion.trailers import sealed
from tests.flows.directories import DEVELOPMENT, DIRECTORIES, PRODUCTION, STAGING, directories, web
from tests.flows.repository import SETTINGS, settings
from tests.flows.test_directory import into
from tests.flows.test_locks import HOME, say, worker
from tests.flows.test_override import soaking, succeed
from tests.flows.world import BOT, PROMOTION, REPOSITORY, Town

BLUE, GREEN, RED = (settings(level="info", colour=colour) for colour in ("blue", "green", "red"))
BY_ITSELF = DIRECTORIES.replace("path: environments/staging", "path: environments/staging\n    merge: auto")
CHECKED = BY_ITSELF.replace("merge: auto", "merge: auto\n    gates: {checks: [build]}")
EVIL = web("6.6.6", replicas=3)


def forge(town: Town, branch: str, changes: dict[str, str | None], *, on: str = "") -> str:
    """Put a commit on a promotion branch that says what ours says, but changes something else; return its id."""
    git = town.world.repository(REPOSITORY).git
    genuine = git.commit(town.head(branch))
    who = town.world.signature(town.world.account(BOT))
    sha = git.commit_files(on or genuine.parents[0], changes, genuine.message, (who, who))
    town.world.move_branch(REPOSITORY, branch, sha, "ben", force=True)
    return sha


@pytest.mark.town(configuration=CHECKED, more=directories())
def test_a_commit_that_reads_like_ours_brings_nothing_of_other_directories(town: Town) -> None:
    """Other directories of the branch did not count when two promotion commits were compared.

    So whoever could push to a promotion branch could copy our words, change production beside staging, and have it
    merged by the bot, with gates that were only about staging.
    """
    town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    branch = into(town, "staging").head_ref
    forge(town, branch, {f"{STAGING}/web.yaml": web("1.1.0"), f"{PRODUCTION}/web.yaml": EVIL})
    town.settle()
    town.world.set_status(REPOSITORY, town.head("main"), "ben", "success", "build")
    town.settle()
    assert town.file("main", f"{STAGING}/web.yaml") == web("1.1.0")
    assert town.file("main", f"{PRODUCTION}/web.yaml") == web("1.0.0", replicas=3)


@pytest.mark.town(configuration=CHECKED, more=directories())
def test_nor_does_it_bring_them_by_its_parent(town: Town) -> None:
    """A merge brings whatever the merged commit's history holds."""
    town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    branch = into(town, "staging").head_ref
    below = town.commit("aside", {f"{PRODUCTION}/web.yaml": EVIL}, "ben")
    forge(town, branch, {f"{STAGING}/web.yaml": web("1.1.0")}, on=below)
    town.settle()
    town.world.set_status(REPOSITORY, town.head("main"), "ben", "success", "build")
    town.settle()
    assert town.file("main", f"{STAGING}/web.yaml") == web("1.1.0")
    assert town.file("main", f"{PRODUCTION}/web.yaml") == web("1.0.0", replicas=3)


def test_a_commit_of_somebody_else_does_not_count_as_what_the_source_holds_by_now(town: Town) -> None:
    """The gates on a foreign head were written down as the promotion of whatever the source had moved on to.

    Merged by hand all the same, it held an earlier change only, and the later one was never promoted: it counted as
    promoted and taken back by the target.
    """
    town.land("green", {SETTINGS: GREEN})
    pull = town.promotion()
    town.commit(pull.head_ref, {"base/extra.yaml": "# by hand\n"}, "ben", start=pull.head_ref)
    town.settle()
    town.land("red", {SETTINGS: RED})
    assert town.conclusion(town.head(pull.head_ref), PROMOTION) == "failure"
    town.merge(pull.number, "root")
    town.world.move_branch(REPOSITORY, pull.head_ref, None, "ben")
    town.settle()
    assert town.file("staging", SETTINGS) == GREEN
    assert town.file(town.promotion().head_ref, SETTINGS) == RED


def test_a_pull_request_that_somebody_opened_from_our_branch_is_not_taken_over(town: Town) -> None:
    """Its gates would be judged by nobody: a promotion is a pull request of Lockkeeper's own."""
    town.land("green", {SETTINGS: GREEN})
    ours = town.promotion()
    town.world.close_pull(REPOSITORY, ours.number, "quinn")
    town.settle()
    theirs = town.world.open_pull(REPOSITORY, "ann", head=ours.head_ref, base="staging", title="Mine").number
    number = town.land("red", {SETTINGS: RED})
    comment = town.say(number, "ann", "/status")
    town.settle()
    assert f"#{theirs}, which ann opened from" in town.reply(number, comment)
    assert town.pull(theirs).issue.title == "Mine"
    town.world.close_pull(REPOSITORY, theirs, "ann")
    town.settle()
    town.sweep()
    town.settle()
    assert town.promotion().number not in (ours.number, theirs)


def test_what_was_sealed_in_another_repository_counts_for_nothing(make_town: Callable[..., Town]) -> None:
    """Seals left the repository out: whoever may push here, and has a repository of their own that the App is on.

    There they may approve, override and roll back as they like, and the record opened gates here once it was pushed.
    """
    mine = Repository("acme", "mine")
    town = make_town(soaking(), others={mine.full_name: {"a": "b"}})
    number = town.land("green", {SETTINGS: GREEN})
    succeed(town)
    head = town.promotion().head_sha
    tools = worker(town, "mine")
    word = Word("lena", tools.clock().replace(microsecond=0), "")
    override = Said("override", "staging", "lena", head, "go", word.at, "soak")
    rollback = Rollback("rollback", "staging", "lena", town.head("staging"), "before", "", word.at)
    for record in (override, Lock("lock", "production", "lena", "", word.at), rollback):
        keep(tools, mine, record, word)
    there, here = (town.world.repository(one.full_name).git for one in (mine, HOME))
    forged = {ref: sha for ref, sha in there.refs(PREFIX).items() if ref != AUDIT}
    for ref, sha in forged.items():
        here.fetch(there, sha)
        here.set_ref(ref, sha)
    town.sweep()
    status = say(town, number, "ben", "/status")
    assert len(forged) == 3 and all(f"`{ref}`" in status for ref in forged)
    assert town.file("staging", SETTINGS) != GREEN

    tools.git.fetch(HOME)
    commit, hop = read_commit(tools, HOME, head), pairs(read_rules(tools, HOME).configuration)[0]
    assert commit is not None
    records, record = Records(tools, HOME, HOME), Record(town.head("main"))
    assert records.written(hop, commit) == record
    marks = [tools.seal(one)(sealed(hop, record)) for one in (HOME, mine)]
    copied = replace(commit, message=commit.message.replace(*marks))
    assert copied != commit and records.written(hop, copied) is None
    here.set_ref(override.ref, None)
    keep(tools, HOME, override, word)
    town.sweep()
    town.settle()
    assert town.file("staging", SETTINGS) == GREEN, "the same word, said here, opens the gate"


def test_a_number_that_no_pull_request_has_names_no_change(make_town: Callable[..., Town]) -> None:
    """Written into a promotion commit by whoever may push, it stopped `/status` and what authors are told."""
    town = make_town()
    number = town.propose("green", {SETTINGS: GREEN})
    reader = ChangeReader(town.bot.tools(HOME, lambda: None), HOME, ())
    assert [one.number for one in reader.named((f"#{number}", "#999"))] == [number]
    assert reader.named(("#998",)) == ()


def test_a_promotion_that_names_such_a_number_stops_nothing(make_town: Callable[..., Town]) -> None:
    town = make_town()
    town.settle()
    number = town.land("green", {SETTINGS: GREEN})
    pull, git = town.promotion(), town.world.repository(REPOSITORY).git
    genuine, who = git.commit(pull.head_sha), town.world.signature(town.world.account(BOT))
    message = genuine.message.replace(f"Includes: #{number}", "Includes: #999")
    assert message != genuine.message
    sha = git.commit_files(genuine.parents[0], {SETTINGS: GREEN}, message, (who, who))
    town.world.move_branch(REPOSITORY, pull.head_ref, sha, "ben", force=True)
    town.merge(pull.number)
    town.settle()
    town.land("red", {SETTINGS: RED})
    assert town.file(town.promotion().head_ref, SETTINGS) == RED

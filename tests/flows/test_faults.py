"""What is left when GitHub fails, or the worker dies, in the middle of a promotion? The same as when nothing does."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

import pytest

from bot.sandbox.faults import Kind
from tests.flows.conftest import at_rest
from tests.flows.fingerprint import Words, checks_of, issue_of
from tests.flows.repository import SETTINGS, pipeline, settings
from tests.flows.world import REPOSITORY, TROUBLE, Killed, Town

GREEN, RED = (settings(level="info", colour=colour) for colour in ("green", "red"))
ALL_BY_ITSELF = pipeline(
    staging="merge: auto\ngates: {checks: [integration]}\napprovers: {users: [quinn], required: 0, assign: [ben]}"
)
MakeTown = Callable[..., Town]


class Walk:
    """One promotion after the other in one town, each of a new colour, from the merge to the author's comment."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.colours = 0

    def prepare(self) -> int:
        """Merge a change whose webhooks are all lost; return its number."""
        town = self.town
        self.colours += 1
        colour = f"colour{self.colours:03}"
        number = town.propose(colour, {SETTINGS: settings(level="info", colour=colour)})
        town.merge(number)
        town.world.set_status(REPOSITORY, town.head("main"), "ben", "success", "integration")
        town.take_held()
        return number

    def go(self) -> None:
        """Sweep once, as if nothing had ever been delivered."""
        self.town.sweep()
        self.town.work()
        self.town.take_held()
        assert not self.town.bugs
        assert not self.town.queue.failed()

    def left(self, number: int) -> object:
        """Return what the promotion of one change left on GitHub, in words that all promotions share."""
        town = self.town
        at_rest(town)
        with town.world.lock:
            repository = town.world.repository(REPOSITORY)
            words = Words(repository)
            numbers = sorted(one for one in repository.issues if one >= number)
            deployed = [one.environment for one in repository.deployments]
            found = [
                [issue_of(repository.issues[one], words) for one in numbers],
                [checks_of(repository, words, lambda sha, _: sha in heads(town, numbers))],
                len(deployed) - self.colours,
            ]
        text = re.sub(r"<[0-9a-f]{8} ", "<", str(found))
        text = re.sub(r"colour\d+", "colour", text)
        return re.sub(r"#(\d+)", lambda one: f"#+{int(one[1]) - number}", text)


def heads(town: Town, numbers: list[int]) -> set[str]:
    return {town.pull(one).head_sha for one in numbers} | {town.head("main"), town.head("staging")}


@pytest.fixture
def walk(make_town: MakeTown) -> Walk:
    town = make_town(ALL_BY_ITSELF)
    town.settle()
    made = Walk(town)
    made.prepare()
    made.go()  # the first promotion of a pair has words of its own
    return made


@pytest.mark.timeout(600)  # a dozen promotions, one for each write
def test_a_worker_that_dies_before_any_write_leaves_the_same(walk: Walk) -> None:
    """Most `ensure_…` find that nothing is to be done; the worker dies before each call that does something."""
    town = walk.town
    so_far: list[tuple[int, dict[str, str]]] = []

    def count() -> None:
        so_far.append((len(town.sandbox.exchanges.writes), town._heads()))

    number = walk.prepare()
    town.sandbox.exchanges.clear()
    town.before_write = count
    walk.go()
    count()
    town.before_write = None
    expected = walk.left(number)
    writing = [index for index, (one, after) in enumerate(pairwise(so_far), 1) if one != after]
    assert len(writing) >= 10
    for index in writing:
        left = index

        def die() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise Killed

        number = walk.prepare()
        town.before_write = die
        walk.go()
        town.before_write = None
        assert walk.left(number) == expected, f"died before call {index} of {len(so_far)}"


@pytest.mark.timeout(600)  # a dozen promotions, one for each write
def test_an_answer_that_is_lost_after_any_write_leaves_the_same(walk: Walk) -> None:
    town = walk.town
    number = walk.prepare()
    town.sandbox.exchanges.clear()
    walk.go()
    writes = [(one.method, one.path.removeprefix("/api/v3")) for one in town.sandbox.exchanges.writes]
    expected = walk.left(number)
    assert len(writes) >= 10
    kinds = [(method, re.sub(r"\d+", r"\\d+", re.escape(path))) for method, path in writes]
    for index, (method, path) in enumerate(kinds):
        number = walk.prepare()
        fault = town.sandbox.faults.add((method, f"^{path}$"), "crash-after", skip=kinds[:index].count((method, path)))
        walk.go()
        assert fault.hits == 1, (method, path)
        town.sandbox.faults.clear()
        assert walk.left(number) == expected, f"the answer to {method} {path} was lost"


@pytest.mark.parametrize("kind", ["502", "403-secondary", "403-primary", "429", "timeout", "crash-before"])
def test_trouble_of_github_is_waited_out(walk: Walk, kind: Kind) -> None:
    town = walk.town
    number = walk.prepare()
    walk.go()
    expected = walk.left(number)
    number = walk.prepare()
    faults = [town.sandbox.faults.add(("*", "/repos/"), kind, skip=skip, seconds=0.05) for skip in (3, 17, 31, 45)]
    faults += [town.sandbox.faults.add((method, "/repos/"), kind, skip=1) for method in ("POST", "PATCH", "PUT")]
    walk.go()
    assert sum(one.hits for one in faults) >= 5
    town.sandbox.faults.clear()
    walk.go()
    assert walk.left(number) == expected


def test_a_merge_that_github_refuses_is_told_on_the_pull_request_and_tried_again(make_town: MakeTown) -> None:
    town = make_town(ALL_BY_ITSELF)
    town.world.protect(REPOSITORY, "staging", required_checks=["other-ci"], enforce_admins=True)
    walk = Walk(town)
    walk.prepare()
    walk.go()
    pull = town.promotion()
    run = town.check(town.head("main"), TROUBLE)
    assert run is not None and run.conclusion == "action_required"
    assert "other-ci" in f"{run.title}{run.summary}", (run.title, run.summary)
    told = [one.body for one in town.said(pull.number) if "lockkeeper:refused" in one.body]
    assert len(told) == 1 and "other-ci" in told[0]
    at_rest(town)
    town.world.set_status(REPOSITORY, pull.head_sha, "ben", "success", "other-ci")
    town.settle()
    assert town.promotions() == []
    assert town.pull(pull.number).merged_at is not None


def test_a_branch_that_moves_before_the_push_is_not_overwritten(make_town: MakeTown) -> None:
    town = make_town()
    town.settle()
    branch, raced = "promote/development-to-staging", []

    def race() -> None:
        if not raced:
            raced.append(town.commit(branch, {SETTINGS: RED}, "ben"))

    town.before_write = race
    town.land("green", {SETTINGS: GREEN})
    assert town.head(branch) == raced[0]
    number = town.propose("ask", {SETTINGS: RED})
    comment = town.say(number, "ann", "/status")
    town.settle()
    assert f"holds commit {raced[0][:7]}, which Lockkeeper did not make" in town.reply(number, comment)
    at_rest(town)


def test_a_head_that_moves_before_the_merge_is_not_merged(make_town: MakeTown) -> None:
    town = make_town(ALL_BY_ITSELF)
    town.settle()
    raced: list[str] = []

    def race() -> None:
        for pull in town.promotions():
            if not raced and "merging" in town.title_of(pull.head_sha):
                raced.append(town.commit(pull.head_ref, {SETTINGS: RED}, "ben"))

    town.before_write = race
    walk = Walk(town)
    walk.prepare()
    before = town.head("staging")
    walk.go()
    assert raced
    pull = town.promotion()
    assert (pull.head_sha, town.head("staging")) == (raced[0], before)
    assert "which Lockkeeper did not make" in town.title_of(raced[0])
    at_rest(town)


def test_a_crash_between_reply_and_finish_gives_no_second_reply(make_town: MakeTown) -> None:
    town = make_town()
    number = town.land("green", {SETTINGS: GREEN})
    comment = town.say(number, "ann", "/status")
    for one in town.take_held():
        town.deliver(one)

    def die() -> None:
        town.before_finish = None
        raise Killed

    town.before_finish = die
    town.work()
    assert town.before_finish is None, "it died after the reply"
    assert "ready to merge" in town.reply(number, comment)
    assert town.reactions(number, comment) == ["eyes", "rocket"]
    at_rest(town)


def test_a_bug_is_told_once_in_one_honest_line(make_town: MakeTown) -> None:
    town = make_town()
    town.settle()

    def break_down() -> None:
        raise ZeroDivisionError("division by zero")

    town.before_write = break_down
    number = town.propose("green", {SETTINGS: GREEN})
    for one in town.take_held():
        town.deliver(one)
    town.work()
    town.before_write = None
    told = town.said(number, "given-up")
    assert len(told) == 1
    assert "Lockkeeper could not finish here: an internal error (ZeroDivisionError)" in told[0].body
    town.bugs.clear()
    town.sweep()
    town.work()
    assert not town.queue.failed()
    assert town.said(number, "checks")
    assert "since then it has" in town.said(number, "given-up")[0].body
    assert len(told) == 1

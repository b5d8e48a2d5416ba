"""Is a repository with more pull requests than one list holds read with one call, and as truly as by REST?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.adapters.github import crowd, pull_lists
from bot.adapters.github.gateway import RepositoryGitHub
from bot.errors import TransientError
from bot.model.environment import People
from bot.model.repository import PullRequest
from tests.github.conftest import NAME, REPOSITORY, House
from tests.github.test_seen import MARKER, PULLS, opened

ONCE = "POST /api/graphql"
WAY = ("promote/a-to-b", "staging")


@pytest.fixture
def meeting(house: House, monkeypatch: pytest.MonkeyPatch) -> RepositoryGitHub:
    """A client of a repository that is known for a crowd."""
    monkeypatch.setattr(pull_lists, "NEWEST", 1)
    house.world.move_branch(NAME, "staging", house.world.branch_sha(NAME, "main") or "", "alice")
    opened(house, "first")
    keeping = house.ours.for_repository(REPOSITORY, keeps=True)
    keeping.foresee(REPOSITORY, [WAY], ["main"])
    assert house.calls() == [PULLS, ONCE], "that there are more is learned once in a process"
    return house.ours.for_repository(REPOSITORY, keeps=True)


def promoted(house: House, number: int = 1) -> int:
    """Open, as the bot, a pull request from the promotion branch into staging; return its number."""
    head, base = WAY
    house.world.commit(NAME, head, {f"{number}.yaml": f"b: {number}\n"}, "Promote", author="bob", start="staging")
    made = house.github.ensure_pull(REPOSITORY, head=head, base=base, title="Promote", body="why").number
    house.calls()
    return made


def of_way(github: RepositoryGitHub, state: str = "all") -> list[PullRequest]:
    head, base = WAY
    return list(github.pulls(REPOSITORY, state=state, head=head, base=base, limit=30))  # type: ignore[arg-type]


def test_one_call_tells_all_that_a_look_asks(house: House, meeting: RepositoryGitHub) -> None:
    closed = promoted(house)
    house.world.close_pull(NAME, closed, "alice")
    merged = opened(house, "topic")
    sha = house.world.merge(NAME, merged, "carol")
    now = promoted(house, 2)
    house.calls()
    assert meeting.default_branch(REPOSITORY) == "main"
    assert meeting.repository_id(REPOSITORY) == house.world.repository(NAME).id
    meeting.foresee(REPOSITORY, [WAY], ["main"])
    assert [(one.number, one.state) for one in of_way(meeting)] == [(now, "open"), (closed, "closed")]
    assert [one.number for one in of_way(meeting, "open")] == [now]
    assert [one.number for one in meeting.open_pulls(REPOSITORY)] == [now, 1]
    assert meeting.pulls_by_commit(REPOSITORY, "main", [sha])[sha].number == merged
    assert meeting.pulls_by_number(REPOSITORY, [merged])[merged].title == "Add topic"
    assert house.calls() == [ONCE]


def test_what_was_not_foreseen_before_takes_one_call_more(house: House, meeting: RepositoryGitHub) -> None:
    """Somebody added an environment: its promotion is asked about when the configuration was read."""
    assert meeting.default_branch(REPOSITORY) == "main"
    meeting.foresee(REPOSITORY, [WAY, ("promote/b-to-c", "production")], ["main", "staging"])
    assert meeting.pulls(REPOSITORY, state="all", head="promote/b-to-c", base="production") == of_way(meeting) == []
    assert house.calls() == [ONCE, ONCE]


def test_very_many_ways_take_a_call_for_each_fifty(
    house: House, meeting: RepositoryGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where every application has a promotion of its own; one query about all of them would take too long."""
    monkeypatch.setattr(crowd, "WAYS", 2)
    number = promoted(house)
    ways = [*((f"promote/a-to-b/app-{one}", "staging") for one in range(4)), WAY]
    meeting.foresee(REPOSITORY, ways, ["main"])
    assert [one.number for one in of_way(meeting)] == [number]
    assert meeting.pulls(REPOSITORY, state="all", head="promote/a-to-b/app-0", base="staging") == []
    assert house.calls() == [ONCE] * 3


def test_it_says_what_rest_says(house: House, meeting: RepositoryGitHub) -> None:
    """Labels, people, teams, and a bot's login, of which GraphQL leaves out the end; closed ones without people."""
    gone = promoted(house)
    house.world.close_pull(NAME, gone, "alice")
    number = promoted(house, 2)
    house.world.set_labels(NAME, number, "bob", ["hold", "big"])
    house.github.ask_reviewers(REPOSITORY, number, People(("carol",), ("leads",)))
    house.github.ensure_assignees(REPOSITORY, number, ["bob"])
    meeting.foresee(REPOSITORY, [WAY], [])
    by_rest = of_way(house.github)
    assert by_rest[0].author.login == house.github.bot_login and by_rest[0].author.is_bot
    assert by_rest[0].requested_users and by_rest[0].requested_teams and by_rest[0].labels and by_rest[0].assignees
    assert of_way(meeting) == [by_rest[0], replace(by_rest[1], body="")]


@pytest.mark.parametrize(
    ("state", "page", "calls"),
    [("OPEN", 1, [ONCE, PULLS]), ("OPEN", 9, [ONCE]), ("CLOSED", 1, [ONCE, PULLS]), ("CLOSED", 9, [ONCE])],
)
def test_forks_do_not_crowd_ours_out(  # noqa: PLR0917 - a table's row
    house: House, meeting: RepositoryGitHub, monkeypatch: pytest.MonkeyPatch, state: str, page: int, calls: list[str]
) -> None:
    """Anybody may name a branch of a fork like one of ours, and GraphQL lists by the bare name.

    So where such pull requests fill what was asked for, ours may lie behind them, and REST, which knows owners, tells.
    """
    monkeypatch.setattr(crowd, "OPEN" if state == "OPEN" else "PAST", page)
    ours = promoted(house)
    house.world.add_fork(NAME, "zoe")
    theirs = house.world.open_pull(NAME, "zoe", head=f"zoe:{WAY[0]}", base=WAY[1], title="Promote").number
    for number in (ours, theirs) if state == "CLOSED" else ():
        house.world.close_pull(NAME, number, "alice")
    house.calls()
    meeting.foresee(REPOSITORY, [WAY], [])
    assert [one.number for one in of_way(meeting)] == [ours]
    assert house.calls() == calls


def test_our_own_writes_are_seen(house: House, meeting: RepositoryGitHub) -> None:
    head, base = WAY
    house.world.commit(NAME, head, {"b.yaml": "b: 1\n"}, "Promote", author="bob", start="staging")
    meeting.foresee(REPOSITORY, [WAY], [])
    house.calls()
    made = meeting.ensure_pull(REPOSITORY, head=head, base=base, title="Promote", body="why")
    meeting.ensure_pull(REPOSITORY, head=head, base=base, title="Promote", body="because")
    assert [(one.number, one.body) for one in of_way(meeting, "open")] == [(made.number, "because")]
    assert made.number in [one.number for one in meeting.open_pulls(REPOSITORY)]
    assert house.calls() == [f"POST /repos/{NAME}/pulls", f"PATCH /repos/{NAME}/pulls/{made.number}"]


def test_what_others_do_meanwhile_is_seen_after_a_refresh(house: House, meeting: RepositoryGitHub) -> None:
    meeting.foresee(REPOSITORY, [WAY], [])
    assert of_way(meeting) == []
    number = promoted(house)
    assert of_way(meeting) == [], "one job sees one state"
    meeting.refresh(REPOSITORY)
    assert [one.number for one in of_way(meeting)] == [number]


@pytest.mark.parametrize("fault", ["502", "403-primary", "crash-before"])
def test_where_it_is_not_answered_rest_is(house: House, meeting: RepositoryGitHub, fault: str) -> None:
    """GraphQL has a limit of its own, and can be slow or off: then all is read as if it were not there."""
    number = promoted(house)
    sha = house.world.merge(NAME, opened(house, "topic"), "carol")
    house.calls()
    switch = house.sandbox.faults.add(("POST", "graphql"), fault, times=9)  # type: ignore[arg-type]  # of the table
    meeting.foresee(REPOSITORY, [WAY], ["main"])
    assert [one.number for one in of_way(meeting)] == [number]
    assert number in [one.number for one in meeting.open_pulls(REPOSITORY)]
    assert meeting.default_branch(REPOSITORY) == "main"
    start = house.world.repository(NAME).git.commits([sha])[-1]
    assert meeting.pulls_by_commit(REPOSITORY, "main", [sha, start])[sha].title == "Add topic"
    assert meeting.pulls_by_number(REPOSITORY, [number, 999]).keys() == {number}
    assert switch.hits == 1, "it is tried once in a job"


def test_where_github_wants_to_be_left_alone_rest_is_not_asked(house: House, meeting: RepositoryGitHub) -> None:
    house.sandbox.faults.add(("POST", "graphql"), "403-secondary")
    with pytest.raises(TransientError, match="secondary rate limit") as caught:
        meeting.foresee(REPOSITORY, [WAY], ["main"])
    assert caught.value.retry_after > 0
    assert house.calls() == [ONCE]


def test_half_an_answer_is_none(house: House, meeting: RepositoryGitHub) -> None:
    """A permission that is missing is told beside the data: nothing of that is taken for an empty list."""
    number = promoted(house)
    for token in house.world.installation_tokens.values():
        token.permissions.pop("pull_requests")  # type: ignore[attr-defined]  # a dict, here
    meeting.foresee(REPOSITORY, [WAY], [])
    for token in house.world.installation_tokens.values():
        token.permissions["pull_requests"] = "write"  # type: ignore[index]  # as above
    assert [one.number for one in of_way(meeting)] == [number]


def test_many_commits_and_numbers_take_one_call(house: House, meeting: RepositoryGitHub) -> None:
    """After a rebase, pull requests were merged by the last of their commits only; one that was pushed has none."""
    numbers = [opened(house, f"topic{number}") for number in range(3)]
    for number in numbers:
        house.world.commit(NAME, f"topic{number - 2}", {f"{number}.txt": "more"}, "More", author="bob")
        house.world.merge(NAME, number, "carol", "rebase")
    pushed = house.world.commit(NAME, "main", {"x": "y"}, "Push", author="bob")
    line = house.world.repository(NAME).git.commits([pushed])[:7]
    meeting.default_branch(REPOSITORY)
    house.calls()
    found = meeting.pulls_by_commit(REPOSITORY, "main", line)
    assert [found[sha].number if sha in found else 0 for sha in line] == [0, 4, 4, 3, 3, 2, 2]
    assert meeting.pulls_by_number(REPOSITORY, [1, *numbers, 999]).keys() == {1, *numbers}
    assert house.calls() == [ONCE, ONCE]


def test_a_branch_that_is_not_the_default_one_is_listed(house: House, meeting: RepositoryGitHub) -> None:
    """GitHub associates a commit with the pull request it was merged by on the default branch only."""
    number = opened(house, "fix", "staging")
    sha = house.world.merge(NAME, number, "carol")
    found = meeting.pulls_by_commit(REPOSITORY, "staging", [sha, house.world.branch_sha(NAME, "main") or ""])
    assert {one: pull.number for one, pull in found.items()} == {sha: number}


def test_what_was_said_on_many_is_read_with_one_call(house: House, meeting: RepositoryGitHub) -> None:
    """Once promoted, twenty authors are told where their changes are: that took twenty reads before any write."""
    numbers = [opened(house, f"topic{number}") for number in range(3)]
    house.github.ensure_comment(REPOSITORY, numbers[0], MARKER, "old")
    house.world.comment(NAME, numbers[0], "bob", "hello")
    for _ in range(101):
        house.world.comment(NAME, numbers[1], "bob", "more than a page")
    by_rest = [house.github.comments(REPOSITORY, number) for number in numbers]
    house.calls()
    meeting.foresee_comments(REPOSITORY, [*numbers, 999])
    assert [meeting.comments(REPOSITORY, number) for number in (numbers[0], numbers[2])] == [by_rest[0], by_rest[2]]
    assert meeting.ensure_comment(REPOSITORY, numbers[0], MARKER, "new")
    assert meeting.ensure_comment(REPOSITORY, numbers[2], MARKER, "new")
    assert not meeting.ensure_comment(REPOSITORY, numbers[2], MARKER, "new")
    (edited,) = (one for one in by_rest[0] if one.author.is_bot)
    edit = f"PATCH /repos/{NAME}/issues/comments/{edited.id}"
    assert house.calls() == [ONCE, edit, f"POST /repos/{NAME}/issues/{numbers[2]}/comments"]
    assert meeting.comments(REPOSITORY, numbers[1]) == by_rest[1], "what does not fit on a page is read as ever"
    assert [one.body for one in house.github.comments(REPOSITORY, numbers[0])][:2] == [f"{MARKER}\nnew", "hello"]

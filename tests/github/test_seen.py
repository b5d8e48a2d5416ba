"""Does a client that keeps what it has seen ask once, read its own writes, and doubt what may have failed?"""

from __future__ import annotations

import pytest

from bot.adapters.github import pull_lists
from bot.adapters.github.gateway import RepositoryGitHub
from bot.errors import LockkeeperError
from bot.ports import CheckReport
from tests.github.conftest import NAME, REPOSITORY, House

PULLS = f"GET /repos/{NAME}/pulls"
MARKER = "<!-- lockkeeper:summary -->"


@pytest.fixture
def keeping(house: House) -> RepositoryGitHub:
    found = house.ours.for_repository(REPOSITORY, keeps=True)
    house.calls()
    return found


def opened(house: House, branch: str, base: str = "main") -> int:
    house.world.commit(NAME, branch, {f"{branch}.yaml": "a: 1\n"}, f"Add {branch}", author="bob")
    number = house.world.open_pull(NAME, "bob", head=branch, base=base, title=f"Add {branch}").number
    house.calls()
    return number


def report(house: House, title: str = "2 findings", name: str = "lockkeeper / policies") -> CheckReport:
    return CheckReport(name, house.world.branch_sha(NAME, "main") or "", title, "summary", "failure")


def test_one_list_answers_all_questions_about_pull_requests(house: House, keeping: RepositoryGitHub) -> None:
    first, second = opened(house, "one"), opened(house, "two")
    house.world.close_pull(NAME, first, "bob")
    house.calls()
    assert keeping.default_branch(REPOSITORY) == "main"
    assert keeping.repository_id(REPOSITORY) == house.world.repository(NAME).id
    every = keeping.pulls(REPOSITORY, state="all")
    assert [one.number for one in every] == [second, first]
    assert [one.number for one in keeping.pulls(REPOSITORY, state="open")] == [second]
    assert [one.number for one in keeping.pulls(REPOSITORY, state="closed", base="main")] == [first]
    assert [one.number for one in keeping.pulls(REPOSITORY, state="all", head="two", limit=1)] == [second]
    assert [one.number for one in keeping.open_pulls(REPOSITORY)] == [second]
    assert keeping.pulls_by_number(REPOSITORY, [first, 99]).keys() == {first}
    assert keeping.pulls_by_commit(REPOSITORY, "main", []) == {}
    assert keeping.pulls(REPOSITORY, state="all", base="staging") == []
    assert keeping.pulls(REPOSITORY, state="all", head="three") == []
    assert house.calls() == [PULLS]


def test_what_one_list_does_not_hold_is_asked_for(
    house: House, keeping: RepositoryGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repository with many pull requests, of which nothing was foreseen: the newest of them are not all."""
    monkeypatch.setattr(pull_lists, "NEWEST", 2)
    numbers = [opened(house, f"topic{number}") for number in range(4)]
    for _ in range(2):
        assert [one.number for one in keeping.pulls(REPOSITORY, state="open")] == numbers[::-1]
        assert [one.number for one in keeping.pulls(REPOSITORY, state="all", head="topic0")] == numbers[:1]
    assert house.calls() == [PULLS, PULLS, PULLS]


def test_our_own_pull_request_is_seen_at_once(house: House, keeping: RepositoryGitHub) -> None:
    opened(house, "one")
    house.world.commit(NAME, "promote/a-to-b", {"b.yaml": "b: 1\n"}, "Promote", author="bob")
    house.calls()
    wanted = {"head": "promote/a-to-b", "base": "main", "title": "Promote", "body": "why"}
    made = keeping.ensure_pull(REPOSITORY, **wanted)
    assert keeping.pulls(REPOSITORY, state="open", head="promote/a-to-b")[0].number == made.number
    assert keeping.comments(REPOSITORY, made.number) == keeping.reviews(REPOSITORY, made.number) == []
    assert keeping.ensure_comment(REPOSITORY, made.number, MARKER, "hi")
    assert not keeping.ensure_comment(REPOSITORY, made.number, MARKER, "hi")
    keeping.ensure_pull(REPOSITORY, **{**wanted, "body": "because"})
    assert keeping.pulls(REPOSITORY, state="open", head="promote/a-to-b")[0].body == "because"
    comments = f"POST /repos/{NAME}/issues/{made.number}/comments"
    assert house.calls() == [PULLS, f"POST /repos/{NAME}/pulls", comments, f"PATCH /repos/{NAME}/pulls/{made.number}"]


def test_checks_of_a_commit_are_read_once(house: House, keeping: RepositoryGitHub) -> None:
    sha = house.world.branch_sha(NAME, "main") or ""
    for name in ("lockkeeper / manifests", "lockkeeper / policies"):
        assert keeping.ensure_check(REPOSITORY, report(house, name=name))
        assert not keeping.ensure_check(REPOSITORY, report(house, name=name))
    assert keeping.ensure_check(REPOSITORY, report(house, "1 finding"))
    assert len(keeping.checks(REPOSITORY, sha, ours=True)) == 2
    runs, posted = f"/repos/{NAME}/commits/{sha}/check-runs", f"POST /repos/{NAME}/check-runs"
    assert house.calls()[:3] == [f"GET {runs}", posted, posted]
    house.world.set_status(NAME, sha, "bob", "success", "ci")
    every = keeping.checks(REPOSITORY, sha)
    assert {one.name for one in every} == {"lockkeeper / manifests", "lockkeeper / policies", "ci"}
    assert {one.name for one in keeping.checks(REPOSITORY, sha, ours=True)} < {one.name for one in every}
    assert [one for one in house.calls() if one.startswith("GET")] == [f"GET {runs}", f"GET {runs[:-11]}/status"]


def test_what_others_do_meanwhile_is_seen_after_a_refresh(house: House, keeping: RepositoryGitHub) -> None:
    number = opened(house, "one")
    assert keeping.comments(REPOSITORY, number) == []
    house.world.comment(NAME, number, "bob", "hello")
    assert keeping.comments(REPOSITORY, number) == [], "one job sees one state"
    keeping.refresh(REPOSITORY)
    assert [one.body for one in keeping.comments(REPOSITORY, number)] == ["hello"]


def test_a_refused_write_ends_belief_in_what_was_seen(house: House, keeping: RepositoryGitHub) -> None:
    """Somebody opened the pull request that we were about to open: it is found, and not taken for missing."""
    assert keeping.pulls(REPOSITORY, state="open") == []
    number = opened(house, "one")
    found = keeping.ensure_pull(REPOSITORY, head="one", base="main", title="Promote", body="why")
    assert found.number == number and found.title == "Promote"
    with pytest.raises(LockkeeperError):
        keeping.ensure_pull(REPOSITORY, head="nowhere", base="main", title="Promote", body="why")
    house.calls()
    assert len(keeping.pulls(REPOSITORY, state="open")) == 1
    assert house.calls() == [PULLS]


def test_a_merge_ends_belief_in_what_was_seen(house: House, keeping: RepositoryGitHub) -> None:
    number = opened(house, "one")
    assert len(keeping.pulls(REPOSITORY, state="open")) == 1
    keeping.merge(REPOSITORY, number, sha=house.world.branch_sha(NAME, "one") or "", method="merge")
    assert keeping.pulls(REPOSITORY, state="open") == []

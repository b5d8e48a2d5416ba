"""Do comments, reactions, labels, assignees and reviewers behave, and do their limits bite?"""

from __future__ import annotations

import pytest
from github import GithubException
from github.PullRequest import PullRequest

from tests.sandbox.conftest import Town


@pytest.fixture
def pull(town: Town) -> PullRequest:
    town.branch("feature")
    number = town.repo("bob").create_pull(base="main", head="feature", title="One").number
    return town.bot().get_pull(number)


def test_comments_are_written_changed_and_removed(town: Town, pull: PullRequest) -> None:
    comment = pull.create_issue_comment("<!-- mark --> hello")
    assert (comment.user.login, comment.user.type) == ("lockkeeper[bot]", "Bot")
    comment.edit("bye")
    assert [one.body for one in pull.get_issue_comments()] == ["bye"]
    assert town.repo("dave").get_issue(pull.number).get_comment(comment.id).body == "bye"
    with pytest.raises(GithubException) as refused:
        town.repo("dave").get_issue(pull.number).get_comment(comment.id).edit("mine now")
    assert refused.value.status == 403
    comment.delete()
    assert list(pull.get_issue_comments()) == []


@pytest.mark.parametrize(("size", "fits"), [(65_536, True), (65_537, False)])
def test_the_length_of_comments(town: Town, pull: PullRequest, size: int, fits: bool) -> None:
    if fits:
        assert pull.create_issue_comment("é" * size).id
        return
    with pytest.raises(GithubException) as refused:
        pull.create_issue_comment("é" * size)
    assert refused.value.status == 422
    assert refused.value.data["errors"][0]["message"] == "Body is too long (maximum is 65536 characters)"


def test_a_reaction_is_never_doubled(town: Town, pull: PullRequest) -> None:
    comment = pull.create_issue_comment("hello")
    url = f"/repos/acme/app/issues/comments/{comment.id}/reactions"
    statuses = [town.bot().requester.requestJson("POST", url, input={"content": "eyes"})[0] for _ in range(2)]
    assert statuses == [201, 200]
    town.repo("bob").get_issue(pull.number).get_comment(comment.id).create_reaction("eyes")
    assert sorted(one.user.login for one in comment.get_reactions()) == ["bob", "lockkeeper[bot]"]
    assert comment.reactions["eyes"] == 0 and pull.get_issue_comment(comment.id).reactions["eyes"] == 2


def test_labels_are_made_once_and_come_and_go(town: Town, pull: PullRequest) -> None:
    bot = town.bot()
    bot.create_label("blocked", "d73a4a", "waits for a gate")
    with pytest.raises(GithubException) as refused:
        bot.create_label("Blocked", "d73a4a")
    assert refused.value.data["errors"] == [{"resource": "Label", "code": "already_exists", "field": "name"}]
    town.sandbox.world.set_labels("acme/app", pull.number, "bob", ["blocked", "unheard of"])
    assert [one.name for one in bot.get_pull(pull.number).labels] == ["blocked", "unheard of"]
    assert bot.get_label("unheard of").color == "ededed"
    pull.remove_from_labels("blocked")
    with pytest.raises(GithubException) as refused:
        pull.remove_from_labels("blocked")
    assert (refused.value.status, refused.value.data["message"]) == (404, "Label does not exist")


def test_assignees_that_may_not_be_are_passed_over(town: Town, pull: PullRequest) -> None:
    pull.add_to_assignees("dave", "eve", "nobody")
    assert [who.login for who in town.bot().get_pull(pull.number).assignees] == ["dave"]
    assert town.bot().has_in_assignees("dave") and not town.bot().has_in_assignees("eve")


@pytest.mark.parametrize(
    ("users", "teams", "words"),
    [
        pytest.param(["bob"], [], "Review cannot be requested from pull request author.", id="the author"),
        pytest.param(["eve"], [], "Reviews may only be requested from collaborators.", id="a stranger"),
        pytest.param(["carol", "nobody"], [], "Reviews may only be requested from collaborators.", id="unknown"),
        pytest.param([], ["nobodies"], "Reviews may only be requested from collaborators.", id="no such team"),
        pytest.param([f"u{n}" for n in range(16)], [], "no more than 15", id="sixteen"),
    ],
)
def test_reviewers_that_are_refused(
    town: Town, pull: PullRequest, users: list[str], teams: list[str], words: str
) -> None:
    with pytest.raises(GithubException) as refused:
        pull.create_review_request(reviewers=users, team_reviewers=teams)
    assert refused.value.status == 422
    assert words in refused.value.data["message"]
    assert town.bot().get_pull(pull.number).requested_reviewers == []


def test_a_review_answers_the_request(town: Town, pull: PullRequest) -> None:
    pull.create_review_request(reviewers=["dave"], team_reviewers=["reviewers"])
    asked = town.bot().get_pull(pull.number)
    assert [who.login for who in asked.requested_reviewers] == ["dave"]
    assert [team.slug for team in asked.requested_teams] == ["reviewers"]
    review = town.repo("carol").get_pull(pull.number).create_review(body="Fine", event="APPROVE")
    assert (review.state, review.commit_id, review.user.login) == ("APPROVED", asked.head.sha, "carol")
    after = town.bot().get_pull(pull.number)
    assert ([who.login for who in after.requested_reviewers], after.requested_teams) == (["dave"], [])
    with pytest.raises(GithubException) as refused:
        town.repo("bob").get_pull(pull.number).create_review(event="APPROVE")
    assert refused.value.data["errors"] == ["Can not approve your own pull request"]


def test_issues_open_and_close(town: Town) -> None:
    issue = town.repo("dave").create_issue("Broken", body="It is")
    town.repo("bob").get_issue(issue.number).edit(state="closed")
    again = town.repo("dave").get_issue(issue.number)
    assert (again.state, again.closed_by.login, again.pull_request) == ("closed", "bob", None)
    assert [one.number for one in town.repo("dave").get_issues(state="all")] == [issue.number]

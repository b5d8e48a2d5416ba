"""Do pull requests live as they do on GitHub? Opening, moving, reviewing, merging by three methods, refusals."""

from __future__ import annotations

import pytest
from github import GithubException

from tests.sandbox.conftest import Town


def open_pull(town: Town, branch: str = "feature", **files: str | None) -> int:
    town.branch(branch, {name.replace("__", "/"): text for name, text in files.items()} or None)
    return town.repo("bob").create_pull(base="main", head=branch, title=f"Add {branch}", body="Why not").number


def test_a_pull_request_shows_its_files_and_computes_mergeability_late(town: Town) -> None:
    number = open_pull(town, new="one\ntwo\n")
    bot = town.bot()
    pull = bot.get_pull(number)
    assert (pull.commits, pull.changed_files, pull.additions, pull.deletions) == (1, 1, 2, 0)
    assert [(file.filename, file.status, file.additions) for file in pull.get_files()] == [("new", "added", 2)]
    assert pull.get_files()[0].patch == "@@ -0,0 +1,2 @@\n+one\n+two"
    fresh = town.branch("feature", {"more": "x\n"})
    first, second = bot.get_pull(number), bot.get_pull(number)
    assert (first.mergeable, first.mergeable_state) == (None, "unknown")
    assert (second.mergeable, second.mergeable_state) == (True, "clean")
    assert first.head.sha == fresh
    assert town.sandbox.world.repository("acme/app").git.ref(f"refs/pull/{number}/head") == fresh
    assert second.merge_commit_sha == town.sandbox.world.repository("acme/app").git.ref(f"refs/pull/{number}/merge")


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_merging_diverged_branches(town: Town, method: str) -> None:
    number = open_pull(town, new="one\n")
    second = town.branch("feature", {"newer": "two\n"})
    base = town.branch("main", {"other": "main moved\n"}, author="alice")
    pull = town.bot().get_pull(number)
    done = pull.merge(merge_method=method, sha=pull.head.sha)
    git = town.sandbox.world.repository("acme/app").git
    tip = git.branch("main")
    assert done.merged and done.sha == tip
    assert {entry.path for entry in git.tree(tip)} >= {"new", "newer", "other"}
    line = [git.commit(sha) for sha in git.commits([tip], [base])]
    match method:
        case "merge":
            assert line[0].parents == (base, second)
            assert line[0].message == f"Merge pull request #{number} from acme/feature\n\nAdd feature"
        case "squash":
            assert [commit.parents for commit in line] == [(base,)]
            assert line[0].message.startswith(f"Add feature (#{number})\n\n* Work on feature")
        case "rebase":
            assert [commit.message for commit in line] == ["Work on feature"] * 2
            assert line[1].parents == (base,) and line[0].parents == (line[1].sha,)
            for commit in line:  # as GitHub does, which knows what it made of each commit
                assert [one.number for one in town.bot().get_commit(commit.sha).get_pulls()] == [number]
            assert [*town.bot().get_commit(base).get_pulls()] == []
    after = town.bot().get_pull(number)
    assert (after.merged, after.state, after.merge_commit_sha) == (True, "closed", tip)
    assert after.merged_by.login == "lockkeeper[bot]"
    assert town.events()[-3:].count("pull_request.closed") == 1


def refused_merge(town: Town, number: int, login: str = "bob", **arguments: str) -> tuple[int, str]:
    with pytest.raises(GithubException) as refused:
        town.repo(login).get_pull(number).merge(**arguments)
    return refused.value.status, refused.value.data["message"]


def test_a_merge_of_another_head_is_refused(town: Town) -> None:
    number = open_pull(town)
    status, words = refused_merge(town, number, sha="0" * 40)
    assert (status, words) == (409, "Head branch was modified. Review and try the merge again.")


def test_a_conflict_is_not_mergeable(town: Town) -> None:
    number = open_pull(town, README__md="unused\n")
    town.branch("feature", {"README.md": "# mine\n"})
    town.branch("main", {"README.md": "# theirs\n"}, author="alice")
    bot = town.bot()
    bot.get_pull(number)
    pull = bot.get_pull(number)
    assert (pull.mergeable, pull.mergeable_state) == (False, "dirty")
    for method in ("merge", "squash", "rebase"):
        assert refused_merge(town, number, merge_method=method) == (405, "Pull Request is not mergeable")


def test_drafts_closed_and_merged_ones_are_not_mergeable(town: Town) -> None:
    number = open_pull(town)
    pull = town.sandbox.world.pull_of("acme/app", number)
    pull.draft = True
    assert refused_merge(town, number) == (405, "Pull Request is still a draft")
    pull.draft = False
    town.sandbox.world.close_pull("acme/app", number, "bob")
    assert refused_merge(town, number) == (405, "Pull Request is not mergeable")
    town.repo("bob").get_pull(number).edit(state="open")
    town.repo("bob").get_pull(number).merge()
    assert refused_merge(town, number) == (405, "Pull Request is not mergeable")


def test_protection_holds_the_merge_until_it_is_met(town: Town) -> None:
    world, number = town.sandbox.world, open_pull(town)
    head = world.pull_of("acme/app", number).head_sha
    world.protect("acme/app", "main", required_checks=[("gate", town.app.id)], required_reviews=1)
    review = "At least 1 approving review is required by reviewers with write access."
    assert refused_merge(town, number) == (405, f'{review} Required status check "gate" is expected.')
    world.set_status("acme/app", head, "bob", "success", "gate")  # anyone may: it must not count
    world.report_check("acme/app", head, town.app, "gate", None)
    world.review("acme/app", number, "dave")  # a reader's approval does not count
    assert refused_merge(town, number) == (405, f'{review} Required status check "gate" is pending.')
    world.review("acme/app", number, "carol")
    assert refused_merge(town, number) == (405, 'Required status check "gate" is pending.')
    world.report_check("acme/app", head, town.app, "gate", "failure")
    assert refused_merge(town, number) == (405, 'Required status check "gate" is failing.')
    assert world.mergeability("acme/app", number) == (True, "blocked")
    world.report_check("acme/app", head, town.app, "gate", "success")
    assert world.mergeability("acme/app", number) == (True, "clean")
    world.review("acme/app", number, "carol", "REQUEST_CHANGES", "No")
    status, words = refused_merge(town, number)
    assert (status, "1 review requesting changes" in words) == (405, True)
    world.review("acme/app", number, "carol")
    assert town.repo("bob").get_pull(number).merge(sha=head).merged


def test_admins_pass_unless_they_are_included(town: Town) -> None:
    world, number = town.sandbox.world, open_pull(town)
    world.protect("acme/app", "main", required_reviews=1, enforce_admins=True)
    assert refused_merge(town, number, "alice")[0] == 405
    world.protect("acme/app", "main", required_reviews=1)
    assert town.repo("alice").get_pull(number).merge().merged


@pytest.mark.parametrize(
    ("head", "base", "errors"),
    [
        pytest.param("nope", "main", [{"resource": "PullRequest", "field": "head", "code": "invalid"}], id="no head"),
        pytest.param(
            "feature", "nope", [{"resource": "PullRequest", "field": "base", "code": "invalid"}], id="no base"
        ),
        pytest.param(
            "same",
            "main",
            [{"resource": "PullRequest", "code": "custom", "message": "No commits between main and same"}],
            id="nothing to merge",
        ),
        pytest.param(
            "feature",
            "main",
            [
                {
                    "resource": "PullRequest",
                    "code": "custom",
                    "message": "A pull request already exists for acme:feature.",
                }
            ],
            id="a second one",
        ),
    ],
)
def test_pull_requests_that_cannot_be_opened(town: Town, head: str, base: str, errors: list[object]) -> None:
    open_pull(town)
    world = town.sandbox.world
    world.move_branch("acme/app", "same", world.branch_sha("acme/app", "main"), "bob")
    with pytest.raises(GithubException) as refused:
        town.repo("bob").create_pull(base=base, head=head, title="Again")
    assert (refused.value.status, refused.value.data["message"]) == (422, "Validation Failed")
    assert refused.value.data["errors"] == errors


def test_lists_are_filtered_sorted_and_newest_first(town: Town) -> None:
    first, second, third = (open_pull(town, branch) for branch in ("one", "two", "three"))
    world, repo = town.sandbox.world, town.repo("bob")
    world.close_pull("acme/app", second, "bob")
    world.comment("acme/app", first, "dave", "up")
    numbers = lambda **query: [pull.number for pull in repo.get_pulls(**query)]  # noqa: E731
    assert numbers() == [third, first]
    assert numbers(state="all", direction="asc") == [first, second, third]
    assert numbers(state="all", head="acme:two") == [second]
    assert numbers(base="nope") == []
    assert numbers(sort="updated", direction="desc") == [first, third]


def test_the_base_of_a_pull_request_can_change(town: Town) -> None:
    number = open_pull(town)
    town.sandbox.world.commit("acme/app", "next", {"n": "1"}, author="alice")
    town.repo("bob").get_pull(number).edit(base="next")
    assert town.bot().get_pull(number).base.ref == "next"
    edited = next(one for one in reversed(town.sandbox.deliveries.log) if one.action == "edited").payload
    assert edited["changes"]["base"]["ref"] == {"from": "main"}


def test_a_merged_pull_request_stays_as_it_was(town: Town) -> None:
    number = open_pull(town, new="1\n")
    town.repo("bob").get_pull(number).merge(merge_method="squash")
    town.branch("main", {"later": "1"}, author="alice")
    pull = town.bot().get_pull(number)
    assert ([file.filename for file in pull.get_files()], pull.commits) == (["new"], 1)
    assert [commit.commit.message for commit in pull.get_commits()] == ["Work on feature"]
    with pytest.raises(GithubException) as refused:
        pull.edit(state="open")
    assert refused.value.status == 422

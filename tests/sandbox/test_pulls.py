"""Do pull requests live as they do on GitHub? Opening, moving, reviewing, merging by three methods, refusals."""

from __future__ import annotations

import pytest
from github import GithubException

from tests.sandbox.conftest import Town


def open_pull(town: Town, branch: str = "feature", **files: str | None) -> int:
    town.branch(branch, {name.replace("__", "/"): text for name, text in files.items()} or None)
    return (
        town.repo("bob").create_pull(base="main", head=branch, title=f"Add {branch}", body="Why not").number
    )


def test_a_pull_request_shows_its_files_and_computes_mergeability_late(town: Town) -> None:
    number = open_pull(town, new="one\ntwo\n")
    bot = town.bot()
    pull = bot.get_pull(number)
    assert (pull.commits, pull.changed_files, pull.additions, pull.deletions) == (1, 1, 2, 0)
    assert [(file.filename, file.status, file.additions) for file in pull.get_files()] == [
        ("new", "added", 2)
    ]
    assert pull.get_files()[0].patch == "@@ -0,0 +1,2 @@\n+one\n+two"
    fresh = town.branch("feature", {"more": "x\n"})
    first, second = bot.get_pull(number), bot.get_pull(number)
    assert (first.mergeable, first.mergeable_state) == (None, "unknown")
    assert (second.mergeable, second.mergeable_state) == (True, "clean")
    assert first.head.sha == fresh
    assert town.sandbox.world.repository("acme/app").git.ref(f"refs/pull/{number}/head") == fresh
    assert second.merge_commit_sha == town.sandbox.world.repository("acme/app").git.ref(
        f"refs/pull/{number}/merge"
    )


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
    after = town.bot().get_pull(number)
    assert (after.merged, after.state, after.merge_commit_sha) == (True, "closed", tip)
    assert after.merged_by.login == "lockkeeper[bot]"
    assert town.events()[-3:].count("pull_request.closed") == 1

"""Do clone and push work with the real git client, and is a push refused as GitHub refuses it?"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from github import GithubException

from tests.sandbox.conftest import Town

Git = Callable[..., subprocess.CompletedProcess[str]]


def address(town: Town, login: str, name: str = "acme/app") -> str:
    token = town.people[login].token
    return f"http://{login}:{token}@127.0.0.1:{town.sandbox.port}/{name}.git"


@pytest.fixture
def clone(town: Town, git: Git, tmp_path: Path) -> Path:
    git("clone", "-q", address(town, "bob"), tmp_path / "work")
    return tmp_path / "work"


def save(git: Git, clone: Path, name: str, text: str) -> str:
    (clone / name).write_text(text)
    git("add", name, cwd=clone)
    git("commit", "-q", "-m", f"Write {name}", cwd=clone)
    return git("rev-parse", "HEAD", cwd=clone).stdout.strip()


def test_a_push_moves_the_branch_and_fires_what_follows(town: Town, git: Git, clone: Path) -> None:
    git("switch", "-q", "-c", "feature", cwd=clone)
    first = save(git, clone, "one", "1\n")
    git("push", "-q", "origin", "feature", cwd=clone)
    assert town.sandbox.world.branch_sha("acme/app", "feature") == first
    assert town.events()[-3:] == ["create", "push", "check_suite.requested"] or town.events()[-2:] == [
        "push",
        "check_suite.requested",
    ]
    number = town.repo("bob").create_pull(base="main", head="feature", title="One").number
    second = save(git, clone, "two", "2\n")
    git("push", "-q", "origin", "feature", cwd=clone)
    synchronize = next(one for one in reversed(town.sandbox.deliveries.log) if one.action == "synchronize")
    assert (synchronize.payload["before"], synchronize.payload["after"]) == (first, second)
    assert synchronize.payload["sender"]["login"] == "bob"
    assert town.sandbox.world.repository("acme/app").git.ref(f"refs/pull/{number}/head") == second
    git("fetch", "-q", "origin", f"refs/pull/{number}/head", cwd=clone)
    assert git("rev-parse", "FETCH_HEAD", cwd=clone).stdout.strip() == second


def test_a_push_event_lists_its_commits(town: Town, git: Git, clone: Path) -> None:
    before = git("rev-parse", "HEAD", cwd=clone).stdout.strip()
    save(git, clone, "one", "1\n")
    git("rm", "-q", "README.md", cwd=clone)
    git("commit", "-q", "-m", "Remove the readme", cwd=clone)
    git("push", "-q", cwd=clone)
    push = next(one for one in town.sandbox.deliveries.log if one.event == "push").payload
    assert (push["ref"], push["before"], push["created"], push["forced"]) == (
        "refs/heads/main",
        before,
        False,
        False,
    )
    told = [(one["message"], one["added"], one["removed"], one["author"]["username"]) for one in push["commits"]]
    assert told == [("Write one", ["one"], [], "bob"), ("Remove the readme", [], ["README.md"], "bob")]
    assert push["head_commit"]["id"] == push["after"]


def test_pushing_the_head_to_the_base_merges_the_pull_request(town: Town, git: Git, clone: Path) -> None:
    git("switch", "-q", "-c", "feature", cwd=clone)
    head = save(git, clone, "one", "1\n")
    git("push", "-q", "origin", "feature", cwd=clone)
    number = town.repo("bob").create_pull(base="main", head="feature", title="One").number
    git("push", "-q", "origin", "feature:main", cwd=clone)
    pull = town.repo("bob").get_pull(number)
    assert (pull.merged, pull.merged_by.login, pull.merge_commit_sha) == (True, "bob", head)


def test_deleting_the_head_branch_closes_the_pull_request(town: Town, git: Git, clone: Path) -> None:
    town.branch("feature")
    number = town.repo("bob").create_pull(base="main", head="feature", title="One").number
    git("push", "-q", "origin", "--delete", "feature", cwd=clone)
    assert town.repo("bob").get_pull(number).state == "closed"
    assert [event for event in town.events() if event in ("delete", "pull_request.closed")][-1:] == [
        "pull_request.closed"
    ]


@pytest.mark.parametrize(
    ("login", "words"),
    [
        pytest.param("dave", "403", id="a reader"),
        pytest.param("eve", "403", id="a stranger"),
    ],
)
def test_people_without_write_access_cannot_push(town: Town, git: Git, clone: Path, login: str, words: str) -> None:
    save(git, clone, "one", "1\n")
    refused = git("push", address(town, login), "main", cwd=clone, fails=True)
    assert words in refused.stderr
    assert "push" not in town.events()


def test_a_private_repository_hides_from_strangers(town: Town, git: Git, tmp_path: Path) -> None:
    town.sandbox.world.add_repository("acme/secret", files={"a": "1"}, private=True)
    git("clone", "-q", address(town, "dave", "acme/secret"), tmp_path / "seen")
    refused = git("clone", "-q", address(town, "eve", "acme/secret"), tmp_path / "unseen", fails=True)
    assert "not found" in refused.stderr
    public = f"http://127.0.0.1:{town.sandbox.port}/acme/app.git"
    git("clone", "-q", public, tmp_path / "anonymous")


def test_a_protected_branch_declines_the_push_in_githubs_words(town: Town, git: Git, clone: Path) -> None:
    town.sandbox.world.protect("acme/app", "main", required_reviews=1)
    save(git, clone, "one", "1\n")
    before = town.sandbox.world.branch_sha("acme/app", "main")
    refused = git("push", "origin", "main", cwd=clone, fails=True)
    assert "GH006: Protected branch update failed for refs/heads/main" in refused.stderr
    assert "Changes must be made through a pull request." in refused.stderr
    assert town.sandbox.world.branch_sha("acme/app", "main") == before
    git("push", "-q", "origin", "main:elsewhere", cwd=clone)


def test_required_checks_let_a_green_commit_through_and_force_is_refused(town: Town, git: Git, clone: Path) -> None:
    world = town.sandbox.world
    world.protect("acme/app", "main", required_checks=[("ci", town.app.id)])
    head = save(git, clone, "one", "1\n")
    refused = git("push", "origin", "main", cwd=clone, fails=True)
    assert 'Required status check "ci" is expected.' in refused.stderr
    git("push", "-q", "origin", "main:feature", cwd=clone)
    world.report_check("acme/app", head, town.app, "ci", "success")
    git("push", "-q", "origin", "main", cwd=clone)
    git("reset", "-q", "--hard", "HEAD~1", cwd=clone)
    refused = git("push", "--force", "origin", "main", cwd=clone, fails=True)
    assert world.branch_sha("acme/app", "main") == head


def test_the_installation_token_pushes_as_the_bot(town: Town, git: Git, clone: Path) -> None:
    head = save(git, clone, "one", "1\n")
    token = town.integration.get_access_token(town.installation.id).token
    url = f"http://x-access-token:{token}@127.0.0.1:{town.sandbox.port}/acme/app.git"
    git("push", "-q", url, "main", cwd=clone)
    assert town.sandbox.world.branch_sha("acme/app", "main") == head
    push = json.loads(next(one for one in town.sandbox.deliveries.log if one.event == "push").body)
    assert (push["sender"]["login"], push["sender"]["type"]) == ("lockkeeper[bot]", "Bot")
    readonly = town.sandbox.world.issue_token(town.installation, {"contents": "read"}).token
    save(git, clone, "two", "2\n")
    url = f"http://x-access-token:{readonly}@127.0.0.1:{town.sandbox.port}/acme/app.git"
    assert "403" in git("push", url, "main", cwd=clone, fails=True).stderr


def test_nobody_writes_pull_request_refs(town: Town, git: Git, clone: Path) -> None:
    save(git, clone, "one", "1\n")
    refused = git("push", "origin", "HEAD:refs/pull/1/head", cwd=clone, fails=True)
    assert "hidden ref" in refused.stderr


def test_large_pushes_and_small_clones(town: Town, git: Git, clone: Path, tmp_path: Path) -> None:
    """Above one megabyte git sends a push in chunks."""
    noise = hashlib.sha512(b"noise").hexdigest()
    text = "".join(hashlib.sha512(f"{noise}{n}".encode()).hexdigest() for n in range(40_000))
    head = save(git, clone, "large.txt", text)
    git("push", "-q", "origin", "main", cwd=clone)
    assert town.sandbox.world.branch_sha("acme/app", "main") == head
    git("clone", "-q", "--depth", "1", "--filter", "blob:none", address(town, "bob"), tmp_path / "shallow")
    assert (tmp_path / "shallow" / "large.txt").stat().st_size == len(text)
    git("clone", "-q", "--mirror", address(town, "bob"), tmp_path / "mirror")


def test_tags_are_told(town: Town, git: Git, clone: Path) -> None:
    git("tag", "-a", "-m", "One", "v1.0.0", cwd=clone)
    git("push", "-q", "origin", "v1.0.0", cwd=clone)
    push = town.sandbox.deliveries.log[-1].payload
    assert (push["ref"], push["created"], push["head_commit"]["message"]) == (
        "refs/tags/v1.0.0",
        True,
        "Initial commit",
    )
    assert push["head_commit"]["id"] == town.sandbox.world.branch_sha("acme/app", "main") != push["after"]
    assert town.repo("bob").get_git_ref("tags/v1.0.0").object.type == "tag"


def test_an_app_without_the_permission_writes_no_new_workflows(town: Town, git: Git, clone: Path) -> None:
    (clone / ".github" / "workflows").mkdir(parents=True)
    save(git, clone, ".github/workflows/ci.yaml", "on: push\n")
    token = town.sandbox.world.issue_token(town.installation).token
    url = f"http://x-access-token:{token}@127.0.0.1:{town.sandbox.port}/acme/app.git"
    refused = git("push", url, "main", cwd=clone, fails=True)
    assert "create or update workflow `.github/workflows/ci.yaml` without `workflows` permission" in refused.stderr
    with pytest.raises(GithubException) as no:
        town.bot().create_file(".github/workflows/ci.yaml", "CI", "on: push\n", branch="main")
    assert no.value.status == 403
    git("push", "-q", "origin", "main:elsewhere", cwd=clone)  # a person may …
    git("push", "-q", url, "main", cwd=clone)  # … and then the App may carry it on

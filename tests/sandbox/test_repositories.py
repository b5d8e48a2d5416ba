"""Do repositories, contents, refs, branches, commits and comparisons answer as GitHub's do?"""

from __future__ import annotations

import base64

import pytest
from github import GithubException, InputGitAuthor, InputGitTreeElement

from tests.sandbox.conftest import FILES, Town


def status_of(refused: pytest.ExceptionInfo[GithubException]) -> tuple[int, str]:
    return refused.value.status, refused.value.data["message"]


def test_a_person_makes_a_repository(town: Town) -> None:
    organization = town.client("alice").get_organization("acme")
    made = organization.create_repo("new", auto_init=True, private=True, description="fresh")
    assert (made.full_name, made.private, made.default_branch) == ("acme/new", True, "main")
    assert made.get_contents("README.md").decoded_content == b"# new\n"
    with pytest.raises(GithubException) as refused:
        organization.create_repo("new")
    assert status_of(refused) == (422, "Repository creation failed.")
    own = town.client("eve").get_user().create_repo("mine")
    assert own.owner.login == "eve"
    assert {one.full_name for one in organization.get_repos()} == {"acme/app", "acme/new"}
    with pytest.raises(GithubException) as refused:
        town.client("eve").get_repo("acme/new")
    assert status_of(refused) == (404, "Not Found")
    empty = town.client("eve").get_repo("eve/mine")
    with pytest.raises(GithubException) as refused:
        empty.get_contents("README.md")
    assert status_of(refused) == (404, "This repository is empty.")
    empty.create_file("README.md", "Begin", "hello")
    assert empty.get_branch("main").commit.commit.message == "Begin"


def test_contents_of_files_and_directories(town: Town) -> None:
    repo = town.repo("dave")
    assert [(entry.path, entry.type) for entry in repo.get_contents("")] == [
        ("README.md", "file"),
        ("base", "dir"),
        ("overlays", "dir"),
    ]
    file = repo.get_contents("base/deployment.yaml", ref="main")
    assert base64.b64decode(file.content).decode() == FILES["base/deployment.yaml"]
    assert [entry.path for entry in repo.get_contents("overlays/staging")] == ["overlays/staging/kustomization.yaml"]
    for path, ref, words in [
        ("nope", "main", "Not Found"),
        ("base", "nope", "No commit found for the ref nope"),
    ]:
        with pytest.raises(GithubException) as refused:
            repo.get_contents(path, ref=ref)
        assert status_of(refused) == (404, words)


def test_files_are_written_with_the_sha_of_what_they_replace(town: Town) -> None:
    repo = town.repo("bob")
    who = InputGitAuthor("Someone", "someone@users.example")
    done = repo.create_file("docs/a.txt", "Add a", "one", branch="main", author=who)
    assert (done["content"].path, done["commit"].author.name) == ("docs/a.txt", "Someone")
    with pytest.raises(GithubException) as refused:
        repo.create_file("docs/a.txt", "Again", "two", branch="main")
    assert status_of(refused) == (422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    with pytest.raises(GithubException) as refused:
        repo.update_file("docs/a.txt", "Late", "two", "0" * 40, branch="main")
    assert refused.value.status == 409
    repo.update_file("docs/a.txt", "Two", "two", done["content"].sha, branch="main")
    current = repo.get_contents("docs/a.txt")
    assert current.decoded_content == b"two"
    repo.delete_file("docs/a.txt", "Gone", current.sha, branch="main")
    with pytest.raises(GithubException):
        repo.get_contents("docs/a.txt")
    with pytest.raises(GithubException) as refused:
        repo.create_file("x", "x", "x", branch="nope")
    assert status_of(refused) == (404, "Branch nope not found")


def test_refs_move_forward_unless_forced(town: Town) -> None:
    repo, world = town.repo("bob"), town.sandbox.world
    first = world.branch_sha("acme/app", "main")
    ref = repo.create_git_ref("refs/heads/topic/one", first)
    assert ref.object.sha == first
    with pytest.raises(GithubException) as refused:
        repo.create_git_ref("refs/heads/topic/one", first)
    assert status_of(refused) == (422, "Reference already exists")
    with pytest.raises(GithubException) as refused:
        repo.create_git_ref("refs/heads/other", "1" * 40)
    assert status_of(refused) == (422, "Object does not exist")
    second = town.branch("topic/one", {"x": "1"})
    with pytest.raises(GithubException) as refused:
        ref.edit(first)
    assert status_of(refused) == (422, "Update is not a fast forward")
    ref.edit(first, force=True)
    push = next(one for one in reversed(town.sandbox.deliveries.log) if one.event == "push").payload
    assert (push["before"], push["after"], push["forced"]) == (second, first, True)
    assert [one.ref for one in repo.get_git_matching_refs("heads/topic")] == ["refs/heads/topic/one"]
    assert repo.get_git_ref("heads/topic/one").object.sha == first
    ref.delete()
    with pytest.raises(GithubException) as refused:
        repo.get_git_ref("heads/topic/one")
    assert refused.value.status == 404
    with pytest.raises(GithubException) as refused:
        repo.get_git_ref("heads/main").delete()
    assert refused.value.status == 422


def test_commits_are_built_from_blobs_and_trees(town: Town) -> None:
    repo = town.bot()
    tip = repo.get_branch("main").commit
    blob = repo.create_git_blob("from a blob", "utf-8")
    tree = repo.create_git_tree(
        [
            InputGitTreeElement("base/new.txt", "100644", "blob", sha=blob.sha),
            InputGitTreeElement("inline.txt", "100644", "blob", content="inline"),
            InputGitTreeElement("README.md", "100644", "blob", sha=None),
        ],
        base_tree=repo.get_git_tree(tip.sha),
    )
    commit = repo.create_git_commit("Built", tree, [repo.get_git_commit(tip.sha)])
    repo.get_git_ref("heads/main").edit(commit.sha)
    names = {one.path for one in repo.get_git_tree("main", recursive=True).tree if one.type == "blob"}
    assert names == {
        "base/deployment.yaml",
        "base/new.txt",
        "inline.txt",
        "overlays/staging/kustomization.yaml",
    }
    assert repo.get_commit(commit.sha).author.login == "lockkeeper[bot]"
    assert base64.b64decode(repo.get_git_blob(blob.sha).content) == b"from a blob"


def test_commits_and_comparisons(town: Town) -> None:
    repo, world = town.repo("bob"), town.sandbox.world
    base = world.branch_sha("acme/app", "main")
    one = town.branch("feature", {"base/deployment.yaml": "kind: Deployment\nreplicas: 2\n"})
    two = town.branch("feature", {"docs/x": "1\n", "README.md": None})
    main = town.branch("main", {"other": "1\n"}, author="alice")
    assert [commit.sha for commit in repo.get_commits(sha="feature")] == [two, one, base]
    assert [commit.sha for commit in repo.get_commits(sha="feature", path="docs/x")] == [two]
    commit = repo.get_commit(one)
    assert (commit.stats.additions, commit.stats.deletions, commit.files[0].status) == (1, 1, "modified")
    assert commit.author.login == "bob"
    compared = repo.compare("main", "feature")
    assert (compared.status, compared.ahead_by, compared.behind_by) == ("diverged", 2, 1)
    assert [one.sha for one in compared.commits] == [one, two]
    assert compared.merge_base_commit.sha == base
    assert {(file.filename, file.status) for file in compared.files} == {
        ("README.md", "removed"),
        ("base/deployment.yaml", "modified"),
        ("docs/x", "added"),
    }
    assert repo.compare(base, main).status == "ahead"
    with pytest.raises(GithubException) as refused:
        repo.get_commit("f" * 40)
    assert status_of(refused) == (422, f"No commit found for SHA: {'f' * 40}")


def test_pull_requests_of_a_commit(town: Town) -> None:
    head, repo = town.branch("feature"), town.repo("bob")
    pull = repo.create_pull(base="main", head="feature", title="One")
    assert [one.number for one in repo.get_commit(head).get_pulls()] == [pull.number]
    merged = pull.merge(merge_method="squash").sha
    assert [one.number for one in repo.get_commit(merged).get_pulls()] == [pull.number]
    first = town.sandbox.world.repository("acme/app").git.commit(merged).parents[0]
    assert list(repo.get_commit(first).get_pulls()) == []


def test_renames_are_found(town: Town) -> None:
    text = "".join(f"line {n}\n" for n in range(40))
    town.branch("main", {"old.txt": text}, author="alice")
    town.branch("feature", {"old.txt": None, "new.txt": text + "more\n"})
    pull = town.repo("bob").create_pull(base="main", head="feature", title="Rename")
    (file,) = pull.get_files()
    assert (file.filename, file.previous_filename, file.status, file.additions) == (
        "new.txt",
        "old.txt",
        "renamed",
        1,
    )


def test_branch_protection_is_set_and_read(town: Town) -> None:
    branch = town.repo("alice").get_branch("main")
    assert branch.protected is False
    with pytest.raises(GithubException) as refused:
        branch.get_protection()
    assert status_of(refused) == (404, "Branch not protected")
    observers = list(town.sandbox.exchanges.observers)
    town.unjudged()  # PyGithub sends nulls and leaves contexts out, which GitHub takes
    branch.edit_protection(
        strict=True,
        checks=[("ci", town.app.id), "lint"],
        required_approving_review_count=2,
        enforce_admins=True,
    )
    town.sandbox.exchanges.observers += observers
    rules = branch.get_protection()
    assert rules.required_status_checks.strict is True
    assert [(one.context, one.app_id) for one in rules.required_status_checks.checks] == [
        ("ci", town.app.id),
        ("lint", None),
    ]
    assert rules.required_pull_request_reviews.required_approving_review_count == 2
    assert rules.enforce_admins is True
    assert town.repo("alice").get_branch("main").protected is True
    with pytest.raises(GithubException) as refused:
        town.repo("alice").create_file("x", "x", "x", branch="main")
    assert status_of(refused) == (409, "Could not create file: Changes must be made through a pull request.")
    with pytest.raises(GithubException) as refused:
        town.repo("bob").get_branch("main").get_protection()
    assert refused.value.status == 403
    branch.remove_protection()
    assert town.repo("alice").get_branch("main").protected is False


def test_lists_come_in_pages_with_links(town: Town) -> None:
    pull = town.sandbox.world.open_pull("acme/app", "bob", head=_branch(town))
    for number in range(7):
        town.sandbox.world.comment("acme/app", pull.number, "dave", f"comment {number}")
    requester = town.repo("dave").requester
    url = f"/repos/acme/app/issues/{pull.number}/comments"
    headers, first = requester.requestJsonAndCheck("GET", url, parameters={"per_page": 3})
    assert [one["body"] for one in first] == ["comment 0", "comment 1", "comment 2"]
    words = {part.split("rel=")[1].strip('"') for part in headers["link"].split(", ")}
    assert words == {"next", "last"}
    headers, last = requester.requestJsonAndCheck("GET", url, parameters={"per_page": 3, "page": 3})
    assert [one["body"] for one in last] == ["comment 6"]
    assert 'rel="prev"' in headers["link"] and 'rel="next"' not in headers["link"]
    client = town.client("dave")
    client.per_page = 2
    bodies = [one.body for one in client.get_repo("acme/app").get_issue(pull.number).get_comments()]
    assert bodies == [f"comment {number}" for number in range(7)]


def _branch(town: Town) -> str:
    town.branch("feature")
    return "feature"


def test_unknown_routes_and_broken_json(town: Town) -> None:
    requester = town.repo("bob").requester
    town.unjudged()
    status, _, data = requester.requestJson("GET", "/repos/acme/app/nothing/here")
    assert (status, "Not Found" in data) == (404, True)
    exchanges = list(town.sandbox.exchanges)
    assert exchanges[-1].path == "/api/v3/repos/acme/app/nothing/here"
    assert not exchanges[-1].is_write

"""Does each button do what it says, as the person chosen, and say why when it cannot?"""

from __future__ import annotations

import pytest

from tests.sandbox_pages.conftest import REPOSITORY, Visitor


def test_merge(visitor: Visitor) -> None:
    visitor.become("carol")
    answer = visitor.press(f"{visitor.here}/merge", method="squash", sha=visitor.head)
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("#merge-box")
    pull = visitor.world.pull_of(REPOSITORY, visitor.number)
    assert pull.merged_by is visitor.world.account("carol")
    assert visitor.world.read_file(REPOSITORY, "main", "base/deployment.yaml").endswith("image: web:2\n")
    assert "pull_request.closed" in visitor.events()
    page = visitor.read(visitor.here)
    assert "Merged" in page
    assert "merged commit" in page
    assert "Merge pull request</button>" not in page


@pytest.mark.parametrize(
    ("login", "fields", "status", "words"),
    [
        ("eve", {"method": "merge"}, 403, "Must have write access to acme/app."),
        ("carol", {"method": "octopus"}, 422, "Invalid merge method."),
        ("carol", {"method": "merge", "sha": "0" * 40}, 409, "Head branch was modified."),
        ("carol", {"method": "merge"}, 405, 'Required status check "manifests" is expected.'),
    ],
)
def test_merging_is_refused_in_githubs_words(
    visitor: Visitor, login: str, fields: dict[str, str], status: int, words: str
) -> None:
    visitor.world.protect(REPOSITORY, "main", required_checks=["manifests"], enforce_admins=True)
    visitor.become(login)
    answer = visitor.press(f"{visitor.here}/merge", **fields)
    assert answer.status_code == status
    assert words in answer.text.replace("&#34;", '"')
    assert "Nothing was changed" in answer.text
    assert visitor.world.pull_of(REPOSITORY, visitor.number).merged_at is None


def test_the_button_says_whether_one_may(visitor: Visitor) -> None:
    button = 'id="merge" class="good"'
    visitor.become("carol")
    assert f"{button}>Merge pull request" in visitor.read(visitor.here)
    visitor.world.protect(REPOSITORY, "main", required_reviews=1)
    assert 'id="merge" class="danger" disabled>' in visitor.read(visitor.here)
    visitor.become("alice")
    assert "Merge without waiting for requirements" in visitor.read(visitor.here), "an admin may go past the rules"
    visitor.become("eve")
    assert "Only those with write access" in visitor.read(visitor.here)


def test_conflicts_are_said(visitor: Visitor) -> None:
    visitor.world.commit(REPOSITORY, "main", {"base/deployment.yaml": "kind: Deployment\nreplicas: 1\nimage: web:3\n"})
    assert "This branch has conflicts" in visitor.read(visitor.here)
    assert visitor.press(f"{visitor.here}/merge", method="merge").status_code == 405


def test_comment(visitor: Visitor) -> None:
    visitor.become("eve")
    answer = visitor.press(f"{visitor.here}/comment", body="/promote staging\r\nplease", deed="comment")
    one = visitor.world.comments_of(REPOSITORY, visitor.number)[-1]
    assert (one.user.login, one.body) == ("eve", "/promote staging\nplease")
    assert answer.headers["Location"] == f"{visitor.here}#issuecomment-{one.id}"
    assert "issue_comment.created" in visitor.events()
    refused = visitor.press(f"{visitor.here}/comment", body=" ", deed="comment")
    assert refused.status_code == 422
    assert "body" in refused.text


def test_reviews(visitor: Visitor) -> None:
    visitor.become("carol")
    assert visitor.press(f"{visitor.here}/comment", body="", deed="request-changes").status_code == 422
    assert visitor.press(f"{visitor.here}/comment", body="No", deed="request-changes").status_code == 303
    assert "requested changes" in visitor.read(visitor.here)
    assert visitor.press(f"{visitor.here}/comment", body="", deed="approve").status_code == 303
    assert "approved these changes" in visitor.read(visitor.here)
    states = [one.state for one in visitor.world.pull_of(REPOSITORY, visitor.number).reviews]
    assert states == ["CHANGES_REQUESTED", "APPROVED"]
    assert visitor.events().count("pull_request_review.submitted") == 2


def test_nobody_approves_their_own(visitor: Visitor) -> None:
    visitor.become("bob")
    page = visitor.read(visitor.here)
    assert "Authors cannot approve their own pull request." in page
    assert 'value="approve"' not in page
    answer = visitor.press(f"{visitor.here}/comment", body="", deed="approve")
    assert answer.status_code == 422
    assert "Can not approve your own pull request" in answer.text


def test_close_and_reopen(visitor: Visitor) -> None:
    visitor.become("bob")
    visitor.press(f"{visitor.here}/comment", body="Later", deed="close")
    page = visitor.read(visitor.here)
    assert "Closed with unmerged commits" in page
    assert "closed this" in page
    assert "Later" in page
    visitor.press(f"{visitor.here}/comment", body="", deed="reopen")
    assert "reopened this" in visitor.read(visitor.here)
    assert visitor.world.pull_of(REPOSITORY, visitor.number).issue.state == "open"
    visitor.become("eve")
    assert visitor.press(f"{visitor.here}/comment", body="", deed="close").status_code == 403


def test_title_labels_draft_reaction(visitor: Visitor) -> None:
    visitor.become("bob")
    visitor.press(f"{visitor.here}/title", title="Raise it")
    visitor.press(f"{visitor.here}/labels", labels="one, two,, one")
    visitor.press(f"{visitor.here}/draft", draft="yes")
    comment = visitor.world.comment(REPOSITORY, visitor.number, "carol", "Hm")
    visitor.press(f"/{REPOSITORY}/comments/{comment.id}/react", content="rocket")
    pull = visitor.world.pull_of(REPOSITORY, visitor.number)
    assert (pull.issue.title, pull.draft) == ("Raise it", True)
    assert [one.name for one in pull.issue.labels] == ["one", "two"]
    assert [one.content for one in comment.reactions] == ["rocket"]
    page = visitor.read(visitor.here)
    for words in (
        "changed the title",
        "added the label",
        "made this a draft",
        "Draft pull requests cannot be merged",
        "🚀 1",
    ):
        assert words in page
    assert visitor.press(f"/{REPOSITORY}/comments/{comment.id}/react", content="banana").status_code == 422
    visitor.become("eve")
    assert visitor.press(f"{visitor.here}/draft", draft="no").status_code == 403


def test_rerun_and_redeliver(visitor: Visitor) -> None:
    run = visitor.world.report_check(REPOSITORY, visitor.head, visitor.app, "manifests", "failure")
    assert visitor.press(f"/{REPOSITORY}/runs/{run.id}/rerun").status_code == 303
    assert visitor.events()[-1] == "check_run.rerequested"
    last = visitor.sandbox.deliveries.log[-1]
    answer = visitor.press(f"/{REPOSITORY}/deliveries/{last.id}/redeliver")
    again = visitor.sandbox.deliveries.log[-1]
    assert answer.headers["Location"].endswith(f"/deliveries/{again.id}")
    assert (again.guid, again.redelivery) == (last.guid, True)


def test_a_change_from_the_page(visitor: Visitor) -> None:
    """Edit a file, see the comparison, open the pull request: all without git at hand."""
    visitor.world.protect(REPOSITORY, "main", required_checks=["manifests"])
    visitor.become("bob")
    path = f"/{REPOSITORY}/edit/main/base/deployment.yaml"
    assert "bob-patch" in visitor.read(f"/{REPOSITORY}/blob/main/base/deployment.yaml?edit=yes")
    refused = visitor.press(path, text="x: 1\r\n", branch="main")
    assert refused.status_code == 422
    assert "Protected branch update failed" in refused.text
    assert visitor.press(path, text="x: 1\n", branch="a..b").status_code == 422
    answer = visitor.press(path, text="x: 1\r\n", branch="bob-patch", message="Less")
    assert answer.headers["Location"] == f"/{REPOSITORY}/compare/main...bob-patch"
    assert visitor.world.read_file(REPOSITORY, "bob-patch", "base/deployment.yaml") == "x: 1\n"
    assert "Create pull request" in visitor.read(answer.headers["Location"])
    answer = visitor.press(f"/{REPOSITORY}/pulls", base="main", head="bob-patch", title="Less", body="")
    made = visitor.world.pull_of(REPOSITORY, int(answer.headers["Location"].rpartition("/")[2]))
    assert (made.issue.title, made.issue.user.login, made.base_ref) == ("Less", "bob", "main")
    visitor.become("eve")
    assert visitor.press(path, text="y", branch="eve").status_code == 403


def test_a_closed_page_shows_who_ended_it_without_apps(visitor: Visitor) -> None:
    """What happened is read from deliveries; a world without Apps has none, and the end is told all the same."""
    visitor.sandbox.deliveries.log.clear()
    visitor.become("carol")
    visitor.press(f"{visitor.here}/merge", method="merge")
    visitor.sandbox.deliveries.log.clear()
    assert "merged commit" in visitor.read(visitor.here)


def test_a_force_push_is_told_and_a_push_is_a_commit(visitor: Visitor) -> None:
    world, before = visitor.world, visitor.head
    world.commit(REPOSITORY, "feature/two", {"README.md": "# two\n"}, "More words", author="bob")
    page = visitor.read(visitor.here)
    assert "More words" in page
    assert "force-pushed" not in page
    world.move_branch(REPOSITORY, "feature/two", before, "bob", force=True)
    page = visitor.read(visitor.here)
    assert "force-pushed" in page
    assert "More words" not in page


def test_the_version_moves_with_what_is_seen(visitor: Visitor) -> None:
    world = visitor.world

    def version() -> str:
        return visitor.look(f"{visitor.here}/version").json["version"]

    seen = [version()]
    assert version() == seen[0], "looking changes nothing"
    for deed in (
        lambda: world.comment(REPOSITORY, visitor.number, "carol", "Hm"),
        lambda: world.review(REPOSITORY, visitor.number, "carol"),
        lambda: world.report_check(REPOSITORY, visitor.head, visitor.app, "manifests", None),
        lambda: world.set_status(REPOSITORY, visitor.head, "bob", "pending"),
        lambda: world.set_labels(REPOSITORY, visitor.number, "bob", ["x"]),
        lambda: world.commit(REPOSITORY, "main", {"other": "x"}),
        lambda: world.close_pull(REPOSITORY, visitor.number, "bob"),
    ):
        deed()
        seen.append(version())
    assert len(set(seen)) == len(seen)

"""Every `ensure_*` twice: the first makes the world so, the second finds it so and writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import github
import pytest

from bot.adapters.github.client import quoted
from bot.errors import NotFoundError, RefusedError
from bot.model.environment import People
from bot.model.repository import PERMISSION_ORDER
from bot.ports import Annotation, CheckReport
from tests.github.conftest import NAME, REPOSITORY, House

MARKER = "<!-- lockkeeper:summary -->"
PULLS = f"/repos/{NAME}/pulls"
ISSUES = f"/repos/{NAME}/issues"


def report(house: House, **changes: object) -> CheckReport:
    given: dict[str, object] = {
        "name": "lockkeeper / policies",
        "sha": house.world.branch_sha(NAME, "main"),
        "title": "2 findings",
        "summary": "summary",
        "conclusion": "failure",
    }
    return CheckReport(**{**given, **changes})  # type: ignore[arg-type]  # the fields by name


def notes(count: int) -> tuple[Annotation, ...]:
    return tuple(
        Annotation("a.yaml", line, "failure", f"title {line}", f"message {line}") for line in range(1, count + 1)
    )


Write = Callable[[House, int], object]
WRITES: list[tuple[str, Write, int]] = [
    ("check", lambda house, _: house.github.ensure_check(REPOSITORY, report(house)), 1),
    ("check in progress",
     lambda house, _: house.github.ensure_check(REPOSITORY, report(house, conclusion=None)), 1),
    ("check with annotations",
     lambda house, _: house.github.ensure_check(REPOSITORY, report(house, annotations=notes(120))), 3),
    ("check with everything", lambda house, _: house.github.ensure_check(
        REPOSITORY, report(house, text="text", external_id="mine", details_url="https://x.example/1")), 1),
    ("comment",
     lambda house, pull: house.github.ensure_comment(REPOSITORY, pull, MARKER, f"{MARKER}\r\nhi "), 1),
    ("reaction", lambda house, pull: house.github.ensure_reaction(
        REPOSITORY, house.world.comments_of(NAME, pull)[0].id, "eyes"), 1),
    ("label", lambda house, pull: house.github.ensure_label(
        REPOSITORY, pull, "promote: staging", colour="#0e8a16", description="on merge"), 2),
    ("no label", lambda house, pull: house.github.ensure_no_label(REPOSITORY, pull, "hold me"), 1),
    ("reviewers", lambda house, pull: house.github.ask_reviewers(
        REPOSITORY, pull, People(users=("carol", "dave"), teams=("leads",))), 1),
    ("assignees", lambda house, pull: house.github.ensure_assignees(REPOSITORY, pull, ["carol", "zoe"]), 1),
    ("pull", lambda house, _: house.github.ensure_pull(
        REPOSITORY, head="more", base="main", title="More", body="body\n"), 1),
    ("closed", lambda house, pull: house.github.ensure_closed(REPOSITORY, pull), 1),
    ("deployment", lambda house, _: house.github.ensure_deployment(
        REPOSITORY, environment="staging", sha=report(house).sha, source_sha="a" * 40, description="x"), 2),
    ("merge", lambda house, pull: house.github.merge(
        REPOSITORY, pull, sha=house.world.branch_sha(NAME, "topic") or "", method="squash"), 1),
]  # fmt: skip


@pytest.mark.parametrize("case", WRITES, ids=lambda case: case[0])
def test_twice(case: tuple[str, Write, int], house: House, pull: int) -> None:
    name, write, expected = case
    house.world.comment(NAME, pull, "carol", "/promote")
    if name == "no label":
        house.world.set_labels(NAME, pull, "bob", ["hold me"])
    house.world.commit(NAME, "more", {"more": "1"})
    house.sandbox.exchanges.clear()
    first = write(house, pull)
    assert len(house.writes()) == expected
    second = write(house, pull)
    assert house.writes() == []
    if first is True:
        assert second is False
    elif isinstance(first, list):
        assert first != [] and second == []
    else:
        assert first == second


class TestChecks:
    def state(self, house: House) -> tuple[int, str, str | None, str, int]:
        """Return of the newest run its id, status, conclusion, title and number of annotations."""
        sha = house.world.branch_sha(NAME, "main") or ""
        runs = house.world.check_runs(NAME, sha)
        newest = max(runs, key=lambda one: one.id)
        return newest.id, newest.status, newest.conclusion, newest.title or "", len(newest.annotations)

    def test_from_progress_to_an_end(self, house: House) -> None:
        house.github.ensure_check(REPOSITORY, report(house, conclusion=None, title="Checking"))
        first, *state = self.state(house)
        assert state == ["in_progress", None, "Checking", 0]
        house.github.ensure_check(REPOSITORY, report(house, title="Fine", conclusion="success"))
        assert self.state(house) == (first, "completed", "success", "Fine", 0)

    def test_what_is_finished_is_not_opened_again(self, house: House) -> None:
        house.github.ensure_check(REPOSITORY, report(house))
        first, *_ = self.state(house)
        house.github.ensure_check(REPOSITORY, report(house, conclusion=None))
        second, *state = self.state(house)
        assert second > first and state[:2] == ["in_progress", None]

    def test_annotations_are_replaced_not_heaped_up(self, house: House) -> None:
        house.github.ensure_check(REPOSITORY, report(house, annotations=notes(120)))
        first, *state = self.state(house)
        assert state == ["completed", "failure", "2 findings", 120]
        house.github.ensure_check(REPOSITORY, report(house, annotations=notes(120), title="New words"))
        assert self.state(house) == (first, "completed", "failure", "New words", 120)
        house.github.ensure_check(REPOSITORY, report(house, annotations=notes(3)))
        second, *state = self.state(house)
        assert second > first and state == ["completed", "failure", "2 findings", 3]

    @pytest.mark.parametrize("done", [0, 1])
    def test_half_written_is_written_anew(self, done: int, house: House) -> None:
        """The connection breaks between two batches of annotations; half may not pass for the whole."""
        house.sandbox.faults.add(("PATCH", "check-runs"), "crash-before", skip=done)
        with pytest.raises(Exception, match="did not answer"):
            house.github.ensure_check(REPOSITORY, report(house, annotations=notes(120)))
        assert self.state(house)[1:3] == ("in_progress", None)
        assert house.github.ensure_check(REPOSITORY, report(house, annotations=notes(120))) is True
        assert self.state(house)[1:] == ("completed", "failure", "2 findings", 120)

    def test_a_run_that_says_something_else(self, house: House) -> None:
        """The same App may be driven by another hand, or by an older version of ours."""
        house.github.ensure_check(REPOSITORY, report(house))
        house.world.report_check(NAME, report(house).sha, house.app, report(house).name, conclusion="success")
        assert house.github.ensure_check(REPOSITORY, report(house)) is True
        assert self.state(house)[1:3] == ("completed", "failure")

    def test_the_external_id_is_the_callers(self, house: House) -> None:
        for external in ("", "promotion:staging:abc", "odd #0123456789ab.0123456789ab"):
            house.github.ensure_check(REPOSITORY, report(house, external_id=external))
            (found,) = house.github.checks(REPOSITORY, report(house).sha)
            assert (found.external_id, found.app_id) == (external, house.app.id)

    def test_another_apps_run_of_our_name_is_not_ours(self, house: House) -> None:
        other = house.world.create_app("imposter", owner="acme")
        house.world.report_check(NAME, report(house).sha, other, report(house).name, conclusion="success")
        assert house.github.ensure_check(REPOSITORY, report(house)) is True
        found = house.github.checks(REPOSITORY, report(house).sha)
        assert {(one.app_id, one.conclusion) for one in found} == {
            (other.id, "success"), (house.app.id, "failure"),
        }  # fmt: skip


class TestComments:
    def test_edited_in_place(self, house: House, pull: int) -> None:
        assert house.github.ensure_comment(REPOSITORY, pull, MARKER, "one") is True
        assert house.github.ensure_comment(REPOSITORY, pull, MARKER, "two") is True
        (found,) = house.world.comments_of(NAME, pull)
        assert found.body == f"{MARKER}\ntwo"

    def test_markers_do_not_mix(self, house: House, pull: int) -> None:
        house.github.ensure_comment(REPOSITORY, pull, MARKER, "one")
        house.github.ensure_comment(REPOSITORY, pull, "<!-- lockkeeper:other -->", f"quotes {MARKER}")
        assert len(house.world.comments_of(NAME, pull)) == 2

    def test_a_persons_comment_with_our_marker_is_theirs(self, house: House, pull: int) -> None:
        theirs = house.world.comment(NAME, pull, "bob", f"{MARKER}\nforged")
        house.github.ensure_comment(REPOSITORY, pull, MARKER, "ours")
        found = house.world.comments_of(NAME, pull)
        assert [one.user.login for one in found] == ["bob", "lockkeeper[bot]"]
        assert theirs.body == f"{MARKER}\nforged"

    def test_the_oldest_of_several_stays(self, house: House, pull: int) -> None:
        """Two workers raced: both found none and both wrote."""
        for text in ("one", "two", "three"):
            house.world.comment(NAME, pull, "lockkeeper[bot]", f"{MARKER}\n{text}")
        oldest = house.world.comments_of(NAME, pull)[0].id
        assert house.github.ensure_comment(REPOSITORY, pull, MARKER, "one") is True
        assert [(one.id, one.body) for one in house.world.comments_of(NAME, pull)] == [(oldest, f"{MARKER}\none")]

    def test_many_pages(self, house: House, pull: int) -> None:
        house.github.ensure_comment(REPOSITORY, pull, MARKER, "one")
        for number in range(120):
            house.world.comment(NAME, pull, "bob", f"chat {number}")
        assert len(house.github.comments(REPOSITORY, pull)) == 121
        assert house.github.ensure_comment(REPOSITORY, pull, MARKER, "one") is False


class TestLabels:
    def test_looks(self, house: House, pull: int) -> None:
        house.github.ensure_label(REPOSITORY, pull, "a b: c", colour="0e8a16", description="why")
        found = house.github.pull(REPOSITORY, pull)
        assert found.labels == ("a b: c",)

    def test_any_name_is_one_segment_of_the_path(self) -> None:
        assert quoted("a b/ü%?#..") == "a%20b%2F%C3%BC%25%3F%23.."

    def test_case_does_not_count(self, house: House, pull: int) -> None:
        house.world.set_labels(NAME, pull, "bob", ["Hold"])
        assert not house.github.ensure_label(REPOSITORY, pull, "hold", colour="ffffff", description="")
        assert house.github.ensure_no_label(REPOSITORY, pull, "hold") is True
        assert house.github.pull(REPOSITORY, pull).labels == ()


class TestReviewers:
    def ask(self, house: House, pull: int, *users: str, teams: tuple[str, ...] = ()) -> People:
        return house.github.ask_reviewers(REPOSITORY, pull, People(users, teams))

    def test_nobody(self, house: House, pull: int) -> None:
        assert self.ask(house, pull) == People()
        assert house.writes() == []

    def test_not_the_author(self, house: House, pull: int) -> None:
        assert self.ask(house, pull, "Bob") == People()
        assert self.ask(house, pull, "Bob", "carol") == People(("carol",))

    def test_users_and_teams_in_one_request(self, house: House, pull: int) -> None:
        assert self.ask(house, pull, "carol", "dave", "Carol", teams=("leads",)) == People(
            ("carol", "dave"), ("leads",)
        )
        assert house.writes() == [("POST", f"{PULLS}/{pull}/requested_reviewers")]
        found = house.github.pull(REPOSITORY, pull)
        assert (set(found.requested_users), found.requested_teams) == ({"carol", "dave"}, ("leads",))

    def test_strangers_are_passed_over(self, house: House, pull: int) -> None:
        house.world.add_repository("acme/secret", files={"a": "b"}, private=True)
        asked = self.ask(house, pull, "nobody", "carol", teams=("none", "leads"))
        assert asked == People(("carol",), ("leads",))

    def test_once_more_after_a_review(self, house: House, pull: int) -> None:
        house.world.review(NAME, pull, "carol")
        assert house.github.pull(REPOSITORY, pull).requested_users == ()
        assert self.ask(house, pull, "carol") == People(("carol",))
        assert house.github.pull(REPOSITORY, pull).requested_users == ("carol",)


def test_assignees_who_cannot_be_assigned(house: House, pull: int) -> None:
    """GitHub ignores them without a word, so asking again would never end."""
    assert list(house.github.ensure_assignees(REPOSITORY, pull, ["nobody", "carol", "Carol"])) == ["carol"]
    house.sandbox.exchanges.clear()
    assert list(house.github.ensure_assignees(REPOSITORY, pull, ["nobody", "carol"])) == []
    assert house.writes() == []


class TestPulls:
    def test_moved_on(self, house: House, pull: int) -> None:
        found = house.github.ensure_pull(REPOSITORY, head="topic", base="main", title="New", body="body")
        assert (found.number, found.title, found.body) == (pull, "New", "body")
        assert len(house.world.open_pulls(NAME)) == 1

    def test_a_closed_one_is_not_opened_again(self, house: House, pull: int) -> None:
        house.world.close_pull(NAME, pull, "bob")
        found = house.github.ensure_pull(REPOSITORY, head="topic", base="main", title="Add a", body="why")
        assert found.number != pull and found.author.login == "lockkeeper[bot]"

    def test_nothing_between(self, house: House) -> None:
        head = house.world.branch_sha(NAME, "main") or ""
        house.world.move_branch(NAME, "same", head, "bob")
        with pytest.raises(RefusedError, match="No commits between main and same") as caught:
            house.github.ensure_pull(REPOSITORY, head="same", base="main", title="x", body="")
        assert caught.value.status == 422

    def test_no_such_branch(self, house: House) -> None:
        with pytest.raises(RefusedError) as caught:
            house.github.ensure_pull(REPOSITORY, head="none", base="main", title="x", body="")
        assert caught.value.status == 422


class TestMerge:
    @pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
    def test_methods(self, method: Literal["merge", "squash", "rebase"], house: House, pull: int) -> None:
        head = house.world.branch_sha(NAME, "topic") or ""
        sha = house.github.merge(REPOSITORY, pull, sha=head, method=method)
        assert house.world.branch_sha(NAME, "main") == sha
        assert house.github.pull(REPOSITORY, pull).merge_commit == sha

    def test_the_head_moved(self, house: House, pull: int) -> None:
        seen = house.world.branch_sha(NAME, "topic") or ""
        house.world.commit(NAME, "topic", {"evil": "1"}, author="bob")
        with pytest.raises(RefusedError, match="Head branch was modified") as caught:
            house.github.merge(REPOSITORY, pull, sha=seen, method="merge")
        assert caught.value.status == 409

    def test_merged_with_another_head(self, house: House, pull: int) -> None:
        seen = house.world.branch_sha(NAME, "topic") or ""
        house.world.commit(NAME, "topic", {"evil": "1"}, author="bob")
        house.world.merge(NAME, pull, "carol")
        with pytest.raises(RefusedError, match="was merged at") as caught:
            house.github.merge(REPOSITORY, pull, sha=seen, method="merge")
        assert caught.value.status == 409

    def test_protected(self, house: House, pull: int) -> None:
        house.world.protect(NAME, "main", required_reviews=1)
        head = house.world.branch_sha(NAME, "topic") or ""
        with pytest.raises(RefusedError, match="review") as caught:
            house.github.merge(REPOSITORY, pull, sha=head, method="merge")
        assert caught.value.status == 405

    def test_conflicting(self, house: House, pull: int) -> None:
        house.world.commit(NAME, "main", {"a.yaml": "other: 1\n"})
        head = house.world.branch_sha(NAME, "topic") or ""
        with pytest.raises(RefusedError) as caught:
            house.github.merge(REPOSITORY, pull, sha=head, method="merge")
        assert caught.value.status == 405


class TestDeployments:
    def test_made_and_read(self, house: House) -> None:
        sha = house.world.branch_sha(NAME, "main") or ""
        made = house.github.ensure_deployment(
            REPOSITORY, environment="staging", sha=sha, source_sha="a" * 40, description="x" * 300
        )
        assert (made.environment, made.sha, made.state, made.payload_source) == (
            "staging",
            sha,
            "queued",
            "a" * 40,
        )
        (found,) = house.github.deployments(REPOSITORY, "staging", sha)
        assert found == replace(made, state="")
        read = house.github.deployment_state(REPOSITORY, found)
        assert read == replace(made, since=read.since)
        assert list(house.github.deployments(REPOSITORY, "production", sha)) == []

    def test_another_source_is_another_deployment(self, house: House) -> None:
        sha = house.world.branch_sha(NAME, "main") or ""
        ids = {
            house.github.ensure_deployment(
                REPOSITORY, environment="staging", sha=sha, source_sha=source * 40, description=""
            ).id
            for source in "aba"
        }
        assert len(ids) == 2

    def test_a_payload_of_other_people(self, house: House) -> None:
        """Any text may stand there, where we put an object."""
        sha = house.world.branch_sha(NAME, "main") or ""
        alice = github.Github(
            auth=github.Auth.Token(house.world.account("alice").token), base_url=house.sandbox.api_url, lazy=True
        )
        body = {"ref": sha, "environment": "staging", "payload": "any text", "required_contexts": []}
        alice.requester.requestJsonAndCheck("POST", f"/repos/{NAME}/deployments", input=body)
        (found,) = house.github.deployments(REPOSITORY, "staging", sha)
        assert found.payload_source == ""
        self.ensure(house, sha)
        assert len(house.github.deployments(REPOSITORY, "staging", sha)) == 2

    def test_a_crash_before_the_first_status(self, house: House) -> None:
        sha = house.world.branch_sha(NAME, "main") or ""
        house.sandbox.faults.add(("POST", "/statuses$"), "crash-before")
        for expected in ("", "queued"):
            if not expected:
                with pytest.raises(Exception, match="did not answer"):
                    self.ensure(house, sha)
            else:
                self.ensure(house, sha)
            (found,) = house.github.deployments(REPOSITORY, "staging", sha)
            assert house.github.deployment_state(REPOSITORY, found).state == expected

    def ensure(self, house: House, sha: str) -> None:
        house.github.ensure_deployment(REPOSITORY, environment="staging", sha=sha, source_sha="b" * 40, description="")


def test_things_that_are_not_there(house: House) -> None:
    for call in (
        lambda: house.github.pull(REPOSITORY, 99),
        lambda: house.github.ensure_comment(REPOSITORY, 99, MARKER, "x"),
        lambda: house.github.ensure_reaction(REPOSITORY, 99, "eyes"),
        lambda: house.github.ensure_no_label(REPOSITORY, 99, "x"),
        lambda: house.github.ensure_closed(REPOSITORY, 99),
        lambda: house.github.merge(REPOSITORY, 99, sha="a" * 40, method="merge"),
        lambda: house.github.ask_reviewers(REPOSITORY, 99, People(users=("bob",))),
    ):
        with pytest.raises(NotFoundError, match=r"acme/shop"):
            call()


def test_roles_of_the_table(house: House) -> None:
    """Every role GitHub has comes back under its own name."""
    for role in PERMISSION_ORDER[1:]:
        house.world.add_user(f"a-{role}")
        house.world.grant(NAME, f"a-{role}", role)  # type: ignore[arg-type]  # all but "none"
        assert house.github.permission(REPOSITORY, f"a-{role}") == role

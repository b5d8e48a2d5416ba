"""Reads against the stand-in: every field means what our values say it means."""

from __future__ import annotations

import pytest

from bot.adapters.github.gateway import as_port
from bot.errors import NotFoundError, TransientError
from bot.model.environment import People
from bot.model.repository import Actor, Permission, Repository
from bot.sandbox.faults import Kind
from tests.github.conftest import NAME, REPOSITORY, House


def test_who_we_are(house: House) -> None:
    assert house.github.bot_login == "lockkeeper[bot]" and house.github.app_id == house.app.id
    assert house.ours.installed_repositories() == [REPOSITORY]
    assert house.ours.token(REPOSITORY).startswith("ghs_")
    assert as_port(house.github) is house.github


@pytest.mark.parametrize("trouble", ["502", "403-secondary", "crash-before"])
def test_one_failing_installation_hides_no_other(house: House, trouble: Kind) -> None:
    """One account that suspended the App kept the sweep from all the others."""
    house.world.add_user("erin")
    house.world.add_repository("erin/site", files={"a": "b"})
    house.world.install_app(house.app, "erin")
    other = Repository("erin", "site")
    assert house.ours.installed_repositories() == [REPOSITORY, other]
    house.sandbox.faults.add(("POST", "/access_tokens$"), trouble)
    assert house.ours.installed_repositories() == [other]
    house.sandbox.faults.add(("GET", "/installation/repositories"), trouble, skip=1)
    assert house.ours.installed_repositories() == [REPOSITORY]
    house.sandbox.faults.add(("POST", "/access_tokens$"), trouble, times=2)
    with pytest.raises(TransientError, match="list the repositories of installation"):
        house.ours.installed_repositories()


def test_a_second_job_asks_less(house: House) -> None:
    """Installation, token and our own name are remembered."""
    house.github.default_branch(REPOSITORY)
    house.sandbox.exchanges.clear()
    house.ours.for_repository(REPOSITORY).default_branch(REPOSITORY)
    assert [one.path for one in house.sandbox.exchanges] == [f"/api/v3/repos/{NAME}"]


def test_a_repository_is_known_by_its_number(house: House) -> None:
    """GitHub's own, which outlives its name; a pull request tells it, and a list without any costs one read."""
    ours = house.world.repository(NAME).id
    assert house.github.repository_id(REPOSITORY) == ours
    keeping = house.ours.for_repository(REPOSITORY, keeps=True)
    house.calls()
    assert (keeping.repository_id(REPOSITORY), keeping.default_branch(REPOSITORY)) == (ours, "main")
    assert house.calls() == [f"GET /repos/{NAME}/pulls", f"GET /repos/{NAME}"]
    house.world.add_repository("acme/other", files={"a": "b"})
    assert house.world.repository("acme/other").id != ours


def test_every_request_names_the_version(house: House) -> None:
    house.github.default_branch(REPOSITORY)
    versions = [
        {name.lower(): value for name, value in one.request_headers.items()}.get("x-github-api-version")
        for one in house.sandbox.exchanges
    ]
    assert versions and set(versions) == {"2022-11-28"}


def test_not_installed(house: House) -> None:
    house.world.add_user("erin")
    house.world.add_repository("erin/other", files={"a": "b"})
    for repository in (Repository("erin", "other"), Repository("erin", "nothing")):
        with pytest.raises(NotFoundError, match="not installed on erin/"):
            house.ours.for_repository(repository)


def test_branches(house: House) -> None:
    head = house.world.branch_sha(NAME, "main")
    house.world.commit(NAME, "release/1%2f#x", {"a": "b"})
    assert house.github.default_branch(REPOSITORY) == "main"
    assert house.github.branch_sha(REPOSITORY, "main") == head
    assert house.github.branch_sha(REPOSITORY, "release/1%2f#x") == house.world.branch_sha(NAME, "release/1%2f#x")
    for name in ("none", "release", "mai", "../branches", "a?b"):
        assert house.github.branch_sha(REPOSITORY, name) is None


def test_a_pull_request(house: House, pull: int) -> None:
    house.world.set_labels(NAME, pull, "bob", ["hold"])
    found = house.github.pull(REPOSITORY, pull)
    assert house.calls() == [f"GET /repos/{NAME}/pulls/{pull}"]
    assert (found.number, found.title, found.body, found.author) == (pull, "Add a", "why", Actor("bob"))
    assert (found.state, found.merged, found.merged_at, found.merge_commit) == ("open", False, None, None)
    assert (found.base_ref, found.head_ref, found.head_repository) == ("main", "topic", NAME)
    assert found.head_sha == house.world.branch_sha(NAME, "topic")
    assert found.base_sha == house.world.branch_sha(NAME, "main")
    assert found.labels == ("hold",) and not found.draft and found.url.endswith(f"/{NAME}/pull/{pull}")
    assert found.updated_at is not None and found.updated_at.tzinfo is not None
    assert not found.from_fork(REPOSITORY)


def test_a_merged_pull_request(house: House, pull: int) -> None:
    sha = house.world.merge(NAME, pull, "carol")
    found = house.github.pull(REPOSITORY, pull)
    assert (found.state, found.merged, found.merged_by, found.merge_commit) == ("closed", True, "carol", sha)
    assert found.merged_at is not None
    (listed,) = house.github.pulls(REPOSITORY, state="closed")
    assert listed.merged and listed.merge_commit == sha and listed.merged_by is None
    assert house.github.pulls_by_commit(REPOSITORY, "main", [sha])[sha] == listed
    assert house.github.pulls_by_number(REPOSITORY, [pull, pull + 1]) == {pull: listed}


def test_lists_cost_one_request_a_page(house: House, pull: int) -> None:
    """PyGithub reads more as soon as one touches what a list lacks."""
    house.world.commit(NAME, "other", {"b": "1"}, author="bob")
    second = house.world.open_pull(NAME, "bob", head="other", title="Other").number
    house.sandbox.exchanges.clear()
    assert [one.number for one in house.github.pulls(REPOSITORY, state="open")] == [second, pull]
    assert [one.number for one in house.github.pulls(REPOSITORY, state="all", head="topic")] == [pull]
    assert [one.number for one in house.github.pulls(REPOSITORY, state="open", base="none")] == []
    assert [one.number for one in house.github.pulls(REPOSITORY, state="all", limit=1)] == [second]
    assert house.calls() == [f"GET /repos/{NAME}/pulls"] * 4


def test_reviews(house: House, pull: int) -> None:
    house.world.review(NAME, pull, "carol")
    house.world.review(NAME, pull, "dave", "COMMENT", "hm")
    found = house.github.reviews(REPOSITORY, pull)
    head = house.world.branch_sha(NAME, "topic")
    assert [(one.author.login, one.state, one.sha) for one in found] == [
        ("carol", "APPROVED", head),
        ("dave", "COMMENTED", head),
    ]


def test_a_commit(house: House) -> None:
    parent = house.world.branch_sha(NAME, "main")
    sha = house.world.commit(NAME, "main", {"a": "1"}, "Subject\n\nBody", author="bob")
    found = house.github.commit(REPOSITORY, sha)
    assert (found.sha, found.message, found.author, found.parents) == (
        sha,
        "Subject\n\nBody",
        "bob",
        (parent,),
    )
    assert found.time is not None and found.time.tzinfo is not None
    with pytest.raises(NotFoundError):
        house.github.commit(REPOSITORY, "0" * 40)


def test_checks(house: House) -> None:
    sha = house.world.commit(NAME, "main", {"a": "1"})
    other = house.world.create_app("other-ci", owner="acme")
    house.world.report_check(NAME, sha, other, "build", conclusion="failure")
    house.world.report_check(NAME, sha, other, "build", conclusion="success")
    house.world.report_check(NAME, sha, house.app, "build", conclusion=None)
    house.world.set_status(NAME, sha, "bob", "pending", "build")
    house.world.set_status(NAME, sha, "bob", "error", "lint")
    found = house.github.checks(REPOSITORY, sha)
    assert {(one.name, one.app_id, one.status, one.conclusion) for one in found} == {
        ("build", other.id, "completed", "success"),
        ("build", house.app.id, "in_progress", None),
        ("build", None, "in_progress", None),
        ("lint", None, "completed", "failure"),
    }


def test_comments(house: House, pull: int) -> None:
    made = house.world.comment(NAME, pull, "carol", "/promote\r\nplease")
    (found,) = house.github.comments(REPOSITORY, pull)
    assert (found.id, found.author, found.body) == (made.id, Actor("carol"), "/promote\r\nplease")
    assert house.github.comment(REPOSITORY, made.id) == found
    assert house.github.comment(REPOSITORY, made.id + 999) is None
    house.github.ensure_comment(REPOSITORY, pull, "<!-- lockkeeper:x -->", "hello")
    assert house.github.comments(REPOSITORY, pull)[-1].author == Actor("lockkeeper[bot]", is_bot=True)


@pytest.mark.parametrize(
    ("login", "expected"),
    [
        ("alice", "admin"), ("bob", "write"), ("BOB", "write"), ("carol", "maintain"), ("dave", "read"),
        ("nobody", "none"),
    ],
)  # fmt: skip
def test_permission(login: str, expected: Permission, shared: House) -> None:
    assert shared.github.permission(REPOSITORY, login) == expected


def test_a_strangers_permission_in_a_private_repository(shared: House) -> None:
    shared.world.add_repository("acme/secret", files={"a": "b"}, private=True)
    assert shared.github.permission(Repository("acme", "secret"), "zoe") == "none"


@pytest.mark.parametrize(
    ("people", "login", "expected"),
    [
        (People(users=("Bob",)), "bob", True),
        (People(users=("bob",)), "carol", False),
        (People(teams=("leads",)), "carol", True),
        (People(teams=("leads",)), "bob", False),
        (People(users=("bob",), teams=("leads",)), "carol", True),
        (People(teams=("none",)), "carol", False),
        (People(), "alice", False),
        (People(teams=("leads/memberships/carol?",)), "zoe", False),
    ],
)
def test_members(people: People, login: str, expected: bool, shared: House) -> None:
    assert shared.github.is_member(REPOSITORY, people, login) is expected


class TestTeams:
    """One list of a team serves everybody who is asked about."""

    def team(self, shared: House, slug: str, size: int) -> None:
        logins = [f"{slug}{number:03}" for number in range(size)]
        for login in (*logins, f"late-{slug}"):
            shared.world.add_user(login)
        shared.world.add_team("acme", slug, members=[*logins, f"late-{slug}"])

    def test_members(self, shared: House) -> None:
        assert shared.github.members(REPOSITORY, "Leads") == {"carol"}
        assert shared.github.members(REPOSITORY, "none") == frozenset()
        assert shared.github.members(REPOSITORY, "leads/members?x=") == frozenset()

    def test_a_team_that_is_not_there_is_no_team_without_members(self, shared: House) -> None:
        """A team that was renamed read as one that nobody is in, and a rule that denies it denied nobody."""
        self.team(shared, "here", 1)
        shared.sandbox.exchanges.clear()
        assert shared.github.unknown_teams(REPOSITORY, ["Here", "gone", "here/members?"]) == ["gone", "here/members?"]
        for team in ("here", "gone"):
            assert not shared.github.is_member(REPOSITORY, People(teams=(team,)), "carol")
        assert [one.path.rpartition("/teams/")[2] for one in shared.sandbox.exchanges] == [
            "Here/members",
            "gone/members",
        ], "each team is listed once"

    def test_one_call_for_many_people(self, shared: House) -> None:
        self.team(shared, "many", 30)
        shared.sandbox.exchanges.clear()
        found = [shared.github.is_member(REPOSITORY, People(teams=("Many",)), f"many{n:03}") for n in range(60)]
        assert found == [True] * 30 + [False] * 30
        assert len(shared.sandbox.exchanges) == 1

    def test_of_a_large_team_those_are_asked_about_alone_who_are_not_on_its_first_page(self, shared: House) -> None:
        self.team(shared, "large", 120)
        people = People(teams=("large",))
        shared.sandbox.exchanges.clear()
        assert shared.github.is_member(REPOSITORY, people, "large007")
        assert shared.github.is_member(REPOSITORY, people, "late-large")
        assert shared.github.is_member(REPOSITORY, people, "Late-Large")
        assert not shared.github.is_member(REPOSITORY, people, "alice")
        assert len(shared.sandbox.exchanges) == 3
        assert len(shared.github.members(REPOSITORY, "large")) == 121

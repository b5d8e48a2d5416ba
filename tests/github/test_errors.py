"""What GitHub's refusals and silences become, and that nothing is done twice because of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import requests
from github import GithubException

from bot.adapters.github import GitHubApp
from bot.adapters.github.errors import found_or_made, translated, translation
from bot.errors import LockkeeperError, NotFoundError, RefusedError, TransientError
from bot.sandbox.faults import Kind
from bot.sandbox.server import Sandbox
from tests.github.conftest import NAME, REPOSITORY, House
from tests.github.test_writes import MARKER, notes, report
from tests.referee.plugin import watch

TABLE: list[tuple[int, object, dict[str, str], type[LockkeeperError], str]] = [
    (404, {"message": "Not Found"}, {}, NotFoundError, "cannot do it"),
    (410, {"message": "Issues are disabled for this repo"}, {}, NotFoundError, "cannot do it"),
    (422, {"message": "No commit found for SHA: 123"}, {}, NotFoundError, "cannot do it"),
    (401, {"message": "Bad credentials"}, {}, RefusedError, "Bad credentials"),
    (403, {"message": "Resource not accessible by integration"},
     {"X-Accepted-GitHub-Permissions": "issues=write"}, RefusedError, "the App needs the permission issues: write"),
    (403, {"message": "API rate limit exceeded for installation ID 1."}, {}, TransientError, "rate limit"),
    (403, {"message": "You have exceeded a secondary rate limit."}, {}, TransientError, "secondary"),
    (403, {"message": "x"}, {"Retry-After": "7"}, TransientError, "x"),
    (403, {"message": "x"}, {"X-RateLimit-Remaining": "0"}, TransientError, "x"),
    (429, {"message": "x"}, {}, TransientError, "x"),
    (405, {"message": "Pull Request is not mergeable"}, {}, RefusedError, "not mergeable"),
    (405, {"message": "Base branch was modified. Review and try the merge again."}, {}, TransientError, "Base"),
    (409, {"message": "Head branch was modified. Review and try the merge again."}, {}, RefusedError, "Head"),
    (422, {"message": "Validation Failed", "errors": [
        {"resource": "PullRequest", "code": "custom", "message": "No commits between a and b"}]}, {},
     RefusedError, "Validation Failed; No commits between a and b"),
    (422, {"message": "Validation Failed", "errors": [{"field": "name", "code": "already_exists"}]}, {},
     RefusedError, "name already_exists"),
    (422, {"message": "Validation Failed", "errors": ["plain words"]}, {}, RefusedError, "plain words"),
    (422, {"message": "Validation Failed", "errors": "one word"}, {}, RefusedError, "one word"),
    (500, None, {}, TransientError, "500"),
    (502, "<html>unicorn</html>", {}, TransientError, "502"),
    (503, b"", {"Retry-After": "3"}, TransientError, "503"),
    (400, "Problems parsing JSON", {}, RefusedError, "Problems parsing JSON"),
]  # fmt: skip


@pytest.mark.parametrize("case", TABLE, ids=lambda case: f"{case[0]} {str(case[1])[:40]}")
def test_table(case: tuple[int, object, dict[str, str], type[LockkeeperError], str]) -> None:
    status, data, headers, kind, words = case
    error = translation(GithubException(status, data, headers), "do it")
    assert type(error) is kind and words in str(error)
    if isinstance(error, RefusedError) and kind is RefusedError:
        assert error.status == status


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"Retry-After": "30", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}, 30.0),
        ({}, 60.0),
        ({"Retry-After": "soon"}, 60.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}, 1.0),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], expected: float) -> None:
    error = translation(GithubException(429, {"message": "slow down"}, headers), "do it")
    assert isinstance(error, TransientError) and error.retry_after == expected


def test_wait_until_the_limit_is_reset() -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()) + 100)}
    error = translation(GithubException(403, {"message": "x"}, headers), "do it")
    assert isinstance(error, TransientError) and 95 < error.retry_after <= 101


def test_the_cause_is_kept() -> None:
    cause = requests.ConnectTimeout("slow")
    with (
        pytest.raises(TransientError, match="cannot read it: GitHub did not answer") as caught,
        translated("read it"),
    ):
        raise cause
    assert caught.value.__cause__ is cause


def test_bugs_stay_bugs() -> None:
    for bug in (RuntimeError("ours"), KeyError("x"), AssertionError()):
        with pytest.raises(type(bug)), translated("do it"):
            raise bug


def test_find_make_find() -> None:
    """A create that worked but whose answer was lost is found, and not repeated."""
    world: list[str] = []

    def make() -> str:
        world.append("made")
        raise TransientError("lost")

    assert found_or_made(lambda: world[0] if world else None, make) == ("made", True)
    assert found_or_made(lambda: world[0] if world else None, make) == ("made", False)
    assert world == ["made"]
    with pytest.raises(TransientError, match="lost"):
        found_or_made(lambda: None, make)


LOSSES: list[Kind] = ["502-after", "crash-after", "timeout-after"]
DEEDS: list[tuple[str, str, Callable[[House, int], object], Callable[[House, int], int]]] = [
    ("comment", "comments$",
     lambda house, pull: house.github.ensure_comment(REPOSITORY, pull, MARKER, "x"),
     lambda house, pull: len(house.world.comments_of(NAME, pull))),
    ("check", "check-runs$", lambda house, _: house.github.ensure_check(REPOSITORY, report(house)),
     lambda house, _: len({one.id for one in house.world.check_runs(NAME, report(house).sha)})),
    ("pull", "pulls$", lambda house, _: house.github.ensure_pull(
        REPOSITORY, head="more", base="main", title="t", body="b"),
     lambda house, _: len([one for one in house.world.open_pulls(NAME) if one.head_ref == "more"])),
    ("deployment", "deployments$", lambda house, _: house.github.ensure_deployment(
        REPOSITORY, environment="e", sha=report(house).sha, source_sha="a" * 40, description=""),
     lambda house, _: len(house.github.deployments(REPOSITORY, "e", report(house).sha))),
]  # fmt: skip


@pytest.mark.parametrize("kind", [*LOSSES, "502", "crash-before", "429", "403-secondary", "403-primary", "500"])
def test_a_fault_at_a_create(kind: Kind, house: House, pull: int) -> None:
    """Done or not, told or not: after a second try at most there is exactly one of each."""
    house.world.commit(NAME, "more", {"more": "1"})
    for name, path, act, count in DEEDS:
        fault = house.sandbox.faults.add(("POST", path), kind, seconds=0.05)
        if kind in LOSSES:
            act(house, pull)
        else:
            with pytest.raises(TransientError):
                act(house, pull)
            act(house, pull)
        assert (fault.hits, count(house, pull)) == (1, 1), name


def test_a_merge_whose_answer_was_lost(house: House, pull: int) -> None:
    head = house.world.branch_sha(NAME, "topic") or ""
    house.sandbox.faults.add(("PUT", "merge$"), "502-after")
    assert house.github.merge(REPOSITORY, pull, sha=head, method="squash") == house.world.branch_sha(NAME, "main")


def test_rate_limits_say_how_long(house: House) -> None:
    for kind in ("429", "403-secondary", "403-primary"):
        house.sandbox.faults.add(("GET", "."), kind)  # type: ignore[arg-type]  # three of the kinds
        started = time.monotonic()
        with pytest.raises(TransientError) as caught:
            house.github.default_branch(REPOSITORY)
        assert caught.value.retry_after > 0, kind
        assert time.monotonic() - started < 5, "the job gives its worker back and does not sleep"


def test_reads_are_repeated_and_writes_are_not(house: House, pull: int, key: str) -> None:
    ours = GitHubApp(house.app.id, key, api_url=house.sandbox.api_url, retries=2, seconds_between_writes=0)
    github = ours.for_repository(REPOSITORY)
    reads = house.sandbox.faults.add(("GET", "/comments$"), "502", times=2)
    writes = house.sandbox.faults.add(("POST", "/comments$"), "502", times=2)
    with pytest.raises(TransientError, match="502"):
        github.ensure_comment(REPOSITORY, pull, MARKER, "x")
    assert (reads.hits, writes.hits) == (2, 1)


def test_a_server_that_hangs(house: House, key: str) -> None:
    ours = GitHubApp(house.app.id, key, api_url=house.sandbox.api_url, retries=0, timeout=1)
    github = ours.for_repository(REPOSITORY)
    house.sandbox.faults.add(("GET", f"repos/{NAME}$"), "slow", seconds=2)
    with pytest.raises(TransientError, match="did not answer"):
        github.default_branch(REPOSITORY)


def test_permissions_the_app_lacks(tmp_path: Path, key: str) -> None:
    """Each call that the App may not make is refused with GitHub's reason, and nothing is written."""
    with Sandbox(tmp_path, observers=[watch]) as sandbox:
        world = sandbox.world
        world.add_user("alice")
        world.add_organization("acme", owner="alice")
        world.add_repository(NAME, files={"a": "b"})
        sha = world.commit(NAME, "topic", {"b": "1"})
        number = world.open_pull(NAME, "alice", head="topic", title="t").number
        app = world.create_app(
            "reader",
            private_key_pem=key,
            permissions={"metadata": "read", "pull_requests": "read", "issues": "read"},
        )
        world.install_app(app, "acme")
        ours = GitHubApp(app.id, key, api_url=sandbox.api_url, retries=0, seconds_between_writes=0)
        github = ours.for_repository(REPOSITORY)
        calls: list[Callable[[], object]] = [
            lambda: github.ensure_comment(REPOSITORY, number, MARKER, "x"),
            lambda: github.ensure_pull(REPOSITORY, head="topic", base="main", title="t2", body=""),
            lambda: github.ensure_closed(REPOSITORY, number),
            lambda: github.checks(REPOSITORY, sha),
            lambda: github.merge(REPOSITORY, number, sha=sha, method="merge"),
            lambda: github.ensure_deployment(REPOSITORY, environment="e", sha=sha, source_sha=sha, description=""),
        ]
        for call in calls:
            with pytest.raises(RefusedError, match="not accessible by integration") as caught:
                call()
            assert caught.value.status == 403
        assert world.branch_sha(NAME, "main") != sha and world.comments_of(NAME, number) == []


def test_bad_keys_and_foreign_apps(house: House) -> None:
    from bot.sandbox.seeding import Keys

    stranger = GitHubApp(house.app.id, Keys.generate().private, api_url=house.sandbox.api_url, retries=0)
    with pytest.raises(RefusedError) as caught:
        stranger.for_repository(REPOSITORY)
    assert caught.value.status == 401


class Elsewhere(HTTPServer):
    """A host that an answer points to; it must not hear of us."""

    heard: int = 0


class Listening(BaseHTTPRequestHandler):
    server: Elsewhere

    def do_GET(self) -> None:
        self.server.heard += 1
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Redirecting(BaseHTTPRequestHandler):
    target = ""
    status = 301

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Location", self.target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_another_host_is_never_called(status: int, key: str) -> None:
    """The token goes to the operator's API host alone, whatever an answer says."""
    with (
        Elsewhere(("127.0.0.1", 0), Listening) as elsewhere,
        HTTPServer(("127.0.0.1", 0), Redirecting) as server,
    ):
        Redirecting.target, Redirecting.status = f"http://localhost:{elsewhere.server_port}/app", status
        for one in (elsewhere, server):
            threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        app = GitHubApp(1, key, api_url=f"http://127.0.0.1:{server.server_port}", retries=0)
        with pytest.raises(LockkeeperError):
            _ = app.bot_login
        for one in (elsewhere, server):
            one.shutdown()
        assert elsewhere.heard == 0


def test_only_web_addresses() -> None:
    with pytest.raises(ValueError, match="https://"):
        GitHubApp(1, "key", api_url="file:///etc/passwd")


def test_annotations_survive_a_lost_answer(house: House) -> None:
    house.sandbox.faults.add(("POST", "check-runs$"), "502-after")
    with pytest.raises(TransientError):
        house.github.ensure_check(REPOSITORY, report(house, annotations=notes(60)))
    assert house.github.ensure_check(REPOSITORY, report(house, annotations=notes(60))) is True
    newest = max(house.world.check_runs(NAME, report(house).sha), key=lambda one: one.id)
    assert (newest.status, len(newest.annotations)) == ("completed", 60)

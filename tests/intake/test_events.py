"""Which keys does a delivery mark, and does any shape at all make the translation fail?"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.intake.events import EVENTS, Intake, translate
from bot.intake.tasks import PendingCommand, Target, is_key, parse_key, pull_key
from bot.model.repository import Repository

REPO = {"full_name": "ada/shop"}
APP = 77


def pull(action: str, **more: Any) -> dict[str, Any]:
    return {"action": action, "repository": REPO, "pull_request": {"number": 7}, **more}


def comment(body: Any = "/promote", **more: Any) -> dict[str, Any]:
    found = {
        "action": "created",
        "repository": REPO,
        "issue": {"number": 7, "pull_request": {"url": "x"}},
        "comment": {
            "id": 99,
            "body": body,
            "user": {"login": "ada", "type": "User"},
            "created_at": "2026-01-02T03:04:05Z",
            "html_url": "https://github.com/ada/shop/pull/7#issuecomment-99",
        },
    }
    return {**found, **more}


def check(action: str, app: int = 1, pulls: tuple[int, ...] = ()) -> dict[str, Any]:
    run = {"app": {"id": app}, "pull_requests": [{"number": number} for number in pulls]}
    return {"action": action, "repository": REPO, "check_run": run, "check_suite": run}


def installed(action: str, field: str = "repositories") -> dict[str, Any]:
    return {"action": action, field: [REPO, {"full_name": "ada/site"}], "installation": {"id": 5}}


BOT = {"login": "dependabot[bot]", "type": "Bot"}
TABLE: list[tuple[str, str, dict[str, Any], tuple[str, ...]]] = [
    ("push", "push", {"ref": "refs/heads/main", "repository": REPO}, ("ada/shop",)),
    ("branch deleted", "push", {"ref": "refs/heads/x", "deleted": True, "repository": REPO}, ("ada/shop",)),
    ("branch created", "push", {"ref": "refs/heads/x", "created": True, "repository": REPO}, ("ada/shop",)),
    ("tag", "push", {"ref": "refs/tags/v1", "repository": REPO}, ("ada/shop",)),
    ("one of many tags", "create", {"ref": "v1", "ref_type": "tag", "repository": REPO}, ("ada/shop",)),
    ("a new branch, which is pushed", "create", {"ref": "x", "ref_type": "branch", "repository": REPO}, ()),
    ("opened", "pull_request", pull("opened"), ("ada/shop#7",)),
    ("synchronize", "pull_request", pull("synchronize"), ("ada/shop#7",)),
    ("edited", "pull_request", pull("edited"), ("ada/shop#7",)),
    ("labeled", "pull_request", pull("labeled"), ("ada/shop#7",)),
    ("closed", "pull_request", pull("closed"), ("ada/shop",)),
    ("assigned", "pull_request", pull("assigned"), ()),
    ("review", "pull_request_review", pull("submitted"), ("ada/shop#7",)),
    ("dismissed", "pull_request_review", pull("dismissed"), ("ada/shop#7",)),
    ("command", "issue_comment", comment(), ("ada/shop#7",)),
    ("command below text", "issue_comment", comment("hello\r\n\r\n  /promote staging"), ("ada/shop#7",)),
    ("talk", "issue_comment", comment("either/or"), ()),
    ("edited comment", "issue_comment", comment(action="edited"), ()),
    ("comment on an issue", "issue_comment", comment(issue={"number": 7}), ()),
    ("comment of a bot", "issue_comment", comment(comment={"id": 1, "body": "/x", "user": BOT}), ()),
    ("comment of a ghost", "issue_comment", comment(comment={"id": 1, "body": "/x", "user": None}), ()),
    ("check done", "check_run", check("completed"), ("ada/shop",)),
    ("our check done", "check_run", check("completed", APP), ()),
    ("check created", "check_run", check("created"), ()),
    (
        "our check asked again",
        "check_run",
        check("rerequested", APP, (7, 8)),
        ("ada/shop#7", "ada/shop#8", "ada/shop"),
    ),
    ("suite done", "check_suite", check("completed"), ("ada/shop",)),
    ("our suite done", "check_suite", check("completed", APP), ()),
    ("status", "status", {"state": "success", "repository": REPO}, ("ada/shop",)),
    ("status pending", "status", {"state": "pending", "repository": REPO}, ()),
    ("deployment", "deployment_status", {"action": "created", "repository": REPO}, ("ada/shop",)),
    ("merge queue", "merge_group", {"action": "checks_requested", "repository": REPO}, ()),
    ("installed", "installation", installed("created"), ("ada/shop", "ada/site")),
    ("uninstalled", "installation", installed("deleted"), ()),
    (
        "repositories added",
        "installation_repositories",
        installed("added", "repositories_added"),
        ("ada/shop", "ada/site"),
    ),
    ("ping", "ping", {"zen": "Keep it logically awesome."}, ()),
    ("unknown", "star", {"action": "created", "repository": REPO}, ()),
    ("evil name", "push", {"repository": {"full_name": "../../etc"}}, ()),
    ("name with a pull", "push", {"repository": {"full_name": "ada/shop#7"}}, ()),
    ("number is text", "pull_request", pull("opened", pull_request={"number": "7"}), ()),
    ("number is true", "pull_request", pull("opened", pull_request={"number": True}), ()),
    ("number is zero", "pull_request", pull("opened", pull_request={"number": 0}), ()),
]


@pytest.mark.parametrize(("event", "payload", "keys"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_what_a_delivery_marks(event: str, payload: dict[str, Any], keys: tuple[str, ...]) -> None:
    intake = translate(event, payload, app_id=APP)
    assert intake.keys == keys
    assert bool(intake.ignored) == (not keys and not intake.removed)


US, THEM = {"login": "lockkeeper[bot]", "type": "Bot"}, {"login": "renovate[bot]", "type": "Bot"}
OWN: list[tuple[str, str, dict[str, Any], tuple[str, ...]]] = [
    ("promotion branch", "push", {"ref": "refs/heads/promote/a-to-b", "repository": REPO}, ()),
    ("rollback branch", "push", {"ref": "refs/heads/rollback/b", "repository": REPO}, ()),
    ("a branch named alike", "push", {"ref": "refs/heads/promoted", "repository": REPO}, ("ada/shop",)),
    ("what we merged", "push", {"ref": "refs/heads/staging", "repository": REPO}, ("ada/shop",)),
    ("a tag of ours", "push", {"ref": "refs/tags/v1-prod", "repository": REPO}, ("ada/shop",)),
    ("opened", "pull_request", pull("opened"), ()),
    ("edited", "pull_request", pull("edited"), ()),
    ("labeled", "pull_request", pull("labeled"), ()),
    ("moved on", "pull_request", pull("synchronize"), ("ada/shop#7",)),
    ("closed", "pull_request", pull("closed"), ("ada/shop",)),
    ("deployment", "deployment_status", {"action": "created", "repository": REPO}, ()),
]


@pytest.mark.parametrize(("event", "payload", "keys"), [row[1:] for row in OWN], ids=[row[0] for row in OWN])
def test_what_we_did_ourselves_wakes_nobody(event: str, payload: dict[str, Any], keys: tuple[str, ...]) -> None:
    """What follows from it, the job has seen to: only where the checks come next, there is something to do."""
    ours, theirs = {**payload, "sender": US}, {**payload, "sender": THEM}
    assert translate(event, ours, app_id=APP, login="Lockkeeper[bot]").keys == keys
    assert translate(event, theirs, app_id=APP, login="lockkeeper[bot]").keys, "another bot is another person"
    assert translate(event, ours, app_id=APP).keys, "as long as we do not know who we are, everything counts"


def test_a_command_is_kept_with_all_it_needs() -> None:
    intake = translate("issue_comment", comment("/promote", installation={"id": 5}))
    assert intake.installation == 5
    assert intake.commands == (
        PendingCommand(
            repository="ada/shop",
            pull=7,
            comment_id=99,
            actor="ada",
            actor_is_bot=False,
            body="/promote",
            created_at="2026-01-02T03:04:05Z",
            comment_url="https://github.com/ada/shop/pull/7#issuecomment-99",
        ),
    )


def test_repositories_that_are_no_longer_ours_are_named() -> None:
    assert translate("installation", installed("deleted")).removed == ("ada/shop", "ada/site")
    payload = installed("removed", "repositories_removed")
    assert translate("installation_repositories", payload).removed == ("ada/shop", "ada/site")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("ada/shop"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                sorted(
                    {
                        "action",
                        "repository",
                        "full_name",
                        "pull_request",
                        "number",
                        "issue",
                        "comment",
                        "user",
                        "login",
                        "body",
                        "id",
                        "check_run",
                        "app",
                        "pull_requests",
                        "repositories",
                        "installation",
                        "state",
                        "ref",
                        "type",
                    }
                )
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=1000, deadline=None)
@given(event=st.sampled_from(sorted(EVENTS)), payload=st.dictionaries(st.text(max_size=5), JSON) | JSON)
def test_no_shape_makes_it_fail(event: str, payload: Any) -> None:
    if isinstance(payload, dict):
        intake = translate(event, payload, app_id=APP)
        assert isinstance(intake, Intake)
        assert all(is_key(key) for key in intake.keys)


@pytest.mark.parametrize("key", ["ada/shop", "ada/shop#7", "a-b/c.d_e", "Ada/.github#12345", "emu_user/x"])
def test_keys_travel(key: str) -> None:
    assert parse_key(key).key == key


def test_a_key_names_its_target() -> None:
    assert parse_key("ada/shop#7") == Target(Repository("ada", "shop"), 7)
    assert pull_key("ada/shop", 7) == "ada/shop#7"


@pytest.mark.parametrize("text", ["", "ada", "ada/", "/shop", "a/b/c", "a/b#", "a/b#0", "a/b#07", "a/b #7", "é/b"])
def test_what_names_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a key is written"):
        parse_key(text)


@given(
    st.builds(
        PendingCommand,
        repository=st.just("ada/shop"),
        pull=st.integers(1),
        comment_id=st.integers(1),
        actor=st.text(),
        actor_is_bot=st.booleans(),
        body=st.text(st.characters()),
        created_at=st.text(),
        comment_url=st.text(),
        sha=st.text(),
    )
)
def test_commands_travel_as_ascii(command: PendingCommand) -> None:
    text = command.to_json()
    assert text.isascii()
    assert PendingCommand.from_json(text) == command


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"pull": 1}',
        '{"evil": 1}',
        "null",
        PendingCommand("a/b", 1, 1, "x", False, "").to_json()[:-1],
        PendingCommand("a/b", 1, 1, "x", False, "").to_json().replace('"pull":1', '"pull":"1"'),
    ],
)
def test_anything_else_is_no_command(text: str) -> None:
    with pytest.raises(ValueError):
        PendingCommand.from_json(text)

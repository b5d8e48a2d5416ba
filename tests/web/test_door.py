"""Is only what GitHub signed let in, and is it stored when we say so?"""

from __future__ import annotations

import hashlib
import hmac
import random
from collections.abc import Iterator

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient

from bot.adapters.engines import RedisEngines
from bot.adapters.queue import Queue
from bot.intake.events import EVENTS
from bot.settings import Settings
from bot.web import MOST_BYTES, create_app
from tests.web.signing import PUSH, SECRET, encode, headers, sign

BODY = encode(PUSH)
PREVIOUS = SECRET[::-1] + "x"


@pytest.fixture
def app(queue: Queue) -> Flask:
    return create_app(Settings(webhook_secrets=(SECRET, PREVIOUS), app_id=77), queue)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def post(client: FlaskClient, body: bytes = BODY, event: str = "push", **changes: str | None):
    return client.post("/webhook", data=body, headers=headers(body, event, **changes))


def nothing_queued(queue: Queue) -> bool:
    return queue.jobs.count == 0 and queue.depth().dirty == 0 and queue.repositories() == {}


def test_a_genuine_delivery_is_stored_before_it_is_acknowledged(client: FlaskClient, queue: Queue) -> None:
    answer = post(client)
    assert (answer.status_code, answer.text) == (202, "queued\n")
    assert queue.depth().dirty == 1
    assert queue.jobs.count == 1
    assert queue.repositories() == {"ada/shop": 5}


def test_the_previous_secret_is_good_while_it_is_rotated_out(client: FlaskClient) -> None:
    assert post(client, X_Hub_Signature_256=sign(BODY, PREVIOUS)).status_code == 202


def sha1() -> str:
    return "sha1=" + hmac.new(SECRET.encode(), BODY, hashlib.sha1).hexdigest()


REFUSED = {
    "signature missing": (401, BODY, {"X_Hub_Signature_256": None}),
    "signature empty": (401, BODY, {"X_Hub_Signature_256": ""}),
    "signature of another secret": (401, BODY, {"X_Hub_Signature_256": sign(BODY, "another secret")}),
    "signature of the empty secret": (401, BODY, {"X_Hub_Signature_256": sign(BODY, "")}),
    "signature of another body": (401, BODY, {"X_Hub_Signature_256": sign(BODY + b" ")}),
    "signature not ASCII": (401, BODY, {"X_Hub_Signature_256": "sha256=é"}),
    "signature in capitals": (401, BODY, {"X_Hub_Signature_256": sign(BODY).upper()}),
    "signature with a space": (401, BODY, {"X_Hub_Signature_256": sign(BODY).replace("=", "= ")}),
    "SHA-1 in its header": (401, BODY, {"X_Hub_Signature_256": None, "X_Hub_Signature": sha1()}),
    "SHA-1 in the header of SHA-256": (401, BODY, {"X_Hub_Signature_256": sha1()}),
    "unsigned and of another type": (401, BODY, {"X_Hub_Signature_256": None, "Content_Type": "text/plain"}),
    "form": (415, BODY, {"Content_Type": "application/x-www-form-urlencoded"}),
    "text": (415, BODY, {"Content_Type": "text/plain"}),
    "no type": (415, BODY, {"Content_Type": None}),
    "no type, no event": (415, BODY, {"Content_Type": None, "X_GitHub_Event": None}),
    "no event": (400, BODY, {"X_GitHub_Event": None}),
    "no delivery id": (400, BODY, {"X_GitHub_Delivery": None}),
    "no JSON": (400, b"{", {}),
    "empty": (400, b"", {}),
    "not UTF-8": (400, b'{"a": "\xff"}', {}),
    "a list": (400, b"[1]", {}),
    "deep": (400, b"[" * 100_000, {}),
    "deep and closed": (400, b'{"a":' * 50_000 + b"1" + b"}" * 50_000, {}),
    "too large": (413, b" " * (MOST_BYTES + 1), {}),
    "too large and unsigned": (413, b" " * (MOST_BYTES + 1), {"X_Hub_Signature_256": None}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_told_in_one_line_and_queues_nothing(client: FlaskClient, queue: Queue, name: str) -> None:
    status, body, changes = REFUSED[name]
    answer = post(client, body, **changes)
    assert answer.status_code == status
    assert answer.text.count("\n") == 1
    assert answer.content_type.startswith("text/plain")
    assert nothing_queued(queue)


def test_the_largest_body_is_taken(client: FlaskClient) -> None:
    body = BODY + b" " * (MOST_BYTES - len(BODY))
    assert post(client, body).status_code == 202


@pytest.mark.parametrize("type_", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_may_say_its_charset(client: FlaskClient, type_: str) -> None:
    assert post(client, Content_Type=type_).status_code == 202


@pytest.mark.parametrize("event", ["ping", "star", "no such event", "merge_group", "é"])
def test_an_event_we_do_not_use_is_accepted_and_ignored(client: FlaskClient, queue: Queue, event: str) -> None:
    answer = post(client, event=event)
    assert answer.status_code == 202
    assert answer.text.startswith("ignored")
    assert nothing_queued(queue)


def test_a_lone_surrogate_is_legal_json(client: FlaskClient, queue: Queue) -> None:
    body = b'{"x": "\\ud800", ' + BODY[1:]
    assert post(client, body).status_code == 202
    assert queue.depth().dirty == 1


@pytest.mark.parametrize(("method", "path", "status"), [("get", "/webhook", 405), ("post", "/", 404)])
def test_there_is_no_other_door(client: FlaskClient, method: str, path: str, status: int) -> None:
    answer = getattr(client, method)(path)
    assert answer.status_code == status
    assert answer.text.count("\n") == 1


def test_ten_thousand_mutated_signatures_are_all_refused(client: FlaskClient, queue: Queue) -> None:
    dice = random.Random(20260101)
    good = sign(BODY)
    refused = 0
    while refused < 10_000:
        changed = _mutate(good, dice)
        if changed == good:
            continue
        answer = post(client, X_Hub_Signature_256=changed)
        assert answer.status_code == 401, changed
        refused += 1
    assert nothing_queued(queue)


def _mutate(signature: str, dice: random.Random) -> str:
    at = dice.randrange(len(signature))
    match dice.randrange(6):
        case 0:  # one character
            return signature[:at] + dice.choice("0123456789abcdefg= ~") + signature[at + 1 :]
        case 1:  # cut
            return signature[:at]
        case 2:  # grown
            return signature + dice.choice("0af \x7f") * dice.randrange(1, 70)
        case 3:  # two swapped
            other = dice.randrange(len(signature))
            letters = list(signature)
            letters[at], letters[other] = letters[other], letters[at]
            return "".join(letters)
        case 4:  # other prefix
            return dice.choice(("sha1=", "sha512=", "SHA256=", "", "sha256==")) + signature.removeprefix("sha256=")
        case _:  # any
            return "sha256=" + "".join(dice.choices("0123456789abcdef", k=64))


def test_each_changed_byte_of_the_body_is_noticed(client: FlaskClient, queue: Queue) -> None:
    for at in range(len(BODY)):
        changed = BODY[:at] + bytes([BODY[at] ^ 1]) + BODY[at + 1 :]
        assert post(client, changed, X_Hub_Signature_256=sign(BODY)).status_code == 401
    assert nothing_queued(queue)


VALUES = [None, True, -1, 0, 2**70, 1.5, "", "/x", "a/b", "é" * 50, [], [[]], {}, [None], {"id": []}, "a/b#1"]


def payloads(dice: random.Random) -> Iterator[tuple[str, object]]:
    """Yield payloads of about the right shape, with parts dropped and replaced by anything."""
    user = {"login": "ada", "type": "User"}
    whole = {
        "action": "created",
        "ref": "refs/heads/main",
        "state": "success",
        "repository": {"full_name": "ada/shop"},
        "installation": {"id": 5},
        "pull_request": {"number": 7},
        "issue": {"number": 7, "pull_request": {}},
        "comment": {"id": 1, "body": "/promote", "user": user, "created_at": "x", "html_url": "y"},
        "check_run": {"app": {"id": 1}, "pull_requests": [{"number": 7}]},
        "check_suite": {"app": {"id": 1}, "pull_requests": [{"number": 7}]},
        "repositories": [{"full_name": "ada/shop"}],
        "repositories_added": [{"full_name": "ada/shop"}],
        "repositories_removed": [{"full_name": "ada/shop"}],
    }
    actions = [
        "created",
        "opened",
        "closed",
        "completed",
        "rerequested",
        "requested_action",
        "deleted",
        "added",
    ]

    def spoil(value: object, depth: int) -> object:
        if dice.random() < 0.15:
            return dice.choice(VALUES)
        if isinstance(value, dict):
            return {key: spoil(inner, depth + 1) for key, inner in value.items() if dice.random() > 0.05}
        if isinstance(value, list):
            return [spoil(inner, depth + 1) for inner in value] * dice.randrange(3)
        return value

    while True:
        whole["action"] = dice.choice(actions)
        yield dice.choice(sorted(EVENTS)), spoil(whole, 0)


def test_thousands_of_odd_payloads_never_end_in_5xx(client: FlaskClient) -> None:
    dice = random.Random(7)
    seen: dict[int, int] = {}
    for count, (event, payload) in enumerate(payloads(dice)):
        if count == 5_000:
            break
        body = encode(payload)
        answer = post(client, body, event)
        assert answer.status_code in (202, 400), (event, payload)
        seen[answer.status_code] = seen.get(answer.status_code, 0) + 1
    assert seen[202] > 2_500


def test_a_command_reaches_the_queue(client: FlaskClient, queue: Queue) -> None:
    payload = {
        "action": "created",
        "repository": {"full_name": "ada/shop"},
        "issue": {"number": 7, "pull_request": {"url": "…"}},
        "comment": {"id": 99, "body": "please\n/promote", "user": {"login": "ada", "type": "User"}},
    }
    for _ in range(2):
        assert post(client, encode(payload), "issue_comment").status_code == 202
    start = queue.begin("ada/shop#7", "t")
    assert start is not None
    assert [(one.comment_id, one.actor) for one in start.commands] == [(99, "ada")]


def test_health_readiness_and_further_pages(queue: Queue) -> None:
    def broken() -> None:
        raise RuntimeError("no clock")

    page = Blueprint("output", __name__)
    page.get("/output/<name>")(lambda name: f"full {name}")
    settings = Settings(webhook_secrets=(SECRET,))
    app = create_app(settings, queue, probes={"clock": broken}, blueprints=[page])
    client = app.test_client()
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert (ready.status_code, ready.text) == (503, "redis: ok\nclock: not ready\n")
    assert create_app(settings, queue).test_client().get("/readyz").status_code == 200
    assert client.get("/output/12").text == "full 12"


def test_metrics_count_by_event_and_outcome(client: FlaskClient) -> None:
    post(client)
    post(client, X_Hub_Signature_256="no")
    post(client, event="made up " + "x" * 500)
    page = client.get("/metrics").text
    assert 'lockkeeper_deliveries_total{event="push",outcome="queued"} 1.0' in page
    assert 'lockkeeper_deliveries_total{event="push",outcome="unsigned"} 1.0' in page
    assert 'lockkeeper_deliveries_total{event="other",outcome="ignored"} 1.0' in page
    assert "lockkeeper_redis_up 1" in page
    assert 'lockkeeper_queue_keys{state="dirty"} 1' in page


def test_the_door_reaches_no_flow_no_github_no_git_no_yaml() -> None:
    import subprocess
    import sys

    code = (
        "import sys, bot.web, bot.metrics\n"
        "bad = [m for m in sys.modules if m.split('.')[0] in ('github', 'yaml', 'jwt')"
        " or m.startswith(('bot.flows', 'bot.adapters.git', 'bot.adapters.render', 'bot.promotion'))]\n"
        "sys.exit(str(bad) if bad else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_ready_tells_of_the_engines_and_stays_ready_without_them(queue: Queue) -> None:
    engines = RedisEngines(queue.connection)
    client = create_app(Settings(webhook_secrets=(SECRET,)), queue, remarks={"engines": engines.read}).test_client()
    assert client.get("/readyz").text == "redis: ok\nengines: no worker has told of its engines yet\n"
    engines.note("kustomize (library, v5) and helm (library, v4), behind Landlock")
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert "engines: kustomize (library, v5) and helm (library, v4), behind Landlock" in answer.text

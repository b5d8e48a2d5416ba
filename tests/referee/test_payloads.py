"""Does the web door survive every payload that GitHub ever sent?"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot.adapters.queue import Queue, connect
from bot.adapters.valkey import embedded_valkey
from bot.intake.events import EVENTS
from bot.settings import Settings
from bot.web import create_app
from tests.referee import fetch
from tests.referee.payloads import Example, examples
from tests.referee.plugin import need

SECRET = secrets.token_hex(20)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """The web door over a real queue; a crash behind it rises into the test."""
    with embedded_valkey(tmp_path_factory.mktemp("valkey")) as url:
        app = create_app(Settings(webhook_secrets=(SECRET,), app_id=1), Queue(connect(url)))
        app.testing = True
        yield app.test_client()


def post(door: FlaskClient, example: Example, secret: str = SECRET) -> TestResponse:
    """Deliver a payload as GitHub would."""
    body = example.body
    return door.post(
        "/webhook",
        data=body,
        headers={
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/0000000",
            "X-GitHub-Delivery": str(uuid.uuid4()),
            "X-GitHub-Event": example.event,
            "X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
        },
    )


@pytest.fixture(scope="module")
def captured() -> list[Example]:
    return list(examples(need(fetch.PAYLOADS)))


def test_the_collection_is_whole(captured: list[Example]) -> None:
    assert len(captured) == 329
    events = {example.event for example in captured}
    assert len(events) == 58
    asked = {
        "push",
        "pull_request",
        "pull_request_review",
        "issue_comment",
        "check_run",
        "check_suite",
        "status",
    }
    assert asked <= events & set(EVENTS)


def test_no_payload_crashes_the_door(door: FlaskClient, captured: list[Example]) -> None:
    answers = {str(example): post(door, example) for example in captured}
    refused = {name: answer.text for name, answer in answers.items() if not 200 <= answer.status_code < 300}
    assert refused == {}
    queued = {name.split(".")[0].split("#")[0] for name, answer in answers.items() if answer.text.strip() == "queued"}
    assert {"push", "pull_request", "pull_request_review", "check_run"} <= queued


def test_a_forged_payload_is_refused(door: FlaskClient, captured: list[Example]) -> None:
    assert post(door, captured[0], secret=secrets.token_hex(20)).status_code == 401


@pytest.mark.parametrize("mutilation", ["keys", "nulls", "texts"])
def test_mutilated_payloads_do_not_crash_the_door(door: FlaskClient, captured: list[Example], mutilation: str) -> None:
    """A signed body of another shape is answered too: captures and features differ from what we know."""
    crashed = {}
    for example in captured:
        if example.event not in EVENTS or not isinstance(example.payload, dict):
            continue
        for key in example.payload:
            spoilt = {name: value for name, value in example.payload.items() if name != key}
            if mutilation != "keys":
                spoilt[key] = None if mutilation == "nulls" else "text"
            answer = post(door, Example(example.event, example.number, spoilt))
            if answer.status_code >= 500:
                crashed[f"{example} {key}"] = answer.text
    assert crashed == {}

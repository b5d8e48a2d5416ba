"""Do webhooks arrive signed, in order and complete, and can they be lost, held, doubled and sent again?"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.sandbox.conftest import Town


class Inbox:
    """A receiver of webhooks that keeps what arrives and answers with `status` after `delay` seconds."""

    def __init__(self) -> None:
        self.seen: list[tuple[dict[str, str], bytes]] = []
        self.status, self.delay = 202, 0.0
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                inbox.seen.append(({name.lower(): value for name, value in self.headers.items()}, body))
                time.sleep(inbox.delay)
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    self.send_response(inbox.status)
                    self.send_header("Content-Length", "2")
                    self.end_headers()
                    self.wfile.write(b"ok")

            def log_message(self, format: str, *args: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/webhook"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def events(self) -> list[str]:
        return [headers["x-github-event"] for headers, _ in self.seen]

    @property
    def guids(self) -> list[str]:
        return [headers["x-github-delivery"] for headers, _ in self.seen]


@pytest.fixture
def inbox(town: Town) -> Iterator[Inbox]:
    made = Inbox()
    town.app.webhook_url = made.url
    town.sandbox.deliveries.mode = "send"
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_deliveries_are_signed_ordered_and_logged(town: Town, inbox: Inbox) -> None:
    town.branch("feature")
    pull = town.repo("bob").create_pull(base="main", head="feature", title="One")
    pull.create_issue_comment("hello")
    town.repo("carol").get_pull(pull.number).create_review(event="APPROVE")
    assert town.sandbox.deliveries.wait_idle(5)
    assert inbox.events == [
        "create", "push", "check_suite", "pull_request", "issue_comment", "pull_request_review",
    ]  # fmt: skip
    for headers, body in inbox.seen:
        wanted = "sha256=" + hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
        assert headers["x-hub-signature-256"] == wanted
        assert headers["content-type"] == "application/json"
        assert headers["user-agent"].startswith("GitHub-Hookshot/")
        assert headers["x-github-hook-installation-target-id"] == str(town.app.id)
        payload = json.loads(body)
        assert payload["installation"]["id"] == town.installation.id
        assert payload["organization"]["login"] == "acme"
        assert payload["repository"]["full_name"] == "acme/app"
    sent = [one for one in town.sandbox.deliveries.log if one.status_code == 202]
    assert [one.event for one in sent] == inbox.events
    assert all((one.status, one.response_body) == ("OK", "ok") for one in sent)


def test_redelivery_through_the_api_keeps_the_guid(town: Town, inbox: Inbox) -> None:
    inbox.status = 500
    town.sandbox.world.comment("acme/app", open_pull(town), "dave", "hello")
    assert town.sandbox.deliveries.wait_idle(5)
    requester = town.integration.requester
    _, listed = requester.requestJsonAndCheck("GET", "/app/hook/deliveries", parameters={"per_page": 2})
    failed = listed[0]
    assert (failed["event"], failed["status_code"], failed["redelivery"]) == ("issue_comment", 500, False)
    _, whole = requester.requestJsonAndCheck("GET", f"/app/hook/deliveries/{failed['id']}")
    assert whole["request"]["payload"]["comment"]["body"] == "hello"
    assert whole["request"]["headers"]["X-GitHub-Delivery"] == failed["guid"]
    inbox.status = 202
    requester.requestJsonAndCheck("POST", f"/app/hook/deliveries/{failed['id']}/attempts")
    assert town.sandbox.deliveries.wait_idle(5)
    assert inbox.guids[-2:] == [failed["guid"]] * 2 and inbox.seen[-1][1] == inbox.seen[-2][1]
    _, listed = requester.requestJsonAndCheck("GET", "/app/hook/deliveries", parameters={"per_page": 2})
    assert (listed[0]["guid"], listed[0]["redelivery"], listed[0]["status"]) == (failed["guid"], True, "OK")
    headers, page = requester.requestJsonAndCheck("GET", "/app/hook/deliveries", parameters={"per_page": 1})
    assert "cursor=v1_" in headers["link"] and page[0]["id"] == listed[0]["id"]


def open_pull(town: Town) -> int:
    town.branch("feature")
    return town.sandbox.world.open_pull("acme/app", "bob", head="feature").number


def test_held_deliveries_are_flushed_doubled_and_shuffled(town: Town, inbox: Inbox) -> None:
    deliveries = town.sandbox.deliveries
    deliveries.mode = "hold"
    open_pull(town)
    happened = [one.guid for one in deliveries.held]
    assert deliveries.wait_idle(1) and inbox.seen == []
    sent = deliveries.flush(order="shuffled", times=2, seed=4)
    assert deliveries.wait_idle(5)
    assert inbox.guids == [one.guid for one in sent]
    assert sorted(inbox.guids) == sorted(happened * 2)
    assert inbox.guids != [guid for guid in happened for _ in range(2)]
    assert deliveries.held == []


def test_lost_deliveries_can_be_found_and_redelivered(town: Town, inbox: Inbox) -> None:
    deliveries = town.sandbox.deliveries
    deliveries.mode = "drop"
    open_pull(town)
    assert deliveries.wait_idle(1) and inbox.seen == []
    lost = [one for one in deliveries.log if one.status_code == 502 and one.event == "pull_request"]
    deliveries.redeliver(lost[-1])
    assert deliveries.wait_idle(5)
    assert inbox.guids == [lost[-1].guid]


def test_a_slow_receiver_times_out_and_the_next_delivery_goes_on(town: Town, inbox: Inbox) -> None:
    town.sandbox.deliveries.timeout = 0.2
    inbox.delay = 0.6
    number = open_pull(town)
    assert town.sandbox.deliveries.wait_idle(5)
    assert {one.status for one in town.sandbox.deliveries.log[-2:]} == {"timed out"}
    inbox.delay = 0.0
    town.sandbox.world.comment("acme/app", number, "dave", "still there?")
    assert town.sandbox.deliveries.wait_idle(5)
    assert town.sandbox.deliveries.log[-1].status == "OK"


def test_only_subscribed_apps_of_the_account_hear(town: Town, key: str) -> None:
    world = town.sandbox.world
    world.add_organization("other", owner="eve")
    quiet = world.create_app("quiet", private_key_pem=key, events=["push"])
    far = world.create_app("far", private_key_pem=key)
    world.install_app(quiet, "acme")
    world.install_app(far, "other")
    world.comment("acme/app", open_pull(town), "dave", "hello")
    heard = {app.slug: [one.event for one in town.sandbox.deliveries.log if one.app is app] for app in (quiet, far)}
    assert heard == {"quiet": ["installation", "push", "check_suite"], "far": ["installation"]}


def test_every_pull_request_action_is_told(town: Town) -> None:
    world, number = town.sandbox.world, open_pull(town)
    pull = town.repo("bob").get_pull(number)
    pull.edit(title="New", body="Changed", base="main")
    pull.create_review_request(reviewers=["carol"], team_reviewers=["reviewers"])
    pull.delete_review_request(reviewers=["carol"])
    world.set_labels("acme/app", number, "bob", ["urgent"])
    pull.remove_from_labels("urgent")
    pull.add_to_assignees("dave")
    pull.remove_from_assignees("dave")
    world.close_pull("acme/app", number, "bob")
    pull.edit(state="open")
    town.branch("feature", {"again": "1\n"})
    review = town.repo("carol").get_pull(number).create_review(event="REQUEST_CHANGES", body="No")
    town.repo("bob").get_pull(number).get_review(review.id).dismiss("Outdated")
    comment = pull.create_issue_comment("one")
    comment.edit("two")
    comment.delete()
    told = [event for event in town.events() if event.startswith(("pull_request", "issue_comment"))]
    assert told == [
        "pull_request.opened",
        "pull_request.edited",
        "pull_request.review_requested",
        "pull_request.review_requested",
        "pull_request.review_request_removed",
        "pull_request.labeled",
        "pull_request.unlabeled",
        "pull_request.assigned",
        "pull_request.unassigned",
        "pull_request.closed",
        "pull_request.reopened",
        "pull_request.synchronize",
        "pull_request_review.submitted",
        "pull_request_review.dismissed",
        "issue_comment.created",
        "issue_comment.edited",
        "issue_comment.deleted",
    ]
    edited = next(one for one in town.sandbox.deliveries.log if one.action == "edited").payload
    assert edited["changes"] == {"title": {"from": "Merge feature"}, "body": {"from": ""}}

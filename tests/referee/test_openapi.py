"""Does the referee see each kind of fault? One good exchange, and each way to spoil it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.referee.complaint import Allowance
from tests.referee.description import Description
from tests.referee.openapi import Referee

JSON = {"Content-Type": "application/json; charset=utf-8"}
SHA = "6dcb09b5b57875f334f61aebed695e2e4193db5e"
REF = {
    "ref": "refs/heads/main",
    "node_id": "MDM6UmVm",
    "url": "https://github.test/api/v3/repos/o/r/git/refs/heads/main",
    "object": {
        "type": "commit",
        "sha": SHA,
        "url": f"https://github.test/api/v3/repos/o/r/git/commits/{SHA}",
    },
}


@dataclass(frozen=True)
class Seen:
    method: str = "POST"
    path: str = "/api/v3/repos/o/r/git/refs"
    query: str = ""
    request: Any = field(default_factory=lambda: {"ref": "refs/heads/main", "sha": SHA})
    status: int = 201
    response: Any = field(default_factory=lambda: REF)
    request_headers: dict[str, str] = field(default_factory=dict)
    response_headers: dict[str, str] = field(default_factory=lambda: dict(JSON))

    @property
    def request_body(self) -> bytes:
        return b"" if self.request is None else json.dumps(self.request).encode()

    @property
    def response_body(self) -> bytes:
        return b"" if self.response is None else json.dumps(self.response).encode()


GOOD = Seen()
LIST = Seen("GET", "/api/v3/repos/o/r/git/matching-refs/heads/feature/x", "", None, 200, [REF])


@pytest.fixture
def referee(description: Description) -> Referee:
    return Referee(description)


def rules(referee: Referee, seen: Seen) -> list[tuple[str, str, str]]:
    return [(c.side, c.rule, c.at) for c in referee.check_exchange(seen)]


def without(thing: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in thing.items() if name != key}


@pytest.mark.parametrize(
    "seen",
    [
        GOOD,
        LIST,
        Seen("GET", "/api/v3/repos/o/r/git/ref/heads/a/b/c", "", None, 200, REF),
        Seen("GET", "/api/v3/repos/o/r/git/ref/heads/a", "", None, 404, {"message": "Not Found"}),
        Seen(
            "GET",
            "/api/v3/repos/o/r/commits/feature/x/check-runs",
            "",
            None,
            200,
            {"total_count": 0, "check_runs": []},
        ),
        Seen("DELETE", "/api/v3/repos/o/r/git/refs/heads/a/b", "", None, 204, None),
        Seen("GET", "/api/v3/user/repos", "per_page=100&page=2&sort=pushed", None, 200, []),
        replace(GOOD, status=401, response={"message": "Bad credentials", "documentation_url": "x"}),
        replace(GOOD, status=502, response="<html>"),
        Seen("GET", "/api/v3/repos/o/r/contents/", "", None, 200, []),
        Seen("GET", "/api/v3/repos/o/r/collaborators/x", "", None, 404, {"message": "Not Found"}),
        replace(GOOD, path="/o/r/pulls/1", response="a page"),
    ],
    ids=lambda seen: f"{seen.method}-{seen.path[7:40]}-{seen.status}",
)
def test_good_exchanges_pass(referee: Referee, seen: Seen) -> None:
    assert referee.check_exchange(seen) == []


@pytest.mark.parametrize(
    ("spoilt", "expected"),
    [
        (replace(GOOD, path="/api/v3/repos/o/r/git/frobs"), ("request", "undeclared operation", "")),
        (replace(GOOD, method="PUT"), ("request", "undeclared operation", "")),
        (replace(LIST, path="/api/v3/user/repos", query="colour=red", response=[]),
         ("request", "undeclared parameter", "colour")),
        (replace(LIST, path="/api/v3/user/repos", query="sort=size", response=[]),
         ("request", "enum", "?sort")),
        (replace(LIST, path="/api/v3/user/repos", query="page=one", response=[]),
         ("request", "type", "?page")),
        (replace(LIST, path="/api/v3/search/code", response={"total_count": 0, "incomplete_results": False,
         "items": []}), ("request", "required", "q")),
        (replace(GOOD, request=None), ("request", "required", "")),
        (replace(GOOD, request={"ref": "refs/heads/main"}), ("request", "required", "")),
        (replace(GOOD, request={"ref": 7, "sha": SHA}), ("request", "type", "/ref")),
        (replace(GOOD, request={"ref": "x", "sha": SHA, "force": True}),
         ("request", "additionalProperties", "")),
        (replace(LIST, request={"page": 1}), ("request", "undeclared body", "")),
        (replace(GOOD, status=200), ("response", "undeclared status", "200")),
        (replace(GOOD, response=None), ("response", "required", "")),
        (replace(GOOD, response=without(REF, "node_id")), ("response", "required", "")),
        (replace(GOOD, response={**REF, "ref": None}), ("response", "type", "/ref")),
        (replace(GOOD, response={**REF, "colour": "red"}), ("response", "additionalProperties", "")),
        (replace(GOOD, response={**REF, "object": {**REF["object"], "size": 1}}),  # type: ignore[dict-item]  # a mapping
         ("response", "additionalProperties", "/object")),
        (replace(GOOD, response={**REF, "url": "not a uri"}), ("response", "format", "/url")),
        (replace(LIST, response=[REF, {**REF, "ref": 1}]), ("response", "type", "/1/ref")),
        (replace(GOOD, response_headers={"Content-Type": "text/plain"}),
         ("response", "undeclared media type", "text/plain")),
        (Seen("DELETE", "/api/v3/repos/o/r/git/refs/heads/a", "", None, 204, {}),
         ("response", "undeclared body", "")),
        (replace(GOOD, status=401, response={"message": "no", "error": "no"}),
         ("response", "unevaluatedProperties", "")),
        (replace(GOOD, status=429, response={"status": "429"}), ("response", "required", "")),
        (replace(GOOD, status=409, response={"message": "no", "detail": "no"}),
         ("response", "additionalProperties", "")),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)  # fmt: skip
def test_each_fault_is_seen(referee: Referee, spoilt: Seen, expected: tuple[str, str, str]) -> None:
    assert rules(referee, spoilt) == [expected]


def test_a_refused_shape_is_not_judged_twice(referee: Referee) -> None:
    refusal = {"message": "Invalid request.", "documentation_url": "https://docs.github.com/rest"}
    assert rules(referee, replace(GOOD, request={"ref": 7}, status=422, response=refusal)) == []


def test_compositions_are_closed_as_a_whole() -> None:
    """The parts of an `allOf` know each other's properties, alternatives do not; nobody knows others."""
    part = {"type": "object", "properties": {"a": {"type": "integer"}}}
    other = {"type": "object", "properties": {"b": {"type": "string", "nullable": True}}}
    schemas = {"part": part, "other": other}
    small = Description({"paths": {}, "components": {"schemas": schemas}})
    refs = [{"$ref": f"#/components/schemas/{name}"} for name in schemas]
    both, either = small.validator({"allOf": refs}), small.validator({"oneOf": refs})
    beside = small.validator({"properties": {"c": {}}, "anyOf": refs, "type": "object"})
    verdicts = {
        text: tuple(v.is_valid(json.loads(text)) for v in (both, either, beside))
        for text in ('{"a": 1}', '{"a": 1, "b": null}', '{"a": 1, "c": 1}', '{"d": 1}', '{"a": null}')
    }
    assert verdicts == {
        '{"a": 1}': (True, True, True),
        '{"a": 1, "b": null}': (True, False, True),
        '{"a": 1, "c": 1}': (False, False, True),
        '{"d": 1}': (False, False, False),
        '{"a": null}': (False, False, False),
    }


def test_nullable_is_honoured_and_only_where_declared(referee: Referee) -> None:
    comment: dict[str, Any] = {
        "id": 1,
        "node_id": "x",
        "url": "https://github.test/c/1",
        "html_url": "https://github.test/c/1",
        "issue_url": "https://github.test/i/1",
        "created_at": "2026-01-02T03:04:05Z",
        "updated_at": "2026-01-02T03:04:05Z",
        "user": None,
    }
    path = "/api/v3/repos/o/r/issues/comments/1"
    assert rules(referee, Seen("GET", path, "", None, 200, comment)) == []
    spoilt = {**comment, "created_at": None}
    assert rules(referee, Seen("GET", path, "", None, 200, spoilt)) == [("response", "type", "/created_at")]
    spoilt = {**comment, "created_at": "yesterday"}
    assert rules(referee, Seen("GET", path, "", None, 200, spoilt)) == [("response", "format", "/created_at")]


HOOK: dict[str, Any] = {
    "type": "App",
    "id": 1,
    "name": "web",
    "active": True,
    "events": ["push"],
    "config": {"content_type": "json"},
    "updated_at": "2026-01-02T03:04:05Z",
    "created_at": "2026-01-02T03:04:05Z",
}


@dataclass(frozen=True)
class Sent:
    event: str = "ping"
    action: str = ""
    payload: Any = field(default_factory=lambda: {"zen": "Keep it simple.", "hook_id": 1, "hook": HOOK})
    headers: dict[str, str] = field(
        default_factory=lambda: {
            "User-Agent": "GitHub-Hookshot/1",
            "X-GitHub-Hook-ID": "1",
            "X-GitHub-Event": "ping",
            "X-GitHub-Hook-Installation-Target-ID": "1",
            "X-GitHub-Hook-Installation-Target-Type": "integration",
            "X-GitHub-Delivery": "0b989ba4-242f-11e5-81e1-c7b6966d2516",
            "X-Hub-Signature-256": "sha256=00",
        }
    )

    @property
    def body(self) -> bytes:
        return json.dumps(self.payload).encode()


PING = Sent()


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (PING, []),
        (replace(PING, event="pong"), [("undeclared event", "")]),
        (replace(PING, action="loudly"), [("undeclared event", "")]),
        (replace(PING, payload={**PING.payload, "hook_id": "1"}), [("type", "/hook_id")]),
        (replace(PING, payload={**PING.payload, "mood": "x"}), [("additionalProperties", "")]),
        (replace(PING, payload={**PING.payload, "hook": without(HOOK, "events")}), [("required", "/hook")]),
        (replace(PING, payload=[]), [("not JSON", "")]),
        (
            replace(PING, headers=without(PING.headers, "X-GitHub-Delivery")),
            [("required", "X-GitHub-Delivery")],
        ),
        (replace(PING, headers={**PING.headers, "X-GitHub-Event": "push"}), [("const", "X-GitHub-Event")]),
    ],
)
def test_deliveries(referee: Referee, sent: Sent, expected: list[tuple[str, str]]) -> None:
    assert [(c.rule, c.at) for c in referee.check_delivery(sent)] == expected


def test_an_allowance_covers_just_its_place(description: Description) -> None:
    where = r"POST /repos/\{owner\}/\{repo\}/git/refs"
    allowance = Allowance(where=where, side="response", rule="type", at="/ref", reason="a test")
    referee = Referee(description, [allowance])
    assert rules(referee, GOOD) == [] and not referee.used
    assert rules(referee, replace(GOOD, response={**REF, "ref": None})) == []
    assert referee.used == {allowance}
    assert rules(referee, replace(GOOD, response={**REF, "url": None})) == [("response", "type", "/url")]


def test_observe_collects_both_kinds(referee: Referee) -> None:
    for seen in (GOOD, PING, replace(GOOD, status=200), replace(PING, event="pong")):
        referee.observe(seen)
    assert [c.rule for c in referee.take()] == ["undeclared status", "undeclared event"]
    assert referee.take() == [] and referee.judged == 4


def test_complaints_read_well(referee: Referee) -> None:
    (complaint,) = referee.check_exchange(replace(GOOD, response={**REF, "colour": "red"}))
    assert str(complaint) == (
        "POST /repos/{owner}/{repo}/git/refs · response · additionalProperties at /: "
        "Additional properties are not allowed ('colour' was unexpected)"
    )


def test_a_check_is_quick(referee: Referee) -> None:
    referee.check_exchange(GOOD)
    start = time.perf_counter()
    for _ in range(200):
        referee.check_exchange(GOOD)
    assert (time.perf_counter() - start) / 200 < 0.002

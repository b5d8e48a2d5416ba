"""What do we understand of Argo CD's answers, and what do we send to whom?"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler

import pytest

from bot.adapters import argocd
from bot.adapters.argocd import ArgoCD
from bot.errors import LockkeeperError, NotFoundError, RefusedError, TransientError
from bot.model.health import ApplicationHealth
from bot.ports import Agent
from tests.argocd.server import ArgoServer, Json, application, argo_server, hang, node, send

NAME = "web-staging"


@pytest.fixture
def server() -> Iterator[ArgoServer]:
    with argo_server(secrets.token_urlsafe(24)) as found:
        found.set(application())
        yield found


@pytest.fixture
def agent(server: ArgoServer) -> Agent:
    return ArgoCD(server.url, server.token)


def test_all_is_well(server: ArgoServer, agent: Agent) -> None:
    assert agent.application(NAME) == ApplicationHealth(
        NAME,
        sync="Synced",
        health="Healthy",
        phase="Succeeded",
        revisions=("a" * 40,),
        message="successfully synced (all tasks run)",
        since=datetime(2026, 11, 25, 10, 4, 12, tzinfo=UTC),
        url=f"{server.url}/applications/{NAME}",
    )
    paths = [path for path, _, _ in server.asked]
    assert paths == [f"/api/v1/applications/{NAME}", f"/api/v1/applications/{NAME}/resource-tree"]


def test_the_token_goes_into_the_header_and_nowhere_else(
    server: ArgoServer, agent: Agent, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    """A .netrc with the server's name would take the header's place."""
    netrc = tmp_path / "netrc"  # type: ignore[operator]  # a Path
    netrc.write_text("machine 127.0.0.1 login ann password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    agent.application(NAME)
    for path, query, headers in server.asked:
        assert headers["Authorization"] == f"Bearer {server.token}"
        assert server.token not in path + repr(query)
    assert server.token not in repr(agent) + repr(vars(agent))


# name, the application, nodes of its tree, what is read
ROLLOUT = "argoproj.io"
READ: list[tuple[str, Json, list[Json], dict[str, object]]] = [
    ("out of sync", application(sync="OutOfSync"), [], {"sync": "OutOfSync"}),
    (
        "syncing",
        application(phase="Running", message="waiting for completion of hook"),
        [],
        {"phase": "Running", "message": "waiting for completion of hook"},
    ),
    ("never synced", application(phase="", since=""), [], {"phase": "", "since": None, "message": ""}),
    (
        "a version that tells no time of health",
        application(since=""),
        [],
        {"since": datetime(2026, 11, 25, 10, 4, 1, tzinfo=UTC)},
    ),
    ("several sources", application(revision=["a" * 40, "1.4.2", "a" * 40]), [], {"revisions": ("a" * 40, "1.4.2")}),
    ("a chart", application(revision="1.4.2"), [], {"revisions": ("1.4.2",)}),
    (
        "a Deployment goes on",
        application(health="Progressing"),
        [node("Deployment", "web", "Progressing", "1 of 3 updated")],
        {"health": "Progressing", "resources": ("Deployment web: 1 of 3 updated",)},
    ),
    (
        "the worst comes first",
        application(health="Degraded"),
        [node("Pod", "b", "Progressing"), node("Pod", "a", "Degraded", "CrashLoopBackOff")],
        {"resources": ("Pod a: CrashLoopBackOff", "Pod b: Progressing")},
    ),
    (
        "a paused Rollout",
        application(health="Suspended"),
        [node("Rollout", "web", "Suspended", "CanaryPauseStep", ROLLOUT)],
        {"paused": True, "resources": ("Rollout web: CanaryPauseStep",)},
    ),
    (
        "a paused Rollout that the application does not count",
        application(),
        [node("Rollout", "web", "Suspended", "", ROLLOUT)],
        {"health": "Healthy", "paused": True, "resources": ("Rollout web: Suspended",)},
    ),
    (
        "an aborted Rollout that the application does not count",
        application(),
        [node("Rollout", "web", "Degraded", "aborted", ROLLOUT)],
        {"health": "Degraded", "paused": False, "resources": ("Rollout web: aborted",)},
    ),
    (
        "a suspended CronJob pauses nothing",
        application(),
        [node("CronJob", "web", "Suspended", "", "batch")],
        {"paused": False, "resources": ("CronJob web: Suspended",)},
    ),
    (
        "another group's Rollout",
        application(),
        [node("Rollout", "web", "Suspended", "", "example.com")],
        {"paused": False},
    ),
    (
        "no more than five are told",
        application(health="Degraded"),
        [node("Pod", str(number), "Degraded") for number in range(9)],
        {"resources": tuple(f"Pod {number}: Degraded" for number in range(5))},
    ),
    ("what has no health", application(), [node("ConfigMap", "web", "", group="")], {"resources": ()}),
    (
        "no status at all",
        {"metadata": {"name": NAME}},
        [],
        {"sync": "", "health": "", "phase": "", "revisions": (), "since": None},
    ),
    (
        "rubbish where text is meant",
        {"metadata": {"name": NAME}, "status": {"sync": [1], "health": {"status": {"a": 1}}, "operationState": "x"}},
        [{"health": 1}, {"health": {"status": "Degraded"}, "kind": 7}],
        {"sync": "", "health": "", "resources": (" : Degraded",)},
    ),
]


@pytest.mark.parametrize(("given", "nodes", "expected"), [row[1:] for row in READ], ids=[row[0] for row in READ])
def test_what_is_read(
    server: ArgoServer, agent: Agent, given: Json, nodes: list[Json], expected: dict[str, object]
) -> None:
    server.set(given, nodes)
    found = agent.application(NAME)
    assert {name: getattr(found, name) for name in expected} == expected


def test_an_application_in_another_namespace(server: ArgoServer, agent: Agent) -> None:
    assert agent.application(f"team-a/{NAME}").name == f"team-a/{NAME}"
    assert [(path, query) for path, query, _ in server.asked] == [
        (f"/api/v1/applications/{NAME}", {"appNamespace": ["team-a"]}),
        (f"/api/v1/applications/{NAME}/resource-tree", {"appNamespace": ["team-a"]}),
    ]


@pytest.mark.parametrize(
    "name", ["", "a/b/c", "../clusters", "a?b=c", "a#b", "Web", "a%2fb", "a b", "a\n", "é", "x" * 300]
)
def test_no_name_leads_to_another_address(server: ArgoServer, agent: Agent, name: str) -> None:
    with pytest.raises(RefusedError, match="no application's name"):
        agent.application(name)
    assert server.asked == []


def test_what_is_not_there_or_may_not_be_seen(agent: Agent) -> None:
    with pytest.raises(NotFoundError, match="no such application, or the token may not see it"):
        agent.application("other")


def test_a_token_that_is_not_taken(server: ArgoServer) -> None:
    with pytest.raises(RefusedError, match="does not take the token") as caught:
        ArgoCD(server.url, "wrong").application(NAME)
    assert "wrong" not in str(caught.value)


def answers(status: int, body: object = b"", **headers: str):
    def reply(request: BaseHTTPRequestHandler) -> None:
        send(request, status, body, **headers)

    return reply


def cut_off(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    request.wfile.write(b'{"status"')


TROUBLE = [
    ("it is down for a moment", answers(502), TransientError, "status 502"),
    ("too many requests", answers(429), TransientError, "status 429"),
    ("no JSON", answers(200, b"<html>log in</html>"), TransientError, "no JSON"),
    ("no object", answers(200, []), TransientError, "no object"),
    ("nothing", answers(200, b""), TransientError, "no JSON"),
    ("it breaks off", cut_off, TransientError, "cannot be reached"),
    ("it hangs", hang(1.0), TransientError, "did not answer in time"),
    ("a status nobody knows", answers(418), RefusedError, "status 418"),
]


@pytest.mark.parametrize(("trouble", "kind", "words"), [row[1:] for row in TROUBLE], ids=[row[0] for row in TROUBLE])
def test_trouble(
    server: ArgoServer, agent: Agent, monkeypatch: pytest.MonkeyPatch, *, trouble, kind: type[Exception], words: str
) -> None:
    monkeypatch.setattr(argocd, "_TIMEOUT", (1.0, 0.3))
    server.trouble = trouble
    with pytest.raises(kind, match=words) as caught:
        agent.application(NAME)
    assert server.token not in str(caught.value)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_refused_and_the_token_stays_here(server: ArgoServer, agent: Agent, status: int) -> None:
    with argo_server("elsewhere") as elsewhere:
        server.trouble = answers(status, Location=f"{elsewhere.url}/api/v1/applications/{NAME}")
        with pytest.raises(RefusedError, match="redirects, which is not followed"):
            agent.application(NAME)
        assert elsewhere.asked == []


def test_nobody_listens() -> None:
    with argo_server("gone") as server:
        url = server.url
    with pytest.raises(TransientError, match="cannot be reached"):
        ArgoCD(url, "token").application(NAME)


def test_an_endless_answer_is_given_up(server: ArgoServer, agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(argocd, "_LARGEST", 100_000)
    server.trouble = answers(200, b" " * 200_000)
    with pytest.raises(RefusedError, match="larger than"):
        agent.application(NAME)


def test_a_slow_drip_is_given_up(server: ArgoServer, agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part came within the time-out, and so the whole could take for ever."""
    monkeypatch.setattr(argocd, "_DEADLINE", -1.0)
    with pytest.raises(TransientError, match="in time"):
        agent.application(NAME)


def test_every_error_is_one_that_a_gate_can_tell(server: ArgoServer, agent: Agent) -> None:
    for status in (*range(201, 207), *range(300, 309), *range(400, 432), *range(500, 512)):
        server.trouble = answers(status, b"{}")
        with pytest.raises(LockkeeperError):
            agent.application(NAME)

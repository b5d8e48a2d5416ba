"""How does an HTTP request become an answer? Faults, credentials, permission, the area's handler, GitHub's headers."""

from __future__ import annotations

import functools
import hashlib
import json
import socket
import time
import uuid
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from flask import Flask, Request, Response, request

from bot.sandbox import git_http
from bot.sandbox.api import AREAS, graphql
from bot.sandbox.api.door import Call, Reply, Route, admit, read_body
from bot.sandbox.credentials import identify
from bot.sandbox.exchange import Exchange, Exchanges
from bot.sandbox.faults import Fault, Faults
from bot.sandbox.git import GitError
from bot.sandbox.refusal import DOCUMENTATION, Refusal, not_found
from bot.sandbox.state import Actor, InstallationToken
from bot.sandbox.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PREFIX, GRAPHQL = "/api/v3", "/api/graphql"
REMEMBERED = 500
_STATUS_OF = {"502": 502, "502-after": 502, "500": 500, "503": 503}


_HERE = "lockkeeper.sandbox.gate"


class Gate:
    """The door of one stand-in: a WSGI application. All gates of a process share one table of routes."""

    def __init__(self, world: World, faults: Faults, exchanges: Exchanges) -> None:
        self.world, self.faults, self.exchanges = world, faults, exchanges
        self._answers: dict[tuple[str, str], Response] = {}  # what each GET answered last, for read lag

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        environ[_HERE] = self
        path = environ.get("PATH_INFO", "")
        ours = path.startswith(f"{PREFIX}/") or path == GRAPHQL or ".git/" in path
        return (application() if ours else self._pages)(environ, start_response)

    @functools.cached_property
    def _pages(self) -> Flask:
        """The pages for people, made when the first of them is asked for."""
        from bot.sandbox.pages.blueprint import blueprint

        app = Flask("bot.sandbox.pages", static_folder=None)
        app.register_blueprint(blueprint(self.world))
        return app

    def serve(self, route: Route, arguments: dict[str, str | int]) -> Response:
        """Answer a REST request to a route."""
        return self._answer(request, lambda: self._called(route, arguments))

    def serve_unknown(self) -> Response:
        """Answer a REST request to nothing we know."""

        def nothing() -> Reply:
            identify(self.world, request.headers.get("Authorization", ""))
            raise not_found()

        return self._answer(request, nothing)

    def _called(self, route: Route, arguments: dict[str, str | int]) -> Reply:
        who: tuple[Actor, InstallationToken | None] = identify(self.world, request.headers.get("Authorization", ""))
        call = Call(self.world, who[0], request, arguments, read_body(request), who[1])
        admit(call, route.needs)
        return route.handler(call)

    # ---- one answer

    def _answer(self, asked: Request, handle: Callable[[], Reply]) -> Response:
        path = asked.path.removeprefix(PREFIX)
        fault = self.faults.take(asked.method, path)
        body = asked.get_data(cache=True)
        before = self._before(asked, fault)
        answer = before or self._handled(handle)
        key = (asked.headers.get("Authorization", ""), asked.full_path)
        if fault is not None and fault.kind == "stale" and asked.method == "GET":
            answer = self._answers.get(key, answer)
        elif asked.method == "GET" and before is None:
            self._remember(key, answer)
        if fault is not None and before is None:
            answer = self._after(asked, fault, answer)
        self.exchanges.add(
            Exchange(
                asked.method,
                asked.path,
                asked.query_string.decode(),
                dict(asked.headers),
                body,
                answer.status_code,
                dict(answer.headers),
                answer.get_data(),
            )
        )
        return answer

    def _remember(self, key: tuple[str, str], answer: Response) -> None:
        self._answers.pop(key, None)
        self._answers[key] = answer
        while len(self._answers) > REMEMBERED:
            self._answers.pop(next(iter(self._answers)))

    def _handled(self, handle: Callable[[], Reply]) -> Response:
        with self.world.lock:
            try:
                return _response(handle())
            except Refusal as refusal:
                return _response(Reply(refusal.status, refusal.body()))
            except GitError:
                return _response(Reply(404, not_found().body()))

    def _before(self, asked: Request, fault: Fault | None) -> Response | None:
        match fault.kind if fault else None:
            case "502" | "500" | "503" as kind:
                return _trouble(_STATUS_OF[kind])
            case "403":
                return _response(Reply(403, Refusal(403, "Resource not accessible by integration").body()))
            case "403-secondary":
                return _limited(
                    403, "You have exceeded a secondary rate limit. Please wait a few minutes.", "Retry-After"
                )
            case "403-primary":
                return _limited(403, "API rate limit exceeded for installation.", "X-RateLimit-Reset")
            case "429":
                return _limited(
                    429, "You have exceeded a secondary rate limit. Please wait a few minutes.", "Retry-After"
                )
            case "timeout":
                time.sleep(fault.seconds if fault else 0)
                return _hang_up(asked)
            case "crash-before":
                return _hang_up(asked)
            case _:
                return None

    def _after(self, asked: Request, fault: Fault, answer: Response) -> Response:
        match fault.kind:
            case "502-after":
                return _trouble(502)
            case "timeout-after":
                time.sleep(fault.seconds)
                return _hang_up(asked)
            case "crash-after":
                return _hang_up(asked)
            case "slow":
                time.sleep(fault.seconds)
        return answer


def here() -> Gate:
    """Return the gate of the stand-in that answers the current request (with its `world`)."""
    gate = request.environ[_HERE]
    assert isinstance(gate, Gate)
    return gate


@functools.cache
def application() -> Flask:
    """Return the table of routes: REST below /api/v3, GraphQL at /api/graphql, git at /OWNER/NAME.git.

    Making it costs a tenth of a second.
    """
    app = Flask("bot.sandbox", static_folder=None)
    for area in AREAS:
        for route in area.routes:
            rule = f"{PREFIX}{route.path}"
            app.add_url_rule(rule, f"{route.method} {route.path}", _view(route), methods=[route.method])
    app.add_url_rule(GRAPHQL, "graphql", _view(graphql.ROUTE), methods=["POST"])
    app.add_url_rule(f"{PREFIX}/<path:rest>", "unknown", _unknown, methods=_METHODS)
    for path in ("info/refs", "git-upload-pack", "git-receive-pack"):
        rule = f"/<owner>/<repo>.git/{path}"
        app.add_url_rule(rule, f"git {path}", _git(path), methods=["GET", "POST"])
    return app


def _view(route: Route) -> Callable[..., Response]:
    def view(**arguments: str | int) -> Response:
        return here().serve(route, arguments)

    return view


def _unknown(rest: str) -> Response:
    del rest
    return here().serve_unknown()


def _git(path: str) -> Callable[..., Response]:
    def view(owner: str, repo: str) -> Response:
        return git_http.serve(here().world, request, f"{owner}/{repo}", path)

    return view


_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def _response(reply: Reply) -> Response:
    data = reply.raw if reply.raw is not None else b"" if reply.body is None else json.dumps(reply.body).encode()
    answer = Response(data, reply.status, content_type=reply.media)
    if reply.status == 204:
        answer.headers.pop("Content-Type", None)
    for name, value in {**_standard(), **reply.headers}.items():
        answer.headers[name] = value
    if request.method == "GET" and reply.status == 200:
        tag = f'W/"{hashlib.sha256(data).hexdigest()}"'
        answer.headers["ETag"] = tag
        if request.headers.get("If-None-Match") == tag:
            answer.status_code, answer.data = 304, b""
    return answer


def _standard() -> dict[str, str]:
    return {
        "Server": "github.com",
        "X-GitHub-Media-Type": "github.v3; format=json",
        "X-GitHub-Request-Id": uuid.uuid4().hex[:20].upper(),
        "X-GitHub-Api-Version-Selected": "2022-11-28",
        "X-RateLimit-Limit": "5000",
        "X-RateLimit-Remaining": "4999",
        "X-RateLimit-Used": "1",
        "X-RateLimit-Reset": str(int(time.time()) // 3600 * 3600 + 3600),
        "X-RateLimit-Resource": "core",
        "Access-Control-Expose-Headers": "ETag, Link, X-RateLimit-Limit",
    }


def _trouble(status: int) -> Response:
    return Response(
        "<html><body>Unicorn! This page is taking too long to load.</body></html>",
        status,
        mimetype="text/html",
    )


def _limited(status: int, message: str, header: str) -> Response:
    headers = {"Retry-After": "1"}
    if header == "X-RateLimit-Reset":
        headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 1)}
    body = {"message": message, "documentation_url": f"{DOCUMENTATION}/overview/rate-limits-for-the-rest-api"}
    return _response(Reply(status, body, headers))


def _hang_up(asked: Request) -> Response:
    """End the connection without an answer."""
    connection = asked.environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.shutdown(socket.SHUT_RDWR)
    return Response("", 504)

"""An Argo CD to test against: a server on the loopback device with answers of the shapes that Argo CD gives.

The shapes are those of version 3.1: what `GET /api/v1/applications/{name}` and its resource tree hold, as far as we
read it, and some more that we must pass by.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Json = dict[str, Any]
Reply = Callable[[BaseHTTPRequestHandler], None]


def node(kind: str, name: str, health: str = "Healthy", message: str = "", group: str = "apps") -> Json:
    """Return a node of a resource tree."""
    told = {"status": health, **({"message": message} if message else {})} if health else None
    return {
        "group": group,
        "version": "v1",
        "kind": kind,
        "namespace": "web-staging",
        "name": name,
        "uid": f"00000000-0000-4000-8000-{abs(hash((kind, name))) % 10**12:012}",
        "resourceVersion": "81231",
        "createdAt": "2026-11-02T08:00:00Z",
        **({"health": told} if told else {}),
        **({"images": ["registry.example.com/web:1.4.0"]} if kind == "Pod" else {}),
    }


def application(
    name: str = "web-staging",
    *,
    revision: str | list[str] = "a" * 40,
    sync: str = "Synced",
    health: str = "Healthy",
    phase: str = "Succeeded",
    message: str = "successfully synced (all tasks run)",
    since: str = "2026-11-25T10:04:12Z",
) -> Json:
    """Return an application as the API tells it; a list of revisions for one with several sources."""
    several = isinstance(revision, list)
    source = {"repoURL": "https://github.com/acme/shop.git", "path": "overlays/staging", "targetRevision": "staging"}
    compared = {"destination": {"server": "https://kubernetes.default.svc", "namespace": "web-staging"}}
    operation = {
        "operation": {"sync": {"revision": revision}, "initiatedBy": {"automated": True}, "retry": {"limit": 5}},
        "phase": phase,
        "message": message,
        "syncResult": {"revision": revision, "source": source, "resources": []},
        "startedAt": "2026-11-25T10:03:58Z",
        "finishedAt": "2026-11-25T10:04:01Z",
    }
    return {
        "metadata": {"name": name, "namespace": "argocd", "uid": "9d1c", "resourceVersion": "81240", "generation": 31},
        "spec": {
            "project": "default",
            **({"sources": [source, source]} if several else {"source": source}),
            "destination": compared["destination"],
            "syncPolicy": {"automated": {"prune": True, "selfHeal": True}},
        },
        "status": {
            "sync": {
                "status": sync,
                "comparedTo": compared,
                **({"revisions": revision} if several else {"revision": revision}),
            },
            "health": {"status": health, **({"lastTransitionTime": since} if since else {})},
            "history": [{"id": 6, "revision": "b" * 40, "deployedAt": "2026-11-24T09:00:00Z", "source": source}],
            "reconciledAt": "2026-11-25T10:06:40Z",
            **({"operationState": operation} if phase else {}),
            "sourceType": "Kustomize",
            "summary": {"images": ["registry.example.com/web:1.4.0"]},
            "controllerNamespace": "argocd",
        },
    }


@dataclass
class ArgoServer:
    """The server: what it answers, and what it was asked (path, query, headers)."""

    token: str
    url: str = ""
    applications: dict[str, Json] = field(default_factory=dict)
    trees: dict[str, list[Json]] = field(default_factory=dict)
    trouble: Reply | None = None
    asked: list[tuple[str, dict[str, list[str]], dict[str, str]]] = field(default_factory=list)

    def set(self, given: Json, nodes: list[Json] | None = None) -> None:
        """Tell this of the application from now on."""
        name = given["metadata"]["name"]
        self.applications[name] = given
        self.trees[name] = nodes if nodes is not None else [node("Deployment", "web"), node("Pod", "web-1")]

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer as Argo CD does: 401 without its token, 403 for what is not there."""
        parts = urlsplit(request.path)
        self.asked.append((parts.path, parse_qs(parts.query), dict(request.headers)))
        if self.trouble is not None:
            return self.trouble(request)
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return send(request, 401, {"error": "no session information", "code": 16, "message": "no session"})
        name, _, rest = parts.path.removeprefix("/api/v1/applications/").partition("/")
        if name not in self.applications:
            return send(request, 403, {"error": "permission denied", "code": 7, "message": "permission denied"})
        if rest == "resource-tree":
            orphans = [node("Rollout", "left-over", "Suspended", group="argoproj.io")]
            return send(request, 200, {"nodes": self.trees[name], "orphanedNodes": orphans, "hosts": [{"name": "n1"}]})
        return send(request, 200, self.applications[name])


def send(request: BaseHTTPRequestHandler, status: int, body: object, **headers: str) -> None:
    """Send one answer."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    request.send_response(status)
    for name, value in {"Content-Type": "application/json", "Content-Length": str(len(raw)), **headers}.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(raw)


def hang(seconds: float) -> Reply:
    """Answer nothing for so long."""
    return lambda _: time.sleep(seconds)


@contextmanager
def argo_server(token: str) -> Iterator[ArgoServer]:
    """Run the server for the length of the block."""
    state = ArgoServer(token)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.answer(self)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""How does the stand-in come up and go down? One threaded server on 127.0.0.1, in this process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from bot.sandbox.deliveries import Delivered, Deliveries
from bot.sandbox.exchange import Exchange, Exchanges
from bot.sandbox.faults import Faults
from bot.sandbox.gate import Gate
from bot.sandbox.state import Links
from bot.sandbox.world import World

Observer = Callable[[Exchange | Delivered], None]


class _Quiet(WSGIRequestHandler):
    """Answers as HTTP/1.1 and writes no log lines."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: ARG002  werkzeug's own signature
        return


class Sandbox:
    """A GitHub on 127.0.0.1.

    `directory` takes the bare repositories and should be empty. `port` 0 picks a free one, known at once through
    `url` (pages and git) and `api_url` (REST, for PyGithub's `base_url`). `observers` are called with each
    `Exchange` and each `Delivered`, from the threads of server and sender. Seed `world` before or after `start`.

    Use it as a context manager, or `start` and `stop` it::

        with Sandbox(tmp_path) as sandbox:
            alice = sandbox.world.add_user("alice")
            sandbox.world.add_organization("acme", owner="alice")
            sandbox.world.add_repository("acme/app", files={"README.md": "# app"})
            Github(base_url=sandbox.api_url, auth=Auth.Token(alice.token)).get_repo("acme/app")
    """

    def __init__(
        self, directory: Path, *, host: str = "127.0.0.1", port: int = 0, observers: Sequence[Observer] = ()
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.deliveries = Deliveries(observers)
        self.exchanges = Exchanges(observers)
        self.faults = Faults()
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None
        self.world = World(directory.resolve(), Links(""), self.deliveries)
        self.gate = Gate(self.world, self.faults, self.exchanges)
        self._server = make_server(host, port, self.gate, threaded=True, request_handler=_Quiet)
        self._server.daemon_threads = True  # type: ignore[attr-defined]  # of the threading mixin
        self.host, self.port = host, self._server.server_port
        self.world.links = Links(self.url)

    @property
    def url(self) -> str:
        """Return where pages and git live, without a slash at the end."""
        return f"http://{self.host}:{self.port}"

    @property
    def api_url(self) -> str:
        """Return where the REST API lives, without a slash at the end."""
        return f"{self.url}/api/v3"

    def start(self) -> Sandbox:
        """Answer from now on, in threads of this process."""
        assert self._server is not None
        self.deliveries.start()
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="sandbox-server",
            daemon=True,
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop answering and sending; the repositories stay where they are."""
        if self._server is not None:
            if self._thread is not None:
                self._server.shutdown()
                self._thread.join()
            self._server.server_close()
            self._server = None
        self.deliveries.stop()
        for repository in self.world.repositories.values():
            repository.git.close()

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

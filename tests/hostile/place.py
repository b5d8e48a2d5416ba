"""A bot without GitHub, and around it all that no commit may ever get at."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from bot.adapters.git import GitMirrors
from bot.adapters.render.cache import RenderCache
from bot.adapters.render.materialise import SparseCheckouts
from bot.adapters.render.pool import MEBIBYTE, EnginePool
from bot.adapters.render.renderer import Renderer
from bot.flows.environments import reached_by
from bot.flows.evaluation import Evaluation, evaluate_change
from bot.flows.packs import Packs
from bot.flows.question import Question, Sides
from bot.flows.workbench import Workbench
from bot.model.environment import Configuration, Environment
from bot.report.pull_comment import PullChecks, comment, full_text
from tests.git.conftest import REPOSITORY, Files, Origin

DEADLINE = 2.5  # seconds for one render
VARIABLE = "LOCKKEEPER_TEST_SECRET"
CONFIGMAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {a: %s}\n"
Commit = Files | Callable[[Origin], str | Files]  # files, or what makes them or a tree that git itself would not make


@dataclass
class Canaries:
    """Words that must be in no output, and listeners that nobody may speak to. `room` is where all of it lies."""

    room: Path
    words: dict[str, str] = field(
        default_factory=lambda: {one: secrets.token_hex(12) for one in ("outside", "neighbour", "variable")}
    )
    spoken: list[str] = field(default_factory=list)
    address: str = ""
    datagrams: str = ""
    abstract: str = ""

    def plant(self) -> None:
        """Write the files: one outside of everything, and a neighbour's checkout where engines may read."""
        (self.room / "stolen.yaml").write_text(CONFIGMAP % ("stolen", self.words["outside"]))
        neighbour = self.room / "data" / "checkouts" / "other"
        (neighbour / "templates").mkdir(parents=True)
        (neighbour / "kustomization.yaml").write_text("resources: [stolen.yaml]\n")
        (neighbour / "Chart.yaml").write_text("apiVersion: v2\nname: other\nversion: 1.0.0\n")
        for name in ("stolen.yaml", "templates/stolen.yaml"):
            (neighbour / name).write_text(CONFIGMAP % ("stolen", self.words["neighbour"]))

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Listen: TCP and UDP on the loopback interface, and an abstract socket, which no file system guards."""
        with contextlib.ExitStack() as stack:
            tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            udp.bind(("127.0.0.1", 0))
            self.address, self.datagrams = (f"127.0.0.1:{one.getsockname()[1]}" for one in (tcp, udp))
            self._listen("tcp", tcp)
            self._listen("udp", udp)
            if sys.platform.startswith("linux"):
                unix = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
                self.abstract = f"lockkeeper-{secrets.token_hex(8)}"
                unix.bind("\0" + self.abstract)
                unix.listen()
                self._listen("unix", unix)
            yield

    def _listen(self, name: str, one: socket.socket) -> None:
        one.settimeout(0.2)

        def loop() -> None:
            while one.fileno() >= 0:
                try:
                    if one.type == socket.SOCK_DGRAM:
                        one.recv(1)
                    else:
                        one.accept()[0].close()
                    self.spoken.append(name)
                except TimeoutError:
                    continue
                except OSError:
                    return

        threading.Thread(target=loop, daemon=True).start()

    def found_in(self, said: str) -> list[str]:
        """Return the names of the canaries that some output holds."""
        marks = {**self.words, "passwd": "root:x:0:"}
        return [name for name, word in marks.items() if word in said]


@dataclass
class Place:
    """An origin, a mirror, engines, and the canaries around them."""

    origin: Origin
    mirrors: GitMirrors
    bench: Workbench
    canaries: Canaries
    looks: int = 0

    def pushed(self, commit: Commit) -> tuple[str, str]:
        """Write an empty commit and, on top of it, this one; return both."""
        empty = self.origin.commit({"README.md": "x"}, ref="refs/heads/main")
        files = commit(self.origin) if callable(commit) else self.filled(commit)
        return empty, self.origin.commit(files, empty, ref="refs/heads/change")

    def look(self, empty: str, made: str) -> tuple[Evaluation, str]:
        """Look at a change from one commit to another; return all that came of it, and all its words."""
        self.mirrors.fetch(REPOSITORY)
        base, head = self.mirrors.open(REPOSITORY, empty), self.mirrors.open(REPOSITORY, made)
        configuration = Configuration(environments=(Environment("production", "main", "prod"),), policies=())
        touched = self.mirrors.changed_paths(REPOSITORY, empty, made)
        with structlog.testing.capture_logs() as logs:
            reached = reached_by(configuration, "main", "main", base, head)
            question = Question("acme/shop", configuration, Packs(()), reached, Sides(base, head, touched), "main")
            found = evaluate_change(self.bench, question)
            checks = PullChecks(made, found.results, found.findings)
            said = comment(checks) + full_text(checks)
        said.encode()  # GitHub takes UTF-8 only
        return found, f"{said}\n{found!r}\n{logs!r}"

    def honest(self) -> bool:
        """Say whether an honest change, one that was not rendered before, is still looked at as ever.

        Twice at most: on a busy machine an engine may start too slowly for the deadline, and that is no harm done.
        """
        return self._honest() or self._honest()

    def _honest(self) -> bool:
        self.looks += 1
        found, _ = self.look(*self.pushed({"prod/a.yaml": CONFIGMAP % ("honest", f"'{self.looks}'")}))
        return [one.key.name for each in found.results for one in each.diff.changes] == ["honest"]

    def filled(self, files: Files) -> Files:
        """Put the canaries' places in for $SERVER and $ROOM."""
        server, room = f"http://{self.canaries.address}", str(self.canaries.room)

        def text(one: str) -> str:
            return one.replace("$SERVER", server).replace("$ROOM", room).replace("$ADDRESS", self.canaries.address)

        return {
            path: (one[0], text(one[1])) if isinstance(one, tuple) else text(one) if isinstance(one, str) else one
            for path, one in files.items()
        }


@contextlib.contextmanager
def opened(room: Path) -> Iterator[Place]:
    """Build the place below a directory, and end everything in it afterwards."""
    canaries = Canaries(room)
    canaries.plant()
    os.environ[VARIABLE] = canaries.words["variable"]
    origin = Origin(room / "github" / "acme" / "shop.git")
    mirrors = GitMirrors(room / "data", lambda _: origin.path.as_uri(), lambda _: "")
    checkouts = room / "data" / "checkouts"
    pool = EnginePool(root=checkouts, workers=1, deadline=DEADLINE, memory=500 * MEBIBYTE, output=4 * MEBIBYTE)
    try:
        with canaries.listening(), Renderer(pool, SparseCheckouts(checkouts), RenderCache()) as renderer:
            yield Place(origin, mirrors, Workbench(renderer, lambda _: None), canaries)
    finally:
        mirrors.close()
        del os.environ[VARIABLE]

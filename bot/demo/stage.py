"""What does the story play on? A sandbox in this process, the bot as a person would run it beside."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from bot.adapters.valkey import die_with_parent
from bot.errors import UserError
from bot.sandbox.server import Sandbox
from bot.sandbox.world import World

T = TypeVar("T")

REPOSITORY = "acme/shop"
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "multi-environment"
STARTUP_SECONDS = 30.0


class Stage:
    """A sandbox seeded with the example repository, its people and the App, and a running bot.

    `directory` takes everything the demo writes, the bot's log `bot.log` among it. Use it as a context manager.
    """

    def __init__(self, directory: Path, *, port: int = 0) -> None:
        self.directory = directory
        self.sandbox = Sandbox(directory / "github", port=port)
        self.bot_url = f"http://127.0.0.1:{_free_port()}"
        self._bot: subprocess.Popen[bytes] | None = None

    @property
    def world(self) -> World:
        return self.sandbox.world

    def __enter__(self) -> Stage:
        self.sandbox.start()
        try:
            self._seed()
            self._start_bot()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the bot, then the sandbox."""
        if self._bot is not None and self._bot.poll() is None:
            self._bot.send_signal(signal.SIGTERM)
            try:
                self._bot.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._bot.kill()
                self._bot.wait()
        self.sandbox.stop()

    def _seed(self) -> None:
        world = self.world
        for login, name in PEOPLE.items():
            world.add_user(login, name=name)
        world.add_organization("acme", owner="root")
        world.add_team("acme", "developers", members=["maya"])
        world.add_team("acme", "qa", members=["quinn"])
        world.add_team("acme", "platform-leads", members=["lena", "omar"])
        world.add_repository(
            REPOSITORY, files=example_files(), description="The shop's web front, in three environments"
        )
        for team in ("developers", "qa", "platform-leads"):
            world.grant(REPOSITORY, team, "write")
        world.grant(REPOSITORY, "ci", "write")
        main = world.branch_sha(REPOSITORY, "main")
        for branch in ("staging", "production"):
            world.move_branch(REPOSITORY, branch, main, "root")
        world.commit(
            REPOSITORY,
            "production",
            {
                "overlays/production/replicas.yaml": example_files()["overlays/production/replicas.yaml"].replace(
                    "2", "3"
                )
            },
            "Run three replicas for the season",
            author="omar",
        )

    def _start_bot(self) -> None:
        app = self.world.create_app("lockkeeper", f"{self.bot_url}/webhook", owner="acme")
        for branch in ("staging", "production"):
            self.world.protect(REPOSITORY, branch, required_checks=[(f"lockkeeper / promotion to {branch}", app.id)])
        checks = [("lockkeeper / manifests", app.id), ("lockkeeper / policies", app.id)]
        self.world.protect(REPOSITORY, "main", required_checks=checks)
        environment = {
            "LOCKKEEPER_WEBHOOK_SECRET": app.webhook_secret,
            "GITHUB_APP_ID": str(app.id),
            "GITHUB_PRIVATE_KEY": app.private_key_pem,
            "GITHUB_API_URL": self.sandbox.api_url,
            "GITHUB_URL": self.sandbox.url,
            "LOCKKEEPER_DATA": str(self.directory / "bot"),
            "LOCKKEEPER_PUBLIC_URL": self.bot_url,
            "LOCKKEEPER_LOG_FORMAT": "console",
            "LOCKKEEPER_WORKERS": "1",
            "WEB_CONCURRENCY": "1",
            "HOST": "127.0.0.1",
            "PORT": self.bot_url.rpartition(":")[2],
        }
        with (self.directory / "bot.log").open("wb") as log:
            self._bot = subprocess.Popen(
                [sys.executable, "-m", "bot.cli", "serve"],
                env={**_inherited(), **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent(),  # noqa: PLW1509 - two system calls, nothing that could take a lock
            )
        self.wait("the bot to be ready", self._ready, seconds=STARTUP_SECONDS)
        self.world.install_app(app, "acme")

    def _ready(self) -> bool:
        if self._bot is not None and self._bot.poll() is not None:
            raise UserError("the bot ended before it was ready", where=str(self.directory / "bot.log"))
        try:
            with urllib.request.urlopen(f"{self.bot_url}/readyz", timeout=2) as response:  # noqa: S310 - loopback
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def wait(self, what: str, question: Callable[[], T | None], *, seconds: float = 30.0) -> T:
        """Ask until the answer is truthy and return it; UserError when it is not within `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            answer = question()
            if answer:
                return answer
            if time.monotonic() > deadline:
                raise UserError(
                    f"waited {seconds:.0f} s in vain for {what}",
                    where=str(self.directory / "bot.log"),
                    how="the bot's log says what it did",
                )
            time.sleep(0.05)


PEOPLE: Mapping[str, str] = {
    "root": "Robin, owner of the organisation",
    "maya": "Maya, developer",
    "quinn": "Quinn, quality assurance",
    "lena": "Lena, platform lead",
    "omar": "Omar, platform lead",
    "ci": "The build server",
}


def example_files() -> dict[str, str]:
    """Return the example repository: path to text."""
    return {
        path.relative_to(EXAMPLE).as_posix(): path.read_text() for path in sorted(EXAMPLE.rglob("*")) if path.is_file()
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _inherited() -> dict[str, str]:
    """Return this process's environment without what would lead the bot elsewhere."""
    ours = ("LOCKKEEPER_", "GITHUB_", "REDIS_", "WEB_CONCURRENCY")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}

"""What do the tests of the pages stand on? A small town with one open pull request, and somebody with a browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest
from werkzeug.test import Client, TestResponse

from bot.sandbox.records import App
from bot.sandbox.seeding import Keys
from bot.sandbox.server import Sandbox
from bot.sandbox.world import World

REPOSITORY = "acme/app"
FILES = {"README.md": "# app\n", "base/deployment.yaml": "kind: Deployment\nreplicas: 1\nimage: web:1\n"}


@dataclass
class Visitor:
    """Somebody at the pages, as alice (owner) unless they `become` somebody else. Nothing listens on the network."""

    sandbox: Sandbox
    app: App
    client: Client
    number: int

    @property
    def world(self) -> World:
        return self.sandbox.world

    @property
    def here(self) -> str:
        """The pull request everything is about."""
        return f"/{REPOSITORY}/pull/{self.number}"

    @property
    def head(self) -> str:
        return self.world.pull_of(REPOSITORY, self.number).head_sha

    def look(self, path: str) -> TestResponse:
        return self.client.get(path, base_url=self.sandbox.url)

    def read(self, path: str) -> str:
        """The text of a page that is there, entities resolved."""
        answer = self.look(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return unescape(answer.text)

    def press(self, path: str, origin: str | None = "", **fields: str) -> TestResponse:
        """Send a form as a page of ours does; `origin` for those that come from elsewhere, None for none."""
        headers = {} if origin is None else {"Origin": origin or self.sandbox.url}
        return self.client.post(path, base_url=self.sandbox.url, data=fields, headers=headers)

    def become(self, login: str) -> None:
        assert self.press("/_sandbox/person", login=login, back="/").status_code == 303

    def events(self) -> list[str]:
        return [f"{one.event}.{one.action}" for one in self.sandbox.deliveries.log]


@pytest.fixture(scope="session")
def key() -> str:
    return Keys.generate().private


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    made = Sandbox(tmp_path / "github")
    yield made
    made.stop()


@pytest.fixture
def visitor(sandbox: Sandbox, key: str) -> Visitor:
    world = sandbox.world
    for login in ("alice", "bob", "carol", "eve"):
        world.add_user(login, name=login.title())
    world.add_organization("acme", owner="alice")
    world.add_team("acme", "reviewers", members=["carol"])
    world.add_repository(REPOSITORY, files=FILES, description="An app")
    world.grant(REPOSITORY, "bob", "write")
    world.grant(REPOSITORY, "reviewers", "write")
    app = world.create_app("lockkeeper", owner="acme", private_key_pem=key)
    world.install_app(app, "acme")
    changed = {"base/deployment.yaml": FILES["base/deployment.yaml"].replace("web:1", "web:2")}
    world.commit(REPOSITORY, "feature/two", changed, "Raise the image", author="bob")
    pull = world.open_pull(REPOSITORY, "bob", head="feature/two", title="Raise the image", body="For **@carol**.")
    return Visitor(sandbox, app, Client(sandbox.gate), pull.number)

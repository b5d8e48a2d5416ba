"""A stand-in GitHub with one organisation, its people, a repository, and our App installed on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.adapters.github import GitHubApp
from bot.adapters.github.gateway import RepositoryGitHub
from bot.model.repository import Repository
from bot.sandbox.records import App
from bot.sandbox.seeding import Keys
from bot.sandbox.server import Sandbox
from bot.sandbox.world import World
from tests.referee.plugin import watch

NAME = "acme/shop"
REPOSITORY = Repository("acme", "shop")


@dataclass(frozen=True)
class House:
    """The stand-in, our App there and as we drive it, and a client of it."""

    sandbox: Sandbox
    app: App
    ours: GitHubApp
    github: RepositoryGitHub

    @property
    def world(self) -> World:
        return self.sandbox.world

    def writes(self) -> list[tuple[str, str]]:
        """Return method and path of the writes since they were last asked for."""
        found = [(one.method, one.path.removeprefix("/api/v3")) for one in self.sandbox.exchanges.writes]
        self.sandbox.exchanges.clear()
        return found

    def calls(self) -> list[str]:
        """Return all requests since they were last asked for, tokens apart."""
        found = [f"{one.method} {one.path.removeprefix('/api/v3')}" for one in self.sandbox.exchanges]
        self.sandbox.exchanges.clear()
        return [one for one in found if not one.endswith("/access_tokens")]


@pytest.fixture(scope="session")
def key() -> str:
    """Make one key for all the Apps of the run: making them is what takes time."""
    return Keys.generate().private


@pytest.fixture
def house(tmp_path: Path, key: str) -> Iterator[House]:
    yield from build(tmp_path, key)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, key: str) -> Iterator[House]:
    """One house for all the reads of a module that change nothing."""
    yield from build(tmp_path_factory.mktemp("shared"), key)


def build(directory: Path, key: str) -> Iterator[House]:
    with Sandbox(directory / "github", observers=[watch]) as sandbox:
        world = sandbox.world
        for login in ("alice", "bob", "carol", "dave", "zoe"):
            world.add_user(login)
        world.add_organization("acme", owner="alice")
        world.add_repository(NAME, files={"README.md": "# shop\n"})
        for login, role in (("bob", "write"), ("carol", "write"), ("dave", "read")):
            world.grant(NAME, login, role)  # type: ignore[arg-type]  # the roles of the table
        world.add_team("acme", "leads", members=["carol"])
        world.grant(NAME, "leads", "maintain")
        app = world.create_app("lockkeeper", private_key_pem=key, owner="acme")
        world.install_app(app, "acme")
        ours = GitHubApp(app.id, key, api_url=sandbox.api_url, retries=0, seconds_between_writes=0)
        house = House(sandbox, app, ours, ours.for_repository(REPOSITORY))
        sandbox.exchanges.clear()
        yield house


@pytest.fixture
def pull(house: House) -> int:
    """Open a pull request by bob, from `topic` into `main`, and return its number."""
    house.world.commit(NAME, "topic", {"a.yaml": "a: 1\n"}, "Add a", author="bob")
    number = house.world.open_pull(NAME, "bob", head="topic", title="Add a", body="why").number
    house.sandbox.exchanges.clear()
    return number

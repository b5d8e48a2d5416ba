"""What do the sandbox's tests stand on? One small organisation on a running stand-in, watched by the referee."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from github import Auth, Github, GithubIntegration
from github.Repository import Repository

from bot.sandbox.records import App, Installation, User
from bot.sandbox.server import Sandbox
from tests.referee.plugin import watch

FILES = {
    "README.md": "# app\n",
    "base/deployment.yaml": "kind: Deployment\nreplicas: 1\n",
    "overlays/staging/kustomization.yaml": "resources: [../../base]\n",
}


@dataclass(frozen=True)
class Town:
    """The organisation acme: alice owns it, bob and carol (team reviewers) write, dave reads, eve is a stranger."""

    sandbox: Sandbox
    app: App
    installation: Installation
    people: dict[str, User]

    def client(self, login: str) -> Github:
        """A client that acts as a person."""
        token = Auth.Token(self.people[login].token)
        return Github(
            base_url=self.sandbox.api_url, auth=token, seconds_between_requests=0, seconds_between_writes=0, retry=None
        )

    def repo(self, login: str, name: str = "acme/app") -> Repository:
        """The repository as a person sees it."""
        return self.client(login).get_repo(name)

    @property
    def integration(self) -> GithubIntegration:
        """A client that acts as the App."""
        auth = Auth.AppAuth(self.app.id, self.app.private_key_pem)
        return GithubIntegration(
            base_url=self.sandbox.api_url, auth=auth, seconds_between_requests=0, seconds_between_writes=0, retry=None
        )

    def bot(self, name: str = "acme/app") -> Repository:
        """The repository as the App's installation sees it."""
        auth = Auth.Token(self.sandbox.world.issue_token(self.installation).token)
        client = Github(
            base_url=self.sandbox.api_url, auth=auth, seconds_between_requests=0, seconds_between_writes=0, retry=None
        )
        return client.get_repo(name)

    def unjudged(self) -> None:
        """Send the referee out: what comes is beyond GitHub's description, on purpose."""
        self.sandbox.exchanges.observers.clear()

    def branch(self, branch: str, files: dict[str, str | None] | None = None, author: str = "bob") -> str:
        """Commit to a branch, from main when it is new."""
        given = files or {"README.md": f"# {branch}\n"}
        return self.sandbox.world.commit("acme/app", branch, given, f"Work on {branch}", author=author)

    def events(self) -> list[str]:
        """The events so far, as `event.action`."""
        log = self.sandbox.deliveries.log
        return [f"{one.event}.{one.action}" if one.action else one.event for one in log]


@pytest.fixture(scope="session")
def key() -> str:
    """One private key for all Apps of this run."""
    from bot.sandbox.keys import Keys

    return Keys.generate().private


@pytest.fixture
def town(tmp_path: Path, key: str) -> Iterator[Town]:
    with Sandbox(tmp_path / "sandbox", observers=[watch]) as sandbox:
        world = sandbox.world
        people = {login: world.add_user(login) for login in ("alice", "bob", "carol", "dave", "eve")}
        world.add_organization("acme", owner="alice")
        world.add_team("acme", "reviewers", members=["bob", "carol"])
        world.add_member("acme", "dave")
        world.add_repository("acme/app", files=FILES)
        world.grant("acme/app", "reviewers", "write")
        sandbox.deliveries.mode = "drop"
        app = world.create_app("lockkeeper", "http://127.0.0.1:9/webhook", "s3cret", private_key_pem=key)
        installation = world.install_app(app, "acme")
        yield Town(sandbox, app, installation, people)


@pytest.fixture
def git(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the git client as a person would, without any configuration of this machine."""
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": "Bob",
        "GIT_AUTHOR_EMAIL": "bob@users.example",
        "GIT_COMMITTER_NAME": "Bob",
        "GIT_COMMITTER_EMAIL": "bob@users.example",
    }

    def run(*arguments: str | Path, cwd: Path | None = None, fails: bool = False) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["git", *map(str, arguments)],
            cwd=cwd or tmp_path,
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode != 0) == fails, done.stderr
        return done

    return run

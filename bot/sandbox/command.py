"""What does `lockkeeper sandbox` do? It runs the stand-in alone and says how to drive it."""

from __future__ import annotations

import shutil
import signal
import threading
from pathlib import Path

from bot.errors import UserError
from bot.sandbox.server import Sandbox

ORGANIZATION = "acme"
REPOSITORY = "acme/shop"
PEOPLE = {"ada": "owns the organisation", "ben": "may write", "cleo": "may write", "dora": "may read"}

FILES = {
    "README.md": "# shop\n\nThree environments of one small application.\n",
    "base/kustomization.yaml": "resources:\n  - deployment.yaml\n",
    "base/deployment.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
spec:
  replicas: 1
  selector:
    matchLabels:
      app: shop
  template:
    metadata:
      labels:
        app: shop
    spec:
      containers:
        - name: shop
          image: registry.example.com/shop:1.0.0
""",
    **{
        f"overlays/{name}/kustomization.yaml": f"namespace: {name}\nresources:\n  - ../../base\n"
        for name in ("development", "staging", "production")
    },
}


def seed_world(sandbox: Sandbox) -> None:
    """Fill the stand-in with one organisation, four people, a team and a repository."""
    world = sandbox.world
    for login in PEOPLE:
        world.add_user(login)
    world.add_organization(ORGANIZATION, owner="ada")
    world.add_team(ORGANIZATION, "keepers", members=["ben", "cleo"])
    world.add_member(ORGANIZATION, "dora")
    world.add_repository(REPOSITORY, files=FILES, description="A small application to try things on")
    world.grant(REPOSITORY, "keepers", "write")


def describe(sandbox: Sandbox) -> str:
    """Return what a person needs to drive the stand-in: addresses, people with tokens, and examples."""
    lines = [f"GitHub stand-in at {sandbox.url} (REST: {sandbox.api_url}). Nothing leaves this machine.", ""]
    world = sandbox.world
    if not world.tokens:
        return "\n".join([*lines, "It is empty. Seed it from Python through Sandbox.world, or start it with --seed."])
    lines.append(f"Organisation {ORGANIZATION} with team {ORGANIZATION}/keepers. People and their tokens:")
    lines += [f"  {user.login:<6}{token}  {PEOPLE.get(user.login, '')}" for token, user in world.tokens.items()]
    token = next((token for token, user in world.tokens.items() if user.login == "ben"), "TOKEN")
    host = sandbox.url.partition("://")[2]
    lines += [
        "",
        "Clone and push as ben:",
        f"  git clone http://ben:{token}@{host}/{REPOSITORY}.git",
        "",
        "Or drive it with PyGithub:",
        "  from github import Auth, Github",
        f'  github = Github(base_url="{sandbox.api_url}", auth=Auth.Token("{token}"))',
        f'  print([file.path for file in github.get_repo("{REPOSITORY}").get_contents("")])',
        "",
        "Ctrl-C ends it.",
    ]
    return "\n".join(lines)


def run_sandbox(directory: Path, host: str = "127.0.0.1", port: int = 0, *, seed: bool = True) -> None:
    """Run the stand-in until Ctrl-C (or SIGTERM), with its repositories under `directory`.

    The world is in memory: `directory` must not hold the repositories of an earlier run (UserError). They are
    removed at the end.
    """
    repositories = directory / "repositories"
    if repositories.exists():
        raise UserError(
            "the directory holds repositories of an earlier run",
            where=str(directory),
            how="name an empty directory, or remove the folder repositories in it",
        )
    try:
        sandbox = Sandbox(directory, host=host, port=port)
    except (OSError, SystemExit) as error:
        how = "choose another --port, or 0 for any free one"
        raise UserError(f"cannot listen on {host}:{port}", where="--port", how=how) from error
    ended = threading.Event()
    handlers = {one: signal.signal(one, lambda *_: ended.set()) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        with sandbox:
            if seed:
                seed_world(sandbox)
            print(describe(sandbox), flush=True)  # noqa: T201  this is the command's output
            ended.wait()
        print("\nThe stand-in is closed.", flush=True)  # noqa: T201
    finally:
        for one, handler in handlers.items():
            signal.signal(one, handler)
        shutil.rmtree(repositories, ignore_errors=True)

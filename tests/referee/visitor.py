"""How does one ask the stand-in something by plain HTTP, as a person, an App or its installation?"""

from __future__ import annotations

import json
import time
from typing import Any

import jwt
import requests

from bot.sandbox.server import Sandbox

Json = Any
REPO = "/repos/acme/shop"
FILES = {
    "README.md": "# shop\n",
    "base/deployment.yaml": "kind: Deployment\nmetadata: {name: shop}\nspec: {replicas: 1}\n",
    "overlays/production/kustomization.yaml": "resources: [../../base]\n",
}
_WRITES = ("contents", "pull_requests", "checks", "issues", "statuses", "deployments", "administration")


class Visitor:
    """A small world and clients for it.

    `ann` owns acme with its repository `acme/shop`, `bob` writes and is in the team leads, `dan` is a stranger,
    and the App keeper is installed. Deliveries are logged and observed, and go nowhere.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.world = sandbox, sandbox.world
        self._session = requests.Session()
        self._session.trust_env = False
        world = self.world
        world.mergeable_waits = 0
        sandbox.deliveries.mode = "drop"
        self.people = {login: world.add_user(login) for login in ("ann", "bob", "dan")}
        world.add_organization("acme", owner="ann")
        world.add_team("acme", "leads", members=["bob"])
        world.add_repository("acme/shop", files=FILES, description="A shop")
        for whom in ("bob", "leads"):
            world.grant("acme/shop", whom, "write")
        permissions = {"metadata": "read", "members": "read", **dict.fromkeys(_WRITES, "write")}
        hook = "https://lockkeeper.example/webhook"
        self.app = world.create_app("keeper", hook, owner="acme", permissions=permissions)
        self.installation = world.install_app(self.app, "acme")
        self._bot = world.issue_token(self.installation).token

    def call(self, who: str, method: str, path: str, body: Json = None) -> requests.Response:
        """Ask as a person, as the App ("jwt", "expired"), its installation ("bot"), by a token, or as nobody ("")."""
        token = self._token(who)
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body)
        url = self.sandbox.api_url + path
        return self._session.request(method, url, data=data, headers=headers, timeout=20)

    def _token(self, who: str) -> str:
        if who == "bot":
            return self._bot
        if who in ("jwt", "expired"):
            now = int(time.time()) - (900 if who == "expired" else 0)
            claims = {"iat": now - 60, "exp": now + 300, "iss": str(self.app.id)}
            return jwt.encode(claims, self.app.private_key_pem, algorithm="RS256")
        return self.people[who].token if who in self.people else who

    def do(self, who: str, method: str, path: str, body: Json = None, *, status: int = 0) -> Json:
        """Ask and expect success (or `status`); the parsed answer, None when it is empty."""
        answer = self.call(who, method, path, body)
        right = answer.status_code == status if status else answer.ok
        assert right, f"{who} {method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    def see(self, who: str, base: str, tails: str) -> None:
        """GET `base` with each of the tails, which are parted by spaces; `.` is the base itself."""
        for tail in tails.split():
            self.do(who, "GET", base if tail == "." else f"{base}/{tail}")

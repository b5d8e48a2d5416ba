"""Who calls, may they, and what did they ask? Every REST request passes here before an area answers it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlencode

from flask import Request

from bot.sandbox.records import Installation, Repository, Role
from bot.sandbox.refusal import Refusal, malformed, not_found
from bot.sandbox.state import Actor, InstallationToken, Json
from bot.sandbox.world import World

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, JSON body (None: empty) or raw bytes with their media type, and headers."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    media: str = "application/json; charset=utf-8"


class Body:
    """The JSON object of a request; each reader refuses (422) what has the wrong type."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self.values = values

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def optional(self, name: str) -> str | None:
        """Return a text, or None when it is missing or null."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, str):
            raise malformed(f"For 'properties/{name}', {json.dumps(value)} is not a string.")
        return value

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text; a refusal when it is missing and there is no default."""
        value = self.optional(name)
        if value is None and default is None:
            raise malformed(f'"{name}" wasn\'t supplied.')
        return value if value is not None else default or ""

    def flag(self, name: str, default: bool = False) -> bool:
        """Return true or false."""
        value = self.values.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise malformed(f"For 'properties/{name}', {json.dumps(value)} is not a boolean.")
        return value

    def texts(self, name: str) -> list[str]:
        """Return a list of texts, empty when it is missing."""
        value = self.values.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise malformed(f"For 'properties/{name}', {json.dumps(value)} is not an array of strings.")
        return [str(one) for one in value]

    def part(self, name: str) -> Body | None:
        """Return an object inside, or None."""
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise malformed(f"For 'properties/{name}', {json.dumps(value)} is not an object.")
        return Body(value)


@dataclass(frozen=True, slots=True)
class Needs:
    """What a route asks of its caller.

    `app`: permissions of an installation, one of which is enough, as `pull_requests:write`; "jwt" for routes of the
    App itself; empty when any will do. `role`: what a person needs on the repository. `signed_in`: nobody unknown.
    """

    app: tuple[str, ...] = ()
    role: Role = "read"
    signed_in: bool = False

    @property
    def writes(self) -> bool:
        return any(need.endswith(":write") for need in self.app)


@dataclass
class Call:
    """One request on its way through an area."""

    world: World
    actor: Actor
    request: Request
    arguments: Mapping[str, str | int]
    body: Body
    token: InstallationToken | None = None
    found: Repository | None = None

    @property
    def repository(self) -> Repository:
        """Return the repository named in the path."""
        assert self.found is not None
        return self.found

    @property
    def permissions(self) -> Mapping[str, str] | None:
        """Return what the installation token allows; None for people, who are held by roles."""
        return None if self.token is None else self.token.permissions

    def word(self, name: str) -> str:
        """Return a text argument of the path."""
        return str(self.arguments[name])

    def number(self, name: str) -> int:
        """Return a number argument of the path."""
        return int(self.arguments[name])

    def query(self, name: str, default: str = "") -> str:
        """Return a parameter of the query."""
        return self.request.args.get(name, default)

    def accepts(self, kind: str) -> bool:
        """Say whether the caller asked for a media type of that kind, such as raw or diff."""
        accept = self.request.headers.get("Accept", "")
        return any(f"vnd.github{version}.{kind}" in accept for version in ("", ".v3"))

    def window(self, default: int = 30) -> tuple[int, int]:
        """Return (page, per_page), 100 at most a page."""
        page = max(1, self.request.args.get("page", 1, type=int))
        return page, min(100, max(1, self.request.args.get("per_page", default, type=int)))

    def page(self, items: Sequence[T], shape: Callable[[T], object], wrap: tuple[str, Json] | None = None) -> Reply:
        """Answer one page of a list, with Link header; `wrap` is (key, extra) for lists inside an object."""
        page, size = self.window()
        start = (page - 1) * size
        shown = [shape(item) for item in items[start : start + size]]
        headers = self.links(page, max(1, -(-len(items) // size)))
        if wrap is None:
            return Reply(200, shown, headers)
        key, extra = wrap
        return Reply(200, {"total_count": len(items), key: shown, **extra}, headers)

    def links(self, page: int, last: int) -> dict[str, str]:
        """Return the Link header of a page (docs: using pagination in the REST API)."""
        targets = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
        if page <= 1:
            targets.pop("prev"), targets.pop("first")
        if page >= last:
            targets.pop("next"), targets.pop("last")
        url = f"{self.world.links.root}{self.request.path}"
        given = [(name, value) for name, value in self.request.args.items(multi=True) if name != "page"]
        parts = [
            f'<{url}?{urlencode([*given, ("page", str(number))])}>; rel="{word}"' for word, number in targets.items()
        ]
        return {"Link": ", ".join(parts)} if parts else {}


Handler = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the API."""

    method: str
    path: str
    needs: Needs
    handler: Handler


class Area:
    """The operations of one area, in order of definition."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def route(
        self, method: str, path: str, *app: str, role: Role = "read", signed_in: bool = False
    ) -> Callable[[Handler], Handler]:
        """Register a handler; see `Needs` for the words."""

        def register(handler: Handler) -> Handler:
            needs = Needs(app, role, signed_in or any(need.endswith(":write") for need in app))
            self.routes.append(Route(method, path, needs, handler))
            return handler

        return register


# ---- may they


def admit(call: Call, needs: Needs) -> None:
    """Refuse (401, 403, 404) callers that may not use the route."""
    actor = call.actor
    if needs.app == ("jwt",):
        if actor.app is None or actor.installation is not None:
            raise Refusal(401, "A JSON web token could not be decoded")
    elif actor.app is not None and actor.installation is None:
        raise Refusal(403, "Resource not accessible by integration")
    if needs.signed_in and needs.app != ("jwt",) and actor.account is None:
        raise Refusal(401, "Requires authentication")
    if "owner" in call.arguments and needs.app != ("jwt",):
        _admit_repository(call, needs)
    elif actor.installation is not None and call.token is not None:
        _check_permissions(call.token.permissions, needs)


def _admit_repository(call: Call, needs: Needs) -> None:
    world, actor, token = call.world, call.actor, call.token
    repository = world.repository(f"{call.arguments['owner']}/{call.arguments['repo']}")
    call.found = repository
    if token is not None:
        if not covers(token.installation, token, repository):
            if repository.private:
                raise not_found()
            if needs.writes:
                raise Refusal(403, "Resource not accessible by integration")
            return
        _check_permissions(token.permissions, needs)
        return
    if not world.has_role(repository, actor.account, "read"):
        raise not_found()
    if needs.role != "read" and not world.has_role(repository, actor.account, needs.role):
        if actor.account is None:
            raise Refusal(401, "Requires authentication")
        word = "admin rights to Repository" if needs.role == "admin" else "push access to repository"
        raise Refusal(403, f"Must have {word}.")


def covers(installation: Installation, token: InstallationToken, repository: Repository) -> bool:
    """Say whether a token gives its installation the repository."""
    return installation.covers(repository) and (token.repositories is None or repository in token.repositories)


def _check_permissions(held: Mapping[str, str], needs: Needs) -> None:
    levels = ("none", "read", "write", "admin")
    for need in needs.app:
        name, _, level = need.partition(":")
        if levels.index(held.get(name, "none")) >= levels.index(level):
            return
    if needs.app:
        raise Refusal(403, "Resource not accessible by integration")


def read_body(request: Request) -> Body:
    """Return the JSON object of a request (empty when there is no body); 400 for anything else."""
    data = request.get_data(cache=True)
    if not data.strip():
        return Body({})
    try:
        parsed = json.loads(data)
    except ValueError:
        raise Refusal(400, "Problems parsing JSON") from None
    if isinstance(parsed, list):
        return Body({"": parsed})
    if not isinstance(parsed, dict):
        raise Refusal(400, "Body should be a JSON object")
    return Body(parsed)

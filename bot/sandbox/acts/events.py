"""Which App hears of a change? Payloads get their common parts here and go to the hooks that subscribed."""

from __future__ import annotations

from bot.sandbox.records import Account, App, Installation, Organization, Repository
from bot.sandbox.shapes import accounts, repositories
from bot.sandbox.state import Json, State, node_id

# events an App gets without subscribing (docs: webhook events and payloads)
UNASKED = frozenset({"installation", "installation_repositories"})


def fire(  # noqa: PLR0913  the parts of an event, and one way to narrow it
    state: State,
    event: str,
    repository: Repository,
    sender: Account,
    payload: Json,
    *,
    only: App | None = None,
) -> None:
    """Queue an event for every App installed on the repository and subscribed to it.

    `payload` holds the event's own parts; repository, organization, sender and installation are added. `only`
    restricts to one App and needs no subscription (check suites requested of that App).
    """
    for installation in state.installations_of(repository):
        app = installation.app
        if only is not None and app is not only:
            continue
        if only is None and event not in app.events:
            continue
        body: Json = {**payload}
        body["repository"] = repositories.repository(state, repository) | _extra(state, event, repository)
        body |= _common(state, repository.owner, sender)
        body["installation"] = {"id": installation.id, "node_id": node_id("IN", installation.id)}
        state.deliveries.queue(app, event, body, installation_id=installation.id, repository_id=repository.id)


def fire_installation(state: State, installation: Installation, action: str, sender: Account) -> None:
    """Queue an installation event (created, deleted …) for its App."""
    covered = [
        {
            "id": one.id,
            "node_id": node_id("R", one.id),
            "name": one.name,
            "full_name": one.full_name,
            "private": one.private,
        }
        for one in state.repositories_of(installation)
    ]
    payload: Json = {
        "action": action,
        "installation": accounts.installation(state.links, installation),
        "repositories": covered,
        "requester": None,
        "sender": accounts.account(state.links, sender),
    }
    state.deliveries.queue(installation.app, "installation", payload, installation_id=installation.id)


def _common(state: State, owner: Account, sender: Account) -> Json:
    common: Json = {"sender": accounts.account(state.links, sender)}
    if isinstance(owner, Organization):
        common["organization"] = accounts.organization_simple(state.links, owner)
    return common


def _extra(state: State, event: str, repository: Repository) -> Json:
    """Return what the repository of a push looks like beyond the rest: times as numbers, names of old."""
    if event != "push":
        return {}
    owner = accounts.account(state.links, repository.owner)
    extra: Json = {
        "created_at": int(repository.created_at.timestamp()),
        "pushed_at": int(repository.pushed_at.timestamp()),
        "owner": {**owner, "name": repository.owner.login, "email": repository.owner.email},
        "master_branch": repository.default_branch,
        "stargazers": 0,
    }
    if isinstance(repository.owner, Organization):
        extra["organization"] = repository.owner.login
    return extra

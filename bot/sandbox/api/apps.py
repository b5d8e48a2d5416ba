"""Apps, installations, their tokens and hook deliveries (docs: REST API, apps)."""

from __future__ import annotations

import json

from bot.sandbox.api.door import Area, Call, Reply
from bot.sandbox.deliveries import Delivery
from bot.sandbox.records import App, Installation, Repository
from bot.sandbox.refusal import Refusal, not_found
from bot.sandbox.shapes import accounts, repositories
from bot.sandbox.state import Json, stamp

area = Area()


def _app(call: Call) -> App:
    assert call.actor.app is not None
    return call.actor.app


def _installation(call: Call) -> Installation:
    found = call.world.installations.get(call.number("installation_id"))
    if found is None or found.app is not _app(call):
        raise not_found()
    return found


@area.route("GET", "/app", "jwt")
def get_app(call: Call) -> Reply:
    """Get the authenticated App."""
    app = _app(call)
    count = sum(one.app is app for one in call.world.installations.values())
    return Reply(200, {**accounts.app(call.world.links, app), "installations_count": count})


@area.route("GET", "/apps/<slug>")
def get_app_by_slug(call: Call) -> Reply:
    """Get an App."""
    for app in call.world.apps.values():
        if app.slug == call.word("slug"):
            return Reply(200, accounts.app(call.world.links, app))
    raise not_found()


@area.route("GET", "/app/installations", "jwt")
def list_installations(call: Call) -> Reply:
    """List installations of the authenticated App."""
    mine = [one for one in call.world.installations.values() if one.app is _app(call)]
    return call.page(mine, lambda one: accounts.installation(call.world.links, one))


@area.route("GET", "/app/installations/<int:installation_id>", "jwt")
def get_installation(call: Call) -> Reply:
    """Get an installation of the authenticated App."""
    return Reply(200, accounts.installation(call.world.links, _installation(call)))


@area.route("POST", "/app/installations/<int:installation_id>/access_tokens", "jwt")
def create_token(call: Call) -> Reply:
    """Create an installation access token, whole or narrowed to repositories and permissions."""
    installation, world = _installation(call), call.world
    names, ids = call.body.texts("repositories"), call.body.values.get("repository_ids")
    chosen: list[Repository] | None = None
    if names or isinstance(ids, list):
        wanted = ids if isinstance(ids, list) else []
        reach = world.repositories_of(installation)
        chosen = [one for one in reach if one.name in names or one.id in wanted]
        if len(chosen) < len(names) + len(wanted):
            lost = (
                "There is at least one repository that does not exist or is not accessible to the parent installation."
            )
            raise Refusal(422, lost)
    narrowed = call.body.part("permissions")
    permissions = (
        {name: str(level) for name, level in narrowed.values.items()} if narrowed and narrowed.values else None
    )
    made = world.issue_token(installation, permissions, chosen)
    body = accounts.installation_token(made)
    if chosen is not None:
        body["repositories"] = [repositories.repository(world, one) for one in chosen]
    return Reply(201, body)


@area.route("DELETE", "/installation/token")
def revoke_token(call: Call) -> Reply:
    """Revoke the installation access token that was sent."""
    if call.token is None:
        raise Refusal(401, "Requires authentication")
    del call.world.installation_tokens[call.token.token]
    return Reply(204)


@area.route("GET", "/installation/repositories")
def list_repositories(call: Call) -> Reply:
    """List the repositories the installation token reaches."""
    if call.token is None:
        raise Refusal(403, "Resource not accessible by personal access token")
    reach = call.world.repositories_of(call.token.installation)
    mine = [one for one in reach if call.token.repositories is None or one in call.token.repositories]
    chosen = call.token.repositories is not None or call.token.installation.repositories is not None
    extra: Json = {"repository_selection": "selected" if chosen else "all"}
    nothing = accounts.permissions("none")  # an installation's rights are in its token, not in these flags
    return call.page(
        mine,
        lambda one: {**repositories.repository(call.world, one), "permissions": nothing},
        ("repositories", extra),
    )


def _of_account(call: Call, login: str) -> Reply:
    account = call.world.account(login)
    for one in call.world.installations.values():
        if one.app is _app(call) and one.account is account:
            return Reply(200, accounts.installation(call.world.links, one))
    raise not_found()


@area.route("GET", "/repos/<owner>/<repo>/installation", "jwt")
def get_repository_installation(call: Call) -> Reply:
    """Get the App's installation on a repository."""
    repository = call.world.repository(f"{call.word('owner')}/{call.word('repo')}")
    for one in call.world.installations_of(repository):
        if one.app is _app(call):
            return Reply(200, accounts.installation(call.world.links, one))
    raise not_found()


@area.route("GET", "/orgs/<org>/installation", "jwt")
def get_organization_installation(call: Call) -> Reply:
    """Get the App's installation on an organisation."""
    return _of_account(call, call.word("org"))


@area.route("GET", "/users/<username>/installation", "jwt")
def get_user_installation(call: Call) -> Reply:
    """Get the App's installation on a person's account."""
    return _of_account(call, call.word("username"))


@area.route("POST", "/app-manifests/<code>/conversions")
def convert_manifest(call: Call) -> Reply:
    """Complete the manifest flow: the App with its secrets, once, within an hour."""
    app, until = call.world.manifest_codes.pop(call.word("code"), (None, call.world.now()))
    if app is None or until < call.world.now():
        raise not_found()
    secrets: Json = {
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "webhook_secret": app.webhook_secret,
        "pem": app.private_key_pem,
    }
    return Reply(201, {**accounts.app(call.world.links, app), **secrets})


# ---- the App's webhook


@area.route("GET", "/app/hook/config", "jwt")
def get_hook(call: Call) -> Reply:
    """Get the webhook configuration of the App."""
    app = _app(call)
    return Reply(200, {"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": app.webhook_url})


@area.route("PATCH", "/app/hook/config", "jwt")
def update_hook(call: Call) -> Reply:
    """Change where the App's webhook goes and how it is signed."""
    app = _app(call)
    app.webhook_url = call.body.text("url", app.webhook_url)
    app.webhook_secret = call.body.text("secret", app.webhook_secret)
    return get_hook(call)


def _item(one: Delivery) -> Json:
    return {
        "id": one.id,
        "guid": one.guid,
        "delivered_at": stamp(one.delivered_at),
        "redelivery": one.redelivery,
        "duration": one.duration,
        "status": one.status,
        "status_code": one.status_code,
        "event": one.event,
        "action": one.action,
        "installation_id": one.installation_id,
        "repository_id": one.repository_id,
        "throttled_at": None,
    }


@area.route("GET", "/app/hook/deliveries", "jwt")
def list_deliveries(call: Call) -> Reply:
    """List deliveries of the App's webhook, newest first, by cursor."""
    mine = [one for one in call.world.deliveries.log if one.app is _app(call)][::-1]
    status = call.query("status")
    if status:
        mine = [one for one in mine if (one.status_code < 400) == (status == "success")]
    cursor = call.query("cursor")
    rest = [one for one in mine if not cursor or one.id <= int(cursor.removeprefix("v1_"))]
    size = call.window()[1]
    headers = {}
    if len(rest) > size:
        url = f"{call.world.links.api}/app/hook/deliveries?per_page={size}&cursor=v1_{rest[size].id}"
        headers["Link"] = f'<{url}>; rel="next"'
    return Reply(200, [_item(one) for one in rest[:size]], headers)


def _delivery(call: Call) -> Delivery:
    for one in call.world.deliveries.log:
        if one.id == call.number("delivery_id") and one.app is _app(call):
            return one
    raise not_found()


@area.route("GET", "/app/hook/deliveries/<int:delivery_id>", "jwt")
def get_delivery(call: Call) -> Reply:
    """Get one delivery with its request and response."""
    one = _delivery(call)
    answered = one.status_code if one.response_headers else None
    body = {
        **_item(one),
        "url": one.app.webhook_url,
        "request": {"headers": one.request_headers, "payload": json.loads(one.body)},
        "response": {
            "headers": one.response_headers if answered else None,
            "payload": one.response_body if answered else None,
        },
    }
    return Reply(200, body)


@area.route("POST", "/app/hook/deliveries/<int:delivery_id>/attempts", "jwt")
def redeliver(call: Call) -> Reply:
    """Deliver again, with the same GUID."""
    call.world.deliveries.redeliver(_delivery(call))
    return Reply(202, {})


# ---- about the service


@area.route("GET", "/rate_limit")
def rate_limit(call: Call) -> Reply:
    """Say that nothing has been used up."""
    reset = int(call.world.now().timestamp()) // 3600 * 3600 + 3600
    core = {"limit": 5000, "used": 1, "remaining": 4999, "reset": reset}
    search = {"limit": 30, "used": 0, "remaining": 30, "reset": reset}
    return Reply(200, {"resources": {"core": core, "search": search, "graphql": core}, "rate": core})


@area.route("GET", "/meta")
def meta(call: Call) -> Reply:
    """Say what the service is."""
    del call
    local = ["127.0.0.0/8"]
    return Reply(200, {"verifiable_password_authentication": False, "hooks": local, "web": local, "git": local})

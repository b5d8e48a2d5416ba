"""How does one register an App from a manifest, and install it? The two forms of GitHub's settings.

GitHub docs: "Registering a GitHub App from a manifest". The form that brings the manifest comes from another site,
so showing it changes nothing; the button on our own page does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Response, make_response, redirect

from bot.sandbox.pages.visit import Answer, Section, Visit
from bot.sandbox.records import Account, App, Organization
from bot.sandbox.refusal import Refusal, not_found

section = Section()
_NEW = ("/settings/apps/new", "/organizations/<organization>/settings/apps/new")
_MADE = ("/settings/apps", "/organizations/<organization>/settings/apps")


# ---- registering


@section.get(*_NEW)
def explain(visit: Visit) -> Answer:
    """Say that the form wants a manifest, and offer a field for one."""
    return visit.page("manifest.html", manifest=None, text="", owner=_owner(visit), state=_state(visit), origin="")


@section.post(*_NEW, from_elsewhere=True)
def confirm(visit: Visit) -> Answer:
    """Show what the manifest asks for, with a button to register it."""
    text = visit.request.form.get("manifest", "")
    manifest, address = _manifest(text)
    page = visit.page(
        "manifest.html",
        manifest=manifest,
        text=text,
        owner=_owner(visit),
        state=_state(visit),
        origin=_origin(address),
        taken=_slug(manifest) in {app.slug for app in visit.world.apps.values()},
    )
    answer: Response = make_response(page)
    answer.headers["X-Form-Target"] = _origin(address)  # read and removed by the blueprint, for its policy
    return answer


@section.post(*_MADE)
def register(visit: Visit) -> Answer:
    """Register the App and go back to where the manifest came from, with the code to convert."""
    manifest, address = _manifest(visit.request.form.get("manifest", ""))
    owner, person = _owner(visit), visit.world.account(visit.login)
    if isinstance(owner, Organization) and person not in owner.owners:
        raise Refusal(403, f"Must be an owner of {owner.login} to register an App for it.")
    named = visit.field("name").strip()
    try:
        code = visit.world.register_manifest({**manifest, **({"name": named} if named else {})}, owner.login)
    except ValueError as error:
        raise Refusal(422, "Name is already taken.") from error
    parts = urlsplit(address)
    query = [*parse_qsl(parts.query, keep_blank_values=True), ("code", code)]
    query += [("state", visit.field("state"))] if visit.field("state") else []
    return redirect(urlunsplit(parts._replace(query=urlencode(query))), 302)


def _owner(visit: Visit) -> Account:
    return visit.organization() if visit.word("organization") else visit.world.account(visit.login)


def _state(visit: Visit) -> str:
    return visit.request.args.get("state") or visit.request.form.get("state", "")


def _manifest(text: str) -> tuple[dict[str, object], str]:
    """Return the manifest and where to go back to; a refusal that says what is wrong with it."""
    try:
        manifest = json.loads(text)
    except ValueError as error:
        raise Refusal(422, "The manifest is not valid JSON.") from error
    if not isinstance(manifest, dict):
        raise Refusal(422, "The manifest is not a JSON object.")
    address = manifest.get("redirect_url")
    if not isinstance(manifest.get("url"), str):
        raise Refusal(422, 'The manifest lacks "url".')
    if not isinstance(address, str) or _origin(address) == "":
        raise Refusal(422, 'The manifest lacks "redirect_url", an http or https address.')
    return manifest, address


def _origin(address: str) -> str:
    """Return scheme, host and port of an http(s) address, or ""."""
    try:
        parts = urlsplit(address)
        known = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 80) and not parts.username
    except ValueError:
        return ""
    plain = all(sign.isalnum() or sign in ".-:[]" for sign in parts.netloc)
    return f"{parts.scheme}://{parts.netloc}" if known and plain else ""


def _slug(manifest: Mapping[str, object]) -> str:
    return str(manifest.get("name") or "app").lower().replace(" ", "-")


# ---- installing


def _app(visit: Visit) -> App:
    for app in visit.world.apps.values():
        if app.slug == visit.word("slug"):
            return app
    raise not_found()


@section.get("/apps/<slug>")
def show_app(visit: Visit) -> Answer:
    """Show an App: what it may do, what it hears, where it is installed."""
    app = _app(visit)
    installations = [one for one in visit.world.installations.values() if one.app is app]
    return visit.page("app.html", app=app, installations=installations)


@section.get("/apps/<slug>/installations/new")
def offer_installation(visit: Visit) -> Answer:
    """Ask where to install an App."""
    app, world = _app(visit), visit.world
    taken = {one.account for one in world.installations.values() if one.app is app}
    return visit.page(
        "install.html",
        app=app,
        targets=[one for one in _mine(visit) if one not in taken],
        taken=[one for one in _mine(visit) if one in taken],
        repositories=list(world.repositories.values()),
    )


def _mine(visit: Visit) -> list[Account]:
    """Return the accounts one may install Apps on: oneself and the organisations one owns."""
    person = visit.world.account(visit.login)
    houses = [one for one in visit.world.accounts.values() if isinstance(one, Organization) and person in one.owners]
    return [*houses, person]


@section.post("/apps/<slug>/installations")
def install(visit: Visit) -> Answer:
    """Install an App on an account: on all its repositories, or on those ticked."""
    app, world = _app(visit), visit.world
    target = world.account(visit.field("account"))
    if target not in _mine(visit):
        raise Refusal(403, f"Must be an owner of {target.login} to install Apps on it.")
    if any(one.app is app and one.account is target for one in world.installations.values()):
        raise Refusal(422, f"{app.name} is already installed on {target.login}.")
    chosen: list[str] | None = None
    if visit.field("reach") == "selected":
        chosen = [name for name in visit.request.form.getlist("repositories") if world.repository(name).owner is target]
        if not chosen:
            raise Refusal(422, f"Select at least one repository of {target.login}.")
    made = world.install_app(app, target.login, chosen)
    return visit.go(f"/settings/installations/{made.id}")


@section.get(
    "/settings/installations/<int:number>", "/organizations/<organization>/settings/installations/<int:number>"
)
def show_installation(visit: Visit) -> Answer:
    """Show an installation."""
    found = visit.world.installations.get(visit.number("number"))
    if found is None:
        raise not_found()
    return visit.page("installation.html", installation=found, repositories=visit.world.repositories_of(found))


@section.post("/settings/installations/<int:number>/uninstall")
def uninstall(visit: Visit) -> Answer:
    """Take an installation away."""
    found = visit.world.installations.get(visit.number("number"))
    if found is None:
        raise not_found()
    if found.account not in _mine(visit):
        raise Refusal(403, f"Must be an owner of {found.account.login} to take Apps off it.")
    visit.world.uninstall_app(found)
    return visit.go(f"/apps/{found.app.slug}")

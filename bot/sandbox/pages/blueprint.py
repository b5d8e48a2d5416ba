"""How do pages join the server? Routes, one lock, same-origin forms, strict headers, and refusals people can read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Blueprint, make_response, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from bot.sandbox.git import GitError
from bot.sandbox.pages import changes, conversation, homes, hooks, registration, repositories
from bot.sandbox.pages.happenings import Happenings
from bot.sandbox.pages.visit import Route, Section, Visit
from bot.sandbox.refusal import Refusal
from bot.sandbox.world import World

SECTIONS: tuple[Section, ...] = (
    homes.section,
    registration.section,
    conversation.section,
    changes.section,
    hooks.section,
    repositories.section,
)
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'{target}; base-uri 'none'; frame-ancestors 'none'"
)


def blueprint(world: World) -> Blueprint:
    """Return all pages of a world, for a Flask app that has nothing at these addresses."""
    happenings = Happenings(world)
    made = Blueprint(
        "pages",
        __name__,
        template_folder="templates",
        static_folder="static",
        static_url_path="/_sandbox/static",
    )
    for section in SECTIONS:
        for route in section.routes:
            name = f"{route.method} {route.path}".replace(".", ",")
            made.add_url_rule(route.path, name, _view(world, happenings, route), methods=[route.method])
    made.add_app_template_filter(ago)
    made.add_app_template_filter(lambda text: str(text).partition("\n")[0], "subject")
    made.app_errorhandler(HTTPException)(lambda error: _failed(world, happenings, error))
    return made


def _view(world: World, happenings: Happenings, route: Route) -> Callable[..., Response]:
    def view(**arguments: str | int) -> Response:
        with world.lock:
            visit = Visit(world, request, arguments, happenings)
            try:
                _admit(world, route)
                return _guarded(make_response(route.handler(visit)))
            except Refusal as refusal:
                return _refused(visit, refusal)
            except GitError:
                return _refused(visit, Refusal(404, "Not Found"))

    return view


def _admit(world: World, route: Route) -> None:
    """Let nobody in by a foreign name (DNS rebinding), and no form of another site (cross-site request forgery)."""
    host = urlsplit(f"//{request.host}").hostname
    if host not in LOOPBACK | {urlsplit(world.links.root).hostname}:
        raise Refusal(421, f"This GitHub stand-in does not answer as {request.host}.")
    if route.method == "GET" or route.from_elsewhere:
        return
    origin = request.headers.get("Origin", "")
    if urlsplit(origin).netloc != request.host or urlsplit(origin).scheme != request.scheme:
        raise Refusal(403, "This form did not come from a page of this GitHub stand-in, so nothing was done.")


def _guarded(answer: Response) -> Response:
    target = answer.headers.pop("X-Form-Target", "")
    answer.headers.setdefault("Content-Security-Policy", POLICY.format(target=f" {target}" if target else ""))
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer


def _refused(visit: Visit, refusal: Refusal) -> Response:
    try:
        title = HTTPStatus(refusal.status).phrase
    except ValueError:
        title = "Refused"
    errors = [
        str(one.get("message") or f"{one.get('field', 'This')}: {str(one.get('code', 'invalid')).replace('_', ' ')}")
        if not isinstance(one, str)
        else one
        for one in refusal.errors
    ]
    back = urlsplit(request.referrer or "")
    page = visit.page(
        "refused.html",
        status=refusal.status,
        title=title,
        message=refusal.message,
        errors=errors,
        method=request.method,
        back=back.path if back.netloc == request.host and back.path.startswith("/") else "/",
    )
    return _guarded(make_response(page, refusal.status))


def _failed(world: World, happenings: Happenings, error: HTTPException) -> Response | HTTPException:
    """Answer what no route took with a page; the API speaks for itself."""
    if request.path.startswith("/api/") or error.code is None:
        return error
    with world.lock:
        visit = Visit(world, request, {}, happenings)
        message = "Not Found" if error.code == 404 else error.description or error.name
        return _refused(visit, Refusal(error.code, message))


def ago(when: datetime | None) -> str:
    """Return how long ago a time was, in the largest unit that fits."""
    if when is None:
        return ""
    seconds = max(0, int((datetime.now(UTC) - when).total_seconds()))
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        count = seconds // size
        if count:
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now" if seconds < 10 else f"{seconds} seconds ago"

"""Is this delivery genuine, and is it safely queued? Then 2xx at once.

No GitHub call, no git and no YAML on this path.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from flask import Blueprint, Flask, Response, request
from gidgethub import ValidationFailure, sansio
from redis.exceptions import RedisError
from werkzeug.exceptions import ClientDisconnected, HTTPException, RequestEntityTooLarge

from bot import logs, metrics
from bot.adapters.engines import RedisEngines
from bot.adapters.ourselves import RedisOurselves
from bot.adapters.outputs import RedisOutputs
from bot.adapters.queue import Queue, connect
from bot.adapters.valkey import embedded_valkey
from bot.dashboard.output import output_pages
from bot.errors import TransientError
from bot.intake.events import EVENTS, Intake, translate
from bot.settings import Settings

MOST_BYTES = 25 * 1024 * 1024  # GitHub sends nothing larger
_CHUNK = 64 * 1024
Probe = Callable[[], None]
Remark = Callable[[], str]
_log = structlog.get_logger("bot.web")


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status, its one line, and the word under which it is counted."""

    status: int
    line: str
    outcome: str


class _Refused(Exception):
    """A way out of the checks below; never seen outside."""

    def __init__(self, status: int, line: str, outcome: str) -> None:
        super().__init__(line)
        self.answer = Answer(status, line, outcome)


def create_app(
    settings: Settings,
    queue: Queue,
    *,
    probes: Mapping[str, Probe] | None = None,
    remarks: Mapping[str, Remark] | None = None,
    blueprints: Sequence[Blueprint] = (),
) -> Flask:
    """Return the web application.

    `probes` are further questions for /readyz: each returns when all is well and raises when not. They are
    asked within the request and must answer fast. `remarks` are said there too, and make nothing unready.
    """
    app = Flask("bot.web", static_folder=None)
    counters = metrics.Metrics()
    ourselves = RedisOurselves(queue.connection)

    @app.post("/webhook")
    def webhook() -> Response:
        began = time.perf_counter()
        event = request.headers.get("X-GitHub-Event", "")
        answer = _receive(settings, queue, ourselves)
        counters.count(event if event in EVENTS else "other", answer.outcome, time.perf_counter() - began)
        response = _text(answer.line, answer.status)
        if answer.status == 413:
            response.headers["Connection"] = "close"
        return response

    @app.get("/healthz")
    def healthz() -> Response:
        return _text("ok")

    @app.get("/readyz")
    def readyz() -> Response:
        questions = {"redis": queue.ping, **(probes or {})}
        lines = {name: _ask(name, probe) for name, probe in questions.items()}
        ready = all(line == "ok" for line in lines.values())
        lines |= {name: _told(name, remark) for name, remark in (remarks or {}).items()}
        return _text("\n".join(f"{name}: {line}" for name, line in lines.items()), 200 if ready else 503)

    @app.get("/metrics")
    def show_metrics() -> Response:
        try:
            page = counters.page(queue.depth(), queue.counters())
        except RedisError:
            page = counters.page(None, {})
        return Response(page, content_type=metrics.CONTENT_TYPE)

    @app.errorhandler(HTTPException)
    def refuse(error: HTTPException) -> Response:
        return _text(error.name.lower(), error.code or 500)

    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    return app


def from_environment() -> Flask:
    """Return the application as the environment sets it up, for `gunicorn "bot.web:from_environment()"`."""
    settings = Settings.from_environment(os.environ)
    logs.configure(settings.log_format)
    metrics.share(settings.data.resolve() / "metrics", os.getppid())
    url = settings.redis_url
    if not url:
        stack = contextlib.ExitStack()
        url = stack.enter_context(embedded_valkey(settings.data / "valkey"))
        atexit.register(stack.close)
    queue = Queue(connect(url))
    outputs = RedisOutputs(queue.connection, settings.webhook_secrets[0], settings.public_url)
    engines = RedisEngines(queue.connection)
    return create_app(settings, queue, blueprints=[output_pages(outputs.read)], remarks={"engines": engines.read})


def _receive(settings: Settings, queue: Queue, ourselves: RedisOurselves) -> Answer:
    """Check size, signature, content type, headers and JSON, in this order; then queue what is asked for."""
    delivery = request.headers.get("X-GitHub-Delivery", "")[:64]
    try:
        event = _genuine_event(settings)
    except _Refused as refused:
        _log.info("delivery_refused", delivery=delivery, status=refused.answer.status, reason=refused.answer.outcome)
        return refused.answer
    intake = translate(event.event, event.data, app_id=settings.app_id, login=ourselves.login())
    if intake.ignored:
        _log.debug("delivery_ignored", delivery=delivery, event_name=event.event, reason=intake.ignored)
        return Answer(202, f"ignored: {intake.ignored}", "ignored")
    try:
        _keep(queue, intake)
    except TransientError:
        _log.error("delivery_not_queued", delivery=delivery, event_name=event.event)
        return Answer(503, "the queue is away; deliver this again later", "unavailable")
    _log.info("delivery_queued", delivery=delivery, event_name=event.event, keys=intake.keys)
    return Answer(202, "queued", "queued")


def _keep(queue: Queue, intake: Intake) -> None:
    queue.mark(intake.keys, intake.commands, intake.installation)
    queue.forget(intake.removed)


def _genuine_event(settings: Settings) -> sansio.Event:
    body = _read_body()
    signature = request.headers.get("X-Hub-Signature-256", "")
    if not any(_signed(body, signature, secret) for secret in settings.webhook_secrets):
        raise _Refused(401, "the signature is missing or wrong: check the webhook secret", "unsigned")
    if request.mimetype != "application/json":
        raise _Refused(415, "the content type must be application/json: set it in the webhook's settings", "type")
    name = request.headers.get("X-GitHub-Event", "")
    delivery = request.headers.get("X-GitHub-Delivery", "")
    if not name or not delivery:
        raise _Refused(400, "the headers X-GitHub-Event and X-GitHub-Delivery must both be there", "malformed")
    payload = _parse(body)
    if not isinstance(payload, dict):
        raise _Refused(400, "the body is no JSON object", "malformed")
    return sansio.Event(payload, event=name, delivery_id=delivery)


def _read_body() -> bytes:
    """Read the raw body, never more than the limit, whatever Content-Length says or does not say."""
    too_large = _Refused(413, "the body is larger than 25 MB", "oversized")
    if (request.content_length or 0) > MOST_BYTES:
        raise too_large
    parts: list[bytes] = []
    left = MOST_BYTES + 1
    try:
        while left > 0 and (part := request.stream.read(min(_CHUNK, left))):
            parts.append(part)
            left -= len(part)
    except RequestEntityTooLarge:
        raise too_large from None
    except (ClientDisconnected, OSError, ValueError):
        raise _Refused(400, "the body ended early", "malformed") from None
    if left <= 0:
        raise too_large
    return b"".join(parts)


def _signed(body: bytes, signature: str, secret: str) -> bool:
    """Say whether the signature (sha256 only) fits the raw body, in constant time.

    Source: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    """
    # gidgethub would take SHA-1 as well, and compare_digest raises TypeError for other than ASCII
    if not secret or not signature.isascii() or not signature.startswith("sha256="):
        return False
    try:
        sansio.validate_event(body, signature=signature, secret=secret)
    except ValidationFailure:
        return False
    return True


def _parse(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        try:  # orjson refuses lone surrogates, which are legal JSON and which people can type
            return json.loads(body)
        except (ValueError, RecursionError):
            raise _Refused(400, "the body is not JSON", "malformed") from None


def _ask(name: str, probe: Probe) -> str:
    try:
        probe()
    except Exception as error:
        _log.warning("not_ready", probe=name, reason=str(error))
        return "not ready"
    return "ok"


def _told(name: str, remark: Remark) -> str:
    try:
        return remark()
    except Exception as error:
        _log.warning("not_told", remark=name, reason=str(error))
        return "not known"


def _text(text: str, status: int = 200) -> Response:
    return Response(text + "\n", status, content_type="text/plain; charset=utf-8")

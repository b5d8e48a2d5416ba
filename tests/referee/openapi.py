"""Does what passed between a client and the GitHub stand-in agree with GitHub's own OpenAPI description?"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl

import jsonschema_rs
import orjson

from tests.referee.complaint import Allowance, Complaint, Delivered, Exchange, Side
from tests.referee.description import Description, Json, Operation, Schema

PREFIX = "/api/v3"

# Answers that any operation may give and that the description names for few. Recorded traffic has them where
# they are undeclared, and 404 with a body where none is declared.
ANYWHERE: Mapping[int, str] = {
    304: "the answer to a conditional request",
    400: "the body is no JSON",
    401: "bad or missing credentials",
    403: "a refusal by permission or rate limit",
    404: "no such thing, or not visible to the caller",
    429: "rate limit",
}
# The body of any refusal. Older copies in the description lack `status`; recorded ones have it since 2024.
_ERROR: Schema = {"allOf": [{"$ref": "#/components/schemas/basic-error"}, {"required": ["message"]}]}
# A request that was refused for its shape has been judged already; tests send such requests on purpose.
REFUSED_FOR_SHAPE = frozenset({400, 415, 422})


class Referee:
    """Judges exchanges and deliveries; `observe` collects what it finds in `complaints`."""

    def __init__(self, description: Description, allowances: Sequence[Allowance] = ()) -> None:
        self._description = description
        self._allowances = tuple(allowances)
        self._validators: dict[tuple[str, str], jsonschema_rs.Validator] = {}
        self._lock = threading.Lock()
        self.used: set[Allowance] = set()
        self.complaints: list[Complaint] = []
        self.judged = 0

    @classmethod
    def load(cls, path: Path, allowances: Sequence[Allowance] = ()) -> Referee:
        return cls(Description.load(path), allowances)

    def observe(self, seen: Exchange | Delivered) -> None:
        """Judge one exchange or delivery and keep the complaints; to be registered with the stand-in."""
        sent = hasattr(seen, "event")
        found = self.check_delivery(cast(Delivered, seen)) if sent else self.check_exchange(cast(Exchange, seen))
        with self._lock:
            self.judged += 1
            self.complaints.extend(found)

    def add(self, found: Sequence[Complaint]) -> None:
        """Keep what another judge found."""
        with self._lock:
            self.complaints.extend(found)

    def take(self) -> list[Complaint]:
        """Hand over the complaints collected so far and start afresh."""
        with self._lock:
            taken, self.complaints = self.complaints, []
        return taken

    def check_exchange(self, exchange: Exchange) -> list[Complaint]:
        """Complaints about one exchange; paths outside `/api/v3` (pages, git) are not judged."""
        if not exchange.path.startswith(PREFIX + "/"):
            return []
        return self._allowed(self._exchange(exchange, exchange.path.removeprefix(PREFIX)))

    def check_delivery(self, delivered: Delivered) -> list[Complaint]:
        """Complaints about one webhook delivery: its event, its headers and its body."""
        return self._allowed(self._delivery(delivered))

    def _allowed(self, complaints: Iterator[Complaint]) -> list[Complaint]:
        kept = []
        for complaint in complaints:
            allowance = next((each for each in self._allowances if each.covers(complaint)), None)
            if allowance is None:
                kept.append(complaint)
            else:
                self.used.add(allowance)
        return kept

    def _exchange(self, exchange: Exchange, path: str) -> Iterator[Complaint]:
        operation = self._description.operation(exchange.method, path)
        if operation is None:
            where = f"{exchange.method.upper()} {path}"
            yield Complaint(where, "request", "undeclared operation", "", "GitHub declares no such operation")
            return
        yield from self._query(operation, exchange)
        if exchange.status not in REFUSED_FOR_SHAPE:
            yield from self._request_body(operation, exchange)
        yield from self._response(operation, exchange)

    def _query(self, operation: Operation, exchange: Exchange) -> Iterator[Complaint]:
        given = dict(parse_qsl(exchange.query, keep_blank_values=True))
        for name, text in given.items():
            parameter = operation.query.get(name)
            if parameter is None:
                message = f"the query parameter {name} is not declared"
                yield Complaint(operation.label, "request", "undeclared parameter", name, message)
                continue
            validator = self._validator((operation.label, f"query {name}"), parameter.schema)
            value = _typed(text, parameter.schema)
            yield from _complaints(operation.label, "request", f"?{name}", validator, value)
        for name, parameter in operation.query.items():
            if parameter.required and name not in given:
                message = f"the query parameter {name} is missing"
                yield Complaint(operation.label, "request", "required", name, message)

    def _request_body(self, operation: Operation, exchange: Exchange) -> Iterator[Complaint]:
        say = _speaker(operation.label, "request")
        if not exchange.request_body:
            if operation.body is not None and operation.body.get("required"):
                yield say("required", "", "the body is missing")
            return
        if operation.body is None:
            if exchange.request_body.strip() not in (b"{}", b"null"):
                yield say("undeclared body", "", "no request body is declared")
            return
        schema = operation.body["content"].get("application/json", {}).get("schema")
        body = _parsed(exchange.request_body)
        if schema is None:
            return
        if body is _NOT_JSON:
            yield say("not JSON", "", "the body is no JSON")
            return
        validator = self._validator((operation.label, "request"), schema)
        yield from _complaints(operation.label, "request", "", validator, body)

    def _response(self, operation: Operation, exchange: Exchange) -> Iterator[Complaint]:
        say = _speaker(operation.label, "response")
        media = _media_type(exchange.response_headers)
        status, declared = exchange.status, operation.responses.get(str(exchange.status))
        if status >= 500:
            return  # an answer in distress promises nothing
        if declared is None and status not in ANYWHERE:
            names = ", ".join(sorted(operation.responses))
            yield say("undeclared status", str(status), f"declared are {names}")
            return
        content = (declared or {}).get("content") or {}
        if status >= 400 and not content:
            content = {"application/json": {"schema": _ERROR}}
        if not exchange.response_body:
            if content and status not in (204, 205, 304):
                yield say("required", "", f"status {status} declares a body and none came")
            return
        if not content:
            yield say("undeclared body", "", f"status {status} declares no body")
            return
        if "json" not in media:
            if media not in content and not _asked_for(media, exchange.request_headers):
                yield say("undeclared media type", media, f"declared are {', '.join(content)}")
            return
        body = _parsed(exchange.response_body)
        if body is _NOT_JSON:
            yield say("not JSON", "", f"the body calls itself {media} and is no JSON")
            return
        if status >= 400 and self._validator(("", "error"), _ERROR).is_valid(body):
            return
        kind = media if media in content else next(iter(content))
        schema = content[kind].get("schema", {})
        validator = self._validator((operation.label, f"{status} {kind}"), schema)
        yield from _complaints(operation.label, "response", "", validator, body)

    def _delivery(self, delivered: Delivered) -> Iterator[Complaint]:
        where = f"{delivered.event}.{delivered.action}" if delivered.action else delivered.event
        say = _speaker(where, "delivery")
        declared = self._description.webhook(delivered.event, delivered.action or "")
        if declared is None:
            yield say("undeclared event", "", "GitHub declares no such event or action")
            return
        headers = {name.lower(): value for name, value in delivered.headers.items()}
        for parameter in declared["parameters"]:
            if parameter["in"] == "header" and not headers.get(parameter["name"].lower()):
                yield say("required", parameter["name"], "the header is missing")
        if headers.get("x-github-event") not in (None, delivered.event):
            yield say("const", "X-GitHub-Event", f"the header says {headers['x-github-event']}")
        body = _parsed(delivered.body)
        if not isinstance(body, dict):
            yield say("not JSON", "", "the body is no JSON object")
            return
        if body.get("action", "") != (delivered.action or ""):
            yield say("const", "/action", f"the body says {body.get('action', '')}")
        schema = declared["requestBody"]["content"]["application/json"]["schema"]
        validator = self._validator((where, "delivery"), schema)
        yield from _complaints(where, "delivery", "", validator, body)

    def _validator(self, key: tuple[str, str], schema: Schema) -> jsonschema_rs.Validator:
        """The compiled schema for one part of one operation, compiled when first asked for."""
        validator = self._validators.get(key)
        if validator is None:
            validator = self._validators[key] = self._description.validator(schema)
        return validator


_NOT_JSON = object()


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return _NOT_JSON


def _media_type(headers: Mapping[str, str]) -> str:
    for name, value in headers.items():
        if name.lower() == "content-type":
            return value.partition(";")[0].strip().lower()
    return ""


def _asked_for(media: str, headers: Mapping[str, str]) -> bool:
    """Did the client ask for this media type? GitHub's own (raw, diff …) are described in prose only."""
    accept = next((value for name, value in headers.items() if name.lower() == "accept"), "")
    return bool(media) and media in accept.lower()


def _typed(text: str, schema: Schema) -> Json:
    """Read a query parameter's text as the type its schema names; text that does not fit stays text."""
    kind = schema.get("type")
    if kind == "integer" and re.fullmatch(r"-?\d+", text):
        return int(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    if kind == "array":
        return text.split(",")
    return text


def _speaker(where: str, side: Side) -> Callable[[str, str, str], Complaint]:
    return lambda rule, at, message: Complaint(where, side, rule, at, message)


def _complaints(
    where: str, side: Side, prefix: str, validator: jsonschema_rs.Validator, value: Json
) -> Iterator[Complaint]:
    if validator.is_valid(value):
        return
    for error in validator.iter_errors(value):
        for each in _closest(error):
            yield Complaint(where, side, each.rule, prefix + each.at, each.message)


@dataclass(frozen=True, slots=True)
class _Fault:
    """`weight` counts what is wrong here, to tell how far an alternative is off."""

    rule: str
    at: str
    message: str
    weight: int = 1


def _closest(error: jsonschema_rs.ValidationError) -> list[_Fault]:
    """The faults behind an error; of alternatives that all failed, those of the one that came nearest."""
    at = "".join(f"/{part}" for part in error.instance_path)
    kind = cast(Any, error.kind)  # a union whose members carry their own attributes
    if kind.name in ("anyOf", "oneOf"):
        branches = [[fault for each in branch for fault in _closest(each)] for branch in kind.context]
        kept = [branch for branch in branches if not any(f.rule == "type" and f.at == at for f in branch)]
        if kept:
            # Keys missing at the top tell more of a wrong alternative than faults deeper down.
            far = {"required": 100, "enum": 100}
            return min(
                kept,
                key=lambda branch: sum(f.weight * (far.get(f.rule, 10) if f.at == at else 1) for f in branch),
            )
    message = error.message if len(error.message) < 200 else f"{error.message[:90]} … {error.message[-90:]}"
    return [_Fault(kind.name, at, message, max(1, len(getattr(kind, "unexpected", ()))))]

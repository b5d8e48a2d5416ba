"""What does Argo CD say of an application? Its REST API, read with a token, never followed elsewhere.

Two requests for one application: `GET /api/v1/applications/{name}` tells sync, health, the newest operation and the
revisions; `GET /api/v1/applications/{name}/resource-tree` the health of single resources, which versions from 3.0 on
leave out of the application, and among them Argo Rollouts, whose pause an application may not count. The token needs
no more than `applications, get`. See https://argo-cd.readthedocs.io/en/stable/developer-guide/api-docs/.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import requests
from requests.auth import AuthBase

from bot.errors import NotFoundError, RefusedError, TransientError
from bot.model.health import ApplicationHealth

_TIMEOUT = (3.05, 10.0)  # seconds to connect, and between two parts of an answer
_LARGEST = 32 * 2**20  # bytes; a resource tree of some thousand resources has a few MB
_MOST_RESOURCES = 5
_NAME = re.compile(r"(?:([a-z0-9][a-z0-9.-]{0,252})/)?([a-z0-9][a-z0-9.-]{0,252})", re.ASCII)
_UNWELL = ("Degraded", "Missing", "Suspended", "Progressing", "Unknown")  # the worst first
_ROLLOUT = ("argoproj.io", "Rollout")
_DEADLINE = 30.0  # seconds for a whole answer


class ArgoCD:
    """`bot.ports.Agent` over Argo CD's API at one address."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._auth = url.rstrip("/"), _Bearer(token)

    def application(self, name: str) -> ApplicationHealth:
        """Return what Argo CD says of the application `name`, or `namespace/name` where it lies elsewhere.

        NotFoundError where there is none or the token may not see it, RefusedError for what repeating will not mend,
        TransientError where the server does not answer. None of them repeats the token.
        """
        found = _NAME.fullmatch(name)
        if found is None:
            raise RefusedError("it is no application's name", status=422, how="write name, or namespace/name")
        path = f"applications/{found[2]}"
        asked = {"appNamespace": found[1]} if found[1] else {}
        status = _part(self._get(path, asked), "status")
        tree = self._get(f"{path}/resource-tree", asked)
        return _health(name, status, _nodes(tree), f"{self._url}/{path}")

    def _get(self, path: str, asked: Mapping[str, str]) -> Mapping[str, Any]:
        try:
            with requests.get(
                f"{self._url}/api/v1/{path}",
                params=asked,
                auth=self._auth,
                headers={"Accept": "application/json"},
                timeout=_TIMEOUT,
                allow_redirects=False,
                stream=True,
            ) as answer:
                return _object(answer)
        except requests.RequestException as error:
            kind = "did not answer in time" if isinstance(error, requests.Timeout) else "cannot be reached"
            raise TransientError(f"its server {kind}") from error


class _Bearer(AuthBase):
    """Puts the token into the header, whatever a .netrc says, and into nothing else."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _object(answer: requests.Response) -> Mapping[str, Any]:
    """Return the JSON object of an answer; the errors in the words that a gate tells."""
    match answer.status_code:
        case 200:
            pass
        case 403 | 404:  # Argo CD answers 403 for both: what a token may not see is not told apart from what is not
            raise NotFoundError("there is no such application, or the token may not see it")
        case 401:
            raise RefusedError("its server does not take the token", status=401)
        case status if 300 <= status < 400:
            raise RefusedError("its server redirects, which is not followed", status=status)
        case status if status in (408, 429) or status >= 500:
            raise TransientError(f"its server answered with status {status}")
        case status:
            raise RefusedError(f"its server answered with status {status}", status=status)
    body, end = bytearray(), time.monotonic() + _DEADLINE
    for part in answer.iter_content(65_536):
        body += part
        if time.monotonic() > end:
            raise TransientError("its server did not answer in time")
        if len(body) > _LARGEST:
            raise RefusedError(f"its server's answer is larger than {_LARGEST // 2**20} MB", status=200)
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise TransientError("its server's answer is no JSON") from error
    if not isinstance(found, dict):
        raise TransientError("its server's answer is no object")
    return found


def _health(name: str, status: Mapping[str, Any], nodes: Sequence[Mapping[str, Any]], url: str) -> ApplicationHealth:
    sync, health, operation = _part(status, "sync"), _part(status, "health"), _part(status, "operationState")
    revisions = tuple(one for one in (_text(sync, "revision"), *_texts(sync, "revisions")) if one)
    unwell = sorted((node for node in nodes if _state(node) in _UNWELL), key=lambda node: _UNWELL.index(_state(node)))
    rollouts = {_state(node) for node in nodes if _is_rollout(node)}
    since = _time(_text(health, "lastTransitionTime"))
    return ApplicationHealth(
        name=name,
        sync=_text(sync, "status"),
        health="Degraded" if "Degraded" in rollouts else _text(health, "status"),
        phase=_text(operation, "phase"),
        revisions=tuple(dict.fromkeys(revisions)),
        message=_text(operation, "message") or _text(health, "message"),
        resources=tuple(map(_words, unwell[:_MOST_RESOURCES])),
        paused="Suspended" in rollouts,
        since=since or _time(_text(operation, "finishedAt")),
        url=url,
    )


def _nodes(tree: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the nodes of a resource tree; resources that belong to no application any more are not among them."""
    found = tree.get("nodes")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _is_rollout(node: Mapping[str, Any]) -> bool:
    return (_text(node, "group"), _text(node, "kind")) == _ROLLOUT


def _state(node: Mapping[str, Any]) -> str:
    return _text(_part(node, "health"), "status")


def _words(node: Mapping[str, Any]) -> str:
    why = _text(_part(node, "health"), "message")
    return f"{_text(node, 'kind')} {_text(node, 'name')}: {why or _state(node)}"


def _part(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = given.get(name)
    return found if isinstance(found, dict) else {}


def _text(given: Mapping[str, Any], name: str) -> str:
    found = given.get(name)
    return found if isinstance(found, str) else ""


def _texts(given: Mapping[str, Any], name: str) -> Iterator[str]:
    found = given.get(name)
    yield from (one for one in found if isinstance(one, str)) if isinstance(found, list) else ()


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
